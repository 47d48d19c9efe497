"""Owns how a user's function of NumPy is run by other libraries, where they are installed: with their namespace for NumPy's."""

from __future__ import annotations

import importlib.util
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, final

import numpy as np

from chainrule.cli.source import Source
from chainrule.explain.expressions.expression import Apply, Constant, Expression, Number, Symbol, fold
from chainrule.explain.reading.parse import parse

Function = Callable[..., Any]


class Peer(ABC):
    """Another library. name: as it is called in the output. module: what has to be installed."""

    name: str
    module: str

    @property
    def is_installed(self) -> bool:
        """Whether the library can be imported."""
        return importlib.util.find_spec(self.module) is not None

    @abstractmethod
    def namespaces(self) -> dict[str, Any]:
        """Return what stands for `numpy` and `scipy.special`."""

    @abstractmethod
    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        """Return a NumPy array that the function closes over, as the library takes it."""

    @abstractmethod
    def call(self, fun: Function, arguments: Sequence[Any], is_gradient: bool) -> Callable[[], Any]:
        """Return the call that is timed."""


@final
class Autograd(Peer):
    """HIPS autograd."""

    name = module = "autograd"

    def namespaces(self) -> dict[str, Any]:
        return {"numpy": import_module("autograd.numpy"), "scipy.special": import_module("autograd.scipy.special")}

    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        return array

    def call(self, fun: Function, arguments: Sequence[Any], is_gradient: bool) -> Callable[[], Any]:
        if is_gradient:
            fun = import_module("autograd").grad(fun, tuple(range(len(arguments))))
        return partial(fun, *arguments)


@final
class Jax(Peer):
    """JAX, in double precision, compiled by jax.jit."""

    name, module = "jax.jit", "jax"

    def namespaces(self) -> dict[str, Any]:
        import_module("jax").config.update("jax_enable_x64", True)
        return {"numpy": import_module("jax.numpy"), "scipy.special": import_module("jax.scipy.special")}

    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        return import_module("jax.numpy").asarray(array)

    def call(self, fun: Function, arguments: Sequence[Any], is_gradient: bool) -> Callable[[], Any]:
        jax = import_module("jax")
        compiled = jax.jit(jax.grad(fun, tuple(range(len(arguments)))) if is_gradient else fun)
        given = [self.constant(each) if isinstance(each, np.ndarray) else each for each in arguments]
        return lambda: jax.block_until_ready(compiled(*given))


@final
class Torch(Peer):
    """PyTorch, in double precision, not compiled."""

    name = module = "torch"

    def namespaces(self) -> dict[str, Any]:
        torch = import_module("torch")
        torch.set_default_dtype(torch.float64)
        return {"numpy": torch, "scipy.special": import_module("torch.special")}

    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        return import_module("torch").as_tensor(array)

    def call(self, fun: Function, arguments: Sequence[Any], is_gradient: bool) -> Callable[[], Any]:
        torch = import_module("torch")
        given = [torch.tensor(each, dtype=torch.float64, requires_grad=is_gradient) for each in arguments]
        if not is_gradient:
            return partial(fun, *given)
        return lambda: torch.autograd.grad(fun(*given), given, allow_unused=True, materialize_grads=True)


PEERS: tuple[Peer, ...] = (Autograd(), Jax(), Torch())


def function_for(peer: Peer, source: Source) -> Function:
    """Return the function as the peer runs it; the names of the module that it does not know are NumPy's still."""
    namespaces = peer.namespaces()
    if source.text is not None:
        return _typed(source.text, source.names, namespaces)
    folder = source.path.parent if source.path is not None else Path()
    made: Function = _Rebinding(peer, namespaces, folder).function(source.fun)
    return made


class _Rebinding:
    """Copies functions of a folder together with the globals of their modules, in which the peer stands in for NumPy."""

    def __init__(self, peer: Peer, namespaces: Mapping[str, Any], folder: Path) -> None:
        self.folder = folder
        self.peer = peer
        self.namespaces = namespaces
        self.globals: dict[int, dict[str, Any]] = {}

    def function(self, fun: Any) -> Any:
        """Return a copy of a Python function of the folder; anything else as it is."""
        if (
            not isinstance(fun, types.FunctionType)
            or self.folder not in Path(fun.__code__.co_filename).resolve().parents
        ):
            return fun
        closure = tuple(types.CellType(self._value(cell.cell_contents)) for cell in fun.__closure__ or ())
        around = self._globals(fun.__globals__)
        made = types.FunctionType(fun.__code__, around, fun.__name__, None, closure)
        made.__defaults__ = tuple(map(self._value, fun.__defaults__)) if fun.__defaults__ else None
        made.__kwdefaults__ = fun.__kwdefaults__
        return made

    def _globals(self, before: dict[str, Any]) -> dict[str, Any]:
        found = self.globals.get(id(before))
        if found is None:
            found = self.globals[id(before)] = dict(before)  # first, since functions call one another
            found.update((name, self._value(value)) for name, value in before.items())
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            if value.__name__ == "scipy":
                return types.SimpleNamespace(special=self.namespaces["scipy.special"])
            if value.__name__.startswith("numpy."):
                return getattr(self.namespaces["numpy"], value.__name__.partition(".")[2], value)
            return self.namespaces.get(value.__name__, value)
        if isinstance(value, np.ndarray):
            return self.peer.constant(value)
        return self._named(self.function(value))

    def _named(self, value: Any) -> Any:
        """Return what the peer calls by the same name, for what was imported from NumPy or SciPy by itself."""
        name = getattr(value, "__name__", None)
        if isinstance(name, str) and callable(value):
            if getattr(np, name, None) is value:
                return getattr(self.namespaces["numpy"], name, value)
            if isinstance(value, np.ufunc):
                return getattr(self.namespaces["scipy.special"], name.lstrip("_"), value)
        return value


def _typed(text: str, names: Sequence[str], namespaces: Mapping[str, Any]) -> Function:
    """Return typed mathematics as a function of the peer's operations."""
    expression = parse(text).expression

    def typed(*values: Any) -> Any:
        point = dict(zip(names, values, strict=True))

        def combine(node: Expression, operands: Sequence[Any]) -> Any:
            if isinstance(node, Symbol):
                return point[node.name]
            if isinstance(node, Number | Constant):
                return float(node.value)
            if not isinstance(node, Apply):
                raise TypeError(f"a {type(node).__name__} is no function")
            primitive = node.primitive
            if primitive.operator is not None:
                return primitive.operator(*operands)
            places = namespaces["numpy"], namespaces["scipy.special"]
            known = next((getattr(place, primitive.name) for place in places if hasattr(place, primitive.name)), None)
            if known is None:
                raise AttributeError(f"it has no function {primitive.name}")
            if primitive.name == "where":  # the table's order has the condition last
                *branches, condition = operands
                return known(condition, *branches)
            return known(*operands)

        return fold(expression, combine)

    return typed

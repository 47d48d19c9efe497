"""Owns who takes part in the eager cases: chainrule on plain NumPy, and the peers that are installed, each with its own arrays.

Every contender is given the same formula, a function of an array namespace and arrays. Ours is called with `numpy`.
Peers are optional, and imported when they are set up. Who takes part compiled is in `native_peers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

import chainrule as cr


@dataclass(frozen=True, slots=True)
class Case:
    """A gradient to take.

    name: a line of the table.
    formula: `formula(namespace, *arguments)`, a real number.
    arguments: floats and float64 arrays; the gradient is with respect to the first, the others are constant.
    """

    name: str
    formula: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """A library that takes gradients.

    name: its distribution.
    function: what is timed, and on which functions, for the reader of the table.
    namespace: has `sin`, `exp`, `tanh` and `sum`.
    grad: turns a function of one argument into its gradient.
    array: turns a float or an array into the library's own.
    finish: waits for a result to be computed.
    """

    name: str
    function: str
    namespace: Any
    grad: Callable[[Callable[[Any], Any]], Callable[[Any], Any]]
    array: Callable[[Any], Any] = lambda value: value
    finish: Callable[[Any], Any] = lambda value: value

    def gradient(self, case: Case) -> Callable[[], Any]:
        """Return a call that takes the gradient of `case` once."""
        x, *constants = map(self.array, case.arguments)
        grad = self.grad(lambda x: case.formula(self.namespace, x, *constants))
        return lambda: self.finish(grad(x))


def _chainrule() -> Contender:
    return Contender("chainrule", "chainrule.grad of numpy", np, cr.grad)


def _autograd() -> Contender:
    namespace = import_module("autograd.numpy")
    return Contender("autograd", "autograd.grad of autograd.numpy", namespace, import_module("autograd").grad)


def _mygrad() -> Contender:
    mygrad = import_module("mygrad")

    def grad(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def gradient(value: Any) -> Any:
            x = mygrad.tensor(value)
            fun(x).backward()
            return x.grad

        return gradient

    return Contender("mygrad", "mygrad's Tensor.backward of mygrad", mygrad, grad)


def _jax() -> Contender:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    namespace = import_module("jax.numpy")
    return Contender(
        "jax", "jax.grad of jax.numpy, no jit", namespace, jax.grad, namespace.asarray, jax.block_until_ready
    )


def _torch() -> Contender:
    torch = import_module("torch")

    def array(value: Any) -> Any:
        return torch.tensor(value, dtype=torch.float64)

    def grad(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def gradient(value: Any) -> Any:
            x = value.detach().requires_grad_()
            (result,) = torch.autograd.grad(fun(x), x)
            return result

        return gradient

    return Contender("torch", "torch.autograd.grad of torch, no compile", torch, grad, array)


PEERS: dict[str, Callable[[], Contender]] = {"autograd": _autograd, "mygrad": _mygrad, "jax": _jax, "torch": _torch}
"""How each peer is set up, by the name that it is imported by."""


def absent() -> list[str]:
    """Return the names of the peers that are not installed."""
    return [name for name in PEERS if find_spec(name) is None]


def present() -> list[Contender]:
    """Return chainrule and the peers that are installed."""
    return [_chainrule(), *(PEERS[name]() for name in PEERS if name not in absent())]

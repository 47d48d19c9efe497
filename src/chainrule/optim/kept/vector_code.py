"""Owns the native code of a function whose point is one vector: its values, its gradient, and products of its Hessian.

It is compiled once for a function and the shapes of what it takes, and kept for the next time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, final

from chainrule.native.calls.signature import Call, Unsupported, read_call
from chainrule.native.entry.callable import NativeFunction
from chainrule.native.jit import jit_saying
from chainrule.optim.kept.keeping import Kept, cell_of, find
from chainrule.optim.layout import Layout
from chainrule.transforms.batch import vmap
from chainrule.transforms.derivatives import hvp, value_and_grad

Args: TypeAlias = tuple[Any, ...]

_FIXED = (bool, int, str, bytes)
"""Arguments of these types are constants of the native code, one for each value; others than these and numbers may change."""


def on_vector(fun: Callable[..., Any], layout: Layout, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function of a point as a function of a vector of shape (n,), which takes the same arguments after it.

    has_aux: it returns more than its value, which is left out.

    >>> import numpy as np
    >>> from chainrule.optim.layout import layout_of
    >>> on_vector(lambda x, y: x["a"] * y, layout_of({"a": 1.0}))(np.array([2.0]), 3.0)
    np.float64(6.0)
    """

    def value_of(vector: Any, *args: Any) -> Any:
        found = fun(layout.together(vector), *args)
        return found[0] if has_aux else found

    value_of.__name__ = getattr(fun, "__name__", "the function")
    return value_of


def with_arguments(fun: Callable[..., Any], args: Args) -> Callable[..., Any]:
    """Return a function of the point alone."""
    if not args:
        return fun

    def bound(x: Any) -> Any:
        return fun(x, *args)

    bound.__name__ = getattr(fun, "__name__", "the function")
    return bound


@final
class VectorCode(Kept):
    """The native code of a function on vectors.

    refusals: why it is not compiled; they are written down instead of told where it `is_trial`.
    """

    def __init__(self, fun: Callable[..., Any], layout: Layout, has_aux: bool, is_trial: bool) -> None:
        value_of = on_vector(fun, layout, has_aux)
        super().__init__(fun, cell_of(value_of, "fun"))
        self.refusals: list[str] = []
        say = self.refusals.append if is_trial else None

        def product(x: Any, v: Any, *args: Any) -> Any:
            return hvp(lambda vector: value_of(vector, *args), (x,), (v,))

        def values(vectors: Any, *args: Any) -> Any:
            return vmap(lambda vector: value_of(vector, *args))(vectors)

        self.value = jit_saying(value_of, say)
        self.values = jit_saying(values, say)
        self.value_and_grad = jit_saying(value_and_grad(value_of), say)
        self.product = jit_saying(product, say)


@final
class OnVectors:
    """A function with its further arguments, on vectors: native code has them as inputs, where it can.

    Functions that need to know their arguments, such as one that calls `math.exp` on them, have them as constants.
    """

    def __init__(self, fun: Callable[..., Any], layout: Layout, has_aux: bool = False, args: Args = ()) -> None:
        self._layout, self._has_aux = layout, has_aux
        self._bound = with_arguments(fun, args)
        call = _as_inputs(args)
        code = None if call is None else self._find(fun, call.key, is_trial=bool(args))
        if call is None or code is None or code.refusals:
            self._bind()
        else:
            self._code, self._fun, self._args = code, fun, args

    def _find(self, fun: Callable[..., Any], key: Any, is_trial: bool) -> VectorCode:
        structure, shapes = self._layout.structure, self._layout.shapes
        return find(
            fun,
            (VectorCode, structure, shapes, self._has_aux, key, is_trial),
            lambda known: known[0] if known else None,
            lambda _: VectorCode(fun, self._layout, self._has_aux, is_trial),
        )

    def _bind(self) -> None:
        """Take the arguments as constants from now on."""
        self._code, self._fun, self._args = self._find(self._bound, None, is_trial=False), self._bound, ()

    def value(self, vector: Any) -> Any:
        """Return the value at a vector of shape (n,)."""
        return self._run(self._code, self._code.value, vector)

    def values(self, vectors: Any) -> Any:
        """Return the values at vectors of shape (m, n), shape (m,). Raise TracingError where the function decides on values."""
        return self._run(self._code, self._code.values, vectors)

    def value_and_grad(self, vector: Any) -> tuple[Any, Any]:
        """Return the value, and the gradient of shape (n,)."""
        found: tuple[Any, Any] = self._run(self._code, self._code.value_and_grad, vector)
        return found

    def product(self, vector: Any, direction: Any) -> Any:
        """Return the Hessian at a vector times another one, both of shape (n,)."""
        return self._run(self._code, self._code.product, vector, direction)

    def _run(self, code: VectorCode, native: NativeFunction, *vectors: Any) -> Any:
        code.take(self._fun)
        try:
            return native(*vectors, *self._args)
        finally:
            code.give_back()
            if code.refusals:
                self._bind()


def _as_inputs(args: Args) -> Call | None:
    """Return arguments as native code takes them; None where it takes one as it is now, and that may change."""
    try:
        call = read_call(args, {}, set())
    except Unsupported:
        return None
    fixed = set(range(len(call.leaves))) - set(call.moving)
    return call if all(type(call.leaves[place]) in _FIXED for place in fixed) else None

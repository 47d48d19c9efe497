"""Owns what NumPy's cumulative sums, products and extremes do with traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.sequence import CUMMAX, CUMMIN, CUMPROD, CUMSUM
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import one_axis, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _accumulation(primitive: Primitive, name: str) -> Callable[..., Array]:
    def accumulate(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
        refuse_out(name, out)
        x = as_array(a)
        if dtype is not None:
            x = cast(x, dtype)
        if axis is None or not x.ndim:
            x, axis = np.ravel(x), axis or 0
        result = bind(primitive, (x,), {"axis": one_axis(axis, x.ndim, name)})
        return result if dtype is None else cast(result, dtype)

    accumulate.__doc__ = f"np.{name}."
    return accumulate


cumsum = _accumulation(CUMSUM, "cumsum")
cumprod = _accumulation(CUMPROD, "cumprod")
cummax = _accumulation(CUMMAX, "maximum.accumulate")
cummin = _accumulation(CUMMIN, "minimum.accumulate")


def accumulated(ufunc: np.ufunc, a: Any, axis: int, dtype: Any = None) -> Array:
    """Return `ufunc.accumulate` of an associative ufunc, by runs that double in length.

    Source: Hillis and Steele (1986), "Data parallel algorithms".
    """
    x = np.moveaxis(as_array(a), axis, 0)
    x = cast(x, ufunc.resolve_dtypes((x.dtype, x.dtype, None))[2] if dtype is None else dtype)
    step = 1
    while step < x.shape[0]:
        x = np.concatenate([x[:step], ufunc(x[:-step], x[step:])])
        step *= 2
    return np.moveaxis(x, 0, axis)


def _array_api_accumulation(accumulate: Callable[..., Array], name: str, start: int) -> Callable[..., Array]:
    def cumulative(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Array:
        x = as_array(x)
        if axis is None:
            if x.ndim > 1:
                raise ShapeError(f"np.{name}: axis= is needed for an array with {x.ndim} axes{where()}")
            x, axis = np.atleast_1d(x), 0
        result = accumulate(x, axis, dtype, out)
        if not include_initial:
            return result
        place = one_axis(axis, x.ndim, name)
        first = np.full([1 if each == place else size for each, size in enumerate(x.shape)], start, result.dtype)
        return np.concatenate([first, result], axis=place)

    cumulative.__doc__ = f"np.{name}."
    return cumulative


_LATER: dict[str, Callable[..., Any]] = {
    "cumulative_sum": _array_api_accumulation(cumsum, "cumulative_sum", 0),
    "cumulative_prod": _array_api_accumulation(cumprod, "cumulative_prod", 1),
}

ACCUMULATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.cumsum: cumsum,
    np.cumprod: cumprod,
    **{getattr(np, name): function for name, function in _LATER.items() if hasattr(np, name)},
}
"""NumPy's function to ours, which has the same signature."""

"""Owns what NumPy's sums, products, extremes and counts do with traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import Traced, bind
from chainrule.errors import ShapeError
from chainrule.primitives.norms import EUCLIDEAN_NORM
from chainrule.primitives.order import ALL, ANY, ARGMAX, ARGMIN, COUNT_NONZERO, MAX, MIN
from chainrule.primitives.reduction import MEAN, PROD, STD, SUM, VAR
from chainrule.primitives.shape import WHERE, cast
from chainrule.tracing.numpy_functions.arguments import (
    NO_VALUE,
    Axis,
    all_axes,
    is_given,
    is_true,
    one_axis,
    reduced_axes,
    refuse_out,
)
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _is_mask(mask: Any) -> bool:
    return is_given(mask) and mask is not True


def _reduced(primitive: Primitive, name: str, x: Array, axis: Axis, keepdims: Any) -> Array:
    return bind(primitive, (x,), {"axis": reduced_axes(axis, x.ndim, name), "keepdims": is_true(keepdims)})


def _as_type_of(x: Array, value: Any) -> Array:
    """Return an initial value in the type of what is reduced, to which NumPy casts it."""
    return cast(value, x.dtype) if isinstance(value, Traced) else np.asarray(value).astype(x.dtype)[()]


def _masked(x: Array, mask: Any, fill: Any) -> Array:
    return bind(WHERE, (x, fill, as_array(mask))) if _is_mask(mask) else x


def sum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NO_VALUE,
    initial: Any = NO_VALUE,
    where: Any = NO_VALUE,
) -> Array:
    """np.sum."""
    # Hot path: benchmarks/test_eager.py
    x = as_array(a)
    if (
        axis is None
        and dtype is None
        and out is None
        and keepdims is NO_VALUE
        and initial is NO_VALUE
        and where is NO_VALUE
    ):
        return bind(SUM, (x,), {"axis": tuple(range(x.ndim)), "keepdims": False})
    refuse_out("sum", out)
    if dtype is not None:
        x = cast(x, dtype)
    total = _reduced(SUM, "sum", _masked(x, where, 0), axis, keepdims)
    total = total if dtype is None else cast(total, dtype)  # sums of short integers are long ones
    return total + _as_type_of(total, initial) if is_given(initial) else total


def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = NO_VALUE,
    initial: Any = NO_VALUE,
    where: Any = NO_VALUE,
) -> Array:
    """np.prod."""
    x = as_array(a)
    refuse_out("prod", out)
    if dtype is not None:
        x = cast(x, dtype)
    total = _reduced(PROD, "prod", _masked(x, where, 1), axis, keepdims)
    total = total if dtype is None else cast(total, dtype)
    return total * _as_type_of(total, initial) if is_given(initial) else total


def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: Any = NO_VALUE, *, where: Any = NO_VALUE
) -> Array:
    """np.mean."""
    x = as_array(a)
    refuse_out("mean", out)
    if dtype is not None:
        x = cast(x, dtype)
    if not _is_mask(where):
        axes = all_axes(axis, x.ndim, "mean")
        result = bind(MEAN, (x,), {"axis": axes, "keepdims": is_true(keepdims)})
        return result if dtype is None else cast(result, dtype)  # that of whole numbers is one too
    total = sum(x, axis, keepdims=keepdims, where=where)
    result = _as_precise(total / _count(where, x, axis, keepdims), x)
    return result if dtype is None else cast(result, dtype)


def _as_precise(result: Array, x: Array) -> Array:
    """Return a result in the precision of `x`, which a quotient by a whole number has widened."""
    return cast(result, np.result_type(x.dtype, np.float16)) if x.dtype.kind in "fc" else result


def _count(mask: Any, x: Array, axis: Axis, keepdims: Any) -> Array:
    chosen = np.broadcast_to(as_array(mask), x.shape)
    return np.count_nonzero(chosen, axis=all_axes(axis, x.ndim, "mean"), keepdims=is_true(keepdims))


def _freedom(ddof: Any, correction: Any) -> Any:
    return correction if is_given(correction) else ddof


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = NO_VALUE,
    *,
    where: Any = NO_VALUE,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Array:
    """np.var."""
    x = _spread_operand("var", a, dtype, out)
    ddof = _freedom(ddof, correction)
    if _is_mask(where) or is_given(mean):
        return _masked_var(x, axis, keepdims, ddof, where, mean)
    parameters = {"axis": all_axes(axis, x.ndim, "var"), "keepdims": is_true(keepdims), "ddof": ddof}
    return bind(VAR, (x,), parameters)


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = NO_VALUE,
    *,
    where: Any = NO_VALUE,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Array:
    """np.std."""
    x = _spread_operand("std", a, dtype, out)
    ddof = _freedom(ddof, correction)
    if _is_mask(where) or is_given(mean):
        return _masked_std(x, axis, keepdims, ddof, where, mean)
    parameters = {"axis": all_axes(axis, x.ndim, "std"), "keepdims": is_true(keepdims), "ddof": ddof}
    return bind(STD, (x,), parameters)


def _spread_operand(name: str, a: Any, dtype: Any, out: Any) -> Array:
    refuse_out(name, out)
    x = as_array(a)
    return x if dtype is None else cast(x, dtype)


def _moved(x: Array, axis: Axis, mask: Any, center: Any) -> Array:
    """Return the differences from a given mean, or from that of the elements that are chosen; 0 where none is."""
    x = _masked(x, mask, 0)  # what is masked out may be NaN
    return _masked(x - (as_array(center) if is_given(center) else mean(x, axis, keepdims=True, where=mask)), mask, 0)


def _masked_var(x: Array, axis: Axis, keepdims: Any, ddof: Any, where: Any, center: Any) -> Array:
    mask = where if _is_mask(where) else True
    moved = _moved(x, axis, mask, center)
    squares = np.real(np.conjugate(moved) * moved) if x.dtype.kind == "c" else np.square(moved)
    total = sum(squares, axis, keepdims=keepdims, where=mask)
    return _as_precise(total / _masked_freedom(mask, x, axis, keepdims, ddof), squares)


def _masked_std(x: Array, axis: Axis, keepdims: Any, ddof: Any, where: Any, center: Any) -> Array:
    mask = where if _is_mask(where) else True
    moved = _moved(x, axis, mask, center)
    axes = all_axes(axis, x.ndim, "std")
    length = bind(EUCLIDEAN_NORM, (moved,), {"axis": axes, "keepdims": is_true(keepdims)})
    return _as_precise(length / np.sqrt(_masked_freedom(mask, x, axis, keepdims, ddof)), length)


def _masked_freedom(mask: Any, x: Array, axis: Axis, keepdims: Any, ddof: Any) -> Array:
    """Return what the sum of squares of what is chosen is divided by; 0, which gives NaN, where too few elements are."""
    return np.maximum(_count(mask, x, axis, keepdims) - ddof, 0)


def _extreme(primitive: Primitive, name: str, pair: np.ufunc) -> Callable[..., Array]:
    def extreme(
        a: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: Any = NO_VALUE,
        initial: Any = NO_VALUE,
        where: Any = NO_VALUE,
    ) -> Array:
        refuse_out(name, out)
        x = as_array(a)
        if is_given(initial):
            initial = _as_type_of(x, initial)
        if _is_mask(where):
            if not is_given(initial):
                raise ShapeError(f"np.{name}: where= needs initial=, the value of an empty selection")
            x = _masked(x, where, initial)
        if is_given(initial) and any_empty(x, axis):
            shape = _reduced(SUM, name, x, axis, keepdims).shape
            return np.broadcast_to(as_array(initial), shape)
        largest = _reduced(primitive, name, x, axis, keepdims)
        return pair(largest, initial) if is_given(initial) else largest

    extreme.__doc__ = f"np.{name}."
    return extreme


def any_empty(x: Array, axis: Axis) -> bool:
    """Whether an axis that is reduced has no elements."""
    return builtin_any(x.shape[each] == 0 for each in reduced_axes(axis, x.ndim, "max"))


builtin_any = any
max = _extreme(MAX, "max", np.maximum)
min = _extreme(MIN, "min", np.minimum)


def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: Any = NO_VALUE) -> Array:
    """np.ptp."""
    refuse_out("ptp", out)
    x = as_array(a)
    return _reduced(MAX, "ptp", x, axis, keepdims) - _reduced(MIN, "ptp", x, axis, keepdims)


def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: Any = NO_VALUE) -> Any:
    """np.average."""
    x = as_array(a)
    axes = all_axes(axis, x.ndim, "average")
    if weights is None:
        result = mean(x, axis, keepdims=keepdims)
        total: Array = np.prod([x.shape[each] for each in axes], dtype=result.dtype)
    else:
        w = as_array(weights)
        if w.shape != x.shape:
            expected = tuple(x.shape[each] for each in axes)
            if axis is None or w.shape != expected:
                raise ShapeError(f"np.average: weights have shape {w.shape}, expected {expected}{where()}")
            order = sorted(range(len(axes)), key=axes.__getitem__)
            shape = [size if place in axes else 1 for place, size in enumerate(x.shape)]
            w = np.reshape(np.transpose(w, order), shape)
            w = np.broadcast_to(w, x.shape)
        dtype = np.result_type(x, w, np.float64 if x.dtype.kind in "biu" else x)
        total = sum(w, axis, dtype=dtype, keepdims=keepdims)
        result = sum(np.multiply(x, w, dtype=dtype), axis, keepdims=keepdims) / total
    return (result, np.broadcast_to(total, result.shape)) if returned else result


def _position(primitive: Primitive, name: str) -> Callable[..., Array]:
    def position(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NO_VALUE) -> Array:
        refuse_out(name, out)
        x = as_array(a)
        keep = is_true(keepdims)
        if axis is not None and reduced_axes(axis, x.ndim, name):
            return bind(primitive, (x,), {"axis": one_axis(axis, x.ndim, name), "keepdims": keep})
        place = bind(primitive, (np.ravel(x),), {"axis": 0, "keepdims": False})
        return np.reshape(place, (1,) * x.ndim) if keep else place

    position.__doc__ = f"np.{name}."
    return position


def _test(primitive: Primitive, name: str, neutral: bool) -> Callable[..., Array]:
    def test(a: Any, axis: Axis = None, out: Any = None, keepdims: Any = NO_VALUE, *, where: Any = NO_VALUE) -> Array:
        refuse_out(name, out)
        x = as_array(a)
        if _is_mask(where):
            x = np.where(as_array(where), np.not_equal(x, 0), neutral)
        return _reduced(primitive, name, x, axis, keepdims)

    test.__doc__ = f"np.{name}."
    return test


any = _test(ANY, "any", False)
all = _test(ALL, "all", True)


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """np.count_nonzero."""
    return _reduced(COUNT_NONZERO, "count_nonzero", as_array(a), axis, keepdims)


REDUCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: sum,
    np.prod: prod,
    np.mean: mean,
    np.average: average,
    np.var: var,
    np.std: std,
    np.max: max,
    np.amax: max,
    np.min: min,
    np.amin: min,
    np.ptp: ptp,
    np.argmax: _position(ARGMAX, "argmax"),
    np.argmin: _position(ARGMIN, "argmin"),
    np.any: any,
    np.all: all,
    np.count_nonzero: count_nonzero,
}
"""NumPy's function to ours, which has the same signature."""

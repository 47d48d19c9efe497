"""Owns the folds of ufuncs: what `reduce` and `accumulate` of a ufunc do that has no reduction of its own."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import NoRuleError, ShapeError
from chainrule.primitives.shape import cast, size_of
from chainrule.primitives.table import BY_UFUNC
from chainrule.tracing.numpy_functions.accumulation import accumulated
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, Axis, reduced_axes
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where as line

# The elements may be taken in any order, over several axes at once; the other ufuncs take them from first to last.
_REORDERABLE = frozenset({
    np.fmax, np.fmin, np.hypot, np.logaddexp2, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.logical_xor,
    np.logical_and, np.logical_or, np.gcd, np.lcm,
})  # fmt: skip


def is_foldable(ufunc: np.ufunc) -> bool:
    """Whether a ufunc that has a rule takes two operands of one kind, as a fold asks."""
    return ufunc in BY_UFUNC and ufunc.nin == 2 and ufunc is not np.ldexp


def fold(ufunc: np.ufunc, x: Array, axis: Axis, keepdims: bool, initial: Any = NO_VALUE, where: Any = True) -> Array:
    """Return `ufunc.reduce(x)`, with NumPy's parameters."""
    name = f"{ufunc.__name__}.reduce"
    axes = reduced_axes(axis, x.ndim, name)
    if len(axes) > 1 and ufunc not in _REORDERABLE:
        raise ShapeError(f"np.{name} takes its elements in order, so that it reduces one axis, not {len(axes)}{line()}")
    shape = x.shape
    x = _in_its_type(ufunc, x)
    start = ufunc.identity if initial is NO_VALUE else initial
    if where is not True:
        if ufunc not in _REORDERABLE:
            raise NoRuleError(f"np.{name}: the argument where= has no derivative rule yet; leave it out{line()}")
        if start is None:
            raise ShapeError(f"np.{name}: where= needs initial=, the value of an empty selection{line()}")
        neutral = start if ufunc.identity is None else ufunc.identity
        x = np.where(where, x, cast(as_array(neutral), x.dtype))
    others = tuple(each for each in range(x.ndim) if each not in axes)
    count = size_of(shape, axes)  # 1 without axes
    rows = np.reshape(np.transpose(x, axes + others), (count, *(shape[each] for each in others)))
    if not rows.shape[0]:
        if start is None:
            raise ShapeError(f"np.{name}: there is no element, and the function has no identity; give initial={line()}")
        result = np.full_like(rows, cast(as_array(start), rows.dtype), shape=rows.shape[1:])
    else:
        if initial is not NO_VALUE or (rows.shape[0] == 1 and start is not None):
            first = cast(as_array(start), rows.dtype)
            rows = np.concatenate([np.broadcast_to(first, (1, *rows.shape[1:])), rows])
        result = _folded(ufunc, rows)
    return np.expand_dims(result, axes) if keepdims and axes else result


def _in_its_type(ufunc: np.ufunc, x: Array) -> Array:
    """Return `x` in the type in which NumPy reduces it."""
    return cast(x, ufunc.resolve_dtypes((None, x.dtype, None), reduction=True)[1])


def _folded(ufunc: np.ufunc, rows: Array) -> Array:
    if ufunc not in _REORDERABLE:
        return functools.reduce(ufunc, (rows[place] for place in range(rows.shape[0])))
    while rows.shape[0] > 1:  # by halves: as many operations as the length has digits
        half = rows.shape[0] // 2
        pairs = ufunc(rows[:half], rows[half : 2 * half])
        rows = np.concatenate([pairs, rows[2 * half :]]) if rows.shape[0] % 2 else pairs
    return rows[0]


def fold_running(ufunc: np.ufunc, x: Array, axis: int, dtype: Any = None) -> Array:
    """Return `ufunc.accumulate(x)`, with NumPy's parameters."""
    if ufunc in _REORDERABLE:
        return accumulated(ufunc, x, axis, dtype)
    rows = np.moveaxis(_in_its_type(ufunc, x if dtype is None else cast(x, dtype)), axis, 0)
    if not rows.shape[0]:
        return np.moveaxis(rows, 0, axis)
    results = itertools.accumulate((rows[place] for place in range(rows.shape[0])), ufunc)
    return np.stack(list(results), axis=axis)

"""Owns what NumPy's sorting, correlations and functions that skip NaN do with traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.order import ARGPARTITION, ARGSORT, PARTITION, SEARCHSORTED, SORT
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, Axis, is_given, is_true, one_axis, refuse, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _along(primitive: Primitive, name: str, a: Any, axis: Any, **parameters: Any) -> Array:
    x = as_array(a)
    if axis is None:
        x, axis = np.ravel(x), 0
    return bind(primitive, (x,), {"axis": one_axis(axis, x.ndim, name), **parameters})


def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Array:
    """np.sort. Which of equal elements is which cannot be told, so that `kind` and `stable` change nothing."""
    refuse("sort", order=order)
    return _along(SORT, "sort", a, axis)


def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Array:
    """np.argsort."""
    refuse("argsort", order=order)
    return _along(ARGSORT, "argsort", a, axis, kind="stable" if stable else kind)


def lexsort(keys: Any, axis: int = -1) -> Array:
    """np.lexsort: the order by the last key; where that has ties by the key before it."""
    order, *others = [argsort(key, axis, "stable") if not place else as_array(key) for place, key in enumerate(keys)]
    for key in others:
        ordered = np.take_along_axis(key, order, axis)
        order = np.take_along_axis(order, argsort(ordered, axis, "stable"), axis)
    return order


def _kth(kth: Any, length: int) -> tuple[int, ...]:
    return tuple(int(each) % length if length else int(each) for each in np.atleast_1d(kth))


def _partitioned(primitive: Primitive, name: str) -> Callable[..., Array]:
    def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Array:
        refuse(name, order=order)
        x = as_array(a)
        if axis is None:
            x, axis = np.ravel(x), 0
        place = one_axis(axis, x.ndim, name)
        return bind(primitive, (x,), {"kth": _kth(kth, x.shape[place]), "axis": place})

    partition.__doc__ = f"np.{name}."
    return partition


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Array:
    """np.searchsorted."""
    table, values = as_array(a), as_array(v)
    common = np.result_type(table.dtype, values.dtype)
    table = cast(table if sorter is None else table[sorter], common)
    return bind(SEARCHSORTED, (table, cast(values, common)), {"side": side})


def digitize(x: Any, bins: Any, right: bool = False) -> Array:
    """np.digitize."""
    if np.iscomplexobj(x):
        raise TypeError("x may not be complex")  # as NumPy does
    bins, side = as_array(bins), "left" if right else "right"
    if bins.size > 1 and bool(bins[0] > bins[-1]):
        return bins.shape[0] - searchsorted(bins[::-1], x, side=side)
    return searchsorted(bins, x, side=side)


# Functions that skip NaN


def _skipping(reduce: Callable[..., Array], fill: float) -> Callable[..., Array]:
    def skip(a: Any, *args: Any, **options: Any) -> Array:
        x = as_array(a)
        return reduce(np.where(np.isnan(x), fill, x) if x.dtype.kind in "fc" else x, *args, **options)

    skip.__doc__ = f"np.nan{reduce.__name__}."
    return skip


def _skipping_mean(reduce: Callable[..., Array]) -> Callable[..., Array]:
    def skip(a: Any, axis: Axis = None, *args: Any, where: Any = NO_VALUE, **options: Any) -> Array:
        x = as_array(a)
        if x.dtype.kind not in "fc":
            return reduce(x, axis, *args, where=where, **options)
        counts = np.logical_not(np.isnan(x))
        counts = np.logical_and(counts, as_array(where)) if is_given(where) else counts
        return reduce(x, axis, *args, where=counts, **options)

    skip.__doc__ = f"np.nan{reduce.__name__}."
    return skip


def _skipping_extreme(reduce: Callable[..., Array], fill: float) -> Callable[..., Array]:
    def skip(a: Any, axis: Axis = None, out: Any = None, keepdims: Any = NO_VALUE, **options: Any) -> Array:
        refuse_out(f"nan{reduce.__name__}", out)
        x = as_array(a)
        keep = is_true(keepdims)
        if x.dtype.kind not in "fc":
            return reduce(x, axis=axis, keepdims=keep, **options)
        missing = np.isnan(x)
        result = reduce(np.where(missing, fill, x), axis=axis, keepdims=keep, **options)
        if is_given(options.get("initial")):
            return result
        return np.where(np.all(missing, axis=axis, keepdims=keep), np.nan, result)

    skip.__doc__ = f"np.nan{reduce.__name__}."
    return skip


# Correlations


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Array:
    """np.cov."""
    x = _rows(as_array(m), rowvar)
    if y is not None:
        x = np.concatenate([x, _rows(as_array(y), rowvar)])
    x = cast(x, np.result_type(x.dtype, np.float64) if dtype is None else dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    if fweights is None and aweights is None:
        freedom: Array = max(x.shape[1] - ddof, 0)
        moved = x - np.mean(x, axis=1, keepdims=True)
        weighted = moved
    else:
        weights, freedom = _weights(fweights, aweights, ddof)
        moved = x - np.average(x, axis=1, weights=weights, keepdims=True)
        weighted = moved * weights
    return np.squeeze(np.divide(np.matmul(moved, np.conjugate(np.transpose(weighted))), freedom))


def _weights(counts: Any, importance: Any, ddof: Any) -> tuple[Array, Array]:
    """Return the weight of each observation of np.cov, and the degrees of freedom."""
    weights = as_array(1.0) if counts is None else as_array(counts)
    if importance is None:
        return weights, np.maximum(np.sum(weights) - ddof, 0)
    weights = weights * as_array(importance)
    total = np.sum(weights)
    return weights, np.maximum(total - ddof * np.sum(weights * as_array(importance)) / total, 0)


def _rows(x: Array, rowvar: bool) -> Array:
    if x.ndim > 2:
        raise ShapeError(f"np.cov takes one or two axes, not {x.ndim}{where()}")
    rows = np.atleast_2d(x)
    return rows if rowvar or x.ndim < 2 else np.transpose(rows)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """np.corrcoef."""
    covariance = cov(x, y, rowvar, dtype=dtype)
    if covariance.ndim == 0:
        return covariance / covariance
    spread = np.sqrt(np.real(np.diagonal(covariance)))
    return covariance / spread[:, None] / spread[None, :]


STATISTICS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sort: sort,
    np.argsort: argsort,
    np.lexsort: lexsort,
    np.partition: _partitioned(PARTITION, "partition"),
    np.argpartition: _partitioned(ARGPARTITION, "argpartition"),
    np.searchsorted: searchsorted,
    np.digitize: digitize,
    np.nansum: _skipping(np.sum, 0.0),
    np.nanprod: _skipping(np.prod, 1.0),
    np.nancumsum: _skipping(np.cumsum, 0.0),
    np.nancumprod: _skipping(np.cumprod, 1.0),
    np.nanmean: _skipping_mean(np.mean),
    np.nanvar: _skipping_mean(np.var),
    np.nanstd: _skipping_mean(np.std),
    np.nanmax: _skipping_extreme(np.max, -np.inf),
    np.nanmin: _skipping_extreme(np.min, np.inf),
    np.nanargmax: _skipping(np.argmax, -np.inf),
    np.nanargmin: _skipping(np.argmin, np.inf),
    np.cov: cov,
    np.corrcoef: corrcoef,
}
"""NumPy's function to ours, which has the same signature."""

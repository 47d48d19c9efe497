"""Owns what NumPy's sorting, order statistics, correlations and functions that skip NaN do with traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import Traced, bind
from chainrule.errors import NoRuleError, ShapeError, where
from chainrule.primitives.order import ARGPARTITION, ARGSORT, PARTITION, SEARCHSORTED, SORT
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, Axis, all_axes, is_true, one_axis, refuse, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array


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
    table = as_array(a)
    return bind(SEARCHSORTED, (table if sorter is None else table[sorter], as_array(v)), {"side": side})


def digitize(x: Any, bins: Any, right: bool = False) -> Array:
    """np.digitize, for increasing bins."""
    bins = as_array(bins)
    if bins.size > 1 and bool(bins[0] > bins[-1]):
        return bins.shape[0] - searchsorted(bins[::-1], x, side="left" if not right else "right")
    return searchsorted(bins, x, side="left" if right else "right")


def _last(x: Array, axis: Axis, name: str) -> tuple[Array, tuple[int, ...]]:
    """Return `x` with the axes that are reduced moved into the last one, and those axes."""
    axes = all_axes(axis, x.ndim, name)
    others = tuple(each for each in range(x.ndim) if each not in axes)
    moved = np.transpose(x, others + axes)
    length = int(np.prod([x.shape[each] for each in axes], dtype=int))
    return np.reshape(moved, (*(x.shape[each] for each in others), length)), axes


# These take one of the elements; the other methods read between two.
_DISCRETE = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")


def _interpolated(ordered: Array, place: Array, precision: Any) -> Array:
    """Read between the elements of the last axis, at one place for all."""
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    lower, upper = ordered[..., low], ordered[..., high]
    return lower + (upper - lower) * (place - low).astype(precision, copy=False)


def _quantile(name: str, a: Any, q: Any, axis: Axis, keepdims: Any, method: str) -> Array:
    x = as_array(a)
    if isinstance(q, Traced):
        raise NoRuleError(f"np.{name}: a traced q has no derivative rule yet; pass cr.stop_gradient(q){where()}")
    values, axes = _last(x, axis, name)
    if values.shape[-1] == 0:
        raise ShapeError(f"np.{name}: an empty array has no quantiles{where()}")
    return _quantile_of(values, axes, q, keepdims, method, name)


def _quantile_of(
    values: Array, axes: tuple[int, ...], q: Any, keepdims: Any, method: str, name: str = "median"
) -> Array:
    # A Python number leaves the type of the elements as it is; an array or a number of NumPy widens it.
    wide = np.float16 if type(q) in (int, float) and values.dtype.kind == "f" else np.float64
    q = np.asarray(q, dtype=float)
    if q.size and (np.min(q) < 0 or np.max(q) > 1):
        raise ShapeError(f"np.{name}: quantiles lie between 0 and 1 (percentiles between 0 and 100){where()}")
    # Every method reads between two neighbors; where, one sees from the quantiles of 0, 1, 2, ...
    counted: Any = np.arange(values.shape[-1], dtype=float)
    place = np.asarray(np.quantile(counted, q, method=method))  # type: ignore[call-overload]
    # The largest is put into its place too: it is NaN where there is any.
    ends = {int(each) for each in np.ravel([np.floor(place), np.ceil(place)])}
    ordered = np.partition(values, sorted(ends | {values.shape[-1] - 1}), axis=-1)
    if method in _DISCRETE:
        result = ordered[..., place.astype(int)]
    elif name == "median":  # a mean, which infinite elements on one side leave infinite
        result = np.mean(ordered[..., int(np.floor(place)) : int(np.ceil(place)) + 1], axis=-1)
    else:
        result = _interpolated(ordered, place, np.result_type(values.dtype, wide))
    if values.dtype.kind == "f":
        largest = ordered[(..., -1) + (None,) * q.ndim]
        result = np.where(np.isnan(largest), largest, result)
    if q.ndim:
        result = np.moveaxis(result, tuple(range(-q.ndim, 0)), tuple(range(q.ndim)))
    if not is_true(keepdims):
        return result
    return np.expand_dims(result, tuple(q.ndim + each for each in sorted(axes)))


def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
    interpolation: Any = None,
) -> Array:
    """np.quantile."""
    refuse_out("quantile", out)
    refuse("quantile", weights=weights, interpolation=interpolation)
    return _quantile("quantile", a, q, axis, keepdims, method)


def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
    interpolation: Any = None,
) -> Array:
    """np.percentile."""
    refuse_out("percentile", out)
    refuse("percentile", weights=weights, interpolation=interpolation)
    fraction = q if isinstance(q, Traced) else q / 100 if type(q) in (int, float) else np.true_divide(q, 100)
    return _quantile("percentile", a, fraction, axis, keepdims, method)


def median(a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Array:
    """np.median."""
    refuse_out("median", out)
    values, axes = _middle_operand(as_array(a), axis, "median")
    if values.shape[-1] == 0:
        return _without_median(values, axes, keepdims)
    return _quantile_of(values, axes, 0.5, keepdims, "linear")


def _middle_operand(x: Array, axis: Axis, name: str) -> tuple[Array, tuple[int, ...]]:
    return _last(x if x.dtype.kind in "fc" else cast(x, np.float64), axis, name)


def _without_median(values: Array, axes: tuple[int, ...], keepdims: Any) -> Array:
    """Return the NaN that NumPy gives where there are no elements."""
    result = np.full_like(values, np.nan, shape=values.shape[:-1])
    return np.expand_dims(result, tuple(sorted(axes))) if is_true(keepdims) else result


# Functions that skip NaN


def _skipping(reduce: Callable[..., Array], fill: float) -> Callable[..., Array]:
    def skip(a: Any, *args: Any, **options: Any) -> Array:
        x = as_array(a)
        return reduce(np.where(np.isnan(x), fill, x) if x.dtype.kind in "fc" else x, *args, **options)

    skip.__doc__ = f"np.nan{reduce.__name__}."
    return skip


def _skipping_mean(reduce: Callable[..., Array]) -> Callable[..., Array]:
    def skip(a: Any, axis: Axis = None, *args: Any, **options: Any) -> Array:
        x = as_array(a)
        if x.dtype.kind not in "fc":
            return reduce(x, axis, *args, **options)
        return reduce(x, axis, *args, where=np.logical_not(np.isnan(x)), **options)

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
        return np.where(np.all(missing, axis=axis, keepdims=keep), np.nan, result)

    skip.__doc__ = f"np.nan{reduce.__name__}."
    return skip


def nanmedian(
    a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Array:
    """np.nanmedian."""
    refuse_out("nanmedian", out)
    values, axes = _middle_operand(as_array(a), axis, "nanmedian")
    if values.shape[-1] == 0:
        return _without_median(values, axes, keepdims)
    ordered = np.sort(values, axis=-1)  # NaN stands at the end
    count = np.sum(np.logical_not(np.isnan(values)), axis=-1, keepdims=True)
    low = np.maximum(count - 1, 0) // 2
    high = np.minimum(count // 2, max(values.shape[-1] - 1, 0))
    middle = np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1)
    result = (middle / 2)[..., 0]
    return np.expand_dims(result, tuple(sorted(axes))) if is_true(keepdims) else result


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
    refuse("cov", fweights=fweights, aweights=aweights, dtype=dtype)
    x = _rows(as_array(m), rowvar)
    if y is not None:
        x = np.concatenate([x, _rows(as_array(y), rowvar)])
    x = cast(x, np.result_type(x.dtype, np.float64))
    freedom = x.shape[1] - ((0 if bias else 1) if ddof is None else ddof)
    moved = x - np.mean(x, axis=1, keepdims=True)
    return np.squeeze(np.divide(np.matmul(moved, np.conjugate(np.transpose(moved))), max(freedom, 0)))


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
    np.quantile: quantile,
    np.percentile: percentile,
    np.median: median,
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
    np.nanmedian: nanmedian,
    np.cov: cov,
    np.corrcoef: corrcoef,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns what NumPy's medians, quantiles and percentiles do with traced arrays, with NaN and without."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import NoRuleError, ShapeError
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import Axis, all_axes, is_true, refuse, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _last(x: Array, axis: Axis, name: str) -> tuple[Array, tuple[int, ...]]:
    """Return `x` with the axes that are reduced moved into the last one, and those axes."""
    axes = all_axes(axis, x.ndim, name)
    others = tuple(each for each in range(x.ndim) if each not in axes)
    moved = np.transpose(x, others + axes)
    length = math.prod(x.shape[each] for each in axes)
    return np.reshape(moved, (*(x.shape[each] for each in others), length)), axes


_NUMPYS: Callable[..., Any] = np.quantile  # its methods are text, which its types want to be literal
# These take one of the elements; the other methods read between two.
_DISCRETE = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")


def _interpolated(ordered: Array, place: Array, precision: Any) -> Array:
    """Read between the elements of the last axis, at one place for all."""
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    lower, upper = ordered[..., low], ordered[..., high]
    return lower + (upper - lower) * (place - low).astype(precision, copy=False)


def _quantile(name: str, a: Any, q: Any, axis: Axis, keepdims: Any, method: str) -> Array:
    values, axes = _last(as_array(a), axis, name)
    if values.shape[-1] == 0:
        raise ShapeError(f"np.{name}: an empty array has no quantiles{where()}")
    if not isinstance(q, Traced):
        return _quantile_of(values, axes, q, keepdims, method, name)
    ordered = np.sort(values, axis=-1)
    if values.dtype.kind in "fc":  # NaN stands at the end, and is the quantile wherever there is any
        ordered = np.where(np.isnan(ordered[..., -1:]), np.nan, ordered)
    count = np.full((*values.shape[:-1], 1), values.shape[-1])
    return _quantile_among(ordered, count, axes, q, keepdims, method, name)


def _quantile_of(
    values: Array, axes: tuple[int, ...], q: Any, keepdims: Any, method: str, name: str = "median"
) -> Array:
    q, precision = _fractions(q, values, name)
    # Every method reads between two neighbors; where, one sees from the quantiles of 0, 1, 2, ...
    counted = np.arange(values.shape[-1], dtype=float)
    place = np.asarray(_NUMPYS(counted, q, method=method))
    # The largest is put into its place too: it is NaN where there is any.
    ends = {int(each) for each in np.ravel([np.floor(place), np.ceil(place)])}
    ordered = np.partition(values, sorted(ends | {values.shape[-1] - 1}), axis=-1)
    if method in _DISCRETE:
        result = ordered[..., place.astype(int)]
    elif name == "median":  # a mean, which infinite elements on one side leave infinite
        result = np.mean(ordered[..., int(np.floor(place)) : int(np.ceil(place)) + 1], axis=-1)
    else:
        result = _interpolated(ordered, place, precision)
    if values.dtype.kind in "fc":
        largest = ordered[(..., -1) + (None,) * q.ndim]
        result = np.where(np.isnan(largest), largest, result)
    return _arranged(result, q.ndim, axes, keepdims)


def _fractions(q: Any, values: Array, name: str) -> tuple[Array, Any]:
    """Return the quantiles that are wanted, and the type in which they are read between the elements."""
    # A Python number leaves the type of the elements as it is; an array or a number of NumPy widens it.
    is_number = q.is_number if isinstance(q, Traced) else type(q) in (int, float)
    wide = np.float16 if is_number and values.dtype.kind == "f" else np.float64
    q = as_array(q) if isinstance(q, Traced) else np.asarray(q, dtype=float)
    if q.size and not (np.min(q) >= 0 and np.max(q) <= 1):  # NaN is not, either
        raise ShapeError(f"np.{name}: quantiles lie between 0 and 1 (percentiles between 0 and 100){where()}")
    return q, np.result_type(values.dtype, wide)


def _arranged(result: Array, ndim: int, axes: tuple[int, ...], keepdims: Any) -> Array:
    """Move the axes of the quantiles, the last `ndim`, to the front, where NumPy has them."""
    if ndim:
        result = np.moveaxis(result, tuple(range(-ndim, 0)), tuple(range(ndim)))
    if not is_true(keepdims):
        return result
    return np.expand_dims(result, tuple(ndim + each for each in sorted(axes)))


def _fraction(percent: Any) -> Any:
    return (
        percent / 100 if isinstance(percent, Traced) or type(percent) in (int, float) else np.true_divide(percent, 100)
    )


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


# Where a quantile stands among n elements: at n q + a + q (1 - a - b) - 1. Source: Hyndman and Fan (1996), "Sample quantiles in
# statistical packages".
_PLACES = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_ROUNDED: dict[str, Callable[[Array], Array]] = {
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.rint,
    "midpoint": lambda place: (np.floor(place) + np.ceil(place)) / 2,
}


def _places(count: Array, q: Array, method: str, name: str) -> Array:
    """Return where the quantiles stand among `count` elements in order."""
    if method not in _PLACES and method not in _ROUNDED:
        known = ", ".join(map(repr, (*_PLACES, *_ROUNDED)))
        raise NoRuleError(f"np.{name}: method={method!r} has no derivative rule yet; these have one: {known}{where()}")
    a, b = _PLACES.get(method, (1.0, 1.0))
    # As NumPy rounds: from a place that is a little less than a whole number the lower element would be another.
    among = (count - 1) * q if a == b == 1 else count * q + (a + q * (1 - a - b)) - 1
    place = np.clip(among, 0, np.maximum(count - 1, 0))
    return _ROUNDED[method](place) if method in _ROUNDED else place


def _nan_quantile(name: str, a: Any, q: Any, axis: Axis, keepdims: Any, method: str) -> Array:
    x = as_array(a)
    if x.dtype.kind not in "fc":
        return _quantile(name, x, q, axis, keepdims, method)
    values, axes = _last(x, axis, name)
    if values.shape[-1] == 0:
        return _without_median(values, axes, keepdims)
    ordered = np.sort(values, axis=-1)  # NaN stands at the end
    count = np.sum(np.logical_not(np.isnan(values)), axis=-1, keepdims=True)
    return _quantile_among(ordered, count, axes, q, keepdims, method, name)


def _quantile_among(
    ordered: Array, count: Array, axes: tuple[int, ...], q: Any, keepdims: Any, method: str, name: str
) -> Array:
    """Return the quantiles of rows in order, of which the first `count` elements are meant."""
    fractions, precision = _fractions(q, ordered, name)
    place = _places(count, np.ravel(fractions), method, name)
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    if isinstance(q, Traced) and method not in _DISCRETE:
        low, high = _neighbors(ordered, count, low, high)
    result = np.take_along_axis(ordered, low, -1)
    if method not in _DISCRETE:
        upper = np.take_along_axis(ordered, high, -1)
        result = result + (upper - result) * (place - low).astype(precision)
    result = np.reshape(result, (*ordered.shape[:-1], *fractions.shape))
    return _arranged(result, fractions.ndim, axes, keepdims)


def _neighbors(ordered: Array, count: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Return two different elements, also where a quantile is one of them: it moves from there to the next."""
    low = np.minimum(low, np.maximum(count - 2, 0))
    after = np.minimum(low + 1, np.maximum(count - 1, 0))
    return low, np.where(np.isfinite(np.take_along_axis(ordered, after, -1)), after, high)


def _weighted(name: str, a: Any, q: Any, axis: Axis, keepdims: Any, method: str, weights: Any) -> Array:
    """Return the first element up to which the weights make up the part `q` of all: NumPy's only method with weights."""
    if method != "inverted_cdf":
        raise ValueError(f"np.{name}: weights= takes method='inverted_cdf', not {method!r}{where()}")  # as NumPy does
    x, weights = as_array(a), as_array(weights)
    values, axes = _last(x, axis, name)
    if weights.shape == x.shape:
        weights = _last(weights, axis, name)[0]
    elif axis is None or len(axes) != 1 or weights.shape != values.shape[-1:]:
        raise ShapeError(
            f"np.{name}: weights= of shape {weights.shape} have neither the shape {x.shape} nor the length of one axis{where()}"
        )
    if np.any(weights < 0):
        raise ValueError("Weights must be non-negative.")  # as NumPy does
    skips = name.startswith("nan")
    weights = np.broadcast_to(weights, values.shape)
    order = np.argsort(values, axis=-1)  # NaN stands at the end
    ordered = np.take_along_axis(values, order, -1)
    missing = np.isnan(ordered)
    heights = np.take_along_axis(weights, order, -1)
    parts = np.cumsum(np.where(missing, 0, heights) if skips else heights, axis=-1, dtype=float)
    parts = parts / parts[..., -1:]
    fractions, _ = _fractions(q, values, name)
    below = (parts[..., None, :] < np.ravel(fractions)[:, None]) | (parts[..., None, :] == 0)
    place = np.minimum(np.sum(below, axis=-1), values.shape[-1] - 1)
    result = np.take_along_axis(ordered, place, -1)
    if not skips:
        result = np.where(missing[..., -1:], np.nan, result)
    return _arranged(np.reshape(result, (*values.shape[:-1], *fractions.shape)), fractions.ndim, axes, keepdims)


def _named(name: str, compute: Callable[..., Array], fraction: Callable[[Any], Any]) -> Callable[..., Array]:
    """Return NumPy's function of a name. fraction: returns what its second argument is as a part of 1."""

    def quantiles(
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
        refuse_out(name, out)
        refuse(name, interpolation=interpolation)
        if np.iscomplexobj(a):
            raise TypeError("a must be an array of real numbers")  # as NumPy does
        if weights is not None:
            return _weighted(name, a, fraction(q), axis, keepdims, method, weights)
        return compute(name, a, fraction(q), axis, keepdims, method)

    quantiles.__doc__ = f"np.{name}."
    return quantiles


def _same(q: Any) -> Any:
    return q


QUANTILES: dict[Callable[..., Any], Callable[..., Any]] = {
    np.quantile: _named("quantile", _quantile, _same),
    np.percentile: _named("percentile", _quantile, _fraction),
    np.median: median,
    np.nanquantile: _named("nanquantile", _nan_quantile, _same),
    np.nanpercentile: _named("nanpercentile", _nan_quantile, _fraction),
    np.nanmedian: nanmedian,
}
"""NumPy's function to ours, which has the same signature."""

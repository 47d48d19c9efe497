"""Owns what NumPy's differences, integrals, interpolation and convolution do with traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.indexing import index, index_add
from chainrule.primitives.sequence import CONVOLVE
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, all_axes, is_given, one_axis
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.numpy_functions.shape import moveaxis
from chainrule.user_code import where


def _cut(x: Array, axis: int, start: int | None, stop: int | None) -> Array:
    return x[(slice(None),) * axis + (slice(start, stop),)]


def diff(a: Any, n: int = 1, axis: Any = -1, prepend: Any = NO_VALUE, append: Any = NO_VALUE) -> Array:
    """np.diff."""
    x = as_array(a)
    if n == 0:  # the borders are left out too
        return x
    place = one_axis(axis, x.ndim, "diff")
    parts = [_border(prepend, x, place), x, _border(append, x, place)]
    given = [part for part in parts if part is not None]
    x = np.concatenate(given, axis=place) if len(given) > 1 else x
    for _ in range(n):
        upper, lower = _cut(x, place, 1, None), _cut(x, place, None, -1)
        x = np.not_equal(upper, lower) if x.dtype.kind == "b" else upper - lower
    return x


def _border(value: Any, x: Array, axis: int) -> Array | None:
    if not is_given(value):
        return None
    border = as_array(value)
    if border.ndim:
        return border
    return np.broadcast_to(border, [1 if each == axis else size for each, size in enumerate(x.shape)])


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Array:
    """np.ediff1d."""
    ends = [each if each is None else np.ravel(as_array(each)) for each in (to_begin, to_end)]
    parts = [ends[0], diff(np.ravel(as_array(ary))), ends[1]]
    given = [part for part in parts if part is not None]
    return np.concatenate(given) if len(given) > 1 else given[0]


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """np.gradient: second-order differences inside, of order `edge_order` at the ends."""
    x = as_array(f)
    axes = all_axes(axis, x.ndim, "gradient")
    if x.dtype.kind in "iu":
        x = cast(x, np.float64)
    spacings = [lift(each) for each in varargs] or [1.0]
    if len(spacings) == 1:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise ShapeError(f"np.gradient: {len(spacings)} spacings for {len(axes)} axes{where()}")
    slopes = tuple(_slope(x, place, h, edge_order) for place, h in zip(axes, spacings, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(x: Array, axis: int, spacing: Array, edge_order: int) -> Array:
    """Return the slopes along one axis, in the precision of `x`; `spacing` is a number, or the coordinates."""
    moved = moveaxis(x, axis, 0)
    length = moved.shape[0]
    if length <= edge_order:
        raise ShapeError(f"np.gradient: an axis of length {length} needs at least {edge_order + 1} elements{where()}")
    slopes = _even_slopes if not np.ndim(spacing) else _uneven_slopes
    parts = slopes(moved, spacing, edge_order)
    return cast(moveaxis(np.concatenate(parts) if len(parts) > 1 else parts[0], 0, axis), x.dtype)


def _even_slopes(moved: Array, step: Array, edge_order: int) -> list[Array]:
    if edge_order == 1:  # at an end, one of the two neighbors is the element itself
        length, weight = moved.shape[0], np.finfo(moved.dtype).dtype.type
        steps = np.full((length, *(1,) * (moved.ndim - 1)), weight(2))
        steps[0] = steps[-1] = 1
        after, before = np.concatenate([moved[1:], moved[-1:]]), np.concatenate([moved[:1], moved[:-1]])
        return [(after - before) / (steps * step)]
    inside = (moved[2:] - moved[:-2]) / (2 * step)
    front, back = diff(moved[: edge_order + 1], axis=0) / step, diff(moved[-edge_order - 1 :], axis=0) / step
    return [1.5 * front[:1] - 0.5 * front[1:], inside, 1.5 * back[1:] - 0.5 * back[:1]]


def _uneven_slopes(moved: Array, points: Array, edge_order: int) -> list[Array]:
    length = moved.shape[0]
    if points.shape[0] != length:
        raise ShapeError(f"np.gradient: {points.shape[0]} coordinates for an axis of length {length}{where()}")
    steps = np.reshape(diff(points), (length - 1, *(1,) * (moved.ndim - 1)))
    chords = diff(moved, axis=0) / steps
    left, right = steps[:-1], steps[1:]
    inside = (chords[:-1] * right + chords[1:] * left) / (left + right)
    if edge_order == 1:
        first, last = chords[:1], chords[-1:]
    else:
        first = chords[:1] - (chords[1:2] - chords[:1]) * steps[:1] / (steps[:1] + steps[1:2])
        last = chords[-1:] + (chords[-1:] - chords[-2:-1]) * steps[-1:] / (steps[-1:] + steps[-2:-1])
    return [first, inside, last]


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Array:
    """np.trapezoid."""
    values = as_array(y)
    place = one_axis(axis, values.ndim, "trapezoid")
    if x is None:
        steps = lift(dx)
    else:
        points = as_array(x)
        if points.ndim == 1:
            steps = diff(points)
            steps = np.reshape(steps, [-1 if each == place else 1 for each in range(values.ndim)])
        else:
            steps = diff(points, axis=axis)
    return np.sum(steps * (_cut(values, place, 1, None) + _cut(values, place, None, -1)) / 2, axis=place)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Array:
    """np.interp, over the points, the nodes and the values."""
    point, nodes, values = (cast(each, np.result_type(each, float)) for each in map(as_array, (x, xp, fp)))
    if period is not None:
        left = right = None
        point, nodes, values = _one_period(point, nodes, values, abs(period))
    count = nodes.shape[0]
    if not count or "c" in (point.dtype.kind, nodes.dtype.kind):
        # which complains, or has no points either
        return np.interp(np.zeros(point.shape, point.dtype), np.zeros(count, nodes.dtype), np.zeros(count))
    inside = np.broadcast_to(values[0], point.shape) if count == 1 else _between(point, nodes, values)
    result = np.where(point < nodes[0], values[0] if left is None else lift(left), inside)
    return np.where(point > nodes[-1], values[-1] if right is None else lift(right), result)


def _between(point: Array, nodes: Array, values: Array) -> Array:
    """Return the values on the chords between neighboring nodes, of which some may be infinite, as NumPy computes them."""
    low = np.clip(np.searchsorted(nodes, point, side="right") - 1, 0, nodes.shape[0] - 2)
    start, stop = index(nodes, low), index(nodes, low + 1)
    bottom, top = index(values, low), index(values, low + 1)
    is_step = np.equal(start, stop)  # two nodes at one place: the second one's value from there on
    is_level = np.equal(bottom, top)
    is_start = np.equal(point, start)
    # Choices between operands, not between results: the derivative of a result that was not chosen may be NaN.
    climb = np.where(is_step | is_level & np.isinf(bottom), 0, top - bottom)
    slope = climb / np.where(is_step, 1, stop - start)
    with np.errstate(invalid="ignore"):  # NumPy tries it too, and says nothing
        at_stop = np.equal(point, stop) | ~is_start & np.isnan(slope * (point - start) + bottom)
        node, value = np.where(at_stop, stop, start), np.where(at_stop, top, bottom)
        is_node = np.equal(point, node)
        rise = slope * np.where(is_node & np.isinf(node), 0, point - node)
        return value + np.where(np.isnan(rise) & (is_node | is_level & ~np.isnan(point)), 0, rise)


def _one_period(point: Array, nodes: Array, values: Array, period: Any) -> tuple[Array, Array, Array]:
    """Return the points, the nodes and the values within one period, with the neighbor on either side of it."""
    order = np.argsort(nodes % period)
    nodes, values = index(nodes % period, order), index(values, order)
    nodes = np.concatenate([nodes[-1:] - period, nodes, nodes[:1] + period])
    return point % period, nodes, np.concatenate([values[-1:], values, values[:1]])


def convolve(a: Any, v: Any, mode: str = "full") -> Array:
    """np.convolve."""
    x, y = np.atleast_1d(as_array(a)), np.atleast_1d(as_array(v))
    _check_vectors("convolve", x, y)
    return _convolved(x, y, mode, (min(x.shape[0], y.shape[0]) - 1) // 2)


def correlate(a: Any, v: Any, mode: str = "valid") -> Array:
    """np.correlate."""
    x, y = np.atleast_1d(as_array(a)), np.atleast_1d(as_array(v))
    _check_vectors("correlate", x, y)
    backward = np.conjugate(np.flip(y)) if y.dtype.kind == "c" else np.flip(y)
    shorter = min(x.shape[0], y.shape[0])
    # Where the second vector is the longer one NumPy swaps them and turns the result around.
    return _convolved(x, backward, mode, (shorter - 1) // 2 if x.shape[0] >= y.shape[0] else shorter // 2)


def _check_vectors(name: str, x: Array, y: Array) -> None:
    if x.ndim != 1 or y.ndim != 1 or not x.shape[0] or not y.shape[0]:
        raise ShapeError(f"np.{name} takes two vectors with elements, not shapes {x.shape} and {y.shape}{where()}")


def _convolved(x: Array, y: Array, mode: str, start: int) -> Array:
    """Return a convolution; the one of the mode "same" begins at `start`."""
    if mode in ("full", "valid"):
        return bind(CONVOLVE, (x, y), {"mode": mode})
    if mode == "same":
        return bind(CONVOLVE, (x, y), {"mode": "full"})[start : start + max(x.shape[0], y.shape[0])]
    raise ShapeError(f"mode {mode!r} is not one of 'full', 'same', 'valid'{where()}")


def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Array:
    """np.bincount, over the weights; how far the places reach beyond `minlength` is a decision."""
    places = as_array(x)
    if places.ndim != 1 or not np.can_cast(places.dtype, np.int64):
        raise ShapeError(
            f"np.bincount counts a vector of integers, not {places.dtype} of shape {places.shape}{where()}"
        )
    places = cast(places, np.int64)
    if np.min(places, initial=0) < 0:
        raise ShapeError(f"np.bincount counts integers from 0 on, and was given negative ones{where()}")
    end = np.max(places, initial=-1) + 1
    size = minlength if end <= minlength else int(end)
    if weights is None:
        return index_add(np.zeros(size, int), places, np.ones(places.shape, int))
    if np.iscomplexobj(weights):
        raise TypeError("weights may not be complex")  # as NumPy does
    return index_add(np.zeros(size), places, cast(as_array(weights), float))


# Functions of functions


def apply_along_axis(func1d: Callable[..., Any], axis: Any, arr: Any, *args: Any, **options: Any) -> Array:
    """np.apply_along_axis."""
    x = as_array(arr)
    place = one_axis(axis, x.ndim, "apply_along_axis")
    moved = np.moveaxis(x, place, -1)
    outer = moved.shape[:-1]
    results = [as_array(func1d(moved[where_], *args, **options)) for where_ in np.ndindex(*outer)]
    if not results:
        raise ShapeError(f"np.apply_along_axis: there is no vector along axis {axis} of shape {x.shape}{where()}")
    inner = results[0].shape
    joined = np.reshape(np.stack(results), outer + inner)
    origin = tuple(range(len(outer), len(outer) + len(inner)))
    return np.moveaxis(joined, origin, tuple(range(place, place + len(inner))))


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Array:
    """np.apply_over_axes."""
    x = as_array(a)
    for axis in all_axes(axes, x.ndim, "apply_over_axes"):
        result = as_array(func(x, axis))
        x = result if result.ndim == x.ndim else np.expand_dims(result, axis)
    return x


CALCULUS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.diff: diff,
    np.ediff1d: ediff1d,
    np.gradient: gradient,
    np.trapezoid: trapezoid,
    np.interp: interp,
    np.convolve: convolve,
    np.correlate: correlate,
    np.bincount: bincount,
    np.apply_along_axis: apply_along_axis,
    np.apply_over_axes: apply_over_axes,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns what NumPy's functions that rearrange the elements of one array do with traced arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.errors import NoRuleError, ShapeError
from chainrule.primitives.shape import BROADCAST_TO, FLIP, RESHAPE, ROLL, TRANSPOSE
from chainrule.tracing.numpy_functions.arguments import Shape, all_axes, one_axis, reduced_axes
from chainrule.tracing.numpy_functions.operands import as_array, lying
from chainrule.tracing.numpy_functions.padding import pad
from chainrule.user_code import where


def full_shape(shape: Any, size: int) -> Shape:
    """Return `shape` as a tuple in which -1 is replaced by what is left of `size` elements."""
    wanted = tuple(map(operator.index, shape)) if isinstance(shape, tuple | list) else (operator.index(shape),)
    known = math.prod(wanted)
    if wanted.count(-1) == 1 and known < 0 and size % known == 0:
        wanted = tuple(size // -known if each == -1 else each for each in wanted)
        known = size
    if known != size or -1 in wanted:
        raise ShapeError(f"np.reshape: {size} elements do not fit into shape {shape}{where()}")
    return wanted


def _is_column_order(x: Array, order: str) -> bool:
    """Whether elements are to be read column by column; "A" and "K" ask how they are kept in memory."""
    if order not in ("A", "K"):
        return order == "F"
    flags = lying(x).flags
    if order == "K" and x.ndim > 1 and not flags.forc:
        raise NoRuleError(f"order='K' of an array that is not in order in memory; say order='C' or order='F'{where()}")
    return bool(flags.fnc) and x.ndim > 1


def reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Array:
    """np.reshape."""
    # Hot path: benchmarks/test_eager.py
    x = as_array(a)
    given = x.shape
    wanted = full_shape(newshape if shape is None else shape, math.prod(given))
    if order != "C" and _is_column_order(x, order):
        return np.transpose(bind(RESHAPE, (np.transpose(x),), {"shape": wanted[::-1]}))
    if wanted == given:
        return np.copy(x) if copy else x
    return bind(RESHAPE, (x,), {"shape": wanted})


def ravel(a: Any, order: str = "C") -> Array:
    """np.ravel."""
    x = as_array(a)
    flat = reshape(x, (x.size,), order)
    walks = flat is x and isinstance(flat, Traced) and not lying(flat).flags.c_contiguous
    return np.copy(x) if walks else flat


def transpose(a: Any, axes: Any = None) -> Array:
    """np.transpose."""
    x = as_array(a)
    if axes is None:
        return bind(TRANSPOSE, (x,), {"axes": tuple(range(x.ndim))[::-1]}) if x.ndim > 1 else x
    order = all_axes(axes if isinstance(axes, tuple | list) else tuple(np.atleast_1d(axes)), x.ndim, "transpose")
    if len(order) != x.ndim:
        raise ShapeError(f"np.transpose: axes={axes} do not fit an array with {x.ndim} axes{where()}")
    return _arranged(x, order)


def _arranged(x: Array, order: Sequence[int]) -> Array:
    """Return an array with its axes in another order; the array itself where they stay as they are."""
    axes = tuple(order)
    return x if axes == tuple(range(len(axes))) else bind(TRANSPOSE, (x,), {"axes": axes})


def swapaxes(a: Any, axis1: Any, axis2: Any) -> Array:
    """np.swapaxes."""
    x = as_array(a)
    order = list(range(x.ndim))
    first, second = one_axis(axis1, x.ndim, "swapaxes"), one_axis(axis2, x.ndim, "swapaxes")
    order[first], order[second] = order[second], order[first]
    return _arranged(x, order)


def moveaxis(a: Any, source: Any, destination: Any) -> Array:
    """np.moveaxis."""
    x = as_array(a)
    source, destination = (tuple(each) if isinstance(each, range) else each for each in (source, destination))
    origin, target = all_axes(source, x.ndim, "moveaxis"), all_axes(destination, x.ndim, "moveaxis")
    if len(origin) != len(target):
        raise ShapeError(f"np.moveaxis: {len(origin)} axes cannot move to {len(target)} places{where()}")
    order = [axis for axis in range(x.ndim) if axis not in origin]
    for place, axis in sorted(zip(target, origin, strict=True)):
        order.insert(place, axis)
    return _arranged(x, order)


def rollaxis(a: Any, axis: Any, start: int = 0) -> Array:
    """np.rollaxis."""
    x = as_array(a)
    moved = one_axis(axis, x.ndim, "rollaxis")
    place = start + x.ndim if start < 0 else start
    return moveaxis(x, moved, place - 1 if moved < place else place)


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Array:
    """np.broadcast_to."""
    x = as_array(array)
    wanted = tuple(shape) if isinstance(shape, tuple | list) else (operator.index(shape),)
    if np.broadcast_shapes(x.shape, wanted) != wanted:
        raise ShapeError(f"np.broadcast_to: shape {x.shape} does not broadcast to {wanted}{where()}")
    return x if x.shape == wanted else bind(BROADCAST_TO, (x,), {"shape": wanted})


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Array, ...]:
    """np.broadcast_arrays."""
    arrays = [as_array(each) for each in args]
    shape = np.broadcast_shapes(*(x.shape for x in arrays))
    return tuple(np.broadcast_to(x, shape) for x in arrays)


def expand_dims(a: Any, axis: Any) -> Array:
    """np.expand_dims."""
    x = as_array(a)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    axes = all_axes(axis, x.ndim + count, "expand_dims")
    sizes = iter(x.shape)
    return reshape(x, tuple(1 if place in axes else next(sizes) for place in range(x.ndim + count)))


def squeeze(a: Any, axis: Any = None) -> Array:
    """np.squeeze."""
    x = as_array(a)
    ones = tuple(place for place, size in enumerate(x.shape) if size == 1)
    axes = ones if axis is None else reduced_axes(axis, x.ndim, "squeeze")
    if any(x.shape[each] != 1 for each in axes):
        raise ShapeError(f"np.squeeze: axis={axis} of shape {x.shape} does not have length 1{where()}")
    return reshape(x, tuple(size for place, size in enumerate(x.shape) if place not in axes))


def _at_least(ndim: int) -> Callable[..., Any]:
    def atleast(*arys: Any) -> Any:
        results = tuple(_grown(as_array(each), ndim) for each in arys)
        return results[0] if len(results) == 1 else results

    atleast.__doc__ = f"np.atleast_{ndim}d."
    return atleast


def _grown(x: Array, ndim: int) -> Array:
    if x.ndim >= ndim:
        return x
    before = 1 if ndim == 3 and x.ndim == 1 else 0 if ndim == 3 and x.ndim == 2 else ndim - x.ndim
    return reshape(x, (1,) * before + x.shape + (1,) * (ndim - x.ndim - before))


def flip(m: Any, axis: Any = None) -> Array:
    """np.flip."""
    x = as_array(m)
    return bind(FLIP, (x,), {"axis": all_axes(axis, x.ndim, "flip")})


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Array:
    """np.rot90."""
    x = as_array(m)
    first, second = all_axes(tuple(axes), x.ndim, "rot90")
    match k % 4:
        case 1:
            return swapaxes(flip(x, second), first, second)
        case 2:
            return flip(x, (first, second))
        case 3:
            return flip(swapaxes(x, first, second), second)
    return x


def roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """np.roll."""
    x = as_array(a)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    is_one = isinstance(shift, int) and isinstance(axis, int)
    shifts, axes = ([shift], [axis]) if is_one else np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    places = tuple(one_axis(each, x.ndim, "roll") for each in axes)
    return bind(ROLL, (x,), {"shift": tuple(int(each) for each in shifts), "axis": places})


def repeat(a: Any, repeats: Any, axis: Any = None) -> Array:
    """np.repeat."""
    x = as_array(a)
    if axis is None or not x.ndim:  # a number passes for a vector of one element, as in NumPy
        x, axis = ravel(x), axis or 0
    place = one_axis(axis, x.ndim, "repeat")
    counts = np.asarray(repeats)
    if counts.size != 1:
        return np.take(x, np.repeat(np.arange(x.shape[place]), counts), axis=place)
    count = int(counts.reshape(()))
    before, after = x.shape[: place + 1], x.shape[place + 1 :]
    stretched = broadcast_to(reshape(x, (*before, 1, *after)), (*before, count, *after))
    return reshape(stretched, (*before[:-1], before[-1] * count, *after))


def tile(A: Any, reps: Any) -> Array:
    """np.tile."""
    x = as_array(A)
    counts = tuple(int(each) for each in np.atleast_1d(reps))
    ndim = max(x.ndim, len(counts))
    counts = (1,) * (ndim - len(counts)) + counts
    shape = (1,) * (ndim - x.ndim) + x.shape
    ones = tuple(size for each in shape for size in (1, each))
    stretched = tuple(size for pair in zip(counts, shape, strict=True) for size in pair)
    whole = tuple(count * size for count, size in zip(counts, shape, strict=True))
    return reshape(broadcast_to(reshape(x, ones), stretched), whole)


def resize(a: Any, new_shape: Any) -> Array:
    """np.resize: repeat the elements until `new_shape` is filled."""
    x = ravel(a)
    shape = (new_shape,) if isinstance(new_shape, int) else tuple(new_shape)
    size = math.prod(shape)
    if not x.size:
        return np.zeros_like(x, shape=shape)
    return reshape(np.take(x, np.resize(np.arange(x.size), size)), shape)


def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Array:
    """np.lib.stride_tricks.sliding_window_view: the windows are copied."""
    x = as_array(x)
    positions = np.arange(x.size).reshape(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(positions, window_shape, axis)
    return np.take(np.ravel(x), windows)


SHAPES: dict[Callable[..., Any], Callable[..., Any]] = {
    np.reshape: reshape,
    np.ravel: ravel,
    np.transpose: transpose,
    np.permute_dims: transpose,
    np.swapaxes: swapaxes,
    np.moveaxis: moveaxis,
    np.rollaxis: rollaxis,
    np.broadcast_to: broadcast_to,
    np.broadcast_arrays: broadcast_arrays,
    np.expand_dims: expand_dims,
    np.squeeze: squeeze,
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.atleast_3d: _at_least(3),
    np.flip: flip,
    np.fliplr: lambda m: flip(m, 1),
    np.flipud: lambda m: flip(m, 0),
    np.rot90: rot90,
    np.roll: roll,
    np.repeat: repeat,
    np.tile: tile,
    np.resize: resize,
    np.pad: pad,
    np.lib.stride_tricks.sliding_window_view: sliding_window_view,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns what NumPy's functions that pick, place and look for elements do with traced arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind, owners
from chainrule.errors import ShapeError, TracingError
from chainrule.primitives.indexing import index, index_set
from chainrule.primitives.order import ARGWHERE
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.arguments import all_axes, one_axis, refuse, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where

__all__ = ["INDEXING", "index", "index_set"]


def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Array:
    """np.take."""
    refuse_out("take", out)
    x, positions = as_array(a), as_array(indices)
    positions = positions if positions.size else np.zeros(positions.shape, dtype=np.intp)
    if positions.dtype.kind == "b":  # here False and True are the positions 0 and 1
        positions = positions.astype(np.intp)
    if axis is None or not x.ndim:  # a number passes for a vector of one element, as in NumPy
        x, axis = np.ravel(x), axis or 0
    place = one_axis(axis, x.ndim, "take")
    if mode == "wrap":
        positions = np.remainder(positions, x.shape[place])
    elif mode == "clip":
        positions = np.clip(positions, 0, x.shape[place] - 1)
    return index(x, (slice(None),) * place + (positions,))


def _grid(x: Array, indices: Array, axis: int) -> tuple[Any, ...]:
    if x.ndim != indices.ndim:
        raise ShapeError(f"np.take_along_axis: the array has {x.ndim} axes, the indices {indices.ndim}{where()}")
    return tuple(
        indices if place == axis else np.arange(size).reshape([-1 if each == place else 1 for each in range(x.ndim)])
        for place, size in enumerate(x.shape)
    )


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Array:
    """np.take_along_axis."""
    x, positions = as_array(arr), as_array(indices)
    if axis is None:
        x, axis = np.ravel(x), 0
    return index(x, _grid(x, positions, one_axis(axis, x.ndim, "take_along_axis")))


def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Array:
    """np.compress."""
    refuse_out("compress", out)
    x, chosen = as_array(a), as_array(condition)
    if axis is None:
        x, axis = np.ravel(x), 0
    return take(x, np.flatnonzero(chosen), axis)


def extract(condition: Any, arr: Any) -> Array:
    """np.extract."""
    return take(np.ravel(as_array(arr)), np.flatnonzero(as_array(condition)), 0)


def _is_one(obj: Any) -> bool:
    return np.ndim(obj) == 0 and not isinstance(obj, slice)


def delete(arr: Any, obj: Any, axis: Any = None) -> Array:
    """np.delete."""
    x = as_array(arr)
    if axis is None:
        x, axis = np.ravel(x), 0
    place = one_axis(axis, x.ndim, "delete")
    which = operator.index(obj) if _is_one(obj) else obj
    return take(x, np.delete(np.arange(x.shape[place]), which), place)


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Array:
    """np.insert."""
    x, v = as_array(arr), as_array(values)
    if axis is None:
        x, axis = np.ravel(x), 0
    place = one_axis(axis, x.ndim, "insert")
    length = x.shape[place]
    # NumPy's own insertion of -1, -2, ... among positions says where which element goes.
    places = as_array(int(obj) if _is_one(obj) else np.arange(length)[obj] if isinstance(obj, slice) else obj)
    places = np.flatnonzero(places) if places.dtype.kind == "b" else places
    if places.size == 1:
        if v.ndim:
            v = np.reshape(v, (1,) * (x.ndim - v.ndim) + v.shape)
            v = v if places.ndim else np.moveaxis(v, 0, place)
        count = v.shape[place] if v.ndim else 1
        marks: Any = np.insert(np.arange(length), [int(places.item())] * count, -1 - np.arange(count))
    else:
        count = np.insert(np.arange(length), obj, -1).size - length
        marks = np.insert(np.arange(length), obj, -1 - np.arange(count))
    shape = tuple(count if each == place else size for each, size in enumerate(x.shape))
    joined = np.concatenate([x, np.broadcast_to(v, shape).astype(x.dtype)], axis=place)
    return take(joined, np.where(marks < 0, length - 1 - marks, marks), place)


def argwhere(a: Any) -> Array:
    """np.argwhere."""
    return bind(ARGWHERE, (as_array(a),))


def nonzero(a: Any) -> tuple[Array, ...]:
    """np.nonzero."""
    x = as_array(a)
    mask = x if x.dtype.kind == "b" else np.not_equal(x, 0)
    for owner in owners(mask):
        found = owner.places_of(mask)
        if found is not None:
            return found
    places = argwhere(x)
    return tuple(places[:, axis] for axis in range(x.ndim))


def flatnonzero(a: Any) -> Array:
    """np.flatnonzero."""
    return nonzero(np.ravel(as_array(a)))[0]


def ix_(*args: Any) -> tuple[Array, ...]:
    """np.ix_."""
    grids = []
    for place, sequence in enumerate(args):
        positions = as_array(sequence)
        positions = flatnonzero(positions) if positions.dtype.kind == "b" else positions
        grids.append(np.reshape(positions, [-1 if each == place else 1 for each in range(len(args))]))
    return tuple(grids)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Array, ...]:
    """np.meshgrid."""
    count = len(xi)
    arrays = [
        np.reshape(as_array(x), [-1 if each == place else 1 for each in range(count)]) for place, x in enumerate(xi)
    ]
    if indexing == "xy" and count > 1:
        arrays = [np.swapaxes(x, 0, 1) for x in arrays]
    grids = arrays if sparse else np.broadcast_arrays(*arrays)
    return tuple(each.copy() if copy else each for each in grids)


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Array, ...]:
    """np.unravel_index."""
    rest, places = as_array(indices), []
    sizes = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    for size in sizes if order == "F" else sizes[::-1]:
        places.append(np.remainder(rest, size))
        rest = np.floor_divide(rest, size)
    return tuple(places if order == "F" else places[::-1])


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Array:
    """np.ravel_multi_index."""
    refuse("ravel_multi_index", mode=None if mode == "raise" else mode)
    pairs = list(zip(multi_index, (dims,) if np.ndim(dims) == 0 else dims, strict=True))
    total: Any = 0
    for places, size in pairs[::-1] if order == "F" else pairs:
        total = total * size + as_array(places)
    return total


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Array:
    """np.trim_zeros: of each axis (None: of every one), the slices at its ends that are zero altogether are left out."""
    x = as_array(filt)
    trimmed = all_axes(axis, x.ndim, "trim_zeros")
    places = nonzero(x)
    return x[tuple(_kept(places[each], trim.lower()) if each in trimmed else slice(None) for each in range(x.ndim))]


def _kept(places: Array, trim: str) -> slice:
    """Return the part of an axis from the first place to the last, where the front and the back are to be trimmed."""
    if not places.shape[0]:
        return slice(0)
    start = int(np.min(places)) if "f" in trim else None
    return slice(start, int(np.max(places)) + 1 if "b" in trim else None)


# Functions that write into their first argument


def _target(array: Any, name: str) -> Any:
    if not isinstance(array, Traced):
        instead = ", or with np.full(shape, value) for np.full_like(a, value)" if name == "copyto" else ""
        raise TracingError(
            f"np.{name} would write traced values into a plain array, which cannot hold their derivatives; "
            f"create the array with np.zeros(n, like=x), where x is an argument of the function{instead}{where()}"
        )
    return array


def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """np.fill_diagonal."""
    target = _target(a, "fill_diagonal")
    if wrap and target.ndim == 2:
        rows = np.arange(target.size)[: target.size : target.shape[1] + 1]
        target[np.unravel_index(rows, target.shape)] = _repeated(val, rows.size)
        return
    if target.ndim < 2 or (target.ndim > 2 and len(set(target.shape)) > 1):
        raise ShapeError(
            f"np.fill_diagonal takes a matrix, or an array with axes of one length, not the shape {target.shape}{where()}"
        )
    along = np.arange(min(target.shape))
    target[(along,) * target.ndim] = _repeated(val, along.size)


def _repeated(values: Any, count: int) -> Array:
    """Return so many values, which begin again where they end; a number as it is."""
    v = as_array(values)
    return v if v.ndim == 0 else np.ravel(v)[np.arange(count) % v.size]


def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """np.copyto."""
    target, source = _target(dst, "copyto"), lift(src)
    model = src
    if isinstance(source, Traced):
        model = np.zeros((), np.result_type(source.value))
        model = model.item() if source.is_number else model
    np.copyto(np.empty(np.shape(model), target.dtype), model, casting=casting)  # raises what NumPy raises
    target[...] = source if where is True else np.where(lift(where), source, target)


def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """np.put."""
    target = _target(a, "put")
    positions, values = np.ravel(as_array(ind)), np.ravel(as_array(v))
    if not positions.shape[0] or not values.shape[0]:
        return
    if mode == "wrap":
        positions = np.remainder(positions, target.size)
    elif mode == "clip":
        positions = np.clip(positions, 0, target.size - 1)
    values = values[np.arange(positions.shape[0]) % values.shape[0]]
    target[...] = np.reshape(index_set(np.ravel(target), positions, values), target.shape)


def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """np.put_along_axis."""
    target, positions = _target(arr, "put_along_axis"), as_array(indices)
    if axis is None:
        put(target, positions, values)
        return
    target[_grid(target, positions, one_axis(axis, target.ndim, "put_along_axis"))] = lift(values)


def putmask(a: Any, mask: Any, values: Any) -> None:
    """np.putmask."""
    target, v = _target(a, "putmask"), np.ravel(as_array(values))
    if not v.shape[0]:
        return
    repeated = v[np.arange(target.size) % v.shape[0]]
    target[...] = np.where(np.reshape(mask, target.shape), np.reshape(repeated, target.shape), target)


def place(arr: Any, mask: Any, vals: Any) -> None:
    """np.place."""
    put(_target(arr, "place"), flatnonzero(mask), vals)


INDEXING: dict[Callable[..., Any], Callable[..., Any]] = {
    np.take: take,
    np.take_along_axis: take_along_axis,
    np.compress: compress,
    np.extract: extract,
    np.delete: delete,
    np.insert: insert,
    np.argwhere: argwhere,
    np.nonzero: nonzero,
    np.flatnonzero: flatnonzero,
    np.ix_: ix_,
    np.meshgrid: meshgrid,
    np.trim_zeros: trim_zeros,
    np.unravel_index: unravel_index,
    np.ravel_multi_index: ravel_multi_index,
    np.diag_indices_from: lambda arr: np.diag_indices(as_array(arr).shape[0], as_array(arr).ndim),
    np.tril_indices_from: lambda arr, k=0: np.tril_indices(as_array(arr).shape[-2], k, as_array(arr).shape[-1]),
    np.triu_indices_from: lambda arr, k=0: np.triu_indices(as_array(arr).shape[-2], k, as_array(arr).shape[-1]),
    np.fill_diagonal: fill_diagonal,
    np.copyto: copyto,
    np.put: put,
    np.put_along_axis: put_along_axis,
    np.putmask: putmask,
    np.place: place,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns the rules of largest and smallest elements, sorting and searching: what depends on the order of elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, General, Piecewise
from chainrule.core.trace import Traced, bind
from chainrule.primitives.index_keys import ARRAY, places_in_each
from chainrule.primitives.indexing import INDEX_ADD
from chainrule.primitives.shape import Shape, batch_size, cast
from chainrule.primitives.steps import STEP
from chainrule.primitives.weighted_sums import shifted, weighted

SORTED = "sorted elements carry their sensitivities with them"
LONG = 10_000
"""Of so many elements it pays to find the places of several positions one after the other."""


def _shares(x: Array, extreme: Array, axis: Shape) -> Array:
    chosen = x == extreme
    if np.isnan(extreme).any():
        chosen |= np.isnan(x)
    shares = chosen / np.add.reduce(chosen, axis=axis, keepdims=True)
    return shares.astype(x.dtype, copy=False) if x.dtype.kind == "f" else shares


def _batched_shares(batched: tuple[bool, ...], x: Array, extreme: Array, axis: Shape) -> Array:
    return bind(SHARES, (x, extreme), {"axis": shifted(axis)})


def _expanded_shares(x: Array, extreme: Array, axis: Shape) -> Array:
    chosen = np.where(np.isnan(extreme), np.isnan(x), np.equal(x, extreme))
    chosen = np.where(chosen, np.ones_like(x), np.zeros_like(x))
    return chosen / np.sum(chosen, axis=axis, keepdims=True)


SHARES = Piecewise(name="shares", value=_shares, rule=STEP, batch=_batched_shares, expansion=_expanded_shares)
"""The share of each element in the extreme one along axes: 1 where it is the only one, 1/n of n ties."""


def _weights(out: Array, x: Array, axis: Shape) -> Array:
    return bind(SHARES, (x, out), {"axis": axis})


MAX = weighted(
    _weights,
    name="max",
    value=lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims),
    rule="the largest element passes the sensitivity; ties share it",
    batch=lambda batched, x, axis, keepdims: np.max(x, axis=shifted(axis), keepdims=keepdims),
)
MIN = weighted(
    _weights,
    name="min",
    value=lambda x, axis, keepdims: np.min(x, axis=axis, keepdims=keepdims),
    rule="the smallest element passes the sensitivity; ties share it",
    batch=lambda batched, x, axis, keepdims: np.min(x, axis=shifted(axis), keepdims=keepdims),
)


def _put_back(ct: Array, order: Array, axis: int) -> tuple[Array]:
    """Return the cotangent of what was taken along an axis in this order: each element goes where it came from."""
    # Hot path: benchmarks/test_eager.py. Sorting the order, and reading by it, takes several times as long.
    shape = np.shape(order)
    key = tuple(
        order if each == axis else np.reshape(np.arange(size), (-1, *(1,) * (len(shape) - each - 1)))
        for each, size in enumerate(shape)
    )
    if isinstance(ct, Traced) or isinstance(order, Traced):  # no place is named twice: to set them is to add to nothing
        template = (ARRAY,) * len(key) if len(key) > 1 else ARRAY
        nothing = np.broadcast_to(np.zeros((), np.result_type(ct)), shape)
        return (bind(INDEX_ADD, (nothing, ct, *key), {"template": template}),)
    out = np.empty(shape, np.result_type(ct))
    out[key] = ct
    return (out,)


def _push_sort(out: Array, tangents: tuple[Array, ...], x: Array, axis: int) -> Array:
    return np.take_along_axis(tangents[0], np.argsort(x, axis=axis), axis=axis)


SORT = General(
    name="sort",
    value=lambda x, axis: np.sort(x, axis=axis),
    push=_push_sort,
    pull=lambda out, ct, x, axis: _put_back(ct, np.argsort(x, axis=axis), axis),
    rule=SORTED,
    batch=lambda batched, x, axis: np.sort(x, axis=axis + 1),
)


def _order_of_parts(x: Array, kth: Shape, axis: int) -> Array:
    """Return np.argpartition's order. NumPy is several times as fast with one position as with two, of long lines."""
    length = x.shape[axis]
    if len(kth) < 2 or length < LONG or axis != x.ndim - 1:
        return np.argpartition(x, kth, axis=axis)
    first, *_ = places = sorted(set(kth), key=lambda place: abs(place - length // 2))
    order = np.argpartition(x, first, axis=axis)
    before = tuple(place for place in places if place < first)
    after = tuple(place - first - 1 for place in places if place > first)
    for part, kept in ((order[..., :first], before), (order[..., first + 1 :], after)):
        if kept:
            _arrange(part, np.take_along_axis(x, part, axis), kept)
    return order


def _arrange(order: Array, x: Array, kth: Shape) -> None:
    """Put a part of an order, of the elements `x`, into order around positions of its own."""
    if kth != (x.shape[-1] - 1,):
        order[...] = np.take_along_axis(order, _order_of_parts(x, kth, x.ndim - 1), -1)
        return
    largest = np.argmax(x, axis=-1, keepdims=True)  # or the first NaN: they come last
    found = np.take_along_axis(order, largest, -1)
    np.put_along_axis(order, largest, order[..., -1:], -1)
    order[..., -1:] = found


def _push_partition(out: Array, tangents: tuple[Array, ...], x: Array, kth: Shape, axis: int) -> Array:
    return np.take_along_axis(tangents[0], bind(ARGPARTITION, (x,), {"kth": kth, "axis": axis}), axis=axis)


def _in_parts(x: Array, kth: Shape, axis: int) -> Array:
    return np.take_along_axis(x, bind(ARGPARTITION, (x,), {"kth": kth, "axis": axis}), axis=axis)


def _partition(x: Array, kth: Shape, axis: int) -> Array:
    """Return np.partition's result with its layout, in the order of np.argpartition, by which the derivative is read."""
    out = np.empty_like(x)
    out[...] = _in_parts(x, kth, axis)
    return out


PARTITION: General = General(
    name="partition",
    value=_partition,
    push=_push_partition,
    pull=lambda out, ct, x, kth, axis: _put_back(ct, bind(ARGPARTITION, (x,), {"kth": kth, "axis": axis}), axis),
    rule=SORTED,
    batch=lambda batched, x, kth, axis: np.partition(x, kth, axis=axis + 1),
    expansion=_in_parts,  # native code finds the order once, for the values and for their sensitivities
)


def _position(
    name: str, value: Callable[..., Any], batch: Callable[..., Any], expansion: Callable[..., Any] | None = None
) -> Piecewise:
    return Piecewise(name=name, value=value, rule=STEP, batch=batch, expansion=expansion)


def _first_place_of(extreme: Callable[..., Any], x: Array, axis: int, keepdims: bool) -> Array:
    """Return the first place along an axis of the extreme element, which is NaN where there is one."""
    x = cast(x, np.int64) if x.dtype.kind == "b" else x
    is_there = np.equal(x, extreme(x, axis=axis, keepdims=True))
    if x.dtype.kind in "fc":
        is_there = np.logical_or(is_there, np.isnan(x))  # beside a NaN no element equals the extreme one
    length = x.shape[axis]
    places = np.reshape(np.arange(length), (length, *(1,) * (x.ndim - axis - 1)))
    return np.min(np.where(is_there, places, length - 1), axis=axis, keepdims=keepdims)


ARGMAX = _position(
    "argmax",
    lambda x, axis, keepdims: np.argmax(x, axis=axis, keepdims=keepdims),
    lambda batched, x, axis, keepdims: np.argmax(x, axis=axis + 1, keepdims=keepdims),
    lambda x, axis, keepdims: _first_place_of(np.max, x, axis, keepdims),
)
ARGMIN = _position(
    "argmin",
    lambda x, axis, keepdims: np.argmin(x, axis=axis, keepdims=keepdims),
    lambda batched, x, axis, keepdims: np.argmin(x, axis=axis + 1, keepdims=keepdims),
    lambda x, axis, keepdims: _first_place_of(np.min, x, axis, keepdims),
)
ARGSORT = _position(
    "argsort",
    lambda x, axis, kind: np.argsort(x, axis=axis, kind=kind),
    lambda batched, x, axis, kind: np.argsort(x, axis=axis + 1, kind=kind),
)
ARGPARTITION: Piecewise = _position(
    "argpartition",
    _order_of_parts,
    lambda batched, x, kth, axis: np.argpartition(x, kth, axis=axis + 1),
)
COUNT_NONZERO = _position(
    "count_nonzero",
    lambda x, axis, keepdims: np.count_nonzero(x, axis=axis, keepdims=keepdims),
    lambda batched, x, axis, keepdims: np.count_nonzero(x, axis=shifted(axis), keepdims=keepdims),
    lambda x, axis, keepdims: np.sum(np.not_equal(x, 0), axis=axis, keepdims=keepdims),
)
ANY = _position(
    "any",
    lambda x, axis, keepdims: np.any(x, axis=axis, keepdims=keepdims),
    lambda batched, x, axis, keepdims: np.any(x, axis=shifted(axis), keepdims=keepdims),
    lambda x, axis, keepdims: np.greater(np.sum(np.not_equal(x, 0), axis=axis, keepdims=keepdims), 0),
)
ALL = _position(
    "all",
    lambda x, axis, keepdims: np.all(x, axis=axis, keepdims=keepdims),
    lambda batched, x, axis, keepdims: np.all(x, axis=shifted(axis), keepdims=keepdims),
    lambda x, axis, keepdims: np.equal(np.sum(np.equal(x, 0), axis=axis, keepdims=keepdims), 0),
)


ARGWHERE = _position("argwhere", lambda x: np.argwhere(x), lambda batched, x: places_in_each(x))


def _batched_search(batched: tuple[bool, ...], table: Array, v: Array, side: str) -> Array:
    parameters = {"side": side}
    if not batched[0]:
        return bind(SEARCHSORTED, (table, v), parameters)
    rows = range(batch_size(batched, (table, v)))
    return np.stack([bind(SEARCHSORTED, (table[row], v[row] if batched[1] else v), parameters) for row in rows])


SEARCHSORTED = _position("searchsorted", lambda table, v, side: np.searchsorted(table, v, side=side), _batched_search)

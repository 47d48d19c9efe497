"""Owns the rules of reading, setting and adding to elements by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Linear, Piecewise
from chainrule.core.trace import Traced, bind
from chainrule.primitives.index_keys import ARRAY, FULL, Key, Layout, Template, key_of, split_key
from chainrule.primitives.shape import WHERE, aligned, batch_size, cast, unbroadcast, with_batch
from chainrule.primitives.steps import STEP

FEW = 500
"""Up to so many terms `np.add.at` takes less time than counting by position."""


def _may_repeat(arrays: tuple[Array, ...]) -> bool:
    return any(array.ndim and array.dtype.kind != "b" for array in arrays)


def accumulate_index(total: np.ndarray[Any, Any], ct: Array, *arrays: Array, template: Template) -> None:
    """Add `ct` to `total[index]` in place; elements that are named several times get every one of their terms.

    >>> from chainrule.primitives.index_keys import ARRAY
    >>> total = np.zeros(3)
    >>> accumulate_index(total, np.ones(2), np.array([1, 1]), template=ARRAY)
    >>> total
    array([0., 2., 0.])
    """
    # Hot path: benchmarks/test_eager.py
    if not arrays:
        total[template] += ct
        return
    key = key_of(template, arrays)
    if not _may_repeat(arrays):
        total[key] += ct
    elif template is ARRAY and total.ndim == 1:  # NumPy has a loop for this, if the positions are of its own type
        np.add.at(total, key.astype(np.intp, copy=False), ct)
    elif np.size(ct) <= FEW or np.size(ct) * 4 < total.size or not total.flags.c_contiguous:
        np.add.at(total, key, ct)
    else:
        # Counting by position is several times as fast as np.add.at for large indices.
        positions = np.arange(total.size).reshape(total.shape)[key]
        terms = np.broadcast_to(ct, positions.shape).ravel()
        flat, places = total.reshape(-1), positions.ravel()
        if np.iscomplexobj(terms):
            flat += np.bincount(places, terms.real, total.size) + 1j * np.bincount(places, terms.imag, total.size)
        else:
            flat += np.bincount(places, terms, total.size).astype(total.dtype, copy=False)


def _zeros_like(x: Array, ct: Array) -> np.ndarray[Any, Any]:
    return np.zeros(np.shape(x), np.result_type(ct))


def _index(x: Array, *arrays: Array, template: Template) -> Array:
    if not isinstance(x, np.ndarray | np.generic):
        x = np.asarray(x)
    return x[key_of(template, arrays)]


def _scatter(ct: Array, index: int, x: Array, *arrays: Array, template: Template) -> Array:
    if isinstance(ct, Traced) or any(isinstance(array, Traced) for array in arrays):
        nothing = np.broadcast_to(np.zeros((), np.result_type(ct)), np.shape(x))
        return bind(INDEX_ADD, (nothing, ct, *arrays), {"template": template})
    zeros = _zeros_like(x, ct)
    if _may_repeat(arrays):
        accumulate_index(zeros, ct, *arrays, template=template)
    else:
        zeros[key_of(template, arrays)] = ct
    return zeros


def _type_of_written(x: Array, v: Array) -> Any:
    """Return the type of `x` after v is written into it: where a tangent of x is still real, that of v may be complex."""
    dtype = np.result_type(x)
    return np.result_type(x, v) if dtype.kind == "f" and np.result_type(v).kind == "c" else dtype


def _index_set(x: Array, v: Array, *arrays: Array, template: Template) -> Array:
    out = np.array(x, _type_of_written(x, v))
    out[key_of(template, arrays)] = v
    return out


def _index_add(x: Array, v: Array, *arrays: Array, template: Template) -> Array:
    out = np.array(x, np.result_type(x, v))
    if np.ndim(v) > out.ndim:  # as assignment does, drop leading ones; but np.newaxis gives the region axes of its own
        further = np.ndim(v) - out[key_of(template, arrays)].ndim
        v = np.reshape(v, np.shape(v)[further:])
    accumulate_index(out, v, *arrays, template=template)
    return out


def _is_lone_mask(template: Template, arrays: tuple[Array, ...]) -> bool:
    return template is ARRAY and bool(arrays[0].dtype.kind == "b")


def _place_of_lone_mask(template: Template, arrays: tuple[Array, ...]) -> int | None:
    """Return the first axis that a mask is for; None where there is another entry than it and slices of whole axes before it."""
    if len(arrays) != 1 or arrays[0].dtype.kind != "b":
        return None
    entries = template if isinstance(template, tuple) else (template,)
    return len(entries) - 1 if entries[-1] is ARRAY and all(entry == FULL for entry in entries[:-1]) else None


def widened(mask: Array, ndim: int, place: int = 0) -> Array:
    """Return the mask of the axes from `place` on of an array with `ndim` axes in a shape that broadcasts with the array."""
    return np.reshape(mask, mask.shape + (1,) * (ndim - place - mask.ndim))


def _set_back(ct: Array, index: int, x: Array, v: Array, *arrays: Array, template: Template) -> Array:
    if index == 0:
        return bind(INDEX_SET, (ct, 0.0, *arrays), {"template": template})
    if _is_lone_mask(template, arrays) and not np.ndim(v):  # in a batch each member may have its own number of elements
        return np.sum(bind(WHERE, (ct, 0, widened(arrays[0], np.ndim(ct)))))
    taken = bind(INDEX, (ct, *arrays), {"template": template})
    if _may_repeat(arrays):
        last = bind(LAST_WRITTEN, arrays, {"template": template, "shape": np.shape(x)})
        taken = np.where(last, taken, 0)
    return unbroadcast(taken, np.shape(v))


def _add_back(ct: Array, index: int, x: Array, v: Array, *arrays: Array, template: Template) -> Array:
    if index == 0:
        return ct
    return unbroadcast(bind(INDEX, (ct, *arrays), {"template": template}), np.shape(v))


def _last_written(*arrays: Array, template: Template, shape: tuple[int, ...]) -> Array:
    key = key_of(template, arrays)
    writer = np.zeros(shape, dtype=np.intp)
    order = np.arange(writer[key].size).reshape(writer[key].shape)
    writer[key] = order
    return writer[key] == order


def _batched_last_written(
    batched: tuple[bool, ...], *arrays: Array, template: Template, shape: tuple[int, ...]
) -> Array:
    rows = range(batch_size(batched, arrays))
    parameters = {"template": template, "shape": shape}
    return np.stack(
        [
            bind(LAST_WRITTEN, [x[row] if flag else x for flag, x in zip(batched, arrays, strict=True)], parameters)
            for row in rows
        ]
    )


def _axes(start: int, count: int) -> tuple[int, ...]:
    return tuple(range(start, start + count))


def _batched_index(batched: tuple[bool, ...], x: Array, *arrays: Array, template: Template) -> Array:
    x_batched, array_flags = batched[0], batched[1:]
    if not arrays:
        entries = template if isinstance(template, tuple) else (template,)
        return bind(INDEX, (x,), {"template": (FULL, *entries)})
    layout = Layout(template, array_flags, arrays, np.ndim(x) - x_batched)
    size = batch_size(batched, (x, *arrays))
    if not x_batched:
        entries, operands = layout.batched_key(False, size)
        out = bind(INDEX, (x, *operands), {"template": entries})
        return np.moveaxis(out, layout.place, 0)
    entries, operands = layout.batched_key(True, size)
    out = bind(INDEX, (x, *operands), {"template": entries})
    return np.moveaxis(out, _axes(1, layout.width), _axes(1 + layout.place, layout.width))


def _batched_write(
    primitive: Linear, batched: tuple[bool, ...], x: Array, v: Array, arrays: tuple[Array, ...], template: Template
) -> Array:
    size = batch_size(batched, (x, v, *arrays))
    x = with_batch(x, batched[0], size)
    layout = Layout(template, batched[2:], arrays, x.ndim - 1)
    if batched[1]:
        extra = np.ndim(v) - 1 - layout.ndim
        if extra > 0:
            v = np.reshape(v, (size, *np.shape(v)[1 + extra :]))
        v = aligned(v, True, layout.ndim)
    else:
        v = np.reshape(v, ((1,) * (layout.ndim + 1 - np.ndim(v)) + np.shape(v))[-layout.ndim - 1 :])
    if not arrays:
        entries = template if isinstance(template, tuple) else (template,)
        return bind(primitive, (x, v), {"template": (FULL, *entries)})
    entries, operands = layout.batched_key(True, size)
    v = np.moveaxis(v, _axes(1 + layout.place, layout.width), _axes(1, layout.width))
    return bind(primitive, (x, v, *operands), {"template": entries})


def _batched_set(batched: tuple[bool, ...], x: Array, v: Array, *arrays: Array, template: Template) -> Array:
    if _is_lone_mask(template, arrays) and np.ndim(v) == batched[1]:
        return _masked(batched, x, v, arrays[0])
    return _batched_write(INDEX_SET, batched, x, v, arrays, template)


def _masked(batched: tuple[bool, ...], x: Array, v: Array, mask: Array) -> Array:
    """Return what `x[mask] = v` leaves of each member of a batch, which may have a mask of its own: one number fits any."""
    size, ndim = batch_size(batched, (x, v, mask)), np.ndim(x) - batched[0]
    number = aligned(cast(v, _type_of_written(x, v)), batched[1], ndim)
    return bind(WHERE, (number, with_batch(x, batched[0], size), widened(mask, ndim + batched[2])))


def _batched_add(batched: tuple[bool, ...], x: Array, v: Array, *arrays: Array, template: Template) -> Array:
    return _batched_write(INDEX_ADD, batched, x, v, arrays, template)


INDEX = Linear(
    name="index",
    value=_index,
    transpose=_scatter,
    linear_in=1,
    rule="an element that is read gets the sensitivity, the others get none",
    batch=_batched_index,
)
"""`x[key]`, where the arrays of the key are operands and `template` is the rest of it."""

INDEX_SET = Linear(
    name="index_set",
    value=_index_set,
    transpose=_set_back,
    linear_in=2,
    rule="an element that is replaced passes no sensitivity to the old one",
    batch=_batched_set,
)
"""A copy of `x` after `x[key] = v`."""

INDEX_ADD = Linear(
    name="index_add",
    value=_index_add,
    transpose=_add_back,
    linear_in=2,
    rule="a sum passes its sensitivity to every term",
    batch=_batched_add,
)
"""A copy of `x` after `np.add.at(x, key, v)`."""

LAST_WRITTEN = Piecewise(
    name="last_written",
    value=_last_written,
    rule=STEP,
    batch=_batched_last_written,
)
"""For each element of `x[key]`, whether `x[key] = v` leaves that element's value there rather than a later one's."""


def index(x: Array, key: Key) -> Array:
    """Return `x[key]` for any key that NumPy takes; arrays in the key may be traced."""
    template, arrays = split_key(key)
    return bind(INDEX, (x, *arrays), {"template": template})


def index_set(x: Array, key: Key, v: Array) -> Array:
    """Return a copy of `x` after `x[key] = v`. As in NumPy, `v` is cast to the type of `x`."""
    template, arrays = split_key(key)
    dtype, given = np.result_type(x), np.result_type(v)
    if given.kind in "fc" and dtype.kind not in (given.kind, "c"):
        v = cast(v, dtype)
    place = _place_of_lone_mask(template, arrays)
    if place is not None and not np.ndim(v) and np.shape(x)[place : place + arrays[0].ndim] == arrays[0].shape:
        return bind(WHERE, (cast(v, _type_of_written(x, v)), x, widened(arrays[0], np.ndim(x), place)))
    return bind(INDEX_SET, (x, v, *arrays), {"template": template})


def index_add(x: Array, key: Key, v: Array) -> Array:
    """Return a copy of `x` with `v` added at `key`: elements that are named several times get all of their terms."""
    template, arrays = split_key(key)
    return bind(INDEX_ADD, (x, v, *arrays), {"template": template})

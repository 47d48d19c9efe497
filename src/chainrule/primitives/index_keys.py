"""Owns index expressions: how they are taken apart, and where the axes that they make stand.

An index expression is a template, a plain Python key in which the mark ARRAY stands for each array, and the arrays,
which are operands. A key without arrays is its own template.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import ShapeError
from chainrule.primitives.shape import aligned
from chainrule.user_code import where

Key = Any  # what Python passes to x[key]
Template = Any  # a key whose arrays are replaced by ARRAY
FULL: Final = slice(None)


class _Mark:
    """The place of an array in a template."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ARRAY"


ARRAY: Final = _Mark()
_BASIC = frozenset({int, slice, type(None), type(Ellipsis)})
_PLAIN_BOUNDS = frozenset({int, type(None)})


def split_key(key: Key) -> tuple[Template, tuple[Array, ...]]:
    """Return the template of an index expression and its arrays."""
    # Hot path: benchmarks/test_eager.py
    kind = type(key)
    if kind in _BASIC:
        return key, ()
    if kind is tuple:
        if _BASIC.issuperset(map(type, key)):
            return key, ()
        arrays: list[Array] = []
        template = tuple(_entry(entry, arrays) for entry in key)
        return template, tuple(arrays)
    if isinstance(key, bool | np.bool) and key:
        return None, ()  # x[True] is x[None]
    arrays = []
    entry = _entry(key, arrays)
    return entry, tuple(arrays)


def _entry(entry: Any, arrays: list[Array]) -> Any:
    if type(entry) in _BASIC:
        return entry
    if isinstance(entry, np.integer):
        return operator.index(entry)
    if not isinstance(entry, Traced | np.ndarray):
        array = np.asarray(entry)
        entry = np.stack(entry) if array.dtype == object else array
        if not entry.size and entry.dtype.kind == "f":
            entry = entry.astype(np.intp)  # x[[]] selects nothing
    elif isinstance(entry, np.ndarray) and entry.dtype.hasobject and entry.size:
        entry = np.reshape(np.stack(entry.ravel().tolist()), entry.shape)  # traced values, which NumPy took apart
    arrays.append(entry)
    return ARRAY


def decided(template: Template) -> Template:
    """Return a template whose slices have plain numbers for bounds: a shape depends on them."""
    if type(template) is tuple:
        return tuple(map(decided, template)) if slice in map(type, template) else template
    if type(template) is not slice:
        return template
    bounds: tuple[Any, ...] = template.start, template.stop, template.step
    if _PLAIN_BOUNDS.issuperset(map(type, bounds)):
        return template
    start, stop, step = (None if bound is None else operator.index(bound) for bound in bounds)
    return slice(start, stop, step)


def key_of(template: Template, arrays: tuple[Array, ...]) -> Key:
    """Put arrays back into their places in a template."""
    if not arrays:
        return template
    if template is ARRAY:
        return arrays[0]
    remaining = iter(arrays)
    return tuple(next(remaining) if entry is ARRAY else entry for entry in template)


def axes_of_arrays(template: Template, ndims: Sequence[int], ndim: int) -> list[int]:
    """Return which of `ndim` axes each array of a template picks from; none of them is a mask.

    >>> axes_of_arrays((ARRAY, None, ..., ARRAY), [1, 1], 4)
    [0, 3]
    """
    shapes: Any = [np.broadcast_to(np.int8(0), (1,) * each) for each in ndims]
    entries, _ = _spelled_out(template, shapes, list(ndims), ndim)
    axes = [entry for entry in entries if entry is not None]
    return [axis for axis, entry in enumerate(axes) if entry is ARRAY]


def _spelled_out(
    template: Template, arrays: tuple[Array, ...], ndims: list[int], ndim: int
) -> tuple[list[Any], list[Array]]:
    """Return a template without Ellipsis that names all `ndim` axes; positions that a mask selects take its place.

    A mask without axes stays: it makes an axis, of one element or of none, and picks from no axis.
    """
    entries = list(template) if isinstance(template, tuple) else [template]
    remaining = iter(zip(arrays, ndims, strict=True))
    spelled: list[Any] = []
    operands: list[Array] = []
    used = 0
    gap: int | None = None
    for entry in entries:
        if entry is Ellipsis:
            gap = len(spelled)
        elif entry is ARRAY:
            array, array_ndim = next(remaining)
            positions = [array]
            if array.dtype.kind == "b":
                if array.ndim != array_ndim:
                    positions = list(np.moveaxis(places_in_each(array), -1, 0))
                elif array_ndim:
                    positions = list(np.nonzero(array))
            operands += positions
            spelled += [ARRAY] * len(positions)
            used += array_ndim if array.dtype.kind == "b" else 1
        else:
            spelled.append(entry)
            used += entry is not None
    gap = len(spelled) if gap is None else gap
    spelled[gap:gap] = [FULL] * (ndim - used)
    return spelled, operands


def places_in_each(masks: Array) -> Array:
    """Return `np.argwhere` of each member of a batch of masks; raise where they do not all select as many elements.

    >>> places_in_each(np.array([[True, False, True], [False, True, True]]))[..., 0]
    array([[0, 2],
           [1, 2]])
    """
    places = [np.argwhere(mask) for mask in masks] if masks.ndim > 1 else []
    if not places or len({found.shape for found in places}) > 1:
        raise ShapeError(
            "vmap: the members of a batch select different numbers of elements with a boolean mask, or with np.nonzero; use "
            f"np.where(mask, x, 0) instead of x[mask]{where()}"
        )
    return np.stack(places)


class MaskKey(NamedTuple):
    """An index expression with one mask, taken apart: `x[part][slices of whole axes, mask]`, with `place` such slices.

    part: a key of slices, integers and new axes; None where that is all of x.
    """

    part: Key
    mask: Array
    place: int

    @property
    def rest(self) -> Key:
        """What is left to index `x[part]` with."""
        return (*(FULL,) * self.place, self.mask) if self.place else self.mask


def mask_key(template: Template, mask: Array, ndim: int) -> MaskKey | None:
    """Take apart an expression whose only array is a mask; None where NumPy moves the axis that the mask makes.

    >>> mask_key((0, ..., ARRAY, 1), np.array([True, False]), 3)
    MaskKey(part=(0, slice(None, None, None), 1), mask=array([ True, False]), place=0)
    """
    if template is ARRAY:
        return MaskKey(None, mask, 0)
    at, width = next(place for place, entry in enumerate(template) if entry is ARRAY), mask.ndim
    after = len(template) - at - 1
    entries, _ = _spelled_out((*template[:at], *(FULL,) * width, *template[at + 1 :]), (), [], ndim)
    if Ellipsis in template[:at]:
        at = len(entries) - after - width
    place = sum(type(entry) is not int for entry in entries[:at])
    lone = [number for number, entry in enumerate(entries) if type(entry) is int or at <= number < at + width]
    if not width or (place and lone[-1] - lone[0] + 1 > len(lone)):
        return None
    return MaskKey(None if all(entry == FULL for entry in entries) else tuple(entries), mask, place)


class Layout:
    """Where the axes that index arrays make stand in the result of an index expression on one member of a batch.

    entries, operands: the expression, spelled out. place: the first axis made by arrays; width: how many they make.
    ndim: of the result.
    """

    __slots__ = ("entries", "operands", "flags", "place", "width", "ndim")

    def __init__(self, template: Template, batched: tuple[bool, ...], arrays: tuple[Array, ...], ndim: int) -> None:
        ndims = [array.ndim - flag for flag, array in zip(batched, arrays, strict=True)]
        self.entries, self.operands = _spelled_out(template, arrays, ndims, ndim)
        flags: list[bool] = []
        for flag, array in zip(batched, arrays, strict=True):
            flags += [flag] * (max(array.ndim - flag, 1) if array.dtype.kind == "b" else 1)
        self.flags = flags
        made = [index for index, entry in enumerate(self.entries) if entry is ARRAY or type(entry) is int]
        widths = [
            1 if x.dtype.kind == "b" else x.ndim - flag for flag, x in zip(flags, self.operands, strict=True)
        ]  # all masks that are left have no axes
        self.width = max(widths, default=0)
        contiguous = not made or made[-1] - made[0] + 1 == len(made)
        before = made[0] if contiguous and made and arrays else 0
        self.place = sum(type(entry) is not int for entry in self.entries[:before])
        self.ndim = sum(entry is None or type(entry) is slice for entry in self.entries) + self.width

    def batched_key(self, x_batched: bool, size: int) -> tuple[tuple[Any, ...], list[Array]]:
        """Return the expression that indexes all members at once.

        Where `x` is batched, its result has the batch axis and then the axes made by arrays first.
        """
        operands = [aligned(x, flag, self.width) for flag, x in zip(self.flags, self.operands, strict=True)]
        if not x_batched:
            return tuple(self.entries), operands
        rows = np.arange(size).reshape((size, *(1,) * self.width))
        return (ARRAY, *self.entries), [rows, *operands]

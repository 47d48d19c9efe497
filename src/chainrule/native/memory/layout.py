"""Owns where elements are: how a value that only moves elements reads its operand, and where a value is in memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from chainrule.passes.places import GATHER, spread_axes
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives.indexing import INDEX, INDEX_ADD
from chainrule.primitives.shape import BROADCAST_TO, CONCATENATE, FLIP, PAD, RESHAPE, TRANSPOSE


class Coordinate(NamedTuple):
    """A place along one axis of a value: constant + coefficient * (index of a loop); axis None: the constant alone."""

    axis: int | None
    coefficient: int
    constant: int


class Storage(NamedTuple):
    """Where a value is in memory: in the buffer of `buffer`, from `offset` on, with strides; all in elements."""

    buffer: Term
    offset: int
    strides: Shape


class Entry(NamedTuple):
    """One axis of the result of a basic index expression: `source` is read at start + step * place; None: a new axis."""

    source: int | None
    start: int
    step: int


@lru_cache(maxsize=1024)
def contiguous(shape: Shape) -> Shape:
    """Return the strides of an array in C order, in elements."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


_BASIC = frozenset({int, slice, type(None), type(Ellipsis)})


def is_basic(template: Any) -> bool:
    """Whether an index expression holds only integers, slices, None and Ellipsis."""
    if not isinstance(template, tuple):
        return type(template) in _BASIC
    return all(type(entry) in _BASIC for entry in template)


def basic_index(template: Any, shape: Shape) -> tuple[list[Entry], dict[int, int]]:
    """Return the axes of the result of a basic index expression, and the fixed places of source axes that it drops."""
    # Hot path: benchmarks/test_first_calls.py
    entries = template if isinstance(template, tuple) else (template,)
    axes: list[Entry] = []
    fixed: dict[int, int] = {}
    source = 0
    for place, entry in enumerate(entries):
        if entry is None:
            axes.append(Entry(None, 0, 0))
        elif entry is Ellipsis:
            after = sum(each is not None for each in entries[place + 1 :])
            axes += [Entry(axis, 0, 1) for axis in range(source, len(shape) - after)]
            source = len(shape) - after
        elif isinstance(entry, slice):
            start, _, step = entry.indices(shape[source])
            axes.append(Entry(source, start, step))
            source += 1
        else:
            fixed[source] = entry + shape[source] if entry < 0 else entry
            source += 1
    axes += [Entry(axis, 0, 1) for axis in range(source, len(shape))]
    return axes, fixed


def _squeezed(shape: Shape) -> list[int]:
    return [length for length in shape if length != 1]


_VIEWS = frozenset({TRANSPOSE, BROADCAST_TO, FLIP, INDEX, RESHAPE})


def is_view(term: Term) -> bool:
    """Whether a value only reads its operand at other coordinates."""
    primitive = term.primitive
    if primitive not in _VIEWS:
        return False
    if primitive is INDEX:
        return len(term.operands) == 1 and is_basic(term.parameters["template"])
    # A reshape of other lengths is a view of memory in order only.
    return primitive is not RESHAPE or _squeezed(term.shape) == _squeezed(term.operands[0].shape)


def is_pad(term: Term) -> bool:
    """Whether a value is its last operand with zeros around it."""
    if term.primitive is PAD:
        return True
    if term.primitive is not INDEX_ADD or len(term.operands) != 2 or not is_basic(term.parameters["template"]):
        return False
    x, v = term.operands
    number = uniform(x)
    if number is None or number != 0 or x.dtype != term.dtype or v.dtype != term.dtype:
        return False
    axes, _ = basic_index(term.parameters["template"], term.shape)
    region = region_shape(term.parameters["template"], term.shape)
    return all(axis.step == 1 or axis.source is None for axis in axes) and v.shape == region


def region_shape(template: Any, shape: Shape) -> Shape:
    """Return the shape of what a basic index expression selects."""
    lengths: list[int] = []
    entries = list(template) if isinstance(template, tuple) else [template]
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if not any(entry is Ellipsis for entry in entries):
        entries.append(Ellipsis)
    source = 0
    for entry in entries:
        if entry is None:
            lengths.append(1)
        elif entry is Ellipsis:
            lengths.extend(shape[source : source + len(shape) - used])
            source += len(shape) - used
        elif isinstance(entry, slice):
            lengths.append(len(range(*entry.indices(shape[source]))))
            source += 1
        else:
            source += 1
    return tuple(lengths)


def pad_bounds(term: Term) -> tuple[tuple[int, int], ...] | None:
    """Return along each axis where a padded value lies, as (first, after the last); None where the term is no pad."""
    if not is_pad(term):
        return None
    if term.primitive is PAD:
        return tuple(
            (before, before + length)
            for (before, _), length in zip(term.parameters["widths"], term.operands[0].shape, strict=True)
        )
    axes, fixed = basic_index(term.parameters["template"], term.shape)
    bounds = {place: (at, at + 1) for place, at in fixed.items()}
    region = region_shape(term.parameters["template"], term.shape)
    for axis, length in zip(axes, region, strict=True):
        if axis.source is not None:
            bounds[axis.source] = (axis.start, axis.start + length)
    return tuple(bounds[place] for place in range(len(term.shape)))


def join_bounds(term: Term) -> tuple[int, list[tuple[int, int]]] | None:
    """Return along which axis values are joined and where each lies, as (first, after the last); None where none are."""
    if term.primitive is not CONCATENATE or any(operand.dtype != term.dtype for operand in term.operands):
        return None
    axis = term.parameters["axis"] % len(term.shape)
    ends = list(itertools.accumulate(operand.shape[axis] for operand in term.operands))
    return axis, list(zip([0, *ends], ends, strict=False))


def memory_of(array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], int, Shape] | None:
    """Return the memory from the first to the last element of an array, and the offset and the strides of the array in it.

    Both are in elements. None where the elements do not lie at whole distances.
    """
    size = array.dtype.itemsize
    if array.flags.c_contiguous and array.flags.aligned:
        return array, 0, contiguous(array.shape)
    steps = tuple(0 if length == 1 else stride for length, stride in zip(array.shape, array.strides, strict=True))
    if not array.flags.aligned or any(step % size for step in steps):
        return None
    strides = tuple(step // size for step in steps)
    reaches = [(length - 1) * stride for length, stride in zip(array.shape, strides, strict=True)]
    lowest = array[tuple(slice(None, None, -1 if stride < 0 else 1) for stride in strides)]
    line = np.lib.stride_tricks.as_strided(lowest, (1 + sum(map(abs, reaches)),), (size,), writeable=False)
    return line, -sum(reach for reach in reaches if reach < 0), strides


def lies_in_pairs(storage: Storage) -> bool:
    """Whether elements lie on one side of pairs that belong to the same array: both sides may be read at once."""
    if storage.buffer.shape[-1:] != (2,) or not storage.strides or any(stride % 2 for stride in storage.strides):
        return False
    array = storage.buffer.constant
    size = storage.buffer.dtype.itemsize
    return array is None or (array.strides[-1] == size and all(each % (2 * size) == 0 for each in array.strides[:-1]))


@lru_cache(maxsize=64)
def _everywhere(rank: int) -> tuple[Coordinate, ...]:
    """Return the coordinates of a value in a space of its own axes."""
    return tuple(Coordinate(axis, 1, 0) for axis in range(rank))


def _moved(at: Coordinate, start: int, step: int) -> Coordinate:
    return Coordinate(at.axis, at.coefficient * step, start + step * at.constant)


_FIRST = Coordinate(None, 0, 0)


def coordinates_of_operand(term: Term, number: int, at: Sequence[Coordinate]) -> tuple[Coordinate, ...]:
    """Return where an element of a value reads one of its operands; along axes at computed places, the first element."""
    operand = term.operands[number]
    shape = operand.shape
    if term.primitive is GATHER:
        places = len(term.operands) - 1
        width = spread_axes(len(term.shape), len(term.operands[0].shape), places)
        if number == 0:
            return (*(_FIRST,) * places, *at[width:])
        at = at[:width]
    if term.primitive is TRANSPOSE:
        turned: list[Coordinate] = [_FIRST] * len(shape)
        for place, axis in enumerate(term.parameters["axes"]):
            turned[axis] = at[place]
        return tuple(turned)
    if term.primitive is FLIP:
        flipped = {axis % len(shape) for axis in term.parameters["axis"]}
        return tuple(_moved(each, shape[axis] - 1, -1) if axis in flipped else each for axis, each in enumerate(at))
    if term.primitive is INDEX:
        axes, fixed = basic_index(term.parameters["template"], shape)
        found = [Coordinate(None, 0, fixed.get(axis, 0)) for axis in range(len(shape))]
        for entry, each in zip(axes, at, strict=True):
            if entry.source is not None:
                found[entry.source] = _moved(each, entry.start, entry.step)
        return tuple(found)
    if term.primitive is RESHAPE:
        rest = iter([each for each, length in zip(at, term.shape, strict=True) if length != 1])
        return tuple(_FIRST if length == 1 else next(rest) for length in shape)
    if (joined := join_bounds(term)) is not None:
        axis, bounds = joined
        return tuple(_moved(each, -bounds[number][0], 1) if k == axis else each for k, each in enumerate(at))
    if is_pad(term):
        if term.primitive is PAD:
            return tuple(
                _moved(each, -before, 1) for each, (before, _) in zip(at, term.parameters["widths"], strict=True)
            )
        axes, _ = basic_index(term.parameters["template"], term.shape)
        return tuple(_FIRST if entry.source is None else _moved(at[entry.source], -entry.start, 1) for entry in axes)
    skip = len(at) - len(shape)
    return tuple(
        _FIRST if length == 1 and term.shape[skip + axis] != 1 else at[skip + axis] for axis, length in enumerate(shape)
    )


def _reshaped(shape: Shape, strides: Shape, wanted: Shape) -> Shape | None:
    """Return the strides with which memory is read in another shape, or None where there are none."""
    found: list[int] = []
    axes = [(length, stride) for length, stride in zip(shape, strides, strict=True) if length != 1]
    left, step = 1, 1  # how much of the axes at hand is not read yet, and how far apart its last elements are
    for length in reversed(wanted):
        if length == 1:
            found.append(0)
            continue
        while left % length:
            if not axes:
                return None
            size, stride = axes.pop()
            if left == 1:
                left, step = size, stride
            elif stride == left * step:
                left *= size
            else:
                return None
        found.append(step)
        left, step = left // length, step * length
    return tuple(reversed(found))


def storage_of_view(term: Term, source: Storage) -> Storage | None:
    """Return where a view of a stored value is, or None where it is not in memory as one array."""
    operand = term.operands[0]
    if term.primitive is RESHAPE and not is_view(term):
        strides_after = _reshaped(operand.shape, source.strides, term.shape)
        return None if strides_after is None else Storage(source.buffer, source.offset, strides_after)
    at = coordinates_of_operand(term, 0, _everywhere(len(term.shape)))
    offset, strides = source.offset, [0] * len(term.shape)
    for (axis, coefficient, constant), stride in zip(at, source.strides, strict=True):
        offset += constant * stride
        if axis is not None:
            strides[axis] += coefficient * stride
    return Storage(source.buffer, offset, tuple(strides))

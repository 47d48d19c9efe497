"""Owns arrays that are zero but for a few diagonals: what is kept of one, how dense arrays meet it, and its dense form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO

MOST = 4
"""A constant with more diagonals than these is taken as dense."""
LEAST = 64
"""The diagonals of smaller constants are kept only where there is a larger one: blocks that are joined to what it becomes."""
SMALLEST = 16
"""The diagonals of constants smaller than this are never kept."""
SPARSE = 4
"""What is kept of a constant must be so many times smaller than the dense array."""
FULL_ENOUGH = 2
"""What is kept of what is computed from it may grow up to this fraction: parts that are computed already are worth keeping."""


class Part(NamedTuple):
    """Values along one diagonal, from row `start` on: an array of shape (length, *other axes)."""

    start: int
    values: Term

    @property
    def stop(self) -> int:
        """The row after the last one."""
        return self.start + self.values.shape[0]


@dataclass(frozen=True, slots=True)
class Diagonals:
    """An array that is zero where its column is not its row plus the offset of a part.

    shape, dtype: of the array.
    rows, columns: the axes, next to each other, which flattened count rows and columns; rows come first.
    parts: by offset, where column = row + offset; the values' other axes are in the order of the array.
    """

    shape: Shape
    dtype: np.dtype[Any]
    rows: Shape
    columns: Shape
    parts: dict[int, Part]

    @property
    def height(self) -> int:
        """The number of rows."""
        return math.prod([self.shape[axis] for axis in self.rows])

    @property
    def width(self) -> int:
        """The number of columns."""
        return math.prod([self.shape[axis] for axis in self.columns])

    @property
    def others(self) -> list[int]:
        """The axes that are neither rows nor columns."""
        return [axis for axis in range(len(self.shape)) if axis not in self.rows and axis not in self.columns]

    @property
    def other_shape(self) -> Shape:
        """The lengths of the other axes."""
        return tuple(self.shape[axis] for axis in self.others)

    @property
    def size(self) -> int:
        """The number of elements of the array."""
        return math.prod(self.shape)

    @property
    def pays(self) -> bool:
        """Whether the parts are so much smaller than the array that they are what to compute."""
        return FULL_ENOUGH * sum(part.values.size for part in self.parts.values()) < self.size


def read_constant(s: Simplifier, term: Term) -> Diagonals | None:
    """Return the diagonals of a constant, such as a batch of unit vectors; None where it has none or too many."""
    if not term.is_constant or len(term.shape) < 2 or term.dtype.kind != "f" or term.size < SMALLEST:
        return None
    array: np.ndarray[Any, Any] = term.constant
    if uniform(term) is not None or SPARSE * np.count_nonzero(array) >= array.size:
        return None
    long = [axis for axis, length in enumerate(term.shape) if length != 1]
    for split in (1, len(long) - 1):
        rows, columns = long[:split], long[split:]
        if rows and columns:
            found = _read(s, term, tuple(range(rows[0], rows[-1] + 1)), tuple(range(columns[0], columns[-1] + 1)))
            if found is not None:
                return found
    return None


def _read(s: Simplifier, term: Term, rows: Shape, columns: Shape) -> Diagonals | None:
    empty = Diagonals(term.shape, term.dtype, rows, columns, {})
    matrix = term.constant.reshape(empty.height, empty.width)
    at, to = np.nonzero(matrix)
    offsets = to - at
    different = np.unique(offsets)
    if len(different) > MOST:
        return None
    parts = {}
    for offset in different.tolist():
        places = at[offsets == offset]
        start, stop = int(places[0]), int(places[-1]) + 1
        values = matrix[np.arange(start, stop), np.arange(start, stop) + offset]
        shape = (stop - start, *empty.other_shape)
        parts[offset] = Part(start, s.terms.constant(np.ascontiguousarray(values.reshape(shape))))
    kept = sum(part.values.size for part in parts.values())
    return Diagonals(term.shape, term.dtype, rows, columns, parts) if SPARSE * kept < term.size else None


# --- pieces of dense arrays


def zeros(s: Simplifier, shape: Shape, dtype: np.dtype[Any]) -> Term:
    """Return an array of zeros."""
    return s.terms.constant(np.broadcast_to(np.zeros((), dtype), shape))


def cut(s: Simplifier, x: Term, axis: int, start: int, stop: int) -> Term:
    """Return the places from `start` to before `stop` along one axis."""
    if (start, stop) == (0, x.shape[axis]):
        return x
    template = (*(FULL,) * axis, slice(start, stop))
    shape = (*x.shape[:axis], stop - start, *x.shape[axis + 1 :])
    return s.apply(INDEX, (x,), {"template": template}, shape, x.dtype)


def pad(s: Simplifier, x: Term, before: int, length: int) -> Term:
    """Return `x` with zeros around it along its first axis."""
    if length == x.shape[0]:
        return x
    shape = (length, *x.shape[1:])
    template = slice(before, before + x.shape[0])
    return s.apply(INDEX_ADD, (zeros(s, shape, x.dtype), x), {"template": template}, shape, x.dtype)


def clipped(s: Simplifier, part: Part, start: int, stop: int) -> Part:
    """Return the part between two rows, both within it."""
    return Part(start, cut(s, part.values, 0, start - part.start, stop - part.start))


def total(s: Simplifier, x: Part, y: Part) -> Part:
    """Return the sum of two parts of one diagonal."""
    start, stop = min(x.start, y.start), max(x.stop, y.stop)
    first, second = (pad(s, each.values, each.start - start, stop - start) for each in (x, y))
    return Part(start, s.apply(a.ADD, (first, second), {}, np.broadcast_shapes(first.shape, second.shape), first.dtype))


def gathered(s: Simplifier, empty: Diagonals, parts: list[tuple[int, Part]]) -> Diagonals:
    """Return an array of parts, those of one diagonal added up, those that are zero left out."""
    found: dict[int, Part] = {}
    for offset, part in parts:
        if part.values.shape[0] > 0 and not is_zero(part.values):
            found[offset] = total(s, found[offset], part) if offset in found else part
    return Diagonals(empty.shape, empty.dtype, empty.rows, empty.columns, dict(sorted(found.items())))


def is_zero(term: Term) -> bool:
    """Whether a term is an array of zeros, for good."""
    number = uniform(term)
    return number is not None and bool(number == 0)


def spread(s: Simplifier, values: Term, shape: Shape, dtype: np.dtype[Any]) -> Term:
    """Return values as a type and broadcast to a shape."""
    if values.dtype != dtype:
        values = s.apply(ASTYPE, (values,), {"dtype": dtype}, values.shape, dtype)
    return values if values.shape == shape else s.broadcast(values, shape)


# --- where dense arrays meet diagonals


def lies_along(x: Term, like: Diagonals) -> tuple[bool, bool]:
    """Return whether a dense array, which broadcasts to `like`, differs along its rows, and along its columns."""
    while x.primitive is BROADCAST_TO:
        (x,) = x.operands
    lengths = (*(1,) * (len(like.shape) - len(x.shape)), *x.shape)
    rows, columns = (any(lengths[axis] != 1 for axis in group) for group in (like.rows, like.columns))
    return rows, columns


def along(s: Simplifier, x: Term, like: Diagonals, offset: int, part: Part) -> Term:
    """Return what a dense array, which broadcasts to `like`, is along a part of it: shape (length or 1, *other axes)."""
    number = uniform(x)
    if number is not None:
        return s.terms.constant(number)
    while x.primitive is BROADCAST_TO:
        (x,) = x.operands
    if not x.shape:
        return x
    lengths = (*(1,) * (len(like.shape) - len(x.shape)), *x.shape)
    present = lies_along(x, like)
    wanted = [
        like.shape[axis] if (axis in like.rows and present[0]) or (axis in like.columns and present[1]) else length
        for axis, length in enumerate(lengths)
    ]
    if tuple(wanted) != lengths:  # a group of axes along only some of which the array is spread out
        x = s.broadcast(x, tuple(wanted))
    others = [wanted[axis] for axis in like.others]
    if all(present):
        return _diagonal(s, x, like, others, offset, part)
    if not any(present):
        return s.reshape(x, (1, *others))
    group, start = (like.rows, part.start) if present[0] else (like.columns, part.start + offset)
    before = sum(axis < group[0] for axis in like.others)
    x = s.reshape(x, (*others[:before], math.prod([wanted[axis] for axis in group]), *others[before:]))
    x = cut(s, x, before, start, start + part.values.shape[0])
    return s.transpose(x, (before, *(axis for axis in range(len(x.shape)) if axis != before)))


def _diagonal(s: Simplifier, x: Term, like: Diagonals, others: list[int], offset: int, part: Part) -> Term:
    """Return a diagonal of a dense array: a slice with a step of its flattened form."""
    order = (*like.rows, *like.columns, *like.others)
    flat = s.reshape(s.transpose(x, order), (like.height * like.width, *others))
    where = places(like, offset, part)
    shape = (part.values.shape[0], *others)
    if flat.is_constant:
        return s.terms.constant(np.ascontiguousarray(flat.constant[where]))
    return s.apply(INDEX, (flat,), {"template": where}, shape, x.dtype)


def places(like: Diagonals, offset: int, part: Part) -> slice:
    """Return where a part is among the flattened rows and columns."""
    first = part.start * like.width + part.start + offset
    step = like.width + 1
    return slice(first, first + (part.values.shape[0] - 1) * step + 1, step)


def dense(s: Simplifier, x: Diagonals, base: Term | None = None) -> Term:
    """Return the whole array, or its sum with `base`, which has the same shape and type."""
    order = (*x.rows, *x.columns, *x.others)
    flat_shape = (x.height * x.width, *x.other_shape)
    if base is None:
        flat, primitive = zeros(s, flat_shape, x.dtype), INDEX_SET
    else:
        flat, primitive = s.reshape(s.transpose(base, order), flat_shape), INDEX_ADD
    for offset, part in x.parts.items():
        template = places(x, offset, part)
        flat = s.apply(primitive, (flat, part.values), {"template": template}, flat_shape, x.dtype)
    whole = s.reshape(flat, tuple(x.shape[axis] for axis in order))
    return s.transpose(whole, tuple(order.index(axis) for axis in range(len(order))))

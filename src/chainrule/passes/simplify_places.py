"""Owns how index expressions with arrays of whole numbers are simplified: their elements are gathered and scattered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.passes.places import GATHER, SCATTER
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import BOOL, FLOAT32, FLOAT64, INT64, Shape, Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.comparison import EQUAL, LESS
from chainrule.primitives.index_keys import ARRAY, FULL, Layout
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.shape import ASTYPE, WHERE

_NUMBERS = (FLOAT64, FLOAT32, INT64)


def last_written(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Write everyone's number, and read whose is left."""
    if any(array.dtype.kind not in "iu" for array in operands):
        return None
    template = {"template": parameters["template"]}
    order = s.terms.constant(np.arange(math.prod(shape)).reshape(shape)[()])
    nobody = s.terms.constant(np.broadcast_to(np.int64(0), parameters["shape"]))
    written = s.apply(INDEX_SET, (nobody, order, *operands), template, nobody.shape, INT64)
    left = s.apply(INDEX, (written, *operands), template, shape, INT64)
    return s.apply(EQUAL, (left, order), {}, shape, BOOL)


def gather(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return the number that is everywhere."""
    number = uniform(operands[0])
    return None if number is None else s.terms.constant(np.broadcast_to(np.asarray(number, dtype), shape))


class _Expression(NamedTuple):
    """An index expression with arrays, taken apart: `x[slices]` with its axes in `order` is read or written at `places`.

    spread: the shape of the places together. axis: the first of their axes in the result, not counting new axes.
    sliced: the shape of x[slices]. shape: of the result.
    """

    slices: tuple[slice, ...]
    order: tuple[int, ...]
    places: tuple[Term, ...]
    spread: Shape
    axis: int
    sliced: Shape
    shape: Shape

    @property
    def rest(self) -> Shape:
        """The lengths of the axes that no array picks from."""
        return tuple(self.sliced[axis] for axis in self.order[len(self.places) :])

    @property
    def back(self) -> tuple[int, ...]:
        """The order of axes that brings those of the places, which are the first, to where they belong."""
        width = len(self.spread)
        others = [width + place for place in range(len(self.rest))]
        return (*others[: self.axis], *range(width), *others[self.axis :])


def _taken_apart(s: Simplifier, x: Term, arrays: Sequence[Term], template: Any) -> _Expression | None:
    """Return the parts of an index expression; None where NumPy has to read it."""
    if x.dtype not in (*_NUMBERS, BOOL) or 0 in x.shape or any(array.dtype.kind not in "iu" for array in arrays):
        return None
    shapes: Any = [np.broadcast_to(np.int8(0), array.shape) for array in arrays]
    layout = Layout(template, (False,) * len(arrays), shapes, len(x.shape))
    entries = [entry for entry in layout.entries if entry is not None]
    taken = [axis for axis, entry in enumerate(entries) if not isinstance(entry, slice)]
    remaining = iter(arrays)
    places = tuple(
        _place(
            s, next(remaining) if entries[axis] is ARRAY else s.terms.constant(np.int64(entries[axis])), x.shape[axis]
        )
        for axis in taken
    )
    slices = tuple(entry if isinstance(entry, slice) else FULL for entry in entries)
    sliced = tuple(len(range(*each.indices(length))) for each, length in zip(slices, x.shape, strict=True))
    order = (*taken, *(axis for axis in range(len(entries)) if axis not in taken))
    spread = np.broadcast_shapes(*(place.shape for place in places))
    lengths = iter(sliced[axis] for axis in order[len(taken) :])
    kept = [entry for entry in layout.entries if entry is None or isinstance(entry, slice)]
    shape = [1 if entry is None else next(lengths) for entry in kept]
    axis = sum(entry is not None for entry in kept[: layout.place])
    whole = (*shape[: layout.place], *spread, *shape[layout.place :])
    return _Expression(slices, order, places, spread, axis, sliced, whole)


def _place(s: Simplifier, array: Term, length: int) -> Term:
    """Return places that are counted from the end in part as places that are counted from the start."""
    if array.is_constant:
        numbers = np.asarray(array.constant).astype(np.int64)
        return s.terms.constant(np.where(numbers < 0, numbers + length, numbers)[()])
    if array.dtype != INT64:
        array = s.apply(ASTYPE, (array,), {"dtype": INT64}, array.shape, INT64)
    is_negative = s.apply(LESS, (array, s.terms.constant(np.int64(0))), {}, array.shape, BOOL)
    moved = s.binary(a.ADD, array, s.terms.constant(np.int64(length)))
    return s.apply(WHERE, (moved, array, is_negative), {}, array.shape, INT64)


def gathered(s: Simplifier, x: Term, arrays: Sequence[Term], template: Any, shape: Shape) -> Term | None:
    """Return what is read at the places of arrays; None where NumPy has to read it."""
    found = _taken_apart(s, x, arrays, template)
    if found is None or 0 in shape:
        return None
    part = x
    if found.sliced != x.shape or any(each.step not in (None, 1) for each in found.slices):
        part = s.apply(INDEX, (x,), {"template": found.slices}, found.sliced, x.dtype)
    out = s.apply(GATHER, (s.transpose(part, found.order), *found.places), {}, (*found.spread, *found.rest), x.dtype)
    return s.reshape(s.transpose(out, found.back), shape)


def scattered(s: Simplifier, x: Term, v: Term, arrays: Sequence[Term], template: Any, adds: bool) -> Term | None:
    """Return `x` with values assigned, or added, at the places of arrays; None where NumPy has to write them."""
    found = _taken_apart(s, x, arrays, template) if x.dtype in _NUMBERS else None
    if found is None or 0 in (*found.spread, *found.sliced):
        return None
    is_whole = all(each == FULL for each in found.slices)
    if not is_whole and not adds:
        return None
    if v.dtype.kind not in "fiub":
        return None
    v = s.reshape(v, v.shape[max(0, len(v.shape) - len(found.shape)) :])  # it may have more axes, of length 1
    v = s.broadcast(s.apply(ASTYPE, (v,), {"dtype": x.dtype}, v.shape, x.dtype), found.shape)
    v = s.reshape(v, (*found.rest[: found.axis], *found.spread, *found.rest[found.axis :]))
    v = s.transpose(v, np.argsort(found.back).tolist())
    begin = x if is_whole else s.terms.constant(np.broadcast_to(np.zeros((), x.dtype), found.sliced))
    begin = s.transpose(begin, found.order)
    out = s.apply(SCATTER, (begin, v, *found.places), {"adds": adds}, begin.shape, x.dtype)
    out = s.transpose(out, np.argsort(found.order).tolist())
    return out if is_whole else s.apply(INDEX_ADD, (x, out), {"template": found.slices}, x.shape, x.dtype)

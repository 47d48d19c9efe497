"""Owns how index expressions are simplified; those with arrays of whole numbers are gathered and scattered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.passes.elements import Chain, Place, place_of
from chainrule.passes.places import GATHER, SCATTER
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import BOOL, FLOAT32, FLOAT64, INT64, Shape, Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.comparison import EQUAL, LESS
from chainrule.primitives.index_keys import ARRAY, FULL, Layout
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.joining import STACK
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, WHERE

_NUMBERS = (FLOAT64, FLOAT32, INT64)
_ARITHMETIC = frozenset({a.ADD, a.SUBTRACT, a.MULTIPLY, a.NEGATIVE, a.SQUARE})
ARITHMETIC = 6
"""Up to so many operations are done again at a place, rather than kept for all places."""
ROW = 32
"""Rows of fewer numbers are read from what was computed for all."""
SMALL = 4
"""What is added at a place of this many times as many elements is added there; else both are computed in one loop."""


def index(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x where all of it is taken, and the number that is everywhere; gather at the places of arrays."""
    x, *arrays = operands
    template = parameters["template"]
    if arrays:
        found = _taken_apart(s, x, arrays, template)
        return None if found is None or 0 in shape else _gathered(s, x, found, shape)
    entries = template if isinstance(template, tuple) else (template,)
    if shape == x.shape and all(
        entry is Ellipsis or (type(entry) is slice and entry.step in (None, 1)) for entry in entries
    ):
        return x  # a slice of the same length, taken forward, is the whole axis
    if x.primitive is BROADCAST_TO and not x.operands[0].shape:
        return s.broadcast(x.operands[0], shape)
    number = uniform(x)
    if number is not None:
        return s.terms.constant(np.broadcast_to(np.asarray(number, dtype), shape)[()])
    place = place_of(template, x.shape)
    read = None if place is None else _read(s, x, place, template, shape)
    if read is None and any(type(entry) is int for entry in entries):
        read = _computed_there(s, x, template, shape)
    return read


def index_set(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return what is assigned where it replaces everything; scatter it to the places of arrays."""
    x, v, *arrays = operands
    template = parameters["template"]
    if not v.size and x.dtype == dtype:
        return x
    if arrays:
        return _scattered(s, x, v, arrays, template, adds=False)
    if x.dtype != dtype or v.dtype.kind == "c":
        return None
    value = s.apply(ASTYPE, (v,), {"dtype": dtype}, v.shape, dtype)
    if template is Ellipsis or template == FULL:
        fits = len(value.shape) <= len(shape) if shape else value.number is None
        return s.broadcast(value, shape) if fits else None
    place = place_of(template, shape)
    if place is not None:
        return _written(s, INDEX_SET, (x, value), parameters, place, value)
    return None if value is v else s.apply(INDEX_SET, (x, value), parameters, shape, dtype)


def index_add(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Scatter what is added to the places of arrays."""
    x, v, *arrays = operands
    template = parameters["template"]
    if not v.size and x.dtype == dtype:
        return x
    if v.dtype != dtype or x.dtype != dtype:
        return None
    if arrays:
        return _scattered(s, x, v, arrays, template, adds=True)
    place = place_of(template, shape)
    if place is None:
        return None
    region = shape[len(place) :]
    before = s.apply(INDEX, (x,), {"template": template}, region, dtype)
    is_zero = uniform(before) is not None and uniform(before) == 0
    return _written(s, INDEX_ADD, operands, parameters, place, v if is_zero else s.binary(a.ADD, before, v))


def added(s: Simplifier, x: Term, y: Term) -> Term | None:
    """Return x + y where y is zero but at one place: y is added at that place of x, which is in memory anyway.

    Of several small places, each costs its own elements then, and not a pass over all.
    """
    if not _is_placed(y):
        return None
    known, other = s.written.get(x.index), s.written.get(y.index)
    is_chain = known is not None and other is not None and known[0].depth == other[0].depth
    is_written = x.primitive in (INDEX_SET, INDEX_ADD) and len(x.operands) == 2 and not _is_placed(x)
    if not (is_chain or is_written):
        if not _is_small(y):
            return None
        if not _is_small(x):
            base, placed = _with_placed(x)
            if base is None or base.dtype != x.dtype:
                return None
            x = s.apply(
                INDEX_ADD, (s.broadcast(base, x.shape), placed.operands[1]), placed.parameters, x.shape, x.dtype
            )
    return s.apply(INDEX_ADD, (x, y.operands[1]), y.parameters, x.shape, x.dtype)


def _is_placed(term: Term) -> bool:
    """Whether a term is zeros with something added at a place that is known."""
    if term.primitive is not INDEX_ADD or len(term.operands) != 2:
        return False
    number = uniform(term.operands[0])
    return number is not None and bool(number == 0)


def _is_small(term: Term) -> bool:
    return _is_placed(term) and SMALL * term.operands[1].size <= term.size


def _with_placed(x: Term) -> tuple[Term | None, Term]:
    """Return the other operand and the small placed one of a sum; None where it has none."""
    if x.primitive is a.ADD:
        for base, placed in (x.operands, x.operands[::-1]):
            if _is_small(placed):
                return base, placed
    return None, x


def _read(s: Simplifier, x: Term, place: Place, template: Any, shape: Shape) -> Term | None:
    """Return what was written at a place, or what the array that was written to has there."""
    if x.primitive is STACK:
        part = x.operands[place[0]]
        if len(place) > 1:
            part = s.apply(INDEX, (part,), {"template": place[1:]}, shape, part.dtype)
        return s.apply(ASTYPE, (part,), {"dtype": x.dtype}, shape, x.dtype)
    known = s.written.get(x.index)
    if known is None or known[0].depth != len(place):
        return None
    chain, write = known
    found = chain.at(place, write)
    return s.apply(INDEX, (chain.base,), {"template": template}, shape, x.dtype) if found is None else found


def _computed_there(s: Simplifier, x: Term, template: Any, shape: Shape) -> Term | None:
    """Return what simple arithmetic has at a place, computed from what its operands have there.

    So equal loops read the parts of what was stacked, each from its own memory, and the whole need not be there.
    """
    stack, count, is_stacked = [x], 0, False
    while stack and count <= ARITHMETIC:
        term = stack.pop()
        if term.primitive in _ARITHMETIC and all(each.shape in ((), x.shape) for each in term.operands):
            count += 1
            stack.extend(each for each in term.operands if each.shape)
        else:
            is_stacked = is_stacked or term.primitive is STACK
    if not 0 < count <= ARITHMETIC or (math.prod(shape) < ROW and not is_stacked):
        return None
    operands = [
        each if not each.shape else s.apply(INDEX, (each,), {"template": template}, shape, each.dtype)
        for each in x.operands
    ]
    assert x.primitive is not None
    return s.apply(x.primitive, operands, x.parameters, shape, x.dtype)


def _written(
    s: Simplifier, primitive: Primitive, operands: tuple[Term, ...], parameters: dict[str, Any], place: Place, value: Term
) -> Term:  # fmt: skip
    """Return the array after a write; where all of it was written, its parts stacked."""
    x = operands[0]
    term = s.terms.apply(primitive, operands, parameters, x.shape, x.dtype)
    if term.index in s.written:
        chain, write = s.written[term.index]
        return chain.stacks.get(write, term)
    known = s.written.get(x.index)
    chain = known[0].after(known[1]) if known is not None and known[0].depth == len(place) else Chain(x, len(place))
    region = x.shape[len(place) :]
    axes = max(0, len(value.shape) - len(region))  # it may have more, of length 1
    write = chain.write(place, s.broadcast(s.reshape(value, value.shape[axes:]), region))
    s.written[term.index] = chain, write
    parts = chain.whole(x.shape)
    if parts is None:
        return term
    stacked = s.reshape(s.apply(STACK, parts, {}, (len(parts), *region), x.dtype), x.shape)
    s.written.setdefault(stacked.index, (chain, write))
    chain.stacks[write] = stacked
    return stacked


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


def _gathered(s: Simplifier, x: Term, found: _Expression, shape: Shape) -> Term:
    part = x
    if found.sliced != x.shape or any(each.step not in (None, 1) for each in found.slices):
        part = s.apply(INDEX, (x,), {"template": found.slices}, found.sliced, x.dtype)
    out = s.apply(GATHER, (s.transpose(part, found.order), *found.places), {}, (*found.spread, *found.rest), x.dtype)
    return s.reshape(s.transpose(out, found.back), shape)


def _scattered(s: Simplifier, x: Term, v: Term, arrays: Sequence[Term], template: Any, adds: bool) -> Term | None:
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

"""Owns how index expressions are simplified: reads of places that are known, and writes to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.passes.elements import Chain, Place, place_of
from chainrule.passes.simplify import Simplifier
from chainrule.passes.simplify_places import gathered, scattered
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.joining import STACK
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO

_ARITHMETIC = frozenset({a.ADD, a.SUBTRACT, a.MULTIPLY, a.NEGATIVE, a.SQUARE})
ARITHMETIC = 6
"""Up to so many operations are done again at a place, rather than kept for all places."""
ROW = 32
"""Rows of fewer numbers are read from what was computed for all."""
SMALL = 4
"""What is added at a place of this many times as many elements is added there; else both are computed in one loop."""
PLACED = 8
"""Up to so many large parts are pieces of the loop that reads them; more are added in one array, as the small ones are."""


def index(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x where all of it is taken, and the number that is everywhere; gather at the places of arrays."""
    x, *arrays = operands
    template = parameters["template"]
    if arrays:
        return gathered(s, x, arrays, template, shape)
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
        return scattered(s, x, v, arrays, template, adds=False)
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
        return scattered(s, x, v, arrays, template, adds=True)
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
            return _added_one_by_one(s, x, y)
        if not _is_small(x):
            base, placed = _with_placed(x)
            if base is None or base.dtype != x.dtype:
                return None
            x = s.apply(
                INDEX_ADD, (s.broadcast(base, x.shape), placed.operands[1]), placed.parameters, x.shape, x.dtype
            )
    return s.apply(INDEX_ADD, (x, y.operands[1]), y.parameters, x.shape, x.dtype)


def _added_one_by_one(s: Simplifier, x: Term, y: Term) -> Term | None:
    """Return x + y where x is a sum of many that are zero but at one place: each is added at its place of one array.

    Of a few, one loop computes the sum, in as many pieces as their places overlap in.
    """
    placed = [y]
    while x.primitive is a.ADD and any(map(_is_placed, x.operands)):
        first, second = x.operands
        x, part = (first, second) if _is_placed(second) else (second, first)
        placed.append(part)
    if len(placed) + _is_placed(x) <= PLACED or not all(
        each.shape == x.shape and each.dtype == x.dtype for each in placed
    ):
        return None
    for part in reversed(placed):
        x = s.apply(INDEX_ADD, (x, part.operands[1]), part.parameters, x.shape, x.dtype)
    return x


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

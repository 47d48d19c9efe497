"""Owns sums over pairs of points: what is computed for each of few coordinates becomes as many values of its own.

The differences `x[:, None] - x` of points in space have three numbers for each pair. Loops over so short an axis leave lanes of
vectors empty, and its sum, such as a distance, has to be in memory before anything is done with it. Coordinate by coordinate,
all of it is one loop over pairs.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from chainrule.core.primitive import Elementwise
from chainrule.passes.simplify import FOLDED, Simplifier
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX
from chainrule.primitives.joining import STACK
from chainrule.primitives.shape import BROADCAST_TO, RESHAPE

COORDINATES = 7
"""So many coordinates are told apart."""
REUSED = 8
"""So often each coordinate of a point has to be used: they are copied side by side first."""
OPERATIONS = 40
"""So many operations are written anew for each coordinate."""


def sum_of_components(s: Simplifier, x: Term, axis: tuple[int, ...], shape: Shape) -> Term | None:
    """Return the sum of what is computed of pairs of points, coordinate by coordinate; None where x is nothing of the kind.

    Where the last axis is one of several that are summed, rounding differs as between two orders of one sum.
    """
    last = len(x.shape) - 1
    if last < 2 or not 2 <= x.shape[-1] <= COORDINATES or x.dtype.kind != "f":
        return None
    pairs = _Pairs(s, x)
    parts = pairs.coordinates(x)
    if parts is None or not pairs.are_there:
        return None
    summed = {place % len(x.shape) for place in axis}
    rest = sorted(summed - {last})
    if last in summed:
        return _summed(s, functools.reduce(functools.partial(s.binary, a.ADD), parts), rest, shape)
    totals = [_summed(s, part, rest, shape[:-1]) for part in parts]
    stacked = s.apply(STACK, totals, {}, (len(totals), *shape[:-1]), x.dtype)
    return s.transpose(stacked, (*range(1, len(shape)), 0))


def _summed(s: Simplifier, x: Term, axis: Sequence[int], shape: Shape) -> Term:
    for place in reversed(axis):
        x = s.sum(x, place)
    return s.reshape(x, shape)


class _Pairs:
    """Takes apart what is computed of pairs of points.

    whole: the last value. are_there: whether points met other points so far, and not numbers alone.
    """

    def __init__(self, s: Simplifier, whole: Term) -> None:
        self.s = s
        self.whole = whole
        self.count = whole.shape[-1]
        self.are_there = False
        self._made: dict[int, list[Term]] = {}

    def coordinates(self, term: Term) -> list[Term] | None:
        """Return what a value is for each coordinate; None where it is better left together."""
        found: list[Term] | None = self._made.get(term.index)
        if found is not None:
            return found
        if len(self._made) > OPERATIONS:
            return None
        s, shape = self.s, term.shape[:-1]
        if not term.shape or term.shape[-1] == 1:
            found = [s.reshape(term, shape)] * self.count
        elif isinstance(term.primitive, Elementwise):
            points = [each for each in term.operands if each.shape[-1:] == (self.count,) and uniform(each) is None]
            self.are_there = self.are_there or (len(points) > 1 and all(each.shape != term.shape for each in points))
            operands = [self.coordinates(operand) for operand in term.operands]
            given = [each for each in operands if each is not None]
            if len(given) == len(operands):
                primitive, parameters = term.primitive, term.parameters
                found = [s.apply(primitive, each, parameters, shape, term.dtype) for each in zip(*given, strict=True)]
        elif term.primitive is BROADCAST_TO or _adds_axes(term):
            inner = self.coordinates(term.operands[0])
            move = s.broadcast if term.primitive is BROADCAST_TO else s.reshape
            found = None if inner is None else [move(each, shape) for each in inner]
        elif REUSED * term.size <= self.whole.size or uniform(term) is not None or self._is_known(term):
            found = self._side_by_side(term, shape)
        if found is not None:
            self._made[term.index] = found
        return found

    def _is_known(self, term: Term) -> bool:
        return term.is_constant and term.size <= FOLDED

    def _side_by_side(self, term: Term, shape: Shape) -> list[Term]:
        """Return the coordinates of points, copied so that those of one kind lie side by side."""
        s, size = self.s, math.prod(shape)
        turned = s.transpose(term, (len(shape), *range(len(shape))))
        line = s.reshape(turned, (self.count * size,))
        places = [slice(begin, begin + size) for begin in range(0, self.count * size, size)]
        parts = [s.apply(INDEX, (line,), {"template": place}, (size,), term.dtype) for place in places]
        return [s.reshape(part, shape) for part in parts]


def _adds_axes(term: Term) -> bool:
    """Whether a value is its operand with more axes of length one, none of them the last."""
    if term.primitive is INDEX and len(term.operands) == 1:
        template = term.parameters["template"]
        entries = template if isinstance(template, tuple) else (template,)
        if not all(entry is None or entry is Ellipsis or entry == FULL for entry in entries):
            return False
    elif term.primitive is not RESHAPE:
        return False
    before, after = term.operands[0].shape, term.shape
    return before[-1:] == after[-1:] and [n for n in before if n != 1] == [n for n in after if n != 1]

"""Owns the steps of a program: what is done at once, and the pieces of memory that loops fill."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.native.memory.layout import basic_index, contiguous, region_shape
from chainrule.passes.places import GATHER, SCATTER
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.passes.weaving import WEAVE
from chainrule.primitives.indexing import INDEX_ADD
from chainrule.primitives.joining import STACK
from chainrule.primitives.order import MAX, MIN
from chainrule.primitives.reduction import PROD, SUM
from chainrule.primitives.sequence import CUMMAX, CUMMIN, CUMPROD, CUMSUM, RECURRENCE
from chainrule.primitives.shape import BROADCAST_TO, CONCATENATE, PAD, RESHAPE

REDUCTIONS: dict[Primitive | None, str] = {SUM: "sum", PROD: "prod", MAX: "max", MIN: "min"}
ACCUMULATIONS: dict[Primitive | None, str] = {
    CUMSUM: "sum", CUMPROD: "prod", CUMMAX: "max", CUMMIN: "min", RECURRENCE: "recurrence",
}  # fmt: skip
READ_IN_MEMORY: dict[Primitive | None, int] = {GATHER: 0, RECURRENCE: 1}
"""Which operand is read where it is, by other indices than those of the loop that writes the result."""


class Piece(NamedTuple):
    """What a loop leaves in memory: `term` at every point, by `how` into `target`, with strides for each axis of the space.

    places: terms, with strides, that say where besides; they spread over the first `spread` axes of the space.
    beside: a term that is left next to each element, which are two apart along the last axis.
    """

    term: Term
    how: str
    target: Term
    offset: int
    strides: Shape
    places: tuple[tuple[Term, int], ...] = ()
    spread: int = 0
    beside: Term | None = None

    @property
    def reads(self) -> list[Term]:
        """What is computed at every point."""
        if not self.places and self.beside is None:
            return [self.term]
        return [self.term, *(place for place, _ in self.places), *([] if self.beside is None else [self.beside])]


@dataclass(slots=True)
class Step:
    """One thing to do: "cell", "loop", "product", "call" or "assemble" (which comes before the loops of its pieces).

    A "scatter" is a loop whose rows may write to the same memory: they are worked off in order. What is assembled for
    "lapack" or "accumulate" is then worked on in its memory.
    """

    kind: str
    term: Term | None = None
    domain: Shape = ()
    pieces: list[Piece] = field(default_factory=list)
    operations: int = 0


def reduced(term: Term) -> Piece:
    """Return what a reduction leaves in memory."""
    domain, axis = term.operands[0].shape, {place % len(term.operands[0].shape) for place in term.parameters["axis"]}
    kept = tuple(length for place, length in enumerate(domain) if place not in axis)
    strides = iter(contiguous(kept))
    return Piece(
        term.operands[0], REDUCTIONS[term.primitive], term, 0,
        tuple(0 if place in axis else next(strides) for place in range(len(domain))),
    )  # fmt: skip


def assembled(term: Term) -> list[Piece]:
    """Return the parts of a term that is put together in its memory."""
    whole = contiguous(term.shape)
    if term.primitive is RESHAPE:
        return [Piece(term.operands[0], "store", term, 0, contiguous(term.operands[0].shape))]
    if term.primitive in ACCUMULATIONS:
        return _started(term.operands[0], term)
    if term.primitive is STACK:
        return [Piece(part, "store", term, place * whole[0], whole[1:]) for place, part in enumerate(term.operands)]
    if term.primitive is WEAVE:
        grid, axes = term.parameters["grid"], term.parameters["axes"]
        strides = tuple(stride for axis, stride in enumerate(whole) if axis not in axes)
        if len(grid) == 1 and whole[axes[0]] == 1:
            one, other = term.operands
            return [Piece(one, "store", term, 0, strides, beside=other)]
        places = [sum(at * whole[axis] for at, axis in zip(place, axes, strict=True)) for place in np.ndindex(grid)]
        return [Piece(part, "store", term, at, strides) for part, at in zip(term.operands, places, strict=True)]
    if term.primitive is CONCATENATE:
        axis = term.parameters["axis"] % len(term.shape)
        pieces, start = [], 0
        for part in term.operands:
            pieces.append(Piece(part, "store", term, start * whole[axis], whole))
            start += part.shape[axis]
        return pieces
    if term.primitive is PAD:
        before = (first for first, _ in term.parameters["widths"])
        return [Piece(term.operands[0], "store", term, sum(map(operator.mul, before, whole)), whole)]
    if term.primitive is SCATTER:
        x, v, *places = term.operands
        spread = len(v.shape) - len(x.shape) + len(places)
        how = "add" if term.parameters["adds"] else "store"
        strides = (*(0,) * spread, *whole[len(places) :])
        steps = tuple(zip(places, whole, strict=False))
        return [*_started(x, term), Piece(v, how, term, 0, strides, steps, spread)]
    x, v = term.operands
    axes, fixed = basic_index(term.parameters["template"], term.shape)
    region = region_shape(term.parameters["template"], term.shape)
    offset = sum(at * whole[place] for place, at in fixed.items())
    steps_along = []
    for entry in axes:
        steps_along.append(0 if entry.source is None else entry.step * whole[entry.source])
        offset += 0 if entry.source is None else entry.start * whole[entry.source]
    how = "add" if term.primitive is INDEX_ADD else "store"
    return [*_started(x, term), Piece(_spread(v, region), how, term, offset, tuple(steps_along))]


def number_at_first(term: Term) -> Any:
    """Return the number that is in all of the memory of an assembled term at first; None where none has to be."""
    if term.primitive is PAD:
        return 0
    x = term.operands[0]
    return uniform(x) if x.shape == term.shape else None


def _started(x: Term, term: Term) -> list[Piece]:
    """Return the piece that is in the memory of a term at first, unless it is one number."""
    return [] if uniform(x) is not None else [Piece(x, "store", term, 0, contiguous(term.shape))]


def _spread(v: Term, region: Shape) -> Term:
    """Return `v` broadcast to the region that it is assigned to."""
    return v if v.shape == region else Term(-v.index - 1, BROADCAST_TO, (v,), {"shape": region}, region, v.dtype)

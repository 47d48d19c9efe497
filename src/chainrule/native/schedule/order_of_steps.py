"""Owns the order of the steps of a schedule: which values one loop leaves, and what comes between the loops."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.native.memory.layout import contiguous
from chainrule.native.memory.steps import ACCUMULATIONS, Piece, Step, assembled, reduced
from chainrule.native.schedule.costs import APART
from chainrule.native.schedule.roles import Role
from chainrule.native.schedule.schedule import Schedule
from chainrule.native.writing.lapack import has_lapack, lapack_pieces
from chainrule.passes.terms import Shape, Term

TOGETHER = 12
"""Up to so many parts of one shape that lie apart are written by one loop."""
CROWD, FEW, SIMPLE = 32, 4, 20
"""More values than a crowd, of so many operations on average, are left by loops for a few of them each: these are mostly equal,
since it is programs that repeat themselves which have so many."""


def steps_of(schedule: Schedule) -> list[Step]:
    """Return what to do, in order."""
    levels: dict[int, list[Term]] = {}
    for term in schedule.order:
        levels.setdefault(schedule.level[term.index], []).append(term)
    return [step for level in sorted(levels) for step in _of_level(schedule, levels[level])]


def _of_level(schedule: Schedule, terms: list[Term]) -> list[Step]:
    """Return the steps of one level: what stays in registers, the loops, and what needs all of their values."""
    steps: list[Step] = []
    loops: dict[Shape, list[Piece]] = {}
    late: list[Step] = []
    for term in terms:
        role = schedule.roles[term.index]
        if role is Role.CELL:
            steps.append(Step("cell", term))
        elif role is Role.POINT and term.index in schedule.kept:
            loops.setdefault(term.shape, []).append(Piece(term, "store", term, 0, contiguous(term.shape)))
        elif role is Role.REDUCE:
            loops.setdefault(term.operands[0].shape, []).append(reduced(term))
        elif role is Role.ASSEMBLE:
            late.extend(_assembly(schedule, term))
        elif role is Role.PRODUCT:
            late.append(Step("product", term))
        elif role is Role.CALL:
            late.append(Step("call", term))
    for domain, pieces in loops.items():
        steps.extend(_loops(schedule, domain, pieces))
    return steps + late


def _loops(schedule: Schedule, domain: Shape, pieces: list[Piece]) -> Iterable[Step]:
    """Return one loop for all, or for a few each."""
    work = sum(schedule.cost.get(piece.term.index, 0) for piece in pieces)
    count = FEW if len(pieces) > CROWD and work <= SIMPLE * len(pieces) else len(pieces)
    for start in range(0, len(pieces), count):
        yield _loop(schedule, domain, pieces[start : start + count])


def _loop(schedule: Schedule, domain: Shape, pieces: list[Piece]) -> Step:
    kind = "scatter" if any(piece.places for piece in pieces) else "loop"
    return Step(kind, None, domain, pieces, schedule.operations(pieces))


def _assembly(schedule: Schedule, term: Term) -> Iterable[Step]:
    """Return what puts a term together in its memory."""
    yield Step("assemble", term)
    pieces = lapack_pieces(term) if has_lapack(term) else assembled(term)
    if term.primitive in APART and len(pieces) <= TOGETHER:
        yield _loop(schedule, pieces[0].term.shape, pieces)
        return
    for piece in pieces[1:] if term.index in schedule.in_place else pieces:
        yield _loop(schedule, piece.term.shape, [piece])
    if has_lapack(term):
        yield Step("lapack", term)
    elif term.primitive in ACCUMULATIONS:
        yield Step("accumulate", term)

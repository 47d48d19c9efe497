"""Owns what is put together of several derivations: the gradient, and the Hessian with its mixed partials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from chainrule.explain.derivation.account import Value
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import Question, derive, value_at
from chainrule.explain.derivation.results import Gradient, Hessian, Result
from chainrule.explain.derivation.sampled import SampledExpression
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.conditions import simplified

Entry = TypeVar("Entry")

MIXED = (
    "Mixed partials are equal where they are continuous: each is derived in one order, and the engine's derivative in "
    "the other order agrees"
)


def gradient(question: Question, firsts: Sequence[Derivation]) -> Derivation:
    """Return the partial derivatives as one derivation."""
    values = tuple(part.value for part in firsts if isinstance(part.value, float))
    known = values if question.point is not None else None
    return _together(question, firsts, 1, Gradient(tuple(map(_result, firsts))), firsts, known)


def hessian(question: Question, firsts: Sequence[Derivation]) -> Derivation:
    """Return the matrix of second partial derivatives as one derivation.

    Where the second partials are continuous the order in which they are taken does not matter (Schwarz, 1873), so that
    half of the mixed ones need no derivation. Each of these is compared with the engine all the same.
    """
    count = len(firsts)
    seconds: dict[tuple[int, int], Derivation] = {}
    for row in range(count):
        for column in range(row, count):
            seconds[row, column] = _second(question, firsts, row, column)
    results = _symmetric(count, {place: _result(part) for place, part in seconds.items()})
    values: Value | None = None
    if question.point is not None:
        known = {place: part.value for place, part in seconds.items() if isinstance(part.value, float)}
        values = _symmetric(count, known)
    parts = (*firsts, *seconds.values())
    return _together(question, firsts, 2, Hessian(tuple(map(Gradient, results))), parts, values)


def mixed(question: Question, turns: Sequence[str], first: Derivation) -> Derivation:
    """Return the derivative by several variables in turn, of which `first` is the one by the first of them."""
    parts = [first]
    for count in range(2, len(turns) + 1):
        parts.append(_next(question, parts[-1], tuple(turns[:count])))
    known = [part.verified for part in parts if part.verified is not None]
    return replace(
        first,
        wrt=tuple(turns),
        order=len(turns),
        steps=tuple(step for part in parts for step in part.steps),
        result=parts[-1].result,
        conditions=simplified(condition for part in parts for condition in part.conditions),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        value=parts[-1].value,
        verified=max(known) if len(known) == len(parts) else None,
        partials=tuple(parts),
        route="one variable after another",
    )


def _next(question: Question, before: Derivation, turns: tuple[str, ...]) -> Derivation:
    """Return the derivation of the last of several derivatives in turn, from the one before."""
    slope = _result(before).expression
    source = replace(question.source, expression=slope, label=None, branches=before.conditions, notes=())
    answer = derive(replace(question, source=source, sampled=SampledExpression(slope)), turns[-1])
    value, said = value_at(question, turns, answer)
    return replace(
        before,
        expression=slope,
        wrt=turns[-1:],
        label=None,
        steps=answer.steps,
        result=Result(answer.expression, before.names),
        conditions=answer.conditions,
        notes=(*answer.notes, *said),
        value=value,
        verified=answer.verified,
        route=answer.steps[0].rule,
    )


def _symmetric(count: int, entries: dict[tuple[int, int], Entry]) -> tuple[tuple[Entry, ...], ...]:
    return tuple(tuple(entries[min(i, j), max(i, j)] for j in range(count)) for i in range(count))


def _second(question: Question, firsts: Sequence[Derivation], row: int, column: int) -> Derivation:
    """Return the derivation of one second partial from a first one."""
    first, name = firsts[row], firsts[column].wrt[0]
    second = _next(question, first, (first.wrt[0], name))
    if row == column:
        return second
    other, reached = _result(firsts[column]).expression, _result(second).expression
    worst = verify(SampledExpression(other), reached, first.names, first.wrt[0], second.conditions)
    both = None if worst is None or second.verified is None else max(worst, second.verified)
    return replace(second, notes=second.notes if worst is None else (MIXED, *second.notes), verified=both)


def _result(part: Derivation) -> Result:
    assert isinstance(part.result, Result)
    return part.result


def _together(
    question: Question,
    firsts: Sequence[Derivation],
    order: int,
    result: Gradient | Hessian,
    parts: Sequence[Derivation],
    value: Value | None,
) -> Derivation:
    source = question.source
    known = [part.verified for part in parts if part.verified is not None]
    return Derivation(
        expression=source.expression,
        label=source.label,
        names=source.names,
        wrt=tuple(part.wrt[0] for part in firsts),
        order=order,
        steps=tuple(step for part in parts for step in part.steps),
        result=result,
        conditions=simplified(condition for part in parts for condition in part.conditions),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        at=None if question.point is None else tuple(question.point.items()),
        value=value,
        verified=max(known) if len(known) == len(parts) else None,
        partials=tuple(parts),
        detail=question.detail,
        route="gradient" if order == 1 else "Hessian",
    )

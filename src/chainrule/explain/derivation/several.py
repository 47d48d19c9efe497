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


def _symmetric(count: int, entries: dict[tuple[int, int], Entry]) -> tuple[tuple[Entry, ...], ...]:
    return tuple(tuple(entries[min(i, j), max(i, j)] for j in range(count)) for i in range(count))


def _second(question: Question, firsts: Sequence[Derivation], row: int, column: int) -> Derivation:
    """Return the derivation of one second partial from a first one."""
    first, name = firsts[row], firsts[column].wrt[0]
    slope = _result(first).expression
    source = replace(question.source, expression=slope, label=None, branches=first.conditions, notes=())
    inner = replace(question, source=source, sampled=SampledExpression(slope))
    answer = derive(inner, name)
    value, said = value_at(question, (first.wrt[0], name), answer)
    notes, verified = (*answer.notes, *said), answer.verified
    if row != column:
        other = _result(firsts[column]).expression
        worst = verify(SampledExpression(other), answer.expression, first.names, first.wrt[0], answer.conditions)
        notes = notes if worst is None else (MIXED, *notes)
        verified = None if worst is None or verified is None else max(worst, verified)
    return replace(
        first,
        expression=slope,
        wrt=(name,),
        label=None,
        steps=answer.steps,
        result=Result(answer.expression, first.names),
        conditions=answer.conditions,
        notes=notes,
        value=value,
        verified=verified,
        route=answer.steps[0].rule,
    )


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

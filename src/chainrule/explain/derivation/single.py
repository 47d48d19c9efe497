"""Owns the derivation by one variable as a whole record, and typed functions as questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.curves.tangent import breaks, line_sentences
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import Question, derive, value_at
from chainrule.explain.derivation.recorded import Recorded
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.sampled import Function, SampledExpression
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Number, fold, rebuild
from chainrule.explain.reading.parse import Parsed


def typed(parsed: Parsed, names: Sequence[str], point: Mapping[str, float] | None, detail: Detail) -> Question:
    """Return a typed function of these variables as a question."""
    return found_before(replace(parsed, expression=_with_decimals(parsed.expression)), names, point, detail)


def found_before(parsed: Parsed, names: Sequence[str], point: Mapping[str, float] | None, detail: Detail) -> Question:
    """Return a function that is itself a result as a question: its fractions stay fractions, as in x^(3/2)."""
    expression = parsed.expression
    source = Recorded(expression, tuple(names), parsed.name, (), parsed.notes)
    function: Function = lambda values: evaluate(expression, values)  # noqa: E731
    return Question(source, function, SampledExpression(expression), point, detail)


def _with_decimals(expression: Expression) -> Expression:
    """Return typed mathematics with its decimals written as decimals: the parser reads 0.1 as the exact number."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        if (
            isinstance(node, Number)
            and isinstance(node.value, Fraction)
            and Fraction(str(float(node.value))) == node.value
        ):
            return Number(float(node.value))
        return rebuild(node, operands)

    return fold(expression, combine)


def single(question: Question, name: str, order: int) -> Derivation:
    """Return the derivation with respect to one variable."""
    source = question.source
    answer = derive(question, name, order)
    value, said = value_at(question, (name,) * order, answer)
    return Derivation(
        expression=source.expression,
        label=source.label,
        names=source.names,
        wrt=(name,),
        order=order,
        steps=answer.steps,
        result=Result(answer.expression, source.names),
        conditions=answer.conditions,
        notes=(*answer.notes, *said),
        at=None if question.point is None else tuple(question.point.items()),
        value=value,
        verified=answer.verified,
        detail=question.detail,
        route=answer.steps[0].rule,
    )


def with_tangent(found: Derivation, with_normal: bool = False) -> Derivation:
    """Return a first derivative at a point with the equation of the tangent there, and of the normal where it is wanted."""
    if found.at is None or not isinstance(found.value, float) or found.order > 1 or len(found.names) > 1:
        return found
    by, point = found.wrt[0], dict(found.at)
    of = "y" if found.label in (None, *"fgh") else str(found.label)
    if breaks(partial(evaluate, found.expression), point, (by,)):
        return found
    height = float(evaluate(found.expression, point))
    return replace(
        found, notes=(*found.notes, *line_sentences(by, of, {**point, of: height}, found.value, with_normal))
    )

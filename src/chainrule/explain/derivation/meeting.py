"""Owns what is said of points at which the rules say nothing: where cases meet, and corners such as that of |x|.

There the limit definition decides. It is seen as `limit` sees it: the quotients from the left and from the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import numpy as np

from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.structure import WHERE_CASES_MEET
from chainrule.explain.expressions.cases import cases_of, without_choice
from chainrule.explain.expressions.conditions import excluded_points
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    UNDEFINED,
    Apply,
    Expression,
    Symbol,
    apply,
    depends_on,
    fold,
    free_symbols,
    lift,
    rebuild,
    substitute,
    walk,
)
from chainrule.explain.expressions.neat import is_named
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.limits.function import Section, along
from chainrule.explain.limits.limit import limit_along
from chainrule.explain.limits.record import Limit
from chainrule.explain.limits.writing import number, verdict
from chainrule.primitives.table import BY_NAME

MAX_POINTS = 8
"""Of a function with more such points none is looked at: nobody reads so many sentences."""
MAX_DENOMINATOR = 100
"""A limit that is as close to a fraction as it is known is taken for one up to this denominator."""
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_STRICT = {"less_equal": "less", "greater_equal": "greater"}
_AGREES = 1e-6


@final
@dataclass(frozen=True, slots=True)
class Meeting:
    """A point between cases, or a corner. condition: the one that it breaks. seen: the limit definition there.

    border: whether cases meet there.
    """

    condition: Apply
    at: float
    seen: Limit
    border: bool

    @property
    def point(self) -> Expression:
        """The point as it was typed, such as π."""
        left, right = self.condition.operands
        return right if left == Symbol(self.seen.variable) else lift(self.at)

    def sentence(self, subject: str) -> str:
        """Return what is said of the point."""
        where = f"At {self.seen.variable} = {number(self.at)}{', where the cases meet,' if self.border else ''}"
        said = verdict(self.seen)
        if self.seen.kind == "smooth":
            return f"{where} {subject} is continuous and differentiable: {said}"
        if self.seen.kind == "jump":
            return f"{where} {subject} is not continuous, and {said}"
        if self.seen.kind in ("corner", "cusp", "vertical tangent"):
            return f"{where} {subject} is continuous, but {said}"
        return f"{where} {said}"


def meetings(expression: Expression, name: str, conditions: Sequence[Expression]) -> tuple[Meeting, ...]:
    """Return the points of a function of one variable that break one of the conditions, and at which it has a value."""
    if free_symbols(expression) != (name,):
        return ()
    points = {
        at: condition
        for condition in conditions
        if isinstance(condition, Apply)
        for at in excluded_points(condition, name)
        if math.isfinite(at)
    }
    if len(points) > MAX_POINTS:
        return ()
    found = (_meeting(expression, name, points[at], at) for at in sorted(points))
    return tuple(meeting for meeting in found if meeting is not None)


def _meeting(expression: Expression, name: str, condition: Apply, at: float) -> Meeting | None:
    section = Section("f", name, at, (), along(expression, name, {}))
    if not math.isfinite(section.value(at)):
        return None
    return Meeting(condition, at, limit_along(section), _is_border(expression, name, at))


def _is_border(expression: Expression, name: str, at: float) -> bool:
    choices = [node for node in walk(expression) if isinstance(node, Apply) and is_named(node, "where")]
    return any(_touches(part, name, at) for choice in choices for part in walk(choice.operands[2]))


def _touches(part: Expression, name: str, at: float) -> bool:
    """Return whether a comparison is one of equal numbers at the point."""
    if not isinstance(part, Apply) or part.primitive.name not in _COMPARISONS:
        return False
    with np.errstate(all="ignore"):
        left, right = (evaluate(operand, {name: at}) for operand in part.operands)
    return bool(abs(left - right) <= 1e-12 * (1 + abs(left)))


def settled(found: Sequence[Meeting], result: Expression) -> tuple[Expression, tuple[Expression, ...]]:
    """Return a derivative that is right where cases meet, and the conditions that it does not need any more.

    A case that holds at one point only gets the derivative there, which its own formula does not know; an end such as that of
    x ≤ 1 is left out where there is no derivative.
    """
    free: list[Expression] = []
    for condition in dict.fromkeys(meeting.condition for meeting in found):
        here = [meeting for meeting in found if meeting.condition == condition]
        for meeting in here:
            result = _put_in(meeting, result) if meeting.seen.kind == "smooth" else _left_out(meeting, result)
        if all(meeting.seen.kind == "smooth" and _agrees(meeting, result) for meeting in here):
            free.append(condition)
    return without_choice(result), tuple(free)


def _agrees(meeting: Meeting, result: Expression) -> bool:
    slope = meeting.seen.derivative
    assert slope is not None
    with np.errstate(all="ignore"):
        return bool(abs(evaluate(result, {meeting.seen.variable: meeting.at}) - slope) <= _AGREES * (1 + abs(slope)))


def _put_in(meeting: Meeting, result: Expression) -> Expression:
    """Return the derivative with its value at a point where its formula gives another: in a case x = 0 of its own."""
    name, slope = meeting.seen.variable, meeting.seen.derivative
    if slope is None or _agrees(meeting, result):
        return result
    chain: list[Apply] = []
    last = result
    while is_named(last, "where"):
        _, other, condition = last.operands
        if is_named(condition, "equal") and _touches(condition, name, meeting.at):
            found: Expression = Apply(last.primitive, (_exact(slope), other, condition))
            for node in reversed(chain):
                found = Apply(node.primitive, (node.operands[0], found, node.operands[2]))
            return found
        chain.append(last)
        last = other
    here = apply(BY_NAME["equal"], Symbol(name), meeting.point)
    return apply(BY_NAME["where"], _exact(slope), _left_out(meeting, result), here)


def _exact(slope: float) -> Expression:
    """Return a limit as the fraction that it is close to, or with the digits that are known."""
    near = Fraction(slope).limit_denominator(MAX_DENOMINATOR)
    return lift(near if abs(near - Fraction(slope)) <= 1e-9 * (1 + abs(slope)) else float(f"{slope:.9g}"))


def _left_out(meeting: Meeting, result: Expression) -> Expression:
    """Return the derivative of explicit cases without the point: x ≤ 1 becomes x < 1 where there is no derivative at 1."""
    name = meeting.seen.variable

    def strict(node: Expression, operands: Sequence[Expression]) -> Expression:
        kept = rebuild(node, operands)
        if isinstance(kept, Apply) and kept.primitive.name in _STRICT and _touches(kept, name, meeting.at):
            return Apply(BY_NAME[_STRICT[kept.primitive.name]], kept.operands)
        return kept

    def without(node: Expression, operands: Sequence[Expression]) -> Expression:
        kept = rebuild(node, operands)
        if not isinstance(kept, Apply) or not is_named(kept, "where") or not _is_explicit(kept):
            return kept
        chosen, other, condition = kept.operands
        if is_named(condition, "equal") and _touches(condition, name, meeting.at):
            return other
        return Apply(kept.primitive, (chosen, other, fold(condition, strict)))

    return fold(result, without)


def _is_explicit(choice: Expression) -> bool:
    """Return whether the last case has a condition too."""
    while is_named(choice, "where"):
        choice = choice.operands[1]
    return choice == UNDEFINED


def meeting_step(before: Expression, after: Expression) -> tuple[Step, ...]:
    """Return the step that brings the limit definition in, where it changes the derivative."""
    if before == after:
        return ()
    why = "at their borders the rules say nothing, and the limit definition decides"
    return (Step(WHERE_CASES_MEET, (), before, after, why, (), "assembly"),)


def border_sentence(expression: Expression, derivative: Expression, name: str) -> tuple[str, ...]:
    """Return what is said of the border of two cases where it depends on other variables, or the cases do: what must be equal."""
    if not is_named(expression, "where") or not is_named(derivative, "where") or len(free_symbols(expression)) < 2:
        return ()
    (formulas, _), (slopes, _) = cases_of(expression), cases_of(derivative)
    condition = expression.operands[2]
    if len(formulas) != 2 or len(slopes) != 2 or not isinstance(condition, Apply) or len(condition.operands) != 2:
        return ()
    places = [side for side in condition.operands if not depends_on(side, name)]
    if Symbol(name) not in condition.operands or len(places) != 1 or is_named(condition, "equal", "not_equal"):
        return ()
    here = [tidy(substitute(each, {name: places[0]}))[1] for each in (*formulas, *slopes)]
    with np.errstate(all="ignore"):
        if not all(np.isfinite(evaluate(each, dict.fromkeys(free_symbols(each), 0.7))) for each in here):
            return ()
    left, right, first, second = map(text, here)
    where = f"At {text(Symbol(name))} = {text(places[0])}, where the cases meet, the values are {left} and {right}"
    equal = "the function is continuous where the values are equal, and differentiable where the slopes are equal too"
    return (f"{where}, and the slopes {first} and {second}: {equal}",)

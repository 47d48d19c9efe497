"""Owns the derivation with respect to one variable: the rules, the tidying, and the check."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from chainrule.errors import NotDifferentiableError, TooLongError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.brief import shortened
from chainrule.explain.derivation.differentiate import Differentiation
from chainrule.explain.derivation.formulas import part_names
from chainrule.explain.derivation.meeting import border_sentence, meeting_step, meetings, settled
from chainrule.explain.derivation.phrases import Phrase, in_words
from chainrule.explain.derivation.recorded import Recorded
from chainrule.explain.derivation.sampled import Function, Sampled, SampledExpression, number_at, slope_of
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.conditions import domain_of, nonzero, simplified
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Expression, free_symbols, size, walk
from chainrule.explain.expressions.neat import is_named
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import Move, tidy
from chainrule.explain.limits.function import Section
from chainrule.explain.limits.limit import limit_along
from chainrule.explain.limits.writing import verdict

ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth")
MAX_AGAIN = 500
"""Derivatives with more operations than this are not differentiated again: nobody reads what comes out."""
NOTHING_CHECKED = "No point was found at which the function is finite, so that nothing could be checked"

_NOTES = {
    "heaviside": "step(u) is 1 where u > 0, 0 where u < 0, and 1/2 where u = 0",
    "sign": "sign(u) is 1 where u > 0 and -1 where u < 0",
    "expit": "σ(u) = 1/(1 + e^(-u)), the sigmoid",
    "psi": "ψ is the digamma function, the derivative of ln Γ",
    "gamma": "Γ is the gamma function: n! is Γ(n + 1), between whole numbers, too",
    "binom": "binom(n, k) is n!/(k! (n - k)!), the binomial coefficient",
    "zeta": "ζ(s, x) is the Hurwitz zeta function",
    "gammainc_by_shape": "gammainc_by_shape(n, a, x) is gammainc(a, x), differentiated n times by a",
    "betainc_by_shapes": "betainc_by_shapes(i, j, a, b, x) is betainc(a, b, x), differentiated i times by a and j times by b",
    "equal": "a condition in brackets counts 1 where it holds and 0 elsewhere",
    "less": "a condition in brackets counts 1 where it holds and 0 elsewhere",
    "greater": "a condition in brackets counts 1 where it holds and 0 elsewhere",
}
"""What is said of functions that a reader may not know."""

_RELATIONS = frozenset(("equal", "less", "greater"))


@final
@dataclass(frozen=True, slots=True)
class Question:
    """What is to be derived: the function as an expression, as something to call, and to sample; the point; how much is said."""

    source: Recorded
    function: Function
    sampled: Sampled
    point: Mapping[str, float] | None = None
    detail: Detail = None


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What is found: the steps, the derivative, where it holds, what a reader should know, and the difference found."""

    steps: tuple[Step, ...]
    expression: Expression
    conditions: tuple[Expression, ...]
    notes: tuple[str, ...]
    verified: float | None


def derive(question: Question, name: str, order: int = 1) -> Answer:
    """Return the derivation of the derivative with respect to one variable, checked.

    Raises GradientError should the derivation disagree with the engine, and NoRuleError for what has no rule.
    """
    source = question.source
    steps: list[Step] = []
    current, verified = source.expression, None
    conditions: tuple[Expression, ...] = source.branches
    points = () if question.point is None else (question.point,)
    said: list[str] = []
    left_out: list[Expression] = []
    for count in range(1, order + 1):
        previous = current
        if count > 1:
            refuse_long(previous, count)
        taken, moves, current = differentiated(current, name, source.names, count, question.detail)
        steps += taken
        canceled = [nonzero(factor) for move in moves for factor in move.nonzero]
        used = [condition for step in taken for condition in step.conditions]
        conditions = simplified((*conditions, *domain_of(previous), *used, *canceled))
        sampled = question.sampled if count == 1 else SampledExpression(previous)
        worst = verify(sampled, current, source.names, name, conditions, points)
        verified = worst if verified is None or worst is None else max(verified, worst)
        found = meetings(previous, name, tuple(each for each in conditions if each not in left_out))
        settled_result, free = settled(found, current)
        steps += meeting_step(current, settled_result)
        current, conditions = settled_result, tuple(each for each in conditions if each not in free)
        left_out += [meeting.condition for meeting in found if meeting.condition not in free]
        subject = "the function" if count == 1 else f"the {ORDINALS[count - 1]} derivative"
        said += [meeting.sentence(subject) for meeting in found]
        if count == 1:
            said += border_sentence(previous, current, name)
    notes = (*source.notes, *notes_on(source.expression, current), *said)
    if verified is None:
        notes = (*notes, NOTHING_CHECKED)
    return Answer(tuple(steps), current, conditions, notes, verified)


def refuse_long(previous: Expression, count: int) -> None:
    """Raise TooLongError where a derivative is too long to be differentiated again. count: the order that this would give."""
    if size(previous) > MAX_AGAIN:
        which = ORDINALS[count - 1]
        raise TooLongError(
            f"the {which} derivative is too long to be differentiated again step by step; ask for order={count - 1}"
        )


def differentiated(
    expression: Expression, name: str, names: Sequence[str], count: int = 1, detail: Detail = None
) -> tuple[list[Step], tuple[Move, ...], Expression]:
    """Differentiate once: the rules, then the tidying. count: the order of the derivative that this gives."""
    occurring = free_symbols(expression)
    others = [other for other in names if other != name and other in occurring]
    parts = part_names(expression, name)
    run = Differentiation(name, len(names) > 1, parts, occurring, detail)
    moves, result = tidy(run.run(expression))
    steps = [*run.steps, *map(tidying_step, moves)]
    if detail == "brief":
        steps = shortened(steps)
    said: list[Phrase] = []
    if others:
        said.append(("treat ", *in_words(others), " as constant"))
    if count > 1:
        said.append((f"the {ORDINALS[count]} derivative: differentiate ", expression, " again"))
    steps[0] = replace(steps[0], phrases=(*said, *steps[0].phrases))
    return steps, moves, result


def raw_derivative(expression: Expression, name: str, names: Sequence[str], order: int) -> Expression:
    """Return the derivative as the rules give it; of higher orders only the last derivative is left untidied."""
    for _ in range(order - 1):
        *_, expression = differentiated(expression, name, names)
    run = Differentiation(name, len(names) > 1, part_names(expression, name), free_symbols(expression))
    return run.run(expression)


def tidying_step(move: Move) -> Step:
    """Return a move of algebra as a step."""
    conditions = simplified(map(nonzero, move.nonzero))
    return Step(move.name, (), move.before, move.after, move.why, conditions, "algebra")


def notes_on(*expressions: Expression) -> tuple[str, ...]:
    """Return what is said of functions that a reader may not know."""
    applied = [
        node.primitive.name for expression in expressions for node in walk(expression) if isinstance(node, Apply)
    ]
    powers = [each for expression in expressions for each in walk(expression) if is_named(each, "power")]
    formal = tuple(dict.fromkeys(_of_negative_base(each) for each in powers if _has_negative_base(each)))
    silent = _RELATIONS if "where" in applied else frozenset()
    return (*dict.fromkeys(_NOTES[name] for name in applied if name in _NOTES and name not in silent), *formal)


def _has_negative_base(power: Apply) -> bool:
    base, exponent = power.operands
    return not free_symbols(base) and bool(free_symbols(exponent)) and float(evaluate(base, {})) < 0


def _of_negative_base(power: Apply) -> str:
    return (
        f"{text(power)} is a real number only where {text(power.operands[1])} is a whole number, or a fraction with an odd "
        "number below the line: no interval belongs to its domain, so that it has no derivative, and the formula is formal"
    )


def value_at(question: Question, by: Sequence[str], answer: Answer) -> tuple[float | None, tuple[str, ...]]:
    """Return the engine's derivative at the point, by each of the variables in turn, and what is said of it.

    Raises NotDifferentiableError where there is none.
    """
    point = question.point
    if point is None:
        return None, ()
    slope = question.function
    for name in by:
        slope = slope_of(slope, name)
    before = question.function
    for name in by[:-1]:
        before = slope_of(before, name)
    with np.errstate(all="ignore"):
        height = number_at(question.function, point)
        value = number_at(slope, point)
        formula = float(evaluate(answer.expression, point))
        broken = [condition for condition in answer.conditions if not bool(evaluate(condition, point))]
    where = ", ".join(f"{key} = {number:g}" for key, number in point.items())
    needs = f"it needs {', '.join(text(condition) for condition in broken)}"
    # A height beyond the largest float, as of x^2 at 1e200, does not matter; one that is no number does.
    if not broken and math.isfinite(value) and abs(height) <= math.inf and _is_close(value, formula):
        return value, ()
    shown = text(question.source.expression)
    if not broken and not math.isfinite(value):
        raise NotDifferentiableError(
            f"the derivative of {shown} cannot be computed at {where}: a value on the way is too large for a "
            "floating-point number, or the function is not smooth there"
        )
    if not math.isfinite(value) or not math.isfinite(height) or abs(formula) == math.inf:
        raise NotDifferentiableError(f"the derivative of {shown} does not exist at {where}: {needs}")
    moved = by[-1]
    seen = limit_along(Section("f", moved, point[moved], (), lambda moving: before({**point, moved: moving})))
    if seen.kind == "smooth" and seen.derivative is not None:
        return seen.derivative, ()
    if not broken:
        return value, ()
    why = "" if any(verdict(seen) in note for note in answer.notes) else f"; {verdict(seen)}"
    return value, (
        f"At {where} this does not hold ({needs}); the value is what the rule takes there by convention{why}",
    )


def _is_close(value: float, formula: float) -> bool:
    return not math.isfinite(formula) or abs(value - formula) <= 1e-6 * (1 + abs(value))

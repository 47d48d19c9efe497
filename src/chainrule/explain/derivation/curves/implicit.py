"""Owns implicit differentiation: both sides by the rules of the table, y being a function of x, then solved for dy/dx.

The one thing that is new is that y changes with x: `Symbol("y", of=("x",))`. The chain rule does the rest, and leaves dy/dx
in the derivatives of both sides, which are linear in it. What is found is checked along the curve itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.brief import shortened
from chainrule.explain.derivation.curves.point import point_on, shown
from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.derivation.curves.tangent import breaks, line_sentences
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import (
    ORDINALS,
    notes_on,
    raw_derivative,
    refuse_long,
    tidying_step,
)
from chainrule.explain.derivation.differentiate import Differentiation
from chainrule.explain.derivation.formulas import part_names
from chainrule.explain.derivation.phrases import Phrase, equation, in_words
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.structure import (
    BOTH_SIDES,
    BOTH_SIDES_KNOWN,
    COLLECT,
    DIVIDE,
    FACTOR,
    PUT_IN,
    USE_THE_CURVE,
)
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.algebra import sum_terms
from chainrule.explain.expressions.conditions import domain_of, nonzero, simplified
from chainrule.explain.expressions.expression import (
    Derivative,
    Expression,
    Symbol,
    fold,
    free_symbols,
    rebuild,
    substitute,
)
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.parts import signed_sum
from chainrule.explain.expressions.rational import factored, reduced
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.curves import Implicit

_WHY_THE_CURVE = "its two sides are equal, and stand for one another"
_NO_POINT = "No point of the curve was found where the formula could be checked: the curve may have none, or hardly any"
_SLOPE = "~slope"
"""A name that nobody can type."""


@final
@dataclass(slots=True)
class Run:
    """One derivation on its way: the sides, y being a function of x; the steps and conditions so far."""

    left: Expression
    right: Expression
    height: Symbol
    by: str
    detail: Detail
    steps: list[Step]
    conditions: list[Expression]

    @property
    def slope(self) -> Derivative:
        """Return dy/dx, as it stands in a step."""
        return self.pending(self.height)

    def pending(self, body: Expression) -> Derivative:
        """Return a derivative that is still to be taken."""
        return Derivative(body, self.by, len(self.height.of) > 1)

    def rules(self, expression: Expression) -> tuple[list[Step], Expression]:
        """Return the steps by the rules, and the derivative that they give."""
        taken = tuple(dict.fromkeys((*free_symbols(self.left), *free_symbols(self.right))))
        parts = part_names(self.left - self.right, self.by)
        run = Differentiation(self.by, len(self.height.of) > 1, parts, taken, self.detail)
        result = run.run(expression)
        self.conditions += (condition for step in run.steps for condition in step.conditions)
        return (shortened(run.steps) if self.detail == "brief" else run.steps), result

    def tidied(self, expression: Expression) -> Expression:
        """Return an expression tidied, and note the steps."""
        moves, result = tidy(expression)
        self.conditions += (nonzero(factor) for move in moves for factor in move.nonzero)
        steps = [*map(tidying_step, moves)]
        self.steps += shortened(steps) if self.detail == "brief" else steps
        return result

    def tie(self, expression: Expression) -> Expression:
        """Return an expression in which the height changes with what it is a function of."""
        return substitute(expression, {self.height.name: self.height})

    def note(self, rule: str, before: Expression, after: Expression, why: str, *phrases: Phrase) -> None:
        """Add a step that belongs to the equation, not to the table."""
        self.steps.append(Step(rule, phrases, before, after, why, (), "algebra"))


def implicit(curve: Implicit, wrt: str | None, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of dy/dx on a curve, or of a higher derivative; at a point of it the tangent is said too.

    Raises ValueError where it is not clear which derivative is asked for, or the point is not on the curve;
    NotDifferentiableError at a point that is singular; TooLongError where nobody would read it all.
    """
    of, by = curve.coordinates(wrt)
    others = tuple(name for name in curve.names if name not in (of, by))
    names = (by, of, *others)
    along = SampledOnCurve(Symbol(of), curve.left, curve.right, of, by)
    point = None if at is None else point_on(along, names, at)
    height = Symbol(of, curve.variables_of(of, by))
    left, right = (substitute(side, {of: height}) for side in (curve.left, curve.right))
    run = Run(left, right, height, by, detail, [], [])
    run.conditions += (*domain_of(run.left), *domain_of(run.right))
    first = first_derivative(run, others)
    found, verified = [first], [_checked(run, along, Symbol(of), first, names, point)]
    for count in range(2, order + 1):
        found.append(_again(run, found[-1], first, count))
        verified.append(_checked(run, along, found[-2], found[-1], names, point))
    result = _untied(run, found[-1])
    untied = [_untied(run, each) for each in found]
    value, said = (None, ()) if point is None else _at_the_point(along, point, untied, curve.normal)
    known = [worst for worst in verified if worst is not None]
    notes = (*curve.notes, *notes_on(curve.left, curve.right, result), *said)
    return Derivation(
        expression=height,
        label=of,
        names=names,
        wrt=(by,),
        order=order,
        steps=tuple(run.steps),
        result=Result(result, names),
        conditions=_conditions(run, result),
        notes=notes if known else (*notes, _NO_POINT),
        at=None if point is None else tuple(point.items()),
        value=value,
        verified=max(known) if len(known) == len(verified) else None,
        detail=detail,
        route=BOTH_SIDES,
        given=(equation(curve.left, curve.right),),
    )


def _untied(run: Run, expression: Expression) -> Expression:
    return substitute(expression, {run.height.name: Symbol(run.height.name)})


def _conditions(run: Run, result: Expression) -> tuple[Expression, ...]:
    return simplified([_untied(run, each) for each in (*run.conditions, *domain_of(result))])


def first_derivative(run: Run, others: Sequence[str]) -> Expression:
    """Return dy/dx, and note the steps to it."""
    left, right = neat(run.left), neat(run.right)
    said: list[Phrase] = [("the equation ", equation(left, right))]
    said.append((run.height, " changes with ", Symbol(run.by), ", so that the chain rule gives ", run.slope))
    if others:
        said.append(("treat ", *in_words(others), " as constant"))
    why = "they are equal wherever the equation holds, and so are their derivatives"
    run.steps.append(Step(BOTH_SIDES, tuple(said), run.pending(left), run.pending(right), why, (), "assembly"))
    sides: list[Expression] = []
    for side in (left, right):
        steps, derivative = run.rules(side)
        run.steps += steps
        sides.append(derivative)
    first, second = sides
    run.note(BOTH_SIDES_KNOWN, first, second, "both derivatives are known now")
    return _solved(run, first, second)


def _solved(run: Run, left: Expression, right: Expression) -> Expression:
    """Return dy/dx from an equation that is linear in it."""
    gap = _with_slope(run, left - right, Symbol(_SLOPE))
    # The equation is A + B dy/dx = 0: B is its derivative by dy/dx, by the rules again, and A is what is left at dy/dx = 0.
    _, factor = tidy(raw_derivative(gap, _SLOPE, (_SLOPE,), 1))
    _, rest = tidy(neat(substitute(gap, {_SLOPE: ZERO})))
    if factor == ZERO:
        raise NotDifferentiableError(
            f"the equation does not tell how {run.height.name} changes: it has no part in the derivatives of both sides"
        )
    opposite = _opposite(rest)
    if _is_opposite(factor):
        factor, opposite = _opposite(factor), rest
    collected = neat(factor * run.slope)
    if (collected, opposite) != (left, right):
        run.note(COLLECT, collected, opposite, "terms change their sign on the way to the other side")
    if factor == ONE:
        return opposite
    quotient = neat(opposite / factor)
    run.note(DIVIDE, run.slope, quotient, "both sides are divided by what stands at the derivative")
    run.steps[-1] = replace(run.steps[-1], conditions=(nonzero(factor),))
    return run.tidied(quotient)


def _opposite(expression: Expression) -> Expression:
    """Return a sum with the signs of its terms changed, those with a plus first; -(a + b) stays."""
    signed = sorted(((-sign, term) for sign, term in sum_terms(expression)), key=lambda part: -part[0])
    return neat(signed_sum(signed)) if signed[0][0] > 0 else tidy(neat(-expression))[1]


def _is_opposite(expression: Expression) -> bool:
    """Return whether every term of a sum has a minus sign."""
    return expression == MINUS_ONE or all(sign < 0 for sign, _ in sum_terms(expression))


def _with_slope(run: Run, expression: Expression, value: Expression) -> Expression:
    """Return the expression with `value` for dy/dx."""
    slope = run.slope
    return fold(expression, lambda node, operands: value if node == slope else rebuild(node, operands))


def _again(run: Run, previous: Expression, first: Expression, count: int) -> Expression:
    """Return the next derivative, and note the steps to it."""
    refuse_long(previous, count)
    steps, raw = run.rules(previous)
    if steps:
        said: Phrase = (f"the {ORDINALS[count]} derivative: differentiate ", previous, " again")
        steps[0] = replace(steps[0], phrases=(said, *steps[0].phrases))
    run.steps += steps
    current = neat(_with_slope(run, raw, first))
    if current != raw:
        run.note(PUT_IN, raw, current, "it is known from the first derivative")
    current = run.tidied(current)
    gap = neat(run.left - run.right)
    known = (
        (FACTOR, "over one line, terms cancel", factored),
        (USE_THE_CURVE, _WHY_THE_CURVE, lambda e: reduced(e, gap)),
    )
    for rule, why, rewrite in known:
        shorter = run.tie(rewrite(current))
        if len(text(shorter)) < len(text(current)):
            run.note(rule, current, shorter, why)
            current = shorter
    return current


def _checked(
    run: Run,
    along: SampledOnCurve,
    function: Expression,
    result: Expression,
    names: Sequence[str],
    point: dict[str, float] | None,
) -> float | None:
    """Return the largest difference between a derivative, the engine's, and the limit of quotients along the curve."""
    shown_result = _untied(run, result)
    sampled = along.of_expression(_untied(run, function))
    return verify(
        sampled, shown_result, names, run.by, _conditions(run, shown_result), () if point is None else (point,)
    )


def _at_the_point(
    along: SampledOnCurve, point: dict[str, float], found: Sequence[Expression], with_normal: bool
) -> tuple[float | None, tuple[str, ...]]:
    """Return the engine's derivative at a point of the curve, and what is said of its tangent.

    Raises NotDifferentiableError at a singular point, where the equation gives 0/0, and where its sides have corners or jumps.
    """
    if breaks(along.gap, point, (along.by, along.of)):
        raise NotDifferentiableError(
            f"the curve has no tangent at {shown(point)}, as far as the equation tells: its sides have a corner or a jump there"
        )
    one = {name: np.array([value]) for name, value in point.items()}
    slope, other = (float(line.direction(one)[0]) for line in (along, replace(along, of=along.by, by=along.of)))
    if not math.isfinite(slope) and other == 0:
        return None, line_sentences(along.by, along.of, point, math.inf, with_normal)
    if not math.isfinite(slope):
        raise NotDifferentiableError(
            f"the equation gives no slope at {shown(point)}: both partial derivatives are 0 there, or do not exist, "
            "so that the curve may cross itself, or have a corner or a tip"
        )
    said = line_sentences(along.by, along.of, point, slope, with_normal)
    if len(found) == 1:
        return slope, said
    return float(along.of_expression(found[-2]).slopes(one, along.by)[0]), said

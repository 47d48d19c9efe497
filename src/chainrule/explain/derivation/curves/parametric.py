"""Owns curves by a parameter: dx/dt and dy/dt by the rules of the table, and dy/dx as their quotient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.brief import shortened
from chainrule.explain.derivation.curves.point import shown
from chainrule.explain.derivation.curves.tangent import EXACT, breaks, line_sentences
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import (
    NOTHING_CHECKED,
    ORDINALS,
    differentiated,
    notes_on,
    refuse_long,
    tidying_step,
)
from chainrule.explain.derivation.phrases import Phrase, equation
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.sampled import SampledExpression
from chainrule.explain.derivation.structure import QUOTIENT_OF_SPEEDS
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.conditions import domain_of, nonzero, simplified
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expansion import split_fraction
from chainrule.explain.expressions.expression import (
    Apply,
    Derivative,
    Expression,
    Symbol,
    depends_on,
    free_symbols,
    walk,
)
from chainrule.explain.expressions.neat import ONE, ZERO, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.parts import split_constants
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.curves import Parametric
from chainrule.explain.reading.point import point_of
from chainrule.primitives.steps import STEP

WHY_QUOTIENT = "both change with the parameter: the chain rule says dy/dt = dy/dx dx/dt"


def parametric(curve: Parametric, wrt: str | None, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of dy/dx of a curve by a parameter, or of a higher derivative; at a point the tangent is said too.

    Raises ValueError where it is to be differentiated by something else than its first coordinate, and
    NotDifferentiableError where the curve stands still, so that the quotient is 0/0.
    """
    by, of, name = curve.by, curve.of, curve.parameter
    if wrt not in (None, by):
        problem = f"of the curve {curve.shown} the derivative d{of}/d{by} is found"
        raise ValueError(f"{problem}; expected wrt={by!r}, or one coordinate alone for its derivative by {wrt}")
    symbols = dict.fromkeys((name, *free_symbols(curve.across), *free_symbols(curve.up)))
    names = tuple(symbols)
    height = Symbol(of, (by,))
    steps, conditions = [], [*domain_of(curve.across), *domain_of(curve.up)]
    speeds: list[Expression] = []
    for coordinate in (curve.across, curve.up):
        taken, moves, speed = differentiated(coordinate, name, names, 1, detail)
        steps += taken
        conditions += (nonzero(factor) for move in moves for factor in move.nonzero)
        conditions += (condition for step in taken for condition in step.conditions)
        speeds.append(speed)
    if speeds[0] == ZERO:
        raise NotDifferentiableError(
            f"{by} does not change with {name}: the curve is a vertical line, and has no slope"
        )
    point = None if at is None else point_of(names, at)
    found, known = [curve.up], [_checked(curve.across, speeds[0], names, name, conditions, point)]
    for count in range(1, order + 1):
        if count > 1:
            taken, moves, speed = _again(found[-1], name, names, count, detail)
            steps += taken
            conditions += (nonzero(factor) for move in moves for factor in move.nonzero)
            speeds[1] = speed
        quotient, more, canceled = _quotient(height, by, name, speeds, count, found[-1], detail)
        steps += more
        conditions += canceled
        conditions += domain_of(quotient)
        known.append(_checked(found[-1], neat(quotient * speeds[0]), names, name, conditions, point))
        found.append(quotient)
        if count == 1:
            tangents = _special_tangents(quotient, name)
    value, said = (None, ()) if point is None else _at_the_point(curve, point, found)
    checked = [worst for worst in known if worst is not None]
    notes = (*curve.notes, *notes_on(curve.across, curve.up, found[-1]), *tangents, *said)
    return Derivation(
        expression=height,
        label=of,
        names=names,
        wrt=(by,),
        order=order,
        steps=tuple(steps),
        result=Result(found[-1], names),
        conditions=simplified(conditions),
        notes=notes if checked else (*notes, NOTHING_CHECKED),
        at=None if point is None else tuple(point.items()),
        value=value,
        verified=max(checked) if len(checked) == len(known) else None,
        detail=detail,
        route=QUOTIENT_OF_SPEEDS,
        given=(equation(Symbol(by), curve.across), equation(Symbol(of), curve.up)),
    )


def _again(
    previous: Expression, name: str, names: Sequence[str], count: int, detail: Detail
) -> tuple[list[Step], Any, Expression]:
    refuse_long(previous, count)
    taken, moves, speed = differentiated(previous, name, names, 1, detail)
    said: Phrase = (f"the {ORDINALS[count]} derivative: differentiate the one before, ", previous, ", by the parameter")
    taken[0] = replace(taken[0], phrases=(said, *taken[0].phrases))
    return taken, moves, speed


def _quotient(
    height: Symbol, by: str, name: str, speeds: Sequence[Expression], count: int, previous: Expression, detail: Detail
) -> tuple[Expression, list[Step], list[Expression]]:
    """Return the derivative by the other coordinate, the steps to it, and what is not zero."""
    below, above = speeds
    upper = height if count == 1 else previous
    said: Phrase = (
        equation(Derivative(Symbol(by), name), below), ", ", equation(Derivative(upper, name), above)
    )  # fmt: skip
    raw = neat(above / below)
    conditions = () if below == ONE else simplified([nonzero(below)])
    first = Step(
        QUOTIENT_OF_SPEEDS, (said,), Derivative(height, by, False, count), raw, WHY_QUOTIENT, conditions, "assembly"
    )
    moves, result = tidy(raw)
    tidying = [*map(tidying_step, moves)]
    canceled = [nonzero(factor) for move in moves for factor in move.nonzero]
    return result, [first, *(shortened(tidying) if detail == "brief" else tidying)], [*canceled, *conditions]


def _checked(
    function: Expression,
    result: Expression,
    names: Sequence[str],
    name: str,
    conditions: Sequence[Expression],
    point: dict[str, float] | None,
) -> float | None:
    points = () if point is None else (point,)
    return verify(SampledExpression(function), result, names, name, simplified(conditions), points)


def _special_tangents(slope: Expression, name: str) -> tuple[str, ...]:
    """Say where the tangent is vertical, and where it is horizontal: where what is below or above the line is 0."""
    above, below = (
        text(split_constants(part, name)[1]) if depends_on(part, name) else "" for part in split_fraction(slope)
    )
    if any(isinstance(node, Apply) and node.primitive.rule == STEP for node in walk(slope)):
        return ()  # a sign is 0 where it jumps alone, and there the curve has a corner
    kinds = (("vertical", below, above), ("horizontal", above, below))
    return tuple(
        f"The tangent is {kind} where {zero} = 0" + (f" and {other} ≠ 0" if other else "")
        for kind, zero, other in kinds
        if zero
    )


def _at_the_point(
    curve: Parametric, point: dict[str, float], found: Sequence[Expression]
) -> tuple[float | None, tuple[str, ...]]:
    """Return the engine's derivative at a value of the parameter, and what is said of the tangent there."""
    one = {name: np.array([value]) for name, value in point.items()}
    coordinates, moving = (curve.across, curve.up), curve.parameter
    with np.errstate(all="ignore"):
        across, up = (float(SampledExpression(part).slopes(one, moving)[0]) for part in coordinates)
        place = {curve.by: float(evaluate(curve.across, point)), curve.of: float(evaluate(curve.up, point))}
    scale = 1 + abs(across) + abs(up)
    if not math.isfinite(scale) or any(breaks(partial(evaluate, part), point, (moving,)) for part in coordinates):
        raise NotDifferentiableError(
            f"the curve has no tangent at {shown(point)}: its coordinates have no derivative there"
        )
    is_still = abs(across) <= _STILL * scale
    where = f"The point there: {shown({name: 0.0 if abs(value) <= EXACT else value for name, value in place.items()})}"
    if is_still and abs(up) > _STILL * scale:
        return None, (where, *line_sentences(curve.by, curve.of, place, math.inf, curve.normal))
    with np.errstate(all="ignore"):
        first, last = (float(evaluate(each, point)) for each in (found[1], found[-1]))
    if is_still:
        if not math.isfinite(first) or not math.isfinite(last):
            raise NotDifferentiableError(
                f"the curve stands still at {shown(point)}: both derivatives by {curve.parameter} are 0 there, so that "
                "their quotient says nothing of the tangent"
            )
        note = f"The curve stands still there: both derivatives by {curve.parameter} are 0, and the slope is the limit beside it"
        return last, (where, note, *line_sentences(curve.by, curve.of, place, first, curve.normal))
    slope = up / across
    said = (where, *line_sentences(curve.by, curve.of, place, slope, curve.normal))
    if len(found) == 2:
        return slope, said
    return float(SampledExpression(found[-2]).slopes(one, curve.parameter)[0]) / across, said


_STILL = 1e-13
"""Of two speeds that together are at least 1, one below this is 0 but for rounding, as cos(π/2) is."""

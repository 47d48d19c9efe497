"""Owns the check of an explanation: against the engine's derivative and the limit definition, at sample points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from chainrule.errors import GradientError, NotDifferentiableError
from chainrule.explain.derivation.sampled import Floats, Points, Sampled, SampledExpression, holds
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.neat import ZERO, is_named
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.precise import settled
from chainrule.transforms.limit import limit_quotient

TOLERANCE = 1e-6
SETTLED = 1e-8
WANTED_POINTS = 6
MAX_TRIALS = 60
_RANGES = ((-2.0, 2.0), (0.2, 2.0), (-0.9, 0.9), (1.1, 3.0), (0.2, 0.8), (-3.0, -1.1))


def verify(
    function: Sampled,
    result: Expression,
    names: Sequence[str],
    name: str,
    conditions: Sequence[Expression] = (),
    points: Sequence[Mapping[str, float]] = (),
) -> float | None:
    """Return the largest relative difference found, or None where no point could be sampled.

    function: the function. result: its derivative with respect to `name`, to be checked. points: what is sampled
    besides; with no points, points inside the domain are looked for.

    Raises GradientError where the results differ by more than 1e-6: such an explanation must not be shown.
    """
    with np.errstate(all="ignore"):
        found, shown, exact = _usable(function, result, names, name, conditions, points)
        if not len(shown):
            return None
        limit = _limits(function, found, name)
        try:
            worst = max(_difference(shown, other, result, name, found) for other in (exact, limit))
        except GradientError:
            _refuse_what_vanishes(conditions, found)
            raise
    return worst


def agree(before: Expression, after: Expression, names: Sequence[str], conditions: Sequence[Expression] = ()) -> None:
    """Raise GradientError where two forms of one expression differ at sample points that satisfy the conditions."""
    with np.errstate(all="ignore"):
        points = _samples(names, ())
        left, right = (SampledExpression(side).values(points) for side in (before, after))
        inside = np.flatnonzero(np.isfinite(left) & np.isfinite(right) & holds(conditions, points))
        differences = np.abs(left - right)[inside] / (1 + np.abs(left[inside]))
    if np.any(differences > TOLERANCE):
        raise GradientError(f"{text(before)} and {text(after)} differ; please report this, since it must not be shown")


def _refuse_what_vanishes(conditions: Sequence[Expression], points: Points) -> None:
    """Raise where a condition such as u ≠ 0 holds nowhere: u is 0 everywhere, and what floats show of it is rounding."""
    for condition in conditions:
        if not is_named(condition, "not_equal", "greater") or condition.operands[1] != ZERO:
            continue
        vanishing, first = condition.operands[0], {name: float(values[0]) for name, values in points.items()}
        if settled(vanishing, first) == 0:
            raise NotDifferentiableError(
                f"{text(vanishing)} is 0 everywhere, and the derivative needs {text(condition)}; simplify the function first"
            )


def _usable(
    function: Sampled,
    result: Expression,
    names: Sequence[str],
    name: str,
    conditions: Sequence[Expression],
    points: Sequence[Mapping[str, float]],
) -> tuple[Points, Floats, Floats]:
    """Return points inside of the domain, the result there, and the engine's derivative there."""
    trials = function.settled(_samples(names, points))
    shown = SampledExpression(result).values(trials)
    inside = np.flatnonzero(np.isfinite(shown) & holds(conditions, trials))
    # Few are wanted, and of a slow function few should be asked for.
    for count in (2 * WANTED_POINTS, len(inside)):
        chosen = inside[:count]
        if not len(chosen):
            break
        exact = function.slopes(_at(trials, chosen), name)
        known = np.flatnonzero(np.isfinite(exact))[:WANTED_POINTS]
        if len(known) == WANTED_POINTS or len(chosen) == len(inside):
            return _at(trials, chosen[known]), shown[chosen[known]], exact[known]
    return trials, shown[:0], shown[:0]


def _at(points: Points, indices: np.ndarray) -> Points:
    return {name: values[indices] for name, values in points.items()}


def _samples(names: Sequence[str], points: Sequence[Mapping[str, float]]) -> Points:
    """Return the given points, and more of them from ranges in which functions are defined."""
    generator = np.random.default_rng(0)
    drawn = [generator.uniform(*_RANGES[trial % len(_RANGES)], len(names)) for trial in range(MAX_TRIALS)]
    rows = np.array([*([point[name] for name in names] for point in points), *drawn], dtype=float)
    return {name: rows[:, index] for index, name in enumerate(names)}


def _difference(shown: Floats, other: Floats, result: Expression, name: str, points: Points) -> float:
    """Return the largest relative difference; where the other derivative is not known, there is none."""
    differences = np.abs(shown - other) / (1 + np.maximum(np.abs(shown), np.abs(other)))
    if not np.isfinite(differences).any():
        return 0.0
    place = int(np.nanargmax(differences))
    if differences[place] > TOLERANCE:
        where = ", ".join(f"{key} = {values[place]:.6g}" for key, values in points.items())
        raise GradientError(
            f"the explanation gives d/d{name} = {text(result)}, which is {shown[place]:.10g} at {where}, but the "
            f"derivative there is {other[place]:.10g}; please report this function, since the explanation must not be "
            "shown"
        )
    return float(differences[place])


def _limits(function: Sampled, points: Points, name: str) -> Floats:
    """Return the limits of difference quotients; NaN where they do not settle."""
    given = points[name]
    scale = np.maximum(1.0, np.abs(given))
    return _settled(lambda step: function.values({**points, name: given + step * scale}), scale)


def _settled(at: Callable[[float], Floats], scale: Floats) -> Floats:
    limit = limit_quotient(at, at(0.0), 1.0, SETTLED, float(np.finfo(float).eps))
    value = np.array(limit.value)
    value[~(limit.error <= SETTLED * (1 + np.abs(value)))] = math.nan
    return value / scale


def limit_definition(function: Callable[[float], float | None], x: float) -> float | None:
    """Return the limit of difference quotients, or None where it does not settle.

    >>> round(limit_definition(lambda x: x**3, 2.0), 9)
    12.0
    """

    def at(step: float) -> Floats:
        value = function(x + step * scale)
        return np.array([math.nan if value is None else value])

    scale = max(1.0, abs(x))
    (value,) = _settled(at, np.array([scale]))
    return float(value) if math.isfinite(value) else None

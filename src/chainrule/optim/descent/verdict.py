"""Owns the verdict: how a descent ended, as a status."""

from __future__ import annotations

import math

import numpy as np

from chainrule.optim.descent.outcome import Reals, Status
from chainrule.optim.descent.trail import Trail

LEAST = 20
"""Of so many points on, a descent that no longer gets lower is told from one that has only begun."""
ROUNDING = 1e-12
"""Values that differ by less than this part of them are the same."""

_FALLS = 0.5  # of the square of the gradient's norm: so little of it is left of that before the last quarter
_CLIFF = 1e6
"""A gradient a thousand times as long as at the start leads away from any minimum, also where the function falls."""


def judge(trail: Trail, value: float, square: float, level: float, sign: int) -> Status:
    """Return how a descent ended that was not interrupted.

    value, square: at its last point, of the function and of the gradient's norm. level: of the square, to converge.
    sign: -1 where the function was maximized.
    """
    if not (math.isfinite(value) and square < math.inf):
        return _judge_not_finite(trail, value)
    if square <= level or not square:  # whatever is asked for, no gradient is smaller than none
        return Status.CONVERGED
    values = trail.values
    first = float(trail.squares[0])
    if trail.done > 1 and square > first and (_has_risen(values, value, sign) or square > _CLIFF * first):
        return Status.DIVERGED
    return Status.STALLED if _is_stalled(trail, value, sign) else Status.STEPS_EXHAUSTED


def _has_risen(values: Reals, value: float, sign: int) -> bool:
    """Whether the last value is worse than the first, and than that in the middle: else it is on its way back from a leap."""
    return sign * value > max(sign * float(values[0]), sign * float(values[(len(values) - 1) // 2]))


def _judge_not_finite(trail: Trail, value: float) -> Status:
    """Tell numbers that grew too large from those that do not exist, such as the root of -1."""
    if trail.done == 1:
        return Status.NOT_FINITE
    finite = trail.values[np.isfinite(trail.values)]
    if math.isinf(value):
        return Status.DIVERGED
    has_grown = len(finite) > 1 and abs(float(finite[-1])) > 10 * max(1.0, abs(float(finite[0])))
    return Status.DIVERGED if has_grown else Status.NOT_FINITE


def _is_stalled(trail: Trail, value: float, sign: int) -> bool:
    values = trail.values
    count = len(values)
    if trail.every == 1 and count > 2 and abs(value - float(values[-3])) <= ROUNDING * abs(value):
        return not _is_gradient_falling(trail.squares)
    if count < LEAST:
        return False
    half = count // 2
    before, after = (float(part.min() if sign > 0 else part.max()) for part in (values[:half], values[half:]))
    return sign * after >= sign * before


def _is_gradient_falling(squares: Reals) -> bool:
    """Whether the gradient still becomes smaller: near a minimum it shows steps that the function, to rounding, does not."""
    count = len(squares)
    return count >= LEAST and bool(squares[-1] < squares[-3] and squares[-1] < _FALLS * squares[3 * count // 4])

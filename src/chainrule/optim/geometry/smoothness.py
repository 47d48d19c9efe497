"""Owns whether a function is twice differentiable at a point: whether gradients around it agree with the Hessian there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.optim.geometry.lanczos import Vector
from chainrule.optim.geometry.second_order import SecondOrder
from chainrule.transforms.derivatives import grad, hvp

DISTANCES = (1e-3, 1e-5, 1e-6)
"""How far away the gradient is looked at, in units of the size of the point."""
DIRECTIONS = 8
"""So many directions are looked into: the axes of a few variables, random ones of many."""
_TINY = 1e-4  # a smaller part of what it is compared with is no disagreement


def is_smooth(around: SecondOrder) -> bool:
    """Return whether difference quotients of the gradient, on both sides of the point, tend to what the Hessian says.

    At a kink such as that of |x| at 0 they do not, though the rules give numbers there, by convention. Only a few directions
    are looked into, so that a kink of many variables may be missed. Far from 0 a function may change within a tiny part of the
    point's size, as a sine does at a million: then smaller distances are tried, down to those at a point of size 1.
    """
    slope = grad(around.on_vector)
    at = around.point.vector
    size = max(1.0, float(np.max(np.abs(at))))
    units = dict.fromkeys((size, float(np.sqrt(size)), 1.0))
    with np.errstate(all="ignore"):
        return any(all(_agrees(around, slope, at, each, unit) for each in directions(at.size)) for unit in units)


def _agrees(around: SecondOrder, slope: Callable[[Any], Any], at: Vector, direction: Vector, size: float) -> bool:
    said = np.asarray(hvp(around.on_vector, (at,), (direction,)))
    wide, far, near = (_disagreement(around, slope, at, direction, step * size, said) for step in DISTANCES)
    seen, scale = near
    # Of a smooth function the disagreement shrinks with the distance.
    if not np.isfinite(seen) or seen <= _TINY * scale or seen <= 0.5 * far[0]:
        return True
    # A jump of the gradient that is small beside how it changes farther away may be rounding.
    return bool(np.isfinite(wide[1]) and seen * DISTANCES[2] <= _TINY * wide[1] * DISTANCES[0])


def _disagreement(
    around: SecondOrder, slope: Callable[[Any], Any], at: Vector, direction: Vector, step: float, said: Vector
) -> tuple[float, float]:
    """Return how far the two quotients are from the Hessian's product, and the size of what was compared."""
    right = (np.asarray(slope(at + step * direction)) - around.gradient) / step
    left = (around.gradient - np.asarray(slope(at - step * direction))) / step
    rounding = 1e3 * np.finfo(float).eps * float(np.max(np.abs(around.gradient))) / step
    off = max(float(np.linalg.norm(right - said)), float(np.linalg.norm(left - said)))
    scale = max(float(np.linalg.norm(part)) for part in (right, left, said))
    return max(off - rounding, 0.0), scale


def directions(size: int) -> Vector:
    """Return unit vectors, one in each row: the axes where there are few, random directions else; always the same."""
    if size <= DIRECTIONS:
        return np.eye(size)
    drawn = np.random.default_rng(0).standard_normal((DIRECTIONS, size))
    unit: Vector = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit

"""Owns the limit definition of a derivative: difference quotients at shrinking steps, extrapolated to step zero.

Source: L. F. Richardson, The approximate arithmetical solution by finite differences (1911); the choice of the step by
the change between extrapolations is C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x) (1982).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

FIRST_STEP = 0.0443
"""The first step, in units of the size of the point; not round, so that no period of the function fits into it."""
LEVELS = 36
"""How often the step is halved at most: down to about 2e-12."""
CONFIRMING = 0.0371
"""A limit is confirmed at this part of the last step, since a function that repeats itself may deceive."""
WINDOW = 4
"""How many successive steps one extrapolation uses: errors of order h², h⁴ and h⁶ cancel."""
REPORTED_STEP = 1e-5
"""Near which step one-sided quotients are reported."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of the difference quotients of several results along one direction.

    value, error: the two-sided limit and how far it may be off; NaN and infinity where there is none.
    left, right: the one-sided quotients at a small step.
    smooth: whether the left and the right quotients approach each other.
    """

    value: Floats
    error: Floats
    left: Floats
    right: Floats
    smooth: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Row:
    """The quotients at one step; `gap` is the right one minus the left one."""

    step: float
    left: Floats
    right: Floats
    central: Floats
    gap: Floats
    noise: Floats


def limit_quotient(at: Callable[[float], Floats], center: Floats, scale: float, rtol: float, epsilon: float) -> Limit:
    """Return the limit of (at(h) - at(-h)) / 2h as h goes to 0.

    at: the results at a distance h along the direction, shape (m,); NaN where they are not defined.
    center: at(0). scale: the size of the point. rtol: the accuracy that is enough. epsilon: the rounding unit.
    """
    value, error = np.full(center.shape, np.nan), np.full(center.shape, np.inf)
    smooth = np.zeros(center.shape, dtype=bool)
    rows: list[_Row] = []
    with np.errstate(all="ignore"):
        for level in range(LEVELS):
            rows.append(_row(at, center, FIRST_STEP * scale * 2.0**-level, scale, epsilon))
            if len(rows) < WINDOW + 1:
                continue
            estimate, spread = _extrapolate([row.central for row in rows[-WINDOW:]])
            noise, gap = rows[-1].noise, _gap_at_zero(rows[-2:])
            slack = rtol * (np.abs(estimate) + 0.01 * _largest(estimate)) + 10 * noise
            closed = gap <= slack
            # An open gap is harmless where it closes with the step; at a kink it stays, at a jump it grows.
            closing = closed | (gap <= 0.6 * _gap_at_zero(rows[-5:-3]))
            uncertain = np.maximum(spread, noise)
            better = closing & np.isfinite(estimate) & (uncertain < error)
            value, error = np.where(better, estimate, value), np.where(better, uncertain, error)
            smooth |= closing
            if np.all(closed & ((uncertain <= 0.1 * slack) | (spread <= noise))):
                near = _row(at, center, CONFIRMING * rows[-1].step, scale, epsilon)
                far = np.abs(rows[-1].central - estimate)
                confirmed = np.abs(near.central - estimate) <= np.maximum(slack, far) + 10 * near.noise
                if np.all(confirmed):
                    break
                value, error = np.where(confirmed, value, np.nan), np.where(confirmed, error, np.inf)
    shown = min(rows, key=lambda row: (not _finite(row), abs(np.log(row.step / (REPORTED_STEP * scale)))))
    return Limit(value, error, shown.left, shown.right, smooth)


def _finite(row: _Row) -> bool:
    return bool(np.all(np.isfinite(row.left)) and np.all(np.isfinite(row.right)))


def _row(at: Callable[[float], Floats], center: Floats, step: float, scale: float, epsilon: float) -> _Row:
    above, below = at(step), at(-step)
    central = (above - below) / (2 * step)
    size = np.maximum(np.maximum(np.abs(above), np.abs(below)), np.abs(center))
    # Results are rounded, and so is the point: the true step differs from `step` by the rounding of the point.
    noise = (4 * epsilon * size + np.finfo(float).eps * scale * np.abs(central)) / step
    return _Row(
        step, (center - below) / step, (above - center) / step, central, (above - 2 * center + below) / step, noise
    )


def _gap_at_zero(rows: Sequence[_Row]) -> Floats:
    """Return the size of the gap between the quotients extrapolated to step 0; curvature alone leaves none."""
    wide, narrow = rows
    gap: Floats = np.abs(2 * narrow.gap - wide.gap)
    return gap


def _extrapolate(quotients: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the extrapolation of quotients at halving steps, and how much the last one changed it."""
    table: list[Any] = list(quotients)
    previous = table
    for order in range(1, len(quotients)):
        factor = 4.0**order
        previous, table = table, [(factor * b - a) / (factor - 1) for a, b in itertools.pairwise(table)]
    return table[0], np.maximum(np.abs(table[0] - previous[0]), np.abs(table[0] - previous[1]))


def _largest(values: Floats) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0

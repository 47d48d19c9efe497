"""Owns the limits from the left and from the right, and what is the matter where they differ or do not exist."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from chainrule.explain.limits.quotients import EPSILON
from chainrule.transforms.limit import Floats, limit_quotient

SETTLED = 1e-5
"""A limit is known where it is known to this part of itself."""
FAR, NEAR = 1e-5, 1e-9
"""Two steps, in units of the scale, between which a jump is told from a steep curve."""
SPREAD = 2.0 ** -np.arange(8, 34, 0.37)
"""Steps at which quotients that do not settle are sampled; no period of a function fits into them."""
FEW = 9
"""So many samples tell growth from oscillation; with fewer, rounding hides which it is."""

STEADY = 0.995
"""Quotients that add this part of what they added at steps some hundred times as large grow without bound."""

Function = Callable[[float], float]


@final
@dataclass(frozen=True, slots=True)
class Side:
    """The difference quotients from one side.

    limit: of the quotients, or None where there is none. value: the limit of the function itself, or None.
    behavior: "settles", "undefined" (the function is, there), "jumps" (the function does), "grows" (without bound),
        "wanders" (between the numbers of `range`), or "drifts" (still changing at the smallest steps that rounding leaves).
    range: of quotients that do not settle. sign: of quotients that grow.
    """

    limit: float | None
    value: float | None
    behavior: str
    range: tuple[float, float] | None = None
    sign: int = 0


def side(value: Function, x: float, scale: float, direction: int) -> Side:
    """Return what the quotients do on the left (direction -1) or on the right (1)."""
    center = value(x)
    near, far = value(x + direction * NEAR * scale), value(x + direction * FAR * scale)
    if not (math.isfinite(near) and math.isfinite(far)):
        return Side(None, None, "undefined")
    noise = 1e3 * EPSILON * (abs(center) + abs(far))
    if abs(near - center) > max(0.5 * abs(far - center), noise):
        return Side(None, near, "jumps")
    found = _one_sided(value, x, scale, direction, center)
    if found is not None:
        return Side(found, center, "settles")
    return _unsettled(value, x, scale, direction, center)


def _unsettled(value: Function, x: float, scale: float, direction: int, center: float) -> Side:
    """Tell growth, oscillation and slow change apart by samples, large steps first."""
    first = abs(value(x + direction * float(SPREAD[0]) * scale) - center) / (float(SPREAD[0]) * scale)
    smallest = 400 * EPSILON * abs(center) / (1 + first)  # below, rounding is more than a hundredth of the quotient
    steps = [direction * float(step) * scale for step in SPREAD if step * scale >= smallest]
    seen = [(value(x + step) - center) / step for step in steps]
    seen = [each for each in seen if math.isfinite(each)]
    if len(seen) < FEW:
        return Side(None, center, "drifts", (min(seen), max(seen)) if seen else None)
    third = len(seen) // 3
    early, late = seen[:third], seen[-third:]
    span = min(seen), max(seen)
    if max(map(abs, late)) > 5 * max(map(abs, early)) and (min(late) > 0 or max(late) < 0):
        return Side(None, center, "grows", span, 1 if late[-1] > 0 else -1)
    steady = _steady(seen)
    if steady:
        return Side(None, center, "grows", span, steady)
    turns = sum((b - a) * (c - b) < 0 for a, b, c in zip(seen, seen[1:], seen[2:], strict=False))
    wide = max(late) - min(late) > 0.02 * (1 + max(map(abs, late)))  # narrower, it is rounding that wanders
    return Side(None, center, "wanders" if wide and turns > third else "drifts", span)


def _steady(seen: list[float]) -> int:
    """Return the sign of the growth of quotients that grow as a logarithm does: each of the steps, of equal ratio, adds as much.

    What a limit's quotients add becomes less and less, if slowly: those of x**1.01 tend to 0.
    """
    changes = np.diff(seen)
    third = len(changes) // 3
    before, late = abs(float(np.mean(changes[third:-third]))), abs(float(np.mean(changes[-third:])))
    is_steady = bool(np.all(changes > 0) or np.all(changes < 0)) and late >= STEADY * before
    return int(np.sign(changes[-1])) if is_steady else 0


def _one_sided(value: Function, x: float, scale: float, direction: int, center: float) -> float | None:
    """Return the one-sided limit: the two-sided one of a function that is made odd about the point.

    Two steps are combined so that the curve's bend cancels: h (2 q(h/2) - q(h)) with the quotient q.
    """

    def at(step: float) -> Floats:
        h = direction * abs(step)
        rise = 4 * (value(x + h / 2) - center) - (value(x + h) - center)
        return np.array([center + rise if step >= 0 else center - rise])  # of f's size, as its rounding is

    found = limit_quotient(at, at(0.0), scale, SETTLED, EPSILON)
    limit, error = direction * float(found.value[0]), float(found.error[0])
    return limit if error <= SETTLED * (1 + abs(limit)) else None


def two_sided(value: Function, x: float, scale: float) -> float | None:
    """Return the limit of the central quotients where left and right approach each other, or None."""

    def at(step: float) -> Floats:
        return np.array([value(x + step)])

    found = limit_quotient(at, at(0.0), scale, 1e-8, EPSILON)
    limit, error = float(found.value[0]), float(found.error[0])
    return limit if bool(found.smooth[0]) and error <= 10 * SETTLED * (1 + abs(limit)) else None


def classify(center: float, left: Side, right: Side, both: float | None) -> str:
    """Return the kind of the point.

    "smooth", "corner", "cusp", "vertical tangent", "jump", "edge" (defined on one side only), "oscillation", "undefined", or
    "undecided" where rounding hides what the quotients do. A jump is named before all else: no quotient survives it.
    """
    behaviors = {left.behavior, right.behavior}
    if not math.isfinite(center) or behaviors == {"undefined"}:
        return "undefined"
    if "jumps" in behaviors:
        return "jump"
    if "undefined" in behaviors:
        (seen,) = behaviors - {"undefined"}
        return {"grows": "vertical tangent", "settles": "edge", "wanders": "oscillation"}.get(seen, "undecided")
    if left.limit is not None and right.limit is not None:
        gap = abs(left.limit - right.limit)
        return "smooth" if gap <= 100 * SETTLED * (1 + abs(left.limit) + abs(right.limit)) else "corner"
    if behaviors == {"grows"}:
        return "vertical tangent" if left.sign == right.sign else "cusp"
    if "grows" in behaviors:
        return "corner"
    if "wanders" in behaviors:
        return "oscillation"
    return "undecided" if both is None else "smooth"

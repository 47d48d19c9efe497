"""Owns what a critical point is where the Hessian does not settle it: higher derivatives along flat directions, then samples.

Along one flat direction the point is what a function of one variable says it is: the function in the valley's floor. Its third
derivative is that of the function itself; from its fourth one has to take what the bend of the floor contributes, or the
valley of (y - x²)(y - 3x²) would pass for a minimum, as Genocchi and Peano warned in 1884. Such a split into curved and
flat directions is due to Gromoll and Meyer, "On differentiable functions with isolated critical points", 1969.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

import numpy as np

from chainrule.optim.geometry.lanczos import Vector
from chainrule.optim.geometry.second_order import SecondOrder
from chainrule.transforms.batch import vmap
from chainrule.transforms.derivatives import derivative, grad, hvp, jvp

Kind: TypeAlias = Literal["minimum", "maximum", "saddle", "degenerate", "not critical"]
Certainty: TypeAlias = Literal["certain", "likely", "unsettled"]

MAX_ORDER = 6
"""The highest derivative that is looked at, of one variable."""
SAMPLES = 200
"""So many directions are looked into."""
SEARCHED = 60
"""So many steps are taken to find a neighbor that is lower, or higher, than all of these."""
RADII = (1e-3, 1e-2, 1e-1)
"""How far away neighbors are, in units of the size of the point."""
NOISE = 1e-9
"""What is less than this part of the same derivative nearby is taken for rounding."""
NEARBY = 0.1
"""How far away that is, in units of the size of the point."""
_WORDS = ("", "first", "second", "third", "fourth", "fifth", "sixth")


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """What a point is, how sure that is, and how it was found, in words."""

    kind: Kind
    certainty: Certainty
    how: str


def look_further(around: SecondOrder, values: Vector, vectors: Vector, zero: float) -> Finding:
    """Return what a critical point is whose Hessian is flat in some direction.

    values, vectors: all eigenvalues of the Hessian and the eigenvectors as columns. zero: what counts as none of an eigenvalue.
    """
    signs = {int(np.sign(value)) for value in values if abs(value) > zero}
    if around.point.size == 1:
        return _one_variable(around) or by_samples(around, vectors)
    flat = vectors[:, np.abs(values) <= zero]
    curved = [(value, vector) for value, vector in zip(values, vectors.T, strict=True) if abs(value) > zero]
    found = _along_flat(around, flat, curved, signs)
    if found is None:
        return by_samples(around, flat)
    return found if found.certainty == "certain" else _searched(around, found)


def _one_variable(around: SecondOrder) -> Finding | None:
    """Look for the first derivative that is not zero: an even one decides as f'' does, an odd one says neither."""
    at = float(around.point.vector[0])
    aside = NEARBY * size_of(around)

    def along(t: Any) -> Any:
        return around.on_vector(np.reshape(t, (1,)))

    for order in range(3, MAX_ORDER + 1):
        with np.errstate(all="ignore"):
            value, *beside = (float(derivative(along, order)(at + shift)) for shift in (0.0, -aside, aside))
        if not math.isfinite(value):
            return None
        if abs(value) > NOISE * max(abs(near) if math.isfinite(near) else 0.0 for near in beside):
            return _by_order(order, value)
    return None


def _by_order(order: int, value: float) -> Finding:
    """Return what the first derivative that is not 0 says of a point of one variable."""
    which = f"by the {_WORDS[order]} derivative, {value:.4g}, the first that is not 0"
    if order % 2:
        sides = "of odd order, so that the function falls on one side and rises on the other"
        return Finding("saddle", "certain", f"{which}: {sides}")
    if value > 0:
        return Finding("minimum", "certain", f"{which}: of even order and positive")
    return Finding("maximum", "certain", f"{which}: of even order and negative")


def size_of(around: SecondOrder) -> float:
    """Return the size of a point: its largest entry, and 1 at least."""
    return max(1.0, float(np.max(np.abs(around.point.vector))))


def bend_nearby(around: SecondOrder) -> float:
    """Return how strongly a function bends a little away, in one direction: beside this, rounding shows for what it is."""
    direction = np.random.default_rng(0).standard_normal(around.point.size)
    direction /= np.linalg.norm(direction)
    shift = NEARBY * size_of(around) * direction
    with np.errstate(all="ignore"):
        bends = [
            float(np.linalg.norm(hvp(around.on_vector, (around.point.vector + side * shift,), (direction,))))
            for side in (-1, 1)
        ]
    return max(bend if math.isfinite(bend) else 0.0 for bend in bends)


def _along_flat(
    around: SecondOrder, flat: Vector, curved: list[tuple[float, Vector]], signs: set[int]
) -> Finding | None:
    """Look at the third derivatives along flat directions, and at the fourth ones in the floor of the valley."""
    alone = flat.shape[1] == 1
    where = "along the flat direction" if alone else "along flat directions"
    thirds, fourths, scale = _forms(around, _weights(flat.shape[1]) @ flat.T, curved)
    if not math.isfinite(scale) or not np.all(np.isfinite(fourths)):
        return None
    third = float(np.max(np.abs(thirds)))
    if third > NOISE * scale:
        both = "of odd order, so that both signs occur"
        return Finding("saddle", "certain", f"by the third derivative {where}, {third:.4g}: {both}")
    small = NOISE * scale
    ups, downs = int(np.sum(fourths > small)), int(np.sum(fourths < -small))
    floor = f"by the fourth derivative {where}, {fourths[0]:.4g}" if alone else f"by fourth derivatives {where}"
    if (ups and (downs or -1 in signs)) or (downs and 1 in signs):
        return Finding("saddle", "certain", f"{floor}: the function rises in some directions and falls in others")
    if ups + downs < len(fourths):
        return None
    certainty: Certainty = "certain" if alone else "likely"
    seen = "" if alone else f", in all of {len(fourths)} directions that were tried"
    if ups:
        return Finding("minimum", certainty, f"{floor}: positive{seen}")
    return Finding("maximum", certainty, f"{floor}: negative{seen}")


def _weights(dimension: int) -> Vector:
    """Return directions in the flat space, one in each row."""
    if dimension == 1:
        return np.ones((1, 1))
    drawn = np.random.default_rng(0).standard_normal((SAMPLES, dimension))
    rows: Vector = np.concatenate([np.eye(dimension), drawn / np.linalg.norm(drawn, axis=1, keepdims=True)])
    return rows


def _forms(around: SecondOrder, along: Vector, curved: list[tuple[float, Vector]]) -> tuple[Vector, Vector, float]:
    """Return the third derivatives along flat directions, the fourth ones in the valley's floor, and the size of the terms.

    along: one direction in each row. With b = D³f[u, u, ·], the floor bends away from u by -b/λ in each curved direction, which
    takes 3 b²/λ from D⁴f[u, u, u, u].
    """
    at = around.point.vector
    slope = grad(around.on_vector)

    def bend_and_change(direction: Any) -> Any:
        def push(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda x: jvp(fun, (x,), (direction,))[1]

        return jvp(push(push(slope)), (at,), (direction,))

    with np.errstate(all="ignore"):
        bends, changes = (np.asarray(part) for part in vmap(bend_and_change)(along))
    taken = sum((3 * (bends @ vector) ** 2 / value for value, vector in curved), np.zeros(len(along)))
    lengths = [float(np.max(np.linalg.norm(part, axis=1))) for part in (bends, changes)]
    scale = max(*lengths, float(np.max(np.abs(taken))))
    return np.sum(bends * along, axis=1), np.sum(changes * along, axis=1) - taken, scale


def by_samples(around: SecondOrder, special: Vector, radii: Sequence[float] = RADII) -> Finding:
    """Return what a point is by the values around it, at the smallest distance where they differ from the one here.

    special: directions that are looked into beside random ones, as columns.
    """
    size = around.point.size
    drawn = np.random.default_rng(0).standard_normal((SAMPLES, size))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    along = np.concatenate([special.T, -special.T, drawn]) if size > 1 else np.array([[1.0], [-1.0]])
    reach = size_of(around)
    compared = 0
    for radius in radii:
        with np.errstate(all="ignore"):
            values = np.array([float(around.on_vector(around.point.vector + radius * reach * u)) for u in along])
        changes = values[np.isfinite(values)] - around.value
        rounding = 100 * np.finfo(float).eps * max(abs(around.value), float(np.max(np.abs(changes), initial=0.0)))
        above, below = int(np.sum(changes > rounding)), int(np.sum(changes < -rounding))
        compared += len(changes)
        if above or below:
            seen = f"by sampling: of {len(changes)} neighbors at distance {radius * reach:.4g}"
            found = _sampled(above, below, len(changes), seen)
            return found if (above and below) or size == 1 else _searched(around, found, radius * reach)
    alike = "have the same value" if compared else "have no finite value"
    seen = f"by sampling: {len(along)} neighbors at distances up to {radii[-1] * reach:.4g} all {alike}"
    return Finding("degenerate", "unsettled", seen)


def _searched(around: SecondOrder, found: Finding, distance: float | None = None) -> Finding:
    """Return a saddle for what passed for a minimum or a maximum, where a search finds a neighbor on the other side.

    Of many variables, directions taken at random hardly ever hit the few that lead there.
    """
    far = RADII[0] * size_of(around) if distance is None else distance
    sign = 1 if found.kind == "minimum" else -1
    with np.errstate(all="ignore"):
        change = _extreme_neighbor(around, far, sign)
    rounding = 100 * np.finfo(float).eps * abs(around.value)
    # What the gradient does, which is that of a point not quite critical, is no saddle's fall.
    slope = 2 * around.norm * far
    if not sign * change < -max(rounding, slope):
        return found
    word = "lower" if sign > 0 else "higher"
    return Finding(
        "saddle", "likely", f"{found.how}, but one that is {word} by {abs(change):.4g} was found by a search"
    )


def _extreme_neighbor(around: SecondOrder, distance: float, sign: int) -> float:
    """Return the change to the lowest neighbor at a distance, found by descent on the sphere; with sign -1 to the highest."""
    at, slope = around.point.vector, grad(around.on_vector)
    direction = np.random.default_rng(0).standard_normal(at.size)
    direction /= np.linalg.norm(direction)
    best, turn = math.inf, 1.0
    ahead = direction
    for _ in range(SEARCHED):
        value = sign * (float(around.on_vector(at + distance * ahead)) - around.value)
        if value < best:
            best, direction, turn = value, ahead, min(1.2 * turn, 1.0)
        else:
            turn /= 2
        gradient = sign * np.asarray(slope(at + distance * direction))
        aside = gradient - (gradient @ direction) * direction
        length = float(np.linalg.norm(aside))
        if not 0 < length < math.inf:
            break
        ahead = direction - turn * aside / length
        ahead /= np.linalg.norm(ahead)
    return sign * best


def _sampled(above: int, below: int, total: int, seen: str) -> Finding:
    level = total - above - below
    flat = f", and {level} at the same height, so that it is not a strict one" if level else ""
    if above and below:
        return Finding("saddle", "likely", f"{seen}, {above} {_be(above)} higher and {below} lower")
    if above:
        return Finding("minimum", "likely", f"{seen}, {above} {_be(above)} higher, none lower{flat}")
    return Finding("maximum", "likely", f"{seen}, {below} {_be(below)} lower, none higher{flat}")


def _be(count: int) -> str:
    return "is" if count == 1 else "are"

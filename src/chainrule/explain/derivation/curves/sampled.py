"""Owns functions on a curve as they are checked: near each sample point the curve is followed by Newton's method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from chainrule.explain.derivation.sampled import Floats, Points, finite
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression
from chainrule.transforms.derivatives import jvp

_MAX_STEPS = 60
_CLOSE = 4e-16
_ON_THE_CURVE = 1e-10


@final
@dataclass(frozen=True, slots=True)
class SampledOnCurve:
    """An expression along the curve on which `left` and `right` are equal, where the variable `of` is a function of `by`.

    Points need not be on the curve: each is moved to it along `of`, and near a point stays on its branch.
    """

    expression: Expression
    left: Expression
    right: Expression
    of: str
    by: str

    def of_expression(self, expression: Expression) -> SampledOnCurve:
        """Return another expression along the same curve."""
        return replace(self, expression=expression)

    def settled(self, points: Points) -> Points:
        """Return the points moved to the curve; NaN where Newton's method finds none."""
        height, given = np.array(points[self.of]), {**points}
        with np.errstate(all="ignore"):
            for _ in range(_MAX_STEPS):
                gap, slope = self._gap({**given, self.of: height}, self.of)
                step = gap / slope
                height = height - step
                if not np.any(np.abs(step) > _CLOSE * (1 + np.abs(height))):
                    break
            found = {**given, self.of: height}
            scale = 1 + np.abs(finite(evaluate(self.left, found), found))
            gap, _ = self._gap(found, self.of)
            height[~(np.abs(gap) <= _ON_THE_CURVE * scale)] = np.nan
        return found

    def values(self, points: Points) -> Floats:
        """Return the values on the curve."""
        found = self.settled(points)
        return finite(evaluate(self.expression, found), found)

    def slopes(self, points: Points, name: str) -> Floats:
        """Return the engine's derivatives along the curve."""
        found = self.settled(points)
        direction = self.direction(found)
        at, along = found[self.by], found[self.of]
        _, slopes = jvp(
            lambda x, y: evaluate(self.expression, {**found, self.by: x, self.of: y}),
            (at, along),
            (np.ones_like(at), direction),
        )
        return finite(slopes, found)

    def direction(self, points: Points) -> Floats:
        """Return how fast `of` changes with `by` at points of the curve: -(∂F/∂x)/(∂F/∂y), with F the difference of the sides."""
        with np.errstate(all="ignore"):
            return -self._gap(points, self.by)[1] / self._gap(points, self.of)[1]

    def gap(self, values: Mapping[str, Any]) -> Any:
        """Return the difference of the sides."""
        return evaluate(self.left, values) - evaluate(self.right, values)

    def _gap(self, points: Points, name: str) -> tuple[Floats, Floats]:
        """Return the difference of the sides, and its derivative by one variable."""
        given = points[name]
        gap, slope = jvp(lambda value: self.gap({**points, name: value}), (given,), (np.ones_like(given),))
        return finite(gap, points), finite(slope, points)

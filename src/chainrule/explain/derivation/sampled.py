"""Owns functions as they are checked: their values, and the engine's slopes, at many points at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression
from chainrule.transforms.derivatives import jvp

Floats: TypeAlias = NDArray[np.float64]
Points: TypeAlias = Mapping[str, Floats]
Function: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""A function of values by name, traced ones too."""


class Sampled(Protocol):
    """A function of named values, at many points at once. What is no finite real number is NaN."""

    def settled(self, points: Points) -> Points:
        """Return the points at which it can be sampled: the same ones, or those on its curve next to them."""

    def values(self, points: Points) -> Floats:
        """Return the values."""

    def slopes(self, points: Points, name: str) -> Floats:
        """Return the engine's derivatives with respect to one variable."""


@final
@dataclass(frozen=True, slots=True)
class SampledExpression:
    """An expression: every primitive works element by element, so that all points are one call."""

    expression: Expression

    def settled(self, points: Points) -> Points:
        """Return the points: an expression is sampled anywhere."""
        return points

    def values(self, points: Points) -> Floats:
        """Return the values."""
        return finite(evaluate(self.expression, points), points)

    def slopes(self, points: Points, name: str) -> Floats:
        """Return the engine's derivatives with respect to one variable."""
        given = points[name]
        _, slopes = jvp(
            lambda value: evaluate(self.expression, {**points, name: value}), (given,), (np.ones_like(given),)
        )
        return finite(slopes, points)


@final
@dataclass(frozen=True, slots=True)
class SampledFunction:
    """A Python function: it may decide on values, so that it is called for one point after another."""

    function: Function

    def settled(self, points: Points) -> Points:
        """Return the points: a function is sampled anywhere."""
        return points

    def values(self, points: Points) -> Floats:
        """Return the values."""
        return self._each(points, self.function)

    def slopes(self, points: Points, name: str) -> Floats:
        """Return the engine's derivatives with respect to one variable."""
        return self._each(points, slope_of(self.function, name))

    def _each(self, points: Points, function: Function) -> Floats:
        names = list(points)
        rows = zip(*points.values(), strict=True)
        found = [number_at(function, dict(zip(names, map(float, row), strict=True))) for row in rows]
        return finite(np.array(found), points)


def slope_of(function: Function, name: str) -> Function:
    """Return the engine's derivative of a function of values by name."""
    return lambda values: jvp(lambda value: function({**values, name: value}), (values[name],), (1.0,))[1]


def finite(value: Any, points: Points) -> Floats:
    """Return values of all points; NaN where they are not finite and real."""
    count = len(next(iter(points.values())))
    if np.iscomplexobj(value):
        return np.full(count, np.nan)
    found = np.array(np.broadcast_to(np.asarray(value, dtype=float), (count,)))
    found[~np.isfinite(found)] = np.nan
    return found


def number_at(function: Function, values: Mapping[str, Any]) -> float:
    """Return the value of a function; NaN where it is not real, and where Python's own numbers overflow or meet 1/0."""
    try:
        value = function(values)
    except ArithmeticError:
        return np.nan
    return np.nan if isinstance(value, complex | np.complexfloating) else float(value)


def holds(conditions: Sequence[Expression], points: Points) -> NDArray[np.bool_]:
    """Return at which points all the conditions hold."""
    held = np.ones(len(next(iter(points.values()))), dtype=bool)
    for condition in conditions:
        held &= np.asarray(evaluate(condition, points), dtype=bool)
    return held

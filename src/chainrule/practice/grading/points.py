"""Owns the sample points at which answers are compared: where the function, its derivative and the conditions allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression
from chainrule.practice.grading.operation import Floats

WANTED = 24
LEAST = 4
TOLERANCE = 1e-7
_LARGEST = 1e6
_RANGES = ((-2.0, 2.0), (0.2, 2.0), (-0.9, 0.9), (1.1, 3.0), (0.2, 0.8), (-3.0, -1.1), (3.0, 12.0), (12.0, 200.0))
_PER_RANGE = 24


@final
@dataclass(frozen=True, slots=True)
class Sample:
    """Points, as one array by name; all arrays have the same length."""

    points: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(next(iter(self.points.values())))

    def values(self, expression: Expression) -> Floats:
        """Return the values of an expression; NaN where it has none."""
        return self.spread(evaluate(expression, self.points))

    def spread(self, value: Any) -> Floats:
        """Return a value, which may be one number for all points, as an array."""
        return np.broadcast_to(np.asarray(value, dtype=float), (len(self),))


def sample(names: Sequence[str], functions: Sequence[Expression], conditions: Sequence[Expression]) -> Sample:
    """Return up to 24 points at which the functions are finite and the conditions hold; fewer where few are found."""
    generator = np.random.default_rng(20)
    drawn = [np.concatenate([generator.uniform(low, high, _PER_RANGE) for low, high in _RANGES]) for _ in names]
    tried = Sample(dict(zip(names, drawn, strict=True)))
    good = np.ones(len(tried), dtype=bool)
    for function in functions:
        values = tried.values(function)
        good &= np.isfinite(values) & (np.abs(values) < _LARGEST)
    for condition in conditions:
        good &= tried.values(condition) == 1
    places = np.flatnonzero(good)
    # Points of every range, not only of the first.
    chosen = places[np.linspace(0, len(places) - 1, min(WANTED, len(places))).astype(int)] if len(places) else places
    return Sample({name: values[chosen] for name, values in tried.points.items()})


def agree(left: Any, right: Any) -> bool:
    """Return whether two arrays of values are equal up to rounding, everywhere."""
    return bool(np.all(np.abs(left - right) <= TOLERANCE * np.minimum(np.abs(left), np.abs(right)) + 1e-13))


def ratio(left: Floats, right: Floats) -> float | None:
    """Return left / right where that is the same number everywhere."""
    quotients = left / right
    first = float(quotients[0]) if quotients.size else np.nan
    return first if np.isfinite(first) and agree(quotients, np.full_like(quotients, first)) else None

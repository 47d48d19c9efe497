"""Owns the check of an explanation: against the engine's derivative and the limit definition, at sample points."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import GradientError
from chainrule.explain.expressions.expression import Expression, evaluate
from chainrule.explain.expressions.notation import text
from chainrule.transforms.derivatives import jvp
from chainrule.transforms.limit import limit_quotient

TOLERANCE = 1e-6
SETTLED = 1e-8
WANTED_POINTS = 6
MAX_TRIALS = 60
_RANGES = ((-2.0, 2.0), (0.2, 2.0), (-0.9, 0.9), (1.1, 3.0), (0.2, 0.8), (-3.0, -1.1))

Function = Callable[[Mapping[str, object]], object]


def verify(
    function: Function,
    result: Expression,
    names: Sequence[str],
    name: str,
    conditions: Sequence[Expression] = (),
    points: Sequence[Mapping[str, float]] = (),
) -> float | None:
    """Return the largest relative difference found, or None where no point could be sampled.

    function: takes values by name, traced ones too. result: its derivative with respect to `name`, to be checked.
    points: what is sampled besides; with no points, points inside the domain are looked for.

    Raises GradientError where the results differ by more than 1e-6: such an explanation must not be shown.
    """
    worst: float | None = None
    found = 0
    with np.errstate(all="ignore"):
        for point in (*points, *_samples(names)):
            if found == WANTED_POINTS:
                break
            shown = _value(result, point)
            if shown is None or not _holds(conditions, point):
                continue
            exact = _engine(function, point, name)
            if exact is None:
                continue
            found += 1
            limit = limit_definition(lambda value, point=point: _number(function({**point, name: value})), point[name])  # type: ignore[misc]
            for other in (exact, limit):
                if other is not None:
                    worst = max(worst or 0.0, _difference(shown, other, result, name, point))
    return worst


def _samples(names: Sequence[str]) -> Iterator[dict[str, float]]:
    generator = np.random.default_rng(0)
    for trial in range(MAX_TRIALS):
        low, high = _RANGES[trial % len(_RANGES)]
        yield {name: float(generator.uniform(low, high)) for name in names}


def _value(expression: Expression, point: Mapping[str, float]) -> float | None:
    return _number(evaluate(expression, point))


def _number(value: object) -> float | None:
    """Return a finite real number, or None."""
    if isinstance(value, complex | np.complexfloating):
        return None
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def _holds(conditions: Sequence[Expression], point: Mapping[str, float]) -> bool:
    return all(bool(evaluate(condition, point)) for condition in conditions)


def _engine(function: Function, point: Mapping[str, float], name: str) -> float | None:
    _, tangent = jvp(lambda value: function({**point, name: value}), (point[name],), (1.0,))
    return _number(tangent)


def _difference(shown: float, other: float, result: Expression, name: str, point: Mapping[str, float]) -> float:
    difference = abs(shown - other) / (1 + max(abs(shown), abs(other)))
    if difference > TOLERANCE:
        where = ", ".join(f"{key} = {value:.6g}" for key, value in point.items())
        raise GradientError(
            f"the explanation gives d/d{name} = {text(result)}, which is {shown:.10g} at {where}, but the derivative "
            f"there is {other:.10g}; please report this function, since the explanation must not be shown"
        )
    return difference


def limit_definition(function: Callable[[float], float | None], x: float) -> float | None:
    """Return the limit of difference quotients, or None where it does not settle.

    >>> round(limit_definition(lambda x: x**3, 2.0), 9)
    12.0
    """

    def at(step: float) -> NDArray[np.float64]:
        value = function(x + step)
        return np.array([math.nan if value is None else value])

    limit = limit_quotient(at, at(0.0), max(1.0, abs(x)), SETTLED, float(np.finfo(float).eps))
    value, error = float(limit.value[0]), float(limit.error[0])
    return value if error <= SETTLED * (1 + abs(value)) else None

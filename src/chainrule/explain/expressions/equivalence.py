"""Owns the question whether two expressions are equal: by algebra where that is quick, else by values at many points.

Two expressions count as equal when they agree wherever both have a real value and the conditions hold: ln(x^2) and
2 ln x are, |x| and x are not. Points of several magnitudes are tried in floats, all at once; where floats disagree,
many digits decide whether the functions differ or digits were lost (1 - tanh(x)^2 at x = 30).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.expressions.algebra import collect, has_derivative, terms_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expansion import expanded_terms
from chainrule.explain.expressions.expression import Expression, free_symbols, size
from chainrule.explain.expressions.neat import neat
from chainrule.explain.expressions.precise import settled

TOLERANCE = 1e-9
"""Relative: 0.3333333333 counts as 1/3, x^2 + 1e-7 does not count as x^2."""

PLAIN = 1e-5
LEAST_POINTS = 3
MAX_ALGEBRA = 300
MAX_SETTLED = 8
MAX_SECONDS = 0.4

_UNIFORM = ((-2.0, 2.0), (0.2, 2.0), (-0.9, 0.9), (1.1, 3.0), (0.2, 0.8), (-3.0, -1.1), (-6.0, 6.0), (3.0, 12.0))
_PER_RANGE = 20
_MODERATE = _PER_RANGE * len(_UNIFORM)
_WIDE = 60
_WHOLE = 30

Floats = NDArray[np.float64]


def equivalent(
    left: Expression, right: Expression, names: Sequence[str] = (), conditions: Sequence[Expression] = ()
) -> bool | None:
    """Return whether two expressions are equal, or None where no common point was found at which that shows.

    names: variables besides those that occur. conditions: where the expressions are to agree, such as x > 0. Takes
    half a second at most.

    >>> from chainrule.explain.expressions.expression import Symbol
    >>> x = Symbol("x")
    >>> equivalent(np.sin(2 * x), 2 * np.sin(x) * np.cos(x)), equivalent(abs(x), x), equivalent(abs(x), x, (), [x > 0])
    (True, False, True)
    """
    if left == right or _same_terms(left, right):
        return True
    if any(map(has_derivative, (left, right))):
        return None
    points = _points(_names(names, (left, right, *conditions)))
    with np.errstate(all="ignore"):
        first, second = _values(left, points), _values(right, points)
        usable = np.isfinite(first) & np.isfinite(second)
        for condition in conditions:
            usable &= _values(condition, points) == 1
        error = np.abs(first - second) / np.maximum(np.abs(first), np.abs(second))
    error[first == second] = 0.0
    agreeing = usable & (error <= TOLERANCE)
    settled_equal = 0
    started = time.monotonic()  # what was imported above, such as scipy.special, does not count
    for index in _doubtful(usable & ~agreeing, error):
        if time.monotonic() - started > MAX_SECONDS:
            return None
        equal = _equal_at(left, right, {name: float(values[index]) for name, values in points.items()})
        if equal is False:
            return False
        settled_equal += equal is True
    # Some functions are computed in floats only; these do not lose ten digits at most of the points.
    if not settled_equal and 2 * np.count_nonzero(usable & (error > PLAIN)) > np.count_nonzero(usable):
        return False
    return True if np.count_nonzero(agreeing) + settled_equal >= LEAST_POINTS else None


def _same_terms(left: Expression, right: Expression) -> bool:
    """Return whether the difference vanishes once it is multiplied out and like terms are collected."""
    if size(left) + size(right) > MAX_ALGEBRA:
        return False
    difference = neat(left - right)
    if not terms_of(difference):
        return True
    return (expanded := expanded_terms(difference)) is not None and not collect(expanded)


def _names(names: Iterable[str], expressions: Iterable[Expression]) -> list[str]:
    found = (name for expression in expressions for name in free_symbols(expression))
    return list(dict.fromkeys((*names, *found)))


def _points(names: Sequence[str]) -> dict[str, Floats]:
    """Return the points as one array per variable: moderate ones, then magnitudes from 1/1000 to 1000, and integers."""
    generator = np.random.default_rng(0)

    def drawn() -> Floats:
        moderate = [generator.uniform(low, high, _PER_RANGE) for low, high in _UNIFORM]
        wide = 10 ** generator.uniform(-3, 3, _WIDE) * generator.choice([1.0, 1.0, -1.0], _WIDE)
        whole = generator.integers(-4, 9, _WHOLE).astype(float)
        return np.concatenate([*moderate, wide, whole])

    return {name: drawn() for name in names}


def _values(expression: Expression, points: Mapping[str, Floats]) -> Floats:
    value = np.asarray(evaluate(expression, points), dtype=float)
    return np.broadcast_to(value, (_MODERATE + _WIDE + _WHOLE,))


def _doubtful(doubtful: NDArray[np.bool_], error: Floats) -> list[int]:
    """Return the points to settle: those that differ most, moderate points before the others."""
    chosen: list[int] = []
    for start, end, most in ((0, _MODERATE, MAX_SETTLED), (_MODERATE, len(error), MAX_SETTLED // 2)):
        places = start + np.flatnonzero(doubtful[start:end])
        chosen += places[np.argsort(-error[places], kind="stable")][:most].tolist()
    return chosen


def _equal_at(left: Expression, right: Expression, point: Mapping[str, float]) -> bool | None:
    """Return whether the values are equal at a point, computed to as many digits as it takes; None if undecided."""
    first, second = settled(left, point), settled(right, point)
    if first is None or second is None:
        return None
    return bool(abs(first - second) <= TOLERANCE * max(abs(first), abs(second)))

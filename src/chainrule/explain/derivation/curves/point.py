"""Owns the point at which the slope of a curve is asked for: whether it is on the curve, and its height where none was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Symbol, free_symbols
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.point import point_of, real_number

_ON_THE_CURVE = 1e-9
_STARTS = np.linspace(-30.0, 30.0, 241)
_MAX_LISTED = 6


def point_on(curve: SampledOnCurve, names: Sequence[str], given: Any) -> dict[str, float]:
    """Return the point by name. A height that is not given is found, where there is only one.

    Raises ValueError where the point is not on the curve, or several are.
    """
    values = given
    if isinstance(given, Mapping):
        values = {name if name in names else symbol_name(str(name)): value for name, value in given.items()}
    elif np.ndim(given) == 0 and not isinstance(given, str):
        values = {curve.by: given}
    if isinstance(values, Mapping) and {*values} == {*names} - {curve.of}:
        point = {name: real_number(name, value) for name, value in values.items()}
        return {name: {**point, curve.of: _height(curve, point)}[name] for name in names}
    point = point_of(names, values)
    with np.errstate(all="ignore"):
        left, right = (float(evaluate(side, point)) for side in (curve.left, curve.right))
    if not abs(left - right) <= _ON_THE_CURVE * (1 + abs(left) + abs(right)):
        other = "" if not free_symbols(curve.right) else f"{text(curve.right)}, which is "
        raise ValueError(
            f"the point {shown(point)} is not on the curve: {text(curve.left)} is {left:.10g} there, not {other}{right:.10g}"
            f"{_nearest(curve, point)}"
        )
    return point


def shown(point: Mapping[str, float]) -> str:
    """Return a point as it is read."""
    return ", ".join(f"{text(Symbol(name))} = {value + 0.0:.10g}" for name, value in point.items())


def _nearest(curve: SampledOnCurve, point: Mapping[str, float]) -> str:
    found = curve.settled({name: np.array([value]) for name, value in point.items()})[curve.of][0]
    if not abs(found - point[curve.of]) <= 0.1 * (1 + abs(point[curve.of])):
        return ""
    return f"; {shown({curve.of: float(found)})} is on it"


def heights(curve: SampledOnCurve, point: Mapping[str, float]) -> list[float]:
    """Return the heights of the curve that are found at a point without one, rising."""
    starts = {name: np.full_like(_STARTS, value) for name, value in point.items()}
    found = curve.settled({**starts, curve.of: _STARTS})[curve.of]
    known = found[np.isfinite(found)]
    _, places = np.unique(np.round(known, 9), return_index=True)
    return [float(known[place]) + 0.0 for place in places]


def _height(curve: SampledOnCurve, point: Mapping[str, float]) -> float:
    found = heights(curve, point)
    if len(found) == 1:
        return found[0]
    of = text(Symbol(curve.of))
    if not found:
        raise ValueError(f"no point of the curve was found at {shown(point)}; give {of} too")
    listed = ", ".join(shown({curve.of: round(height, 9)}) for height in found[:_MAX_LISTED])
    raise ValueError(f"the curve has several points at {shown(point)}: {listed}; say which, by giving {of} too")

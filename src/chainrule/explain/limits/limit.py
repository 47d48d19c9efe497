"""Owns `limit`: the limit definition of the derivative of a function at a point, seen step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.explain.limits.function import Point, Section, read
from chainrule.explain.limits.quotients import ErrorModel, best_step, magnitude, quotients
from chainrule.explain.limits.record import Limit
from chainrule.explain.limits.sides import Side, classify, side, two_sided

AGREES = 1e-4
"""The engine's derivative is taken for the limit where they differ by at most this part."""


def limit(fun: str | Callable[..., Any], x: Point, wrt: str | None = None) -> Limit:
    """Return the limit definition of the derivative of `fun` at `x`: difference quotients as the step goes to 0.

    fun: mathematics as text, or a Python function, with one real number as its result. x: the point: a number; for several
    variables a mapping from names to values, or values in order; then wrt names the variable that moves, and the others
    are held.

    The steps are 1, 0.1, ..., 1e-16, scaled by the size of x where it is large. Errors are measured against the engine's
    exact derivative; where the function cannot be traced, against the extrapolated limit. At a corner, a jump, a vertical
    tangent, the edge of the domain or an oscillation there is no derivative, and the record says which it is.
    Raises ValueError where the point does not fit the variables, NotScalarError where the result is not one real number.
    Source: W. H. Press and others, Numerical Recipes, section 5.7 (3rd edition, 2007).

    >>> import chainrule as cr
    >>> found = cr.limit("x^2", 2)
    >>> found.derivative, found.equation, found.forward.measured
    (4.0, 'y = 4x - 4', 1e-08)
    >>> cr.limit("|x|", 0).kind
    'corner'
    """
    return limit_along(read(fun, x, wrt))


def limit_along(section: Section) -> Limit:
    """Return the limit definition of the derivative of a function along one of its variables."""
    at, scale = section.at, float(f"1e{magnitude(section.at)}")
    value = section.value(at)
    with np.errstate(all="ignore"):
        kind, left, right, both = _local(section, value, scale)
        if kind != "smooth" and 0 < abs(at) < 1:  # what happens between 0 and x may be finer than a step of 1
            closer = _local(section, value, abs(at))
            kind, left, right, both = closer if closer[0] == "smooth" else (kind, left, right, both)
        engine = section.slope()
        left, right = _settled(left, engine), _settled(right, engine)
        derivative = _derivative(engine, both, right.limit) if kind == "smooth" else None
        models = _models(section, value, derivative)
        rows = quotients(section.value, at, derivative, models)
    forward, central = (best_step(rows, model, scale) for model in models)
    return Limit(
        label=section.label,
        variable=section.variable,
        held=section.held,
        at=at,
        value=value,
        kind=kind,
        derivative=derivative,
        engine=engine,
        left=left,
        right=right,
        rows=rows,
        forward=forward,
        central=central,
        scale=scale,
    )


def _local(section: Section, value: float, scale: float) -> tuple[str, Side, Side, float | None]:
    """Return the kind of the point, the limits from the left and the right, and the two-sided one."""
    left, right = (side(section.value, section.at, scale, direction) for direction in (-1, 1))
    both = two_sided(section.value, section.at, scale) if math.isfinite(value) else None
    return classify(value, left, right, both), left, right, both


def _settled(found: Side, engine: float | None) -> Side:
    """Return a side whose limit is the exact derivative where that is what it tends to."""
    if (
        found.limit is None
        or engine is None
        or not math.isfinite(engine)
        or abs(found.limit - engine) > AGREES * (1 + abs(engine))
    ):
        return found
    return replace(found, limit=engine)


def _derivative(engine: float | None, both: float | None, right: float | None) -> float | None:
    """Return the exact derivative where the engine's agrees with the limit, else the limit."""
    found = both if both is not None else right
    if engine is None or found is None or not math.isfinite(engine):
        return found
    return engine if abs(engine - found) <= AGREES * (1 + abs(engine)) else found


def _models(section: Section, value: float, derivative: float | None) -> tuple[ErrorModel, ErrorModel]:
    curves = [section.slope(order) if derivative is not None else None for order in (2, 3)]
    sizes = (abs(value) if math.isfinite(value) else 0.0, derivative or 0.0, section.at)
    return ErrorModel(1, curves[0], *sizes), ErrorModel(2, curves[1], *sizes)

"""Owns the tangent and the normal at a point of a curve: whether there are any, and the sentences with their equations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from chainrule.explain.derivation.sampled import Function
from chainrule.explain.expressions.expression import Expression, Number, Symbol
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.limits.function import Section
from chainrule.explain.limits.limit import limit_along

_MAX_DENOMINATOR = 1000
EXACT = 1e-12
"""How far a number may be off, for 1 and what it is itself, to be said as the simple one beside it: 0 for 1e-16."""

_DIGITS = 10
_BROKEN = frozenset({"corner", "jump"})


def tangent_sentence(by: str, of: str, at: Mapping[str, float], slope: float) -> str:
    """Return the equation of the tangent through a point. An infinite slope is that of a vertical tangent.

    >>> tangent_sentence("x", "y", {"x": 3.0, "y": 4.0}, -0.75)
    'Tangent there: y = 25/4 - 3x/4'
    >>> tangent_sentence("x", "y", {"x": 5.0, "y": 0.0}, float("inf"))
    'Tangent there: vertical, x = 5; it has no slope'
    """
    across, up = Symbol(by), Symbol(of)
    if math.isinf(slope):
        return f"Tangent there: vertical, {text(across)} = {text(rounded(at[by]))}; it has no slope"
    line = rounded(slope) * across + rounded(at[of] - slope * at[by])
    return f"Tangent there: {text(up)} = {text(tidy(line)[1])}"


def line_sentences(by: str, of: str, at: Mapping[str, float], slope: float, with_normal: bool) -> tuple[str, ...]:
    """Return the equation of the tangent through a point, and that of the normal where it is asked for.

    >>> line_sentences("x", "y", {"x": 1.0, "y": 1.0}, 2.0, True)
    ('Tangent there: y = 2x - 1', 'Normal there: y = 3/2 - x/2')
    """
    tangent = tangent_sentence(by, of, at, slope)
    if not with_normal:
        return (tangent,)
    if slope == 0:
        return tangent, f"Normal there: vertical, {text(Symbol(by))} = {text(rounded(at[by]))}; it has no slope"
    normal = tangent_sentence(by, of, at, -1 / slope)  # -1/inf is 0: the normal of a vertical tangent is level
    return tangent, normal.replace("Tangent", "Normal", 1)


def breaks(function: Function, point: Mapping[str, float], names: Iterable[str]) -> bool:
    """Whether a function has a corner or a jump at a point, along one of these variables: its rule takes a slope by convention.

    >>> breaks(lambda values: abs(values["x"]), {"x": 0.0}, ["x"])
    True
    """

    def kind(name: str) -> str:
        return limit_along(Section("f", name, point[name], (), lambda moved: function({**point, name: moved}))).kind

    return any(kind(name) in _BROKEN for name in names)


def rounded(value: float) -> Expression:
    """Return a number as it is read: a fraction where it is a simple one, and ten digits elsewhere."""
    fraction = Fraction(value).limit_denominator(_MAX_DENOMINATOR)
    if abs(float(fraction) - value) <= EXACT * (1 + abs(value)):
        return Number(fraction)
    return Number(float(f"{value:.{_DIGITS}g}"))

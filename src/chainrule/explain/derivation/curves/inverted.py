"""Owns the point of an inverse function: the number that the function takes to a given one, exactly where it can be."""

from __future__ import annotations

from chainrule.explain.derivation.curves.point import heights
from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.derivation.findings.exact_forms import root_form
from chainrule.explain.expressions.expression import Expression, Number, Symbol
from chainrule.explain.expressions.neat import neat

HEIGHT = "~height"
"""The name of the value of the function; nobody can type it."""


def curve_of_inverse(function: Expression, name: str) -> SampledOnCurve:
    """Return the curve on which the variable is the inverse of the function at its height."""
    return SampledOnCurve(Symbol(name), Symbol(HEIGHT), function, name, HEIGHT)


def arguments_of(function: Expression, name: str, value: Expression, number: float) -> list[Expression]:
    """Return the numbers that a function takes to a value, those near 0 first; exactly where they have a simple form."""
    found = heights(curve_of_inverse(function, name), {HEIGHT: number})
    found.sort(key=lambda root: (round(abs(root), 9), -root))
    return [_exact(root, function, name, value) for root in found]


def _exact(root: float, function: Expression, name: str, value: Expression) -> Expression:
    exact = root_form(root, name, neat(function - value))
    return Number(float(f"{root:.10g}")) if exact is None else exact

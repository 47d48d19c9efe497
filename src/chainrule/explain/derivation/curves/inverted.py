"""Owns the point of an inverse function: the number that the function takes to a given one, exactly where it can be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from chainrule.explain.derivation.curves.point import heights
from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.expressions.expression import Constant, Expression, Number, Symbol, substitute
from chainrule.explain.expressions.neat import ZERO, call, neat
from chainrule.explain.expressions.symbolic import exact_value

_DENOMINATOR = 24
_CLOSE = 1e-9
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
    for candidate in _candidates(root):
        gap = exact_value(neat(substitute(function, {name: candidate}) - value))
        if gap == ZERO:
            return candidate
    return Number(float(f"{root:.10g}"))


def _candidates(root: float) -> Iterator[Expression]:
    """Yield numbers with a name that are as close to a root as floats can tell: 3/2, π/6, e^2, ln 3, sqrt(2)."""
    forms = (
        (root, lambda number: number),
        (root / math.pi, lambda number: neat(number * Constant("pi"))),
        (root * root, lambda number: call("sqrt", number) if root > 0 else neat(-call("sqrt", number))),
        (math.exp(min(root, 30.0)), lambda number: call("log", number)),
        (math.log(root) if root > 0 else math.nan, lambda number: neat(Constant("e") ** number)),
    )
    for number, form in forms:
        fraction = None if not math.isfinite(number) else Fraction(number).limit_denominator(_DENOMINATOR)
        if fraction is not None and abs(float(fraction) - number) <= _CLOSE * (1 + abs(number)):
            made = exact_value(form(Number(fraction)))
            if made is not None:
                yield made

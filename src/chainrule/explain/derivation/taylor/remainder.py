"""Owns what a Taylor polynomial leaves out: Lagrange's form of the remainder, and the check that the error shrinks as it says."""

from __future__ import annotations

import math

from chainrule.errors import GradientError, TooLongError
from chainrule.explain.derivation.derive import differentiated
from chainrule.explain.derivation.nearby import STEP, value_beside
from chainrule.explain.derivation.taylor.center import Center
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols, size, substitute
from chainrule.explain.expressions.neat import ZERO, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy

_DIGITS = 220
_VANISHED = 1e-200
_NEAR = (1e-6, 1e-7)
"""The distances at which the order of the error is measured, tenfold apart; they are within all but the smallest radii."""

_SHOWN = (0.1, 0.01)
_DIRECTIONS = (1.0, 0.7, -0.6, 1.2, 0.4, -0.9)
_LONGEST = 60
"""How many operations a derivative has at most that is put into the remainder."""


def remainder_sentence(label: str, degree: int, last: Expression, center: Center) -> str:
    """Return Lagrange's form of the remainder of a function of one variable. last: its derivative of the polynomial's degree."""
    ((name, at),) = center.moving
    shown = text(Symbol(name))
    left = f"{label}({shown}) - T{degree}({shown})"
    if last == ZERO:
        return f"Remainder: {left} = 0, since all higher derivatives are 0: the polynomial is the function itself"
    order = degree + 1
    between = "c" if "c" not in (name, *center.held) else "xi"
    factor = f"{_order_sign(label, order)}({text(Symbol(between))})/{order}!"
    after = _next_derivative(last, name, center)
    if after == ZERO:
        return f"Remainder: {left} = 0, since all higher derivatives are 0: the polynomial is the function itself"
    where = f" for some {text(Symbol(between))} between {text(at)} and {shown}"
    if after is not None and size(after) <= _LONGEST:
        exact = tidy(substitute(after, {name: Symbol(between)}) / Number(math.factorial(order)))[1]
        written = _as_factor(exact)
        if len(written) <= _LONGEST:
            factor = written
            where = where if between in free_symbols(exact) else ""
    power = neat(center.step(name) ** Number(order))
    product = text(power) if factor == "1" else f"{factor} · {_as_factor(power)}"
    return f"Remainder (Lagrange): {left} = {product}{where}"


def _as_factor(expression: Expression) -> str:
    """Return an expression as it stands in a product: sums in brackets."""
    written = text(expression)
    return f"({written})" if is_named(expression, "add", "subtract") else written


def _next_derivative(last: Expression, name: str, center: Center) -> Expression | None:
    """Return the derivative of a derivative; None where it would be too long to be shown."""
    if size(last) > _LONGEST:
        return None
    try:
        *_, after = differentiated(last, name, center.names, 1)
    except TooLongError:
        return None
    return after


def _order_sign(label: str, order: int) -> str:
    return label + "'" * order if order <= 3 else f"{label}^({order})"


def error_sentence(function: Expression, polynomial: Expression, degree: int, center: Center) -> str | None:
    """Return how the error shrinks as the point is approached; None where it cannot be computed with enough digits.

    Raises GradientError where it does not shrink faster than the last power of the polynomial: that must not be shown.
    """
    gap = _along(function - polynomial, center)
    orders = [order for side in (1, -1) if (order := _order(gap, side)) is not None]
    if not orders:
        return None
    least = min(orders)
    if least <= degree + 0.01:
        raise GradientError(
            f"the error of {text(polynomial)} shrinks like h^{least:.2f}, not like h^{degree + 1}; please report this function, "
            "since the polynomial must not be shown"
        )
    if math.isinf(least):
        return "Checked: the polynomial equals the function near the point, to 200 digits"
    errors = [_size(gap, h) for h in _SHOWN]
    power = f"{round(least, 2):g}"
    seen = (
        ""
        if None in errors
        else f"at a distance of {_SHOWN[0]} the error is {errors[0]:.2g}, at {_SHOWN[1]} it is {errors[1]:.2g}; "
    )
    promised = "" if least < degree + 0.9 else f", and must shrink like h^{degree + 1} or faster"
    return f"Checked: {seen}near the point it shrinks like h^{power}{promised}"


def _along(expression: Expression, center: Center) -> Expression:
    """Return an expression along a line through the point."""
    moved = {
        name: at + Number(_DIRECTIONS[place % len(_DIRECTIONS)]) * STEP
        for place, (name, at) in enumerate(center.moving)
    }
    return substitute(expression, moved)


def _order(gap: Expression, side: int) -> float | None:
    """Return the power of the distance that the error shrinks like; infinite where there is no error."""
    far, near = (_size(gap, side * h) for h in _NEAR)
    if far is None or near is None:
        return None
    if far < _VANISHED or near < _VANISHED:
        return math.inf if far < _VANISHED else None
    return math.log10(far / near)


def _size(gap: Expression, step: float) -> float | None:
    found = value_beside(gap, step, _DIGITS)
    return None if found is None else abs(float(found))

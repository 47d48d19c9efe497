"""Owns what factors of one product have to do with each other: sign(u) |u| = u, tan(u) cos(u) = sin(u)."""

from __future__ import annotations

from fractions import Fraction

from chainrule.explain.expressions.expression import Apply, Expression, Number, Value
from chainrule.explain.expressions.neat import ZERO, call, is_named, is_whole, multiply_numbers, power_of_number

Powers = dict[Expression, Expression]


def combined(coefficient: Value, powers: Powers) -> tuple[Value, Powers]:
    """Return the number and the bases with their exponents, those put together that belong to each other."""
    for base in tuple(powers):
        if base not in powers:
            continue  # one before has taken it
        if not isinstance(base, Apply):
            coefficient = _with_root_of_number(coefficient, base, powers)
        elif is_named(base, "sign"):
            _with_sign(base.operands[0], powers)
        elif is_named(base, "absolute"):
            _with_absolute(base, powers)
        elif is_named(base, "tan"):
            _with_tangent(base, powers)
        elif is_named(base, "cbrt"):
            _with_cube_root(base, powers)
    return coefficient, powers


def identity_among(powers: Powers) -> tuple[str, str] | None:
    """Return the identity that puts some of the bases together, as its name and why it holds."""
    for base in powers:
        if is_named(base, "sign") and _meets(powers, base, base.operands[0], call("absolute", *base.operands)):
            return "|u| = u · sign(u)", "by the definition of the absolute value"
        if is_named(base, "tan") and _meets(powers, base, *(call(name, *base.operands) for name in ("sin", "cos"))):
            return "tan = sin/cos", "by the definition of the tangent"
    return None


def _meets(powers: Powers, base: Expression, *others: Expression) -> bool:
    exponents = _exponents(powers, base, *others)
    return exponents is not None and any(exponents[1:])


def _exponents(powers: Powers, *bases: Expression) -> list[int] | None:
    """Return the exponents of bases, 0 for those that are no factors; None where one is not a whole number."""
    found = [powers.get(base, ZERO) for base in bases]
    whole = [int(exponent.value) for exponent in found if isinstance(exponent, Number) and is_whole(exponent)]
    return whole if len(whole) == len(found) else None


def _put(powers: Powers, base: Expression, exponent: int) -> None:
    if exponent:
        powers[base] = Number(exponent)
    else:
        powers.pop(base, None)


def _with_sign(u: Expression, powers: Powers) -> None:
    """Put sign(u) together with |u| and u: sign(u) is u/|u|, and |u|^2 is u^2."""
    sign, size = call("sign", u), call("absolute", u)
    exponents = _exponents(powers, sign, size, u)
    if exponents is None or not any(exponents[1:]):
        return
    signs, sizes, others = exponents
    others, sizes = others + signs, sizes - signs
    others, sizes = others + sizes - sizes % 2, sizes % 2
    # What is left over is |u|, or sign(u) u where that cancels a u below the line.
    turned = sizes == 1 and others < 0
    _put(powers, sign, int(turned))
    _put(powers, size, sizes - int(turned))
    if others + int(turned) != exponents[2]:
        _put(powers, u, others + int(turned))


def _with_absolute(size: Apply, powers: Powers) -> None:
    """Write |u|^2 as u^2."""
    u = size.operands[0]
    exponents = _exponents(powers, size, u)
    if exponents is not None and exponents[0] % 2 == 0:
        _put(powers, size, 0)
        _put(powers, u, sum(exponents))


def _with_tangent(tangent: Apply, powers: Powers) -> None:
    """Write tan(u) as sin(u)/cos(u) where one of these is a factor, too."""
    sine, cosine = call("sin", *tangent.operands), call("cos", *tangent.operands)
    exponents = _exponents(powers, tangent, sine, cosine)
    if exponents is not None and any(exponents[1:]):
        _put(powers, tangent, 0)
        _put(powers, sine, exponents[1] + exponents[0])
        _put(powers, cosine, exponents[2] - exponents[0])


def _with_cube_root(root: Apply, powers: Powers) -> None:
    """Put cbrt(u) together with u."""
    u = root.operands[0]
    exponents = _exponents(powers, root, u)
    if exponents is not None and exponents[1]:
        thirds = exponents[0] + 3 * exponents[1]
        whole = int(thirds / 3)
        _put(powers, u, whole)
        _put(powers, root, thirds - 3 * whole)


def _with_root_of_number(coefficient: Value, base: Expression, powers: Powers) -> Value:
    """Write √2 · √2 as 2, 2^(3/2) as 2√2, and 2/√2 as √2."""
    exponent = powers[base]
    if not (isinstance(base, Number) and is_whole(base) and base.value > 1 and isinstance(exponent, Number)):
        return coefficient
    whole = power_of_number(base.value, int(exponent.value))
    if isinstance(exponent.value, float) or whole is None:
        return coefficient
    coefficient, rest = multiply_numbers(coefficient, whole), Fraction(exponent.value) - int(exponent.value)
    exact = Fraction(coefficient) if not isinstance(coefficient, float) else Fraction(0)
    if rest < 0 and exact and exact.numerator % base.value == 0:
        coefficient, rest = multiply_numbers(exact, Fraction(1, int(base.value))), rest + 1
    powers[base] = Number(rest)
    return coefficient

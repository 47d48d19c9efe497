"""Owns what is done with roots: numbers are taken out of them (sqrt(4x) is 2 sqrt(x)), and powers read as cube roots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from chainrule.explain.expressions.algebra import Term, build, term_of
from chainrule.explain.expressions.expression import Apply, Expression, Number, Value, fold, rebuild
from chainrule.explain.expressions.move import Move, moved
from chainrule.explain.expressions.neat import HALF, MAX_BITS, call, is_named, neat

THIRD = Number(Fraction(1, 3))


def take_out_numbers(expression: Expression) -> Move | None:
    """Take numbers out of roots of products where they leave nothing behind: sqrt(4x) is 2 sqrt(x), and sqrt(2x) stays."""

    def rule(node: Expression) -> Expression:
        exponent = _exponent_of(node)
        if exponent is None or not isinstance(node, Apply):
            return node
        inside = term_of(node.operands[0])
        root = _root_of(inside.coefficient, exponent.denominator) if inside.factors else 1
        if root == 1:
            return node
        left = build(Term(-1 if inside.coefficient < 0 else 1, inside.factors))
        rooted = Apply(node.primitive, (left, *node.operands[1:]))
        return build(term_of(Number(root) ** Number(exponent.numerator) * rooted))

    return moved(
        "take the number out of the root", "the root of a product is the product of the roots", expression, rule
    )


def powers_as_cube_roots(expression: Expression) -> Expression:
    """Return the expression with powers whose exponents are thirds as powers of cube roots: x^(2/3) is cbrt(x)^2.

    The power is defined for x ≥ 0 only, the cube root everywhere.
    """

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        node = rebuild(node, operands)
        exponent = neat(node.operands[1]) if isinstance(node, Apply) and is_named(node, "power") else None
        if isinstance(node, Apply) and isinstance(exponent, Number) and Fraction(exponent.value).denominator == 3:
            return call("cbrt", node.operands[0]) ** Number(Fraction(exponent.value).numerator)
        return node

    return fold(expression, combine)


def _exponent_of(node: Expression) -> Fraction | None:
    """Return the exponent that a root has: 1/2 of a square root; None where the node is none."""
    if is_named(node, "sqrt", "cbrt"):
        exponent: Expression = HALF if is_named(node, "sqrt") else THIRD
    else:
        exponent = node.operands[1] if is_named(node, "power") else Number(1)
    value = exponent.value if isinstance(exponent, Number) else 1
    return value if isinstance(value, Fraction) else None


def _root_of(number: Value, degree: int) -> Value:
    """Return the root of the number without its sign where that is exact; 1 for others."""
    if isinstance(number, float):
        return 1
    exact = abs(Fraction(number))
    above, below = (_whole_root(part, degree) for part in (exact.numerator, exact.denominator))
    return 1 if above is None or below is None else Number(Fraction(above, below)).value


def _whole_root(number: int, degree: int) -> int | None:
    if number.bit_length() > MAX_BITS:
        return None
    root = math.isqrt(number) if degree == 2 else round(number ** (1 / degree))
    return root if root**degree == number else None

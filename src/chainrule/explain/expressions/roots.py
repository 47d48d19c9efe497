"""Owns the move that takes a number out of a root: sqrt(4x) is 2 sqrt(x)."""

from __future__ import annotations

import math
from fractions import Fraction

from chainrule.explain.expressions.algebra import Term, build, term_of
from chainrule.explain.expressions.expression import Apply, Expression, Number, Value
from chainrule.explain.expressions.move import Move, moved
from chainrule.explain.expressions.neat import HALF, MAX_BITS, is_named

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

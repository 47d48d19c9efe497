"""Owns what is seen of the sign of an expression, whatever real values its variables have."""

from __future__ import annotations

from functools import lru_cache

from chainrule.explain.expressions.algebra import build_sum, terms_of
from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol
from chainrule.explain.expressions.neat import ZERO, is_named, is_whole


@lru_cache(maxsize=4096)  # a sum asks for both signs of each term: without it, nesting would double the work
def is_positive(expression: Expression) -> bool:
    """Return whether the expression is seen to be positive for all real values of its variables.

    >>> import numpy as np
    >>> x = Symbol("x")
    >>> is_positive(x**2 + 1), is_positive(x**2), is_positive(np.sqrt(x**2 + 1) + x)
    (True, False, True)
    """
    if isinstance(expression, Number):
        return expression.value > 0
    if not isinstance(expression, Apply):
        return not isinstance(expression, Symbol)
    if is_named(expression, "exp", "exp2", "cosh", "expit", "softplus"):
        return True
    if is_named(expression, "add"):
        left, right = expression.operands
        if (is_positive(left) and is_at_least_zero(right)) or (is_at_least_zero(left) and is_positive(right)):
            return True
        return _root_wins(left, right) or _root_wins(right, left)
    if is_named(expression, "multiply", "divide"):
        return all(is_positive(operand) for operand in expression.operands)
    if is_named(expression, "power", "sqrt"):
        return is_positive(expression.operands[0])
    return False


def _root_wins(root: Expression, other: Expression) -> bool:
    """Return whether sqrt(u) + v is seen to be positive, since u - v^2 is: x + sqrt(x^2 + 1)."""
    if not isinstance(root, Apply) or not is_named(root, "sqrt"):
        return False
    return is_positive(build_sum(terms_of(root.operands[0] - other * other)))


@lru_cache(maxsize=4096)
def is_at_least_zero(expression: Expression) -> bool:
    """Return whether the expression is seen to be zero or more for all real values of its variables."""
    if expression == ZERO or is_positive(expression):
        return True
    if not isinstance(expression, Apply):
        return False
    if is_named(expression, "square", "absolute", "sqrt"):
        return True
    if is_named(expression, "power"):
        exponent = expression.operands[1]
        return is_whole(exponent) and isinstance(exponent, Number) and exponent.value % 2 == 0 and exponent.value > 0
    return is_named(expression, "add", "multiply", "divide") and all(
        is_at_least_zero(operand) for operand in expression.operands
    )

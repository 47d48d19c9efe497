"""Owns exact arithmetic on numbers, and what is cleaned up without a word: + 0, times 1, to the power 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TypeGuard

from chainrule.explain.expressions.expression import Apply, Constant, Expression, Number, Value, fold, rebuild
from chainrule.primitives.table import BY_NAME

ZERO, ONE, MINUS_ONE, HALF = Number(0), Number(1), Number(-1), Number(Fraction(1, 2))
E = Constant("e")
MAX_BITS = 256
"""Numbers longer than this are not computed out."""


def is_named(expression: Expression, *names: str) -> TypeGuard[Apply]:
    """Return whether the expression applies one of the named primitives."""
    return isinstance(expression, Apply) and expression.primitive.name in names


def is_whole(expression: Expression) -> bool:
    """Return whether the expression is a whole number."""
    return isinstance(expression, Number) and isinstance(expression.value, int)


def call(name: str, *operands: Expression) -> Expression:
    """Return the named primitive applied to operands."""
    return Apply(BY_NAME[name], operands)


def add_numbers(left: Value, right: Value) -> Value:
    """Return the sum. Decimals are added as they are written: 0.1 + 0.2 is 0.3."""
    if type(left) is int and type(right) is int:
        return left + right
    if isinstance(left, float) or isinstance(right, float):
        if not (math.isfinite(left) and math.isfinite(right)):
            return float(left) + float(right)
        return Number(float(_decimal(left) + _decimal(right))).value
    return Number(Fraction(left) + right).value


def multiply_numbers(left: Value, right: Value) -> Value:
    """Return the product. Decimals are multiplied as they are written: 0.1 * 3 is 0.3."""
    if type(left) is int and type(right) is int:
        return left * right
    if isinstance(left, float) or isinstance(right, float):
        if not (math.isfinite(left) and math.isfinite(right)):
            return float(left) * float(right)
        return Number(float(_decimal(left) * _decimal(right))).value
    return Number(Fraction(left) * right).value


def _decimal(value: Value) -> Fraction:
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def power_of_number(base: Value, exponent: int) -> Value | None:
    """Return base ** exponent, or None where it does not exist or is too long to be written."""
    if (base == 0 and exponent <= 0) or (isinstance(base, float) and not math.isfinite(base)):
        return None
    exact = _decimal(base)
    bits = max(exact.numerator.bit_length(), exact.denominator.bit_length())
    if abs(exponent) * bits > MAX_BITS:
        return None
    result = exact**exponent
    return float(result) if isinstance(base, float) else Number(result).value


def neat(expression: Expression) -> Expression:
    """Return the expression without what nobody writes: + 0, times 1, to the power 1, numbers not computed.

    >>> from chainrule.explain.expressions.expression import Symbol
    >>> from chainrule.explain.expressions.notation import text
    >>> text(neat(2 * Symbol("x") ** (Number(2) - 1) * 1))
    '2x'
    """
    return fold(expression, lambda node, operands: _neat(rebuild(node, operands)))


def _neat(node: Expression) -> Expression:
    if not isinstance(node, Apply):
        return node
    rule = _NEAT.get(node.primitive.name)
    return node if rule is None else rule(node, *node.operands)


def _neat_add(node: Expression, left: Expression, right: Expression) -> Expression:
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(add_numbers(left.value, right.value))
    opposite = without_minus(right)
    return node if opposite is None else left - opposite


def _neat_subtract(node: Expression, left: Expression, right: Expression) -> Expression:
    if right == ZERO:
        return left
    if isinstance(right, Number) and isinstance(left, Number):
        return Number(add_numbers(left.value, -right.value))
    if left == ZERO:
        return _neat(call("negative", right))
    opposite = without_minus(right)
    return node if opposite is None else left + opposite


def without_minus(expression: Expression) -> Expression | None:
    """Return the opposite of an expression that starts with a minus, None for others: -2x/y gives 2x/y."""
    if isinstance(expression, Number):
        return Number(-expression.value) if expression.value < 0 else None
    if not isinstance(expression, Apply):
        return None
    if is_named(expression, "negative"):
        return expression.operands[0]
    if not is_named(expression, "multiply", "divide"):
        return None
    first = without_minus(expression.operands[0])
    return None if first is None else _neat(Apply(expression.primitive, (first, *expression.operands[1:])))


def _neat_multiply(node: Expression, left: Expression, right: Expression) -> Expression:
    if ZERO in (left, right):
        return ZERO
    for one, other in ((left, right), (right, left)):
        if one == ONE:
            return other
        if one == MINUS_ONE:
            return _neat(call("negative", other))
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(multiply_numbers(left.value, right.value))
    return node


def _neat_divide(node: Expression, left: Expression, right: Expression) -> Expression:
    if right == ONE or (left == ZERO and right != ZERO):
        return left
    if (
        isinstance(left, Number)
        and isinstance(right, Number)
        and isinstance(left.value, int)
        and isinstance(right.value, int)
    ):
        return node if right.value == 0 else Number(Fraction(left.value, right.value))
    return node


def _neat_power(node: Expression, base: Expression, exponent: Expression) -> Expression:
    if exponent == ONE or base == ONE:
        return base
    if exponent == ZERO:
        return ONE
    if isinstance(base, Number) and isinstance(exponent, Number) and isinstance(exponent.value, int):
        value = power_of_number(base.value, exponent.value)
        return node if value is None else Number(value)
    return node


def _neat_negative(node: Expression, operand: Expression) -> Expression:
    if isinstance(operand, Number):
        return Number(-operand.value)
    return operand.operands[0] if isinstance(operand, Apply) and is_named(operand, "negative") else node


def _neat_log(node: Expression, operand: Expression) -> Expression:
    if operand == ONE:
        return ZERO
    if operand == E:
        return ONE
    if isinstance(operand, Number) and isinstance(operand.value, Fraction) and operand.value.numerator == 1:
        return call("negative", call("log", Number(operand.value.denominator)))
    return node


def _neat_exp(node: Expression, operand: Expression) -> Expression:
    if operand == ZERO:
        return ONE
    return E if operand == ONE else node


def _neat_sqrt(node: Expression, operand: Expression) -> Expression:
    if isinstance(operand, Number) and isinstance(operand.value, int) and operand.value >= 0:
        root = math.isqrt(operand.value)
        if root * root == operand.value:
            return Number(root)
    return node


def _neat_log_sum(node: Expression, left: Expression, right: Expression) -> Expression:
    return call("log", _neat(call("exp", left)) + _neat(call("exp", right)))


_NEAT: dict[str, Callable[..., Expression]] = {
    "expm1": lambda node, operand: _neat(call("exp", operand)) - 1,
    "logaddexp": _neat_log_sum,
    "add": _neat_add,
    "subtract": _neat_subtract,
    "multiply": _neat_multiply,
    "divide": _neat_divide,
    "power": _neat_power,
    "float_power": _neat_power,
    "negative": _neat_negative,
    "positive": lambda node, operand: operand,
    "log": _neat_log,
    "exp": _neat_exp,
    "sqrt": _neat_sqrt,
}

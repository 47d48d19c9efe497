"""Owns where primitives have a value and a derivative, as conditions on their operands, simplified to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.explain.expressions.algebra import build, term_of, terms_of
from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol, apply, free_symbols, walk
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, is_whole, multiply_numbers, neat
from chainrule.primitives.table import BY_NAME

Conditions = Callable[..., Sequence[Expression]]


def positive(value: Expression) -> Expression:
    """Return the condition value > 0."""
    return apply(BY_NAME["greater"], value, 0)


def nonzero(value: Expression) -> Expression:
    """Return the condition value ≠ 0."""
    return apply(BY_NAME["not_equal"], value, 0)


def differs(left: Expression, right: Expression) -> Expression:
    """Return the condition left ≠ right."""
    return apply(BY_NAME["not_equal"], left, right)


def _inside(x: Expression) -> list[Expression]:
    return [apply(BY_NAME["less"], abs(x), 1)]


def _power(base: Expression, exponent: Expression) -> list[Expression]:
    if is_whole(exponent) and isinstance(exponent, Number):
        return [nonzero(base)] if exponent.value < 0 else []
    if isinstance(exponent, Number) and exponent.value > 1 and not free_symbols(exponent):
        return [apply(BY_NAME["greater_equal"], base, 0)]
    return [positive(base)]


def _choice(chosen: Expression, other: Expression, condition: Expression) -> list[Expression]:
    if isinstance(condition, Apply) and is_named(condition, "less", "less_equal", "greater", "greater_equal"):
        return [differs(*condition.operands)]
    return []


_CONDITIONS: dict[str, Conditions] = {
    "where": _choice,
    "divide": lambda x, y: [nonzero(y)],
    "floor_divide": lambda x, y: [nonzero(y)],
    "remainder": lambda x, y: [nonzero(y)],
    "fmod": lambda x, y: [nonzero(y)],
    "reciprocal": lambda x: [nonzero(x)],
    "power": _power,
    "float_power": _power,
    "sqrt": lambda x: [positive(x)],
    "cbrt": lambda x: [nonzero(x)],
    "log": lambda x: [positive(x)],
    "log2": lambda x: [positive(x)],
    "log10": lambda x: [positive(x)],
    "log1p": lambda x: [positive(1 + x)],
    "absolute": lambda x: [nonzero(x)],
    "fabs": lambda x: [nonzero(x)],
    "sign": lambda x: [nonzero(x)],
    "heaviside": lambda x, h: [nonzero(x)],
    "maximum": lambda x, y: [differs(x, y)],
    "minimum": lambda x, y: [differs(x, y)],
    "fmax": lambda x, y: [differs(x, y)],
    "fmin": lambda x, y: [differs(x, y)],
    "clip": lambda x, low, high: [differs(x, low), differs(x, high)],
    "tan": lambda x: [nonzero(np.cos(x))],
    "arcsin": _inside,
    "arccos": _inside,
    "arctanh": _inside,
    "arccosh": lambda x: [apply(BY_NAME["greater"], x, 1)],
    "logit": lambda x: [positive(x), apply(BY_NAME["less"], x, 1)],
    "erfinv": _inside,
    "gamma": lambda x: [positive(x)],
    "gammaln": lambda x: [positive(x)],
    "psi": lambda x: [positive(x)],
    "xlogy": lambda x, y: [positive(y)],
    "xlog1py": lambda x, y: [positive(1 + y)],
    "entr": lambda x: [positive(x)],
    "rel_entr": lambda x, y: [positive(x), positive(y)],
}
"""Where primitives have a value and a derivative; those that have both everywhere are left out."""


def conditions_of(primitive: Primitive, operands: Sequence[Expression]) -> tuple[Expression, ...]:
    """Return where the primitive, applied to these operands, has a value and a derivative."""
    rule = _CONDITIONS.get(primitive.name)
    return () if rule is None else simplified(rule(*operands))


def domain_of(expression: Expression) -> tuple[Expression, ...]:
    """Return where every primitive in the expression has a value and a derivative."""
    applied = [node for node in walk(expression) if isinstance(node, Apply)]
    return simplified(condition for node in applied for condition in conditions_of(node.primitive, node.operands))


def simplified(conditions: Iterable[Expression]) -> tuple[Expression, ...]:
    """Return the conditions without those that always hold, each in its simplest form, none twice."""
    found: list[Expression] = []
    for condition in conditions:
        simple = _simple(condition)
        if simple is not None and simple not in found:
            found.append(simple)
    # x > 0 says more than x ≠ 0.
    stronger = {
        condition.operands for condition in found if isinstance(condition, Apply) and is_named(condition, "greater")
    }
    return tuple(
        condition
        for condition in found
        if not (
            isinstance(condition, Apply)
            and is_named(condition, "not_equal", "greater_equal")
            and condition.operands in stronger
        )
    )


def _simple(condition: Expression) -> Expression | None:
    """Return the condition solved where it is linear in one variable; None where it says nothing."""
    assert isinstance(condition, Apply)
    left, right = (neat(operand) for operand in condition.operands)
    if not free_symbols(left) and not free_symbols(right):
        return None
    name = condition.primitive.name
    if right == ZERO and name in ("greater", "not_equal", "greater_equal"):
        if is_positive(left):
            return None
        left = _without_positive_factors(left, name)
    if name in ("greater", "not_equal", "greater_equal", "less"):
        solved = _solved(left, right, name)
        if solved is not None:
            return solved
    return Apply(condition.primitive, (left, right))


def _without_positive_factors(value: Expression, name: str) -> Expression:
    """Return a product without factors that are positive; for ≠ 0 the exponents do not matter either."""
    term = term_of(value)
    factors = [(base, exponent) for base, exponent in term.factors if not is_positive(base)]
    if name == "not_equal" and len(factors) == 1:
        return factors[0][0]
    if len(factors) != len(term.factors) and factors:
        sign = 1 if term.coefficient > 0 or name == "not_equal" else -1
        return build(type(term)(sign, tuple(factors)))
    return value


_MIRRORED = {"greater": "less", "less": "greater", "not_equal": "not_equal", "greater_equal": "less_equal"}


def _solved(left: Expression, right: Expression, name: str) -> Expression | None:
    """Solve a·x + b (relation) 0 for x, where a and b are exact numbers."""
    terms = terms_of(left - right if right != ZERO else left)
    slope, offset, variable = Number(0), Number(0), None
    for term in terms:
        if isinstance(term.coefficient, float):
            return None
        if not term.factors:
            offset = Number(term.coefficient)
        elif (
            len(term.factors) == 1
            and term.factors[0][1] == ONE
            and isinstance(term.factors[0][0], Symbol)
            and variable is None
        ):
            slope, variable = Number(term.coefficient), term.factors[0][0]
        else:
            return None
    if variable is None:
        return None
    bound = Number(multiply_numbers(Fraction(-1) / Fraction(slope.value), offset.value))
    return apply(BY_NAME[name if slope.value > 0 else _MIRRORED[name]], variable, bound)


def is_positive(expression: Expression) -> bool:
    """Return whether the expression is seen to be positive for all real values of its variables."""
    if isinstance(expression, Number):
        return expression.value > 0
    if not isinstance(expression, Apply):
        return not isinstance(expression, Symbol)
    if is_named(expression, "exp", "exp2", "cosh", "expit", "softplus"):
        return True
    if is_named(expression, "add"):
        left, right = expression.operands
        return (is_positive(left) and is_at_least_zero(right)) or (is_at_least_zero(left) and is_positive(right))
    if is_named(expression, "multiply", "divide"):
        return all(is_positive(operand) for operand in expression.operands)
    return is_named(expression, "power", "sqrt") and is_positive(expression.operands[0])


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
    return is_named(expression, "add", "multiply") and all(is_at_least_zero(operand) for operand in expression.operands)

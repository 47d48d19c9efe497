"""Owns where primitives have a value and a derivative, as conditions on their operands, and values where these are kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.explain.expressions.cases import guards_of, needed
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Number,
    Symbol,
    apply,
    fold,
    free_symbols,
    lift,
    rebuild,
)
from chainrule.explain.expressions.inequalities import simplified
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, is_whole, neat
from chainrule.explain.expressions.signs import is_positive
from chainrule.primitives.table import BY_NAME

__all__ = [
    "conditions_of",
    "differs",
    "domain_of",
    "is_pole",
    "is_positive",
    "nonzero",
    "positive",
    "simplified",
    "value_at",
]

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
    exponent = neat(exponent)
    if base == ZERO:
        return [positive(exponent)]
    if is_whole(exponent) and isinstance(exponent, Number):
        return [nonzero(base)] if exponent.value < 0 else []
    if isinstance(exponent, Number) and exponent.value > 1 and not free_symbols(exponent):
        return [apply(BY_NAME["greater_equal"], base, 0)]
    return [positive(base)]


def _choice(chosen: Expression, other: Expression, condition: Expression) -> list[Expression]:
    """Return that the point is on no border: where two sides that are compared are equal, the cases meet."""
    if is_named(condition, "logical_and") and all(is_named(part, "equal") for part in condition.operands):
        left, right = (differs(*part.operands) for part in condition.operands if isinstance(part, Apply))
        return [apply(BY_NAME["logical_or"], left, right)]
    if is_named(condition, "logical_or") and all(is_named(part, "not_equal") for part in condition.operands):
        return [condition]
    if is_named(condition, "logical_and", "logical_or"):
        return [border for part in condition.operands for border in _choice(chosen, other, part)]
    if is_named(condition, "less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
        return [differs(*condition.operands)]
    return []


def _between(steps: str) -> Conditions:
    """Return the condition of what jumps where its operand, or the quotient of its operands, is a whole number."""

    def between(x: Expression, y: Expression = ONE) -> list[Expression]:
        quotient = neat(x / y)
        divided = [] if y == ONE else [nonzero(y)]
        return [*divided, differs(quotient, apply(BY_NAME[steps], quotient))]

    return between


_CONDITIONS: dict[str, Conditions] = {
    "where": _choice,
    "divide": lambda x, y: [nonzero(y)],
    "floor": _between("floor"),
    "ceil": _between("ceil"),
    "trunc": _between("trunc"),
    "rint": lambda x: [differs(x - np.floor(x), Number(Fraction(1, 2)))],
    "floor_divide": _between("floor"),
    "remainder": _between("floor"),
    "fmod": _between("trunc"),
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
    "clip": lambda x, low, high: [differs(x, low), differs(x, high), apply(BY_NAME["less"], low, high)],
    "tan": lambda x: [nonzero(np.cos(x))],
    "arctan2": lambda y, x: [nonzero(x**2 + y**2)],
    "hypot": lambda x, y: [nonzero(x**2 + y**2)],
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


def is_pole(primitive: Primitive, operands: Sequence[float]) -> bool:
    """Return whether an operation has no value at these numbers, so that infinity, which floats have there, is no overflow.

    >>> is_pole(BY_NAME["divide"], (1.0, 0.0)), is_pole(BY_NAME["power"], (-1e200, 2.0))
    (True, False)
    """
    rule = _CONDITIONS.get(primitive.name)
    return rule is not None and not all(bool(evaluate(condition, {})) for condition in rule(*map(lift, operands)))


def value_at(expression: Expression, values: Mapping[str, float]) -> float:
    """Return the value; NaN where a part has a pole, at which floats go on with infinity, as in 1/(1 + 1/x) at x = 0.

    Of cases only the one that is taken counts.
    """

    def combine(node: Expression, operands: Sequence[float]) -> float:
        if not isinstance(node, Apply):
            return float(evaluate(node, values))
        if is_named(node, "where"):
            chosen, other, condition = operands
            return math.nan if math.isnan(condition) else chosen if condition else other
        value = float(evaluate(rebuild(node, [Number(operand) for operand in operands]), {}))
        is_here = math.isinf(value) and all(map(math.isfinite, operands))
        return math.nan if any(map(math.isnan, operands)) or (is_here and is_pole(node.primitive, operands)) else value

    with np.errstate(all="ignore"):
        return fold(expression, combine)


def domain_of(expression: Expression) -> tuple[Expression, ...]:
    """Return where every primitive in the expression has a value and a derivative; in cases, where the case is taken."""
    found: list[Expression] = []
    seen: set[tuple[Expression, tuple[Expression, ...]]] = set()
    pending: list[tuple[Expression, tuple[Expression, ...]]] = [(expression, ())]
    while pending:
        node, guards = pending.pop()
        if not isinstance(node, Apply) or (node, guards) in seen:
            continue
        seen.add((node, guards))
        found += needed(conditions_of(node.primitive, node.operands), guards)
        if is_named(node, "where"):  # what is compared is not differentiated
            inside, left_over = guards_of(node)
            chosen, other, _ = node.operands
            pending += [(other, (*guards, *left_over)), (chosen, (*guards, *inside))]
        else:
            pending += [(operand, guards) for operand in reversed(node.operands)]
    return simplified(reversed(found))


def excluded_points(condition: Expression, name: str) -> Iterator[float]:
    """Yield the points that a condition such as x ≠ c or |x| ≠ c leaves out."""
    if not is_named(condition, "not_equal") or free_symbols(condition.operands[1]):
        return
    left, right = condition.operands
    at = float(evaluate(right, {}))
    if left == Symbol(name):
        yield at + 0.0
    elif is_named(left, "absolute") and left.operands[0] == Symbol(name):
        yield from (-at, at)

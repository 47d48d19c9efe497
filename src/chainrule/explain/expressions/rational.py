"""Owns the factored and the expanded form of an expression: as a quotient of polynomials in whatever is no sum or product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb, prod

from chainrule.explain.expressions.algebra import is_algebraic
from chainrule.explain.expressions.expression import (
    Apply,
    Constant,
    Expression,
    Number,
    Symbol,
    fold,
    free_symbols,
    rebuild,
    substitute,
    walk,
)
from chainrule.explain.expressions.neat import is_named, is_whole, neat
from chainrule.explain.expressions.symbolic import expand_rational, factor_rational, reduce_rational
from chainrule.explain.expressions.tidy import gather

MAX_TERMS = 60
"""Sums that would be longer than this when they are multiplied out are left as they are."""
MAX_REDUCED = 400
"""The same where only a remainder is wanted."""
MAX_DEGREE = 40
MAX_GENERATORS = 8
"""With more variables and functions than this nobody reads the factors, and finding them may take long."""


def factored(expression: Expression) -> Expression:
    """Return the expression as a product of factors that cannot be taken apart; as it is where that would take long.

    >>> from chainrule.explain.expressions.notation import text
    >>> x = Symbol("x")
    >>> text(factored((x**2 - 1) / x))
    '(x - 1)(x + 1)/x'
    """
    return _rewritten(expression, factor_rational)


def expanded(expression: Expression) -> Expression:
    """Return the expression multiplied out, above and below the line; as it is where that would be long.

    >>> from chainrule.explain.expressions.notation import text
    >>> x = Symbol("x")
    >>> text(expanded((x + 1) ** 2 / (x * (x - 1))))
    '(x^2 + 2x + 1)/(x^2 - x)'
    """
    return _rewritten(expression, expand_rational)


def reduced(expression: Expression, zero: Expression) -> Expression:
    """Return the expression where the polynomial `zero` is 0: above the line, only the remainder is left.

    What is no quotient of polynomials stays as it is.

    >>> from chainrule.explain.expressions.notation import text
    >>> x, y = Symbol("x"), Symbol("y")
    >>> text(reduced((x**2 + y**2 + x) / y, x**2 + y**2 - 25))
    '(x + 25)/y'
    """
    sizes = [_extent(part) for part in (expression, zero)]
    is_long = any(terms > MAX_REDUCED or degree > MAX_DEGREE for terms, degree in sizes)
    if is_long or any(_generators(part) or _has_decimals(part) for part in (expression, zero)):
        return expression
    return neat(reduce_rational(expression, zero))


def _rewritten(expression: Expression, rewrite: Callable[[Expression], Expression]) -> Expression:
    """Rewrite a quotient of polynomials whose variables stand for functions, roots and other powers."""
    taken = free_symbols(expression)
    names = {node: f"~{index}" for index, node in enumerate(_generators(expression))}
    terms, degree = _extent(expression)
    if len(names) + len(taken) > MAX_GENERATORS or terms > MAX_TERMS or degree > MAX_DEGREE:
        return expression

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        return Symbol(names[node]) if node in names else rebuild(node, operands)

    result = rewrite(fold(expression, combine, _goes_into))
    back = substitute(result, {name: node for node, name in names.items()})
    back = _with_decimals(back) if _has_decimals(expression) else back
    move = gather(back)
    return neat(back if move is None else move.after)


def _goes_into(node: Apply) -> bool:
    """Return whether a polynomial is looked for in the operands."""
    exponent = node.operands[-1]
    return is_algebraic(node) and (not is_named(node, "power", "float_power") or is_whole(exponent))


def _generators(expression: Expression) -> list[Expression]:
    """Return what stands for a variable: functions, roots, other powers, and numbers with a name."""
    found = walk(expression, _goes_into)
    return [node for node in found if isinstance(node, Constant) or (isinstance(node, Apply) and not _goes_into(node))]


def _extent(expression: Expression) -> tuple[float, float]:
    """Return how many terms the expression has when it is multiplied out, at most, and its degree."""

    def combine(node: Expression, operands: Sequence[tuple[float, float]]) -> tuple[float, float]:
        if not operands:
            return 1, 0 if isinstance(node, Number) else 1
        counts, degrees = [count for count, _ in operands], [degree for _, degree in operands]
        if is_named(node, "add", "subtract"):
            return sum(counts), max(degrees)
        if is_named(node, "power", "float_power", "square"):
            exponent = node.operands[1] if len(counts) > 1 else Number(2)
            assert isinstance(exponent, Number)
            assert isinstance(exponent.value, int)
            power = abs(exponent.value)
            most = min(power, MAX_DEGREE + 1)
            return comb(int(counts[0]) + most - 1, most), degrees[0] * power
        return prod(counts), sum(degrees)

    return fold(expression, combine, _goes_into)


def _has_decimals(expression: Expression) -> bool:
    return any(isinstance(node, Number) and isinstance(node.value, float) for node in walk(expression))


def _with_decimals(expression: Expression) -> Expression:
    """Return the expression with fractions as decimals, as they were written."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        if isinstance(node, Number) and isinstance(node.value, Fraction):
            return Number(float(node.value))
        if is_named(node, "divide") and isinstance(operands[1], Number) and operands[1].value:
            return neat(Number(float(1 / Fraction(operands[1].value))) * operands[0])
        return rebuild(node, operands)

    return fold(expression, combine)

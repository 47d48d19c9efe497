"""Owns multiplying out, and bringing fractions over one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from chainrule.explain.expressions.algebra import Term, build, collect, plus, raw_factors, sum_terms, term_of, terms_of
from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol, fold
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, ZERO, is_named, is_whole, multiply_numbers, neat

MAX_EXPANDED_TERMS = 16
MAX_EXPANDED_POWER = 6


def is_polynomial(expression: Expression) -> bool:
    """Return whether the expression is a polynomial in variables, brackets and all."""

    def combine(node: Expression, operands: Sequence[bool]) -> bool:
        if not isinstance(node, Apply):
            return True
        name = node.primitive.name
        if name in ("add", "subtract", "multiply", "negative", "square"):
            return all(operands)
        exponent = node.operands[-1]
        if name == "divide":
            return all(operands) and isinstance(exponent, Number)
        return (
            name == "power"
            and operands[0]
            and isinstance(exponent, Number)
            and is_whole(exponent)
            and exponent.value >= 0
        )

    return fold(expression, combine)


def split_fraction(expression: Expression) -> tuple[Expression, Expression]:
    """Return what stands above and below the line of a quotient, its sign above."""
    if isinstance(expression, Apply) and expression.primitive.name == "divide":
        return expression.operands[0], expression.operands[1]
    if isinstance(expression, Apply) and is_named(expression, "negative"):
        inner = expression.operands[0]
        if isinstance(inner, Apply) and inner.primitive.name == "divide":
            return neat(-inner.operands[0]), inner.operands[1]
    return expression, ONE


def expanded_terms(expression: Expression) -> list[Term] | None:
    """Return the terms of the multiplied-out expression, like ones not collected; None where there are too many."""
    terms: list[Term] = []
    for sign, node in sum_terms(expression):
        product = [Term(sign)]
        for base, exponent in raw_factors(node):
            factor = _expanded_power(base, exponent)
            if factor is None or len(factor) * len(product) > MAX_EXPANDED_TERMS:
                return None
            product = [multiply_terms(left, right) for left in product for right in factor]
        terms.extend(product)
        if len(terms) > MAX_EXPANDED_TERMS:
            return None
    return terms


def _expanded_power(base: Expression, exponent: Expression) -> list[Term] | None:
    whole = isinstance(exponent, Number) and is_whole(exponent) and exponent.value > 0
    if not is_named(base, "add", "subtract") or not whole:
        return [term_of(base**exponent) if exponent != ONE else term_of(base)]
    assert isinstance(exponent, Number)
    if exponent.value > MAX_EXPANDED_POWER:
        return None
    inner = expanded_terms(base) if is_polynomial(base) and has_brackets(base) else None
    terms = terms_of(base) if inner is None else collect(inner)
    power = [Term(1)]
    for _ in range(int(exponent.value)):
        power = collect([multiply_terms(left, right) for left in power for right in terms])
        if len(power) > MAX_EXPANDED_TERMS:
            return None
    return power


def multiply_terms(left: Term, right: Term) -> Term:
    """Return the product of two terms."""
    if not all(isinstance(base, Symbol) for base, _ in (*left.factors, *right.factors)):
        return term_of(build(left) * build(right))
    powers = dict(left.factors)
    for base, exponent in right.factors:
        powers[base] = plus(powers[base], exponent) if base in powers else exponent
    factors = tuple((base, exponent) for base, exponent in powers.items() if exponent != ZERO)
    return Term(multiply_numbers(left.coefficient, right.coefficient), factors)


def has_brackets(expression: Expression) -> bool:
    """Return whether a sum stands in a product or under a power."""
    for _, node in sum_terms(expression):
        if any(is_named(base, "add", "subtract") and exponent != MINUS_ONE for base, exponent in raw_factors(node)):
            return True
    return False


def over_one_line(expression: Expression) -> Expression:
    """Return a sum of fractions as one fraction."""
    signed = [(sign, term_of(node)) for sign, node in sum_terms(expression)]
    least: dict[Expression, Fraction] = {}
    divisor = 1
    for _, term in signed:
        if isinstance(term.coefficient, Fraction):
            divisor = math.lcm(divisor, term.coefficient.denominator)
        for base, exponent in term.factors:
            if isinstance(exponent, Number) and isinstance(exponent.value, int | Fraction) and exponent.value < 0:
                least[base] = max(least.get(base, Fraction(0)), Fraction(-exponent.value))
    if not least and divisor == 1:
        return expression
    below = Term(divisor, tuple((base, Number(power)) for base, power in least.items()))
    above = [Term(multiply_numbers(sign, 1)) for sign, _ in signed]
    above = [multiply_terms(one, multiply_terms(term, below)) for one, (_, term) in zip(above, signed, strict=True)]
    result = build(above[0])
    for term in above[1:]:
        positive = Term(-term.coefficient if term.coefficient < 0 else term.coefficient, term.factors)
        result = result - build(positive) if term.coefficient < 0 else result + build(positive)
    return result / build(below)

"""Owns the moves on fractions: bring over one line, cancel, clear what is inside, take apart."""

from __future__ import annotations

import math
from fractions import Fraction

from chainrule.explain.expressions.algebra import Term, build, build_sum, collect, raw_factors, term_of, terms_of
from chainrule.explain.expressions.expansion import (
    expanded_terms,
    is_polynomial,
    multiply_terms,
    over_one_line,
    split_fraction,
)
from chainrule.explain.expressions.expression import Expression, Number, free_symbols, size
from chainrule.explain.expressions.factoring import split_common
from chainrule.explain.expressions.move import Move, everywhere, moved
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, is_named, is_whole, multiply_numbers, neat
from chainrule.explain.expressions.notation import text

MAX_CLEARED = 2
"""How many nodes longer a fraction may become that has none inside any more."""


def common_denominator(expression: Expression) -> Move | None:
    """Put a sum of fractions over one line, where that is shorter."""
    if not is_named(expression, "add", "subtract"):
        return None
    above, below = split_fraction(over_one_line(expression))
    after = neat(build_sum(terms_of(above)) / below)
    if below == ONE or size(after) >= size(expression):
        return None
    return Move("bring over a common denominator", "fractions with the same denominator add up", expression, after)


def cancel_common(expression: Expression) -> Move | None:
    """Cancel what all terms above the line share with what is below it: (x^3 + x)/x^2."""
    canceled: dict[Expression, None] = {}

    def rule(node: Expression) -> Expression:
        above, below = split_fraction(node)
        if not is_named(above, "add", "subtract"):
            return node
        terms, powers = terms_of(above), dict(term_of(below).factors)
        common, _ = split_common(terms)
        found = [(base, _least(exponent, powers.get(base))) for base, exponent in common.factors]
        shared = [(base, exponent) for base, exponent in found if exponent is not None]
        if not shared:
            return node
        canceled.update(dict.fromkeys(base for base, _ in shared if free_symbols(base)))
        inverse = term_of(1 / build(Term(1, tuple(shared))))
        left = build_sum([multiply_terms(term, inverse) for term in terms])
        return neat(build(term_of(left / build(multiply_terms(term_of(below), inverse)))))

    after = everywhere(expression, rule)
    if after == expression:
        return None
    shown = " and ".join(text(base) for base in canceled)
    return Move(f"cancel {shown}", "every term above the line contains it", expression, after, tuple(canceled))


def _least(first: Expression, second: Expression | None) -> Expression | None:
    """Return the smaller of two positive exponents, None where there are not two."""
    if not isinstance(first, Number) or not isinstance(second, Number) or min(first.value, second.value) <= 0:
        return None
    return min(first, second, key=lambda exponent: exponent.value)


def clear_inside(expression: Expression) -> Move | None:
    """Clear fractions inside of a fraction that has variables below its line."""

    def rule(node: Expression) -> Expression:
        factors = raw_factors(node)
        below = [base for base, exponent in factors if isinstance(exponent, Number) and exponent.value < 0]
        if not any(free_symbols(base) for base in below):
            return node
        result: Expression = ONE
        for base, exponent in factors:
            inner = over_one_line(base) if is_named(base, "add", "subtract") and is_whole(exponent) else base
            above, line = split_fraction(inner)
            clear = base if not free_symbols(line) else build_sum(terms_of(above)) / line
            result = result * clear**exponent
        after = neat(build(term_of(result)))
        return after if size(after) <= size(node) + MAX_CLEARED else node

    return moved("clear the fractions inside", "above and below the line are multiplied by the same", expression, rule)


def expand_below(expression: Expression) -> Move | None:
    """Multiply out polynomials below the line, where that is shorter: (1 - x)(1 + x) is 1 - x^2."""

    def rule(node: Expression) -> Expression:
        factors = [factor for factor in raw_factors(node) if is_named(factor[0], "add", "subtract")]
        below = [base for base, exponent in factors if exponent == MINUS_ONE and is_polynomial(base)]
        if not below:
            return node
        product: Expression = below[0]
        for base in below[1:]:
            product = product * base
        expanded = expanded_terms(product)
        short = None if expanded is None else build_sum(collect(expanded))
        if short is None or size(short) >= size(product):
            return node
        return neat(build(term_of(node * product / short)))

    return moved("expand below the line", "every term in a bracket is multiplied", expression, rule)


def split_terms(expression: Expression) -> Move | None:
    """Divide each term above the line, where that is shorter: (x^2 - 1)/x^2 is 1 - 1/x^2."""
    above, below = split_fraction(expression)
    if below == ONE or not is_named(above, "add", "subtract") or not free_symbols(below):
        return None
    inverse = term_of(1 / below)
    after = neat(build_sum([multiply_terms(term, inverse) for term in terms_of(above)]))
    if size(after) >= size(expression):
        return None
    return Move("divide each term", "(a + b)/c = a/c + b/c", expression, after)


def cancel_numbers(expression: Expression) -> Move | None:
    """Cancel a number that divides whole brackets above and below the line: (4x + 2)/(2y)."""
    shown: dict[str, None] = {}

    def rule(node: Expression) -> Expression:
        if not is_named(node, "divide"):
            return node
        term = term_of(node)
        if isinstance(term.coefficient, float):
            return node
        number, factors = Fraction(term.coefficient), []
        above, below = number.numerator, number.denominator
        for base, exponent in term.factors:
            content = _content(base) if exponent in (ONE, MINUS_ONE) else 1
            above, below = (above * content, below) if exponent == ONE else (above, below * content)
            factors.append((_divided(base, content), exponent))
        shared = math.gcd(above, below)
        if shared == 1:
            return node
        shown[str(shared)] = None
        return neat(build(Term(Number(Fraction(above, below)).value, tuple(factors))))

    after = everywhere(expression, rule)
    if after == expression:
        return None
    why = "the same number divides what is above and below the line"
    return Move(f"cancel {' and '.join(shown)}", why, expression, after)


def _content(base: Expression) -> int:
    """Return the number that all terms of a sum share."""
    return int(split_common(terms_of(base))[0].coefficient) if is_named(base, "add", "subtract") else 1


def _divided(base: Expression, number: int) -> Expression:
    if number == 1:
        return base
    return build_sum(
        [Term(multiply_numbers(term.coefficient, Fraction(1, number)), term.factors) for term in terms_of(base)]
    )

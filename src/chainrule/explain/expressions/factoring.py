"""Owns what the terms of a sum share, and pulling it out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.explain.expressions.algebra import Term, build, build_sum, collect, plus, term_of, terms_of
from chainrule.explain.expressions.expansion import expanded_terms, is_polynomial, multiply_terms
from chainrule.explain.expressions.expression import Expression, Number, Symbol, Value, free_symbols, size
from chainrule.explain.expressions.move import Move, Rule, in_whole_sums
from chainrule.explain.expressions.neat import ONE, ZERO, E, add_numbers, is_named
from chainrule.explain.expressions.notation import text


def factor_brackets(expression: Expression) -> Move | None:
    """Pull out brackets and exponentials that all terms of a sum share; what is left is multiplied out."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract"):
            return node
        common, rest = split_common(terms_of(node))
        if rest is None or not any(is_named(base, "add", "subtract") or base == E for base, _ in common.factors):
            return node
        plain = expanded_terms(node) if is_polynomial(node) else None
        if plain is not None and len(text(build_sum(collect(plain)))) <= len(text(node)):
            return node
        expanded = expanded_terms(rest)
        shorter = rest if expanded is None else min(build_sum(collect(expanded)), rest, key=size)
        return build(term_of(build(common) * shorter))

    return _pulled(expression, rule)


def factor_out(expression: Expression) -> Move | None:
    """Pull out what all terms of a sum share. Polynomials stay expanded."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract") or is_polynomial(node):
            return node
        common, rest = split_common(terms_of(node))
        return node if rest is None else build(Term(common.coefficient, (*common.factors, (rest, ONE))))

    return _pulled(expression, rule)


def _pulled(expression: Expression, rule: Rule) -> Move | None:
    """Return the move that applies `rule` to the sums that it makes shorter."""
    shown: dict[str, None] = {}

    def shortening(node: Expression) -> Expression:
        after = rule(node)
        if size(after) >= size(node):
            return node
        if after != node:
            shown[text(build(split_common(terms_of(node))[0]))] = None
        return after

    after = in_whole_sums(expression, shortening)
    if after == expression:
        return None
    return Move(f"factor out {' and '.join(shown)}", "every term contains it", expression, after)


def split_common(terms: Sequence[Term]) -> tuple[Term, Expression | None]:
    """Return what the terms share, and the sum without it; None where they share nothing."""
    common = _common_factor(terms) if terms else Term(1)
    if len(terms) < 2 or (not common.factors and common.coefficient == 1):
        return common, None
    inverse = term_of(1 / build(common))
    return common, build_sum([multiply_terms(term, inverse) for term in terms])


def _common_factor(terms: Sequence[Term]) -> Term:
    shared: list[tuple[Expression, Expression]] = []
    for base, _ in terms[0].factors:
        exponents = [dict(term.factors).get(base, ZERO) for term in terms]
        if (exponent := _shared_exponent(base, exponents)) is not None:
            shared.append((base, exponent))
    whole = [term.coefficient for term in terms if isinstance(term.coefficient, int)]
    return Term(math.gcd(*whole) if len(whole) == len(terms) else 1, tuple(shared))


def _shared_exponent(base: Expression, exponents: Sequence[Expression]) -> Expression | None:
    """Return the exponent with which all terms have the base; x^n and x^(n - 1) share the smaller one."""
    if all(exponent == exponents[0] for exponent in exponents):
        return exponents[0]
    if all(isinstance(exponent, Number) and exponent.value > 0 for exponent in exponents):
        return min(exponents, key=_value)
    parts = [_without_number(exponent) for exponent in exponents]
    variable = parts[0][0]
    if variable == ZERO or any(part != variable for part, _ in parts):
        return _shared_summands(exponents) if base == E else None
    # x^(sin x) is one thing, and is not taken apart for an x; of x^n the smaller power is pulled out.
    plain = isinstance(variable, Symbol) and variable.name not in free_symbols(base)
    numbers = [number for _, number in parts]
    return plus(variable, Number(min(numbers) if plain else max(numbers)))


def _shared_summands(exponents: Sequence[Expression]) -> Expression | None:
    """Return what the exponents of e have in common as summands: a of a + b and a + c, and x of 2x and x."""
    sums = [{term.key: term for term in terms_of(exponent)} for exponent in exponents]
    shared: list[Term] = []
    for key, first in sums[0].items():
        coefficients = [terms[key].coefficient for terms in sums if key in terms]
        if len(coefficients) == len(sums) and (min(coefficients) > 0 or max(coefficients) < 0):
            smallest = min(coefficients) if min(coefficients) > 0 else max(coefficients)
            shared.append(Term(smallest, first.factors))
    return build_sum(shared) if shared else None


def _value(exponent: Expression) -> Value:
    return exponent.value if isinstance(exponent, Number) else 0


def _without_number(exponent: Expression) -> tuple[Expression, Value]:
    """Return an exponent as what varies plus a number."""
    terms = terms_of(exponent)
    number: Value = 0
    for term in terms:
        if not term.factors:
            number = add_numbers(number, term.coefficient)
    return build_sum([term for term in terms if term.factors]), number

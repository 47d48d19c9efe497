"""Owns tidying: named algebraic moves, each to an equal expression, until the shortest common form is reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from chainrule.explain.algebra import (
    MINUS_ONE,
    ONE,
    Term,
    build,
    build_sum,
    call,
    collect,
    is_algebraic,
    is_named,
    is_whole,
    multiply_numbers,
    neat,
    raw_factors,
    sum_terms,
    term_of,
    terms_of,
)
from chainrule.explain.expression import Apply, Expression, Number, fold, free_symbols, rebuild, size
from chainrule.explain.notation import text

MAX_EXPANDED_TERMS = 12
MAX_EXPANDED_POWER = 6
MAX_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Move:
    """One algebraic move. nonzero: what was canceled and must therefore not be zero."""

    name: str
    why: str
    before: Expression
    after: Expression
    nonzero: tuple[Expression, ...] = ()


def tidy(expression: Expression) -> tuple[tuple[Move, ...], Expression]:
    """Return the moves that tidy an expression, and the tidied expression. Every move keeps the value.

    >>> x = Symbol("x")
    >>> moves, result = tidy(2 * (2 * x + 3) * 2)
    >>> [move.name for move in moves], text(result)
    (['multiply the numbers', 'expand'], '8x + 12')
    """
    current = neat(expression)
    moves: list[Move] = []
    for _ in range(MAX_ROUNDS):
        start = current
        for attempt in _MOVES:
            move = attempt(current)
            if move is not None and move.after != current:
                # Two expressions can be written alike, such as x · x^1 and x^2 regrouped; that is no move to show.
                if text(move.after) != text(current):
                    moves.append(move)
                current = move.after
        if current == start:
            break
    return tuple(moves), current


def _algebraic(expression: Expression, rule: Callable[[Expression], Expression]) -> Expression:
    """Apply `rule` to every node that tidying reaches, operands first."""
    return fold(expression, lambda node, operands: rule(rebuild(node, operands) if operands else node), is_algebraic)


def gather(expression: Expression) -> Move | None:
    """Multiply the numbers of each product and put powers of the same base together."""
    after = neat(_algebraic(expression, lambda node: build(term_of(node)) if isinstance(node, Apply) else node))
    if after == expression:
        return None
    name, why, nonzero = _what_was_gathered(expression)
    return Move(name, why, expression, after, nonzero)


def _what_was_gathered(expression: Expression) -> tuple[str, str, tuple[Expression, ...]]:
    """Return the name of the move and what was canceled."""
    numbers = powers = negatives = fractions = False
    canceled: list[Expression] = []
    for _, node in _products(expression):
        factors = raw_factors(node)
        fractions |= is_named(node, "multiply") and any(is_named(part, "divide") for part in node.operands)  # type: ignore[attr-defined]
        values = [base for base, exponent in factors if isinstance(base, Number) and is_whole(exponent)]
        numbers |= sum(value.value not in (1, -1) for value in values) > 1
        negatives |= any(value.value == -1 for value in values)
        bases = [(base, exponent) for base, exponent in factors if not isinstance(base, Number)]
        for base in {base for base, _ in bases}:
            signs = [isinstance(exponent, Number) and exponent.value < 0 for found, exponent in bases if found == base]
            powers |= len(signs) > 1
            if free_symbols(base) and any(signs) and not all(signs) and base not in canceled:
                canceled.append(base)
    if canceled:
        shown = " and ".join(text(base) for base in canceled)
        return f"cancel {shown}", "the same factor stands above and below the line", tuple(canceled)
    if numbers and powers:
        return "multiply the numbers and gather the powers", "factors can be taken in any order", ()
    if numbers:
        return "multiply the numbers", "factors can be taken in any order", ()
    if powers:
        return "gather the powers", "a^m · a^n = a^(m + n)", ()
    if fractions:
        return "write as one fraction", "a · (b/c) = ab/c", ()
    if negatives:
        return "move the sign to the front", "(-a) · b = -(a · b)", ()
    return "put the factors in order", "factors can be taken in any order", ()


def _products(expression: Expression) -> list[tuple[int, Expression]]:
    """Return the products of an expression: the terms of its sums, and of the sums inside of these."""
    found: list[tuple[int, Expression]] = []
    pending = [expression]
    while pending:
        for sign, term in sum_terms(pending.pop()):
            found.append((sign, term))
            pending.extend(base for base, _ in raw_factors(term) if is_named(base, "add", "subtract"))
    return found


def collect_terms(expression: Expression) -> Move | None:
    """Add up like terms."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract"):
            return node
        # The order in which terms were written is kept unless some of them add up.
        terms = terms_of(node)
        return build_sum(terms) if len(terms) < len(sum_terms(node)) else node

    after = neat(_algebraic(expression, rule))
    if after == expression:
        return None
    return Move("collect like terms", "terms that differ only by a number add up", expression, after)


def pythagoras(expression: Expression) -> Move | None:
    """Write sin(u)^2 + cos(u)^2 as 1."""

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract"):
            return node
        terms = terms_of(node)
        for first in terms:
            partner = _pythagorean_partner(first)
            for second in terms:
                if partner and second.coefficient == first.coefficient and second.key == partner[0].key:
                    rest = [term for term in terms if term is not first and term is not second]
                    return build_sum(collect([*rest, partner[1]]))
        return node

    after = neat(_algebraic(expression, rule))
    return None if after == expression else Move("sin² + cos² = 1", "the theorem of Pythagoras", expression, after)


def _pythagorean_partner(term: Term) -> tuple[Term, Term] | None:
    """Return the term with cos(u)^2 in place of sin(u)^2, and the one without either."""
    for base, exponent in term.factors:
        if isinstance(base, Apply) and base.primitive.name == "sin" and exponent == Number(2):
            rest = tuple(factor for factor in term.factors if factor != (base, exponent))
            cosine = call("cos", base.operands[0])
            return Term(term.coefficient, (*rest, (cosine, exponent))), Term(term.coefficient, rest)
    return None


def expand(expression: Expression) -> Move | None:
    """Multiply out brackets, where the result is shorter than the product."""
    numerator, denominator = split_fraction(expression)
    terms = _expanded(numerator) if _has_brackets(numerator) else None
    if terms is None:
        return None
    expanded = build_sum(collect(terms))
    after = neat(expanded if denominator == ONE else build(term_of(expanded / denominator)))
    if after == expression or not _shorter(after, expression, numerator, expanded):
        return None
    name = "expand and collect like terms" if len(collect(terms)) < len(terms) else "expand"
    return Move(name, "every term in a bracket is multiplied", expression, after)


def _has_brackets(expression: Expression) -> bool:
    """Return whether a sum stands in a product or under a power."""
    for _, node in sum_terms(expression):
        if any(is_named(base, "add", "subtract") and exponent != MINUS_ONE for base, exponent in raw_factors(node)):
            return True
    return False


def _shorter(after: Expression, before: Expression, numerator: Expression, expanded: Expression) -> bool:
    if is_polynomial(numerator):
        return len(text(expanded)) <= len(text(numerator))
    return size(after) < size(before)


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


def _expanded(expression: Expression) -> list[Term] | None:
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
    terms = terms_of(base)
    power = [Term(1)]
    for _ in range(int(exponent.value)):
        power = collect([multiply_terms(left, right) for left in power for right in terms])
        if len(power) > MAX_EXPANDED_TERMS:
            return None
    return power


def multiply_terms(left: Term, right: Term) -> Term:
    """Return the product of two terms."""
    return term_of(build(left) * build(right))


def common_denominator(expression: Expression) -> Move | None:
    """Put a sum of fractions over one line, where that is shorter."""
    if not is_named(expression, "add", "subtract"):
        return None
    after = over_one_line(expression)
    if after == expression or size(after) >= size(expression):
        return None
    return Move("bring over a common denominator", "fractions with the same denominator add up", expression, after)


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


def factor_out(expression: Expression) -> Move | None:
    """Pull out what all terms of a sum share, where that is shorter. Polynomials stay expanded."""
    pulled: list[str] = []

    def rule(node: Expression) -> Expression:
        if not is_named(node, "add", "subtract") or is_polynomial(node):
            return node
        common, rest = _split_common(terms_of(node))
        if rest is None:
            return node
        after = build(Term(common.coefficient, (*common.factors, (rest, ONE))))
        if size(after) >= size(node):
            return node
        pulled.append(text(build(common)))
        return after

    after = neat(_algebraic(expression, rule))
    if after == expression:
        return None
    shown = " and ".join(dict.fromkeys(pulled))
    return Move(f"factor out {shown}", "every term contains it", expression, after)


def _split_common(terms: Sequence[Term]) -> tuple[Term, Expression | None]:
    """Return what the terms share, and the sum without it; None where they share nothing."""
    common = _common_factor(terms)
    if len(terms) < 2 or (not common.factors and common.coefficient == 1):
        return common, None
    inverse = term_of(1 / build(common))
    return common, build_sum([multiply_terms(term, inverse) for term in terms])


def _common_factor(terms: Sequence[Term]) -> Term:
    shared: list[tuple[Expression, Expression]] = []
    for base, exponent in terms[0].factors:
        exponents = [dict(term.factors).get(base) for term in terms]
        if all(found == exponent for found in exponents):
            shared.append((base, exponent))
        elif all(isinstance(found, Number) and found.value > 0 for found in exponents):
            shared.append(
                (base, min((found for found in exponents if isinstance(found, Number)), key=lambda found: found.value))
            )
    numbers = [term.coefficient for term in terms]
    whole = [number for number in numbers if isinstance(number, int)]
    number = math.gcd(*whole) if len(whole) == len(numbers) else 1
    return Term(number, tuple(shared))


def reduce_fraction(expression: Expression) -> Move | None:
    """Cancel a number that divides a bracket above the line and the denominator."""
    numerator, denominator = split_fraction(expression)
    below = term_of(denominator)
    if denominator == ONE or not isinstance(below.coefficient, int) or below.coefficient <= 1:
        return None
    terms = terms_of(numerator)
    numbers = [term.coefficient for term in terms]
    if len(terms) < 2 or not all(isinstance(number, int) for number in numbers):
        return None
    shared = math.gcd(below.coefficient, *(int(number) for number in numbers))
    if shared == 1:
        return None
    above = build_sum([Term(multiply_numbers(term.coefficient, Fraction(1, shared)), term.factors) for term in terms])
    after = neat(above / build(Term(below.coefficient // shared, below.factors)))
    return Move(f"cancel {shared}", "the same number divides what is above and below the line", expression, after)


_MOVES: tuple[Callable[[Expression], Move | None], ...] = (
    gather,
    collect_terms,
    pythagoras,
    expand,
    common_denominator,
    factor_out,
    reduce_fraction,
)
"""What is tried, in this order, until nothing changes."""

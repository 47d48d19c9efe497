"""Owns tidying: named algebraic moves, each to an equal expression, until the shortest common form is reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from chainrule.explain.expressions.algebra import (
    Term,
    build,
    build_sum,
    collect,
    is_algebraic,
    raw_factors,
    sum_terms,
    term_of,
    terms_of,
)
from chainrule.explain.expressions.expansion import (
    expanded_terms,
    has_brackets,
    is_polynomial,
    multiply_terms,
    over_one_line,
    split_fraction,
)
from chainrule.explain.expressions.expression import Apply, Expression, Number, fold, free_symbols, rebuild, size
from chainrule.explain.expressions.neat import ONE, call, is_named, is_whole, multiply_numbers, neat
from chainrule.explain.expressions.notation import text

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

    >>> from chainrule.explain.expressions.expression import Symbol
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
    terms = expanded_terms(numerator) if has_brackets(numerator) else None
    if terms is None:
        return None
    expanded = build_sum(collect(terms))
    after = neat(expanded if denominator == ONE else build(term_of(expanded / denominator)))
    if after == expression or not _shorter(after, expression, numerator, expanded):
        return None
    name = "expand and collect like terms" if len(collect(terms)) < len(terms) else "expand"
    return Move(name, "every term in a bracket is multiplied", expression, after)


def _shorter(after: Expression, before: Expression, numerator: Expression, expanded: Expression) -> bool:
    if is_polynomial(numerator):
        return len(text(expanded)) <= len(text(numerator))
    return size(after) < size(before)


def common_denominator(expression: Expression) -> Move | None:
    """Put a sum of fractions over one line, where that is shorter."""
    if not is_named(expression, "add", "subtract"):
        return None
    after = over_one_line(expression)
    if after == expression or size(after) >= size(expression):
        return None
    return Move("bring over a common denominator", "fractions with the same denominator add up", expression, after)


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

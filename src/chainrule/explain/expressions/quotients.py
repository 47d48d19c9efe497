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
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols, size, walk
from chainrule.explain.expressions.factoring import split_common
from chainrule.explain.expressions.move import Move, everywhere, moved
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, is_named, is_whole, multiply_numbers, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.polynomials import coefficients_of, divided, greatest_shared, written

MAX_DENOMINATOR = 100
"""Fractions inside of a fraction are cleared up to this number."""
MAX_CLEARED = 2
"""How many nodes longer a fraction may become that has none inside any more."""


def common_denominator(expression: Expression) -> Move | None:
    """Put a sum of fractions over one line, where that is shorter: the whole, or the one bracket of a product."""
    if not is_named(expression, "add", "subtract"):
        return _over_one_line_within(expression)
    above, below = split_fraction(over_one_line(expression))
    expanded = expanded_terms(above) if is_polynomial(above) else None
    after = neat(build_sum(terms_of(above) if expanded is None else collect(expanded)) / below)
    if below == ONE or size(after) >= size(expression) or not _roots_of(after) <= _roots_of(expression):
        return None
    return Move("bring over a common denominator", "fractions with the same denominator add up", expression, after)


def _over_one_line_within(expression: Expression) -> Move | None:
    term = term_of(expression) if is_named(expression, "multiply", "divide", "negative") else Term(1)
    sums = [base for base, exponent in term.factors if is_named(base, "add", "subtract") and exponent == ONE]
    move = common_denominator(sums[0]) if len(sums) == 1 else None
    if move is None:
        return None
    factors = tuple((move.after if base == sums[0] else base, exponent) for base, exponent in term.factors)
    after = build(term_of(build(Term(term.coefficient, factors))))
    return None if size(after) >= size(expression) else Move(move.name, move.why, expression, after)


def _roots_of(expression: Expression) -> set[int]:
    """Return which roots are taken: 3 for a cube root, or for its powers."""
    exponents = [node.operands[1] for node in walk(expression) if is_named(node, "power")]
    values = [part.value for part in exponents if isinstance(part, Number)]
    return {2} | {value.denominator for value in values if isinstance(value, Fraction)}


def cancel_brackets(expression: Expression) -> Move | None:
    """Cancel brackets that all terms above the line share with what is below it, before others are multiplied out."""
    return cancel_common(expression, only_brackets=True)


def cancel_common(expression: Expression, only_brackets: bool = False) -> Move | None:
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
        if only_brackets:
            shared = [(base, exponent) for base, exponent in shared if is_named(base, "add", "subtract")]
        if not shared:
            return node
        canceled.update(dict.fromkeys(base for base, _ in shared))
        inverse = term_of(1 / build(Term(1, tuple(shared))))
        left = build_sum([multiply_terms(term, inverse) for term in terms])
        return neat(build(term_of(left / build(multiply_terms(term_of(below), inverse)))))

    after = everywhere(expression, rule)
    if after == expression:
        return None
    shown = " and ".join(text(base) for base in canceled)
    nonzero = tuple(base for base in canceled if free_symbols(base))
    return Move(f"cancel {shown}", "every term above the line contains it", expression, after, nonzero)


def factor_shared(expression: Expression) -> Move | None:
    """Factor a polynomial above the line that shares a factor with one below: (x^2 - 1)/(x - 1) is (x - 1)(x + 1)/(x - 1)."""

    def rule(node: Expression) -> Expression:
        above, below = split_fraction(node)
        if below == ONE or not is_named(above, "add", "subtract") or len(free_symbols(node)) != 1:
            return node
        (name,) = free_symbols(node)
        for base, exponent in term_of(below).factors:
            found = _apart(above, base, exponent, Symbol(name))
            if found is not None:
                factored, line = found
                after = factored / build(term_of(below * line / base**exponent))
                return after if size(build(term_of(after))) < size(node) else node
        return node

    return moved("factor above the line", "what stands above and below the line shares a factor", expression, rule)


def factor_above(expression: Expression) -> Move | None:
    """Pull out what all terms above a line share: (4x - 4)/(x + 1)^3 is 4(x - 1)/(x + 1)^3."""
    shown: dict[str, None] = {}

    def rule(node: Expression) -> Expression:
        above, below = split_fraction(node)
        if not free_symbols(below):
            return node
        term = term_of(above)
        result: Expression = build(Term(term.coefficient)) / below
        for base, exponent in term.factors:
            plain = exponent == ONE and is_polynomial(base)
            common, rest = split_common(terms_of(base)) if plain else (Term(1), None)
            result = result * (base**exponent if rest is None else build(common) * rest)
            shown.update({} if rest is None else {text(build(common)): None})
        return neat(build(term_of(result))) if shown else node

    after = everywhere(expression, rule)
    if after == expression:
        return None
    return Move(f"factor out {' and '.join(shown)}", "every term contains it", expression, after)


def _apart(
    above: Expression, base: Expression, exponent: Expression, variable: Symbol
) -> tuple[Expression, Expression] | None:
    """Return `above` and `base^exponent` with the polynomial that they share taken out as often as it goes; None without one."""
    if not is_named(base, "add", "subtract") or not is_whole(exponent) or not isinstance(exponent, Number):
        return None
    rest, line = coefficients_of(above, variable), coefficients_of(base, variable)
    if rest is None or line is None:
        return None
    shared = greatest_shared(rest, line)
    if len(shared) < 2:
        return None
    times = 0
    while not any(divided(rest, shared)[1]) and times < exponent.value:
        rest, times = divided(rest, shared)[0], times + 1
    factor, left = written(shared, variable), written(divided(line, shared)[0], variable)
    return neat(written(rest, variable) * factor ** Number(times)), neat(factor**exponent * left**exponent)


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
        cleared = False
        for written_base, exponent in factors:
            base, root = _without_square(written_base, exponent)
            cleared |= root > 1
            result = result / Number(root) ** _twice(exponent) if root > 1 else result
            number = _denominator(base) if is_whole(exponent) and written_base in below else 1
            cleared |= number > 1
            base, result = _multiplied(base, number), result / Number(number) ** exponent if number > 1 else result
            inner = over_one_line(base) if is_named(base, "add", "subtract") and is_whole(exponent) else base
            above, line = split_fraction(inner)
            has_fraction = bool(free_symbols(line))
            cleared |= has_fraction
            result = result * (build_sum(terms_of(above)) / line if has_fraction else base) ** exponent
        if not cleared:
            return node
        after = neat(build(term_of(result)))
        return after if size(after) <= size(node) + MAX_CLEARED else node

    return moved("clear the fractions inside", "above and below the line are multiplied by the same", expression, rule)


def clear_numbers(expression: Expression) -> Move | None:
    """Clear the numbers below lines inside of a bracket over a line: (x/2 - 3/2)/y is (x - 3)/(2y)."""

    def rule(node: Expression) -> Expression:
        above, below = split_fraction(node)
        if not free_symbols(below):
            return node
        term, number = term_of(above), 1
        factors = []
        for base, exponent in term.factors:
            shared = _denominator(base) if exponent == ONE else 1
            number *= shared
            factors.append((_multiplied(base, shared), exponent))
        return (
            node
            if number == 1
            else neat(build(term_of(build(Term(term.coefficient, tuple(factors))) / (number * below))))
        )

    return moved(
        "clear the fractions above the line", "above and below the line are multiplied by the same", expression, rule
    )


def _denominator(base: Expression) -> int:
    """Return the least number that clears the fractions of a sum; 1 where variables stand below its lines, or decimals in it."""
    terms = terms_of(base) if is_named(base, "add", "subtract") else []
    if any(isinstance(exponent, Number) and exponent.value < 0 for term in terms for _, exponent in term.factors):
        return 1
    values = [term.coefficient for term in terms]
    exact = [Fraction(value).denominator for value in values if not isinstance(value, float)]
    least = math.lcm(*exact) if len(exact) == len(values) else 1
    return least if least <= MAX_DENOMINATOR else 1


def _without_square(base: Expression, exponent: Expression) -> tuple[Expression, int]:
    """Return a sum under a root times a square that clears its fractions, and the root of that: 1 - x^2/4 is (4 - x^2)/2^2."""
    if not is_named(base, "add", "subtract") or not isinstance(exponent, Number):
        return base, 1
    terms = terms_of(base)
    if not isinstance(exponent.value, Fraction) or any(isinstance(term.coefficient, float) for term in terms):
        return base, 1
    square = math.lcm(*(Fraction(term.coefficient).denominator for term in terms))
    root = math.isqrt(square)
    if exponent.value.denominator != 2 or root * root != square:
        return base, 1
    return build_sum([Term(multiply_numbers(square, term.coefficient), term.factors) for term in terms]), root


def _twice(exponent: Expression) -> Number:
    assert isinstance(exponent, Number)
    return Number(2 * exponent.value)


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
    return _multiplied(base, Fraction(1, number))


def _multiplied(base: Expression, number: Fraction | int) -> Expression:
    """Return a sum with each of its terms multiplied by a number."""
    if number == 1:
        return base
    return build_sum([Term(multiply_numbers(term.coefficient, number), term.factors) for term in terms_of(base)])

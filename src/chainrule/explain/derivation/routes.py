"""Owns other ways in: rewriting a function before it is differentiated, where that is natural."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

from chainrule.explain.expressions.algebra import Term, build, build_sum, collect, sum_terms, term_of
from chainrule.explain.expressions.conditions import is_positive, nonzero, positive, simplified
from chainrule.explain.expressions.expansion import expanded_terms, has_brackets, is_polynomial, split_fraction
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Number,
    depends_on,
    fold,
    free_symbols,
    rebuild,
)
from chainrule.explain.expressions.neat import ONE, E, call, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.parts import signed_sum
from chainrule.explain.expressions.tidy import tidy

MAX_TERMS = 5
"""Nobody multiplies out more."""


@final
@dataclass(frozen=True, slots=True)
class Route:
    """A way in. name: what is done first. why: what allows it. expression: the function, rewritten. conditions: where."""

    name: str
    why: str
    expression: Expression
    conditions: tuple[Expression, ...] = ()


POWER_ROUTE = "write it as a power first"


def routes(expression: Expression, name: str) -> list[Route]:
    """Return the ways in which the function is naturally rewritten before it is differentiated by a variable."""
    found: list[Route] = []
    for attempt in _ATTEMPTS:
        route = attempt(expression, name)
        known = {text(expression), *(text(other.expression) for other in found)}
        if route is not None and text(route.expression) not in known:
            found.append(route)
    return found


def expand_first(expression: Expression, name: str) -> Route | None:
    """Multiply out a polynomial."""
    if not is_polynomial(expression) or not has_brackets(expression):
        return None
    terms = expanded_terms(expression)
    if terms is None or len(collect(terms)) > MAX_TERMS:
        return None
    return Route("expand first", "every term in a bracket is multiplied", build_sum(collect(terms)))


def simplify_first(expression: Expression, name: str) -> Route | None:
    """Put powers of one base together, cancel, or collect like terms."""
    moves, simple = tidy(expression)
    if not any(move.name.startswith(_SHORTENING) for move in moves) or len(text(simple)) >= len(text(expression)):
        return None
    conditions = simplified(nonzero(factor) for move in moves for factor in move.nonzero)
    said = "; ".join(dict.fromkeys(move.name for move in moves))
    return Route("simplify first", said, simple, conditions)


_SHORTENING = ("gather the powers", "multiply the numbers and gather", "cancel", "collect", "sin²")


def divide_first(expression: Expression, name: str) -> Route | None:
    """Divide each term of a sum by what stands below the line."""
    above, below = split_fraction(expression)
    divisor = term_of(below)
    terms = sum_terms(above)
    single = not any(is_named(base, "add", "subtract") for base, _ in divisor.factors)
    if not depends_on(below, name) or len(terms) < 2 or not single:
        return None
    parts = [(sign, build(term_of(term / below))) for sign, term in terms]
    return Route("divide first", "(a + b)/c = a/c + b/c", signed_sum(parts), simplified([nonzero(below)]))


def laws_of_logarithms(expression: Expression, name: str) -> Route | None:
    """Write logarithms of powers, products and quotients as sums."""
    conditions: list[Expression] = []

    def rule(node: Expression) -> Expression:
        if not isinstance(node, Apply) or not is_named(node, "log", "log2", "log10") or not depends_on(node, name):
            return node
        apart = logarithm_apart(node)
        if apart != node:
            conditions.extend(positive(base) for base in bases_of(node.operands[0]))
        return apart

    after = neat(_everywhere(expression, rule))
    law = "ln(ab) = ln(a) + ln(b) and ln(a^n) = n ln(a), where a and b are positive"
    return Route("use the laws of logarithms first", law, after, simplified(conditions))


def logarithm_apart(node: Apply) -> Expression:
    """Return the logarithm of a product as a sum, and of a power as a multiple."""
    term = term_of(node.operands[0])
    if term.coefficient <= 0 or (term.coefficient == 1 and len(term.factors) == 1 and term.factors[0][1] == ONE):
        return node
    parts: list[tuple[int, Expression]] = []
    if term.coefficient != 1:
        parts.append((1, Apply(node.primitive, (Number(term.coefficient),))))
    for base, exponent in term.factors:
        sign, size = (1, exponent)
        if isinstance(exponent, Number) and exponent.value < 0:
            sign, size = -1, Number(-exponent.value)
        parts.append((sign, neat(size * neat(Apply(node.primitive, (base,))))))
    return signed_sum(parts)


def bases_of(expression: Expression) -> list[Expression]:
    """Return what a product is made of and has to be positive for its logarithm to be taken apart."""
    return [base for base, _ in term_of(expression).factors if free_symbols(base) and not is_positive(base)]


def as_power(expression: Expression, name: str) -> Route | None:
    """Write roots, and what stands below the line, as powers: term by term, where one power is all that changes."""
    terms = [(sign, _one_power(term, name)) for sign, term in sum_terms(cube_roots_as_powers(expression))]
    return Route(POWER_ROUTE, "sqrt(a) = a^(1/2) and 1/a^n = a^(-n)", signed_sum(terms))


def cube_roots_as_powers(expression: Expression) -> Expression:
    """Return the expression with cube roots as powers; square roots count as powers wherever factors are looked at."""

    def rule(node: Expression) -> Expression:
        return node.operands[0] ** Fraction(1, 3) if isinstance(node, Apply) and is_named(node, "cbrt") else node

    return _everywhere(expression, rule)


def _one_power(term: Expression, name: str) -> Expression:
    """Return a number times one power; other terms as they are."""
    parts = term_of(term)
    moving = [factor for factor in parts.factors if depends_on(factor[0], name) or depends_on(factor[1], name)]
    if len(moving) != 1 or moving[0][0] == E:
        return term
    base, exponent = moving[0]
    if not isinstance(exponent, Number) or (isinstance(exponent.value, int) and exponent.value > 0):
        return term
    rest = build(Term(parts.coefficient, tuple(factor for factor in parts.factors if factor != moving[0])))
    return neat(rest * base**exponent)


def as_exponential(expression: Expression, name: str) -> Route | None:
    """Write a power whose base and exponent both change as a power of e."""
    if not varies_above_and_below(expression, name):
        return None
    assert isinstance(expression, Apply)
    base, exponent = expression.operands
    after = call("exp", exponent * call("log", base))
    return Route("write it as a power of e first", "a^b = e^(b ln(a))", after, simplified([positive(base)]))


def varies_above_and_below(expression: Expression, name: str) -> bool:
    """Return whether it is a power whose base and exponent both change."""
    return (
        isinstance(expression, Apply)
        and is_named(expression, "power", "float_power")
        and all(depends_on(operand, name) for operand in expression.operands)
        and expression.operands[0] != E
    )


def _everywhere(expression: Expression, rule: Callable[[Expression], Expression]) -> Expression:
    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        return rule(rebuild(node, operands) if operands else node)

    return fold(expression, combine)


_ATTEMPTS: tuple[Callable[[Expression, str], Route | None], ...] = (
    expand_first,
    simplify_first,
    divide_first,
    laws_of_logarithms,
    as_power,
    as_exponential,
)

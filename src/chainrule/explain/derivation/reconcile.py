"""Owns the way from one form of a derivative to another: named moves, so that two routes end in the same result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.routes import cube_roots_as_powers
from chainrule.explain.expressions.algebra import (
    build,
    build_sum,
    collect,
    is_algebraic,
    raw_factors,
    term_of,
    terms_of,
)
from chainrule.explain.expressions.expansion import expanded_terms, over_one_line, split_fraction
from chainrule.explain.expressions.expression import Apply, Expression
from chainrule.explain.expressions.neat import ONE, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy

SAME = "write it like the first result"


def led_to(found: Expression, target: Expression) -> list[Step]:
    """Return the steps from what was found to the form in which the result is written."""
    if text(found) == text(target):
        return []
    for name, why, move in _MOVES:
        middle = move(found)
        if _alike(middle, target):
            return [Step(name, (), found, target, why, (), "algebra")]
    for name, why, move in _MOVES:
        middle, other = move(found), move(target)
        if _alike(middle, other) and not _alike(middle, found) and not _alike(other, target):
            ahead = Step(name, (), found, middle, why, (), "algebra")
            return [ahead, Step(SAME, (), middle, target, f"{name} there, and the same comes out", (), "algebra")]
        if _alike(found, other):
            return [Step(SAME, (), found, target, f"{name} there, and this comes out", (), "algebra")]
    for name, why, move in _MOVES:
        middle = move(found)
        moves, tidied = tidy(middle)
        if _alike(tidied, target) and moves:
            ahead = Step(name, (), found, middle, why, (), "algebra")
            return [ahead, *(Step(one.name, (), one.before, one.after, one.why, (), "algebra") for one in moves)]
    return [Step(SAME, (), found, target, "the two forms are equal, as the check shows", (), "algebra")]


def _alike(left: Expression, right: Expression) -> bool:
    """Return whether two expressions differ only in the order of terms and factors."""
    return _unordered(left) == _unordered(right)


def _unordered(expression: Expression) -> object:
    """Return a sum as a set of products, each with its factors as a set."""
    if not isinstance(expression, Apply) or not is_algebraic(expression):
        return expression
    return frozenset(
        (term.coefficient, frozenset((_within(base), exponent) for base, exponent in term.factors))
        for term in terms_of(expression)
    )


def _within(base: Expression) -> object:
    return _unordered(base) if is_named(base, "add", "subtract") else base


def _distributed(expression: Expression) -> Expression:
    """Multiply what stands before a bracket into it; powers of brackets stay."""
    brackets = [
        base for base, exponent in raw_factors(expression) if exponent == ONE and is_named(base, "add", "subtract")
    ]
    if not brackets:
        return expression
    bracket = brackets[-1]
    rest = expression / bracket
    return build_sum([term_of(build(term) * rest) for term in terms_of(bracket)])


def _over_one_line(expression: Expression) -> Expression:
    return neat(over_one_line(expression))


def _expanded(expression: Expression) -> Expression:
    above, below = split_fraction(expression)
    terms = expanded_terms(above)
    if terms is None:
        return expression
    numerator = build_sum(collect(terms))
    return numerator if below == ONE else neat(build(term_of(numerator / below)))


def _expanded_over_one_line(expression: Expression) -> Expression:
    return _expanded(_over_one_line(expression))


_MOVES: Sequence[tuple[str, str, Callable[[Expression], Expression]]] = (
    ("put the terms in order", "terms can be added in any order", neat),
    ("multiply into the bracket", "a(b + c) = ab + ac", _distributed),
    ("bring over a common denominator", "fractions with the same denominator add up", _over_one_line),
    ("write cube roots as powers", "cbrt(a) = a^(1/3)", cube_roots_as_powers),
    ("expand", "every term in a bracket is multiplied", _expanded),
    (
        "bring over a common denominator and expand",
        "fractions with the same denominator add up",
        _expanded_over_one_line,
    ),
)

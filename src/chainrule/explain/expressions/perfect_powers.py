"""Owns the move that writes a polynomial beside other factors as a power: e^x (x^2 - 2x + 1) is e^x (x - 1)^2."""

from __future__ import annotations

from chainrule.explain.expressions.algebra import Term, build, term_of
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols
from chainrule.explain.expressions.move import Move
from chainrule.explain.expressions.neat import ONE, is_named, multiply_numbers
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.polynomials import coefficients_of, power_of, written


def perfect_power(expression: Expression) -> Move | None:
    """Write a polynomial of one variable above the line as a power, where that is shorter; one alone stays multiplied out."""
    term = term_of(expression)
    if len(term.factors) < 2:
        return None
    coefficient, factors = term.coefficient, []
    for base, exponent in term.factors:
        found = _as_power(base) if exponent == ONE and is_named(base, "add", "subtract") else None
        number, base, exponent = (ONE, base, exponent) if found is None else found
        coefficient = multiply_numbers(coefficient, number.value)
        factors.append((base, exponent))
    if all(before == after for before, after in zip(term.factors, factors, strict=True)):
        return None
    after = build(Term(coefficient, tuple(factors)))
    if len(text(after)) >= len(text(expression)):
        return None
    return Move("write as a power", "a^2 + 2ab + b^2 = (a + b)^2, and so on", expression, after)


def _as_power(base: Expression) -> tuple[Number, Expression, Expression] | None:
    """Return a number, a base and an exponent whose product is the polynomial; None where it is none, or no power."""
    names = free_symbols(base)
    coefficients = coefficients_of(base, Symbol(names[0])) if len(names) == 1 else None
    found = None if coefficients is None or len(coefficients) < 3 else power_of(coefficients)
    if found is None:
        return None
    number, inner, exponent = found
    return Number(number), written(inner, Symbol(names[0])), Number(exponent)

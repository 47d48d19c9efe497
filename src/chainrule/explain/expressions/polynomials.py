"""Owns polynomials in one variable as their coefficients, lowest first: what two of them share, and division without rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from chainrule.explain.expressions.algebra import Term, build_sum, terms_of
from chainrule.explain.expressions.expression import Expression, Number, Symbol
from chainrule.explain.expressions.neat import ONE

Coefficients: TypeAlias = tuple[Fraction, ...]

MAX_DEGREE = 12


def coefficients_of(expression: Expression, variable: Symbol) -> Coefficients | None:
    """Return the coefficients of a sum of powers of one variable; None where it is something else, or has decimals.

    >>> x = Symbol("x")
    >>> [str(number) for number in coefficients_of(x**2 - 1, x)]
    ['-1', '0', '1']
    """
    found: dict[int, Fraction] = {}
    for term in terms_of(expression):
        power = _power_in(term, variable)
        if power is None or isinstance(term.coefficient, float):
            return None
        found[power] = Fraction(term.coefficient)
    return tuple(found.get(power, Fraction(0)) for power in range(max(found, default=0) + 1))


def _power_in(term: Term, variable: Symbol) -> int | None:
    if not term.factors:
        return 0
    ((base, exponent), *others) = term.factors
    if others or base != variable or not isinstance(exponent, Number) or not isinstance(exponent.value, int):
        return None
    return exponent.value if 0 < exponent.value <= MAX_DEGREE else None


def written(coefficients: Coefficients, variable: Symbol) -> Expression:
    """Return the polynomial as an expression, by falling powers."""
    return build_sum(
        [
            Term(Number(number).value, ((variable, ONE if power == 1 else Number(power)),) if power else ())
            for power, number in enumerate(coefficients)
            if number
        ]
    )


def greatest_shared(first: Coefficients, second: Coefficients) -> Coefficients:
    """Return the greatest common divisor by Euclid's algorithm, with whole coefficients that share no number.

    >>> [str(number) for number in greatest_shared((-1, 0, 1), (1, -2, 1))]
    ['-1', '1']
    """
    while any(second):
        first, second = second, divided(first, second)[1]
    lowest = math.lcm(*(Fraction(number).denominator for number in first))
    whole = [int(number * lowest) for number in first]
    content = (math.gcd(*whole) or 1) * (-1 if whole[-1] < 0 else 1)
    return tuple(Fraction(number, content) for number in whole)


def divided(first: Coefficients, second: Coefficients) -> tuple[Coefficients, Coefficients]:
    """Return the quotient and the rest."""
    rest = [Fraction(number) for number in first]
    quotient = [Fraction(0)] * max(1, len(first) - len(second) + 1)
    while len(rest) >= len(second):
        shift, factor = len(rest) - len(second), rest[-1] / second[-1]
        quotient[shift] = factor
        for place, number in enumerate(second):
            rest[shift + place] -= factor * number
        rest = list(_without_zeros(rest[:-1]))
    return tuple(quotient), tuple(rest)


def power_of(polynomial: Coefficients) -> tuple[Fraction, Coefficients, int] | None:
    """Return a polynomial as a number times a power of a shorter one; None where it is no such power.

    >>> number, base, exponent = power_of((2, -4, 2))
    >>> str(number), [str(each) for each in base], exponent
    ('2', ['-1', '1'], 2)
    """
    slope = tuple(place * number for place, number in enumerate(polynomial))[1:]
    base, _ = divided(polynomial, greatest_shared(polynomial, slope))
    if len(base) < 2 or (len(polynomial) - 1) % (len(base) - 1):
        return None
    base = greatest_shared(base, base)  # whole numbers that share none
    exponent = (len(polynomial) - 1) // (len(base) - 1)
    rest: Coefficients = polynomial
    for _ in range(exponent):
        rest, left_over = divided(rest, base)
        if left_over:
            return None
    return (rest[0], base, exponent) if exponent > 1 else None


def _without_zeros(coefficients: Sequence[Fraction]) -> Sequence[Fraction]:
    count = len(coefficients)
    while count and not coefficients[count - 1]:
        count -= 1
    return coefficients[:count]

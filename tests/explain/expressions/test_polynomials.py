"""Polynomials as coefficients: SymPy finds the same divisors and the same quotients."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

from chainrule.explain.expressions.expression import Symbol
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.polynomials import coefficients_of, divided, greatest_shared, written
from chainrule.explain.reading.parse import parse

X = Symbol("x")
PAIRS = [
    ("x^2 - 1", "x - 1"),
    ("2x^3 - 3x^2 + 1", "x^2 - 2x + 1"),
    ("6x^2 - 5x + 1", "2x - 1"),
    ("-x^4 + 2x^3 - x^2", "x^3 - x"),
    ("x^2/2 - 1/2", "x + 1"),
    ("x^2 + 1", "x - 1"),
    ("x^5", "x^2"),
]


def coefficients(typed: str) -> tuple[Fraction, ...]:
    found = coefficients_of(parse(typed).expression, X)
    assert found is not None
    return found


def polynomial(numbers: tuple[Fraction, ...]) -> sp.Poly:
    exact = [sp.Rational(Fraction(number).numerator, Fraction(number).denominator) for number in reversed(numbers)]
    return sp.Poly(exact, sp.Symbol("x"))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_greatest_shared_divisor_is_sympys_but_for_a_number(first: str, second: str) -> None:
    found = polynomial(greatest_shared(coefficients(first), coefficients(second)))
    assert found.monic() == sp.gcd(polynomial(coefficients(first)), polynomial(coefficients(second))).monic()
    assert found.LC() > 0
    assert all(number.is_integer for number in found.coeffs())


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_quotient_and_rest_give_back_the_polynomial(first: str, second: str) -> None:
    quotient, rest = divided(coefficients(first), coefficients(second))
    divisor = polynomial(coefficients(second))
    assert polynomial(quotient) * divisor + polynomial(rest or (Fraction(0),)) == polynomial(coefficients(first))


@pytest.mark.parametrize("typed", ["x^2 + 3x - 4", "x^3/2 - 1", "7", "x"])
def test_coefficients_are_written_as_they_were_read(typed: str) -> None:
    assert text(written(coefficients(typed), X)) == text(parse(typed).expression)


@pytest.mark.parametrize("typed", ["sin x", "x y", "1/x", "√x", "x^40", "(x + 1)^2", "π x"])
def test_what_is_no_sum_of_powers_has_no_coefficients(typed: str) -> None:
    assert coefficients_of(parse(typed).expression, X) is None

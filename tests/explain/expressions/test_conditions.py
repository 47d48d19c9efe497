"""Conditions say where a derivation holds, and no more than that."""

from __future__ import annotations

import pytest

from chainrule.explain.expressions.conditions import domain_of, nonzero, positive, simplified
from chainrule.explain.expressions.expression import Expression, Symbol, apply
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.signs import is_at_least_zero, is_positive
from chainrule.explain.reading.parse import parse
from chainrule.primitives.table import BY_NAME

x = Symbol("x")

DOMAINS = [
    ("x^2 + 3x", ""),
    ("x^2^3", ""),
    ("1/x", "x ≠ 0"),
    ("1/(2x - 4)^3", "x ≠ 2"),
    ("1/(x^2 + 1)", ""),
    ("1/(x^2 - 4)", "|x| ≠ 2"),
    ("1/(x(x-1))", "x ≠ 0, x ≠ 1"),
    ("1/(ax + b)", "ax + b ≠ 0"),
    ("1/e^x", ""),
    ("1/(1 + cos x)", "cos(x) ≠ -1"),
    ("1/(2 + cos x)", ""),
    ("1/sinh x", "x ≠ 0"),
    ("√x", "x > 0"),
    ("√√x", "x > 0"),
    ("x^(3/2)", "x ≥ 0"),
    ("√(1-x^2)", "|x| < 1"),
    ("√(x^2+1)", ""),
    ("∛(x-2)", "x ≠ 2"),
    ("ln x", "x > 0"),
    ("ln(3 - x)", "x < 3"),
    ("ln x^2", "x ≠ 0"),
    ("ln|x|", "x ≠ 0"),
    ("ln √x", "x > 0"),
    ("ln ln x", "x > 1"),
    ("ln ln ln x", "x > e"),
    ("1/ln x", "x > 0, x ≠ 1"),
    ("ln(x/(1-x))", "x > 0, x < 1"),
    ("ln((1+x)/(1-x))", "|x| < 1"),
    ("ln((x-1)/(x+1))", "(x - 1)/(x + 1) > 0"),
    ("ln(x(x+1)^2)", "x > 0"),
    ("ln(x + √(x^2+1))", ""),
    ("ln(x^2 + y^2)", "x^2 + y^2 ≠ 0"),
    ("ln(1 - σ(x))", ""),
    ("log_b x", "x > 0, b > 0, b ≠ 1"),
    ("p ln(p/r)", "p/r > 0"),
    ("arcsin 2x", "|x| < 1/2"),
    ("arcsin x^2", "|x| < 1"),
    ("arccos(1/x)", "|x| > 1"),
    ("arcsin √x", "x > 0, x < 1"),
    ("atan2(y, x)", "x^2 + y^2 ≠ 0"),
    ("1/√(x^2/4 + 1/9)", ""),
    ("floor x", "x ≠ floor(x)"),
    ("ceil(2x)", "2x ≠ ceil(2x)"),
    ("tan x", "cos(x) ≠ 0"),
    ("|x - 1|", "x ≠ 1"),
    ("|x^2 - 9|", "|x| ≠ 3"),
    ("max(0, 1 - yz)", "yz ≠ 1"),
    ("max(x, y)", "x ≠ y"),
    ("x^y", "x > 0"),
    ("x^x + 1/x + √x", "x > 0"),
]


@pytest.mark.parametrize(("typed", "expected"), DOMAINS, ids=[typed for typed, _ in DOMAINS])
def test_domain(typed: str, expected: str) -> None:
    shown = {text(condition) for condition in domain_of(parse(typed).expression)}
    assert shown == set(filter(None, expected.split(", ")))


def less(left: Expression, right: object) -> Expression:
    return apply(BY_NAME["less"], left, right)


def test_a_polynomial_that_is_a_factor_of_one_that_is_not_zero_is_left_out() -> None:
    assert simplified([abs_differs(2), nonzero(x + 2)]) == (abs_differs(2),)
    assert simplified([nonzero(x**3 - x), nonzero(x**2 - x)]) == (nonzero(x**3 - x),)
    kept = (nonzero(x**3 - x), nonzero(x**2 + x - 6))
    assert simplified(kept) == kept


def abs_differs(number: int) -> Expression:
    return apply(BY_NAME["not_equal"], abs(x), number)


def test_a_condition_that_follows_from_another_is_left_out() -> None:
    assert simplified([nonzero(x), positive(x)]) == (positive(x),)
    assert simplified([positive(x), positive(x - 1), nonzero(x - 5)]) == (x > 1, apply(BY_NAME["not_equal"], x, 5))
    assert simplified([positive(x - 1), nonzero(x + 5)]) == (x > 1,)
    assert simplified([less(abs(x), 1), nonzero(x - 2)]) == (less(abs(x), 1),)
    assert simplified([less(x, 2), less(x, 3)]) == (less(x, 2),)


@pytest.mark.parametrize(
    ("typed", "positive_", "at_least_zero"),
    [
        ("x^2 + 1", True, True),
        ("x^2", False, True),
        ("|x|", False, True),
        ("e^x y^2", False, True),
        ("x + √(x^2 + 1)", True, True),
        ("x + √(x^2)", False, False),
        ("x", False, False),
        ("-1", False, False),
        ("π", True, True),
        ("x^3", False, False),
    ],
)
def test_signs_that_are_seen(typed: str, positive_: bool, at_least_zero: bool) -> None:
    expression = parse(typed).expression
    assert (is_positive(expression), is_at_least_zero(expression)) == (positive_, at_least_zero)

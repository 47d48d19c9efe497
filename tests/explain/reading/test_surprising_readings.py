"""Readings that could surprise a reader: what is taken as a product, what is refused, and what is said of the others."""

from __future__ import annotations

import math

import pytest

from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.parse import parse


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("sin x (x + 1)", "sin(x)(x + 1)"),
        ("ln x (x - 4)^2", "ln(x)(x - 4)^2"),
        (r"\sin x \left(x + 1\right)", "sin(x)(x + 1)"),
        ("sin 2x (x + 1)", "sin(2x)(x + 1)"),
        ("cos x {x if x < 0, 2 otherwise}", "cos(x)(x if x < 0, else 2)"),
        ("sin x(x + 1)", "sin(x(x + 1))"),
        ("sin 2 (x + 1)", "sin(2(x + 1))"),
        ("sin (x) (x + 1)", "sin(x)(x + 1)"),
        ("sin^2 (x) (x + 1)", "sin(x)^2 (x + 1)"),
        (r"\frac {x} {2}", "x/2"),
        ("x^ (2) (x + 1)", "x^2 (x + 1)"),
        ("1/2 (x + 1)", "(1/2) · (x + 1)"),
    ],
)
def test_a_bracket_after_a_space_stands_apart(typed, meaning):
    assert text(parse(typed).expression) == meaning


def test_the_textbook_product_of_a_cosecant_and_a_bracket():
    x = 0.7
    value = evaluate(parse("csc x (x + cot x)").expression, {"x": x})
    assert value == pytest.approx((x + 1 / math.tan(x)) / math.sin(x))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sin x(x + 1)", "write sin(x)(...) for the product"),
        ("||Ax - b||^2", "letters are numbers here"),
        ("‖Ax - b‖²", "letters are numbers here"),
        (r"\|Ax - b\|^2", "letters are numbers here"),
        (r"\lVert x \rVert", "letters are numbers here"),
        ("w^T + x", "^T a power"),
    ],
)
def test_what_is_said(typed, said):
    assert any(said in note for note in parse(typed).notes)


@pytest.mark.parametrize("typed", ["|x|", "||x| - 1|", "|x||y|", "sin(x)(x + 1)", "x^t"])
def test_nothing_is_said_of_what_has_one_reading(typed):
    assert parse(typed).notes == ()


@pytest.mark.parametrize(
    ("typed", "column", "why"),
    [
        ("wᵀx", 2, "a transpose belongs to vectors"),
        ("xᵃ", 2, "a raised or lowered a"),
        ("xₐ", 2, "a raised or lowered a"),
        ("2 det(A)", 3, "the function 'det' is not understood"),
        ("tr(AX)", 1, "the function 'tr' is not understood"),
        ("div(x)", 1, "the function 'div' is not understood"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(typed, column, why):
    with pytest.raises(ParseError) as refused:
        parse(typed)
    assert str(refused.value).startswith(f"column {column}: ")
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("⁵√x", "x^(1/5)"),
        ("2 ⁵√(x + 1)", "2(x + 1)^(1/5)"),
        ("ln ⁵√x", "ln(x^(1/5))"),
        ("³√x", "cbrt(x)"),
        ("x⁵√t", "x^5 sqrt(t)"),
        ("ln⁵√x", "ln(sqrt(x))^5"),
        ("sin ²x", "sin(x)^2"),
    ],
)
def test_a_raised_number_before_a_root_is_its_index_unless_it_touches_what_is_raised(typed, meaning):
    assert text(parse(typed).expression) == meaning


@pytest.mark.parametrize("typed", ["⁰√x", r"\sqrt[0]{x}", "root(x, 0)"])
def test_a_root_of_index_zero_is_refused(typed):
    with pytest.raises(ParseError, match="1/0 has no value"):
        parse(typed)

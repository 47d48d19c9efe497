"""Functions by cases as people type them: what each spelling means, how it is written again, and what is refused where."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.notation import latex, mathml, text
from chainrule.explain.reading.parse import parse

SPELLINGS = [
    r"\begin{cases} x^2 & x<0 \\ 3x & x \ge 0 \end{cases}",
    r"f(x) = \begin{cases} x^2, & \text{if } x < 0, \\ 3x, & \text{if } x \geqslant 0 \end{cases}",
    r"\begin{cases} x^2 & \text{if} & x<0 \\[2pt] 3x & \text{otherwise} \\ \end{cases}",
    r"\begin{dcases} x^2 & \mbox{for } x \lt 0 \\ 3x & \mbox{else} \end{dcases}",
    r"$$\left\{\begin{array}{ll} x^2 & x<0 \\ 3x & x\geq 0 \end{array}\right.$$",
    "\\begin{cases}\n x^2 & x<0 \\\\\n 3x & x \\ge 0\n\\end{cases}",
    "{x^2 if x < 0, 3x otherwise}",
    "{x^2 if x < 0; 3x if x >= 0}",
    "(x^2 if x < 0, else 3x)",
    "(x^2 if x < 0 else 3x)",
    "f(x) = {x^2 for x<0, 3x for x≥0}",
    "{3x when 0 <= x, x^2 otherwise}",
    "{x^2 if x < -5 or -5 <= x < 0, 3x elsewhere}",
    "{x^2 if x < 0 and x != 0, 3x otherwise}",
    "piecewise((x^2, x<0), (3x, x>=0))",
    "Piecewise((x**2, x < 0), (3*x, True))",
    "Piecewise[{{x^2, x < 0}, {3x, x >= 0}}]",
    "Piecewise[{{x^2, x < 0}}, 3x]",
    "g(t) = {t^2 if t < 0, 3t otherwise}; g(x)",
    "u where u = {x^2 if x < 0, 3x otherwise}",
]


@pytest.mark.parametrize("typed", SPELLINGS)
def test_every_spelling_means_the_same(typed):
    x = np.array([-6.0, -5.0, -2.0, -0.5, 0.0, 0.5, 3.0])
    assert evaluate(parse(typed).expression, {"x": x}).tolist() == np.where(x < 0, x**2, 3 * x).tolist()


@pytest.mark.parametrize(
    ("typed", "x", "value"),
    [
        ("{1 if x = 0, 2 if x ≠ 0}", 0.0, 1.0),
        ("2{x if x<0, x^2 if x>=0} + 1", 3.0, 19.0),
        ("{x if x<0, x^2 if x>=0}^2", 2.0, 16.0),
        ("|{x if x<0, x^2 if x>=0}|", -2.0, 2.0),
        ("sin {x if x<0, x^2 if x>=0}", 2.0, math.sin(4.0)),
        ("ln(x^2 if x<0, x if x>=0)", -2.0, math.log(4.0)),
        ("{1 if x > 0, 2 if x > 1, 3 otherwise}", 2.0, 1.0),  # the first that holds
        ("{x if |x| < 1, {5 if x > 3, 7 otherwise} otherwise}", 2.0, 7.0),
    ],
)
def test_cases_are_operands_like_others(typed, x, value):
    assert evaluate(parse(typed).expression, {"x": x}) == pytest.approx(value)


def test_points_are_compared_number_by_number():
    expression = parse("{xy/(x^2+y^2) if (x,y) ≠ (0,0), 0 if (x,y) = (0,0)}").expression
    with np.errstate(invalid="ignore"):
        assert evaluate(expression, {"x": 0.0, "y": 0.0}) == 0
    assert evaluate(expression, {"x": 0.0, "y": 2.0}) == 0
    assert evaluate(expression, {"x": 1.0, "y": 1.0}) == 0.5
    assert text(expression) == "(xy/(x^2 + y^2) if (x, y) ≠ (0, 0), 0 if (x, y) = (0, 0))"


def test_where_no_condition_holds_there_is_no_value():
    expression = parse("{x^2 if x < 0, 3x if x > 1}").expression
    assert math.isnan(evaluate(expression, {"x": 0.5}))
    assert evaluate(expression, {"x": 2.0}) == 6
    assert text(expression) == "(x^2 if x < 0, 3x if x > 1)"


@pytest.mark.parametrize(
    "typed",
    [
        *SPELLINGS,
        "{x if 0 < x <= 1, -x if -1 <= x < 0}",
        "{1 if (x < 0 or x > 3) and x ≠ 5, 2 otherwise}",
        "{x if x < y and y < 1, y if x = y or y > 4, xy otherwise}",
    ],
)
def test_what_is_written_can_be_typed_again(typed):
    expression = parse(typed).expression
    assert parse(text(expression)).expression == expression
    if "or" not in text(expression) and " and " not in text(expression):
        assert parse(latex(expression)).expression == expression
    assert mathml(expression).count("<mtr>") == latex(expression).count("&")


def test_the_cases_stand_in_one_list():
    expression = parse("{x^2 if x < 0, 3x if x < 1, 5 otherwise}").expression
    assert text(expression) == "(x^2 if x < 0, 3x if x < 1, else 5)"
    assert latex(expression) == (
        r"\begin{cases}x^{2} & \text{if } x < 0 \\ 3 x & \text{if } x < 1 \\ 5 & \text{otherwise}\end{cases}"
    )


@pytest.mark.parametrize(
    ("typed", "column", "why"),
    [
        ("x < 3", 3, "they are conditions of cases"),
        ("(x<3)", 3, "expected cases as in {x^2 if x < 0"),
        ("x^2 if x<0 else 3x", 5, "cases stand in brackets"),
        ("x^2 otherwise", 5, "outside of brackets"),
        ("{x^2 if x<0, 3x, 5 if x}", 16, "expected cases as in"),
        ("{x^2 if x}", 10, "expected cases as in"),
        ("{x otherwise}", 4, "expected cases as in"),
        ("{x^2, x < 0; 3x, x >= 0}", 5, "expected cases as in"),
        ("{x if 0<x>3, 3 otherwise}", 10, "point both ways"),
        ("{x if (x,y) < (0,0), 3 otherwise}", 13, "cannot be compared"),
        ("{x if (x,y) = (0,0,1), 3 otherwise}", 13, "cannot be compared"),
        (r"\begin{cases} x & x<0", 1, "is not closed"),
        (r"\begin{cases} x & x<0 )", 23, "cannot close"),
        (r"\begin{cases} x^2 \\ 3x \end{cases}", 19, "expected cases as in \\begin{cases}"),
        (r"\begin{cases} x^2 & \text{otherwise} \end{cases}", 19, "alone"),
        (r"\begin{cases} 1 & \text{otherwise} \\ x & x < 0 \end{cases}", 17, "before another"),
        (r"\begin{matrix} x & y \end{matrix}", 1, "expected \\begin{cases}"),
        (r"x \le 3", 3, "they are conditions of cases"),
        ("piecewise(x<0, x^2, 3x)", 11, "expected cases as in piecewise"),
        ("piecewise x", 1, "piecewise takes cases in brackets"),
        ("where(x<0, x^2, 3x)", 1, "where(...) is how programs choose"),
        ("np.where(x<0, x^2, 3*x)", 4, "where(...) is how programs choose"),
        ("{x<0: x^2, x>=0: 3x}", 5, "unexpected ':'"),
    ],
)
def test_what_is_no_case_is_refused_at_its_column(typed, column, why):
    with pytest.raises(ParseError) as refused:
        parse(typed)
    assert str(refused.value).startswith(f"column {column}: ")
    assert why in str(refused.value)
    assert len(str(refused.value)) < 500


def test_cases_are_bounded():
    def cases(count: int) -> str:
        return "{" + ", ".join(f"{k} if x < {k}" for k in range(1, count + 1)) + "}"

    assert parse(cases(24)).expression is not None
    with pytest.raises(ParseError, match="column 1: cases with 25 comparisons; expected at most 24"):
        parse(cases(25))
    with pytest.raises(ParseError, match="comparisons"):
        parse(f"{{{cases(20)} if x < 30, {cases(12).replace('x', 'y')} otherwise}}")
    with pytest.raises(ParseError, match="nested more than 100 deep"):
        parse("{" * 101 + "x if x < 0" + "}" * 101)

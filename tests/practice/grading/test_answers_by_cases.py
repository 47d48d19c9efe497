"""Answers to functions by cases: right in every spelling, and mistakes named within a case."""

from __future__ import annotations

import pytest

from chainrule.practice import grade

PROBLEM = r"\begin{cases} x^2 & x<0 \\ 3x & x \ge 0 \end{cases}"


@pytest.mark.parametrize(
    "answer",
    [
        "{2x if x<0, 3 if x>0}",
        "f'(x) = {2x if x<0, 3 if x>=0}",
        r"\begin{cases} 2x & x<0 \\ 3 & x > 0 \end{cases}",
        r"f'(x)=\left\{\begin{array}{ll} 2x & x<0 \\ 3 & x > 0 \end{array}\right.",
        "Piecewise((2*x, x < 0), (3, True))",
        "(2x if x < 0, else 3)",
    ],
)
def test_right_answers(answer):
    assert grade(PROBLEM, answer).correct


@pytest.mark.parametrize(
    ("problem", "answer", "mistake"),
    [
        (PROBLEM, "2x", None),
        (PROBLEM, "{x if x<0, 3 otherwise}", "exponent dropped"),
        (PROBLEM, "{2x if x<0, 3x otherwise}", "variable kept"),
        (PROBLEM, "(2x, 3)", "wrong number of components"),
        (PROBLEM, "{2x if x<0, 3", "not understood"),
        ("{(2x+1)^3 if x<0, e^x otherwise}", "{3(2x+1)^2 if x<0, e^x otherwise}", "inner derivative forgotten"),
        ("{sin(3x) if x<0, cos x otherwise}", "{3cos(3x) if x<0, sin x otherwise}", "lost sign"),
    ],
)
def test_mistakes(problem, answer, mistake):
    found = grade(problem, answer)
    assert (found.correct, found.mistake) == (False, mistake)


def test_a_gradient_by_cases_has_its_parts():
    problem = "{x y^2 if x<y, x^2 otherwise}"
    assert grade(problem, "({y^2 if x<y, 2x otherwise}, {2xy if x<y, 0 otherwise})").correct
    swapped = grade(problem, "({2xy if x<y, 0 otherwise}, {y^2 if x<y, 2x otherwise})")
    assert swapped.mistake == "gradient components swapped"


def test_the_same_function_without_cases():
    assert grade("|x|", "{-1 if x<0, 1 if x>0}").correct
    assert grade("max(x, 0)", "{0 if x<0, 1 otherwise}").correct
    assert grade("{-x if x<0, x otherwise}", "x/|x|").correct


def test_long_functions_by_cases():
    terms = "+".join(f"x^{power}" for power in range(1, 61))
    slopes = "+".join(f"{power}*x^{power - 1}" for power in range(1, 61))
    assert grade(f"{{{terms} if x<0, x otherwise}}", f"{{{slopes} if x<0, 1 otherwise}}").correct

"""Grades of slopes of curves: right in any form that is equal on the curve, and wrong with the mistake that people make."""

from __future__ import annotations

import pytest

import chainrule as cr
from chainrule.practice.grading.mistakes import MISTAKES

RIGHT = (
    ("x^2 + y^2 = 25", "dy/dx = -x/y"),
    ("x^2 + y^2 = 25", "-x/y"),
    ("x^2 + y^2 = 25", "-xy/(25 - x^2)"),  # equal on the curve only
    ("x^2 + y^2 = 25", "y' = (-2x)/(2y)"),
    ("x^2 + y^2 = 25 at (3, 4)", "-3/4"),
    ("x^2 + y^2 = 25, d^2y/dx^2", "-25/y^3"),
    ("x^2 + y^2 = 25, d^2y/dx^2", "-(x^2 + y^2)/y^3"),
    ("e^(xy) = x - y", "(1 - y(x - y))/(1 + x(x - y))"),  # e^(xy) is x - y there
    ("x^3 + y^3 = 6xy", "(x^2 - 2y)/(2x - y^2)"),
    ("x^2/a^2 + y^2/b^2 = 1", "-b^2 x/(a^2 y)"),
    ("PV = nRT, dP/dV", "-P/V"),
    ("x = cos t, y = sin t", "-cot t"),
    ("x = cos t, y = sin t", "-x/y"),
    ("x = t^2, y = t^3", "3t/2"),
    ("x^2 + y^2 = 25, dx/dt = 3, dy/dt", "-3x/y"),
    ("x^2 + y^2 = 25, dx/dt = 3, x = 4, dy/dt", "-4"),
)


@pytest.mark.parametrize(("problem", "answer"), RIGHT, ids=[" | ".join(one) for one in RIGHT])
def test_an_answer_is_right_where_it_is_equal_on_the_curve(problem, answer):
    found = cr.practice.grade(problem, answer)
    assert found.correct, found


WRONG = (
    ("x^2 + y^2 = 25", "x/y", "lost sign"),
    ("x^2 + y^2 = 25", "-y/x", "divided the wrong way"),
    ("x^2 + y^2 = 25", "y/x", "divided the wrong way"),
    ("x^2 + y^2 = 25", "(25 - 2x)/(2y)", "constant kept"),
    ("x^2 + y^2 = 25", "-2x/y", "arithmetic slip"),
    ("x = t^2, y = t^3", "3t/4", "arithmetic slip"),
    ("x^2 + y^2 = 25", "-x/y + 1", None),
    ("x^2 + y^2 = 25", "-x/z", "wrong variable"),
    ("x^2 + y^2 = 25", "(1, 2)", "wrong number of components"),
    ("x^2 + y^2 = 25", "-x/(", "not understood"),
    ("x^3 + y^3 = 6xy", "(6y + 6x - 3x^2)/(3y^2)", "dy/dx forgotten"),
    ("x^3 + y^3 = 6xy", "(3x^2 + 3y^2 - 6y)/(6x)", "dy/dx forgotten"),
    ("x^3 + y^3 = 6xy", "-3x^2/(3y^2 - 6x)", "one term of the product rule missing"),
    ("x^3 + y^3 = 6xy", "-x^2/(y^2 - 2)", "product of derivatives"),
    ("x^3 + y^3 = 6xy", "(2y - x^2)/y^2", "one term of the product rule missing"),
    ("x^2 y + sin y = 1", "-2x/cos y", "product of derivatives"),
    ("x = cos t, y = sin t", "-tan t", "divided the wrong way"),
    ("x = t^2, y = t^3", "3t^2", "derivative by the parameter"),
    ("x = t^2, y = t^3", "6t^3", "product of the speeds"),
    ("x = t^2, y = t^3", "-3t/2", "lost sign"),
    ("x^2 + y^2 = 25, dx/dt = 3, dy/dt", "3x/y", "lost sign"),
    ("x^2 + y^2 = 25 at (3, 4)", "3/4", "lost sign"),
    ("x^2 + y^2 = 25 at (3, 4)", "-4/3", "divided the wrong way"),
    ("x^2 + y^2 = 25 at (3, 4)", "7", None),
    ("x = t^2, y = t^3 at t = 2", "12", "derivative by the parameter"),
)


@pytest.mark.parametrize(("problem", "answer", "mistake"), WRONG, ids=[" | ".join(one[:2]) for one in WRONG])
def test_a_wrong_answer_is_wrong_with_its_mistake(problem, answer, mistake):
    found = cr.practice.grade(problem, answer)
    assert not found.correct
    assert found.mistake == mistake
    assert found.hint
    assert found.expected not in found.hint


def test_the_mistakes_have_names_that_are_listed():
    names = {mistake.name for mistake in MISTAKES}
    assert {mistake for _, _, mistake in WRONG if mistake is not None} <= names


def test_the_answer_of_the_derivation_is_read_in_latex_too():
    d = cr.explain("x^3 + y^3 = 6xy")
    assert cr.practice.grade("x^3 + y^3 = 6xy", d.result.to_latex()).correct
    assert cr.practice.grade("x^3 + y^3 = 6xy", d.result).correct

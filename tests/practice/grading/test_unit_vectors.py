"""A gradient may be answered as a sum of unit vectors, however these are written."""

from __future__ import annotations

import pytest

from chainrule.practice import grade

RIGHT = (
    "2xy i + x^2 j",
    "(2xy)i + (x^2)j",
    "x^2*j + 2xy*i",
    r"2xy\,\mathbf{i}+x^2\,\mathbf{j}",
    r"2xy\hat{i}+x^2\hat{j}",
    r"2xy\hat{\imath}+x^2\hat{\jmath}",
    "2xy î + x² ĵ",
    "2xy e_x + x^2 e_y",
    r"2xy\mathbf{e}_x + x^2\mathbf{e}_{y}",
    r"2xy\hat{x}+x^2\hat{y}",
    "∇f = x(2y i + x j)",
)


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers(answer):
    assert grade("x^2 y", answer).correct


@pytest.mark.parametrize(
    ("problem", "answer", "mistake"),
    [
        ("x^2 y", "x^2 i + 2xy j", "gradient components swapped"),
        ("x y", "y i j", "wrong number of components"),
        ("x^2", "2x i", "wrong variable"),
    ],
)
def test_wrong_answers(problem, answer, mistake):
    assert grade(problem, answer).mistake == mistake


def test_variables_that_are_called_so_are_variables():
    assert grade("i j", "(j, i)").correct
    assert grade("x^2 + y^2 + z^2", "2(x i + y j + z k)").correct

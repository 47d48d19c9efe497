"""Derivatives of functions by cases: piece by piece, and what is said of the points where the pieces meet."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import sympy

import chainrule as cr
from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.explain import explain

DERIVATIVES = [
    # the derivative, where it holds, what is said of the border
    ("{x^2 if x < 0, 3x if x >= 0}", "(2x if x < 0, 3 if x > 0)", "x ≠ 0", "a corner"),
    (
        "{x^2 if x < 0, 3x otherwise}",
        "(2x if x < 0, else 3)",
        "x ≠ 0",
        "tend to 0 from the left and to 3 from the right",
    ),
    ("{x^2 if x < 0, x^3 if x >= 0}", "(2x if x < 0, 3x^2 if x ≥ 0)", "", "continuous and differentiable"),
    ("{x^2 if x < 1, 2x - 1 if x >= 1}", "(2x if x < 1, 2 if x ≥ 1)", "", "the derivative 2"),
    ("{x^2 if x < 0, 3x + 1 if x >= 0}", "(2x if x < 0, 3 if x > 0)", "x ≠ 0", "not continuous"),
    ("{x^2 if x < 0, 3x + 1 if x >= 0}", "(2x if x < 0, 3 if x > 0)", "x ≠ 0", "from 1 to 0 on the left"),
    ("{sqrt x if x >= 0, 0 if x < 0}", "(1/(2 sqrt(x)) if x > 0, 0 if x < 0)", "x ≠ 0", "to ∞ from the right"),
    ("{x^2 sin(1/x) if x ≠ 0, 0 if x = 0}", "(2x sin(1/x) - cos(1/x) if x ≠ 0, 0 if x = 0)", "", "the derivative 0"),
    ("{x sin(1/x) if x ≠ 0, 0 if x = 0}", "(sin(1/x) - cos(1/x)/x if x ≠ 0)", "x ≠ 0", "they oscillate"),
    ("{(e^x-1)/x if x ≠ 0, 1 if x = 0}", "((x e^x - e^x + 1)/x^2 if x ≠ 0, 1/2 if x = 0)", "", "the derivative 0.5"),
    ("{(x^2-4)/(x-2) if x ≠ 2, 4 if x = 2}", "1", "", "the derivative 1"),
    ("{x if 0 <= x <= 2}", "(1 if 0 < x < 2)", "x ≠ 2, x ≠ 0", "on one side only"),
    ("{x^2 if |x| < 1, 1 otherwise}", "(2x if |x| < 1, else 0)", "|x| ≠ 1", "tend to 2 from the left and to 0"),
    ("{1/x if x > 1, 2 - x otherwise}", "(-1/x^2 if x > 1, else -1)", "", "the derivative -1"),
    ("{ln x if x > 1, x - 1 otherwise}", "(1/x if x > 1, else 1)", "", "the derivative 1"),
    ("2{x if x ≠ 0, x^2 if x = 0}", "(2 if x = 0, else 2(1 if x ≠ 0))", "", "the derivative 2"),
    ("{sin x if x < 0, |x| if x >= 0}", "(1 if x = 0, cos(x) if x < 0, sign(x) if x > 0)", "", "the derivative 1"),
    ("|x|", "sign(x)", "x ≠ 0", "tend to -1 from the left and to 1 from the right: a corner"),
    ("x|x|", "2|x|", "", "continuous and differentiable"),
    ("cbrt x", "1/(3 cbrt(x)^2)", "x ≠ 0", "the tangent is vertical"),
]


@pytest.mark.parametrize(("typed", "expected", "holds", "said"), DERIVATIVES)
@pytest.mark.parametrize("detail", ["brief", None, "full"])
def test_each_case_on_its_own_and_the_border_by_the_limit_definition(typed, expected, holds, said, detail):
    derivation = explain(typed, detail=detail)
    assert str(derivation.result) == expected
    shown = " ".join(str(derivation).split())
    assert (
        (f"Holds where {holds} At" in shown or f"Holds where {holds} sign" in shown) if holds else "Holds" not in shown
    )
    assert said in shown
    assert derivation.verified < 1e-9
    assert derivation.steps[-1].after == derivation.result.expression


@pytest.mark.parametrize(
    ("typed", "at", "value"),
    [
        ("x|x|", 0, 0.0),
        ("{(e^x-1)/x if x ≠ 0, 1 if x = 0}", 0, 0.5),
        ("{sin(x)/x if x ≠ 0, 1 if x = 0}", 0, 0.0),
        ("{x^2 if x < 1, 2x - 1 if x >= 1}", 1, 2.0),
        ("{x^2 if x < 1, 2x - 1 if x >= 1}", -3, -6.0),
    ],
)
def test_a_point_where_the_limit_exists_has_a_value_without_reserve(typed, at, value):
    derivation = explain(typed, at=at)
    assert derivation.value == pytest.approx(value, abs=1e-9)
    assert not any("convention" in note for note in derivation.notes)


def test_at_a_corner_the_value_is_called_a_convention():
    assert any("convention" in note for note in explain("{x^2 if x < 0, 3x otherwise}", at=0).notes)
    with pytest.raises(NotDifferentiableError):
        explain("{x^2 if x < 0, 3x if x > 1}", at=0.5)


def test_the_second_derivative_looks_at_the_borders_of_the_first():
    derivation = explain("{x^3 if x < 0, x^2 if x >= 0}", order=2)
    assert str(derivation.result) == "(6x if x < 0, 2 if x > 0)"
    shown = " ".join(str(derivation).split())
    assert "the function is continuous and differentiable" in shown
    assert "the first derivative is continuous, but there is no derivative" in shown


def test_a_corner_of_the_function_is_no_point_of_the_second_derivative_either():
    derivation = explain("{x^2 if x < 0, 3x if x >= 0}", order=2)
    assert str(derivation.result) == "(2 if x < 0, 0 if x > 0)"
    assert "Holds where x ≠ 0" in str(derivation)


def test_partial_derivatives_and_the_gradient():
    derivation = explain("{x y^2 if x < y, x^2 otherwise}", at=(1, 2))
    assert str(derivation.result) == "((y^2 if x < y, else 2x), (2xy if x < y, else 0))"
    assert derivation.value == (4.0, 4.0)
    point = explain("{xy/(x^2+y^2) if (x,y) ≠ (0,0), 0 if (x,y) = (0,0)}", at=(0, 0))
    assert point.value == (0.0, 0.0)
    assert "(x, y) ≠ (0, 0)" in str(point)


def test_parameters_are_held():
    derivation = explain("{x^2 + a if x < 1, b x if x >= 1}", wrt="x")
    assert str(derivation.result) == "(2x if x < 1, b if x ≥ 1)"
    assert "Holds where x ≠ 1" in str(derivation)
    shown = " ".join(str(derivation).split())
    assert (
        "At x = 1, where the cases meet, the values are 1 + a and b, and the slopes 2 and b: the function is" in shown
    )
    assert "the values are y and y, and the slopes 1 and 0" in " ".join(
        str(explain("{x if x < y, y otherwise}", wrt="x")).split()
    )


def test_the_derivative_is_a_piecewise_of_sympy():
    x = sympy.Symbol("x")
    found = explain("{x^2 if x < 0, sin(x) if x < 2, 5 otherwise}").result.to_sympy()
    assert found == sympy.Piecewise((2 * x, x < 0), (sympy.cos(x), x < 2), (0, True))
    gap = explain("{x^2 if x < 0, 3x if x > 1}").function.to_sympy()
    assert gap.subs(x, sympy.Rational(1, 2)) is sympy.nan
    chain = explain("{x if 0 < x < 1 or x = 3, 2 otherwise}").function.to_sympy()
    assert [chain.subs(x, value) for value in (0, sympy.Rational(1, 2), 3)] == [2, sympy.Rational(1, 2), 3]


def test_a_condition_is_not_differentiated_and_asks_for_no_condition():
    assert "Holds where |x| ≠ 1" in str(explain("{x if |x| < 1, 0 otherwise}"))


def test_numpy_programs_and_typed_cases_agree():
    def f(x):
        return np.where(x < 0, x**2, np.where(x < 1, 3 * x, 5))

    typed, program = explain("{x^2 if x < 0, 3x if x < 1, 5 otherwise}"), explain(f)
    assert str(typed.result) == str(program.result) == "(2x if x < 0, 3 if x < 1, else 0)"
    assert typed.conditions == program.conditions
    x = np.array([-2.0, 0.5, 3.0])
    assert cr.vmap(cr.grad(lambda x: typed.function(x)))(x).tolist() == typed.result(x).tolist()
    assert cr.jit(cr.vmap(cr.grad(lambda x: typed.function(x))))(x).tolist() == typed.result(x).tolist()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_they_can_be_written_and_copied(copied):
    derivation = copied(explain("{x^2 if x < 0, 3x if x >= 0}", at=1))
    data = derivation.to_dict()
    assert data["result"] == "(2x if x < 0, 3 if x > 0)"
    assert r"\begin{cases}2 x & \text{if } x < 0 \\ 3 & \text{if } x > 0\end{cases}" in derivation.to_latex()
    assert "<mtable>" in derivation.to_html()


def test_an_infinite_rule_is_no_limit():
    found = cr.limit("{sqrt x if x >= 0, 0 if x < 0}", 0)
    assert (found.kind, found.left.limit, found.right.behavior) == ("corner", 0.0, "grows")

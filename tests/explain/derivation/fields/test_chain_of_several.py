"""The chain rule of several variables: the derivative is SymPy's, each variable adds its share, and every step is true."""

from __future__ import annotations

import json

import pytest
import sympy as sp

import chainrule as cr
from chainrule.explain.derivation.structure import CHAIN_OF_SEVERAL, PUT_DEFINITIONS_IN
from chainrule.explain.expressions.evaluation import evaluate

S, T = sp.symbols("s t")
COMPOSED = (
    ("z = x^2 y, x = cos t, y = sin t, dz/dt", sp.cos(T) ** 2 * sp.sin(T), T),
    (
        "z = x^2 y + 3xy^4, x = sin 2t, y = cos t; dz/dt",
        sp.sin(2 * T) ** 2 * sp.cos(T) + 3 * sp.sin(2 * T) * sp.cos(T) ** 4,
        T,
    ),
    ("z = e^x sin y, x = s t^2, y = s^2 t, ∂z/∂s", sp.exp(S * T**2) * sp.sin(S**2 * T), S),
    ("z = e^x sin y, x = s t^2, y = s^2 t, dz/dt", sp.exp(S * T**2) * sp.sin(S**2 * T), T),
    ("w = x y z, x = t, y = t^2, z = e^t, find dw/dt", T**3 * sp.exp(T), T),
    ("z = ln(x + y), x = sin t, y = 1/t, dz/dt", sp.log(sp.sin(T) + 1 / T), T),
)


@pytest.mark.parametrize(("typed", "whole", "by"), COMPOSED, ids=[typed for typed, _, _ in COMPOSED])
def test_the_derivative_is_that_of_sympy(typed, whole, by):
    d = cr.explain(typed)
    assert d.route == CHAIN_OF_SEVERAL
    assert d.verified < 1e-8
    for s, t in ((0.7, 1.2), (1.4, 0.6)):
        expected = float(sp.diff(whole, by).subs({S: s, T: t}))
        assert d.result.evaluate(s=s, t=t) == pytest.approx(expected)
        # The sum of shares, with the variables between at their values.
        rule, put_in, *tidied = d.partials[-1].steps
        values = {"s": s, "t": t}
        inner = {str(each.sides[0].name): float(evaluate(each.sides[1], values)) for each in d.given[1:]}
        assert evaluate(rule.after, {**values, **inner}) == pytest.approx(expected)
        assert put_in.rule == PUT_DEFINITIONS_IN
        for step in (put_in, *tidied):
            assert evaluate(step.after, values) == pytest.approx(expected)


def test_the_rule_is_said_with_its_letters():
    said = str(cr.explain(COMPOSED[0][0]))
    assert "dz/dt = ∂z/∂x dx/dt + ∂z/∂y dy/dt" in said
    assert "z, where z = x^2 y, x = cos(t), y = sin(t)" in said
    assert "∂z/∂s = ∂z/∂x ∂x/∂s + ∂z/∂y ∂y/∂s" in str(cr.explain(COMPOSED[2][0]))


@pytest.mark.parametrize("detail", [None, "brief", "full"])
def test_every_way_to_show_it_shows_the_result(detail):
    d = cr.explain(COMPOSED[0][0], detail=detail)
    assert str(d.result) in str(d)
    assert d.result.to_latex() in d.to_latex()
    assert "<math>" in d.to_html()
    assert json.loads(json.dumps(d.to_dict()))["result"] == str(d.result)
    assert set(d.forms) == {"raw", "tidied", "factored", "expanded"}
    assert len(d.hints()) == len(d.steps)


def test_the_value_at_a_point_is_the_engine_s():
    d = cr.explain("z = x^2 y + 3xy^4, x = sin 2t, y = cos t, dz/dt at t = 0")
    assert d.value == pytest.approx(6)


def test_with_one_variable_between_it_is_the_chain_rule():
    assert cr.explain("y = u^2, u = sin x, dy/dx").route != CHAIN_OF_SEVERAL
    assert cr.explain(COMPOSED[0][0], order=2).verified < 1e-8


def test_an_answer_to_it_is_graded_as_one_derivative():
    assert cr.practice.grade(COMPOSED[0][0], "cos(t)(1 - 3 sin(t)^2)").correct
    assert not cr.practice.grade(COMPOSED[0][0], "2xy").correct


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("d/dtheta (1 - cos(theta))", "sin(θ)"),
        ("r = sin(3theta), dr/dtheta", "3 cos(3θ)"),
        ("derivative of sin(omega t) with respect to omega", "t cos(ωt)"),
    ],
)
def test_greek_letters_may_be_spelled_where_a_derivative_is_asked_for(typed, result):
    assert str(cr.explain(typed).result) == result

"""Derivatives end in the form that a textbook prints, and every move on the way is true."""

from __future__ import annotations

import pytest

from chainrule import explain
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.expressions.notation import text

FORMS = (
    ("-ln(e^u/(e^u + e^v))", "u", "-e^v/(e^u + e^v)"),
    ("-y ln p - (1-y) ln(1-p)", "p", "(p - y)/(p(1 - p))"),
    (r"e^{-\frac12\left(\frac{x-m}{s}\right)^2}", "x", "-e^(-(x - m)^2/(2s^2)) (x - m)/s^2"),
    ("Φ((x-m)/s)", "x", "e^(-(x - m)^2/(2s^2))/(s sqrt(2π))"),
    ("arcsin(e^(2x))", "x", "2e^(2x)/sqrt(1 - e^(4x))"),
    ("(x^2+1)/√(x^3)", "x", "(x^2 - 3)/(2x^(5/2))"),
    ("(√x+x)/x^2", "x", "-(3 + 2 sqrt(x))/(2x^(5/2))"),
    ("x^(2/3)(x-5)", "x", "5(x - 2)/(3x^(1/3))"),
    ("cos(arcsin x)", "x", "-x/sqrt(1 - x^2)"),
    ("(x-a)(x-b)", "x", "2x - a - b"),
    ("arctanh(x/2)", "x", "2/(4 - x^2)"),
    ("arctan(x/3)", "x", "3/(x^2 + 9)"),
    ("(2n-1)p^3/6", "p", "p^2 (2n - 1)/2"),
    ("m g l (1 - cos θ)", "theta", "mgl sin(θ)"),
    ("-m g l cos θ", "theta", "mgl sin(θ)"),
    ("nRT/V", "V", "-nRT/V^2"),
    ("-G M m/r", "r", "GMm/r^2"),
    ("x^2 b a", "x", "2abx"),
    ("x^2 k a", "x", "2kax"),
    ("1/(x+√x)", "x", "-(1 + 1/(2 sqrt(x)))/(x + sqrt(x))^2"),
)


@pytest.mark.parametrize(("typed", "wrt", "form"), FORMS)
def test_the_form_is_the_one_of_textbooks(typed, wrt, form):
    assert text(explain(typed, wrt=wrt).result.expression) == form


@pytest.mark.parametrize(("typed", "wrt", "form"), FORMS)
def test_the_moves_are_true(typed, wrt, form):
    derivation = explain(typed, wrt=wrt)
    point = {name: 0.3 + 0.1 * place for place, name in enumerate(derivation.names)}
    point |= {name: -0.7 for name in derivation.names if typed.startswith("arcsin")}
    for step in derivation.steps:
        if step.kind == "algebra" and set(free_symbols(step.before)) <= set(point):
            assert evaluate(step.after, point) == pytest.approx(evaluate(step.before, point)), step.rule


def test_what_stands_below_is_canceled_before_brackets_are_multiplied_out():
    assert "(1 + sin(x))^3" in text(explain("cos(x)/(1+sin(x))^2").result.expression)

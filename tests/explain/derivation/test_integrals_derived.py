"""Integrals are derived by the fundamental theorem, the chain rule and Leibniz's rule: the rules of their record."""

from __future__ import annotations

import pytest

import chainrule as cr
from chainrule.primitives.definite_integral import FUNDAMENTAL, LEIBNIZ

FORMS = [
    ("d/dx int_0^x e^(-t^2) dt", "e^(-x^2)"),
    (r"\frac{d}{dx}\int_0^{x^2} \sin t \, dt", "2x sin(x^2)"),
    ("int_x^1 sqrt(1+t^3) dt", "-sqrt(1 + x^3)"),
    ("int_x^(x^2) sin(t) dt", "2x sin(x^2) - sin(x)"),
    ("d/dx ∫_x^∞ e^(-t^2) dt", "-e^(-x^2)"),
    ("x int_0^x sin(t^2) dt", "int_0^x sin(t^2) dt + x sin(x^2)"),
    ("d^2/dx^2 int_0^x e^(-t^2) dt", "-2x e^(-x^2)"),
    ("d/dx int_0^x e^(x t) dt", "e^(x^2) + int_0^x t e^(xt) dt"),
    ("d/dx int_0^1 x^t dt", "int_0^1 t x^(t - 1) dt"),
    ("d/da int_0^1 ln(1 + a t) dt", "int_0^1 t/(1 + at) dt"),
    ("y = int_0^u cos(t^2) dt, u = sqrt(x)", "cos(x)/(2 sqrt(x))"),
]


@pytest.mark.parametrize(("asked", "form"), FORMS)
def test_the_derivative_is_found_and_checked_by_the_limit(asked, form):
    found = cr.explain(asked)
    assert str(found.result) == form
    assert found.verified < 1e-7


def test_steps_name_the_rules_of_the_record():
    shown = str(cr.explain("d/dx int_0^(x^2) sin(t) dt"))
    assert "chain rule" in shown
    assert f"d/du (int_0^u sin(t) dt) = sin(u)  ({FUNDAMENTAL})" in shown
    (step,) = cr.explain("int_0^x sin(t) dt").steps
    assert step.rule == FUNDAMENTAL
    assert str(step.general) == "d/dx (int_a^x sin(t) dt) = sin(x)"
    under = cr.explain("int_0^1 e^(x t) dt").steps[0]
    assert under.rule == LEIBNIZ


def test_powers_meet_in_arguments():
    assert str(cr.explain("sin(x x)").result) == "2x cos(x^2)"


def test_an_answer_to_an_integral_is_graded():
    assert cr.practice.grade("int_0^(x^2) sin(t) dt", "2x sin(x^2)").correct
    assert not cr.practice.grade("int_0^(x^2) sin(t) dt", "sin(x^2)").correct


def test_sympy_gets_the_integral():
    assert str(cr.explain("x int_0^x sin(t^2) dt").result.to_sympy()) == "x*sin(x**2) + Integral(sin(t**2), (t, 0, x))"


def test_all_ways_to_show_it_have_the_sign():
    found = cr.explain("x int_0^x sin(t^2) dt")
    assert r"\int_{0}^{x}" in found.to_latex()
    assert "∫" in found.to_html()
    assert found.to_dict()["result"]

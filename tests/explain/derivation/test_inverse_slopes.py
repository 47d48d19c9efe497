"""Derivatives of inverse functions: they are SymPy's, the point is exact where it can be, every way to ask is understood."""

from __future__ import annotations

import json

import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import GradientError, NotDifferentiableError, ParseError
from chainrule.explain.derivation import inverse
from chainrule.explain.derivation.structure import INVERSE, INVERSE_RULE
from chainrule.explain.expressions.symbolic import to_sympy
from chainrule.explain.reading.parse import parse

X = sp.Symbol("x")
ASKED = (
    ("(f^{-1})'(2) where f(x) = x^3 + x", X**3 + X, 1),
    ("derivative of the inverse of x^3 + x at 2", X**3 + X, 1),
    ("Let f(x) = x^3 + x. Find (f^-1)'(2)", X**3 + X, 1),
    ("(f⁻¹)'(1/2) if f(x) = sin x", sp.sin(X), sp.pi / 6),
    ("find (f^{-1})'(0) for f(x) = x^5 + 3x - 4", X**5 + 3 * X - 4, 1),
    ("f(x) = e^x + x, (f^{-1})'(1)", sp.exp(X) + X, 0),
    ("derivative of the inverse of e^x at 3", sp.exp(X), sp.log(3)),
    (r"\left(f^{-1}\right)'(2) where f(x) = x^3 + x", X**3 + X, 1),
    ("(f^{-1})'(sqrt(2)/2) where f(x) = cos x", sp.cos(X), sp.pi / 4),
    ("what is the derivative of the inverse of tan x at x = 1?", sp.tan(X), sp.pi / 4),
    ("slope of the inverse of ln x at 2", sp.log(X), sp.exp(2)),
)


@pytest.mark.parametrize(("typed", "f", "place"), ASKED, ids=[case[0] for case in ASKED])
def test_the_slope_is_one_over_that_of_the_function_exactly(typed, f, place):
    d = cr.explain(typed)
    assert d.route == INVERSE
    wanted = 1 / sp.diff(f, X).subs(X, place)
    assert sp.simplify(d.result.to_sympy() - wanted) == 0
    assert d.value == pytest.approx(float(wanted))
    found, rule, *simplified = d.partials[-1].steps
    assert sp.simplify(to_sympy(found.before) - to_sympy(found.after)) == 0
    assert rule.rule == INVERSE_RULE
    assert sp.simplify(to_sympy(rule.after) - wanted) == 0
    assert all(sp.simplify(to_sympy(step.before) - to_sympy(step.after)) == 0 for step in simplified)


def test_a_point_without_a_simple_form_is_a_decimal():
    d = cr.explain("(f^{-1})'(7) where f(x) = x^3 + x + 1")
    assert "about" in str(d)
    assert d.value == pytest.approx(1 / (3 * 1.634365293**2 + 1), rel=1e-8)


def test_without_a_point_it_is_the_slope_of_the_curve():
    for typed in ("derivative of the inverse of x^3 + x", "(f^{-1})'(x) where f(x) = x^3 + x"):
        assert str(cr.explain(typed).heading) == "dy/dx = 1/(3y^2 + 1)"


def test_the_part_of_the_function_that_is_inverted_is_said():
    notes = cr.explain("(f^{-1})'(4) where f(x) = x^2").notes
    assert any("x = -2" in note and "the part with x = 2" in note for note in notes)


@pytest.mark.parametrize("detail", [None, "brief", "full"])
def test_every_way_to_show_it_shows_the_slope(detail):
    d = cr.explain("(f^{-1})'(2) where f(x) = x^3 + x", detail=detail)
    assert str(d.heading) == "dx/dy = 1/4"
    assert "Result: 1/4" in str(d)
    assert r"\frac{dx}{dy}" in d.to_latex(document=True)
    assert "<math>" in d.to_html()
    assert json.loads(json.dumps(d.to_dict()))["result"] == "1/4"
    assert len(d.hints()) == len(d.steps)
    assert set(d.forms) == {"raw", "tidied", "factored", "expanded"}


def test_a_wrong_slope_is_found_out():
    function = parse("x^3 + x").expression
    inverse.check(function, "x", 2.0, 1.0, 0.25)
    with pytest.raises(GradientError, match=r"has the slope 0\.25"):
        inverse.check(function, "x", 2.0, 1.0, 0.5)


@pytest.mark.parametrize(
    ("typed", "kind", "message"),
    [
        ("(f^{-1})'(0) where f(x) = x^3", NotDifferentiableError, "vertical tangent"),
        ("(f^{-1})'(-1) where f(x) = x^2", ValueError, "no number was found"),
        ("(f^{-1})'(2)", ParseError, "not defined"),
        ("derivative of the inverse of x y at 2", ValueError, "one variable"),
        ("inverse of x^3", ParseError, "the inverse of f is the y"),
        ("(f^{-1})'(2+) where f(x) = x", ParseError, "is no number"),
    ],
)
def test_what_has_no_slope_is_refused_with_the_reason(typed, kind, message):
    with pytest.raises(kind, match=message):
        cr.explain(typed)


@pytest.mark.parametrize(
    ("typed", "result"),
    [("(f^-1)'(1) where f(x) = x^2 + x", "sqrt(5)/5"), ("(f^-1)'(5) where f(x) = x^3", "5^(1/3)/15")],
)
def test_the_point_has_every_exact_form_that_zeros_have(typed, result):
    assert str(cr.explain(typed).result) == result


@pytest.mark.parametrize(
    "typed",
    [
        "derivative of f^{-1} at 2 if f(x) = x^3 + x",
        "d/dx f^-1(x) at x = 2 where f(x) = x^3 + x",
        "f(x) = x^3 + x, find the derivative of f^-1 at x = 2",
        "Let f(x) = x^3 + x. Find the derivative of f^{-1} at 2.",
    ],
)
def test_the_inverse_may_be_named_without_a_prime(typed):
    assert str(cr.explain(typed).result) == "1/4"

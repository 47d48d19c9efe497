"""Curves by a parameter: dy/dx is SymPy's, steps and tangents are right, and what has no slope is said."""

from __future__ import annotations

import math

import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.structure import QUOTIENT_OF_SPEEDS

CURVES = [
    ("x = cos t, y = sin t", "cos(t)", "sin(t)", "-cos(t)/sin(t)"),
    ("x = t^2, y = t^3", "t**2", "t**3", "3t/2"),
    ("x = t - sin t, y = 1 - cos t", "t - sin(t)", "1 - cos(t)", "sin(t)/(1 - cos(t))"),
    ("x(t) = e^t, y(t) = t e^{-t}; dy/dx", "exp(t)", "t*exp(-t)", None),
    ("x = 3 cos^3 t, y = 3 sin^3 t", "3*cos(t)**3", "3*sin(t)**3", "-tan(t)"),
    ("x = t, y = t^2", "t", "t**2", "2t"),
]


@pytest.mark.parametrize(("typed", "across", "up", "printed"), CURVES, ids=[curve[0] for curve in CURVES])
def test_both_derivatives_are_those_of_sympy(typed, across, up, printed):
    first, second = cr.explain(typed), cr.explain(typed, order=2)
    t = sp.Symbol("t")
    x, y = sp.sympify(across), sp.sympify(up)
    slope = sp.diff(y, t) / sp.diff(x, t)
    bend = sp.diff(slope, t) / sp.diff(x, t)
    for at in (0.7, 2.3):
        assert first.result(at) == pytest.approx(float(slope.subs(t, at)))
        assert second.result(at) == pytest.approx(float(bend.subs(t, at)))
    assert printed is None or str(first.result) == printed
    assert max(first.verified, second.verified) < 1e-8


def test_the_steps():
    d = cr.explain("x = cos t, y = sin t")
    assert [step.rule for step in d.steps] == [
        "cosine rule",
        "sine rule",
        QUOTIENT_OF_SPEEDS,
        "move the sign to the front",
    ]
    assert d.steps[2].statement == "dx/dt = -sin(t), dy/dt = cos(t)"
    assert str(d.steps[2].equation) == "dy/dx = cos(t)/(-sin(t))"
    assert [str(one) for one in d.given] == ["x = cos(t)", "y = sin(t)"]
    assert "The tangent is vertical where sin(t) = 0 and cos(t) ≠ 0" in d.notes
    assert len(d.hints()) == len(d.steps)
    assert "where x = cos" in d.to_html()


def test_at_a_value_of_the_parameter():
    d = cr.explain("x = t^2, y = t^3 at t = 2")
    assert d.value == 3
    assert "The point there: x = 4, y = 8" in d.notes
    assert "Tangent there: y = 3x - 4" in d.notes
    assert cr.explain("x = cos t, y = sin t", at=math.pi / 4, order=2).value == pytest.approx(-(2**1.5))


def test_vertical_tangents_and_points_of_rest():
    d = cr.explain("x = cos t, y = sin t", at=0)
    assert d.value is None
    assert d.notes[-1] == "Tangent there: vertical, x = 1; it has no slope"
    d = cr.explain("x = t^2, y = t^3", at=0)
    assert d.value == 0
    assert any("stands still" in note for note in d.notes)
    with pytest.raises(NotDifferentiableError, match="stands still"):
        cr.explain("x = t - sin t, y = 1 - cos t", at=0)


@pytest.mark.parametrize("typed", ["x = |t|, y = t", "x = t, y = |t|", "x = sqrt(t), y = t", "x = 1/t, y = t"])
def test_a_corner_or_an_end_has_no_tangent(typed):
    with pytest.raises(NotDifferentiableError, match="its coordinates have no derivative there"):
        cr.explain(typed, at=0)


def test_a_sign_is_not_said_to_be_zero():
    assert not any("horizontal" in note for note in cr.explain("x = t, y = |t|").notes)


def test_which_coordinate_is_differentiated():
    assert str(cr.explain("x = t^2, y = t^3, dx/dy").heading) == "dx/dy = 2/(3t)"
    assert str(cr.explain("r = t^2, s = t^3, ds/dr").heading) == "ds/dr = 3t/2"
    with pytest.raises(ValueError, match="expected wrt='x'"):
        cr.explain("x = t^2, y = t^3", wrt="t")
    with pytest.raises(NotDifferentiableError, match="vertical line"):
        cr.explain("x = 3, y = t, dy/dx")


@pytest.mark.parametrize("typed", ["x = 2t; y = x^2", "a = 2t, y = a^2"])
def test_a_definition_that_is_used_is_no_coordinate(typed):
    assert str(cr.explain(typed).heading) == "d/dt (2t)^2 = 8t"


def test_a_coordinate_that_is_zero_but_for_rounding_is_said_to_be_zero():
    assert "The point there: x = 3, y = 0" in cr.explain("x = t^2, y = t^3 - 3t at t = sqrt 3").notes

"""Polar curves: which texts ask for the slope of one, and that its slope is the one of textbooks."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.reading.curves import Parametric
from chainrule.explain.reading.problem import parse_question

ASKED = [
    "tangent line to r = 1 + sin θ at θ = π/3",
    "find the slope of the tangent line to the given polar curve r = 1 + sin theta at theta = pi/3",
    "polar curve r = 1 + sin θ at θ = π/3",
    "r = 1 + sin t, dy/dx at t = π/3",
    "dy/dx for the polar curve r = 1 + sin θ at θ = π/3",
]


@pytest.mark.parametrize("typed", ASKED)
def test_the_cardioid_has_the_slope_minus_one_at_a_third_of_pi(typed):
    curve = parse_question(typed)
    assert isinstance(curve, Parametric)
    assert cr.explain(typed, at=None if curve.at else np.pi / 3).value == pytest.approx(-1)


@pytest.mark.parametrize(
    "typed", ["derivative of r = 1 + sin θ", "r = 1 + sin θ, dr/dθ", "r = 1 + sin θ", "tangent to r = t^2 at t = 1"]
)
def test_a_radius_alone_is_a_function(typed):
    assert not isinstance(parse_question(typed), Parametric)


def test_the_second_derivative_and_what_is_said_of_the_coordinates():
    d = cr.explain("r = 2 sin θ, d^2y/dx^2")
    at = 0.4  # a circle, x^2 + (y - 1)^2 = 1, whose second derivative is -1/(y - 1)^3
    assert d.result(at) == pytest.approx(-1 / (2 * np.sin(at) ** 2 - 1) ** 3)
    assert "In polar coordinates x = r cos(θ) and y = r sin(θ), with r = 2 sin(θ)" in d.notes

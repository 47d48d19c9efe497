"""Integrals between two limits have the value of the antiderivative, and derivatives by both limits and by parameters."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.expressions.expression import Apply
from chainrule.explain.expressions.integrals import integral
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.parse import parse


def test_the_value_is_the_difference_of_antiderivatives():
    f = cr.explain("int_x^(2x) cos(t) dt").function
    assert f(0.7) == pytest.approx(math.sin(1.4) - math.sin(0.7), rel=1e-12)
    assert cr.explain("int_x^∞ e^(-t) dt").function(1.5) == pytest.approx(math.exp(-1.5), rel=1e-10)


def test_what_does_not_exist_is_not_a_number():
    assert math.isnan(cr.explain("int_0^x 1/t dt").function(1.0))
    assert math.isnan(cr.explain("int_0^x 1/t^2 dt").function(1.0))


def test_gradients_of_every_order_and_kind_agree():
    f = cr.explain("int_0^(x^2) sin(t) dt").function
    assert cr.grad(f)(1.3) == pytest.approx(2.6 * math.sin(1.69))
    assert cr.derivative(f, order=2)(1.3) == pytest.approx(2 * math.sin(1.69) + 4 * 1.69 * math.cos(1.69))
    assert cr.jit(cr.grad(f))(1.3) == pytest.approx(cr.grad(f)(1.3))
    points = np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(cr.vmap(cr.grad(f))(points), 2 * points * np.sin(points**2))
    cr.check_grad(f, 0.8)


def test_both_modes_agree_for_limits_and_parameters():
    f = cr.explain("int_x^y e^(a t) dt", wrt=["x", "y", "a"]).function
    point, tangents = (0.2, 1.1, 0.6), (0.3, -0.4, 0.5)
    _, forward = cr.jvp(f, point, tangents)
    backward = cr.grad(f, argnums=(0, 1, 2))(*point)
    assert forward == pytest.approx(sum(slope * tangent for slope, tangent in zip(backward, tangents, strict=True)))
    exact = ((1.1 * math.exp(0.66) - 0.2 * math.exp(0.12)) * 0.6 - math.exp(0.66) + math.exp(0.12)) / 0.36
    assert backward[2] == pytest.approx(exact)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_equal_integrals_are_one_and_copies_too(copied):
    expression = parse("x int_0^x sin(t^2) dt").expression
    assert parse("x int_0^x sin(t^2) dt").expression == expression
    assert copied(expression) == expression


def test_the_variable_of_integration_gives_way_to_an_equal_name_outside():
    expression = integral(parse("e^(a t)").expression, "t", 0, 1)
    assert isinstance(expression, Apply)
    moved = Apply(expression.primitive, (*expression.operands[:2], parse("t").expression))
    assert text(moved) == "int_0^1 e^(ts) ds"

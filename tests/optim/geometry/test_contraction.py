"""Proves that the maps read off from methods are those of the textbooks, and that step counts are those of real descents."""

from __future__ import annotations

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import GradientDescent, Momentum, Nesterov
from chainrule.optim.geometry.contraction import radius, step_matrices, steps_until

PRODUCTS = np.array([0.01, 0.5, 1.0, 1.9, 3.0])


def test_the_maps_have_the_characteristic_polynomials_of_the_textbooks():
    assert step_matrices(GradientDescent(0.3), PRODUCTS).ravel() == pytest.approx(1 - PRODUCTS)
    for product, found in zip(PRODUCTS, step_matrices(Momentum(0.3, momentum=0.8), PRODUCTS), strict=True):
        # z² - (1 + β - p) z + β
        assert (np.trace(found), np.linalg.det(found)) == (pytest.approx(1.8 - product), pytest.approx(0.8))
    for product, found in zip(PRODUCTS, step_matrices(Nesterov(0.3, momentum=0.8), PRODUCTS), strict=True):
        # z² - (1 + β) (1 - p) z + β (1 - p)
        assert np.trace(found) == pytest.approx(1.8 * (1 - product))
        assert np.linalg.det(found) == pytest.approx(0.8 * (1 - product))


@pytest.mark.parametrize("method", [GradientDescent(1.0), Momentum(1.0, momentum=0.9), Nesterov(1.0, momentum=0.5)])
def test_the_radius_is_the_pace_of_a_long_descent(method):
    x, memory, count = 1.0, method.init(1.0), 400
    sizes = []
    for _ in range(2 * count):
        x, memory = method.update(0.05 * x, memory, x)
        sizes.append(abs(x))
    pace = (max(sizes[-40:]) / max(sizes[count - 40 : count])) ** (1 / count)
    assert pace == pytest.approx(float(radius(method, [0.05])[0]), rel=1e-2)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("tol", [1e-3, 1e-8])
def test_steps_of_gradient_descent_are_those_that_it_takes(rate, tol):
    found = cr.minimize(lambda x: x**2, 5.0, GradientDescent(rate), 10_000, tol)
    assert steps_until(GradientDescent(1.0), [2 * rate], [10.0], tol) == found.nit


@pytest.mark.parametrize("make", [Momentum, Nesterov])
def test_steps_with_momentum_are_those_that_it_takes(make):
    curvatures = np.array([1.0, 10.0, 30.0])
    method = make(0.02, momentum=0.8)
    found = cr.minimize(lambda x: np.sum(curvatures * x**2) / 2, np.ones(3), method, 10_000, 1e-8)
    assert found.success
    assert steps_until(method, 0.02 * curvatures, curvatures, 1e-8) == found.nit


def test_steps_at_the_ends():
    assert steps_until(GradientDescent(1.0), [0.5], [0.0], 1e-8) == 0
    assert steps_until(GradientDescent(1.0), [1.0], [5.0], 1e-8) == 1
    assert steps_until(GradientDescent(1.0), [2.0], [5.0], 1e-8) == math.inf
    assert steps_until(GradientDescent(1.0), [2.5], [5.0], 1e-8) == math.inf
    assert steps_until(GradientDescent(1.0), [0.0], [5.0], 1e-8) == math.inf
    assert steps_until(GradientDescent(1.0), [1e-15], [5.0], 1e-8) == math.inf
    assert steps_until(GradientDescent(1.0), [0.0, 1.0], [0.0, 5.0], 1e-8) == 1  # the first one does not move

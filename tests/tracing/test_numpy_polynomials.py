"""np.polynomial with traced values: one or several polynomials at many points have NumPy's values and shapes, and derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre, polynomial

import chainrule as cr

X = np.array([0.3, 0.7, -0.2])
EVALUATIONS = (
    polynomial.polyval, chebyshev.chebval, legendre.legval, hermite.hermval, hermite_e.hermeval, laguerre.lagval,
)  # fmt: skip


@pytest.mark.parametrize("evaluate", EVALUATIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "coefficients", [np.arange(4.0), np.arange(12.0).reshape(4, 3), np.arange(8.0).reshape(2, 2, 2)]
)
def test_each_polynomial_is_evaluated_at_each_point(evaluate, coefficients):
    for points in (X, X[:2, None] * X, 0.4):
        expected = evaluate(points, coefficients)
        value, _ = cr.vjp(evaluate, points, coefficients)
        compiled = cr.jit(evaluate)
        compiled(points, coefficients)
        for result in (value, compiled(points, coefficients)):
            np.testing.assert_allclose(result, expected, rtol=1e-13)
            assert np.shape(result) == np.shape(expected)
        cr.check_grad(evaluate, points, coefficients)


def test_grids():
    coefficients = np.arange(12.0).reshape(4, 3)
    expected = chebyshev.chebgrid2d(X, X[:2], coefficients)
    value, _ = cr.vjp(chebyshev.chebgrid2d, X, X[:2], coefficients)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    cr.check_grad(chebyshev.chebgrid2d, X, X[:2], coefficients)


def test_the_polynomials_of_a_class():
    cr.check_grad(lambda x, c: np.polynomial.Chebyshev(c, domain=[-2, 2])(x), X, np.arange(1.0, 4.0))

"""np.polynomial with traced values: one or several polynomials at many points have NumPy's values and shapes, and derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre, polynomial

import chainrule as cr
from chainrule.errors import ShapeError

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


@pytest.mark.parametrize(
    "options", [{"full": True}, {"cov": True}, {"cov": "unscaled"}, {"cov": True, "w": X[0] + np.arange(6.0)}]
)
@pytest.mark.parametrize("columns", [(), (2,)])
def test_how_well_a_polynomial_fits(options, columns):
    points = np.linspace(-1, 2, 6)
    y = np.random.default_rng(5).normal(size=(6, *columns))

    def fit(points, y):
        return np.polyfit(points, y, 2, **options)

    value, _ = cr.vjp(lambda points, y: fit(points, y)[:2], points, y)
    for ours, numpys in zip(value, fit(points, y), strict=False):
        np.testing.assert_allclose(ours, numpys, rtol=1e-10)
        assert np.shape(ours) == np.shape(numpys)
    cr.check_grad(lambda points, y: fit(points, y)[1], points, y)
    fast = cr.jit(cr.grad(lambda y: np.sum(fit(points, y)[1])))
    for scale in (1.0, 2.0, 3.0):
        expected = cr.grad(lambda y: np.sum(fit(points, y)[1]))(scale * y)
        np.testing.assert_allclose(fast(scale * y), expected, rtol=1e-9, atol=1e-12)


def test_a_fit_takes_its_tolerance():
    points = np.array([1.0, 1.0 + 1e-4, 1.0 - 1e-4, 1.0 + 2e-4])
    y = np.array([1.0, 2.0, 3.0, 2.5])

    def fit(y):
        return np.polyfit(points, y, 1, rcond=0.01, full=True)[0]

    np.testing.assert_allclose(cr.vjp(fit, y)[0], fit(y), rtol=1e-9)


def test_covariances_of_too_few_points_are_refused():
    with pytest.raises(ShapeError, match="unscaled"):
        cr.grad(lambda y: np.sum(np.polyfit(np.arange(3.0), y, 2, cov=True)[1]))(np.arange(3.0))


@pytest.mark.parametrize("a", [[0.0, 0.0, 2.0], [1.0, 0.0, 2.0], [0.0, 0.0], [0.0], 3.0], ids=str)
def test_products_leave_out_leading_zeros(a):
    a, b = np.asarray(a)[()], np.array([0.0, 1.0, -0.5])
    compiled = cr.jit(np.polymul)
    for first in (np.ones(np.shape(a)), np.ones(np.shape(a)), a, a):  # other zeros are another path
        compiled(first, b)
    for ours in (cr.vjp(np.polymul, a, b)[0], compiled(a, b)):
        np.testing.assert_array_equal(ours, np.polymul(a, b))

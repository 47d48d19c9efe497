"""The derivatives of distribution functions by their shapes agree with mpmath's, in the tails and near 0 too, to second order."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy
import scipy.special

import chainrule as cr

SHAPES = (1e-6, 0.05, 1.0, 3.3, 150.0)
WHERE = (1e-8, 0.3, 0.999, 1.2, 6.0)


def quotient(function, x, h):
    """The central difference quotient with so many digits that only the second order of `h` is left."""
    return (function(x + h) - function(x - h)) / (2 * h)


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("ratio", WHERE)
def test_of_the_gamma_distribution(a, ratio):
    x = max(a, 1.0) * ratio
    with mpmath.workdps(40):
        ends = (0, x) if x < a + 1 else (x, mpmath.inf)
        expected = quotient(
            lambda a: mpmath.gammainc(a, *ends, regularized=True), mpmath.mpf(a), a * mpmath.mpf("1e-14")
        )
    sign = 1 if x < a + 1 else -1
    slope = cr.grad(scipy.special.gammainc)(a, x)
    np.testing.assert_allclose(slope, sign * float(expected), rtol=2e-12)
    assert cr.grad(scipy.special.gammaincc)(a, x) == -slope


@pytest.mark.parametrize(("a", "b"), [(1e-4, 0.5), (0.3, 60.0), (1.0, 1.0), (7.5, 2.0), (400.0, 60.0)])
@pytest.mark.parametrize("x", [1e-12, 0.3, 0.9])
def test_of_the_beta_distribution(a, b, x):
    below = x < (a + 1) / (a + b + 2)
    with mpmath.workdps(60):
        ends, point = ((0, x) if below else (x, 1)), (mpmath.mpf(a), mpmath.mpf(b))
        by_a = quotient(
            lambda a: mpmath.betainc(a, point[1], *ends, regularized=True), point[0], a * mpmath.mpf("1e-14")
        )
        by_b = quotient(
            lambda b: mpmath.betainc(point[0], b, *ends, regularized=True), point[1], b * mpmath.mpf("1e-14")
        )
    expected = (1 if below else -1) * np.array([by_a, by_b], float)
    np.testing.assert_allclose(cr.grad(scipy.special.betainc, (0, 1))(a, b, x), expected, rtol=1e-10, atol=1e-40)


PROGRAMS = {
    "gammainc": (lambda s: scipy.special.gammainc(s[0], s[1]), (1.7, 2.2)),
    "gammaincinv": (lambda s: scipy.special.gammaincinv(s[0], 0.3), (1.7,)),
    "betainc": (lambda s: scipy.special.betainc(s[0], s[1], s[2]), (1.2, 3.1, 0.4)),
    "betaincinv": (lambda s: scipy.special.betaincinv(s[0], s[1], 0.4), (1.2, 3.1)),
    "stdtr": (lambda s: scipy.special.stdtr(s[0], s[1]), (3.3, -1.2)),
    "stdtrit": (lambda s: scipy.special.stdtrit(s[0], 0.9), (3.3,)),
    "chdtr": (lambda s: scipy.special.chdtr(s[0], s[1]), (3.3, 2.0)),
    "fdtr": (lambda s: scipy.special.fdtr(s[0], s[1], s[2]), (3.3, 6.0, 1.4)),
    "fdtri": (lambda s: scipy.special.fdtri(s[0], s[1], 0.7), (3.3, 6.0)),
    "gdtr": (lambda s: scipy.special.gdtr(s[0], s[1], s[2]), (0.8, 2.5, 1.4)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_and_hessians_agree_with_differences(name):
    function, point = PROGRAMS[name]
    point = np.array(point)
    gradient = cr.grad(function)
    steps = 1e-5 * np.eye(len(point))
    quotients = [(function(point + step) - function(point - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(gradient(point), quotients, rtol=1e-7, atol=1e-8)
    rows = [(gradient(point + step) - gradient(point - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(cr.hessian(function)(point), rows, rtol=1e-6, atol=1e-7)
    compiled = cr.jit(gradient)
    for scale in (1.0, 0.99, 0.98):
        np.testing.assert_allclose(compiled(scale * point), gradient(scale * point), rtol=1e-12)


def test_at_the_ends_and_outside():
    by_shape = cr.grad(lambda a, x: np.sum(scipy.special.gammainc(a, x)))
    slopes = by_shape(np.array([2.0, 2.0, 2.0, -1.0]), np.array([0.0, np.inf, -1.0, 1.0]))
    np.testing.assert_array_equal(slopes, [0, 0, np.nan, np.nan])
    by_shape = cr.grad(lambda a, x: np.sum(scipy.special.betainc(a, 2.0, x)))
    np.testing.assert_array_equal(by_shape(np.full(3, 1.5), np.array([0.0, 1.0, 2.0])), [0, 0, np.nan])
    # Elements of any shape broadcast, none of them is none, and single precision stays what it is.
    grid = cr.grad(lambda a: np.sum(scipy.special.gammainc(a, np.ones((1, 4)))))(np.ones((3, 1), np.float32))
    assert grid.shape == (3, 1)
    assert grid.dtype == np.float32
    assert cr.grad(lambda a: np.sum(scipy.special.gammainc(a, 1.0)))(np.zeros(0)).shape == (0,)


def test_the_explanation_says_what_the_functions_are():
    assert "differentiated n times by a" in str(cr.explain(lambda a: scipy.special.gammainc(a, 1.3)))
    assert "j times by b" in str(cr.explain(lambda b: scipy.special.betainc(2.0, b, 0.3)))

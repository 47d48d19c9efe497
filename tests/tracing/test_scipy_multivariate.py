"""Proves that densities of several variables take traced arrays: values are SciPy's, derivatives those of the limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import Covariance, dirichlet, multinomial, multivariate_normal, multivariate_t
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order

import chainrule as cr

MEAN = np.array([0.3, -0.5, 1.0])
FACTOR = np.array([[1.2, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.1]])
COV = FACTOR @ FACTOR.T
X = np.array([[0.1, 0.2, 0.3], [1.0, -1.0, 2.0]])
P = np.array([0.2, 0.5, 0.3])


def _cov(v: Any) -> Any:
    return v * COV + np.eye(3)


CALLS: dict[str, Callable[[Any], Any]] = {
    "by the points": lambda v: multivariate_normal.logpdf(X * v, MEAN, COV),
    "by the mean": lambda v: multivariate_normal.logpdf(X, MEAN * v, COV),
    "by the covariance": lambda v: multivariate_normal.logpdf(X, MEAN, _cov(v)),
    "by all": lambda v: multivariate_normal.pdf(X * v, MEAN * v, _cov(v)),
    "of one point": lambda v: multivariate_normal.logpdf(X[0] * v, MEAN, COV),
    "of numbers": lambda v: multivariate_normal.logpdf(v * X[:, 0], 0.5, v),
    "without a mean": lambda v: multivariate_normal.logpdf(X, cov=_cov(v)),
    "one variance for all": lambda v: multivariate_normal.logpdf(X, MEAN, v),
    "variances": lambda v: multivariate_normal.logpdf(X, MEAN, v * np.array([1.0, 2.0, 3.0])),
    "a mean for one variance": lambda v: multivariate_normal.logpdf(X * v, MEAN, 2.0),
    "a covariance of SciPy's": lambda v: multivariate_normal.logpdf(
        X * v, MEAN, Covariance.from_diagonal([1.0, 2.0, 3.0])
    ),
    "singular": lambda v: multivariate_normal.logpdf([v, v], None, np.ones((2, 2)), allow_singular=True),
    "frozen": lambda v: multivariate_normal(MEAN, COV).logpdf(v * X) + multivariate_normal(MEAN, COV).pdf(v * X),
    "frozen by traced values": lambda v: multivariate_normal(v * MEAN, _cov(v)).logpdf(X),
    "t": lambda v: multivariate_t.logpdf(X * v, MEAN * v, _cov(v), df=v + 3),
    "dirichlet": lambda v: dirichlet.logpdf(P, v * np.array([1.5, 2.0, 0.7])) + dirichlet.pdf(P, v * np.ones(3)),
    "dirichlet by the point": lambda v: dirichlet.logpdf(P**v / np.sum(P**v), [1.5, 2.0, 0.7]),
    "dirichlet without the last": lambda v: dirichlet.logpdf(v * P[:2], [1.5, 2.0, 0.7]),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_derivatives(name):
    call = CALLS[name]

    def total(v):
        return np.sum(call(v) * np.arange(1.0, 1 + np.size(call(1.3))))

    value = cr.vjp(call, 1.3)[0]
    np.testing.assert_allclose(value, call(1.3), rtol=1e-10)
    assert np.shape(value) == np.shape(call(1.3))
    gradient = cr.grad(total)(1.3)
    h = 1e-5
    np.testing.assert_allclose(gradient, (total(1.3 + h) - total(1.3 - h)) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(cr.jit(cr.grad(total))(1.3), gradient, rtol=1e-9)


def test_the_gradient_by_a_covariance_is_that_of_its_factor():
    def likelihood(factor):
        return np.sum(multivariate_normal.logpdf(X, MEAN, factor @ factor.T))

    cr.check_grad(likelihood, FACTOR)
    cr.check_grad(cr.grad(lambda mean: np.sum(multivariate_normal.logpdf(X, mean, COV) ** 2)), MEAN)


def test_what_scipy_refuses_is_refused():
    with pytest.raises(np.linalg.LinAlgError):
        cr.grad(lambda v: multivariate_normal.logpdf(X, MEAN, -v * COV).sum())(1.0)
    with pytest.raises(cr.NoRuleError, match=r"multivariate_normal\.cdf of a traced"):
        cr.grad(lambda v: multivariate_normal(MEAN, v * COV).cdf(MEAN))(1.0)
    with pytest.raises(cr.ShapeError, match="does not fit a mean of length 3"):
        cr.grad(lambda v: multivariate_normal.logpdf(X, MEAN, v * np.eye(2)).sum())(1.0)
    with pytest.raises(ValueError, match="greater than 0"):
        cr.grad(lambda v: dirichlet.logpdf(P, v * np.ones(3)))(-1.0)
    with pytest.raises(ValueError, match="simplex"):
        cr.grad(lambda v: dirichlet.logpdf(v * P, np.ones(3)))(1.5)


ENTROPIES: dict[str, Callable[[Any], Any]] = {
    "normal": lambda v: multivariate_normal.entropy(np.zeros(2), np.diag(v**2) + 0.1),
    "normal without a mean": lambda v: multivariate_normal.entropy(cov=np.diag(v**2) + 0.1),
    "normal of a number": lambda v: multivariate_normal.entropy(0.0, v[0]) + v[1],
    "normal by its mean": lambda v: multivariate_normal.entropy(v, [[2.0, 0.3], [0.3, 1.0]]) * v[0],
    "frozen normal": lambda v: multivariate_normal(v, np.diag(v**2) + 0.1).entropy(),
    "dirichlet": lambda v: dirichlet.entropy(v) + dirichlet(v).entropy(),
}


@pytest.mark.parametrize("name", ENTROPIES)
def test_entropies(name):
    check_call(ENTROPIES[name], np.array([0.7, 1.4]))


COUNTS = [[3, 2, 4], [1, 1, 1], [9, 0, 0], [-1, 5, 5]]


def test_multinomial_probabilities():
    def logpmf(v):
        return multinomial.logpmf(COUNTS[0], 9, softmax(v))

    v = np.array([0.3, -0.2, 0.5])
    check_call(logpmf, v)
    check_call(lambda v: multinomial.pmf(COUNTS, 9, softmax(v)), v)
    check_call(lambda v: multinomial(9, [0.2, 0.3, 0.5]).pmf(COUNTS) * v[0], v)
    check_batch(logpmf, v)
    check_compiled(logpmf, v)
    check_second_order(logpmf, v)
    np.testing.assert_array_equal(cr.vjp(lambda v: multinomial.logpmf(COUNTS, 9, softmax(v)), v)[0][[1, 3]], -np.inf)
    with pytest.raises(ValueError, match="do not add up to 1"):
        cr.vjp(lambda v: multinomial.logpmf(COUNTS, 9, v), v)

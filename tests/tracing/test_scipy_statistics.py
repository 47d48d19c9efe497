"""Proves that functions of counts and statistics of samples take traced arrays: SciPy's values, the limit's derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import comb, factorial, multigammaln, perm, polygamma
from scipy.stats import entropy, gaussian_kde, gmean, hmean, kurtosis, linregress, pearsonr, sem, skew, zscore
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order

import chainrule as cr

X = np.array([[0.5, 1.7, 2.1], [3.3, 0.25, 0.9], [1.2, 2.6, 0.4], [0.7, 1.1, 3.0]])

CALLS: dict[str, Callable[[Any], Any]] = {
    "factorial": factorial,
    "factorial of a number": lambda x: factorial(x[0, 0]),
    "factorial below zero": lambda x: factorial(x - 1.0),
    "comb": lambda x: comb(x + 4.0, 2.5),
    "comb of the second": lambda x: comb(4, x),
    "comb that is none": lambda x: comb(x, 1.5),
    "comb with repetition": lambda x: comb(x, 2.0, repetition=True),
    "perm": lambda x: perm(x + 4.0, x),
    "polygamma": lambda x: polygamma(1, x),
    "polygamma of orders": lambda x: polygamma([0, 1, 2], x),
    "multigammaln": lambda x: multigammaln(x + 1.0, 3),
    "gmean": gmean,
    "gmean of all": lambda x: gmean(x, axis=None),
    "hmean": lambda x: hmean(x, axis=1),
    "sem": lambda x: sem(x, axis=1, ddof=0),
    "skew": skew,
    "skew without bias": lambda x: skew(x, bias=False),
    "kurtosis": lambda x: kurtosis(x, axis=None),
    "kurtosis without bias": lambda x: kurtosis(x, fisher=False, bias=False),
    "entropy": entropy,
    "entropy in bits": lambda x: entropy(x, base=2, axis=1),
    "relative entropy": lambda x: entropy(x, x[::-1] ** 2),
    "zscore": zscore,
    "zscore of rows": lambda x: zscore(x, axis=1, ddof=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_derivatives(name):
    call = CALLS[name]
    wanted = call(X)
    value = cr.vjp(call, X)[0]
    np.testing.assert_allclose(value, wanted, rtol=1e-12)
    assert np.shape(value) == np.shape(wanted)

    def total(x):
        return np.sum(call(x) * np.cos(np.arange(np.size(wanted))).reshape(np.shape(wanted)))

    gradient = cr.grad(total)(X)
    direction = np.random.default_rng(1).normal(size=X.shape)
    h = 1e-6
    slope = (total(X + h * direction) - total(X - h * direction)) / (2 * h)
    np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(cr.jit(cr.grad(total))(X), gradient, rtol=1e-9, atol=1e-12)


def test_what_is_not_taken_is_refused():
    for call in (
        lambda x: factorial(x, exact=True),
        lambda x: polygamma(x, 1.0),
    ):
        with pytest.raises((cr.ChainruleError, ValueError, TypeError)):
            cr.grad(lambda x, call=call: np.sum(call(x)))(X)
    with pytest.raises(ValueError, match="is not met"):
        cr.grad(lambda a: multigammaln(a, 5))(1.0)


SAMPLE = np.array([0.5, -1.0, 2.0, 0.3, -0.7, 1.1])
OTHER = np.array([0.2, -0.6, 1.0, 0.9, -0.1, 0.4])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: pearsonr(x, OTHER)[0],
        lambda x: pearsonr(OTHER, x).pvalue,
        lambda x: np.stack(linregress(x, OTHER)),
        lambda x: linregress(OTHER, x).slope + linregress(OTHER, x).intercept_stderr,
        lambda x: pearsonr(x[:3], [1.0, 2.0, 4.0]).statistic,
    ],
)
def test_correlation_and_regression(call):
    check_call(call, SAMPLE)
    check_batch(call, SAMPLE)
    check_second_order(call, SAMPLE)


def test_small_probabilities_of_a_correlation():
    x = np.arange(30.0) + 0.1 * np.cos(np.arange(30))
    found = cr.vjp(lambda x: pearsonr(x, np.arange(30.0)).pvalue, x)[0]
    np.testing.assert_allclose(found, pearsonr(x, np.arange(30.0)).pvalue, rtol=1e-6)


def test_densities_by_kernels():
    line = gaussian_kde(SAMPLE)
    plane = gaussian_kde(np.stack([SAMPLE, OTHER**2]), weights=np.arange(1.0, 7.0))
    for call in (
        line,
        line.logpdf,
        line.pdf,
        lambda x: line(x[0]),
        lambda x: plane(np.reshape(x, (2, 3))),
        lambda x: plane(x[:2]),
    ):
        check_call(call, OTHER)
    check_batch(line, OTHER)
    check_compiled(line.logpdf, OTHER)
    check_second_order(line, OTHER)
    with pytest.raises(ValueError, match="points have dimension 1, dataset has dimension 2"):
        cr.vjp(plane, OTHER)

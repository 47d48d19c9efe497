"""Quantiles without NaN: values are NumPy's by every method, with rows of any count, and gradients reach the right elements."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NoRuleError

METHODS = (
    "linear", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased", "lower", "higher",
    "nearest", "midpoint",
)  # fmt: skip


def rows() -> np.ndarray:
    x = np.random.default_rng(3).normal(size=(4, 6))
    x[0, 1] = x[0, 3] = x[1, 1:] = x[3] = np.nan
    return x


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("axis", [None, 0, -1, (1, 0)])
@pytest.mark.parametrize("q", [0.3, [0.0, 0.25, 0.5, 1.0], [[0.1, 0.9]]])
def test_every_method_gives_numpys_value(method, axis, q):
    x = rows()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of the row that is all NaN
        for keepdims in (False, True):
            expected = np.nanquantile(x, q, axis=axis, method=method, keepdims=keepdims)
            value, _ = cr.vjp(lambda x, k=keepdims: np.nanquantile(x, q, axis=axis, method=method, keepdims=k), x)
            np.testing.assert_allclose(value, expected, rtol=1e-13)
            assert np.shape(value) == np.shape(expected)


def test_the_gradient_reaches_the_two_neighbors_and_no_nan():
    x = np.array([4.0, np.nan, 1.0, 2.0, np.nan])
    slope = cr.grad(lambda x: np.nanquantile(x, 0.25))(x)  # halfway between 1 and 2
    np.testing.assert_allclose(slope, [0.0, 0.0, 0.5, 0.5, 0.0])


def test_compiled_code_follows_the_count_of_each_call():
    fast = cr.jit(cr.value_and_grad(lambda x: np.nanpercentile(x, 30)))
    for missing in (0, 1, 3, 2, 0):
        x = np.array([4.0, 3.0, 1.0, 2.0, 7.0])
        x[:missing] = np.nan
        value, slope = fast(x)
        assert value == pytest.approx(np.nanpercentile(x, 30))
        assert np.sum(slope) == pytest.approx(1.0)


def test_a_method_without_a_rule_is_refused():
    with pytest.raises(NoRuleError, match=r"closest_observation.*these have one: 'linear'"):
        cr.grad(lambda x: np.nanquantile(x, 0.3, method="closest_observation"))(rows()[0])

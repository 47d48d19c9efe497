"""Quantiles without NaN: values are NumPy's by every method, with rows of any count, and gradients reach the right elements."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NoRuleError, ShapeError

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
@pytest.mark.parametrize("q", [0.3, [0.0, 0.25, 1 / 3, 0.5, 1.0], [[0.1, 0.9]]])
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


@pytest.mark.parametrize("method", METHODS)
def test_which_quantile_it_is_may_be_differentiated(method):
    x = np.array([4.0, 0.5, 1.0, 2.5])
    # At 0.625 Hazen's is an element: it moves to the next.
    for q in (0.3, 0.625, np.array([[0.21, 0.9]])):
        value, slope = cr.jvp(lambda q: np.quantile(x, q, method=method), (q,), (np.ones(np.shape(q))[()],))
        np.testing.assert_allclose(value, np.quantile(x, q, method=method), rtol=1e-13)
        limit = (np.quantile(x, q + 1e-6, method=method) - np.quantile(x, q, method=method)) / 1e-6
        np.testing.assert_allclose(slope, limit, rtol=1e-6, atol=1e-6)


def test_an_element_moves_to_the_next_and_the_last_one_from_the_one_before():
    slope = cr.jvp(lambda q: np.quantile([4.0, 0.5, 1.0, 2.5, 5.0], q), (np.array([0.0, 0.5, 1.0]),), (np.ones(3),))[1]
    np.testing.assert_allclose(slope, [2.0, 6.0, 4.0])
    assert cr.grad(lambda q: np.quantile([4.0], q))(0.5) == 0.0
    assert cr.value_and_grad(lambda q: np.quantile([0.0, 1.0, np.inf], q))(0.5)[0] == 1.0


def test_a_quantile_of_rows_with_nan_is_nan_whichever_it_is():
    value, slope = cr.value_and_grad(lambda q: np.quantile(rows(), q))(0.3)
    assert np.isnan(value)
    assert np.isnan(slope)
    value, slope = cr.value_and_grad(lambda q: np.nanpercentile([1.0, np.nan, 3.0, 4.0], q))(25.0)
    np.testing.assert_allclose((value, slope), (2.0, 0.04))


@pytest.mark.parametrize("wanted", [-0.1, 1.5, np.nan])
def test_quantiles_outside_of_0_and_1_are_refused(wanted):
    with pytest.raises(ShapeError, match="lie between 0 and 1"):
        cr.grad(lambda q: np.quantile(np.arange(4.0), q))(wanted)
    with pytest.raises(ShapeError, match="lie between 0 and 1"):
        cr.grad(lambda x: np.quantile(x, wanted))(np.arange(4.0))


WEIGHTS = np.array([1.0, 0.0, 2.5, 1.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("name", "axis"),
    # NumPy 2.4 itself fails along an axis where there is NaN.
    [
        *((name, axis) for name in ("quantile", "percentile") for axis in (None, 0, -1)),
        ("nanquantile", None),
        ("nanpercentile", None),
    ],
)
@pytest.mark.parametrize("q", [0.3, [0.0, 0.25, 0.5, 1.0], [[0.1, 0.9]]])
def test_weighted_quantiles_are_numpys(name, axis, q):
    function, x = getattr(np, name), rows()[:3]
    q = np.multiply(q, 100) if "percentile" in name else q
    spread = np.random.default_rng(4).integers(0, 4, size=x.shape) + 0.5
    weights = {None: [spread], 0: [spread, WEIGHTS[2:5]], -1: [spread, WEIGHTS]}[axis]
    for each in weights:
        for keepdims in (False, True):
            options = {"axis": axis, "weights": each, "method": "inverted_cdf", "keepdims": keepdims}
            value, _ = cr.vjp(lambda x, options=options: function(x, q, **options), x)
            np.testing.assert_array_equal(value, function(x, q, **options))


def test_weighted_quantiles_without_nan_are_those_of_each_row():
    x = rows()[:3]
    value, _ = cr.vjp(lambda x: np.nanquantile(x, [0.2, 1.0], axis=1, weights=WEIGHTS, method="inverted_cdf"), x)
    kept = [(row[~np.isnan(row)], WEIGHTS[~np.isnan(row)]) for row in x]
    expected = [np.quantile(row, [0.2, 1.0], weights=each, method="inverted_cdf") for row, each in kept]
    np.testing.assert_array_equal(value, np.transpose(expected))


def test_the_gradient_of_a_weighted_quantile_is_of_one_element():
    x = np.array([4.0, 1.0, 3.0, 2.0, 7.0, 5.0])

    def weighted(x, w):
        return np.quantile(x, 0.5, weights=w, method="inverted_cdf")

    slopes = cr.grad(weighted, (0, 1))(x, WEIGHTS)
    np.testing.assert_array_equal(slopes, [[0, 0, 1, 0, 0, 0], np.zeros(6)])
    fast = cr.jit(cr.value_and_grad(weighted))
    for heavy in range(6):
        weights = WEIGHTS + 20 * (np.arange(6) == heavy)
        value, slope = fast(x, weights)
        assert value == x[heavy]
        assert np.argmax(slope) == heavy


def test_weights_that_numpy_refuses_are_refused():
    x = np.arange(4.0)
    with pytest.raises(ValueError, match="inverted_cdf"):
        cr.grad(lambda x: np.quantile(x, 0.3, weights=np.ones(4)))(x)
    with pytest.raises(ValueError, match="non-negative"):
        cr.grad(lambda x: np.quantile(x, 0.3, weights=-np.ones(4), method="inverted_cdf"))(x)
    with pytest.raises(ShapeError, match="weights="):
        cr.grad(lambda x: np.quantile(x, 0.3, weights=np.ones(3), method="inverted_cdf"))(x)

"""Proves that filters of scipy.ndimage take traced arrays: SciPy's values, and derivatives that are the limit's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as nd
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order

import chainrule as cr

X = np.array([0.5, -1.0, 2.0, 0.3, -0.7])
M = np.array([[0.4, 1.0, -0.3, 0.8], [2.0, -0.5, 0.7, 0.1], [1.5, 0.2, -1.2, 0.6]])
EVEN, ODD = [0.2, 0.5, 0.1, -0.3], [0.3, -0.1, 0.6]
KERNEL = np.arange(6.0).reshape(2, 3) - 1.5
MODES = ("reflect", "mirror", "nearest", "wrap", "constant")

CALLS = {
    "correlate1d": lambda x, mode: nd.correlate1d(x, EVEN, mode=mode, cval=0.5),
    "correlate1d with an origin": lambda x, mode: nd.correlate1d(x, ODD, axis=0, mode=mode, origin=1),
    "convolve1d": lambda x, mode: nd.convolve1d(x, EVEN, mode=mode),
    "convolve1d with an origin": lambda x, mode: nd.convolve1d(x, EVEN, mode=mode, origin=1),
    "gaussian_filter1d": lambda x, mode: nd.gaussian_filter1d(x, 1.3, axis=0, mode=mode, cval=0.5),
    "gaussian_filter": lambda x, mode: nd.gaussian_filter(x, 0.8, mode=mode),
    "derivative of a gaussian": lambda x, mode: nd.gaussian_filter(x, 1.0, order=1, mode=mode, truncate=2.0),
    "uniform_filter": lambda x, mode: nd.uniform_filter(x, 3, mode=mode),
    "uniform_filter1d": lambda x, mode: nd.uniform_filter1d(x, 4, mode=mode, origin=-1),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CALLS)
def test_values_and_derivatives(name, mode):
    for operand in (X, M):
        check_call(lambda x: CALLS[name](x, mode), operand)


@pytest.mark.parametrize("mode", MODES)
def test_filters_of_several_axes(mode):
    check_call(lambda x: nd.correlate(x, KERNEL, mode=mode, origin=(0, 1)), M)
    check_call(lambda x: nd.convolve(x, KERNEL, mode=mode, cval=1.0), M)
    check_call(lambda x: nd.convolve(x, KERNEL, mode=mode, origin=(0, -1)), M)
    check_call(lambda x: nd.gaussian_filter(x, [1.0, 0.5], order=(0, 1), mode=mode, axes=(0, 1)), M)


def test_by_the_weights():
    check_call(lambda w: nd.convolve(M, w), KERNEL)
    check_call(lambda w: nd.correlate1d(M, w, axis=0), np.array(ODD))


def test_all_that_derivatives_can_do():
    check_compiled(lambda x: CALLS["gaussian_filter1d"](x, "reflect"), M)
    for name in CALLS:
        check_batch(lambda x, name=name: CALLS[name](x, "nearest"), M)
    check_second_order(lambda x: nd.gaussian_filter(x, 0.8) ** 3, M)


def test_types():
    x = X.astype(np.float32)
    assert cr.vjp(lambda x: nd.gaussian_filter1d(x, 1.0), x)[0].dtype == np.float32
    with pytest.raises(cr.NoRuleError, match=r"an image of int64 .* image\.astype\(float\)"):
        cr.grad(lambda w: nd.convolve1d(np.arange(5), w).sum())(np.array(ODD))


def test_what_is_left_to_scipy_is_refused_by_name():
    with pytest.raises(cr.ChainruleError, match=r"scipy\.ndimage"):
        cr.grad(lambda s: np.sum(nd.gaussian_filter1d(X, s)))(1.0)
    with pytest.raises(cr.ChainruleError, match=r"scipy\.ndimage"):
        cr.vjp(lambda x: nd.correlate1d(x, np.array([1.0, 2j])), X)
    with pytest.raises(ValueError, match="Invalid origin"):
        cr.vjp(lambda x: nd.correlate1d(x, ODD, origin=2), X)

"""Proves that scipy.fft, scipy.signal and scipy.spatial.distance take traced arrays: SciPy's values, the limit's derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from scipy.fft import dct, fft, irfft
from scipy.signal import correlate, fftconvolve, lfilter
from scipy.spatial.distance import cdist, pdist, squareform

import chainrule as cr

X = np.array([0.5, -1.0, 2.0, 0.3, -0.7, 1.1])
Z = X + 1j * X[::-1]
M = np.array([[0.4, 1.0, -0.3, 0.8], [2.0, -0.5, 0.7, 0.1], [1.5, 0.2, -1.2, 0.6]])
K = np.array([[0.3, -0.2], [0.5, 1.0]])
H = np.array([0.25, 0.5, -0.3])

CALLS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "fft": (fft, X),
    "fft of a size": (lambda x: scipy.fft.fft(x, n=8, norm="ortho"), X),
    "fft along an axis": (lambda x: fft(x, axis=0), M),
    "ifft": (lambda x: scipy.fft.ifft(x, 4), X),
    "rfft": (scipy.fft.rfft, X),
    "irfft": (lambda x: irfft(x, 7), X),
    "hfft": (lambda x: scipy.fft.hfft(x), X),
    "fft2": (scipy.fft.fft2, M),
    "fftn": (lambda x: scipy.fft.fftn(x, s=(4, 4)), M),
    "irfftn": (lambda x: scipy.fft.irfftn(x, axes=(0, 1)), M),
    "fftshift": (scipy.fft.fftshift, M),
    "ifftshift": (lambda x: scipy.fft.ifftshift(x, axes=0), M),
    "of a list": (lambda x: fft([x[0], 1.0, x[2]]), X),
    **{f"dct {kind}": (lambda x, kind=kind: dct(x, kind), X) for kind in (1, 2, 3, 4)},
    **{f"dst {kind}": (lambda x, kind=kind: scipy.fft.dst(x, kind, norm="ortho"), X) for kind in (1, 2, 3, 4)},
    "idct of a size": (lambda x: scipy.fft.idct(x, n=9), X),
    "idst along an axis": (lambda x: scipy.fft.idst(x, axis=0), M),
    "dctn": (lambda x: scipy.fft.dctn(x, norm="ortho"), M),
    "idctn": (lambda x: scipy.fft.idctn(x, s=[5], axes=[0]), M),
    **{
        f"convolve {mode}": (lambda x, mode=mode: scipy.signal.convolve(x, H, mode), X)
        for mode in ("full", "same", "valid")
    },
    "convolve the longer": (lambda x: scipy.signal.convolve(H, x, "valid"), X),
    "convolve the longer, same": (lambda x: scipy.signal.convolve(H, x, "same"), X),
    **{
        f"2d {mode}": (lambda x, mode=mode: scipy.signal.convolve2d(x, K, mode), M)
        for mode in ("full", "same", "valid")
    },
    "correlate2d": (lambda x: scipy.signal.correlate2d(x, K, "valid"), M),
    **{f"correlate {mode}": (lambda x, mode=mode: correlate(x, H, mode), X) for mode in ("full", "same", "valid")},
    "correlate the longer": (lambda x: correlate(H, x, "valid"), X),
    "correlate by the second": (lambda x: correlate(H, x, "full"), X),
    "correlate arrays": (lambda x: correlate(M, x, "same", "direct"), M[:2, :2]),
    "fftconvolve": (lambda x: fftconvolve(x, K), M),
    "fftconvolve along an axis": (lambda x: fftconvolve(x, M[:, :2], "same", axes=1), M),
    "oaconvolve": (lambda x: scipy.signal.oaconvolve(x, H, "same"), X),
    "hilbert": (scipy.signal.hilbert, X),  # which is written in terms of scipy.fft
    "lfilter": (lambda x: lfilter([1.0, 0.3], [2.0, -0.5, 0.1], x), X),
    "lfilter along an axis": (lambda x: lfilter([1.0, 0.3], [1.0, -0.5], x, axis=0), M),
    "lfilter without feedback": (lambda x: lfilter(x[:2], 1.0, X), X),
    "lfilter by its coefficients": (lambda x: lfilter(x[:2], x[2:5], X), X),
    "lfilter of columns by its coefficients": (lambda x: lfilter(x[:2], x[2:4], M, axis=0), X),
    **{
        f"cdist {metric}": (lambda x, metric=metric: cdist(x, M[:2] ** 2 + 0.123, metric), M)
        for metric in ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation", "minkowski")
    },
    "cdist of a power": (lambda x: cdist(x, M + 0.1, "minkowski", p=3), M),
    "pdist": (pdist, M),
    "pdist by name": (lambda x: pdist(x, metric="cosine"), M),
    "squareform": (lambda x: squareform(x), X),
    "squareform back": (lambda x: squareform(squareform(x)), X),
    "of two": (lambda x: scipy.spatial.distance.euclidean(x, H) * scipy.spatial.distance.cosine(x, H), X[:3]),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_derivatives(name):
    call, x = CALLS[name]
    wanted = call(x)
    value = cr.vjp(call, x)[0]
    np.testing.assert_allclose(value, wanted, rtol=1e-11, atol=1e-13)
    assert np.shape(value) == np.shape(wanted)
    weights = np.random.default_rng(0).normal(size=np.shape(wanted))

    def total(x):
        found = call(x)
        return np.sum(weights * (np.real(found) + 2 * np.imag(found)))

    gradient = cr.grad(total)(x)
    direction = np.random.default_rng(1).normal(size=x.shape)
    h = 1e-6
    slope = (total(x + h * direction) - total(x - h * direction)) / (2 * h)
    np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-6)
    np.testing.assert_allclose(cr.jit(cr.grad(total))(x), gradient, rtol=1e-9, atol=1e-12)


def test_complex_arrays():
    for call in (
        fft,
        dct,
        lambda z: correlate(z, Z[:3]),
        lambda z: correlate(Z[:3], z),
        lambda z: lfilter([1, 1j], 2, z),
    ):
        np.testing.assert_allclose(cr.vjp(call, Z)[0], call(Z), rtol=1e-11, atol=1e-13)


def test_single_precision_is_kept():
    x = X.astype(np.float32)
    for call in (fft, dct, lambda x: pdist(x[:, None]).astype(np.float32), lambda x: fftconvolve(x, x)):
        assert cr.vjp(call, x)[0].dtype == call(x).dtype


def test_equal_points_have_a_distance_with_a_finite_derivative():
    assert np.all(np.isfinite(cr.grad(lambda x: np.sum(pdist(x)))(np.zeros((3, 2)))))


def test_mapped_calls_are_a_loop():
    for call in (
        fft,
        dct,
        lambda x: fftconvolve(x, H),
        lambda x: lfilter([1.0], [1.0, 0.5], x),
        lambda x: pdist(x[:, None]),
    ):
        np.testing.assert_allclose(cr.vmap(call)(M), np.stack([call(row) for row in M]), rtol=1e-11, atol=1e-13)


def test_the_backend_leaves_plain_arrays_to_scipy():
    cr.grad(lambda x: np.sum(np.abs(fft(x))))(X)
    assert type(fft(X)) is np.ndarray
    with pytest.raises(ValueError, match=r"nvalid number of data points"):
        fft(X, n=0)


def test_what_is_not_taken_is_refused():
    for call in (
        lambda x: lfilter([1.0], [1.0, 0.5], x, zi=np.zeros(1))[0],
        lambda x: pdist(x[:, None], "canberra"),
        lambda x: scipy.signal.convolve2d(x[None], K, boundary="wrap"),
    ):
        with pytest.raises(cr.ChainruleError):
            cr.grad(lambda x, call=call: np.sum(call(x)))(X)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(cr.ShapeError, match="same dimensionality"):
        cr.grad(lambda x: np.sum(fftconvolve(x, M)))(X)
    with pytest.raises(cr.ShapeError, match="points of the same space"):
        cr.grad(lambda x: np.sum(cdist(x, M[:, :2])))(M)
    with pytest.raises(ValueError, match="valid"):
        cr.grad(lambda x: np.sum(fftconvolve(x, np.ones((1, 5)), "valid")))(M)

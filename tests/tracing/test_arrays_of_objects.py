"""Proves that NumPy's functions take what np.array makes of traced values, and lists of them, as they take plain ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing.numpy_functions.object_arrays import OF_OBJECTS

X = np.array([1.3, 0.4, 0.7, 2.1])
LA, FFT = np.linalg, np.fft


def matrix(x: Any) -> Any:
    return np.array([[3 + x[0], x[1]], [x[2], 4 * x[3]]])


def symmetric(x: Any) -> Any:
    return np.array([[3 + x[0], x[1]], [x[1], 9 + x[3]]])


def vector(x: Any) -> Any:
    return np.array([x[0], 2 * x[1], x[2], 1.0])


def with_gap(x: Any) -> Any:
    return np.array([[x[0], np.nan, x[1]], [x[2], 1.0, x[3]]])


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "cholesky": lambda x: LA.cholesky(symmetric(x)),
    "cond": lambda x: LA.cond(matrix(x)),
    "det": lambda x: LA.det(matrix(x)),
    "det of lists": lambda x: LA.det([[x[0], 1.0], [2.0, x[1]]]),
    "eig": lambda x: LA.eig(symmetric(x))[0],
    "eigh": lambda x: LA.eigh(symmetric(x), UPLO="U")[0],
    "eigvals": lambda x: LA.eigvals(symmetric(x)),
    "eigvalsh": lambda x: LA.eigvalsh(symmetric(x)),
    "inv": lambda x: LA.inv(matrix(x)),
    "lstsq": lambda x: LA.lstsq(matrix(x), vector(x)[:2], rcond=None)[0],
    "matrix_power": lambda x: LA.matrix_power(matrix(x), -2),
    "matrix_rank": lambda x: LA.matrix_rank(matrix(x)) * x[0],
    "norm": lambda x: LA.norm(matrix(x), 2) + LA.norm(vector(x)) + LA.norm([x[0], x[1], 2.0], ord=1),
    "pinv": lambda x: LA.pinv(matrix(x)),
    "qr": lambda x: LA.qr(matrix(x))[1],
    "slogdet": lambda x: LA.slogdet(matrix(x)).logabsdet,
    "solve": lambda x: LA.solve(matrix(x), [x[0], 1.0]),
    "solve by a plain matrix": lambda x: LA.solve(2 * np.eye(4), vector(x)),
    "svd": lambda x: LA.svd(matrix(x), compute_uv=False),
    "tensorinv": lambda x: LA.tensorinv(matrix(x), ind=1),
    "tensorsolve": lambda x: LA.tensorsolve(matrix(x), [1.0, x[0]]),
    "fft": lambda x: np.abs(FFT.fft(vector(x), 5)) + np.abs(FFT.ifft(vector(x), n=5)),
    "rfft": lambda x: np.abs(FFT.rfft(vector(x))) + np.abs(FFT.ihfft([x[0], x[1], x[2], 3.0])),
    "irfft": lambda x: FFT.irfft(vector(x)) + FFT.hfft(vector(x)),
    "fft2": lambda x: np.abs(FFT.fft2(matrix(x))) + np.abs(FFT.ifft2(matrix(x))) + np.abs(FFT.fftn(matrix(x))),
    "ifftn": lambda x: np.abs(FFT.ifftn(matrix(x))) + np.abs(FFT.rfft2(matrix(x))) + np.abs(FFT.rfftn(matrix(x))),
    "irfft2": lambda x: FFT.irfft2(matrix(x), (2, 2)) + FFT.irfftn(matrix(x), (2, 2), axes=(0, 1)),
    "angle": lambda x: np.angle(np.array([x[0] + 1j * x[1], x[2]])),
    "corrcoef": lambda x: np.corrcoef([[x[0], x[1], x[2]], [x[3], x[1] ** 2, 1.0]]),
    "cov": lambda x: np.cov(matrix(x), vector(x)[:2], ddof=1),
    "gradient": lambda x: np.gradient(vector(x), 0.5),
    "i0": lambda x: np.i0(vector(x)),
    "imag": lambda x: np.imag(np.array([x[0] * 1j + x[1], 2 + x[2] * 3j])),
    "interp": lambda x: np.interp([0.5, x[2]], [0.0, 1.0, 2.0, 3.0], vector(x)),
    "nanmean": lambda x: np.nanmean(with_gap(x), axis=0),
    "nanmedian": lambda x: np.nanmedian(with_gap(x), axis=1),
    "nanpercentile": lambda x: np.nanpercentile(with_gap(x), 30, axis=1),
    "nanquantile": lambda x: np.nanquantile(with_gap(x), [0.3, 0.9]),
    "nanstd": lambda x: np.nanstd(with_gap(x), axis=1),
    "nanvar": lambda x: np.nanvar(with_gap(x), ddof=1),
    "polyfit": lambda x: np.polyfit([0.0, 1.0, 2.0, 3.0], vector(x), 1),
    "a polynomial that fits": lambda x: np.polynomial.Polynomial.fit([0.0, 1.0, 2.0, 3.0], x, 2)(1.5),
    "real": lambda x: np.real(np.array([x[0] * 1j + x[1], 2 + x[2] * 3j])),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_types_and_derivatives(name: str) -> None:
    function = FUNCTIONS[name]
    expected = np.asarray(function(X))
    value = cr.vjp(function, X)[0]
    assert np.asarray(value).dtype == expected.dtype
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)
    cr.check_grad(function, X)
    members = np.stack([X, 1.1 * X])
    np.testing.assert_allclose(cr.vmap(function)(members), [function(each) for each in members], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["det", "solve", "inv", "interp", "norm", "cholesky"])
def test_compiled_code_agrees(name: str) -> None:
    function = FUNCTIONS[name]
    value, jacobian = cr.jit(function), cr.jit(cr.jacobian(function))
    for x in (X, X + 0.1, X + 0.2):
        np.testing.assert_allclose(value(x), function(x), rtol=1e-12)
        np.testing.assert_allclose(jacobian(x), cr.jacobian(function)(x), rtol=1e-9, atol=1e-12)
    assert value.explain_plan(X).paths


def test_every_function_that_is_taught_is_tried() -> None:
    source = inspect.getsource(inspect.getmodule(matrix))
    tried = source.replace("LA.", "numpy.linalg.").replace("FFT.", "numpy.fft.").replace("np.", "numpy.")
    for module, functions in OF_OBJECTS.items():
        for path in functions:
            assert f"{module}.{path.partition('.')[0]}(" in tried, path


def test_plain_arguments_are_numpys_own() -> None:
    cr.grad(lambda x: x**2)(1.0)
    assert str(inspect.signature(np.linalg.eigh)) == "(a, UPLO='L')"
    np.testing.assert_array_equal(np.linalg.inv([[2.0, 0.0], [0.0, 4.0]]), [[0.5, 0.0], [0.0, 0.25]])
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        np.linalg.inv(np.zeros((2, 2)))
    with pytest.raises(TypeError, match=r"dtype\('O'\)"):
        np.linalg.inv(np.array([[object()]]))

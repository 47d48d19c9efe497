"""Jacobians of complex results over real arguments are complex, whichever way they are computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.array([0.5, -1.0, 2.0, 0.3])

FUNCTIONS: dict[str, Any] = {
    "Fourier transform": np.fft.fft,
    "half of it": np.fft.rfft,
    "one number": lambda x: np.sum(x**2 * (1 + 2j)),
    "turned": lambda x: x[:2] * 1j,
    "wave": lambda x: np.exp(1j * x),
    "more results than arguments": lambda x: np.outer(x, np.exp(1j * x)),
}


def _columns(function: Any, x: Any) -> Any:
    return np.stack([cr.jvp(function, (x,), (unit,))[1] for unit in np.eye(x.size, dtype=x.dtype)], axis=-1)


@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_modes_give_the_columns_that_forward_mode_gives(name: str, dtype: Any, mode: Any) -> None:
    x = X.astype(dtype)
    found, wanted = cr.jacobian(FUNCTIONS[name], mode=mode)(x), _columns(FUNCTIONS[name], x)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert found.dtype == wanted.dtype


@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_real_and_complex_results_and_arguments_together(mode: Any) -> None:
    def fun(x: Any, z: Any) -> Any:
        return x * z, x**2

    z = X + 1j
    product, square = cr.jacobian(fun, argnums=(0, 1), mode=mode)(X, z)
    np.testing.assert_allclose(product[0], np.diag(z))
    np.testing.assert_allclose(product[1], np.diag(X))
    np.testing.assert_allclose(square[0], np.diag(2 * X))
    assert square[0].dtype == np.float64


def test_derivatives_of_such_a_jacobian() -> None:
    def fun(x: Any) -> Any:
        return np.sum(np.abs(cr.jacobian(lambda y: np.exp(1j * y**2), mode="reverse")(x)) ** 2)

    np.testing.assert_allclose(cr.grad(fun)(X), 8 * X)

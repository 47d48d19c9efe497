"""dtype=object keeps the derivative of a traced value: as an object it is what it is already."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy

import chainrule as cr

X = np.array([1.0, -2.0, 4.0, 0.5])


def _filled(array: Any, x: Any) -> Any:
    array[0] = x[1] ** 2
    array[1:] = np.sin(x[1:])
    return array


FUNCTIONS = {
    "astype": lambda x: x.astype(object) ** 2,
    "np.astype": lambda x: np.astype(x, np.dtype(object)) * x,
    "sum": lambda x: np.sum(x * x, dtype=object),
    "add.reduce": lambda x: np.add.reduce(x**3, dtype=object),
    "cumsum": lambda x: np.cumsum(x, dtype=object) * x,
    "mean": lambda x: np.mean(x**2, dtype=object),
    "concatenate": lambda x: np.concatenate([x, x**2], dtype=object),
    "ufunc": lambda x: np.multiply(x, x, dtype=object),
    "zeros_like": lambda x: _filled(np.zeros_like(x, dtype=object), x),
    "empty": lambda x: _filled(np.empty(4, dtype=object, like=x), x),
    "array": lambda x: np.array([x[0] ** 2, 2 * x[1], 1.0], dtype=object, like=x),
    "full_like": lambda x: np.full_like(x, x[0] ** 2, dtype=object),
    "trapezoid of SciPy": lambda x: scipy.integrate.trapezoid(x, dx=x[0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name: str) -> None:
    def fun(x: Any) -> Any:
        return np.sum(FUNCTIONS[name](x))

    gradient = cr.grad(fun)(X)
    steps = 1e-6 * np.eye(4)
    wanted = [float(fun(X + step) - fun(X - step)) / 2e-6 for step in steps] if name not in ("empty", "array") else None
    if wanted is None:  # NumPy takes like= only of what defines its protocols
        wanted = [0, 2 * X[1] + np.cos(X[1]), *np.cos(X[2:])] if name == "empty" else [2 * X[0], 2, 0, 0]
    np.testing.assert_allclose(gradient, wanted, atol=1e-7)
    np.testing.assert_allclose(cr.jvp(fun, (X,), (X,))[1], gradient @ X)
    np.testing.assert_allclose(cr.vmap(cr.grad(fun))(X[None])[0], gradient)

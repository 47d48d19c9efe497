"""Proves that np.vectorize of traced values has NumPy's values and types, and the derivatives of the function that it calls."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.array([-0.5, 1.5, 2.5, -1.5])
GRID = np.array([-1.0, 0.0, 1.0])
ROWS = np.array([[2.0, 0.5, 0.1], [0.5, 3.0, 0.2], [0.1, 0.2, 1.5]])


def ramp(t: Any) -> Any:
    return t**2 if t > 0 else 0.0


def closes_over(x: Any) -> Any:
    return np.vectorize(lambda t: x[1] * t**2 if t > 0 else 0.0)(GRID)


def closes_over_with_types(x: Any) -> Any:
    return np.vectorize(lambda t, u: x[1] * t * u, otypes=[float])(GRID, GRID[:, None])


def factors(x: Any) -> Any:
    q, r = np.vectorize(np.linalg.qr, signature="(m,n)->(m,k),(k,n)")(np.stack([ROWS * x[1], ROWS + np.diag(x[:3])]))
    return q @ r + r


def rows_by_cases(x: Any) -> Any:
    fun = np.vectorize(lambda row, k: row @ row * k if row[0] > 0 else 0.0, signature="(n),()->()")
    return fun(x.reshape(2, 2), np.array([[2.0], [3.0]]))


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "by cases, the first of them plain": np.vectorize(ramp),
    "with types": np.vectorize(lambda t: t**3, otypes=[float]),
    "with the letters of types": np.vectorize(lambda t, k=2: k * t**3, otypes="d"),
    "of whole numbers": np.vectorize(lambda t: t**2 if t > 0 else 0),
    "several results": lambda x: np.stack(np.vectorize(lambda t, u: (t * u, ramp(t)))(x, x[::-1])),
    "several results with types": lambda x: np.stack(np.vectorize(lambda t: (0.0, t * t), otypes=[float, float])(x)),
    "first call kept": np.vectorize(ramp, cache=True),
    "left out": lambda x: np.vectorize(lambda t, c: ramp(t) * c[1], excluded=["c"])(GRID, c=x),
    "a number": lambda x: np.vectorize(ramp, otypes=[float])(x[1]),
    "none of the results is traced": lambda x: np.vectorize(lambda t: 2.0 if t > 0 else 1.0)(x) * x,
    "closure": closes_over,
    "closure with types": closes_over_with_types,
    "factors of matrices": factors,
    "rows by cases": rows_by_cases,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_types_and_derivatives(name: str) -> None:
    function = FUNCTIONS[name]
    expected = function(X)
    value = cr.vjp(function, X)[0]
    assert value.dtype == expected.dtype
    np.testing.assert_array_equal(value, expected)
    if expected.dtype.kind == "f":
        cr.check_grad(function, X)
    compiled = cr.jit(cr.jacobian(function))
    for x in (X, X + 0.25, -X):
        np.testing.assert_allclose(compiled(x), cr.jacobian(function)(x), atol=1e-12)


def test_what_numpy_refuses_is_refused() -> None:
    rows = np.vectorize(np.dot, signature="(n),(n)->()")
    for function in (
        lambda x: rows(x, np.ones(3)),
        lambda x: rows(x, x, x),
        lambda x: rows(x[0], x),
        lambda x: np.vectorize(ramp)(x[:0]),
    ):
        with pytest.raises((ValueError, TypeError)) as plain:
            function(X)
        with pytest.raises(type(plain.value), match=str(plain.value)[:20].replace("(", ".")):
            cr.vjp(function, X)


def test_plain_values_stay_numpys() -> None:
    cr.grad(lambda x: x**2)(1.0)
    words = np.vectorize(lambda t, word: word * int(t), otypes=[str])(np.array([1.0, 2.0]), "ab")
    assert words.tolist() == ["ab", "abab"]
    locks = np.vectorize(lambda t: threading.Lock(), otypes=[object])(X)
    assert (locks.dtype, locks.shape) == (object, X.shape)
    assert np.vectorize(ramp, otypes=[float])(X[:0]).dtype == float
    assert np.vectorize(lambda: 3.0)() == 3.0

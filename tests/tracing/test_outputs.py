"""out= writes into traced arrays, and into arrays of Python objects, as NumPy does; into plain arrays it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError, TracingError

X = np.array([[1.5, -2.25, 0.5], [3.25, 0.75, -1.25]])


def _both(x: Any) -> Any:
    fractions, wholes = np.zeros_like(x), np.zeros_like(x)
    results = np.modf(x, out=(fractions, wholes))
    return fractions**2 + wholes * x + results[0]


def _one_of_two(x: Any) -> Any:
    rest = np.zeros_like(x)
    np.divmod(x, 0.4, out=(None, rest))
    return rest**2


def _row(x: Any) -> Any:
    y = x * 1
    np.sum(x**2, axis=0, out=y[1])
    return y


def _method(x: Any) -> Any:
    y = x * 1
    (x**2).max(axis=0, out=y[0])
    return y


def _itself(x: Any) -> Any:
    y = x * 1
    np.cumsum(y[:, ::-1], axis=1, out=y)
    np.clip(y, -2, 2, out=y)
    return y


def _objects(x: Any) -> Any:
    values = np.array([x[0, 0], 2 * x[1, 0]])
    kept = values
    values *= x[0, :2]
    values += 1
    return kept


WRITERS = {
    "both": _both,
    "one of two": _one_of_two,
    "row": _row,
    "method": _method,
    "itself": _itself,
    "objects": _objects,
}


@pytest.mark.parametrize("name", WRITERS)
def test_values_and_derivatives(name: str) -> None:
    def fun(x: Any) -> Any:
        return np.sum(np.square(WRITERS[name](x)))

    assert cr.value_and_grad(fun)(X)[0] == pytest.approx(fun(X))
    cr.check_grad(fun, X)
    np.testing.assert_allclose(cr.vmap(fun)(X[None])[0], fun(X))
    compiled = cr.jit(fun)
    assert [compiled(X) for _ in range(3)] == pytest.approx([fun(X)] * 3)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"out= has the shape \(2, 3\), but the result \(3,\)"):
        cr.grad(lambda x: np.sum(np.sum(x, axis=0, out=x * 1)))(X)


def test_plain_arrays_and_arrays_without_a_name_are_refused() -> None:
    with pytest.raises(TracingError, match="plain array"):
        cr.grad(lambda x: np.sum(np.sum(x, axis=0, out=np.zeros(3))))(X)
    with pytest.raises(TracingError, match="plain array"):
        cr.grad(lambda x: np.sum(np.modf(x, out=(np.zeros((2, 3)), None))[0]))(X)
    with pytest.raises(TracingError, match="name the array"):
        cr.grad(lambda x: np.sum(np.sum(x, 0, None, x[0])))(X)


def test_complex_results_do_not_lose_their_imaginary_part() -> None:
    with pytest.raises(TracingError, match="imaginary part would be lost"):
        cr.grad(lambda x: np.sum(np.multiply(x, 1j, out=x * 1)))(X)
    with pytest.raises(TypeError, match="complex"):
        cr.grad(lambda x: np.sum(np.bincount([0, 1, 1], weights=x[0] * 1j)))(X)

"""np.emath on traced arrays: complex where an argument is outside of a function's real domain, as NumPy decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

INSIDE, OUTSIDE = np.array([0.3, 0.6]), np.array([0.3, -1.6])
PROGRAMS = {
    "sqrt": np.emath.sqrt,
    "log": np.emath.log,
    "log2": np.emath.log2,
    "log10": np.emath.log10,
    "logn": lambda x: np.emath.logn(3, x),
    "logn of the base": lambda x: np.emath.logn(x, 3.0),
    "power": lambda x: np.emath.power(x, 1.5),
    "negative power": lambda x: np.emath.power(x, -2),
    "exponent": lambda x: np.emath.power(2.0, x),
    "arccos": np.emath.arccos,
    "arcsin": np.emath.arcsin,
    "arctanh": np.emath.arctanh,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_types_and_derivatives(name: str) -> None:
    fun = PROGRAMS[name]
    compiled = cr.jit(fun)
    for x in (INSIDE, OUTSIDE, INSIDE, OUTSIDE, INSIDE + 0.5j):
        wanted = fun(x)
        found = [cr.jvp(fun, (x,), (x,))[0], compiled(x)]
        for each in found:
            assert each.dtype == wanted.dtype
            np.testing.assert_allclose(each, wanted, rtol=1e-13)
        cr.check_grad(lambda x: np.sum(np.abs(fun(x)) ** 2), x)


@pytest.mark.parametrize("dtype", ["float32", "int8", "int64", "float16"])
def test_precision_is_numpys(dtype: str) -> None:
    x = np.array([1, -2]).astype(dtype)
    compiled = cr.jit(np.emath.sqrt)
    for _ in range(2):
        assert compiled(x).dtype == np.emath.sqrt(x).dtype


@pytest.mark.parametrize("name", ["polyval2d", "polygrid2d"])
def test_polynomials_of_two_variables(name: str) -> None:
    fun: Any = getattr(np.polynomial.polynomial, name)
    x, y, c = np.array([0.5, 1.5]), np.array([0.3, 0.7]), np.arange(12.0).reshape(2, 3, 2)
    for each in (c, c[:, :, 0]):
        wanted = fun(x, y, each)
        for got in (cr.vjp(fun, x, y, each)[0], cr.jit(fun)(x, y, each)):
            assert got.shape == wanted.shape
            np.testing.assert_allclose(got, wanted, rtol=1e-14)
        cr.check_grad(fun, x, y, each)


def test_points_of_different_shapes_are_refused() -> None:
    with pytest.raises(cr.ShapeError, match="polyval2d"):
        cr.grad(lambda x: np.sum(np.polynomial.polynomial.polyval2d(x, np.ones(3), np.ones((2, 2)))))(np.ones(2))

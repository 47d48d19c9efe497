"""Proves that traced functions treat infinities, signed zeros and the extremes of integer types as NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, exact

import chainrule as cr

WHOLE = ("bool", "uint8", "int8", "int16", "uint32", "int64", "uint64")
EXTREME = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5, -2.0, 1e-3)


def extremes(dtype: str) -> Any:
    if dtype == "bool":
        return np.array([False, True])
    limits = np.iinfo(dtype)
    return np.array([limits.min, limits.min + 1, 0, 1, 2, limits.max - 1, limits.max], dtype)


@pytest.mark.parametrize("first", WHOLE)
@pytest.mark.parametrize("second", WHOLE)
def test_whole_numbers_are_close_where_they_are_for_numpy(first: str, second: str) -> None:
    x, y = map(np.ravel, np.meshgrid(extremes(first), extremes(second)))
    check(np.isclose, (x, y), judge=exact)
    check(lambda x: (np.isclose(x, 1), np.isclose(1, x), np.isclose(x, 0.5, atol=1)), (x,), judge=exact)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_fraction_of_an_infinity_is_a_zero_and_keeps_its_sign(dtype: str) -> None:
    x = np.array(EXTREME, dtype)
    check(lambda x: np.modf(x), (x,), (x[::-1],), judge=exact)
    check(lambda x: [np.modf(each) for each in x], (x,), judge=exact)


def test_the_median_of_complex_numbers_is_none_where_one_is_none() -> None:
    z = np.array([1 + 2j, complex(np.nan, 1), 3, complex(1, -np.inf), 2j])
    check(np.median, (z,), (z[2:],), (z[::-1],), (np.array([1, 2, complex(0, np.nan)]),), judge=exact)
    check(lambda z: np.median(z, axis=0), (np.stack([z, z[::-1], z + 1]),), judge=exact)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_folds_of_no_bits_have_every_bit(shape: tuple[int, ...]) -> None:
    for dtype in ("uint8", "uint32", "int8", "int64", "bool"):
        check(
            lambda x: (np.bitwise_and.reduce(x), np.bitwise_or.reduce(x), np.add.reduce(x)), (np.zeros(shape, dtype),)
        )


@pytest.mark.parametrize("x", [2.0, -2.5, 0.0, 7.25])
def test_the_slope_of_a_fraction_is_one(x: float) -> None:
    assert cr.grad(lambda x: np.modf(x)[0])(x) == 1.0

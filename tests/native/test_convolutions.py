"""Proves that convolutions of short vectors, and their gradients, are loops of native code that compute what NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, rounded, within

import chainrule as cr
from chainrule.native.machine.machine import available
from chainrule.primitives.sequence import FEW

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

SIZES = ((1, 1), (7, 1), (8, 3), (3, 8), (5, 5), (60, FEW), (200, 9))


def drawn(size: int, dtype: str) -> np.ndarray:
    x = np.random.default_rng(size).normal(size=(2, size))
    return (x[0] + 1j * x[1] if dtype == "complex128" else x[0]).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_short_ones_are_native(mode: Any, dtype: str) -> None:
    for size, other in SIZES:
        calls = (drawn(size, dtype), drawn(other, dtype))
        compiled = check(lambda x, y: np.convolve(x, y, mode), calls, judge=rounded())
        assert not compiled.explain_plan(*calls).fallbacks


def test_longer_ones_and_whole_numbers_run_through_numpy() -> None:
    for calls in (
        (drawn(60, "float64"), drawn(FEW + 1, "float64")),
        (np.arange(9), np.arange(3)),
        (np.ones(4, bool),) * 2,
    ):
        compiled = check(np.convolve, calls)
        assert [fallback.what for fallback in compiled.explain_plan(*calls).fallbacks] == ["convolve"]


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_beyond_the_ends_there_is_nothing_that_could_become_nan(number: float) -> None:
    x, y = drawn(20, "float64"), drawn(4, "float64")
    for place in (0, 2, 3):
        kernel = y.copy()
        kernel[place] = number
        check(np.convolve, (x, kernel), judge=within(8, 8))


@pytest.mark.parametrize("sizes", [(8, 3), (200, 9), (4, 4), (60, 25)])
def test_gradients_are_loops_too(sizes: tuple[int, int]) -> None:
    calls = tuple(drawn(size, "float64") for size in sizes)
    slope = cr.grad(lambda x, y: np.sum(np.sin(np.convolve(x, y))), argnums=(0, 1))
    compiled = check(slope, calls, judge=rounded())
    assert not compiled.explain_plan(*calls).fallbacks

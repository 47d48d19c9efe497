"""Fourier transforms among terms are NumPy's: for every length of small factors, along every axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.passes.recorded import evaluate, pairs_of, terms_of

from chainrule.passes.complex_parts import ON_PAIRS
from chainrule.passes.fourier import LONGEST, LONGEST_REAL
from chainrule.passes.terms import live

SMOOTH = (
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    20,
    25,
    27,
    32,
    45,
    48,
    60,
    64,
    77,
    100,
    121,
    243,
    250,
    256,
    364,
    625,
    1024,
)
PRIMES = (17, 19, 34, 289)


def draw(*shape: int) -> Any:
    rng = np.random.default_rng(3)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def computed(fun: Callable[[Any], Any], x: Any) -> tuple[Any, bool]:
    """Return what the terms of a function are worth, and whether NumPy's transform is among them."""
    (out,) = terms_of(fun, x)
    value = evaluate([out], [x])[0]
    return value, any(term.primitive is ON_PAIRS for term in live([out]))


def assert_numpys(fun: Callable[[Any], Any], x: Any, by_numpy: bool = False) -> None:
    got, called = computed(fun, x)
    wanted = fun(x)
    wanted = pairs_of(wanted) if wanted.dtype.kind == "c" else wanted
    assert called == by_numpy
    assert got.dtype == wanted.dtype
    roundings = 4 * np.log2(x.size + 2) * np.finfo(wanted.dtype).eps
    np.testing.assert_allclose(got, wanted, rtol=0, atol=roundings * np.max(np.abs(wanted)))


@pytest.mark.parametrize("length", SMOOTH)
def test_every_transform_of_a_length(length: int) -> None:
    z = draw(length)
    assert_numpys(np.fft.fft, z)
    assert_numpys(np.fft.ifft, z)
    assert_numpys(np.fft.fft, z.real.copy())
    assert_numpys(np.fft.ifft, z.real.copy())
    assert_numpys(np.fft.rfft, z.real.copy())
    assert_numpys(lambda z: np.fft.irfft(z, length), z[: length // 2 + 1])


@pytest.mark.parametrize("length", PRIMES)
def test_other_lengths_are_left_to_numpy(length: int) -> None:
    z = draw(length)
    assert_numpys(np.fft.fft, z, by_numpy=True)
    assert_numpys(np.fft.rfft, z.real.copy(), by_numpy=True)


def test_long_ones_are_left_to_numpy() -> None:
    assert_numpys(np.fft.fft, draw(2 * LONGEST), by_numpy=True)
    assert_numpys(np.fft.rfft, draw(2 * LONGEST_REAL).real.copy(), by_numpy=True)
    assert_numpys(np.fft.irfft, draw(LONGEST_REAL + 1), by_numpy=True)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_along_an_axis(axis: int) -> None:
    z = draw(6, 8, 10)
    assert_numpys(lambda z: np.fft.fft(z, axis=axis), z)
    assert_numpys(lambda z: np.fft.ifft(z, axis=axis), z)
    assert_numpys(lambda x: np.fft.rfft(x, axis=axis), z.real.copy())
    assert_numpys(lambda z: np.fft.irfft(z, axis=axis), z[:4, :5, :6])
    assert_numpys(np.fft.fft2, z)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_the_factor(norm: Any) -> None:
    z = draw(13)
    for transform in (np.fft.fft, np.fft.ifft):
        assert_numpys(lambda z: transform(z, norm=norm), z[:12])  # noqa: B023
    assert_numpys(lambda z: np.fft.irfft(z, norm=norm), z)
    assert_numpys(lambda x: np.fft.rfft(x, norm=norm), z.real[:12].copy())


def test_half_the_precision() -> None:
    z = draw(60).astype(np.complex64)
    assert_numpys(np.fft.fft, z)
    assert_numpys(np.fft.rfft, z.real.copy())
    assert_numpys(np.fft.irfft, z[:31])


def test_the_imaginary_part_that_a_real_signal_cannot_have_is_not_read() -> None:
    z = draw(9)
    z[0], z[-1] = complex(1.0, np.inf), complex(2.0, -np.inf)
    with np.errstate(all="ignore"):
        got, _ = computed(lambda z: np.fft.irfft(z, 16), z)
    np.testing.assert_allclose(got, np.fft.irfft(z, 16), rtol=1e-12)

"""The larger of two complex numbers is that with the larger real part, or imaginary part where the real parts are equal."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

Z = np.array([1 + 2j, 3 - 1j, 2 + 2j, -1 - 1j])
W = np.array([1.5 + 3j, 2.0 + 0j, 2.5 + 1j, -1.5 + 0j])


@pytest.mark.parametrize("choose", [np.maximum, np.minimum, np.fmax, np.fmin, lambda z, w: np.clip(z, w, 4 + 1j)])
def test_the_one_that_is_chosen_passes_the_sensitivity(choose):
    assert cr.check_grad(lambda z, w: np.sum(np.abs(choose(z, w)) ** 2), Z, W)


@pytest.mark.parametrize("choose", [np.maximum, np.minimum, np.fmax, np.fmin])
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_equal_real_parts_and_ties(choose, dtype):
    z, w = np.array([1 + 2j, 1 + 3j, 1 + 1j], dtype), np.array([1 + 3j, 1 + 2j, 1 + 1j], dtype)
    seen = []

    def total(z, w):
        seen.append(choose(z, w))
        return np.sum(np.real(seen[-1]))

    share = np.array([0, 1, 0.5]) if choose in (np.maximum, np.fmax) else np.array([1, 0, 0.5])
    for transform in (cr.grad(total, argnums=(0, 1)), cr.jit(cr.grad(total, argnums=(0, 1)))):
        for _ in range(3):
            first, second = transform(z, w)
            assert first.dtype == dtype
            np.testing.assert_array_equal(first, share)
            np.testing.assert_array_equal(second, 1 - share)

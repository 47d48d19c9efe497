"""Proves that the power rule is finite where the exponent is zero, whatever kind of number it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy

import chainrule as cr


@pytest.mark.parametrize(
    "zero",
    [0, 0.0, False, np.float32(0), np.float16(0), np.int64(0), np.uint8(0), np.bool_(False), np.zeros(2, np.float32)],
)
def test_the_power_zero_is_constant_at_zero(zero: Any) -> None:
    for x in (0.0, np.float32(0), np.zeros(2)):
        assert np.all(cr.grad(lambda x: np.sum(x**zero))(x) == 0)


@pytest.mark.parametrize("kind", [float, np.float32, np.float64])
@pytest.mark.parametrize("power", [np.power, np.float_power])
def test_a_number_to_its_own_power_at_zero(power: Any, kind: Any) -> None:
    assert cr.grad(lambda x: power(x, x))(kind(0)) == 0


@pytest.mark.parametrize("power", [np.power, np.float_power, scipy.special.powm1])
def test_an_exponent_moves_away_from_zero(power: Any) -> None:
    """d/dy (d/dx x ** y) is x ** (y - 1) (1 + y log x)."""
    point = np.array([3.0, 0.0])
    expected = [[0, 1 / 3], [1 / 3, np.log(3) ** 2]]
    hessian = cr.hessian(lambda p: power(p[0], p[1]))
    np.testing.assert_allclose(hessian(point), expected, atol=1e-15)
    compiled = cr.jit(hessian)
    for _ in range(2):
        np.testing.assert_allclose(compiled(point), expected, atol=1e-15)

"""Proves that the power rule is finite where the exponent is zero, whatever kind of number it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

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

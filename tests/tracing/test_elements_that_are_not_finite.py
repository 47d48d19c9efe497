"""Elements that are NaN or infinite stay where NumPy has them, and do not get into other results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

ROWS = np.array([[np.nan, 1.0, 2.0, 4.0], [3.0, np.inf, 5.0, -np.inf]])
RAMP: dict[str, Any] = {"mode": "linear_ramp", "end_values": 1}
ODD: dict[str, Any] = {"mode": "reflect", "reflect_type": "odd"}

FUNCTIONS = {
    "fractions": lambda x: np.modf(x),
    "means at the border": lambda x: np.pad(x, ((0, 0), (1, 2)), mode="mean", stat_length=2),
    "ramp": lambda x: np.pad(x[:, :3], ((0, 0), (0, 2)), **RAMP),
    "odd reflection": lambda x: np.pad(x, ((0, 0), (2, 2)), **ODD),
    "median of complex numbers": lambda x: np.isnan(np.median(x * (1 + 0j), axis=1)),
    "different elements": lambda x: np.setxor1d(x, [np.nan, 1.0]),
    "lower quantile": lambda x: np.nanquantile(x, [0.0, 0.2, 1.0], axis=1, method="lower"),
    "nearest quantile": lambda x: np.nanquantile(x, 0.6, axis=1, method="nearest"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_values_are_those_of_numpy(name: str) -> None:
    function = FUNCTIONS[name]
    found = cr.grad(lambda x: (np.sum(x), function(x)), has_aux=True)(ROWS)[1]
    for one, other in zip(np.atleast_1d(found), np.atleast_1d(function(ROWS)), strict=True):
        np.testing.assert_allclose(one, other)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_quantile_that_is_an_element_has_its_type(dtype: Any) -> None:
    x = np.array([3.0, 1.0, 2.0], dtype)
    found = cr.grad(lambda x: (np.sum(x), np.nanquantile(x, [0.1, 0.6], method="lower")), has_aux=True)(x)[1]
    np.testing.assert_array_equal(found, np.nanquantile(x, [0.1, 0.6], method="lower"), strict=True)

"""Standard deviations of what is chosen: where all elements are equal, at a kink, the derivative is 0, and not NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

MASK = np.array([[True, False, True], [False, True, False]])

SPREADS = {
    "where": lambda x: np.std(x, where=MASK),
    "where, along an axis": lambda x: np.std(x, axis=1, where=MASK, keepdims=True),
    "nanstd": np.nanstd,
    "nanstd along an axis": lambda x: np.nanstd(x, axis=0),
    "nanstd, where": lambda x: np.nanstd(x, where=MASK),
    "of single elements": lambda x: np.std(x, axis=()),
    "nanstd of single elements": lambda x: np.nanstd(x, axis=()),
}


@pytest.mark.parametrize("name", SPREADS)
def test_no_spread_has_derivative_zero(name: str) -> None:
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(SPREADS[name](x)))(np.full((2, 3), 4.0)), np.zeros((2, 3)))


@pytest.mark.parametrize("name", SPREADS)
@pytest.mark.parametrize("factor", [1, 1 + 2j])
def test_values(name: str, factor: complex) -> None:
    x = factor * np.array([[1.0, 5.0, 2.0], [7.0, 3.0, -1.0]])
    seen = cr.grad(lambda y: (np.sum(np.abs(y)), SPREADS[name](y)), has_aux=True)(x)[1]
    np.testing.assert_allclose(seen, SPREADS[name](x), atol=1e-14)


def test_too_few_elements_have_no_spread() -> None:
    def variance(x: Any) -> Any:
        return np.var(x, where=[True, False, False], ddof=2)

    with np.errstate(all="ignore"):
        assert np.isnan(cr.value_and_grad(variance)(np.arange(3.0))[0])


@pytest.mark.parametrize("function", [np.nanmean, np.nanvar, np.nanstd])
def test_where_is_combined_with_what_is_no_number(function: Any) -> None:
    x = np.array([[1.0, 5.0, np.nan], [np.nan, 3.0, -1.0]])
    value, gradient = cr.value_and_grad(lambda x: function(x, where=MASK))(x)
    assert value == function(x, where=MASK)
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("function", [np.std, np.linalg.norm, np.linalg.vector_norm])
def test_batches_of_numbers(function: Any) -> None:
    numbers = np.array([1.0, -2.0, 3.0])
    np.testing.assert_array_equal(cr.vmap(function)(numbers), [function(number) for number in numbers])

"""An index that names no element raises what a program that tries it may catch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr


def _neighbor(x: Any, place: int) -> Any:
    try:
        return x[place]
    except IndexError:
        return 0.0


def test_programs_that_try_an_index() -> None:
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(cr.grad(lambda x: _neighbor(x, 2) + _neighbor(x, 3))(x), [0, 0, 1])


@pytest.mark.parametrize("key", [5, (0, 0), [1, 7]])
def test_reading_and_assigning(key: Any) -> None:
    def assign(x: Any) -> Any:
        x = x * 1
        x[key] = 1.0
        return np.sum(x)

    for fun in (lambda x: np.sum(x[key]), assign):
        with pytest.raises(IndexError):
            cr.grad(fun)(np.ones(3))

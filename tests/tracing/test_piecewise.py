"""np.piecewise hands each function the elements that it is for, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Function = Callable[[Any], Any]
POINTS = np.array([[-1.5, 0.4, 2.0], [0.9, -0.3, 1.2]])

PIECES: dict[str, Function] = {
    "elementwise": lambda x: np.piecewise(x, [x < 0, x >= 0], [np.negative, np.square]),
    "sum": lambda x: np.piecewise(x, [x < 0], [lambda part: part.sum(), 3.0]),
    "mean": lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda part: part - part.mean(), np.sqrt]),
    "default": lambda x: np.piecewise(x, [x < -1, x > 1], [0.0, lambda part: 2 * part, np.sin]),
    "later": lambda x: np.piecewise(x, [x < 1, x > 0], [np.sin, np.cos]),
    "options": lambda x: np.piecewise(x, [x > 0], [lambda part, a, b: a * part**b], 3.0, b=2),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.filterwarnings("error")
def test_values_and_derivatives(name: str) -> None:
    def fun(x: Any) -> Any:
        return np.sum(np.square(PIECES[name](x)))

    assert cr.value_and_grad(fun)(POINTS)[0] == pytest.approx(fun(POINTS))
    assert cr.check_grad(fun, POINTS)
    gradient, fast = cr.grad(fun)(POINTS), cr.jit(cr.grad(fun))
    for points in (POINTS, -POINTS, POINTS):
        np.testing.assert_allclose(fast(points), cr.grad(fun)(points))
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("name", PIECES)
def test_batches(name: str) -> None:
    batch = np.stack([POINTS, -POINTS])
    np.testing.assert_allclose(cr.vmap(PIECES[name])(batch), [PIECES[name](points) for points in batch])


def test_of_one_number() -> None:
    def fun(x: Any) -> Any:
        return np.piecewise(x, [x < 0, x >= 0], [np.sin, np.sqrt])

    numbers = np.array([-1.0, 4.0])
    np.testing.assert_allclose([cr.grad(fun)(number) for number in numbers], [np.cos(-1.0), 0.25])
    np.testing.assert_allclose(cr.vmap(fun)(numbers), [np.sin(-1.0), 2.0])


def test_a_function_that_no_element_is_for_is_not_called() -> None:
    def never(part: Any) -> Any:
        raise AssertionError(part)

    assert cr.grad(lambda x: np.sum(np.piecewise(x, [x < 0], [never, np.square])))(np.array([3.0])) == 6

"""What is computed of pairs of points is computed coordinate by coordinate, and is what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import check, rounded
from tests.passes.recorded import simplified

import chainrule as cr
from chainrule.passes.simplify_components import COORDINATES
from chainrule.passes.terms import live

Function = Callable[..., Any]


def distances(x, y):
    return np.sqrt(np.sum((x[:, None] - y) ** 2, axis=-1))


def forces(x, y):
    d = x[:, None] - y[None]
    return np.sum(d / (np.sum(d * d, axis=2, keepdims=True) + 0.1) ** 1.5, axis=1)


def stress(x, y):
    return np.sum((distances(x, y + 0.01) - 1) ** 2)


def weighted(x, y):
    w = np.linspace(0, 1, len(x) * len(y)).reshape(len(x), len(y))
    return np.sum(w[..., None] * np.tanh(x[:, np.newaxis, :] * 2 - y), axis=(0, 1), keepdims=True)


def kernel(x, y):
    scale = np.arange(1.0, x.shape[-1] + 1)
    return np.exp(-0.5 * np.sum(((x[:, None] - y) / scale) ** 2, -1))


def everything(x, y):
    return np.sum(np.abs(np.expand_dims(x, 1) - np.expand_dims(y, 0)))


def nearest(x, y):
    return np.min(np.sum((x[:, None] - y) ** 2, axis=-1), axis=1)


PAIRS = (distances, forces, stress, weighted, kernel, everything, nearest)


def points(count: int, coordinates: int, dtype: Any = float) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, coordinates)).astype(dtype)


@pytest.mark.parametrize("coordinates", [2, 3, 5, COORDINATES, COORDINATES + 1])
@pytest.mark.parametrize("fun", PAIRS)
def test_values_and_derivatives_are_those_of_numpy(fun: Function, coordinates: int) -> None:
    def slopes(x, y):
        return cr.grad(lambda x, y: np.sum(fun(x, y) ** 2), argnums=(0, 1))(x, y)

    calls = [(points(n, coordinates), points(n + 1, coordinates) + 0.3) for n in (17, 18)]
    check(fun, *calls, judge=rounded())
    check(slopes, *calls, judge=rounded(1e-11))


def test_single_precision_stays() -> None:
    check(forces, (points(20, 3, np.float32), points(21, 3, np.float32)), judge=rounded())


def test_numbers_that_are_not_finite_go_where_they_went() -> None:
    x, y = points(12, 3), points(13, 3)
    x[1, 0], x[2, 2], y[3, 1] = np.nan, np.inf, -np.inf
    check(distances, (x, y), judge=rounded())
    check(weighted, (x, y), judge=rounded())


def in_space(fun: Function, *args: Any) -> list[Any]:
    """Return the values that are computed for each coordinate of each pair."""
    _, outputs = simplified(fun, *args)
    return [term for term in live(outputs) if len(term.shape) == 3 and min(term.shape[:2]) > 1 and term.shape[-1] > 1]


@pytest.mark.parametrize("fun", PAIRS)
def test_nothing_is_left_of_the_space_of_coordinates(fun: Function) -> None:
    assert not in_space(fun, points(20, 3), points(21, 3))
    assert not in_space(cr.grad(lambda x, y: np.sum(fun(x, y))), points(20, 3), points(21, 3))


def products(x, y):
    return np.sum(x[:, :, None] * y, axis=1)


def lengths(x, y):
    return np.sum(x**2, axis=-1)


def few(x, y):
    return np.sum((x[:, None] - y[:2]) ** 2, axis=-1)


@pytest.mark.parametrize(
    ("fun", "x", "y"),
    [
        (products, points(20, 5), points(5, 3)),
        (lengths, np.ones((4, 20, 3)), None),
        (few, points(20, 3), points(21, 3)),
        (distances, points(20, COORDINATES + 1), points(21, COORDINATES + 1)),
    ],
    ids=["a product of matrices", "one point each", "pairs with few points", "many coordinates"],
)
def test_what_is_no_pair_of_points_stays(fun: Function, x: Any, y: Any) -> None:
    args = (x,) if y is None else (x, y)
    assert in_space((lambda x: fun(x, None)) if y is None else fun, *args)

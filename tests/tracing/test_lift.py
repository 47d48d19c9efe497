"""Traced values that NumPy put into arrays of objects become one traced array: what it took apart is put together again."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr
from chainrule.tracing.lift import lift


def test_elements_stay_what_they_were_when_their_array_was_taken_apart() -> None:
    def rows(x: Any) -> Any:
        y = x * 1.0
        taken = np.array([y, [y[0] * 2, 1.0, 2.0], x])
        y[0] = 5.0
        lifted = lift(taken)
        return np.sum(lifted[0] * lifted[1] + lifted[2] ** 2) + taken[2, 1] * y[0]

    np.testing.assert_allclose(cr.grad(rows)(np.array([1.0, 2.0, 3.0])), [6.0, 10.0, 8.0])


def test_whole_rows_are_stacked_and_not_their_numbers() -> None:
    counts = []

    def path(x: Any) -> Any:
        states = [x]
        for _ in range(9):
            states.append(np.sin(states[-1]))
        whole = lift(np.array(states))
        node = whole.data
        while len(node.parents) == 1:
            (node,) = node.parents
        counts.append(len(node.parents))
        return np.sum(whole**2)

    x = np.linspace(0.1, 1, 7)
    np.testing.assert_allclose(cr.grad(path)(x)[3], 2 * _squares_of_sines(x[3]), rtol=1e-12)
    assert counts == [10]


def _squares_of_sines(x: float) -> float:
    """Return half the derivative of the sum of the squares of x, sin x, sin sin x..."""
    total, slope = x, 1.0
    for _ in range(9):
        x, slope = np.sin(x), slope * np.cos(x)
        total += x * slope
    return total


def test_in_another_order_they_are_numbers() -> None:
    def turned(x: Any) -> Any:
        return np.sum(lift(np.array([x, x**2])[:, ::-1]) * np.array([1.0, 10.0, 100.0]))

    np.testing.assert_allclose(cr.grad(turned)(np.array([1.0, 2.0, 3.0])), [100 * 3, 10 * 5, 7])


def test_numbers_beside_rows() -> None:
    def mixed(x: Any) -> Any:
        return np.sum(lift(np.concatenate([np.array([x, x * 3]).ravel(), np.array([x[0], 2.0])])) ** 2)

    np.testing.assert_allclose(cr.grad(mixed)(np.array([1.0, 2.0])), [2 + 18 + 2, 4 + 36])

"""Proves that an assignment to a part of an array is recorded once, and that parts and their arrays agree as NumPy's do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing.record import record


def _names(function: Callable[[Any], Any], x: Any) -> list[str]:
    return [node.primitive.name for node in record(lambda x: [function(x)], [x]).nodes if node.primitive]


def test_adding_to_a_part_reads_adds_and_writes_once() -> None:
    def f(x):
        y = x.copy()
        y[1, :2] += x[0, :2]
        return y

    assert _names(f, np.ones((3, 3))) == ["index", "index", "add", "index_set"]


def test_adding_to_a_part_of_a_part_writes_each_once() -> None:
    def f(x):
        y = x.copy()
        row = y[1]
        row[:2] *= 3.0
        return y

    assert _names(f, np.ones((3, 3))).count("index_set") == 2


def _same(x):
    row = x[0]
    x[0] = row
    return x


def _same_after_a_change(x):
    row = x[0]
    x[0, 1] = 7.0
    x[0] = row
    return x


def _another_place(x):
    row = x[0]
    x[1] = row
    row *= 2.0
    return x


def _changed_then_written_back(x):
    key = (slice(0, 2), 1)
    part = x[key]
    part += 1.0
    x[0, 1] = 5.0
    x[key] = part
    return x


def _of_a_part(x):
    block = x[:2]
    block[1, 1:] -= x[2, 1:]
    x[1] *= block[0]
    return x


def _backward(x):
    x[::-1] += x
    return x


def _with_new_axes(x):
    x[None, ..., 1:] /= 4.0
    return x


def _reshaped(x):
    x.reshape(-1)[2:7] += 1.0
    x[1:, :2] -= 2.0
    return x


@pytest.mark.parametrize(
    "function",
    [_same, _same_after_a_change, _another_place, _changed_then_written_back, _of_a_part, _backward, _with_new_axes,
     _reshaped],
)  # fmt: skip
def test_parts_share_with_their_array_as_in_numpy(function: Callable[[Any], Any]) -> None:
    x = np.arange(1.0, 13.0).reshape(4, 3)

    def f(x):
        return np.sum(function(x.copy()) ** 2)

    value, gradient = cr.value_and_grad(f)(x)
    assert value == f(x)
    cr.check_grad(f, x)
    compiled = cr.jit(cr.value_and_grad(f))
    for _ in range(3):
        again, slope = compiled(x)
        assert again == pytest.approx(value, rel=1e-14)
        np.testing.assert_allclose(slope, gradient, rtol=1e-14)


def test_a_part_of_whole_numbers_keeps_its_type() -> None:
    def f(x):
        counts = np.zeros(3, dtype=int, like=x)
        counts[:2] += np.array([1, 2])
        return np.sum(x * counts), counts.dtype

    (value, kind) = f(np.ones(3))
    assert kind == np.dtype(int)
    assert cr.grad(lambda x: f(x)[0])(np.ones(3)).tolist() == [1.0, 2.0, 0.0]
    assert value == 3.0

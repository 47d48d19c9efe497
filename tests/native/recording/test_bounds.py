"""Proves that indices which cannot lie outside of their axis are not checked, and that all others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, exact

import chainrule as cr
from chainrule.native.machine.machine import available

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

Fun = Callable[..., Any]
INSIDE: dict[str, Fun] = {
    "clipped": lambda x, k: x[np.clip(k, 0, 9)],
    "clipped from the end": lambda x, k: x[np.clip(k, -10, -1)],
    "moved": lambda x, k: x[np.clip(k, 0, 8) + 1] - x[9 - np.clip(k, 0, 9)],
    "around": lambda x, k: x[k % 10] + x[(k + 3) % 10],
    "the smaller one": lambda x, k: x[np.minimum(np.maximum(k, 0), 9)],
    "one of two": lambda x, k: x[np.where(k > 3, 2, np.clip(k, 0, 4))],
    "in another shape": lambda x, k: x[np.reshape(np.clip(k, 0, 9), (3, 2))] + x[np.broadcast_to(k[:1] % 5, (2,))],
    "a position": lambda x, k: x[np.argmax(x)] + x[np.argmin(np.reshape(x, (5, 2)), axis=0)],
    "an assignment": lambda x, k: assigned(x, np.clip(k, 0, 9)),
    "searched": lambda x, k: x[np.searchsorted(x[:9], x)] + x[np.searchsorted(np.arange(10.0), x) - 1],
    "sorted": lambda x, k: x[np.argsort(-x, kind="stable")] * x[np.flip(np.argpartition(x, 4))[4]],
}
CHECKED: dict[str, Fun] = {
    "as it is": lambda x, k: x[k],
    "clipped to the length": lambda x, k: x[np.clip(k, 0, 10)],
    "clipped on one side": lambda x, k: x[np.maximum(k, 0)],
    "clipped below": lambda x, k: x[np.clip(k, -11, 5)],
    "moved too far": lambda x, k: x[np.clip(k, 0, 9) + 1],
    "a multiple": lambda x, k: x[np.clip(k, 0, 9) * 2],
    "a negative remainder": lambda x, k: x[k % -11],
    "searched": lambda x, k: x[np.searchsorted(x, k * 0.1)],
    "sorted and moved": lambda x, k: x[:9][np.argsort(x)[k]],
}


def assigned(x: Any, k: Any) -> Any:
    y = x * 2
    y[k] = x[0]
    return y


def points(high: int) -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(0, 1, 10), np.random.default_rng(high).integers(-high, high, 6)


@pytest.mark.parametrize("name", INSIDE)
def test_what_lies_inside_is_not_checked(name: str) -> None:
    compiled = cr.jit(INSIDE[name])
    for high in (3, 5, 10, 1000, 1 << 40):
        agree(compiled(*points(high)), INSIDE[name](*points(high)), exact)
    (path,) = compiled.explain_plan(*points(3)).paths
    assert not path.decisions


@pytest.mark.parametrize("name", CHECKED)
def test_what_may_lie_outside_is_checked(name: str) -> None:
    compiled = cr.jit(CHECKED[name])
    x, k = points(5)
    for _ in range(3):
        agree(compiled(x, k % 4), CHECKED[name](x, k % 4), exact)
    (path,) = compiled.explain_plan(x, k % 4).paths
    assert path.decisions
    for far in (np.full_like(k, 40), np.full_like(k, -40)):
        try:
            wanted = CHECKED[name](x, far)
        except IndexError:
            with pytest.raises(IndexError):
                compiled(x, far)
        else:
            agree(compiled(x, far), wanted, exact)


def test_numbers_that_overflow_are_checked() -> None:
    def fun(x: Any, k: Any) -> Any:
        most = np.maximum(k, (1 << 63) - 5)
        return x[np.clip(most + 10 - most, 0, 9)] + x[np.maximum(most + 10, -(1 << 63) + 8) % 10]

    compiled = cr.jit(fun)
    for high in (3, 5, 10):
        agree(compiled(*points(high)), fun(*points(high)), exact)

"""Proves that code is compiled fast at first, once more when it is hot, and gives the same bits before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.native.calls import specialize
from chainrule.native.program import heat


@pytest.fixture
def levels(monkeypatch) -> list[int]:
    """Return the levels at which code is compiled from now on."""
    found: list[int] = []
    compile_text = specialize.compile_text

    def noting(text: str, symbols: Any, level: int) -> Any:
        found.append(level)
        return compile_text(text, symbols, level)

    monkeypatch.setattr(specialize, "compile_text", noting)
    return found


@pytest.fixture
def soon(monkeypatch) -> None:
    """Let code be hot after a few calls."""
    monkeypatch.setattr(heat, "_LINE", 60)


def test_hot_code_is_compiled_once_more(levels, soon):
    compiled = cr.jit(lambda x: np.sum(np.sin(x) ** 2 * np.exp(-x)))
    x = np.linspace(-3, 3, 37)
    results = {compiled(x).tobytes() for _ in range(200)}
    assert levels == [heat.FIRST, heat.BEST]
    assert len(results) <= 2  # NumPy's own, at the first call, and native code's


def test_code_that_is_called_a_few_times_is_not(levels):
    compiled = cr.jit(lambda x: x * 2 + 1)
    assert [compiled(3.0) for _ in range(100)] == [7.0] * 100
    assert levels == [heat.FIRST]


def test_much_work_is_hot_after_some_calls(levels):
    compiled = cr.jit(lambda x: np.sum(np.sin(x)))
    x = np.linspace(0, 1, 1_000_000)
    for _ in range(40):
        np.testing.assert_allclose(compiled(x), np.sum(np.sin(x)), rtol=1e-12)
    assert levels == [heat.FIRST, heat.BEST]


def test_very_much_work_is_compiled_well_at_once(levels):
    compiled = cr.jit(lambda x: x * 2 + 1)
    x = np.ones(20_000_000)
    for _ in range(20):
        assert compiled(x)[-1] == 3.0
    assert levels == [heat.BEST]


def test_every_path_and_variant(levels, soon):
    def function(x):
        if x > 10:
            return np.array([x, 2 * x])
        return x + 1 if x > 0 else x - 1

    compiled = cr.jit(function)
    for _ in range(100):
        for x in (1.0, -1.0, 11.0):
            np.testing.assert_array_equal(compiled(x), function(x))
    assert set(levels) == {heat.FIRST, heat.BEST}
    assert len(levels) <= 8  # a path is compiled when it comes, and every variant when it is hot


def test_very_long_code_stays_as_it_is(levels, soon, monkeypatch):
    monkeypatch.setattr(heat, "LONGEST", 10)

    def function(x):
        for _ in range(30):
            x = x * 1.5 + 1
        return x

    compiled = cr.jit(function)
    assert len({compiled(1.0) for _ in range(200)}) == 1
    assert levels == [heat.FIRST]

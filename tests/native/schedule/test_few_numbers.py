"""Small arrays of long programs are in registers where that is faster: what is tiny, and what is put together and taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.passes.recorded import terms_of

from chainrule.native.schedule.few_numbers import CELLS, in_registers
from chainrule.passes.terms import Term, live

STEPS = 400


def program(step: Callable[[Any], Any], size: int, steps: int = STEPS) -> list[Term]:
    """Return the terms of a loop over an array of `size` numbers."""

    def run(x: Any) -> Any:
        for _ in range(steps):
            x = step(x)
        return x

    return [term for term in live(terms_of(run, np.linspace(0.1, 0.9, size))) if term.primitive is not None]


def arithmetic(x: Any) -> Any:
    return x + 0.01 * (x - x * x)


def rotation(x: Any) -> Any:
    x = x - x * x
    return np.stack([x[(place + 1) % len(x)] * 0.9 for place in range(len(x))])


def shift(x: Any) -> Any:
    return x - 0.1 * np.roll(x, 1)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_what_is_tiny_always_is(size: int) -> None:
    order = program(arithmetic, size, CELLS)
    assert in_registers(order) == {term.index for term in order}


def test_long_arithmetic_on_vectors_is_not() -> None:
    order = program(arithmetic, 6)
    assert sum(term.size for term in order) > CELLS
    assert not in_registers(order)


def test_short_arithmetic_is() -> None:
    order = program(arithmetic, 6, 10)
    assert in_registers(order) == {term.index for term in order}


@pytest.mark.parametrize("step", [rotation, shift])
def test_what_is_put_together_and_taken_apart_is(step: Callable[[Any], Any]) -> None:
    order = program(step, 6)
    assert sum(term.size for term in order) > CELLS
    assert in_registers(order) == {term.index for term in order}

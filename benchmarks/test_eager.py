"""Owns the cases in which `grad` runs eagerly: from small ones, all bookkeeping, to large ones, all NumPy.

A test fails when the gradients differ. It never fails for a time: times are printed, next to the machine's name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.compare import Timing, interleave
from benchmarks.contenders import Case, Contender
from benchmarks.formulas import polynomial, ratio_sum, recurrence
from benchmarks.native_cases import HIDDEN, STEPS, recurrent_network


def _points(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.linspace(-2.0, 2.0, count) if count > 1 else np.array([0.7])


CASES = (
    Case("x**2 + 3*x + 2 at 5.0", polynomial, (5.0,)),
    Case("sum(sin(x)*exp(x)/(1+x**2)), 1 element", ratio_sum, (_points(1),)),
    Case("sum(sin(x)*exp(x)/(1+x**2)), 1,000 elements", ratio_sum, (_points(1_000),)),
    Case("sum(sin(x)*exp(x)/(1+x**2)), 100,000 elements", ratio_sum, (_points(100_000),)),
    Case(f"tanh recurrence, {STEPS} steps, {HIDDEN} hidden", recurrence, recurrent_network()),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_eager(case: Case, contenders: list[Contender], record: Callable[[Timing], None]) -> None:
    """Every contender finds the same gradient; then they race."""
    calls = {contender.name: contender.gradient(case) for contender in contenders}
    expected, *others = (np.asarray(call()) for call in calls.values())
    for other in others:
        np.testing.assert_allclose(other, expected, rtol=1e-9, atol=1e-12)
    record(Timing(case.name, interleave(calls)))

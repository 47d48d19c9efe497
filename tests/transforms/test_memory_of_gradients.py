"""Proves that gradients of large arrays use memory again that they have, and never an array that somebody else refers to."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.transforms import reverse

IN_A_LOOP = """
import resource
import numpy as np
import chainrule as cr

slope = cr.grad(lambda x: np.sum(np.sin(x) * np.exp(x) / (1 + x**2)))
x = np.linspace(0, 1, 100_000)
for _ in range(3):
    slope(x)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    slope(x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

# As from Python 3.14 on, where a name on its way into a call is not counted.
COUNTED_OTHERWISE = """
import sys
counted = sys.getrefcount
sys.getrefcount = lambda each: counted(each) - 2
import numpy as np
import chainrule as cr

def total(x):
    return np.sum(np.exp(np.sin(x) + x * x))

x = np.linspace(-1, 1, 30_000)
kept, direction = x.copy(), np.cos(7 * x)
_, tangent = cr.jvp(total, (x,), (direction,))
assert np.isclose(np.sum(cr.grad(total)(x) * direction), tangent, rtol=1e-9)
assert np.array_equal(x, kept)
"""


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc's malloc that learns how much to keep")
def test_a_loop_of_gradients_takes_no_memory_from_the_system() -> None:
    assert int(run(IN_A_LOOP)) < 200  # pages; one array of the ten or so of each gradient has as many


def test_many_parts_of_one_array_are_added_up_in_one_array(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[int] = []
    add = reverse.accumulate_index

    def noted(total: np.ndarray[Any, Any], *args: Any, **parameters: Any) -> None:
        places.append(total.ctypes.data)
        add(total, *args, **parameters)

    monkeypatch.setattr(reverse, "accumulate_index", noted)
    x = np.linspace(-1, 1, 60).reshape(20, 3)
    slope = cr.grad(lambda x: sum(np.tanh(np.sum(row)) for row in x))(x)
    np.testing.assert_allclose(slope, np.repeat(1 - np.tanh(np.sum(x, axis=1, keepdims=True)) ** 2, 3, axis=1))
    assert len(places) == 20
    assert len(set(places)) == 1


def test_an_interpreter_that_counts_references_otherwise_overwrites_nothing_that_is_used() -> None:
    run(COUNTED_OTHERWISE)


def test_a_cotangent_that_is_one_number_everywhere_is_multiplied_by() -> None:
    x = np.linspace(0.1, 1, 20_000)
    np.testing.assert_allclose(cr.grad(lambda x: 3 * np.sum(np.sin(x)))(x), 3 * np.cos(x))
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(np.sin(x)))(x), np.cos(x))

"""Proves that gradients of large arrays use memory again that the process has, and do not take it from the system each time."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc's malloc that learns how much to keep")
def test_a_loop_of_gradients_takes_no_memory_from_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200  # pages; one array of the ten or so of each gradient has as many

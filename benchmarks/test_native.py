"""Owns the race of compiled derivatives: each case's results are compared with ours, then all take turns.

A test fails when results differ. It never fails for a time: times are printed, next to the machine's name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.c_reference import PRODUCTS
from benchmarks.compare import Race, interleave
from benchmarks.native_cases import CASES, NativeCase
from benchmarks.native_peers import gather
from benchmarks.neighbors import Neighbors

CASE_SECONDS = 8.0


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what is compiled."""
    return tmp_path_factory.mktemp("native")


@pytest.mark.filterwarnings("ignore")  # peers warn of themselves
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_native(case: NativeCase, scratch: Path, record_race: Callable[[Race], None]) -> None:
    """Every contender finds the same; then they race."""
    entries, reasons = gather(case, scratch)
    expected = entries[0].result()
    for entry in entries[1:]:
        if entry.name == PRODUCTS:
            continue
        found = entry.result()
        assert len(found) == len(expected), entry.name
        for ours, theirs in zip(expected, found, strict=True):
            np.testing.assert_allclose(
                theirs, ours, rtol=case.tolerance, atol=case.tolerance, err_msg=entry.name, strict=False
            )
    neighbors = Neighbors()
    seconds = interleave({entry.name: entry.call for entry in entries}, case_seconds=CASE_SECONDS)
    roles = {entry.name: entry.role for entry in entries}
    record_race(Race(case.name, seconds, roles, case.goals, reasons, disturbance=neighbors.cores()))

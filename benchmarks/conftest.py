"""Owns what a run of the benchmarks prints at its end: the table, who took part, and the machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.compare import Timing, machine, table
from benchmarks.contenders import Contender, absent, present

_TIMINGS = pytest.StashKey[list[Timing]]()
_CONTENDERS = pytest.StashKey[list[Contender]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start with an empty table."""
    config.stash[_TIMINGS] = []


@pytest.fixture(scope="session")
def contenders(pytestconfig: pytest.Config) -> list[Contender]:
    """Return chainrule and the peers that are installed, set up once."""
    config = pytestconfig
    config.stash[_CONTENDERS] = present()
    return config.stash[_CONTENDERS]


@pytest.fixture
def record(pytestconfig: pytest.Config) -> Callable[[Timing], None]:
    """Return what adds a line to the table."""
    return pytestconfig.stash[_TIMINGS].append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    timings = config.stash[_TIMINGS]
    if not timings:
        return
    contenders = config.stash[_CONTENDERS]
    terminalreporter.section("time of one gradient, eager")
    terminalreporter.write_line(table(timings))
    terminalreporter.write_line("")
    terminalreporter.write_line("In parentheses: our time divided by the peer's; below 1 chainrule is faster.")
    for contender in contenders:
        terminalreporter.write_line(f"{contender.name}: {contender.function}")
    if absent():
        terminalreporter.write_line(f"skipped, not installed: {', '.join(absent())}")
    terminalreporter.write_line(machine(["numpy", *(contender.name for contender in contenders)]))

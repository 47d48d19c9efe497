"""Owns what a run of the benchmarks prints at its end: a section for each kind, who took part, and the machine."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from benchmarks import native_peers
from benchmarks.compare import Race, Timing, goal_table, machine, race_table, table
from benchmarks.contenders import Contender, absent, present

_TIMINGS = pytest.StashKey[list[Timing]]()
_CONTENDERS = pytest.StashKey[list[Contender]]()
_RACES = pytest.StashKey[list[Race]]()
_FIRSTS = pytest.StashKey[list[Race]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start with empty tables."""
    config.stash[_TIMINGS] = []
    config.stash[_RACES] = []
    config.stash[_FIRSTS] = []


@pytest.fixture(scope="session")
def contenders(pytestconfig: pytest.Config) -> list[Contender]:
    """Return chainrule and the peers that are installed, set up once."""
    config = pytestconfig
    config.stash[_CONTENDERS] = present()
    return config.stash[_CONTENDERS]


@pytest.fixture
def record(pytestconfig: pytest.Config) -> Callable[[Timing], None]:
    """Return what adds a line to the table of eager gradients."""
    return pytestconfig.stash[_TIMINGS].append


@pytest.fixture
def record_race(pytestconfig: pytest.Config) -> Callable[[Race], None]:
    """Return what adds a case to the tables of compiled derivatives."""
    return pytestconfig.stash[_RACES].append


@pytest.fixture
def record_first(pytestconfig: pytest.Config) -> Callable[[Race], None]:
    """Return what adds a case to the tables of first calls."""
    return pytestconfig.stash[_FIRSTS].append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables of what has run."""
    write = terminalreporter.write_line
    timings, races, firsts = config.stash[_TIMINGS], config.stash[_RACES], config.stash[_FIRSTS]
    distributions = ["numpy", "chainrule"]
    if timings:
        terminalreporter.section("time of one gradient, eager")
        write(table(timings))
        write("")
        write("In parentheses: our time divided by the peer's; below 1 chainrule is faster.")
        for contender in config.stash[_CONTENDERS]:
            write(f"{contender.name}: {contender.function}")
            distributions.append(contender.name)
        if absent():
            write(f"skipped, not installed: {', '.join(absent())}")
    for title, group in (("compiled, steady state", races), ("first calls", firsts)):
        if group:
            terminalreporter.section(title)
            write(race_table(group))
            write("")
            write(goal_table(group))
    if races or firsts:
        write("")
        write(
            "Ratios are our time divided by the other's; below 1 chainrule is faster. A goal is the ratio to stay below."
        )
        for peer in native_peers.present():
            write(f"{peer.name}: {peer.about}")
            distributions.append(peer.distribution)
        if native_peers.absent():
            write(f"skipped, not installed: {', '.join(native_peers.absent())}")
        write(
            f"CHAINRULE_NUM_THREADS: {os.environ.get('CHAINRULE_NUM_THREADS', 'not set')}; peers' threads as they come"
        )
    if timings or races or firsts:
        write(machine(list(dict.fromkeys(filter(None, distributions)))))

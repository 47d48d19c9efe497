"""Owns what it costs to begin: tracing and compiling each case, and the first gradient of a fresh process.

Nothing is kept on disk between these: the package switches chainrule's cache off, and jax's is off unless asked for.
Our first calls compute as well, and with large arrays that is what they mostly do; lowering and compiling does not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import pytest

import chainrule as cr
from benchmarks import fresh_process, peer_autograd, peer_chainrule, peer_jax
from benchmarks.compare import Goal, Race, Role
from benchmarks.native_cases import CASES, NativeCase
from benchmarks.neighbors import Neighbors

REPEATS = 3
MOST_SECONDS = 5.0  # once this is spent, nothing is repeated
CALLS = 12  # enough to be compiled, also where that happens in the background
COMPILED_FACTOR = 2.0  # a call is taken to be compiled if it is this close to the fastest

FIRST = "chainrule, first call"
SECOND = "chainrule, second call"
BOTH = "chainrule, until compiled"
JAX = "jax.jit, lower and compile"
JAX_CALLED = "jax.jit, the same and two calls"
AUTOGRAD = "autograd, first call"

MEANT = "as meant"
RECURRENCE_SECONDS = 0.25
GRAD_SECONDS = 0.15
JIT_SECONDS = 0.25
PEAK_BYTES = 80e6


def _seconds(call: Callable[[], Any]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def _least(measure: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
    """Return the least of a few measurements, of each of their numbers."""
    end = perf_counter() + MOST_SECONDS
    best = measure()
    for _ in range(REPEATS - 1):
        if perf_counter() > end:
            break
        best = tuple(map(min, best, measure()))
    return best


def _ours(case: NativeCase) -> dict[str, float]:
    """Return what the first calls of a new function take, and how long it takes until calls are fast."""
    call = partial(cr.jit(peer_chainrule.derived(case)), *case.arguments())
    taken = [_seconds(call) for _ in range(CALLS)]
    steady = COMPILED_FACTOR * min(taken)
    until = next(index for index, seconds in enumerate(taken) if seconds <= steady)
    return {BOTH: sum(taken[:until]), FIRST: taken[0], SECOND: taken[1]}


def _jax(case: NativeCase) -> dict[str, float]:
    """Return what tracing and compiling takes, and that with two calls, for each formulation."""
    figures: dict[str, float] = {}
    if find_spec("jax") is not None:
        for name, formula, _ in peer_jax.formulations(case):
            ready, called = _least(partial(peer_jax.first_seconds, case, formula))
            figures[name.replace(peer_jax.NAME, JAX)] = ready
            figures[name.replace(peer_jax.NAME, JAX_CALLED)] = called
    return figures


def _autograd(case: NativeCase) -> dict[str, float]:
    """Return what a call of a new function takes."""
    if find_spec("autograd") is None:
        return {}
    arguments = case.arguments()
    (seconds,) = _least(lambda: (_seconds(partial(peer_autograd.derived(case), *arguments)),))
    return {AUTOGRAD: seconds}


@pytest.mark.filterwarnings("ignore")  # peers warn of themselves
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_compile(case: NativeCase, record_first: Callable[[Race], None]) -> None:
    """Each tool starts from new functions."""
    neighbors = Neighbors()
    figures: dict[str, float] = {}
    for _ in range(REPEATS):
        for name, seconds in _ours(case).items():
            figures[name] = min(seconds, figures.get(name, seconds))
    roles = dict.fromkeys(figures, Role.OURS)
    rivals = _jax(case)
    goals = [Goal(3, name) for name in rivals if name.startswith(JAX)]
    busy = neighbors.cores()
    record_first(Race(f"compiling: {case.name}", figures | rivals, roles, goals, disturbance=busy))
    if case.key == "recurrence":
        wait = {BOTH: figures[BOTH], MEANT: RECURRENCE_SECONDS}
        record_first(Race(f"until compiled: {case.name}", wait, _against(BOTH), [Goal(1, MEANT)], disturbance=busy))
        begin = {FIRST: figures[FIRST]} | _autograd(case)
        record_first(Race(f"first call: {case.name}", begin, _against(FIRST), [Goal(1, AUTOGRAD)], disturbance=busy))


def _against(ours: str) -> dict[str, Role]:
    return {ours: Role.OURS, MEANT: Role.LIMIT}


def test_fresh_process(record_first: Callable[[Race], None]) -> None:
    """Each library imports itself and takes one gradient of a small function."""
    neighbors = Neighbors()
    starts = fresh_process.measure()
    busy = neighbors.cores()
    for ours, seconds in (("chainrule, grad", GRAD_SECONDS), ("chainrule, jit called twice", JIT_SECONDS)):
        goals = [Goal(1, MEANT)]
        names = [ours, *(name for name in starts if not name.startswith("chainrule"))]
        roles = {ours: Role.OURS, fresh_process.NUMPY: Role.LIMIT, MEANT: Role.LIMIT}
        times = {name: starts[name].seconds for name in names} | {MEANT: seconds}
        peaks = {name: starts[name].peak for name in names} | {MEANT: PEAK_BYTES}
        record_first(Race(f"fresh process, time: {ours}", times, roles, goals, disturbance=busy))
        record_first(Race(f"fresh process, peak memory: {ours}", peaks, roles, goals, unit="B"))

"""Owns the race of programs that users have, in plain NumPy: ours compiled, jax.jit, and autograd, which compiles nothing.

There are no goals beside them, but that ours is the fastest of all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from benchmarks.compare import BEST_PEER, Goal, Race, Role, interleave
from benchmarks.neighbors import Neighbors
from benchmarks.user_programs import PROGRAMS, Program

CASE_SECONDS = 3.0
OURS = "chainrule"


def _ours(program: Program) -> Callable[[], Any]:
    return partial(cr.jit(cr.value_and_grad(partial(program.fun, np))), *program.arguments())


def _autograd(program: Program) -> Callable[[], Any]:
    autograd, namespace = import_module("autograd"), import_module("autograd.numpy")
    fun = program.of("autograd")
    assert fun is not None
    return partial(autograd.value_and_grad(partial(fun, namespace)), *program.arguments())


def _jax(program: Program) -> Callable[[], Any]:
    jax, namespace = import_module("jax"), import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    fun = program.of("jax")
    assert fun is not None
    compiled = jax.jit(jax.value_and_grad(partial(fun, namespace)))
    arguments = [namespace.asarray(argument) for argument in program.arguments()]
    return lambda: jax.block_until_ready(compiled(*arguments))


PEERS: dict[str, tuple[str, Callable[[Program], Callable[[], Any]]]] = {
    "jax.jit": ("jax", _jax),
    "autograd": ("autograd", _autograd),
}


@pytest.mark.filterwarnings("ignore")  # peers warn of themselves
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.fun.__name__)
def test_program(program: Program, record_race: Callable[[Race], None]) -> None:
    """Every contender finds the same; then they race."""
    calls, roles = {OURS: _ours(program)}, {OURS: Role.OURS}
    absent: dict[str, str] = {}
    for name, (module, make) in PEERS.items():
        if find_spec(module) is None:
            absent[name] = "not installed"
        elif program.of(module) is None:
            absent[name] = "its arrays cannot be assigned to"
        else:
            label = f"{name}, rewritten" if module in program.rewritten else name
            calls[label] = make(program)
            roles[label] = Role.REWRITTEN if module in program.rewritten else Role.PEER
    for _ in range(2):
        value, slope = calls[OURS]()
    for name, call in calls.items():
        found, other = call()
        np.testing.assert_allclose(np.asarray(found), value, rtol=1e-8, err_msg=name)
        np.testing.assert_allclose(np.asarray(other), slope, rtol=1e-7, atol=1e-8, err_msg=name)
    neighbors = Neighbors()
    seconds = interleave(calls, case_seconds=CASE_SECONDS)
    goals = (Goal(1, BEST_PEER),)
    record_race(Race(f"program: {program.name}", seconds, roles, goals, absent, disturbance=neighbors.cores()))

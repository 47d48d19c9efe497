"""Owns the race of whole descents: each contender's end is compared with ours, then all take turns.

A test fails when ends differ. It never fails for a time: times are printed, next to the machine's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import chainrule as cr
from benchmarks import descent_peers as peers
from benchmarks.compare import BEST_PEER, Goal, Race, Role, interleave
from benchmarks.neighbors import Neighbors
from chainrule.optim import LBFGS, Adam, GradientDescent

CASE_SECONDS = 12.0
OURS = "chainrule"
QUIET = "chainrule, record=False"
JITTED = "chainrule, in a jitted function"
SCIPY = "SciPy, with our gradient"
START = np.array([-1.2, 1.0])


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the loops in C; None without gcc."""
    return peers.reference(tmp_path_factory.mktemp("descent"))


def race(
    name: str, runs: peers.Runs, ours: tuple[str, ...], goals: tuple[Goal, ...], record: Callable[[Race], None]
) -> None:
    """Let all find the same, then race."""
    expected = np.asarray(runs[ours[0]]()).ravel()
    for label, run in runs.items():
        found = np.asarray(run()).ravel()[: expected.size]
        # Adam swings about the minimum, with any rounding.
        np.testing.assert_allclose(found, expected, rtol=1e-4, err_msg=label)
    neighbors = Neighbors()
    seconds = interleave(runs, case_seconds=CASE_SECONDS)
    roles = {label: Role.LIMIT if label == peers.C else Role.PEER for label in runs} | dict.fromkeys(ours, Role.OURS)
    record(Race(name, seconds, roles, goals, disturbance=neighbors.cores()))


@pytest.mark.filterwarnings("ignore")  # peers warn of themselves
def test_adam(reference: Any, record_race: Callable[[Race], None]) -> None:
    """10,000 steps of Adam on Rosenbrock's function of two variables."""
    method, steps = Adam(0.01), peers.ADAM_STEPS
    runs: peers.Runs = {
        QUIET: lambda: cr.minimize(peers.rosenbrock, START, method, steps, 0.0, record=False).x,
        OURS: lambda: cr.minimize(peers.rosenbrock, START, method, steps, 0.0).x,
    }
    runs |= peers.adam(START, reference)
    goals = (Goal(1.5, BEST_PEER), Goal(1 / 1.2, peers.C))
    race("descent: 10,000 steps of Adam, Rosenbrock(2)", runs, (QUIET, OURS), goals, record_race)


@pytest.mark.filterwarnings("ignore")
def test_logistic(reference: Any, record_race: Callable[[Race], None]) -> None:
    """1000 steps of gradient descent on the logistic loss of 1000 samples with 20 features."""
    dice = np.random.default_rng(0)
    data, signs = dice.normal(size=(1000, 20)), np.where(dice.random(1000) < 0.5, -1.0, 1.0)
    method, start = GradientDescent(0.1), np.zeros(20)

    def loss(w: Any) -> Any:
        return np.mean(np.logaddexp(0, signs * (data @ w)))

    runs: peers.Runs = {
        QUIET: lambda: cr.minimize(loss, start, method, peers.LOGISTIC_STEPS, 0.0, record=False).x,
        OURS: lambda: cr.minimize(loss, start, method, peers.LOGISTIC_STEPS, 0.0).x,
    }
    runs |= peers.logistic(data, signs, reference)
    goals = (Goal(2, BEST_PEER), Goal(1 / 1.2, peers.C))
    race("descent: 1000 steps, logistic regression 1000 x 20", runs, (QUIET, OURS), goals, record_race)


def test_lbfgs(record_race: Callable[[Race], None]) -> None:
    """L-BFGS on the logistic loss of 500 samples with 20 features; SciPy's, with our compiled gradient, keeps no record."""
    dice = np.random.default_rng(0)
    data, start = dice.normal(size=(500, 20)), np.zeros(20)
    signs = np.sign(data @ dice.normal(size=20) + dice.normal(size=500))

    def loss(w: Any) -> Any:
        return np.mean(np.logaddexp(0, signs * (data @ w))) + 0.01 * (w @ w)

    compute = cr.jit(cr.value_and_grad(loss))
    options = {"gtol": 1e-8 / math.sqrt(20), "ftol": 0.0}
    runs: peers.Runs = {
        OURS: lambda: cr.minimize(loss, start, LBFGS()).x,
        SCIPY: lambda: minimize(compute, start, jac=True, method="L-BFGS-B", options=options).x,
    }
    race("descent: L-BFGS, logistic regression 500 x 20", runs, (OURS,), (Goal(1 / 2, BEST_PEER),), record_race)


@pytest.mark.filterwarnings("ignore")
def test_ten_steps(reference: Any, record_race: Callable[[Race], None]) -> None:
    """Ten steps on x² from 5, with the whole record; and the same inside of a jitted function."""
    method = GradientDescent(0.1)

    def parabola(x: Any) -> Any:
        return x**2

    jitted = cr.jit(lambda x: cr.minimize(parabola, x, method, 10).x)
    for _ in range(200_000):  # until it is hot, and compiled well
        jitted(5.0)
    runs: peers.Runs = {
        OURS: lambda: cr.minimize(parabola, 5.0, method, 10).x,
        JITTED: lambda: jitted(5.0),
    }
    others = peers.parabola(reference)
    race("descent: ten steps on x²", runs | others, (OURS, JITTED), (Goal(1, BEST_PEER),), record_race)
    inside = {JITTED: runs[JITTED]} | {name: run for name, run in others.items() if name == peers.C}
    race("descent: ten steps on x², compiled", inside, (JITTED,), (Goal(1 / 2, peers.C),), record_race)


@pytest.mark.filterwarnings("ignore")
def test_first_call(record_first: Callable[[Race], None]) -> None:
    """Everything from a new function to the end of 10,000 steps of Adam, compiling included."""
    figures: dict[str, float] = {}
    neighbors = Neighbors()

    def time_once(name: str, run: Callable[[], Any]) -> None:
        begin = perf_counter()
        run()
        figures[name] = min(perf_counter() - begin, figures.get(name, np.inf))

    for turn in range(4):

        def fun(x: Any, turn: int = turn) -> Any:
            return peers.rosenbrock(x) + 0.0 * turn

        time_once(OURS, partial(cr.minimize, fun, START, Adam(0.01), peers.ADAM_STEPS, 0.0))
        if find_spec("jax") and find_spec("optax"):
            time_once(peers.OPTAX, peers.jax_adam(START))
    roles = {OURS: Role.OURS}
    name = "first call: 10,000 steps of Adam"
    record_first(Race(name, figures, roles, (Goal(3, BEST_PEER),), disturbance=neighbors.cores()))

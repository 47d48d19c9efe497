"""Proves that methods arrive: each at the minima of convex functions, and the usual ones at the end of Rosenbrock's valley."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.optim.methods.cases import CASES

import chainrule as cr
from chainrule.native.iterate import iterate
from chainrule.optim import Adam, ClipNorm, Momentum, NAdam, Nesterov, RMSprop
from chainrule.optim.problems import PROBLEMS, Problem, rosenbrock
from chainrule.optim.schedules import Cosine

CONVEX = [problem for problem in PROBLEMS if problem.is_convex]


def end(method: Any, fun: Any, start: Any, steps: int) -> Any:
    compute = cr.grad(fun)

    def step(state: Any) -> Any:
        x, kept = state
        return method.update(compute(x), kept, x)

    x = np.array(start)
    return iterate(step, (x, method.init(x)), steps).state[0]


@pytest.mark.parametrize("problem", CONVEX, ids=lambda problem: problem.name)
@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.convex)[:60])
def test_every_method_reaches_the_minima_of_convex_functions(case: Any, problem: Problem) -> None:
    found = end(case.convex, problem.fun, problem.start, 20_000)
    np.testing.assert_allclose(found, problem.minima[0], atol=1e-4)


@pytest.mark.parametrize(
    ("method", "steps"),
    [
        (Momentum(0.0005, 0.95), 20_000),
        (Nesterov(0.0005, 0.95), 20_000),
        (RMSprop(Cosine(0.01, 20_000)), 20_000),
        (Adam(0.01), 10_000),
        (NAdam(Cosine(0.01, 20_000)), 20_000),
        (ClipNorm(Momentum(0.0005, 0.95), 100.0), 20_000),
    ],
    ids=repr,
)
def test_the_end_of_rosenbrocks_valley_is_reached(method: Any, steps: int) -> None:
    np.testing.assert_allclose(end(method, rosenbrock, [-1.2, 1.0], steps), [1.0, 1.0], atol=1e-3)

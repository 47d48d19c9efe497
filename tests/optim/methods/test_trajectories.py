"""Proves that every method goes where its published formula leads, and where PyTorch and Optax go with the same settings."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from tests.optim.methods.cases import CASES, bowl, descend, rosenbrock
from tests.optim.methods.trajectories import trajectory

import chainrule as cr

PROBLEMS = ((bowl, [3.0, -1.0, 0.5]), (rosenbrock, [-1.2, 1.0]))
STEPS = 60
NAMES = [case.name for case in CASES]


def agree(got: Any, wanted: Any) -> None:
    """Ask for equality to rounding, which an unstable start may amplify a little."""
    assert np.all(np.isfinite(wanted))
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("fun", "start"), PROBLEMS, ids=lambda part: getattr(part, "__name__", ""))
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_points_are_those_of_the_published_formula(case: Any, fun: Any, start: Any) -> None:
    x = np.array(start)
    got = descend(case.method, fun, x, STEPS)
    agree(got, trajectory(case.formula(x), cr.grad(fun), STEPS))
    assert np.max(np.abs(got[-1] - got[0])) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.torch], ids=lambda case: case.name)
def test_points_are_those_of_pytorch(case: Any) -> None:
    torch = pytest.importorskip("torch")
    name, settings = case.torch
    start = np.array([3.0, -1.0, 0.5])
    x = torch.tensor(start, requires_grad=True, dtype=torch.float64)
    optimizer = getattr(torch.optim, name)([x], foreach=False, **settings)
    compute, wanted = cr.grad(bowl), [start]
    for _ in range(STEPS):
        x.grad = torch.tensor(compute(x.detach().numpy()))
        optimizer.step()
        wanted.append(x.detach().numpy().copy())
    agree(descend(case.method, bowl, start, STEPS), np.stack(wanted))


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.optax], ids=lambda case: case.name)
def test_points_are_those_of_optax(case: Any) -> None:
    optax = pytest.importorskip("optax")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    jax = pytest.importorskip("jax")
    name, places, settings = case.optax
    start = np.array([3.0, -1.0, 0.5])
    compute = cr.grad(bowl)
    with jax.enable_x64(True):
        optimizer = getattr(optax, name)(*places, **settings)
        x = jax.numpy.array(start)
        state, wanted = optimizer.init(x), [start]
        for _ in range(STEPS):
            change, state = optimizer.update(jax.numpy.array(compute(np.asarray(x))), state, x)
            x = optax.apply_updates(x, change)
            wanted.append(np.asarray(x))
    agree(descend(case.method, bowl, start, STEPS), np.stack(wanted))

"""Owns the list of methods for tests: whatever is listed here is tested in every way that a method is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tests.optim.methods import trajectories

import chainrule as cr
from chainrule.optim import (
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AMSGrad,
    Box,
    ClipNorm,
    ClipValue,
    GradientDescent,
    Lion,
    Lookahead,
    Maximize,
    Momentum,
    NAdam,
    Nesterov,
    Noise,
    RAdam,
    RMSprop,
    WeightDecay,
)
from chainrule.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    Milestones,
    OneCycle,
    Polynomial,
    Step,
    WarmRestarts,
    WarmUp,
)


@dataclass(frozen=True)
class Case:
    """A method with the published formula of the same settings.

    torch, optax: what makes the same method there, or None. convex: settings that reach the minima of the convex problems.
    """

    method: Any
    formula: Any
    torch: tuple[str, dict[str, Any]] | None = None
    optax: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None
    convex: Any = field(default=None)

    @property
    def name(self) -> str:
        return repr(self.method)


def _decayed(rate: float) -> Any:
    """Return a rate that shrinks: with a fixed one, a step whose length does not depend on the gradient does not come to rest."""
    return Cosine(rate, 4000)


CASES = (
    Case(
        GradientDescent(0.001), lambda x: trajectories.gradient_descent(x, 0.001),
        ("SGD", {"lr": 0.001}), ("sgd", (0.001,), {}), GradientDescent(0.015),
    ),
    Case(
        Momentum(0.0005, 0.8), lambda x: trajectories.momentum(x, 0.0005, 0.8),
        ("SGD", {"lr": 0.0005, "momentum": 0.8}), ("sgd", (0.0005, 0.8), {}), Momentum(0.01),
    ),
    Case(
        Nesterov(0.0005, 0.8), lambda x: trajectories.nesterov(x, 0.0005, 0.8),
        ("SGD", {"lr": 0.0005, "momentum": 0.8, "nesterov": True}), ("sgd", (0.0005, 0.8), {"nesterov": True}), Nesterov(0.01),
    ),
    Case(
        Adagrad(0.1, initial_accumulator_value=0.1), lambda x: trajectories.adagrad(x, 0.1, 0.1),
        ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.1}),
        ("adagrad", (0.1,), {"initial_accumulator_value": 0.1, "eps": 0.0}), Adagrad(1.0),
    ),
    Case(
        Adadelta(0.5, rho=0.95), lambda x: trajectories.adadelta(x, 0.5, 0.95),
        ("Adadelta", {"lr": 0.5, "rho": 0.95}), ("adadelta", (0.5, 0.95), {"eps": 1e-6}), Adadelta(_decayed(100.0)),
    ),
    Case(
        RMSprop(0.01), lambda x: trajectories.rmsprop(x, 0.01),
        ("RMSprop", {"lr": 0.01}), ("rmsprop", (0.01, 0.99), {"eps_in_sqrt": False}), RMSprop(_decayed(0.1)),
    ),
    Case(
        RMSprop(0.002, alpha=0.9, momentum=0.5, centered=True),
        lambda x: trajectories.rmsprop(x, 0.002, 0.9, momentum=0.5, centered=True),
        ("RMSprop", {"lr": 0.002, "alpha": 0.9, "momentum": 0.5, "centered": True}), None,
        RMSprop(_decayed(0.02), momentum=0.5, centered=True),
    ),
    Case(Adam(0.05), lambda x: trajectories.adam(x, 0.05), ("Adam", {"lr": 0.05}), ("adam", (0.05,), {}), Adam(_decayed(0.1))),
    Case(
        Adam(0.05, 0.8, 0.95, 1e-3), lambda x: trajectories.adam(x, 0.05, 0.8, 0.95, 1e-3),
        ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}), ("adam", (0.05, 0.8, 0.95, 1e-3), {}),
        Adam(_decayed(0.1), 0.8, 0.95, 1e-3),
    ),
    Case(
        AdamW(0.05, weight_decay=0.1), lambda x: trajectories.adam(x, 0.05, decay=0.1),
        ("AdamW", {"lr": 0.05, "weight_decay": 0.1}), ("adamw", (0.05,), {"weight_decay": 0.1}),
        AdamW(_decayed(0.1), weight_decay=0.0),
    ),
    Case(
        AMSGrad(0.05), lambda x: trajectories.adam(x, 0.05, largest=True),
        ("Adam", {"lr": 0.05, "amsgrad": True}), None, AMSGrad(_decayed(0.5)),
    ),
    Case(
        Adamax(0.05), lambda x: trajectories.adamax(x, 0.05), ("Adamax", {"lr": 0.05}), ("adamax", (0.05,), {}),
        Adamax(_decayed(0.5)),
    ),
    Case(NAdam(0.05), lambda x: trajectories.nadam(x, 0.05), ("NAdam", {"lr": 0.05}), None, NAdam(_decayed(0.1))),
    Case(
        RAdam(0.0005), lambda x: trajectories.radam(x, 0.0005), ("RAdam", {"lr": 0.0005}), None,
        ClipNorm(RAdam(_decayed(0.1)), 1.0),
    ),
    Case(
        RAdam(0.0008, 0.8, 0.9, 1e-3), lambda x: trajectories.radam(x, 0.0008, 0.8, 0.9, 1e-3),
        ("RAdam", {"lr": 0.0008, "betas": (0.8, 0.9), "eps": 1e-3}), None, ClipNorm(RAdam(_decayed(0.1), 0.8, 0.9, 1e-3), 1.0),
    ),
    Case(
        Lion(0.01, weight_decay=0.1), lambda x: trajectories.lion(x, 0.01, decay=0.1),
        None, ("lion", (0.01,), {"weight_decay": 0.1}), Lion(_decayed(0.01)),
    ),
)  # fmt: skip
"""Every method that goes step by step."""

MODIFIED = (
    WeightDecay(Momentum(0.01), 0.1),
    ClipNorm(Adam(0.1), 1.0),
    ClipValue(GradientDescent(0.1), 0.5),
    Noise(GradientDescent(0.01), 0.3),
    Maximize(RMSprop(0.01)),
    Lookahead(Momentum(0.01), 3),
    Box(ClipNorm(Adam(0.1), 1.0), 0.0, 1.0),
    Maximize(Box(Noise(WeightDecay(Nesterov(0.01), 0.1), 0.1, seed=2**40 + 1), -0.5, 0.5)),
)
"""Modifiers, alone and nested."""

SCHEDULED = tuple(
    Momentum(schedule)
    for schedule in (
        Constant(0.01),
        Step(0.01, 3),
        Exponential(0.01, 0.9),
        Milestones(0.01, (3, 12)),
        Polynomial(0.01, 20, 0.9),
        Cosine(0.01, 20, 0.001),
        WarmRestarts(0.01, 4, 2),
        WarmUp(Cosine(0.01, 20), 5),
        OneCycle(0.01, 20),
        lambda step: 0.01 / np.sqrt(step + 1),
    )
)
"""A method with each schedule, and with one of the user's own."""

METHODS = (*(case.method for case in CASES), *MODIFIED, *SCHEDULED)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def bowl(x: Any) -> Any:
    return np.sum(np.array([1.0, 30.0, 4.0])[: np.shape(x)[0]] * x**2) / 2 + np.sum(np.cos(x))


def descend(method: Any, fun: Any, x: Any, steps: int) -> Any:
    """Return the start and the points after each step, stacked."""
    compute = cr.grad(fun)
    state, found = method.init(x), [x]
    for _ in range(steps):
        x, state = method.update(compute(x), state, x)
        found.append(x)
    return np.stack(found)

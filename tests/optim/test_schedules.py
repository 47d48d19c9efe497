"""Proves that schedules are the published formulas, step for step those of PyTorch, and can be traced."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
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

COUNT = 60


def one_cycle(step: int) -> float:
    """Smith and Topin 2018 with cosine waves: up from 0.3 / 25 for 0.25 * 60 - 1 steps, then down to 0.3 / 25 / 1e4."""
    if step <= 14:
        return 0.3 / 25 + (0.3 - 0.3 / 25) * (1 - math.cos(math.pi * step / 14)) / 2
    return 0.3 / 25e4 + (0.3 - 0.3 / 25e4) * (1 + math.cos(math.pi * (step - 14) / 45)) / 2


def restarts(step: int) -> float:
    """Loshchilov and Hutter 2017: waves of 4, 12 and 36 steps, and so on, one after another."""
    length = 4
    while step >= length:
        step, length = step - length, 3 * length
    return 0.01 + 0.29 * (1 + math.cos(math.pi * step / length)) / 2


def warm_then_cosine(step: int) -> float:
    if step < 10:
        return 0.2 * (1 / 3 + 2 / 3 * step / 10)
    return 0.01 + 0.19 * (1 + math.cos(math.pi * (step - 10) / 50)) / 2


CASES = (
    (Constant(0.3), lambda step: 0.3, ("LambdaLR", 0.3, {"lr_lambda": lambda step: 1.0})),
    (Step(0.3, 7, 0.5), lambda step: 0.3 * 0.5 ** (step // 7), ("StepLR", 0.3, {"step_size": 7, "gamma": 0.5})),
    (Exponential(0.3, 0.9), lambda step: 0.3 * 0.9**step, ("ExponentialLR", 0.3, {"gamma": 0.9})),
    (
        Cosine(0.3, 60, 0.01),
        lambda step: 0.01 + 0.29 * (1 + math.cos(math.pi * step / 60)) / 2,
        ("CosineAnnealingLR", 0.3, {"T_max": 60, "eta_min": 0.01}),
    ),
    (
        Milestones(0.3, (5, 40), 0.5),
        lambda step: 0.3 * 0.5 ** ((step >= 5) + (step >= 40)),
        ("MultiStepLR", 0.3, {"milestones": [5, 40], "gamma": 0.5}),
    ),
    (
        Polynomial(0.3, 40, 2.0),
        lambda step: 0.3 * (1 - min(step, 40) / 40) ** 2,
        ("PolynomialLR", 0.3, {"total_iters": 40, "power": 2.0}),
    ),
    (
        WarmRestarts(0.3, 7, smallest=0.01),
        lambda step: 0.01 + 0.29 * (1 + math.cos(math.pi * (step % 7) / 7)) / 2,
        ("CosineAnnealingWarmRestarts", 0.3, {"T_0": 7, "eta_min": 0.01}),
    ),
    (
        WarmRestarts(0.3, 4, 3, 0.01),
        restarts,
        ("CosineAnnealingWarmRestarts", 0.3, {"T_0": 4, "T_mult": 3, "eta_min": 0.01}),
    ),
    (
        WarmUp(0.2, 10, 0.25),
        lambda step: 0.2 * (0.25 + 0.75 * min(step, 10) / 10),
        ("LinearLR", 0.2, {"start_factor": 0.25, "total_iters": 10}),
    ),
    (WarmUp(Cosine(0.2, 50, 0.01), 10), warm_then_cosine, None),
    (
        OneCycle(0.3, 60, warm_up=0.25),
        one_cycle,
        ("OneCycleLR", 0.3, {"max_lr": 0.3, "total_steps": 60, "pct_start": 0.25, "cycle_momentum": False}),
    ),
)


@pytest.mark.parametrize(("schedule", "formula", "_"), CASES, ids=range(len(CASES)))
def test_rates_are_those_of_the_formula(schedule: Any, formula: Any, _: Any) -> None:
    found = [schedule(step) for step in range(COUNT)]
    assert all(type(rate) is float for rate in found)
    np.testing.assert_allclose(found, [formula(step) for step in range(COUNT)], rtol=1e-12)
    np.testing.assert_allclose(schedule(np.arange(COUNT)), found, rtol=1e-14)
    np.testing.assert_allclose([cr.jit(schedule)(step) for step in (0, 7, 14, 30)], [found[k] for k in (0, 7, 14, 30)])


@pytest.mark.slow
@pytest.mark.parametrize(("schedule", "_", "peer"), [case for case in CASES if case[2]])
def test_rates_are_those_of_pytorch(schedule: Any, _: Any, peer: Any) -> None:
    torch = pytest.importorskip("torch")
    name, rate, settings = peer
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
    for step in range(COUNT):
        assert schedule(step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        if step < COUNT - 1:
            scheduler.step()


@pytest.mark.slow
def test_a_warm_up_is_a_sequence_of_schedules_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    kinds = torch.optim.lr_scheduler
    parts = [kinds.LinearLR(optimizer, total_iters=10), kinds.ExponentialLR(optimizer, 0.9)]
    scheduler = kinds.SequentialLR(optimizer, parts, milestones=[10])
    schedule = WarmUp(Exponential(0.2, 0.9), 10)
    for step in range(COUNT):
        assert schedule(step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        scheduler.step()


def test_after_their_last_step_schedules_stay() -> None:
    assert Cosine(0.3, 60, 0.01)(1000) == pytest.approx(0.01)
    assert OneCycle(0.3, 60)(59) == OneCycle(0.3, 60)(1000) == pytest.approx(0.3 / 25e4)
    assert WarmUp(0.2, 10)(10) == WarmUp(0.2, 10)(10**9) == 0.2


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_each_wave_starts_at_the_top_however_late(factor: int) -> None:
    begin, length = 0, 13
    while begin < 10**7:
        assert WarmRestarts(0.3, 13, factor)(begin) == pytest.approx(0.3)
        assert WarmRestarts(0.3, 13, factor)(begin + length - 1) < 0.01
        begin, length = begin + length, max(factor * length, 13 * 10**5 if factor == 1 and begin else length)


def test_a_cycle_may_start_at_the_top() -> None:
    assert OneCycle(0.3, 2, warm_up=0.0)(0) == pytest.approx(0.3)
    assert OneCycle(0.3, 60, warm_up=0.0)(59) == pytest.approx(0.3 / 25e4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(0), "learning_rate is a finite number above 0"),
        (lambda: Step(0.1, 0), "step_size is a whole number of at least 1, such as 100"),
        (lambda: Step(0.1, 5, 0), "gamma is a finite number above 0"),
        (lambda: Exponential(0.1, -1), "gamma is a finite number above 0"),
        (lambda: Cosine(0.1, 1.5), "steps is a whole number"),
        (lambda: Cosine(0.1, 10, -1), "smallest is a finite number of at least 0"),
        (lambda: Milestones(0.1, [10]), "milestones is a tuple of steps"),
        (lambda: Milestones(0.1, (0,)), "each of milestones is a whole number of at least 1"),
        (lambda: Polynomial(0.1, 10, 0), "power is a finite number above 0"),
        (lambda: WarmRestarts(0.1, 10, 0), "factor is a whole number of at least 1"),
        (lambda: WarmUp("fast", 10), "then is a finite number above 0"),
        (lambda: WarmUp(0.1, 10, 1.0), "start_factor is a number of at least 0 and below 1"),
        (lambda: OneCycle(0.1, 1), "steps is a whole number of at least 2"),
        (lambda: OneCycle(0.1, 10, 1.5), "warm_up is a number of at least 0 and below 1"),
        (lambda: OneCycle(0.1, 10, div_factor=0), "div_factor is a finite number above 0"),
        (lambda: OneCycle(0.1, 10, final_div_factor=math.inf), "final_div_factor is a finite number above 0"),
    ],
)
def test_settings_are_checked(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()

"""Owns schedules: learning rates that change with the number of the step.

A schedule is a function of the number of steps taken so far, 0 at first; any function of one number will do, if it is plain
NumPy. Give it in place of a learning rate: `Adam(Cosine(0.1, steps=1000))`. The formulas are those of PyTorch's
torch.optim.lr_scheduler with one `scheduler.step()` for each step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.optim.methods.settings import check_count, check_fraction, check_not_negative, check_positive

_ROUNDING = 1e-10  # the logarithm of a whole power may come out so much too small

Schedule: TypeAlias = Callable[[Any], Any]
"""Takes the number of steps taken so far, and returns the learning rate of the next one."""


@final
@dataclass(frozen=True, slots=True)
class Constant:
    """The same learning rate at every step.

    >>> Constant(0.1)(1000)
    0.1
    """

    learning_rate: float

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        return _number(self.learning_rate + 0.0 * step)


@final
@dataclass(frozen=True, slots=True)
class Step:
    """The learning rate times gamma after every step_size steps: learning_rate * gamma^⌊step / step_size⌋ (StepLR).

    gamma: above 0; 0.1 is PyTorch's.

    >>> schedule = Step(1.0, step_size=10, gamma=0.5)
    >>> schedule(0), schedule(9), schedule(10), schedule(25)
    (1.0, 1.0, 0.5, 0.25)
    """

    learning_rate: float
    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)
        check_count("step_size", self.step_size, 1, 100)
        check_positive("gamma", self.gamma, 0.1)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        return _number(self.learning_rate * self.gamma ** np.floor(step / self.step_size))


@final
@dataclass(frozen=True, slots=True)
class Milestones:
    """The learning rate times gamma at each of some steps: learning_rate * gamma^(how many of them are past) (MultiStepLR).

    milestones: a tuple of whole numbers of at least 1. gamma: above 0; 0.1 is PyTorch's.

    >>> schedule = Milestones(1.0, (10, 50), gamma=0.5)
    >>> schedule(9), schedule(10), schedule(50)
    (1.0, 0.5, 0.25)
    """

    learning_rate: float
    milestones: tuple[int, ...]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)
        if not isinstance(self.milestones, tuple) or not self.milestones:
            raise ValueError(f"milestones is a tuple of steps, such as (300, 800), not {self.milestones!r:.60}")
        for milestone in self.milestones:
            check_count("each of milestones", milestone, 1, 300)
        check_positive("gamma", self.gamma, 0.1)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        past = sum(1.0 * np.greater_equal(step, milestone) for milestone in self.milestones)
        return _number(self.learning_rate * self.gamma**past)


@final
@dataclass(frozen=True, slots=True)
class Polynomial:
    """A power of the steps that are left: smallest + (learning_rate - smallest) * (1 - step / steps)^power (PolynomialLR).

    After `steps` the rate stays at smallest, 0 by default, as in PyTorch. power: above 0; with 1 it is a straight line.

    >>> schedule = Polynomial(1.0, steps=100, power=2.0)
    >>> schedule(0), schedule(50), schedule(100), schedule(200)
    (1.0, 0.25, 0.0, 0.0)
    """

    learning_rate: float
    steps: int
    power: float = 1.0
    smallest: float = 0.0

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)
        check_count("steps", self.steps, 1, 1000)
        check_positive("power", self.power, 1.0)
        check_not_negative("smallest", self.smallest, 0.0)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        left = 1.0 - np.minimum(step / self.steps, 1.0)
        return _number(self.smallest + (self.learning_rate - self.smallest) * left**self.power)


@final
@dataclass(frozen=True, slots=True)
class Exponential:
    """The learning rate times gamma after every step: learning_rate * gamma^step (ExponentialLR).

    gamma: above 0. After k steps the rate is about learning_rate * exp(-(1 - gamma) k): with 0.999 it falls to a third in 1,000.

    >>> Exponential(1.0, gamma=0.5)(3)
    0.125
    """

    learning_rate: float
    gamma: float

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)
        check_positive("gamma", self.gamma, 0.999)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        return _number(self.learning_rate * self.gamma ** (1.0 * step))


@final
@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a wave from learning_rate down to smallest: smallest + (learning_rate - smallest) * (1 + cos(π step / steps)) / 2.

    This is CosineAnnealingLR; after `steps` the rate stays at smallest, where PyTorch's would rise again.
    smallest: at least 0, 0 by default.
    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.

    >>> schedule = Cosine(1.0, steps=100)
    >>> schedule(0), round(schedule(50), 6), schedule(100), schedule(200)
    (1.0, 0.5, 0.0, 0.0)
    """

    learning_rate: float
    steps: int
    smallest: float = 0.0

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)
        check_count("steps", self.steps, 1, 1000)
        check_not_negative("smallest", self.smallest, 0.0)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        return _number(_half_wave(self.learning_rate, self.smallest, np.minimum(step / self.steps, 1.0)))


@final
@dataclass(frozen=True, slots=True)
class WarmRestarts:
    """Half waves as those of Cosine, one after another, each from the top (CosineAnnealingWarmRestarts).

    steps: of the first wave. factor: a whole number of at least 1; each wave is so many times as long as the one before.
    smallest: at least 0, 0 by default.
    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.

    >>> schedule = WarmRestarts(1.0, steps=10, factor=2)
    >>> schedule(0), round(schedule(5), 6), schedule(10), round(schedule(20), 6), schedule(30)
    (1.0, 0.5, 1.0, 0.5, 1.0)
    """

    learning_rate: float
    steps: int
    factor: int = 1
    smallest: float = 0.0

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, 0.1)
        check_count("steps", self.steps, 1, 100)
        check_count("factor", self.factor, 1, 2)
        check_not_negative("smallest", self.smallest, 0.0)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        waves = step / self.steps
        if self.factor == 1:
            part = waves - np.floor(waves + _ROUNDING)
        else:
            grown = 1.0 + waves * (self.factor - 1)  # factor^k where wave k begins
            begun = float(self.factor) ** np.floor(np.log(grown) / math.log(self.factor) + _ROUNDING)
            part = (grown / begun - 1) / (self.factor - 1)
        return _number(_half_wave(self.learning_rate, self.smallest, np.maximum(part, 0.0)))


@final
@dataclass(frozen=True, slots=True)
class WarmUp:
    """A straight line from start_factor times the first rate of another schedule up to it, and then that schedule.

    This is LinearLR, and after `steps` what is inside, from its own step 0 on (SequentialLR).

    then: a schedule, or a number for a rate that stays. steps: at least 1. start_factor: at least 0 and below 1; a third is
    PyTorch's.
    Source: Goyal and others, "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.

    >>> schedule = WarmUp(0.4, steps=10, start_factor=0.0)
    >>> schedule(0), round(schedule(5), 6), schedule(10), schedule(500)
    (0.0, 0.2, 0.4, 0.4)
    """

    then: Schedule | float
    steps: int
    start_factor: float = 1 / 3

    def __post_init__(self) -> None:
        if not callable(self.then):
            check_positive("then", self.then, 0.1)
        check_count("steps", self.steps, 1, 100)
        check_fraction("start_factor", self.start_factor, 0.1)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        then = self.then if callable(self.then) else Constant(self.then)
        factor = self.start_factor + (1 - self.start_factor) * np.minimum(step / self.steps, 1.0)
        return _number(factor * then(np.maximum(step - self.steps, 0)))


@final
@dataclass(frozen=True, slots=True)
class OneCycle:
    """Half a wave up from largest / div_factor to largest, and half a wave down to that start / final_div_factor (OneCycleLR).

    It rises for warm_up * steps - 1 steps, and is at its end at step `steps` - 1, where it stays. With no step to rise it starts
    at the top, where PyTorch's has gone a step down already.
    steps: at least 2. warm_up: the part of the steps in which the rate rises, at least 0 and below 1; 0.3, and the factors 25
    and 10,000, are PyTorch's.
    Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.

    >>> schedule = OneCycle(1.0, steps=101, warm_up=21 / 101)
    >>> round(schedule(0), 8), schedule(20), round(schedule(60), 4), round(schedule(100), 8)
    (0.04, 1.0, 0.5, 4e-06)
    """

    largest: float
    steps: int
    warm_up: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        check_positive("largest", self.largest, 0.1)
        check_count("steps", self.steps, 2, 1000)
        check_fraction("warm_up", self.warm_up, 0.3)
        check_positive("div_factor", self.div_factor, 25.0)
        check_positive("final_div_factor", self.final_div_factor, 1e4)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many steps."""
        first, last = self.largest / self.div_factor, self.largest / self.div_factor / self.final_div_factor
        top = max(self.warm_up * self.steps - 1, 0.0)
        fall = _half_wave(self.largest, last, np.clip((step - top) / (self.steps - 1 - top), 0.0, 1.0))
        if top == 0:
            return _number(fall)
        rise = _half_wave(first, self.largest, np.minimum(step / top, 1.0))
        return _number(np.where(np.less_equal(step, top), rise, fall))


def _half_wave(start: float, end: float, part: Any) -> Any:
    """Return the value after a part (0 to 1) of half a cosine wave."""
    return end + (start - end) * ((1 + np.cos(math.pi * part)) / 2)


def _number(rate: Any) -> Any:
    """Return a lone number of NumPy as Python's, which does not widen float32; anything else as it is."""
    return rate.item() if isinstance(rate, np.generic | np.ndarray) and rate.ndim == 0 else rate

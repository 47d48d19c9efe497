"""Owns learning rates that are measured: short descents at many rates, for methods that no simple theory covers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, final

import numpy as np

from chainrule.errors import JitWarning
from chainrule.native.descents.step_code import Stepper
from chainrule.native.iterate import iterate
from chainrule.optim.geometry.lanczos import Vector
from chainrule.optim.geometry.predicted_rates import Verdict
from chainrule.optim.geometry.report import number
from chainrule.optim.modifiers.modifier import sign_of
from chainrule.transforms.derivatives import value_and_grad

RATES = tuple(float(f"{mantissa}e{power}") for power in range(-5, 2) for mantissa in (1, 2, 5))
"""The rates of a sweep: 1, 2 and 5 times the powers of ten from 1e-5 to 10."""
STEPS = 200
"""So many steps a descent of the sweep takes."""
_ARRIVED = 1e-12  # nearer to the lowest loss than this part of the whole way down is there
_HALF = 0.5  # such a part of the best gain is right
_FALLS = 0.9  # a loss whose distance from the lowest keeps less of itself from the third quarter of the steps to the last, falls
_NEAR = 1e-6  # and one that is nearer than this part of the whole way need not


def with_rate(method: Any, rate: Any) -> Any:
    """Return a method with another learning rate, also inside of what modifies it; raise ValueError where it has none."""
    names = {field.name for field in fields(method)} if is_dataclass(method) and not isinstance(method, type) else set()
    if "learning_rate" in names:
        return replace(method, learning_rate=rate)
    if "method" in names:
        return replace(method, method=with_rate(method.method, rate))
    raise ValueError(f"{type(method).__name__} has no learning rate: it chooses the length of its steps itself")


@final
class Descents:
    """Short descents of one function with one method, each at a rate of its own; all run the same native code."""

    def __init__(self, fun: Callable[..., Any], method: Any, x: Any, steps: int = STEPS) -> None:
        self.method, self.x, self.steps = method, x, steps
        compute = value_and_grad(fun)

        def step(state: Any, rate: Any) -> Any:
            at, memory = state
            value, gradient = compute(at)
            return with_rate(method, rate).update(gradient, memory, at), np.float64(1.0) * value

        step.__name__ = getattr(fun, "__name__", "step")
        self._stepper = Stepper(step, has_aux=True)

    def losses(self, rate: float) -> Vector:
        """Return the loss at the start and after each step but the last: shape (steps,); a loss to be maximized with a minus."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", JitWarning)  # what is not compiled is computed all the same
            found = iterate(self._stepper, (self.x, self.method.init(self.x)), self.steps, (rate,))
        losses: Vector = sign_of(self.method) * np.asarray(found.records, dtype=np.float64)
        return losses


@final
@dataclass(frozen=True, eq=False)
class MeasuredRates:
    """Learning rates of a method, as short descents from the point have shown them.

    rates: that were tried, ascending. losses: one row for each rate.
    """

    descents: Descents
    rates: Vector
    losses: Vector

    @cached_property
    def gains(self) -> Vector:
        """By how much each rate brought the loss down, on the mean of all steps; -inf where it diverged."""
        return np.array([_gain(row) for row in self.losses])

    @cached_property
    def best(self) -> float | None:
        """The rate with the lowest mean loss, of those that do not only go to and fro; None where none brought it down."""
        return None if self._best_row is None else float(self.rates[self._best_row])

    @cached_property
    def _best_row(self) -> int | None:
        if not np.max(self.gains) > 0:
            return None
        settling = np.array([self._settles(row) for row in self.losses])
        return int(
            np.argmax(np.where(settling, self.gains, -np.inf) if np.any(self.gains[settling] > 0) else self.gains)
        )

    def _settles(self, losses: Vector) -> bool:
        """Whether losses still fall at the end, or are as low as any: a rate that is fast at first may never arrive."""
        lowest = float(np.min(self.losses[np.isfinite(self.losses)]))
        quarter = len(losses) // 4
        with np.errstate(over="ignore", invalid="ignore"):
            third, last = (_mean(part - lowest) for part in (losses[2 * quarter : 3 * quarter], losses[3 * quarter :]))
        return last <= max(_FALLS * third, _NEAR * (float(losses[0]) - lowest))

    @cached_property
    def bound(self) -> float:
        """The largest rate below which no descent ended higher than it began; infinite where none did."""
        bad = np.flatnonzero(np.isneginf(self.gains))
        if not bad.size:
            return math.inf
        return float(self.rates[bad[0] - 1]) if bad[0] else 0.0

    @property
    def soonest(self) -> float | None:
        """The rate that first comes as low as any; None where none comes below the start."""
        finite = np.where(np.isfinite(self.losses), self.losses, np.inf)
        start, lowest = float(finite[0, 0]), float(np.min(finite))
        if not lowest < start:
            return None
        is_there = finite <= lowest + _ARRIVED * (start - lowest)
        arrivals = np.where(np.any(is_there, axis=1), np.argmax(is_there, axis=1), finite.shape[1])
        return float(self.rates[int(np.argmin(arrivals))])

    def verdict(self, rate: float) -> Verdict | None:
        """Return what a rate does, by a descent at this very rate; None where no rate brings the loss down."""
        return None if self.best is None else self._judge(rate, self.descents.losses(rate))

    def _judge(self, rate: float, losses: Vector) -> Verdict:
        gain = _gain(losses)
        if math.isinf(gain):
            return "diverging"
        assert self.best is not None
        assert self._best_row is not None
        if gain >= _HALF * self.gains[self._best_row] and (rate <= self.best or self._settles(losses)):
            return "right"
        return "oscillating" if rate > self.best else "too slow"

    def describe(self, rate: float) -> str:
        """Return what a rate does, with what the descent at this rate has shown."""
        if self.best is None or self._best_row is None:
            return f"{number(rate)}: no rate that was tried brings the loss below that of the start"
        losses = self.descents.losses(rate)
        best = self.losses[self._best_row]
        end = f"in {self.descents.steps} steps the loss goes from {number(losses[0])} to {number(losses[-1])}"
        mean = f"on the mean of all steps it is {number(_mean(losses))}"
        beside = f"at the best rate, {number(self.best)}, {number(_mean(best))}"
        return f"{number(rate)} is {self._judge(rate, losses)}: {end}; {mean}, {beside}."


def _gain(losses: Vector) -> float:
    """Return how far below the start the mean loss is; -inf where the last loss is above the start, or one is not finite."""
    if not np.all(np.isfinite(losses)) or losses[-1] > losses[0]:
        return -math.inf
    with np.errstate(over="ignore"):
        return -_mean(losses - losses[0])


def _mean(losses: Vector) -> float:
    """Return the mean, also of losses whose sum is too large for a number."""
    return float(np.sum(losses / len(losses)))


def measure_rates(descents: Descents) -> MeasuredRates:
    """Return what the sweep over `RATES` shows."""
    return MeasuredRates(descents, np.array(RATES), np.stack([descents.losses(rate) for rate in RATES]))

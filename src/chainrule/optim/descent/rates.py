"""Owns what theory says of a descent's learning rate, after the event: it measures the curvature at a point of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from chainrule.optim.descent.second_look import SecondLook
from chainrule.optim.descent.task import Task
from chainrule.optim.geometry.predicted_rates import NARROW, PredictedRates, Verdict
from chainrule.optim.geometry.second_order import look
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.momentum import Momentum
from chainrule.optim.methods.nesterov import Nesterov
from chainrule.optim.modifiers.maximize import Maximize
from chainrule.optim.modifiers.modifier import sign_of

_LOOKS = 200  # so many steps of a schedule are looked at
_PRODUCTS = 40
"""With so many products of the Hessian with a vector, the largest eigenvalue is known well enough for a message."""


@final
@dataclass(frozen=True, slots=True)
class Stability:
    """A learning rate beside the curvature at a point.

    place: which point that is. is_scheduled: whether the rate is the largest one of a schedule. largest: the largest eigenvalue
    of the Hessian there. bound: steps grow along its direction where the rate is above this; formula: how it is found. best: a
    rate that suits this curvature. verdict: what the rate does. smallest: the smallest curvature that is not 0, None where it is
    not known or negative. better: (learning rate, momentum) where the momentum is far too large, else None.
    """

    place: str
    is_scheduled: bool
    rate: float
    largest: float
    bound: float
    formula: str
    best: float
    verdict: Verdict | None
    smallest: float | None
    better: tuple[float, float] | None

    def rate_named(self) -> str:
        """Say which rate it is."""
        return (
            f"the schedule's largest learning rate {plain(self.rate)}"
            if self.is_scheduled
            else f"the learning rate {plain(self.rate)}"
        )

    def against_bound(self) -> str:
        """Say where the rate is, beside the bound."""
        same = 1e-6
        side = (
            "above" if self.rate > self.bound * (1 + same) else "at" if self.rate > self.bound * (1 - same) else "below"
        )
        return (
            f"{side} the stable bound {self.formula} = {plain(self.bound)} (λmax = {plain(self.largest)} {self.place})"
        )

    def beyond_rates(self, narrow: float = NARROW) -> str:
        """Say what no learning rate helps against, as a clause; empty text where one helps.

        narrow: where the function bends so many times more across than along, that is said.
        """
        if self.smallest is not None and self.largest > narrow * self.smallest:
            return (
                f"; the curvature goes from {plain(self.smallest)} to {plain(self.largest)}, so that a rate for the steepest "
                "direction is far too slow for the flattest: bring the parts of x (or the columns of the data) to one scale, or "
                "take cr.optim.LBFGS()"
            )
        if self.better is None:
            return ""
        rate, momentum = map(plain, self.better)
        return (
            "; so large a momentum swings for long at every rate: for this curvature cr.optim.Momentum"
            f"({rate}, momentum={momentum}) is best"
        )


def stability(task: Task, end: Any = None) -> Stability | None:
    """Return what theory says, at the start or at another point; None where it has no bound for the method, or there is none.

    end: the point where the descent is now, if that is meant.
    """
    method = task.method
    while isinstance(method, Maximize):
        method = method.method
    if not isinstance(method, GradientDescent | Momentum | Nesterov):
        return None
    schedule = method.learning_rate if callable(method.learning_rate) else None
    rate = method.learning_rate if schedule is None else largest(schedule, task.steps)
    if not isinstance(rate, int | float) or not 0 < rate < math.inf:
        return None
    method = replace(method, learning_rate=rate)
    spectrum = None
    with SecondLook(task.fun, task.args):
        around = look(downhill(task), task.x if end is None else end, task.args)
        spectrum = around.spectrum(steps=_PRODUCTS)
    if spectrum is None:
        return None  # the function is not what theory speaks of
    zero = max(1e-12 * spectrum.scale, *spectrum.errors)
    ends = np.array([spectrum.smallest, spectrum.largest])
    theory = PredictedRates(method, spectrum, ends, np.full(2, around.norm), zero, task.tol)
    if math.isinf(theory.bound) or theory.best is None:
        return None
    verdict = theory.verdict(float(rate))
    place = "at the start" if end is None else "where it is now"
    rates = float(rate), spectrum.largest, theory.bound
    known = ends if spectrum.eigenvalues is None else spectrum.eigenvalues
    whole = replace(theory, curvatures=known)
    better = whole.best_momentum if whole.is_heavy else None
    return Stability(place, schedule is not None, *rates, theory.formula, theory.best, verdict, whole.lowest, better)


def largest(schedule: Callable[[Any], Any], steps: int) -> float | None:
    """Return the largest learning rate of a schedule, as far as some of its steps show; None where it has no numbers."""
    with SecondLook(schedule):
        return max(float(schedule(int(step))) for step in np.linspace(0, steps, min(steps + 1, _LOOKS)))
    return None


def downhill(task: Task) -> Callable[..., Any]:
    """Return the function that is minimized."""
    sign, value_of = sign_of(task.method), task.value_of

    def fun(x: Any, *args: Any) -> Any:
        return sign * value_of(x, *args)

    return fun


def plain(number: float) -> str:
    """Return a number as a person writes it.

    >>> plain(1.0), plain(0.30000000000000004), plain(1e-7)
    ('1.0', '0.3', '1e-07')
    """
    text = f"{number:.4g}"
    return text if any(sign in text for sign in ".en") else f"{text}.0"

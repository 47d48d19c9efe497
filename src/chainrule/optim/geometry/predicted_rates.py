"""Owns what theory says of learning rates: the stable bound, the best rate, and what a given rate will do.

The theory is that of the quadratic that fits the function at a point. Sources: Polyak, "Introduction to optimization", 1987,
chapters 2 and 3; Goh, "Why momentum really works", Distill, 2017.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, final

import numpy as np

from chainrule.optim.geometry.contraction import Linear, radius, steps_until
from chainrule.optim.geometry.lanczos import Spectrum, Vector
from chainrule.optim.geometry.report import apart, count, number
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.momentum import Momentum
from chainrule.optim.methods.nesterov import Nesterov

Verdict: TypeAlias = Literal["too slow", "right", "oscillating", "diverging"]

PATIENCE = 10
"""A rate is not right where it needs more than so many times the steps of the best rate,"""
FEW = 30
"""or than so many times these steps, where the best rate needs fewer."""
PROGRESS = 1e-6
"""Steps are compared for coming nearer by this factor."""
NARROW = 1e6
"""Where it bends so many times more across than along, gradient descent needs about as many steps."""
BETWEEN = 60
"""Where the ends of a spectrum are known, so many curvatures between them stand for the rest."""
_STRAIGHT = 1e-3  # a step that keeps less of the distance is as good as any
_SAME = 1e-9  # rates that differ by less than this part are the same

_LIMITS: dict[type, tuple[Callable[[Any], float], str]] = {
    GradientDescent: (lambda method: 2.0, "2/λmax"),
    Momentum: (lambda method: 2 * (1 + method.momentum), "2(1 + momentum)/λmax"),
    Nesterov: (
        lambda method: 2 * (1 + method.momentum) / (1 + 2 * method.momentum),
        "2(1 + momentum)/((1 + 2 momentum) λmax)",
    ),
}
"""Below which product of learning rate and curvature each method is stable, and how the bound is written."""


@final
@dataclass(frozen=True, eq=False)
class PredictedRates:
    """Learning rates of a method on the quadratic with these curvatures.

    curvatures: the eigenvalues that are known, shape (n,). gradient: its part in each of these directions, shape (n,); where only
    the ends of the spectrum are known, all of it in each. zero: what counts as no curvature. tol: of the gradient's norm.
    """

    method: Linear
    spectrum: Spectrum
    curvatures: Vector
    gradient: Vector
    zero: float
    tol: float

    @property
    def formula(self) -> str:
        """How the stable bound is written."""
        return _LIMITS[type(self.method)][1]

    @cached_property
    def bound(self) -> float:
        """The rate above which the method diverges; infinite where the function bends upward nowhere."""
        largest = self.spectrum.largest
        return _LIMITS[type(self.method)][0](self.method) / largest if largest > self.zero else math.inf

    @cached_property
    def lowest(self) -> float | None:
        """The smallest positive curvature; None where it is not known or a direction bends downward."""
        if self.spectrum.smallest < -self.zero:
            return None
        upward = self.curvatures[self.curvatures > self.zero]
        if not upward.size or (self.spectrum.eigenvalues is None and self.spectrum.smallest <= self.zero):
            return None
        return float(upward[0])

    @cached_property
    def best(self) -> float | None:
        """The fixed rate that contracts fastest; half the bound where the smallest curvature is not known or not positive."""
        if math.isinf(self.bound):
            return None
        if self.lowest is None:
            return self.bound / 2
        if isinstance(self.method, GradientDescent):
            return 2 / (self.spectrum.largest + self.lowest)
        ends = np.array([self.lowest, self.spectrum.largest])
        least, most = 1e-9 * self.bound, self.bound
        for _ in range(4):
            rates = np.geomspace(least, most, 200)
            worst = np.max(radius(self.method, np.multiply.outer(rates, ends)), axis=1)
            good = np.flatnonzero(worst <= np.min(worst) * (1 + 1e-6))
            least, most = rates[max(good[0] - 1, 0)], rates[min(good[-1] + 1, 199)]
        # Momentum has a whole range of rates that contract alike: the middle one is farthest from both ends.
        return math.sqrt(rates[good[0]] * rates[good[-1]])

    @cached_property
    def best_momentum(self) -> tuple[float, float] | None:
        """Polyak's (learning rate, momentum), with which the heavy ball contracts fastest; None where λmin is not known."""
        if self.lowest is None or math.isinf(self.bound):
            return None
        high, low = math.sqrt(self.spectrum.largest), math.sqrt(self.lowest)
        return 4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2

    @property
    def is_heavy(self) -> bool:
        """Whether the momentum is so large that no rate comes near the pace of the best momentum.

        A step shrinks the distance by no more than the square root of the momentum.
        """
        if not isinstance(self.method, Momentum) or self.best_momentum is None:
            return False
        least, best = (math.sqrt(momentum) for momentum in (self.method.momentum, self.best_momentum[1]))
        return _pace(least) > PATIENCE * max(_pace(best), FEW)

    def factor(self, rate: float) -> float | None:
        """Return by how much a step shrinks the distance to the minimum in the long run; None where there is none to come to."""
        if self.lowest is None or math.isinf(self.bound):
            return None
        return float(np.max(radius(self.method, rate * np.array([self.lowest, self.spectrum.largest]))))

    def steps(self, rate: float, method: Linear | None = None) -> float | None:
        """Return how many steps bring the gradient's norm to the tolerance; infinite if never, None if not known."""
        chosen = method or self.method
        if self.lowest is not None and self.spectrum.eigenvalues is None:
            return self._steps_at_most(rate, chosen)
        if self.lowest is None and not self._is_flat:
            return None
        return steps_until(chosen, rate * self.curvatures, self.gradient, self.tol)

    def _steps_at_most(self, rate: float, method: Linear) -> float:
        """Return the steps where only the ends of the spectrum are known: enough for a gradient along any curvature between.

        The norm is at most that at the start times the most that is left along one curvature, with momentum not that of an end.
        """
        between = np.geomspace(self.curvatures[0], self.curvatures[-1], BETWEEN)
        return steps_until(method, rate * between, np.full(BETWEEN, np.max(self.gradient)), self.tol, _longest)

    @property
    def steps_are_at_most(self) -> bool:
        """Whether steps are an upper bound, since the ends of the spectrum are all that is known."""
        return self.spectrum.eigenvalues is None and self.spectrum.converged

    @property
    def is_still(self) -> bool:
        """Whether the gradient is zero, so that no step moves."""
        return not np.any(self.gradient)

    @property
    def _is_flat(self) -> bool:
        return self.spectrum.eigenvalues is not None and math.isinf(self.bound)

    @cached_property
    def best_steps(self) -> float | None:
        """The steps at the best rate."""
        return None if self.best is None else self.steps(self.best)

    def verdict(self, rate: float) -> Verdict | None:
        """Return what a rate does; None where there is no bound to compare it with."""
        if math.isinf(self.bound) or self.best is None:
            return None
        if rate > self.bound * (1 + _SAME):
            return "diverging"
        factor = self.factor(rate)
        if factor is None:
            share = rate / self.bound
            return "too slow" if share < 1 / 50 else "oscillating" if share > 0.99 else "right"
        if _pace(factor) <= PATIENCE * max(_pace(self.factor(self.best)), FEW):
            return "right"
        return "too slow" if rate < self.best else "oscillating"

    def describe(self, rate: float) -> str:
        """Return what a rate does, with the numbers that say why."""
        verdict = self.verdict(rate)
        if verdict is None or self.best is None:
            return f"{number(rate)}: {self._no_bound()}"
        bound = f"the stable bound {self.formula} = {number(self.bound)}"
        factor = self.factor(rate)
        if verdict == "diverging":
            worst = float(radius(self.method, [rate * self.spectrum.largest])[0])
            grows = f"along the steepest direction each step makes the distance {apart(worst, 1.0)} times as large"
            return f"{apart(rate, self.bound)} is diverging: it is above {bound}; {grows}. Try {self.shown_best}."
        if factor is None:
            where = "far below" if verdict == "too slow" else "close to" if verdict == "oscillating" else "below"
            return f"{number(rate)} is {verdict}: it is {where} {bound}. How many steps it needs is not known."
        return f"{number(rate)} is {verdict}: {self._pace_text(rate, factor, bound)}"

    def _no_bound(self) -> str:
        if self.is_still:
            return "the gradient is 0 here, so that no step moves, at any rate"
        if self.spectrum.scale <= self.zero:
            return "the function is straight here: no rate diverges and none arrives"
        return "the function bends downward here, so that every rate moves away; there is no minimum to come to"

    @property
    def shown_best(self) -> str:
        """The best rate with as many digits as tell it from the bound."""
        return "none" if self.best is None else apart(self.best, self.bound)

    def _pace_text(self, rate: float, factor: float, bound: str) -> str:
        is_plain = isinstance(self.method, GradientDescent)
        if factor >= 1 - _SAME:
            jump = "each step lands on the other side of the minimum, as far away as before"
            return f"it is at {bound}: {jump if is_plain else 'the swings no longer shrink'}. Try {self.shown_best}."
        said = f"each step keeps {_percent(factor)} of the distance to the minimum"
        if factor < _STRAIGHT:
            said = "it leads almost straight to the minimum"
        elif is_plain and rate * self.spectrum.largest > 1 + _SAME:
            said += " and lands on the other side of it along the steepest direction"
        about = "at most about" if self.steps_are_at_most else "about"
        said += f"; {about} {count(self.steps(rate))} to a gradient of norm {number(self.tol)}"
        if self.best is None or abs(rate - self.best) <= 1e-3 * self.best:
            return f"{said}."
        return f"{said}; the best rate, {self.shown_best}, needs {count(self.best_steps)}."


def _longest(parts: Vector) -> Any:
    return np.max(np.abs(parts))


def _pace(factor: float | None) -> float:
    """Return how many steps come nearer by `PROGRESS` where each contracts by this factor."""
    if factor is None or factor >= 1 - _SAME:
        return math.inf
    return max(math.log(PROGRESS) / math.log(factor), 1.0) if factor > 0 else 1.0


def _percent(factor: float) -> str:
    """Return a share in percent, with as many digits as it takes to tell it from 100.

    >>> _percent(0.8), _percent(0.998), _percent(0.9999999)
    ('80%', '99.8%', '99.99999%')
    """
    digits = max(0, math.ceil(-math.log10(1 - factor)) - 2) if 0 < factor < 1 else 0
    return f"{100 * factor:.{digits + 1}f}".rstrip("0").rstrip(".") + "%"

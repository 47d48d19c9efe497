"""Owns the message of a descent: how it ended, in numbers, why, and what to try."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.descent.critical import doubt, is_boxed
from chainrule.optim.descent.outcome import Minimum, Status
from chainrule.optim.descent.rates import Stability, plain, stability
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.descent.trouble import trouble_at
from chainrule.optim.descent.verdict import ROUNDING
from chainrule.optim.geometry.report import count
from chainrule.optim.modifiers.modifier import Modifier, sign_of
from chainrule.optim.modifiers.weight_decay import WeightDecay

_SAME = 1e-6
_MODEST = 0.1  # a learning rate that is not too large for most functions of numbers of size 1
_TOO_LONG = "the gradient is infinite, or longer than 1e154"  # so that its square is infinite
_DECAY = "weight decay pulls x away from where the gradient vanishes: with less of it, or none, it goes on"
_FEW = 1e6  # more steps are not named: nobody will take them
_STEADY = 0.9  # of the pace before: a descent that keeps less of it slows down


_TOO_SHORT = "is shorter than 1e-162"  # so that its square is 0, and yet it is not


def not_finite(value: float, square: float) -> str:
    """Say what is not finite: the value of the function, or the square of the gradient's norm."""
    if not math.isfinite(value):
        return f"the function is {value}"
    return "the gradient is nan" if math.isnan(square) else _TOO_LONG


def norm_said(norm: float, gradient: Any) -> str:
    """Say how long a gradient is, whose norm was computed by squares.

    >>> norm_said(0.25, 0.25), norm_said(0.0, 1e-200)
    ('has norm 0.25', 'is shorter than 1e-162')
    """
    return f"has norm {norm:.3g}" if norm or not any(map(np.any, flatten(gradient)[0])) else _TOO_SHORT


@final
@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """What is needed to tell how a descent ended. last: its last point. value, square: there. interrupted: by whom."""

    task: Task
    last: Any
    value: float
    square: float
    interrupted: str

    def __call__(self, found: Minimum) -> str:
        """Return the message."""
        after = after_steps(found.nit)
        norm = math.sqrt(self.square) if self.square >= 0 else math.nan
        match found.status:
            case Status.CONVERGED:
                return self._converged(found, norm, after)
            case Status.INTERRUPTED:
                return f"interrupted: {self.interrupted} {after}"
            case Status.NOT_FINITE:
                return self._not_finite(found, after)
            case Status.DIVERGED:
                return self._diverged(found.trail, after)
            case Status.STALLED:
                return self._stalled(found.trail, norm, after)
            case _:
                return self._exhausted(found, norm, after)

    def _converged(self, found: Minimum, norm: float, after: str) -> str:
        boxed = is_boxed(self.task.method)
        length = f"within the box has norm {norm:.3g}" if boxed else norm_said(norm, found.jac)
        text = f"converged: the gradient {length} {after}"
        if not found.nit and norm:
            text += f", less than tol = {self.task.tol:.3g}; with a smaller one it goes on"
        but = doubt(self.task, found.x, found.nit)
        return f"{text}; {but}" if but else text

    def _bad(self) -> str:
        """Say what is not finite."""
        return not_finite(self.value, self.square)

    def _not_finite(self, found: Minimum, after: str) -> str:
        found_out = trouble_at(self.task, self.last)
        return f"not finite: {self._bad()} {after}{found_out}; {found_out.advice(not found.nit)}"

    def _diverged(self, trail: Trail, after: str) -> str:
        sign, first = sign_of(self.task.method), float(trail.values[0])
        has_gained = sign * self.value < sign * first
        if math.isfinite(self.value) and self.square < math.inf:
            what = (
                f"the function {'grew' if self.value > first else 'fell'} from {first:.4g} to {self.value:.4g} {after}"
            )
        else:
            found_out = trouble_at(self.task, self.last)
            what = f"{self._bad()} {after}{'' if found_out.is_too_large else found_out}"
        if has_gained:
            return f"diverged: {what}: it has no {'minimum' if sign > 0 else 'maximum'} that way"
        return f"diverged: {what}; {self._blame(stability(self.task))}"

    def _blame(self, known: Stability | None) -> str:
        """Say what is wrong with the learning rate of a descent that diverged."""
        if known is None:
            return _smaller(self.task.method)
        if known.rate > known.bound * (1 - _SAME):
            return f"{known.rate_named()} is {known.against_bound()}; try {plain(known.best)}"
        return (
            f"{known.rate_named()} is {known.against_bound()}, but the curvature grows on the way; "
            f"try {plain(known.rate / 10)}"
        )

    def _stalled(self, trail: Trail, norm: float, after: str) -> str:
        still = f"the gradient still has norm {norm:.3g} {after}"
        if _turns_back(trail):
            known = stability(self.task)
            swings = f"stalled, oscillating: every step undoes the one before, and {still}"
            if known is None or known.rate < known.bound * (1 - 1e-3):
                return (
                    f"{swings}; {_smaller(self.task.method)}, or one that falls, such as cr.optim.schedules.Exponential"
                )
            return f"{swings}; {known.rate_named()} is {known.against_bound()}; try {plain(known.best)}"
        if len(trail.values) > 2 and abs(self.value - float(trail.values[-3])) <= ROUNDING * abs(self.value):
            rounding = "stalled: steps no longer change the function by more than rounding does"
            if _decays(self.task.method):
                return f"{rounding}; {still}; {_DECAY}"
            return f"{rounding}; {still}; {_other(self.task)}"
        lower = "lower" if sign_of(self.task.method) > 0 else "higher"
        ended = f"stalled: the function has not become {lower} in the last half; {still}"
        if _decays(self.task.method):
            return f"{ended}; {_DECAY}"
        return f"{ended}; {_smaller(self.task.method)}"

    def _exhausted(self, found: Minimum, norm: float, after: str) -> str:
        trail = found.trail
        still = f"the gradient still has norm {norm:.3g} {after}"
        if trail.done == 1:
            return f"steps exhausted: {still}"
        if trail.squares[-1] >= trail.squares[0] and trail.done > 2:
            return (
                f"steps exhausted: {still}, as large as at the start; it may have no "
                f"{'minimum' if sign_of(self.task.method) > 0 else 'maximum'} that way, or needs more steps"
            )
        text = f"steps exhausted: {still}{_steps_left(trail, norm, self.task.tol)}"
        known = stability(self.task, found.x)
        if known is not None and known.verdict == "too slow":
            text += f"; too slow: {known.rate_named()} is far {known.against_bound()}; try {plain(known.best)}"
        return text


def after_steps(steps: int) -> str:
    """Say after how many steps something is so.

    >>> after_steps(0), after_steps(1), after_steps(1000)
    ('at the start', 'after 1 step', 'after 1,000 steps')
    """
    return f"after {count(steps)}" if steps else "at the start"


def _smaller(method: Any) -> str:
    while hasattr(method, "method"):
        method = method.method
    rate = getattr(method, "learning_rate", None)
    if isinstance(rate, float):
        return f"try a smaller learning rate, such as {plain(min(rate / 10, _MODEST))}"
    return "try a smaller learning rate" if rate is not None else "try another start"


def _decays(method: Any) -> bool:
    """Whether x is drawn to 0."""
    while isinstance(method, Modifier) and not isinstance(method, WeightDecay):
        method = method.method
    return isinstance(method, WeightDecay) or bool(getattr(method, "weight_decay", 0))


def _other(task: Task) -> str:
    if any(getattr(leaf, "dtype", None) in (np.float16, np.float32) for leaf in flatten(task.x)[0]):
        return "x is less precise than float64: give x0 as float64, or a larger tol"
    return f"{'a larger learning rate, ' if hasattr(task.method, 'learning_rate') else ''}a larger tol, or another start may help"


def _turns_back(trail: Trail) -> bool:
    """Whether the last point but one is where the last but three was, so that steps go to and fro."""
    if trail.points_every != 1 or trail.done < 4:
        return False
    last, middle, first = (np.concatenate([np.ravel(column[-row]) for column in trail.points]) for row in (1, 2, 3))
    step = float(np.linalg.norm(last - middle))
    return step > 0 and float(np.linalg.norm(last - first)) <= 1e-3 * step


def _steps_left(trail: Trail, norm: float, tol: float) -> str:
    """Return how many steps more it takes, judged by the last half of the steps, as the end of a sentence.

    Empty where the norm of the gradient does not become smaller from the third quarter to the last, or hardly.
    """
    half = len(trail.squares) // 2
    first = half - 1 if half else 0
    before = math.sqrt(float(trail.squares[first]))
    steps = trail.done - 1 - first * trail.every
    if not (tol > 0 and steps > 0 and 0 < norm < before * (1 - 1e-9)):
        return ""
    later = np.asarray(trail.squares[first:], dtype=float)
    middle = len(later) // 2
    if 0 < middle < len(later) - 1:
        if later[middle:].max() >= later[:middle].max():
            return ""
        earlier_pace = math.log(later[0] / later[middle]) / middle if later[middle] > 0 else 0.0
        pace = math.log(later[middle] / later[-1]) / (len(later) - 1 - middle) if later[middle] > 0 else 0.0
        if np.all(np.diff(later) <= 0) and pace < _STEADY * earlier_pace:
            needed = 2 * math.log(norm / tol) / pace * trail.every if pace > 0 else math.inf
            return f"; it slows down, and takes more than {math.floor(needed):,} more" if needed < _FEW else ""
    needed = math.log(norm / tol) / math.log(before / norm) * steps
    return f"; at this pace it takes about {math.ceil(needed):,} more" if needed < _FEW else ""

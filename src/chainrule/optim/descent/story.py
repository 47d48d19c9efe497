"""Owns the message of a descent: how it ended, in numbers, why, and what to try."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.descent.advice import cut_short, decays, larger, other, smaller
from chainrule.optim.descent.critical import doubt, is_boxed
from chainrule.optim.descent.jumps import jump
from chainrule.optim.descent.outcome import Minimum, Status
from chainrule.optim.descent.pace import is_creeping, is_settled, steps_left, turns_back
from chainrule.optim.descent.penalty import dominant_penalty
from chainrule.optim.descent.rates import Stability, plain, stability
from chainrule.optim.descent.suspects import (
    RANDOM,
    copied_parts,
    faint_parts,
    idle_parts,
    is_another_each_time,
    misread,
    wrong_function,
)
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.descent.trouble import trouble_at
from chainrule.optim.descent.verdict import ROUNDING
from chainrule.optim.geometry.predicted_rates import NARROW
from chainrule.optim.geometry.report import count
from chainrule.optim.modifiers.modifier import sign_of

_SAME = 1e-6
_TINY = 1e-8
"""Where no larger learning rate is stable, the function explodes at the start, and will soon do with larger ones."""
FAR = 10.0
"""A loss that has fallen below 0 by so many times its size at the start may fall forever."""
_VALLEY = 1e3
"""Where it bends so many times more across than along, more steps than most descents have go by."""
_TOO_LONG = "the gradient is infinite, or longer than 1e154"  # so that its square is infinite
OTHER_WAY = {
    1: "if it is a loss, look for a wrong sign, or labels out of range; if it is to be maximized, wrap the method in "
    "cr.optim.Maximize; if x has bounds, in cr.optim.Box",
    -1: "if it is to be minimized, leave cr.optim.Maximize out; if x has bounds, wrap the method in cr.optim.Box",
}
"""What may have been meant where a function has no end, by the sign of the method."""
_DECAY = "weight decay pulls x away from where the gradient vanishes: with less of it, or none, it goes on"


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
                return self._stalled(found, norm, after)
            case _:
                return self._exhausted(found, norm, after)

    def _converged(self, found: Minimum, norm: float, after: str) -> str:
        boxed = is_boxed(self.task.method)
        length = f"within the box has norm {norm:.3g}" if boxed else norm_said(norm, found.jac)
        text = f"converged: the gradient {length} {after}"
        if not found.nit and norm:
            text += f", less than tol = {self.task.tol:.3g}; with a smaller one it goes on"
        remarks = (self._worse(found), self._of_parts(found), doubt(self.task, found.x, found.nit))
        return "; ".join((text, *filter(None, remarks)))

    def _of_parts(self, found: Minimum) -> str:
        """Say which parts of x learn nothing, or are copies, and what is crossed that belongs together one by one."""
        task, last = self.task, self.last
        learning = idle_parts(task, last, found.jac) or faint_parts(task)
        return "; ".join(
            filter(None, (learning, copied_parts(task), misread(task, last), dominant_penalty(task, last)))
        )

    def _worse(self, found: Minimum) -> str:
        """Say that a descent has ended where the function is worse than at its start; empty text where it has not."""
        sign, first = sign_of(self.task.method), float(found.trail.values[0])
        if not found.nit or sign * self.value <= sign * first + ROUNDING * abs(first):
            return ""
        more = "more" if sign > 0 else "less"
        text = f"but the function is {self.value:.4g}, {more} than the {first:.4g} at the start"
        if crossed := jump(self.task, found.trail):
            return f"{text}; {crossed}"
        known = stability(self.task)
        is_above = known is not None and known.rate > known.bound * (1 - _SAME)
        advice = self._blame(known) if is_above else smaller(self.task.method)
        return f"{text}: a step was too long and has left the way; {advice}"

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
            return f"diverged: {what}: it has no {end_named(sign)} that way; {OTHER_WAY[sign]}"
        wrong = wrong_function(self.task, self.task.x)
        weighed = "" if wrong else dominant_penalty(self.task, self.last)
        return "; ".join(filter(None, (f"diverged: {what}", wrong or self._blame(stability(self.task)), weighed)))

    def _blame(self, known: Stability | None) -> str:
        """Say what is wrong with the learning rate of a descent that diverged."""
        if known is None:
            return smaller(self.task.method)
        if known.rate > known.bound * (1 - _SAME):
            capped = ", or bound the steps with cr.optim.ClipNorm" if known.best < _TINY else ""
            return f"{known.rate_named()} is {known.against_bound()}; try {plain(known.best)}{capped}{known.beyond_rates()}"
        return (
            f"{known.rate_named()} is {known.against_bound()}, but the curvature grows on the way; "
            f"try {plain(known.rate / 10)}"
        )

    def _stalled(self, found: Minimum, norm: float, after: str) -> str:
        trail, method = found.trail, self.task.method
        still = f"the gradient still has norm {norm:.3g} {after}"
        if turns_back(trail):
            known = stability(self.task)
            swings = f"stalled, oscillating: every step undoes the one before, and {still}"
            if known is None or known.rate < known.bound * (1 - 1e-3):
                return f"{swings}; {smaller(method)}, or one that falls, such as cr.optim.schedules.Exponential"
            return f"{swings}; {known.rate_named()} is {known.against_bound()}; try {plain(known.best)}"
        is_rounding = len(trail.values) > 2 and abs(self.value - float(trail.values[-3])) <= ROUNDING * abs(self.value)
        how = (
            "steps no longer change the function by more than rounding does"
            if is_rounding
            else f"the function has not become {'lower' if sign_of(method) > 0 else 'higher'} in the last half"
        )
        return f"stalled: {how}; {still}; {self._why_stalled(found, is_rounding)}"

    def _why_stalled(self, found: Minimum, is_rounding: bool) -> str:
        """Say why a descent no longer gets lower, and what helps."""
        method = self.task.method
        trail = found.trail
        if known := wrong_function(self.task, self.last) or self._worse(found) or jump(self.task, trail):
            return known
        if decays(method):
            return _DECAY
        parts = self._of_parts(found)
        remark = f"; {parts}" if parts else ""
        if is_rounding:
            return f"{other(self.task, trail)}{remark}"
        rates = stability(self.task, self.last)
        return f"{(rates and rates.beyond_rates().removeprefix('; ')) or smaller(method)}{remark}"

    def _exhausted(self, found: Minimum, norm: float, after: str) -> str:
        trail, method = found.trail, self.task.method
        text = f"steps exhausted: the gradient still has norm {norm:.3g} {after}"
        if trail.done == 1:
            return text
        cut = cut_short(method, trail, sum(np.size(leaf) for leaf in flatten(self.task.x)[0]))
        parts = self._of_parts(found)
        rest = f"{cut}; {parts}" if parts else cut
        if trail.squares[-1] >= trail.squares[0] and trail.done > 2:
            sign, first = sign_of(method), float(trail.values[0])
            none = f"it may have no {end_named(sign)} that way, or needs more steps"
            if sign * self.value < min(0.0, sign * first):  # a loss that has an end has it at 0 or above, as a rule
                none += f"; {OTHER_WAY[sign]}"
            wrong = wrong_function(self.task, self.last) or self._worse(found) or jump(self.task, trail)
            return f"{text}, as large as at the start; {wrong or none}{rest}"
        if decays(method) and is_settled(trail):
            return f"{text}; {_DECAY}{rest}"
        if is_another_each_time(self.task, self.last):
            return f"{text}; {RANDOM}{rest}"
        sign, first = sign_of(method), float(trail.values[0])
        if is_settled(trail) and sign * self.value < -FAR * max(1.0, abs(first)):
            fell = f"hardly smaller, while the function went from {first:.4g} to {self.value:.4g}"
            return f"{text}, {fell}: it may have no {end_named(sign)} that way; {OTHER_WAY[sign]}{rest}"
        left = steps_left(trail, norm, self.task.tol)
        known = stability(self.task, found.x)
        narrow = ""
        if known is not None:
            narrow = known.beyond_rates(_VALLEY if known.verdict == "right" and not left else NARROW)
        if known is not None and known.verdict not in (None, "right"):
            text += f"{left}; {self._other_rate(known)}"
        elif known is None and not cut and is_creeping(trail):
            text += f"{left}, nearly that of the start: {larger(method, norm)}"
        else:
            text += left
        return f"{text}{narrow}{rest}"

    def _other_rate(self, known: Stability) -> str:
        """Say which rate is better where a descent is now: it need not be stable at the start."""
        far = "far " if known.verdict == "too slow" else ""
        text = f"{known.verdict}: {known.rate_named()} is {far}{known.against_bound()}"
        start = stability(self.task)
        if start is None or known.best <= start.bound:
            return f"{text}; try {plain(known.best)}"
        return f"{text}; go on from there with {plain(known.best)}: from the start, no rate above {plain(start.bound)} is stable"


def end_named(sign: int) -> str:
    """Return what a descent looks for, by the sign of the method."""
    return "minimum" if sign > 0 else "maximum"


def after_steps(steps: int) -> str:
    """Say after how many steps something is so.

    >>> after_steps(0), after_steps(1), after_steps(1000)
    ('at the start', 'after 1 step', 'after 1,000 steps')
    """
    return f"after {count(steps)}" if steps else "at the start"

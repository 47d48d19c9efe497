"""Owns what a descent is advised to change: its learning rate, or what its modifiers do to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.descent.rates import largest, plain
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.modifiers.clipping import ClipNorm, ClipValue
from chainrule.optim.modifiers.modifier import Modifier
from chainrule.optim.modifiers.weight_decay import WeightDecay

_NEARLY_ALL = 0.9
_NOTHING = 1e-6  # of its largest, a learning rate moves x no more
_ROUNDED = 1e-8  # of the longest gradient: what is shorter, and no longer becomes so, is rounding
_MODEST = 0.1  # a learning rate that is not too large for most functions of numbers of size 1


def _innermost(method: Any) -> Any:
    """Return the method inside of all that modifies it."""
    while hasattr(method, "method"):
        method = method.method
    return method


def _rate(method: Any) -> Any:
    return getattr(_innermost(method), "learning_rate", None)


def smaller(method: Any) -> str:
    """Return the advice for steps that are too long."""
    rate = _rate(method)
    if isinstance(rate, float):
        return f"try a smaller learning rate, such as {plain(min(rate / 10, _MODEST))}"
    return "try a smaller learning rate" if rate is not None else "try another start"


def decays(method: Any) -> bool:
    """Whether x is drawn to 0."""
    while isinstance(method, Modifier) and not isinstance(method, WeightDecay):
        method = method.method
    return isinstance(method, WeightDecay) or bool(getattr(method, "weight_decay", 0))


def other(task: Task, trail: Trail) -> str:
    """Return the advice for steps that rounding swallows."""
    if known := fallen(task) or _held(task):
        return known
    if any(getattr(leaf, "dtype", None) in (np.float16, np.float32) for leaf in flatten(task.x)[0]):
        return "x is less precise than float64: give x0 as float64, or a larger tol"
    norms = trail.norms()
    if norms[-1] <= _ROUNDED * norms.max():
        return f"x is as near as rounding lets it come: a larger tol, such as {1.5 * norms[-1]:.1g}, is reached"
    return f"{'a larger learning rate, ' if hasattr(task.method, 'learning_rate') else ''}a larger tol, or another start may help"


def _held(task: Task) -> str:
    """Say that a learning rate of 0 holds parts of x still; empty text where none does."""
    rate = _rate(task.method)
    if rate is None or callable(rate) or all(map(np.all, flatten(rate)[0])):
        return ""
    return "a learning rate of 0 holds parts of x still, whose gradient counts all the same: a larger tol is reached"


def fallen(task: Task, when: float = 1.0) -> str:
    """Say that a schedule has brought the learning rate next to nothing; empty text where it has not.

    when: by which part of the steps. At the end of them many schedules are at 0, as they should be.
    """
    schedule = _rate(task.method)
    if not callable(schedule):
        return ""
    most, last = largest(schedule, task.steps), largest(lambda step: schedule(int(when * task.steps)), 0)
    if most is None or last is None or last > _NOTHING * most:
        return ""
    return f"the schedule has brought the learning rate from {plain(most)} to {plain(last)}: one that falls more slowly goes on"


def larger(method: Any, norm: float) -> str:
    """Return the advice for steps that are too short. norm: of the gradient."""
    rate, eps = _rate(method), getattr(_innermost(method), "eps", 0.0)
    if eps > norm:
        return f"eps = {plain(eps)} is larger than the gradient, and divides the steps: take the usual 1e-8"
    return f"take more steps, or a larger learning rate{f', such as {plain(10 * rate)}' if isinstance(rate, float) else ''}"


def cut_short(method: Any, trail: Trail, size: int) -> str:
    """Say that nearly every gradient was longer than what is let through of it; empty text where that is not so.

    size: how many numbers x has. Of gradients that ClipValue cuts the norm alone is known, which tells those whose entries cannot
    all be small.
    """
    while isinstance(method, Modifier):
        if isinstance(method, ClipNorm | ClipValue):
            limit = method.largest**2 * (1 if isinstance(method, ClipNorm) else size)
            cut = int(np.count_nonzero(trail.squares > limit))
            share = (
                f"{cut:,} of {len(trail.squares):,} gradients were"
                if cut < len(trail.squares)
                else "every gradient was"
            )
            text = f"; {share} longer than the {plain(method.largest)} that {type(method).__name__} lets through"
            if isinstance(method, ClipValue):
                text += " of each entry"
            return f"{text}: raise that" if cut >= _NEARLY_ALL * len(trail.squares) else ""
        method = method.method
    return ""

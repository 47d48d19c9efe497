"""Owns what a descent is advised to change: its learning rate, or what its modifiers do to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.descent.rates import largest, plain
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.modifiers.clipping import ClipNorm
from chainrule.optim.modifiers.modifier import Modifier
from chainrule.optim.modifiers.weight_decay import WeightDecay

_NEARLY_ALL = 0.9
_NOTHING = 1e-6  # of its largest, a learning rate moves x no more
_MODEST = 0.1  # a learning rate that is not too large for most functions of numbers of size 1


def _rate(method: Any) -> Any:
    while hasattr(method, "method"):
        method = method.method
    return getattr(method, "learning_rate", None)


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


def other(task: Task) -> str:
    """Return the advice for steps that rounding swallows."""
    if fallen := _fallen(task):
        return fallen
    if any(getattr(leaf, "dtype", None) in (np.float16, np.float32) for leaf in flatten(task.x)[0]):
        return "x is less precise than float64: give x0 as float64, or a larger tol"
    return f"{'a larger learning rate, ' if hasattr(task.method, 'learning_rate') else ''}a larger tol, or another start may help"


def _fallen(task: Task) -> str:
    """Say that a schedule has brought the learning rate next to nothing; empty text where it has not."""
    schedule = _rate(task.method)
    if not callable(schedule):
        return ""
    most, last = largest(schedule, task.steps), largest(lambda step: schedule(task.steps), 0)
    if most is None or last is None or last > _NOTHING * most:
        return ""
    return f"the schedule has brought the learning rate from {plain(most)} to {plain(last)}: one that falls more slowly goes on"


def larger(method: Any) -> str:
    """Return the advice for steps that are too short."""
    rate = _rate(method)
    return f"take more steps, or a larger learning rate{f', such as {plain(10 * rate)}' if isinstance(rate, float) else ''}"


def cut_short(method: Any, trail: Trail) -> str:
    """Say that nearly every gradient was longer than what a ClipNorm lets through; empty text where that is not so."""
    while isinstance(method, Modifier):
        if isinstance(method, ClipNorm):
            cut = int(np.count_nonzero(trail.squares > method.largest**2))
            share = (
                f"{cut:,} of {len(trail.squares):,} gradients were"
                if cut < len(trail.squares)
                else "every gradient was"
            )
            text = f"; {share} longer than the {plain(method.largest)} that ClipNorm lets through: raise that"
            return text if cut >= _NEARLY_ALL * len(trail.squares) else ""
        method = method.method
    return ""

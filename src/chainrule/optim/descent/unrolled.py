"""Owns the descent under a transform: its steps are run one by one, as they are, so that derivatives go through them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.trees import LEAF, flatten, unflatten
from chainrule.errors import TracingError
from chainrule.optim.descent.outcome import Minimum, Progress, Status
from chainrule.optim.descent.step import squared_norm
from chainrule.optim.descent.story import after_steps
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.modifiers.modifier import projected_gradient
from chainrule.transforms.derivatives import value_and_grad


def unrolled(task: Task) -> Minimum:
    """Return where the steps lead, as traced values. The last point is the outcome, whatever it is.

    It stops where it has converged. Under `vmap`, where points converge at different steps, those that have stay where they are.
    """
    compute = value_and_grad(task.fun, has_aux=task.has_aux)
    x, memory, level = task.x, task.method.init(task.x), task.level
    values, squares, points = [], [], []
    active: Any = None
    status, done = Status.STEPS_EXHAUSTED, 0
    is_ended = False
    while True:
        found, gradient = compute(x, *task.args)
        square = squared_norm(projected_gradient(task.method, gradient, x))
        values.append(found[0] if task.has_aux else found)
        squares.append(square)
        points.append(flatten(x)[0])
        is_over, active = _is_over(square, level, active)
        is_ended = task.is_ended_at(functools.partial(_progress, done, x, values[-1], gradient, square))
        if is_ended or is_over or done == task.steps:
            break
        moved, memory = task.method.update(gradient, memory, x)
        x = moved if active is None else _choose(active, moved, x)
        done += 1
    if is_over or (active is not None and not task.steps):
        status = Status.CONVERGED
    if is_ended:
        status = Status.INTERRUPTED
    trail = _trail(values, squares, points, x, done + 1)
    aux = found[1] if task.has_aux else None
    message = f"{status.name.lower().replace('_', ' ')} {after_steps(done)}, under a transform"
    return Minimum(x, values[-1], gradient, done, done + 1, status, aux, trail, message)


def _progress(step: int, x: Any, value: Any, gradient: Any, square: Any) -> Progress:
    return Progress(step, x, value, gradient, np.sqrt(square))


def _is_over(square: Any, level: float, active: Any) -> tuple[bool, Any]:
    """Return whether the descent is over, and what is still under way where that is not the same for all of a batch."""
    goes_on = np.logical_not(square <= level)
    if active is None:
        try:
            return not goes_on, None
        except TracingError:
            return False, goes_on
    return False, np.logical_and(active, goes_on)


def _choose(active: Any, moved: Any, x: Any) -> Any:
    leaves, structure = flatten(x)
    chosen = [np.where(active, new, old) for new, old in zip(flatten(moved)[0], leaves, strict=True)]
    return unflatten(structure, chosen)


def _trail(values: Sequence[Any], squares: Sequence[Any], points: Sequence[Sequence[Any]], x: Any, done: int) -> Trail:
    structure = flatten(x)[1]
    columns = tuple(np.stack(list(column)) for column in zip(*points, strict=True))
    return Trail(np.stack(values), np.stack(squares), 1, columns, 1, None if structure is LEAF else structure, done)

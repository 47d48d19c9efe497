"""Owns whether a descent has stepped over a jump: a place where the function changes, and its gradient says nothing of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.trees import unflatten
from chainrule.explain.diagnosis.run import record_run
from chainrule.optim.descent.second_look import SecondLook
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.modifiers.modifier import sign_of

_TIMES = 10.0
"""A step along which the function rises so many times more than the gradients at both ends explain is looked at."""
_HALVINGS = 60
_NEXT = 1e-9  # of the size of x: what changes the function between points so near to one another is a jump
_MOST = 0.5  # of the rise has to be left there


def jump(task: Task, trail: Trail) -> str:
    """Return where the function jumps on the way of a descent, as a clause; empty text where it does not, or nothing is known.

    >>> import chainrule as cr
    >>> fun = lambda x: (x - 1) ** 2 + np.where(x > 0.5, 10.0, 0.0)
    >>> found = cr.minimize(fun, 0.0, cr.optim.GradientDescent(0.01), steps=100)
    >>> jump(Task(fun, 0.0, cr.optim.GradientDescent(0.01), 100, 1e-8), found.trail).split(", of")[0]
    'from step 34 to 35 the function jumps by 10'
    """
    sign = sign_of(task.method)
    place = _suspicious_step(trail, sign)
    if place is None:
        return ""
    with SecondLook(task.fun, task.args):
        near, far = ([column[place + step] for column in trail.points] for step in (0, 1))
        below, above = _value(task, trail, near), _value(task, trail, far)
        rise = sign * (above - below)
        for _ in range(_HALVINGS):
            middle = [one + (other - one) / 2 for one, other in zip(near, far, strict=True)]
            value = _value(task, trail, middle)
            if sign * (value - below) > sign * (above - value):
                far, above = middle, value
            else:
                near, below = middle, value
            if _distance(near, far) <= _NEXT * _size(near):
                break
        if not sign * (above - below) > _MOST * rise or _distance(near, far) > _NEXT * _size(near):
            return ""
        said = f"from step {place:,} to {place + 1:,} the function jumps by {abs(above - below):.3g}"
        where = _operation(task, _point(trail, near), _point(trail, far))
        return f"{said}, of which its gradient shows nothing{where}: no learning rate helps; smooth the function there"
    return ""


def _suspicious_step(trail: Trail, sign: int) -> int | None:
    """Return the step with the largest rise, if the gradients at its ends do not explain that."""
    if trail.every != 1 or trail.points_every != 1 or len(trail.values) < 2:
        return None
    rows = np.concatenate([np.reshape(column, (len(column), -1)) for column in trail.points], axis=1)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(np.diff(rows, axis=0), axis=1)
        rises, norms = sign * np.diff(trail.values), trail.norms()
        explained = _TIMES * lengths * (norms[1:] + norms[:-1]) + 1e-9 * np.abs(trail.values[1:])
        place = int(np.argmax(np.where(np.isfinite(rises) & (rises > explained), rises, 0.0)))
        return place if rises[place] > explained[place] else None


def _point(trail: Trail, leaves: list[Any]) -> Any:
    parts = [leaf if np.ndim(leaf) else leaf[()] for leaf in map(np.asarray, leaves)]
    return parts[0] if trail.structure is None else unflatten(trail.structure, parts)


def _value(task: Task, trail: Trail, leaves: list[Any]) -> float:
    return float(task.value_of(_point(trail, leaves), *task.args))


def _distance(near: list[Any], far: list[Any]) -> float:
    return max(float(np.max(np.abs(one - other), initial=0.0)) for one, other in zip(near, far, strict=True))


def _size(leaves: list[Any]) -> float:
    return max(1.0, *(float(np.max(np.abs(leaf), initial=0.0)) for leaf in leaves))


def _operation(task: Task, near: Any, far: Any) -> str:
    """Return the first operation that jumps between two points, with its line; empty text where none is found."""
    runs = [record_run("minimize", task.value_of, (x, *task.args), {}, 0).graph.nodes for x in (near, far)]
    if len(runs[0]) != len(runs[1]):
        return ""
    for one, other in zip(*runs, strict=True):
        if one.primitive is None or isinstance(one.value, tuple) or np.shape(one.value) != np.shape(other.value):
            continue
        values = [np.asarray(node.value, dtype=np.complex128) for node in (one, other)]
        if np.max(np.abs(values[0] - values[1]), initial=0.0) > 1e-3 * max(1.0, np.max(np.abs(values[0]), initial=0.0)):
            line = "" if one.line is None else f", {one.line[0]}:{one.line[1]}"
            return f", in {one.primitive.name}{line}"
    return ""

"""Owns the descent of a solver, a method that takes all its steps itself: it gives it the function, and keeps what it shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, final

import numpy as np

from chainrule.core.trees import LEAF, flatten, unflatten
from chainrule.errors import TracingError
from chainrule.native.calls.signature import has_traced
from chainrule.optim.descent.critical import doubt
from chainrule.optim.descent.descend import like_leaf, often, told_once_more
from chainrule.optim.descent.outcome import Minimum, Progress, Status
from chainrule.optim.descent.penalty import dominant_penalty
from chainrule.optim.descent.story import after_steps, norm_said, not_finite
from chainrule.optim.descent.suspects import idle_parts, misread, wrong_function
from chainrule.optim.descent.task import ENDED, KEYBOARD, Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.descent.trouble import trouble_at
from chainrule.optim.kept.vector_code import OnVectors
from chainrule.optim.layout import layout_of
from chainrule.optim.methods.method import Vector
from chainrule.optim.methods.scipy_solver import EXHAUSTED

_OTHERS = (
    "kinks, noise and the end of where a function is defined stop a solver; a method that goes step by step, such as "
    "cr.optim.Adam(0.1), gets nearer"
)
_OTHER_WAY = (
    "if it is to be maximized, minimize its negative; if x has bounds, take a method that goes step by step, such as "
    "cr.optim.Adam(0.1), in cr.optim.Box"
)
_ROUNDED = 1e-9  # of a value: line searches see no smaller differences
_SMALL = 1e-3  # of the longest gradient: what is longer is no rounding
_DEEP = 1e6
"""A function that fell so much farther than it was large, and falls faster than at the start, has no minimum that way."""


def solve(task: Task) -> Minimum:
    """Have a solver descend.

    Raise TypeError where x holds complex numbers: solvers work on real vectors. Raise TracingError under a transform.
    """
    leaves, _ = flatten(task.x)
    if has_traced(leaves):
        raise _not_traced(task)
    if any(np.iscomplexobj(leaf) for leaf in leaves):
        name = type(task.method).__name__
        raise TypeError(f"{name} works on real numbers; give real and imaginary parts as two, or use another method")
    diary = _Diary(task, leaves)
    start = np.concatenate([np.ravel(leaf).astype(np.float64) for leaf in leaves])

    native = OnVectors(task.fun, diary.layout, task.has_aux, task.args)
    words = ""
    try:
        with np.errstate(all="ignore"):
            words = task.method.solve(
                start,
                diary.counted(native.value_and_grad),
                native.product,
                steps=task.steps,
                tol=task.tol,
                observe=diary.observe,
            )
    except StopIteration:
        pass
    except KeyboardInterrupt:
        if not diary.values:
            raise
        diary.interrupted = KEYBOARD
    return told_once_more(lambda why: diary.outcome(words, why), diary.interrupted)


def _not_traced(task: Task) -> TracingError:
    name = type(task.method).__name__
    return TracingError(
        f"a transform runs over this descent, but {name} takes all its steps itself, which nothing goes through; use a method "
        "that goes step by step, such as cr.optim.Adam(0.1)"
    )


@final
class _Diary:
    """What a solver has shown on its way."""

    def __init__(self, task: Task, leaves: list[Any]) -> None:
        self.task, self.leaves, self.layout = task, leaves, layout_of(task.x)
        self.values: list[float] = []
        self.norms: list[float] = []
        self.points: list[Vector] = []
        self.last: tuple[Vector, Vector] | None = None
        self.best: tuple[float, Vector, Vector] | None = None
        self.evaluations = 0
        self.interrupted = ""
        nbytes = 8 * sum(map(np.size, leaves))
        self.every = often(nbytes, task.steps + 1, True)[1] if task.record else 0

    def given(self, vector: Vector) -> Any:
        """Return a vector as x was given, with Python's own numbers and arrays of its types."""
        pairs = zip(self.layout.split(vector), self.leaves, strict=True)
        parts = [like_leaf(np.asarray(part, getattr(leaf, "dtype", None)), leaf) for part, leaf in pairs]
        return unflatten(self.layout.structure, parts)

    def counted(self, compute: Any) -> Any:
        """Return the function, counting its evaluations."""

        def value_and_gradient(vector: Vector) -> tuple[float, Vector]:
            self.evaluations += 1
            value, gradient = compute(vector)
            if has_traced([value]):  # by what the function reads, or takes beside x
                raise _not_traced(self.task)
            return float(value), gradient

        return value_and_gradient

    def observe(self, x: Vector, value: float, gradient: Vector) -> None:
        """Write down a point; raise StopIteration where the callback wants to end."""
        step, norm = len(self.values), math.sqrt(gradient.dot(gradient))
        self.values.append(value)
        self.norms.append(norm)
        self.last = x, gradient
        if self.best is None or value < self.best[0]:
            self.best = value, x, gradient
        if self.every and step % self.every == 0:
            self.points.append(x)
        task = self.task
        if task.watch is not None:
            task.watch(step, task.steps)
        if task.is_ended_at(lambda: Progress(step, self.given(x), value, self.given(gradient), norm)):
            self.interrupted = ENDED
            raise StopIteration

    def outcome(self, words: str, interrupted: str) -> Minimum:
        """Return what the solver found. interrupted: by whom."""
        if self.last is None:
            name = type(self.task.method).__name__
            raise TypeError(
                f"{name} has shown no point: its solve calls observe(x, value, gradient) at each, the start first"
            )
        value, norm, count = self.values[-1], self.norms[-1], len(self.values) - 1
        status = Status.INTERRUPTED if interrupted else self._status(value, norm, words)
        x, gradient = self.last
        if status not in (Status.CONVERGED, Status.STEPS_EXHAUSTED) and self.best is not None:
            value, x, gradient = self.best
        after = after_steps(count)
        message = f"{status.name.lower().replace('_', ' ')}: the gradient {norm_said(norm, self.last[1])} {after}"
        if status is Status.INTERRUPTED:
            message = f"interrupted: {interrupted} {after}"
        elif status is Status.NOT_FINITE:
            said = f"; {type(self.task.method).__name__} says: {words}" if count else ""
            message = f"not finite: {not_finite(self.values[-1], norm)} {after}{said}"
        elif status is Status.DIVERGED:
            fell = f"the function fell from {self.values[0]:.4g} to {self.values[-1]:.4g} {after}"
            message = f"diverged: {fell}: it has no minimum that way; {_OTHER_WAY}"
        elif status is Status.STEPS_EXHAUSTED:
            if norm >= self.norms[0]:
                message += ", as large as at the start; it may have no minimum that way, or needs more steps"
        elif words and status is not Status.CONVERGED:
            message += f"; {type(self.task.method).__name__} says: {words}"
        structure = None if self.layout.structure is LEAF else self.layout.structure
        points = tuple(self.layout.split(np.array(self.points))) if self.every else ()
        trail = Trail(np.array(self.values), np.square(self.norms), 1, points, self.every, structure, len(self.values))
        aux = self.task.fun(self.layout.together(x), *self.task.args)[1] if self.task.has_aux else None
        return Minimum(
            self.given(x), value, self.given(gradient), count, self.evaluations, status, aux, trail, self._told(message)
        )

    def _rounding(self) -> str:
        """Say that the last step has changed the function by no more than rounding does; empty text where it has."""
        values, norm = self.values, self.norms[-1]
        if (
            len(values) < 2
            or abs(values[-1] - values[-2]) > _ROUNDED * abs(values[-1])
            or norm > _SMALL * max(self.norms)
        ):
            return ""
        return f"rounding hides what shorter steps would gain; a larger tol, such as {1.5 * norm:.1g}, is reached"

    def _told(self, message: str) -> Callable[[Minimum], str]:
        """Return what makes the message when it is asked for: to see why takes time."""
        last = None if self.last is None else self.given(self.last[0])

        def told(found: Minimum) -> str:
            if found.status is Status.NOT_FINITE:
                known = trouble_at(self.task, last)
                return f"{message}{known}; {known.advice(not found.nit)}"
            if found.status is Status.STALLED:
                return f"{message}; {self._rounding() or wrong_function(self.task, last) or _OTHERS}"
            remarks = [idle_parts(self.task, found.x, found.jac), misread(self.task, found.x)]
            remarks.append(dominant_penalty(self.task, found.x))
            if found.success:
                remarks.append(doubt(self.task, found.x, found.nit))
            return "; ".join((message, *filter(None, remarks)))

        return told

    def _status(self, value: float, norm: float, words: str) -> Status:
        count = len(self.values) - 1
        is_deep = value < -_DEEP * max(1.0, abs(self.values[0]))
        if not (math.isfinite(value) and math.isfinite(norm)):
            return Status.DIVERGED if count and is_deep else Status.NOT_FINITE
        if norm <= self.task.tol:
            return Status.CONVERGED
        if norm > self.norms[0] and is_deep:
            return Status.DIVERGED
        # Steps that were tried and not taken count, too.
        is_over = count >= self.task.steps or words == EXHAUSTED
        return Status.STEPS_EXHAUSTED if is_over else Status.STALLED

"""Owns what is said of a function that a descent did not get down, whatever the learning rate.

Its gradient may be exactly 0 for some part of x, or not be that of the function, or the function may be another at every call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.trees import flatten, paths, unflatten
from chainrule.explain.diagnosis.remarks import crossed
from chainrule.explain.diagnosis.run import record_run
from chainrule.explain.diagnosis.vanishing import Shrink
from chainrule.explain.diagnosis.why_zero import why_zero
from chainrule.explain.diagnosis.zero_record import Cause, InputGradient
from chainrule.optim.descent.rates import downhill
from chainrule.optim.descent.second_look import SecondLook
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.verdict import ROUNDING
from chainrule.optim.geometry.second_order import look
from chainrule.transforms.derivatives import grad, hvp
from chainrule.transforms.limit import limit_quotient
from chainrule.transforms.signature import argument_names
from chainrule.user_code import user_line

_AS_IT_SHOULD_BE = frozenset(("stationary", "cancellation", "kink"))
"""Why gradients are 0 at a minimum."""
_AT_REST = _AS_IT_SHOULD_BE | {"dead unit"}
_SHARE = 0.1  # of the zeros: what is to blame for less is not named
_FAINT = 1e-9
_AT_HOME = 1e-6  # so near to where it vanishes a gradient is nothing but rounding
_NAMED = 3
_OFF = 0.01  # so much of its norm a gradient may be off
_ACCURATE = 1e-5
_EPSILON = float(np.finfo(np.float64).eps)
RANDOM = (
    "the function returns another value at every call, so that its gradient does not vanish: take random numbers that stay the "
    "same, or a learning rate that falls, such as cr.optim.schedules.Exponential"
)


def idle_parts(task: Task, x: Any, gradient: Any, batch: Sequence[Any] = ()) -> str:
    """Return which parts of x have no gradient at all, and where it dies; empty text where none has, or it is a minimum.

    >>> from chainrule.optim import GradientDescent
    >>> task = Task(lambda w: np.sum(np.round(w)), None, GradientDescent(0.1), 10, 1e-8)
    >>> idle_parts(task, np.ones(2), np.zeros(2)).split(",")[0]
    'the gradient of w is exactly 0: rounding in rint'
    """
    if all(map(np.any, flatten(gradient)[0])):
        return ""
    idle: list[tuple[str, Cause]] = []
    with SecondLook(task.fun, task.args):
        found = why_zero(task.value_of, x, *task.args, *batch, argnums=0)
        blamed = ((part.name, _blamed(part, found.value)) for part in found.inputs if part.state == "zero")
        idle = [(name, cause) for name, cause in blamed if cause is not None]
    if not idle:
        return ""
    names = _listed([task.named(name) for name, _ in idle])
    cause = idle[0][1]
    operation = f" in {cause.operation}" if cause.operation and cause.operation != cause.kind else ""
    line = "" if cause.line is None or cause.line == user_line() else f", {cause.line[0]}:{cause.line[1]}"
    return f"the gradient of {names} is exactly 0: {cause.kind}{operation}{line} ({cause.words})"


def misread(task: Task, x: Any, batch: Sequence[Any] = ()) -> str:
    """Return what says that the function is hardly the one that was meant; empty text where nothing does.

    >>> from chainrule.optim import GradientDescent
    >>> labels = np.ones((5, 1))
    >>> task = Task(lambda w: np.mean((w - labels) ** 2), None, GradientDescent(0.1), 10, 1e-8)
    >>> misread(task, np.zeros(5)).split(" in ")[0]
    'w of shape (5,) and labels of shape (5, 1) make (5, 5)'
    """
    with SecondLook(task.fun, task.args):
        return next(crossed(record_run("minimize", task.value_of, (x, *task.args, *batch), {}, 0)), "")
    return ""


def copied_parts(task: Task, batch: Sequence[Any] = ()) -> str:
    """Return which parts of the start are copies of one another, and stay so; empty text where none are."""
    matrices = [leaf for leaf in flatten(task.x)[0] if np.ndim(leaf) == 2 and 1 not in np.shape(leaf)]
    if not any(np.all(leaf == leaf[:1]) or np.all(leaf == leaf[:, :1]) for leaf in matrices):
        return ""
    with SecondLook(task.fun, task.args):
        notes = why_zero(task.value_of, task.x, *task.args, *batch, argnums=0).notes
        return next((note for note in notes if "are equal" in note), "")
    return ""


def faint_parts(task: Task, batch: Sequence[Any] = ()) -> str:
    """Return which parts of the start have next to no gradient beside others; empty text where none have.

    A gradient that is nothing but rounding does not count: there the function bends, and its minimum is right there.

    >>> from chainrule.optim import GradientDescent
    >>> deep = Task(lambda p: (np.tanh(1e-12 * p[0]) + p[1]) ** 2, (1.0, 1.0), GradientDescent(0.1), 10, 1e-8)
    >>> faint_parts(deep).split(":")[0]
    'the gradient of p[0] is less than a billionth of that of p[1]'
    """
    leaves, structure = flatten(task.x)
    if len(leaves) < 2:
        return ""
    with SecondLook(task.fun, task.args):

        def value_of(x: Any) -> Any:
            return task.value_of(x, *task.args, *batch)

        gradient = flatten(grad(value_of)(task.x))[0]
        norms = [float(np.linalg.norm(part)) for part in gradient]
        faint = [place for place, norm in enumerate(norms) if 0 < norm < _FAINT * max(norms)]
        if not faint:
            return ""
        first = faint[0]
        along = [part / norms[first] if place == first else 0 * part for place, part in enumerate(gradient)]
        bend = flatten(hvp(value_of, (task.x,), (unflatten(structure, along),)))[0][first]
        if norms[first] <= _AT_HOME * float(np.linalg.norm(bend)):
            return ""
        name = argument_names(task.value_of, 1)[0]
        reached = [name + path for path in paths(task.x)]
        called = [task.named(part) for part in reached]
        few = _listed([called[place] for place in faint])
        shrunk = why_zero(task.value_of, task.x, *task.args, *batch, argnums=0)[reached[first]].shrinks
        return (
            f"the gradient of {few} is less than a billionth of that of {called[int(np.argmax(norms))]}: on its way there it "
            f"vanishes{_where(shrunk)}; start from weights of another size, smaller where units saturate, or take other units"
        )
    return ""


def _where(shrinks: Sequence[Shrink]) -> str:
    """Return what makes a gradient vanish most: operations, their line, and how often it is gone through."""
    if not shrinks:
        return ""
    most = shrinks[0]
    line = "" if most.line is None or most.line == user_line() else f", {most.line[0]}:{most.line[1]}"
    times = f", {most.passes} times a factor of about {most.per_pass:.2g}" if most.passes > 1 else ""
    return f" in {', '.join(most.operations)}{line}{times}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _blamed(part: InputGradient, value: float) -> Cause | None:
    """Return what keeps a gradient at 0; None where it is 0 as at a minimum: parts cancel, or units rest in a loss of 0."""
    kinds = {cause.kind for cause in part.causes}
    if "cancellation" in kinds or (not value and kinds <= _AT_REST):
        return None
    return next((cause for cause in part.causes if cause.kind not in _AS_IT_SHOULD_BE and cause.share > _SHARE), None)


def is_another_each_time(task: Task, x: Any) -> bool:
    """Whether a function returns different values at the same point, as with random numbers.

    Sums that threads add up in any order differ, too, by no more than rounding.
    """
    with SecondLook(task.fun, task.args):
        first, second = (float(task.value_of(x, *task.args)) for _ in range(2))
        return abs(first - second) > ROUNDING * max(abs(first), abs(second))
    return False


def wrong_function(task: Task, x: Any) -> str:
    """Return what is wrong with a function or its gradient at a point, as a clause; empty text where nothing is found.

    >>> from chainrule.optim import GradientDescent
    >>> noisy = Task(lambda x: x * np.random.default_rng().normal(), None, GradientDescent(0.1), 10, 1e-8)
    >>> wrong_function(noisy, 1.0).split(",")[0]
    'the function returns another value at every call'
    """
    if is_another_each_time(task, x):
        return RANDOM
    with SecondLook(task.fun, task.args):
        around = look(downhill(task), x, task.args)
        vector, norm = around.point.vector, around.norm
        if not norm:
            return ""
        direction = around.gradient / norm

        def at(distance: float) -> Any:
            return np.array([float(around.on_vector(vector + distance * direction))])

        scale = max(1.0, float(np.abs(vector).max()))
        limit = limit_quotient(at, np.array([around.value]), scale, _ACCURATE, _EPSILON)
        slope, error = float(limit.value[0]), float(limit.error[0])
        is_off = abs(slope - norm) > _OFF * max(norm, abs(slope)) + 100 * error
        if limit.smooth[0] and np.isfinite(slope) and is_off:
            return (
                f"the gradient is not that of the function: along it, the slope is {slope:.3g} by the limit definition and "
                f"{norm:.3g} by the rules; ask cr.check_grad, and see what is detached, or has rules of its own"
            )
    return ""

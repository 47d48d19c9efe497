"""Owns the descent itself: it has native code run the steps, and makes the outcome of what they left behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.trees import LEAF, flatten, unflatten
from chainrule.errors import RandomNumbersError
from chainrule.native.descents.step_run import Run
from chainrule.optim.descent.compiled import CompiledDescent
from chainrule.optim.descent.keeper import Keeper
from chainrule.optim.descent.outcome import Minimum, Progress, Reals, Status
from chainrule.optim.descent.quick import remember
from chainrule.optim.descent.step import GRADIENT, SQUARE, TRACKED, VALUE, first_state, number_of
from chainrule.optim.descent.story import Story
from chainrule.optim.descent.task import ENDED, KEYBOARD, Task, Watch
from chainrule.optim.descent.trail import Trail
from chainrule.optim.descent.verdict import judge
from chainrule.optim.modifiers.modifier import sign_of
from chainrule.transforms.derivatives import value_and_grad

FEW = 20
"""A descent of so few steps, on a function that is new, is not worth compiling."""
COARSE = 64
"""So many norms are kept of a descent that is not recorded, to judge it by."""
VALUES = 1 << 20
"""At most so many values and norms are kept."""
POINTS = 10_000
POINT_BYTES = 1 << 26
"""At most so many points are kept, in so many bytes."""
_SMALL = 1 << 20  # records of so many bytes are copied, so that their memory can be used again


def descend(compiled: CompiledDescent, task: Task) -> Minimum:
    """Follow the gradient downhill. Raise what the function raises; Ctrl-C before its first value comes through."""
    kind, run = start(compiled, task)
    keeper = None if task.checkpoint is None else Keeper(task.checkpoint, task, run)
    if keeper is not None:
        keeper.resume()
    compiled.take(task.fun)
    try:
        with np.errstate(all="ignore"):
            why = _advance(compiled, run, task, together(task.watch, keeper))
    except KeyboardInterrupt:
        if not run.done:
            raise
        why = KEYBOARD
    finally:
        compiled.give_back()
        if keeper is not None:
            keeper.write()
    found = told_once_more(lambda why: outcome(run, task, why, is_shared=kind is not None), why)
    if kind is not None and not remember(compiled, run, task):
        compiled.keep(kind, run)
    return found


def told_once_more(outcome_of: Callable[[str], Minimum], why: str) -> Minimum:
    """Return the outcome of a descent that `why` has interrupted.

    Where Ctrl-C comes while it is put together, that is done once more: nothing of the descent is lost.
    """
    try:
        return outcome_of(why)
    except KeyboardInterrupt:
        return outcome_of(why or KEYBOARD)


def together(*watches: Watch | None) -> Watch | None:
    """Return one watch for several."""
    each_one = [each for each in watches if each is not None]
    if len(each_one) < 2:
        return each_one[0] if each_one else None

    def watch(done: int, total: int) -> None:
        for each in each_one:
            each(done, total)

    return watch


def start(compiled: CompiledDescent, task: Task) -> tuple[Any, Run]:
    """Return a run at its start, and its kind, by which its memory is used again; None where it is not."""
    leaves, structure = flatten(task.x)
    n, nbytes = task.steps + 1, _nbytes(leaves)
    numbers = compiled.inputs(task.method)
    state = first_state(task.method, task.x, _is_tracked(task, leaves))
    values, points = often(nbytes, n, task.record)
    every = [values, *(0 for _ in leaves), *(points for _ in leaves), *([values] if task.record else [])]
    if (
        task.args
        or task.checkpoint is not None
        or 16 * (n // values) + (nbytes * n // points if points else 0) > _SMALL
    ):
        return None, Run(compiled.stepper, state, n, (task.level, *numbers, *task.args), every)
    kind = (structure, n)
    run = compiled.idle_run(kind)
    if run is None or not run.restart(state):
        return kind, Run(compiled.stepper, state, n, (task.level, *numbers), every)
    run.set_numbers((task.level, *numbers))
    return kind, run


def often(nbytes: int, n: int, record: bool) -> tuple[int, int]:
    """Return how often values, and points of so many bytes, are kept; 0 for never.

    These are powers of 2, so that a descent that goes on for longer keeps some of the same.
    """
    if not record:
        return _power(-(-n // COARSE)), 0
    most = max(2, min(POINTS, POINT_BYTES // max(1, nbytes)))
    return _power(-(-n // VALUES)), _power(-(-n // most))


def _power(least: int) -> int:
    """Return the smallest power of 2 that is at least this."""
    return 1 << max(0, least - 1).bit_length()


def _nbytes(leaves: Sequence[Any]) -> int:
    return sum(leaf.nbytes if isinstance(leaf, np.ndarray) else 8 for leaf in leaves)


def _is_tracked(task: Task, leaves: Sequence[Any]) -> bool:
    return task.record and sum(leaf.size if isinstance(leaf, np.ndarray) else 1 for leaf in leaves) <= TRACKED


def _advance(compiled: CompiledDescent, run: Run, task: Task, watch: Watch | None) -> str:
    """Run the steps; return who has interrupted them."""
    is_first = not compiled.is_tried and run.known.program is None
    run.is_interpreted = is_first and task.steps <= FEW and task.checkpoint is None
    compiled.is_tried = True
    try:
        return run_steps(run, task, watch, run.n)
    except RandomNumbersError:
        run.is_interpreted = True  # compiled code would repeat them
        return run_steps(run, task, watch, run.n)


def run_steps(run: Run, task: Task, watch: Watch | None, until: int) -> str:
    """Run steps, with the callback after each; return who has interrupted them."""
    if task.callback is None:
        run.advance(watch, until)
        return ""
    while run.done < until and not run.stopped:
        run.advance(watch, run.done + 1)
        if why := call_back(run, task):
            return why
    return ""


def call_back(run: Run, task: Task) -> str:
    """Call the callback with the last point, if there is one; return who has interrupted the descent."""
    return ENDED if task.is_ended_at(lambda: progress_of(run, task)) else ""


def progress_of(run: Run, task: Task) -> Progress:
    """Return the point that was evaluated last."""
    leaves, structure = flatten(task.x)
    x = unflatten(structure, [run.leaf(number, run.done - 1) for number in range(len(leaves))])
    norm = math.sqrt(float(run.last(SQUARE)))
    return Progress(run.done - 1, x, _value(run, task, x), gradient_of(run, leaves, structure), norm)


def _value(run: Run, task: Task, x: Any) -> float:
    """Return the function at the point that was evaluated last."""
    return float(run.last(VALUE)) if task.record else _compute(task, x)


def _compute(task: Task, x: Any) -> float:
    found = call(task, x)
    return number_of(found[0] if task.has_aux else found)


def call(task: Task, x: Any, *rest: Any) -> Any:
    """Return what the function returns at a point, with NumPy's numbers for Python's, which raise where they overflow."""
    leaves, structure = flatten(x)
    point = unflatten(structure, [np.float64(leaf) if type(leaf) is float else leaf for leaf in leaves])
    with np.errstate(all="ignore"):
        return task.fun(point, *task.args, *rest)


def gradient_of(run: Run, leaves: Sequence[Any], structure: Any) -> Any:
    """Return the last gradient, in the structure and types of x."""
    parts = [like_leaf(run.last(GRADIENT + number), leaf) for number, leaf in enumerate(leaves)]
    return unflatten(structure, parts)


def like_leaf(part: np.ndarray[Any, Any], leaf: Any) -> Any:
    """Return what lies in memory as the part of x is: a Python number, one of NumPy's, or an array."""
    return (
        np.array(part) if isinstance(leaf, np.ndarray) else part.item() if type(leaf) in (float, complex) else part[()]
    )


def outcome(run: Run, task: Task, interrupted: str, is_shared: bool) -> Minimum:
    """Return what a run has found. interrupted: by whom. is_shared: the memory of the run is to be used again."""
    leaves, structure = flatten(task.x)
    done = run.done
    x = unflatten(structure, [run.leaf(number, done - 1) for number in range(len(leaves))])
    value, square, sign = _value(run, task, x), float(run.last(SQUARE)), sign_of(task.method)
    trail = _trail(run, task, value, len(leaves), None if structure is LEAF else structure, is_shared)
    status = Status.INTERRUPTED if interrupted else judge(trail, value, square, task.level, sign)
    told = Story(task, x, value, square, interrupted)
    gradient = gradient_of(run, leaves, structure)
    if status in (Status.DIVERGED, Status.INTERRUPTED, Status.NOT_FINITE):
        best = _best(run, task, trail, leaves, structure)
        if best is not None and (sign * best[0] < sign * value or not math.isfinite(value)):
            value, x, gradient = _at_best(task, best)
    aux = call(task, x)[1] if task.has_aux else None
    return Minimum(x, value, gradient, done - 1, done, status, aux, trail, told)


def _trail(run: Run, task: Task, value: float, count: int, structure: Any, is_shared: bool) -> Trail:
    """Return what a run wrote down; the values at its ends where it wrote none."""
    rows, every = run.rows_kept(is_shared=is_shared), run.often()
    if task.record:
        points = tuple(rows[GRADIENT + count : VALUE])
        return Trail(rows[VALUE], rows[SQUARE], every[SQUARE], points, every[GRADIENT + count], structure, run.done)
    values: Reals = np.array([_compute(task, task.x), value])[: run.done]
    squares: Reals = np.array([rows[SQUARE][0], run.last(SQUARE)])[: run.done]
    return Trail(values, squares, max(1, run.done - 1), (), 0, structure, run.done)


def _best(run: Run, task: Task, trail: Trail, leaves: Sequence[Any], structure: Any) -> tuple[float, Any] | None:
    """Return the best value with its point, of all that were evaluated or, for large points, of those that were kept."""
    count, end, sign = len(leaves), len(run.form.types), sign_of(task.method)
    if _is_tracked(task, leaves):
        value = run.leaf(end - count - 1, run.done)
        x = unflatten(structure, [run.leaf(end - count + number, run.done) for number in range(count)])
        return (sign * value, x) if math.isfinite(value) else None
    if not task.record:
        return (float(trail.values[0]), task.x) if math.isfinite(trail.values[0]) else None
    values = trail.values[:: trail.points_every // trail.every]
    values = np.where(np.isfinite(values), sign * values, np.inf)
    row = int(np.argmin(values))
    x = unflatten(structure, [like_leaf(column[row], leaf) for column, leaf in zip(trail.points, leaves, strict=True)])
    return (sign * float(values[row]), x) if math.isfinite(values[row]) else None


def _at_best(task: Task, best: tuple[float, Any]) -> tuple[float, Any, Any]:
    value, x = best
    with np.errstate(all="ignore"):
        _, gradient = value_and_grad(task.fun, has_aux=task.has_aux)(x, *task.args)
    return value, x, gradient

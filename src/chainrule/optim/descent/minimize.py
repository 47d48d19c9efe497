"""Owns `minimize`: what it takes, and who does the work."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.native.calls.signature import has_traced
from chainrule.native.descents.step_code import WatchedError
from chainrule.optim.descent.bar import Bar
from chainrule.optim.descent.batches import Batches
from chainrule.optim.descent.checkpoint import Checkpoint
from chainrule.optim.descent.compiled import find_compiled
from chainrule.optim.descent.descend import descend
from chainrule.optim.descent.outcome import Minimum, Progress
from chainrule.optim.descent.quick import quick
from chainrule.optim.descent.solving import solve
from chainrule.optim.descent.stochastic import descend_by_batches
from chainrule.optim.descent.task import Task, Watch
from chainrule.optim.descent.unrolled import unrolled
from chainrule.optim.geometry.function import further_arguments, read_function
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.optim.methods.method import Method, Solver
from chainrule.tracing.lift import lift

DEFAULT_METHOD = GradientDescent(0.1)


def minimize(
    fun: Callable[..., Any] | str,
    x0: Any,
    method: Method | Solver = DEFAULT_METHOD,
    steps: int = 1000,
    tol: float = 1e-8,
    callback: Callable[[Progress], Any] | None = None,
    *,
    args: Sequence[Any] = (),
    has_aux: bool = False,
    record: bool = True,
    batches: Batches | None = None,
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Minimum:
    """Follow the gradient of `fun` from `x0` downhill, and return where it led, as SciPy's OptimizeResult would.

    The whole descent, gradient and update, is traced and runs as one native loop. It is compiled once for a function and a
    method, and kept; names that the function reads may have changed the next time. What cannot be compiled runs through NumPy.

    fun: takes x and `args`, returns one real number; or mathematics as text, with x0 a dictionary of numbers by name.
    x0: a number, an array, or a container of them; it is not changed.
    steps: at most so many. tol: the descent has converged where the Euclidean norm of the gradient is at most this; with 0 it
        takes all its steps.
    callback: called with the `Progress` at every point, the start first; it ends the descent by returning True or by
        raising StopIteration. Ctrl-C ends it too: the best that was found so far is returned.
    has_aux: `fun` returns (number, anything): that at the end is `.aux`.
    record: keep the way there: the values, and at most 10,000 points in at most 64 MB. False is faster: where gradients are
        found without values, there are none on the way, and the best point is looked for at the two ends only.
    batches: `Batches` of data for a stochastic descent; each step sees the next one. Their epochs say how
        many steps there are, and `tol` is not used.
    checkpoint: a file such as "run.npz", or a `Checkpoint`: the descent is written there from time to time, and the same call
        goes on from there, to the same bits, whenever the process has died.
    progress: draw a bar on stderr; None does so on a terminal, once a second has passed.
    Raises NotScalarError where `fun` does not return one real number, CheckpointError where the file is damaged, of another
    descent or cannot be written, TypeError or ValueError for arguments that do not fit.

    >>> import chainrule as cr
    >>> found = cr.minimize(lambda x: (x - 3) ** 2, 0.0)
    >>> round(found.x, 6), found.success, found.message
    (3.0, True, 'converged: the gradient has norm 9.11e-09 after 91 steps')
    """
    is_bare = type(args) is tuple and not args
    if callback is None and batches is None and checkpoint is None and not progress and not has_aux and is_bare:
        found = quick(fun, x0, method, steps, tol, record)
        if found is not None:
            return found
    if isinstance(fun, str):
        fun, x0 = read_function(fun, x0)
    _refuse_arguments(fun, method, steps, tol)
    _refuse_extras(callback, batches)
    args = further_arguments(args)
    leaves, structure = flatten(x0)
    is_watched = has_traced(leaves) or has_traced(flatten(args)[0])
    x = x0 if is_watched else unflatten(structure, start_leaves(leaves))
    if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
        checkpoint = Checkpoint(checkpoint)
    # The gradient of a batch says nothing of convergence.
    count, tol = (int(steps), float(tol)) if batches is None else (batches.steps, 0.0)
    task = Task(fun, x, method, count, tol, args, has_aux, record, callback, checkpoint=checkpoint, batches=batches)
    try:
        return _carry_out(task, is_watched, progress)
    except TypeError as error:
        if type(x0) in (list, tuple) and not any(map(np.ndim, leaves)):
            error.add_note(
                f"x0 is a {type(x0).__name__}, and so is what the function is given; write np.array(x0) for an array"
            )
        raise


def _carry_out(task: Task, is_watched: bool, progress: bool | None) -> Minimum:
    is_solver = hasattr(task.method, "solve")
    if is_solver or is_watched:
        _refuse_keeping(task)
        return solve(task) if is_solver else unrolled(task)
    try:
        with Bar(is_shown=progress) as bar:
            return _descend(replace(task, watch=_counting(bar, task)) if bar.is_shown else task)
    except WatchedError:
        _refuse_keeping(task)
        return unrolled(task)


def _counting(bar: Bar, task: Task) -> Watch:
    """Return the bar, counting steps: without batches there is one point more than steps."""
    more = int(task.batches is None)
    return lambda done, total: bar(done - more, total - more)


def _descend(task: Task) -> Minimum:
    if task.batches is not None:
        return descend_by_batches(task)
    compiled = find_compiled(task.fun, task.method, task.has_aux, task.record)
    if compiled.surroundings.is_watched:
        raise WatchedError
    return descend(compiled, task)


def _refuse_keeping(task: Task) -> None:
    """Refuse what takes steps that can be counted and kept: solvers take theirs themselves, and traced values are no numbers."""
    for name, value in (("checkpoint", task.checkpoint), ("batches", task.batches)):
        if value is not None:
            why = (
                f"{type(task.method).__name__} takes all its steps itself; use a method that goes step by step, such as "
                "cr.optim.Adam(0.1)"
                if hasattr(task.method, "solve")
                else "a transform runs over this descent; call minimize outside of it"
            )
            raise TypeError(f"{name} cannot be used here: {why}")


def _refuse_arguments(fun: object, method: object, steps: object, tol: object) -> None:
    if not callable(fun):
        raise TypeError(f"minimize takes a function of x, such as lambda x: x**2, not {fun!r:.60}")
    if isinstance(method, type):
        raise TypeError(f"method is a record with its settings: write {method.__name__}(0.1), not {method.__name__}")
    is_method = callable(getattr(method, "init", None)) and callable(getattr(method, "update", None))
    if not is_method and not callable(getattr(method, "solve", None)):
        others = "cr.optim.GradientDescent(0.1), cr.optim.Adam(0.1) or cr.optim.LBFGS()"
        raise TypeError(f"method is a method of descent, such as {others}, not {method!r:.60}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0:
        raise ValueError(f"steps is a whole number of at least 0, not {steps!r:.60}")
    if isinstance(tol, bool) or not isinstance(tol, int | float | np.floating) or not 0 <= tol < math.inf:
        raise ValueError(f"tol is a finite number of at least 0, such as 1e-8, not {tol!r:.60}")


def _refuse_extras(callback: object, batches: object) -> None:
    if callback is not None and not callable(callback):
        raise TypeError(
            f"callback is a function of the progress, such as lambda now: print(now.step), not {callback!r:.60}"
        )
    if batches is not None and not isinstance(batches, Batches):
        raise TypeError(f"batches is cr.optim.Batches((X, y), size=32), not {batches!r:.60}")


def start_leaves(leaves: Sequence[Any]) -> list[Any]:
    """Return the parts of a start as floats, in arrays of our own."""
    if not leaves:
        raise ValueError("x0 holds no number to start from")
    return [leaf if type(leaf) is float else _as_float(leaf) for leaf in leaves]


def _as_float(leaf: Any) -> Any:
    # What the elements alone do not say, such as a mask, is refused as it is where a gradient is taken.
    array = np.array(lift(leaf) if isinstance(leaf, np.ndarray) and not leaf.dtype.hasobject else leaf)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in "fciub":
        raise TypeError(f"x0 holds {leaf!r:.60}, which is not a number or an array of numbers")
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if isinstance(leaf, np.ndarray) or array.ndim:
        return array
    return array.item() if array.dtype in (np.float64, np.complex128) else array[()]

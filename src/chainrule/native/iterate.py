"""Owns iterate: one step run many times by native code, in two buffers that take turns being its argument and its result.

The step is traced and compiled as jit does it, with every decision on a value as a guard. The loop around it is native too, so
that no Python object is made for a step. It returns to Python every few hundredths of a second, for signals and for
who watches, and where a step takes a path that is not known: that path is traced and compiled, and the loop goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.native.calls.signature import has_traced
from chainrule.native.descents.step_code import Stepper, WatchedError
from chainrule.native.descents.step_memory import parts
from chainrule.native.descents.step_run import Run

Why = Literal["finished", "stopped", "interrupted"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Iterated:
    """Where the steps led.

    state: after the last step, with the structure and types of the first one. done: so many steps were taken.
    records: what the steps recorded: arrays with one row for each record that was kept; None where no step was taken.
    why: the loop ended: all steps are done (finished), a step said so (stopped), or Ctrl-C (interrupted).
    """

    state: Any
    done: int
    records: Any
    why: Why


def iterate(
    step: Callable[..., Any] | Stepper,
    state: Any,
    n: int,
    args: Sequence[Any] = (),
    *,
    has_aux: bool = False,
    has_stop: bool = False,
    every: int | Sequence[int] = 1,
    progress: Callable[[int, int], Any] | None = None,
) -> Iterated:
    """Run `state = step(state, *args)` at most `n` times as native code, and return where it led.

    step: takes and returns a container of arrays and numbers, which keep their structure, shapes and types: a Python number
        stays one. Results that depend on decisions of Python, side effects and names it closes over are as with jit. It may be
        a Stepper, which keeps the native code for the next time.
    args: what stays the same; arrays are read where they are, and are not to be changed meanwhile.
    has_aux: the step returns (state, record); the records of steps 0, every, 2 every... become arrays; with 0, that of the
        last step alone. `every` may name a number for each array or number of the record.
    has_stop: the step returns a last part more, a bool: where it is true, this step was the last one.
    progress: called with (done, n) every few hundredths of a second, and at the end. What it raises is raised.
    Ctrl-C ends the loop after a whole step; what was done so far is returned, and `why` says so.
    Raises TypeError and ShapeError where the step returns another structure, type or shape than it was given.

    >>> iterate(lambda x, rate: x - rate * 2 * x, 8.0, 3, (0.25,)).state
    1.0
    """
    stepper = step if isinstance(step, Stepper) else Stepper(step, has_aux=has_aux, has_stop=has_stop)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"n is a whole number of at least 0, not {n!r:.60}")
    if any(isinstance(each, bool) or not isinstance(each, int | np.integer) or each < 0 for each in _each(every)):
        raise ValueError(f"every is a whole number of at least 0, not {every!r:.60}")
    if has_traced(flatten((state, tuple(args)))[0]):
        return _unrolled(stepper, state, int(n), args, every)
    try:
        return _run(Run(stepper, state, int(n), args, every), progress)
    except WatchedError:
        return _unrolled(stepper, state, int(n), args, every)


def _run(run: Run, progress: Callable[[int, int], Any] | None) -> Iterated:
    why: Why = "finished"
    try:
        run.advance(progress)
        why = "stopped" if run.stopped else "finished"
    except KeyboardInterrupt:
        why = "interrupted"
    return Iterated(run.state(), run.done, run.records(), why)


def _each(every: int | Sequence[int]) -> Sequence[int]:
    return every if isinstance(every, Sequence) else [every]


def _unrolled(stepper: Stepper, state: Any, n: int, args: Sequence[Any], every: int | Sequence[int]) -> Iterated:
    """Run the steps one by one, as they are: a transform watches them."""
    kept: list[list[Any]] = []
    structure: Any = None
    done, flag = 0, False
    while done < n and not flag:
        state, record, flag = parts(stepper.step(state, *args), stepper.has_aux, stepper.has_stop)
        leaves, structure = flatten(record)
        kept = kept or [[] for _ in leaves]
        often = [every] * len(leaves) if isinstance(every, int) else every
        for column, leaf, each in zip(kept, leaves, often, strict=True):
            if not each:
                column[:] = [leaf]
            elif done % each == 0:
                column.append(leaf)
        done += 1
    rows = [np.stack(column) for column in kept]
    return Iterated(state, done, unflatten(structure, rows) if done else None, "stopped" if flag else "finished")

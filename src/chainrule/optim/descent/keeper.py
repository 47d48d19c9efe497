"""Owns how a run of steps is kept in a file: what is written of it, and how it goes on from there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from chainrule.errors import CheckpointError
from chainrule.native.descents.step_run import Run
from chainrule.optim.descent.checkpoint import Arrays, Checkpoint, check_writable, read, write
from chainrule.optim.descent.fingerprint import fingerprint, start_fingerprint
from chainrule.optim.descent.step import SQUARE, VALUE
from chainrule.optim.descent.task import Task


@final
class Keeper:
    """The file of one descent. It is called with the steps done and asked for, and writes if it is time to."""

    def __init__(self, checkpoint: Checkpoint, task: Task, run: Run) -> None:
        self.checkpoint, self.task, self.run = checkpoint, task, run
        self.call = call_of(task)
        self.extra: dict[str, Any] = {}
        self._last = time.monotonic()
        self._written = -1

    def resume(self) -> None:
        """Go on from the file, if there is one.

        Raise CheckpointError where it is damaged or of another descent, or where there are steps to take and none can be written.
        """
        parts = read(self.checkpoint.path, self.call)
        if parts is not None:
            self._go_on(parts)
        if self.run.done < self.run.n and not self.run.stopped:
            check_writable(self.checkpoint.path)

    def _go_on(self, parts: Arrays) -> None:
        done, every = int(parts["done"]), parts["every"].tolist()
        if done > self.run.n:
            raise CheckpointError(
                f"{self.checkpoint.path} is of a descent that has taken {done - 1:,} steps already; ask for as many, or more"
            )
        assert not isinstance(self.run.every, int)
        self.run.every = [max(pair) for pair in zip(self.run.every, every, strict=True)]
        rows = [
            part[:: now // then] if then else part
            for part, now, then in zip(_all(parts, "kept"), self.run.every, every, strict=True)
        ]
        self.run.resume(done, (_all(parts, "before"), _all(parts, "after")), rows, _all(parts, "spare"))
        self.extra = {name.removeprefix("extra_"): part for name, part in parts.items() if name.startswith("extra_")}
        self._written = done
        square = float(self.run.last(SQUARE))
        value = float(self.run.last(VALUE)) if self.task.record else 0.0
        is_over = not (self.task.level < square < np.inf and abs(value) < np.inf)
        if is_over:
            self.run.stop()

    def __call__(self, done: int, total: int) -> None:
        """Write if enough time has passed."""
        if time.monotonic() - self._last >= self.checkpoint.seconds:
            self.write()

    def write(self) -> None:
        """Write what the run is now, unless the file has that."""
        run, done = self.run, self.run.done
        if not done or done == self._written:
            return
        kept = run.rows_kept()
        parts: Arrays = {"done": np.array(done), "every": np.array(run.often())}
        for name, arrays in (
            ("before", run.leaves(done - 1)),
            ("after", run.leaves(done)),
            ("kept", kept),
            ("spare", [spare for _, spare in run.rooms()]),
        ):
            parts |= {f"{name}_{number}": np.asarray(array) for number, array in enumerate(arrays)}
        parts |= {f"extra_{name}": np.asarray(value) for name, value in self.extra.items()}
        write(self.checkpoint.path, self.call, parts)
        self._last, self._written = time.monotonic(), done


def call_of(task: Task) -> dict[str, str]:
    """Return what tells a descent from others: the number of steps and the tolerance may be others the next time."""
    batches = task.batches
    settings: list[int] = [task.record, task.has_aux]
    data: list[Any] = [task.fun, task.args]
    if batches is not None:
        settings += [batches.size, batches.seed, batches.shuffle, batches.drop_last]
        data += [batches.arrays, batches.validation]
    return {
        "function": fingerprint(task.fun, with_data=False),
        "data": fingerprint(data),
        "method": fingerprint(task.method),
        "start": start_fingerprint(task.x),
        "setting": fingerprint(settings),
    }


def _all(parts: Arrays, name: str) -> Sequence[Any]:
    """Return the arrays of this name, in order."""
    count = sum(key.startswith(f"{name}_") for key in parts)
    return [parts[f"{name}_{number}"] for number in range(count)]

"""Owns the stochastic descent: native code runs the steps of an epoch, each with the next batch of the shuffled data."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np
import numpy.typing as npt

from chainrule.core.trees import LEAF, flatten, unflatten
from chainrule.errors import RandomNumbersError
from chainrule.native.descents.step_run import Run
from chainrule.optim.descent.batches import Batches, Epochs
from chainrule.optim.descent.compiled import CompiledDescent, find_compiled
from chainrule.optim.descent.descend import (
    call,
    call_back,
    gradient_of,
    like_leaf,
    often,
    run_steps,
    together,
    told_once_more,
)
from chainrule.optim.descent.keeper import Keeper
from chainrule.optim.descent.outcome import Minimum
from chainrule.optim.descent.step import GRADIENT, SQUARE, VALUE, first_state, number_of
from chainrule.optim.descent.task import KEYBOARD, Task, Watch
from chainrule.optim.descent.trail import Trail
from chainrule.optim.descent.training_story import TrainingStory, mean_losses
from chainrule.optim.modifiers.modifier import sign_of

_WINDOW = 1 << 26  # so many bytes of shuffled data, or one batch, lie in memory besides the data itself


def descend_by_batches(task: Task) -> Minimum:
    """Follow the gradients of batches downhill. Raise what the function raises; Ctrl-C before the first step comes through."""
    assert task.batches is not None
    compiled = find_compiled(task.fun, task.method, task.has_aux, True, len(task.batches.arrays))
    training = Training(task, task.batches, compiled)
    compiled.take(task.fun)
    try:
        with np.errstate(all="ignore"):
            why = training.run()
    except KeyboardInterrupt:
        if not training.steps.done:
            raise
        why = KEYBOARD
    finally:
        compiled.give_back()
        if training.keeper is not None:
            training.keeper.write()
    return told_once_more(training.outcome, why)


@final
class Training:
    """A stochastic descent under way."""

    def __init__(self, task: Task, batches: Batches, compiled: CompiledDescent) -> None:
        self.task, self.batches, self.compiled = task, batches, compiled
        self.leaves, self.structure = flatten(task.x)
        sizes = batches.sizes()
        self.whole, self.per_epoch = batches.count // batches.size, len(sizes)
        self.sizes = np.array(sizes)
        size = min(batches.size, batches.count)
        self.whole = max(1, self.whole)
        nbytes = sum(array[:size].nbytes for array in batches.arrays)
        self.window = max(1, min(self.whole, _WINDOW // max(1, nbytes)))
        self.rows = [np.empty((self.window, size, *array.shape[1:]), array.dtype) for array in batches.arrays]
        for room, array in zip(self.rows, batches.arrays, strict=True):
            room[0] = array[:size]
        points = often(sum(8 * np.size(leaf) for leaf in self.leaves), batches.steps, task.record)[1]
        every = [1, *(0 for _ in self.leaves), *(points for _ in self.leaves), 1]
        state = first_state(task.method, task.x, False)
        self.steps = Run(compiled.stepper, state, batches.steps, self._args(), every, self.rows)
        self.order: tuple[int, npt.NDArray[np.int64]] = -1, np.arange(0)
        self.validation: list[float] = []
        self.best: tuple[int, list[Any]] = -1, []
        self.keeper: Keeper | None = None
        if task.checkpoint is not None:
            self.keeper = Keeper(task.checkpoint, task, self.steps)
            self._resume(self.keeper)

    def _args(self) -> tuple[Any, ...]:
        """Return what steps take besides their state and their batch."""
        return self.task.level, *self.compiled.inputs(self.task.method), *self.task.args

    def _resume(self, keeper: Keeper) -> None:
        keeper.resume()
        self.validation = list(keeper.extra.get("validation", ()))
        count = len(self.leaves)
        if "best" in keeper.extra:
            parts = (keeper.extra[f"best{number}"] for number in range(count))
            kept = [like_leaf(part, leaf) for part, leaf in zip(parts, self.leaves, strict=True)]
            self.best = int(keeper.extra["best"]), kept

    def run(self) -> str:
        """Run what is left; return who has interrupted it."""
        steps, watch = self.steps, together(self.task.watch, self.keeper)
        why = ""
        while not why:
            epoch, place = divmod(steps.done, self.per_epoch)
            if not place and len(self.validation) < epoch and not steps.stopped:
                self._validate(epoch - 1)
            if steps.done >= steps.n or steps.stopped or self._is_patience_over():
                return ""
            try:
                why = self._run_on(epoch, place, watch)
            except RandomNumbersError:
                steps.is_interpreted = True  # compiled code would repeat them
        return why

    def _run_on(self, epoch: int, place: int, watch: Watch | None) -> str:
        """Run the next batches of an epoch that lie in memory together."""
        size = self.rows[0].shape[1]
        if self.order[0] != epoch:
            self.order = epoch, self.batches.order(epoch)
        order = self.order[1]
        if place >= self.whole:
            return self._run_rest(order[self.whole * size :], watch)
        count = min(self.window, self.whole - place)
        samples = order[place * size : (place + count) * size]
        for room, array in zip(self.rows, self.batches.arrays, strict=True):
            np.take(array, samples, axis=0, out=room[:count].reshape(-1, *array.shape[1:]))
        self.steps.turn_back()
        return run_steps(self.steps, self.task, watch, self.steps.done + count)

    def _run_rest(self, samples: npt.NDArray[np.int64], watch: Watch | None) -> str:
        """Run the last step of an epoch, whose batch is smaller."""
        steps = self.steps
        rows = [np.ascontiguousarray(array[samples])[None] for array in self.batches.arrays]
        alone = Run(self.compiled.stepper, steps.state(), 1, self._args(), 1, rows)
        alone.is_interpreted = steps.is_interpreted
        alone.advance()
        steps.adopt(alone)
        if watch is not None:
            watch(steps.done, steps.n)
        return call_back(steps, self.task)

    # --- epochs

    def _point(self) -> list[Any]:
        """Return the leaves of x after the last step; of a step that numbers ended, those before it."""
        place = self.steps.done - self.steps.stopped
        return [self.steps.leaf(number, place) for number in range(len(self.leaves))]

    def _validate(self, epoch: int) -> None:
        """Compute the validation loss after an epoch, and see whether it is the best one."""
        batches, task = self.batches, self.task
        if batches.validation is None:
            self.validation.append(math.nan)
            return
        leaves = self._point()
        x = unflatten(self.structure, leaves)
        if callable(batches.validation):
            loss = number_of(batches.validation(x))
        else:
            found = call(task, x, *batches.validation_arrays())
            loss = number_of(found[0] if task.has_aux else found)
        sign = sign_of(task.method)
        best = self.validation[self.best[0]] if self.best[0] >= 0 else math.nan
        if math.isnan(best) or sign * loss < sign * best:  # whatever comes after nan is not worse
            self.best = epoch, leaves
        self.validation.append(loss)
        if self.keeper is not None:
            self.keeper.extra = {"validation": np.array(self.validation), "best": self.best[0]}
            self.keeper.extra |= {f"best{number}": leaf for number, leaf in enumerate(self.best[1])}

    def _is_patience_over(self) -> bool:
        patience = self.batches.patience
        return patience is not None and self.best[0] >= 0 and len(self.validation) - 1 - self.best[0] >= patience

    def outcome(self, why: str) -> Minimum:
        """Return what was found."""
        steps, done = self.steps, self.steps.done
        rows, every = steps.rows_kept(), steps.often()
        count = len(self.leaves)
        structure = None if self.structure is LEAF else self.structure
        points_every = every[GRADIENT + count]
        points = tuple(rows[GRADIENT + count : VALUE]) if points_every else ()
        trail = Trail(rows[VALUE], rows[SQUARE], 1, points, points_every, structure, done)
        epochs = self._epochs(trail)
        is_validated = self.best[0] >= 0
        x = unflatten(self.structure, self.best[1] if is_validated else self._point())
        last, batch = unflatten(self.structure, self._point()), self._last_batch()
        story = TrainingStory(self.task, trail, epochs, is_validated, bool(steps.stopped), why, last, batch)
        whole = len(epochs.losses)
        value = float(epochs.losses[min(epochs.best, whole - 1)]) if whole else float(np.mean(trail.values))
        gradient = gradient_of(steps, self.leaves, self.structure)
        return Minimum(x, value, gradient, done, done, story.status, None, trail, story, epochs)

    def _epochs(self, trail: Trail) -> Epochs:
        losses = mean_losses(trail.values[: trail.done], self.sizes)
        has_validation = self.batches.validation is not None
        best = self.best[0] if self.best[0] >= 0 else len(losses) - 1
        return Epochs(losses, np.array(self.validation if has_validation else [], dtype=float), best)

    def _last_batch(self) -> list[Any]:
        """Return the samples that were seen last."""
        epoch, place = divmod(self.steps.done - 1, self.per_epoch)
        size = self.rows[0].shape[1]
        samples = self.batches.order(epoch)[place * size : (place + 1) * size]
        return [array[samples] for array in self.batches.arrays]

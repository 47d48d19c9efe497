"""Owns the message of a stochastic descent: how it ended, in epochs and losses, why, and what to try."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.optim.descent.advice import cut_short, fallen, smaller
from chainrule.optim.descent.batches import Epochs
from chainrule.optim.descent.outcome import Minimum, Status
from chainrule.optim.descent.penalty import dominant_penalty
from chainrule.optim.descent.story import FAR, OTHER_WAY, end_named, not_finite
from chainrule.optim.descent.suspects import copied_parts, faint_parts, idle_parts, misread
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Reals, Trail
from chainrule.optim.descent.trouble import trouble_at
from chainrule.optim.geometry.report import count
from chainrule.optim.modifiers.modifier import sign_of

_HARDLY = 1e-3  # of the loss: what has fallen by less has not learned
_WORSE = 1.1
"""A validation loss so much above its best, while the mean loss goes on to fall, tells of overfitting."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class TrainingStory:
    """What is needed to tell how a stochastic descent ended.

    epochs: what became of them; has_best: whether validation has chosen one. stopped: whether numbers ended it.
    interrupted: by whom. last: the last point, and batch: the last samples that were seen.
    """

    task: Task
    trail: Trail
    epochs: Epochs
    has_best: bool
    stopped: bool
    interrupted: str
    last: Any
    batch: list[Any]

    @property
    def status(self) -> Status:
        """How it ended."""
        last = float(self.trail.values[-1])
        if self.interrupted:
            return Status.INTERRUPTED
        if self.stopped:
            return Status.DIVERGED if math.isinf(last) or has_grown(self.trail, last) else Status.NOT_FINITE
        if has_grown(self.trail, float(self.epochs.losses[-1]), sign_of(self.task.method)):
            return Status.DIVERGED
        return Status.STALLED if self._is_early else Status.STEPS_EXHAUSTED

    @property
    def _is_early(self) -> bool:
        """Whether patience has ended it."""
        assert self.task.batches is not None
        return len(self.epochs.losses) < self.task.batches.epochs

    def __call__(self, found: Minimum) -> str:
        """Return the message."""
        batches, losses = self.task.batches, self.epochs.losses
        assert batches is not None
        named = found.status.name.lower().replace("_", " ")
        after = f"after {len(losses):,} of {batches.epochs:,} epochs ({count(self.trail.done)})"
        if self.interrupted:
            return f"interrupted: {self.interrupted} {after}"
        if self.stopped:
            return self._not_finite(f"{named}: ", f" {after}")
        text = f"{named}: the mean loss went from {losses[0]:.6g} in the first epoch to {losses[-1]:.6g} {after}"
        if found.status is Status.DIVERGED:
            text += f"; {smaller(self.task.method)}"
        elif found.status is Status.STALLED:
            waited = f"the validation loss has not become lower for {batches.patience} epochs"
            text = f"stalled: {waited}; stopped {after}"
        crossed, copied = misread(self.task, self.last, self.batch), copied_parts(self.task, self.batch)
        weighed = dominant_penalty(self.task, self.last, self.batch)
        learned = self._endless(found) or self._not_learned(found)
        remarks = (self._validated(), learned, self._held_back(), crossed, copied, weighed, batches.order_flaw())
        return "; ".join((text, *filter(None, remarks)))

    def _endless(self, found: Minimum) -> str:
        """Say that the loss falls as if it had no end; empty text where it does not."""
        losses, sign = self.epochs.losses, sign_of(self.task.method)
        if found.status is not Status.STEPS_EXHAUSTED or len(losses) < 2:
            return ""
        is_far = sign * losses[-1] < -FAR * max(1.0, abs(losses[0]))
        return f"it may have no {end_named(sign)} that way; {OTHER_WAY[sign]}" if is_far else ""

    def _held_back(self) -> str:
        """Say that the settings of the method keep steps short: clipping that always cuts, or a schedule that has fallen."""
        size = sum(np.size(leaf) for leaf in flatten(self.task.x)[0])
        cut = cut_short(self.task.method, self.trail, size).removeprefix("; ")
        return "; ".join(filter(None, (cut, fallen(self.task, 0.5))))

    def _validated(self) -> str:
        """Return which point validation has chosen, and what came after it."""
        epochs, batches = self.epochs, self.task.batches
        assert batches is not None
        if not self.has_best:
            return ""
        best = float(epochs.validation[epochs.best])
        if math.isnan(best):
            flaw = "" if callable(batches.validation) else batches.flaw(of_validation=True)
            return f"the validation loss is nan{f': {flaw}' if flaw else ' after every epoch'}; x is of the last epoch"
        text = f"x is of epoch {epochs.best + 1:,}, where the validation loss was {best:.6g}"
        end, sign = float(epochs.validation[-1]), sign_of(self.task.method)
        fell = sign * (epochs.losses[epochs.best] - epochs.losses[-1]) > 0
        if not (fell and sign * (end - best) > (_WORSE - 1) * abs(best)):
            return text
        return (
            f"{text}; by the last one it was {end:.6g}, while the mean loss went on from {epochs.losses[epochs.best]:.6g} to "
            f"{epochs.losses[-1]:.6g}: overfitting; with patience= it ends there, and more data or cr.optim.WeightDecay help"
        )

    def _not_learned(self, found: Minimum) -> str:
        """Say that the loss has hardly fallen, or that parts of x have no gradient; empty text where it has learned."""
        idle = idle_parts(self.task, self.last, found.jac, self.batch) or faint_parts(self.task, self.batch)
        losses, sign = self.epochs.losses, sign_of(self.task.method)
        if idle or found.status is not Status.STEPS_EXHAUSTED or len(losses) < 2:
            return idle
        if sign * (losses[0] - losses[-1]) > _HARDLY * abs(losses[0]):
            return ""
        if sign * (losses[-1] - losses[0]) > _HARDLY * abs(losses[0]):
            return (
                f"that is worse: {smaller(self.task.method)}; cr.learning_rate with the same batches= says which work"
            )
        return "that is hardly better, if at all; cr.learning_rate with the same batches= says which rates work from the start"

    def _not_finite(self, begin: str, after: str) -> str:
        """Say why the last batch has no finite loss or gradient."""
        assert self.task.batches is not None
        last = float(self.trail.values[-1])
        what = not_finite(last, float(self.trail.squares[-1])) if math.isfinite(last) else f"the loss is {last}"
        if flaw := self.task.batches.flaw():
            return f"{begin}{what}{after}; {flaw}"
        known = trouble_at(self.task, self.last, self.batch)
        text = f"{begin}{what}{after}{known}; {known.advice(is_start=False)}"
        size, held = self.task.batches.size, len(self.batch[0])
        if held < min(size, self.task.batches.count) and not known.is_too_large:
            text += f"; that batch is the rest of an epoch, {held} of {size}: drop_last=True leaves it out"
        return text


def has_grown(trail: Trail, last: float, sign: int = 0) -> bool:
    """Whether a loss is far larger than that of the first batch. sign: 1 or -1 where that is to be the wrong way."""
    first = float(trail.values[0])
    return abs(last) > 10 * max(1.0, abs(first)) and sign * last >= sign * first


def mean_losses(values: Reals, sizes: Any) -> Reals:
    """Return the mean loss of the samples in each whole epoch. values: of all batches. sizes: of those of an epoch."""
    whole = len(values) // len(sizes)
    return np.asarray(values[: whole * len(sizes)].reshape(whole, len(sizes)) @ sizes / sizes.sum())

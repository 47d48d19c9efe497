"""Owns a training under way: it is made of what the browser has kept, goes some steps on, and is handed back to the browser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.learn.methods import METHODS
from chainrule.learn.playground import network
from chainrule.learn.playground.datasets import COUNT, DATASETS, Floats, split
from chainrule.learn.playground.state import ACTIVATIONS, FILE, LOSSES, SCALES, SCHEDULES, Settings
from chainrule.learn.playground.upload import from_store
from chainrule.optim import Batches

KEPT = 200
"""The losses are kept at so many steps, spread evenly."""
CALLS = 50
"""A training runs in so many requests, each of them as many steps."""
LARGEST = 1e30
"""A training whose weights are larger has diverged; all that is computed of smaller ones is a number."""
_PROGRAMS = 32

Samples = tuple[Floats, Floats]


class DamagedError(ValueError):
    """What the browser has kept is not the state of a training with these settings."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A training after some steps.

    seen, held: points and labels to train with, and held out. classes: what 0 and 1 are called. memory: what the method keeps.
    history: rows of a step and the two losses after it. has_diverged: whether the next step led out of all bounds.
    """

    settings: Settings
    seen: Samples
    held: Samples
    classes: tuple[str, str]
    step: int
    weights: network.Weights
    memory: Any
    history: tuple[tuple[int, float, float], ...]
    has_diverged: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is no step left to take."""
        return self.has_diverged or self.step >= self.settings.steps

    def scores(self, points: Any) -> Any:
        """Return the scores of points."""
        return network.scores_of(self.weights, points, ACTIVATIONS[self.settings.activation].function)

    def objective(self) -> Any:
        """Return the function that is made small: (weights, points, labels) -> loss."""
        return network.make_objective(ACTIVATIONS[self.settings.activation].function, LOSSES[self.settings.loss][0])

    def losses(self) -> tuple[float, float]:
        """Return the loss of the training points, and that of those held out."""
        objective = self.objective()
        return float(objective(self.weights, *self.seen)), float(objective(self.weights, *self.held))


def samples_of(settings: Settings, file: Any) -> tuple[Samples, Samples, tuple[str, str]]:
    """Return the samples to train with, those held out, and the names of the classes. Raises ValueError without a file."""
    if settings.data != FILE:
        made = DATASETS[settings.data](COUNT, settings.noise, settings.seed)
        return (*split(*made, settings.seed), ("class 0", "class 1"))
    if file is None:
        raise ValueError("Choose a file first: a CSV with the columns x, y and label.")
    table = from_store(file)
    seen, held = split(table.points, table.labels, settings.seed)
    return seen, held, table.classes


def begin(settings: Settings, file: Any = None) -> Training:
    """Return a training before its first step."""
    seen, held, classes = samples_of(settings, file)
    weights = network.start_weights(settings.sizes, SCALES[settings.start], settings.seed)
    memory = network.start_memory(METHODS[settings.method], weights)
    started = Training(settings, seen, held, classes, 0, weights, memory, ())
    return _with_losses(started)


def resume(settings: Settings, file: Any, store: Any) -> Training:
    """Return the training that the browser has kept. Raises DamagedError where it is none of these settings."""
    start = begin(settings, file)
    if not isinstance(store, dict):
        raise DamagedError("There is no training to go on with; press Reset.")
    like, structure = flatten((start.weights, start.memory))
    leaves, step, history = store.get("leaves"), store.get("step"), store.get("history")
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step <= settings.steps:
        raise DamagedError("The number of the step that the browser has kept makes no sense; press Reset.")
    if not isinstance(leaves, list) or len(leaves) != len(like):
        raise DamagedError("The weights that the browser has kept belong to another network; press Reset.")
    weights, memory = unflatten(structure, [_as_leaf(leaf, old) for leaf, old in zip(leaves, like, strict=True)])
    kept = _numbers(history, 2 * KEPT + 2)
    if kept.ndim != 2 or kept.shape[1] != 3:
        raise DamagedError("The losses that the browser has kept are damaged; press Reset.")
    rows = tuple((int(row[0]), row[1], row[2]) for row in kept.tolist())
    return replace(start, step=step, weights=weights, memory=memory, history=rows)


def to_store(training: Training) -> dict[str, Any]:
    """Return what the browser keeps: numbers in lists. JSON holds each of them to the last bit."""
    leaves, _ = flatten((training.weights, training.memory))
    return {
        "step": training.step,
        "leaves": [np.asarray(leaf).tolist() for leaf in leaves],
        "history": [list(row) for row in training.history],
    }


def advance(training: Training, count: int) -> Training:
    """Return the training after so many more steps, or as many as are left."""
    settings = training.settings
    points, labels = training.seen
    batches = batches_of(settings, points, labels)
    schedule = SCHEDULES[settings.schedule](settings.rate, settings.steps)
    step = _program(settings.method, settings.activation, settings.loss, settings.sizes, batches.size)
    every = kept_every(settings.steps)
    for number in range(training.step, min(training.step + count, settings.steps)):
        rows = network.rows_of(batches, number)
        with np.errstate(all="ignore"):
            weights, memory = step(
                training.weights, training.memory, float(schedule(number)), points[rows], labels[rows]
            )
        if not _is_bounded(weights, memory):
            return replace(training, has_diverged=True)
        training = replace(training, weights=weights, memory=memory, step=number + 1)
        if training.step % every == 0:
            training = _with_losses(training)
    return training


def batches_of(settings: Settings, points: Floats, labels: Floats) -> Batches:
    """Return the batches in which the samples are seen."""
    size = len(points) if settings.batch == "all" else min(int(settings.batch), len(points))
    return Batches((points, labels), size, seed=settings.seed, drop_last=True)


def kept_every(steps: int) -> int:
    """Return after how many steps the losses are kept."""
    return max(1, math.ceil(steps / KEPT))


def chunk_of(steps: int) -> int:
    """Return how many steps one request takes, so that a reader sees the network learn."""
    return max(1, math.ceil(steps / CALLS))


@lru_cache(maxsize=_PROGRAMS)
def _program(method: str, activation: str, loss: str, sizes: tuple[int, ...], batch: int) -> Any:
    """Return a step in native code. The shapes are part of the key, so that old code is let go of with its entry."""
    objective = network.make_objective(ACTIVATIONS[activation].function, LOSSES[loss][0])
    weights = network.start_weights(sizes, 1.0, 0)
    with np.errstate(all="ignore"):
        return network.make_step(METHODS[method], objective, weights, np.ones((batch, 2)), np.ones(batch))


def _with_losses(training: Training) -> Training:
    return replace(training, history=(*training.history, (training.step, *training.losses())))


def _is_bounded(weights: network.Weights, memory: Any) -> bool:
    parts = [part for layer in weights for part in layer]
    return all(np.abs(part).max() <= LARGEST for part in parts) and all(
        np.isfinite(part).all() for part in flatten(memory)[0]
    )


def _as_leaf(given: Any, like: Any) -> Any:
    """Return a part of a state that is like another one in shape and kind."""
    array = _numbers(given, max(1, np.size(like)))
    if array.shape != np.shape(like):
        raise DamagedError("The weights that the browser has kept belong to another network; press Reset.")
    return array if isinstance(like, np.ndarray) else np.float64(array)


def _numbers(given: Any, most: int) -> Floats:
    """Return finite numbers in lists as an array; `most` bounds the length of each list, before anything is copied."""
    if isinstance(given, Sequence) and len(given) > most:
        raise DamagedError("What the browser has kept is too large; press Reset.")
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DamagedError("What the browser has kept holds something that is no number; press Reset.") from error
    if not np.all(np.abs(array) <= np.finfo(np.float64).max):
        raise DamagedError("What the browser has kept holds a number that is not finite; press Reset.")
    return array

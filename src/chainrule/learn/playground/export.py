"""Owns the script that a reader takes away: the very functions that the page ran, with its settings, and what they print."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.learn.methods import METHODS
from chainrule.learn.playground import datasets, network
from chainrule.learn.playground.state import ACTIVATIONS, FILE, LOSSES, SCALES, SCHEDULES, Settings
from chainrule.learn.playground.training import Training, batches_of
from chainrule.learn.playground.upload import from_store

_HEAD = '''"""The network that was trained in the playground of chainrule, after {step} steps."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import optree
from numpy.typing import NDArray
from scipy.special import expit

import chainrule as cr

Floats: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = list[tuple[Floats, Floats]]
'''

_MAIN = """
{samples}
(points, labels), held_out = split(points, labels, seed={seed})
weights = start_weights({sizes}, scale={scale}, seed={seed})
objective = make_objective({activation}, {loss})
schedule = {schedule}
method = cr.optim.{method}
memory = start_memory(method, weights)
batches = cr.optim.Batches((points, labels), {batch}, seed={seed}, drop_last=True)
step = make_step(method, objective, weights, points[: batches.size], labels[: batches.size])
for number in range({steps}):
    rows = rows_of(batches, number)
    weights, memory = step(weights, memory, float(schedule(number)), points[rows], labels[rows])

print("training loss", float(objective(weights, points, labels)))
print("held-out loss", float(objective(weights, *held_out)))
print("held-out accuracy", accuracy(scores_of(weights, held_out[0], {activation}), held_out[1]))
"""

_FUNCTIONS = (
    network.start_weights, network.scores_of, network.make_objective, network.start_memory, network.make_step,
    network.rows_of, network.accuracy,
)  # fmt: skip


def as_script(training: Training, file: Any = None) -> str:
    """Return a program that trains as long as the page has, and prints the losses that the page shows, to the last bit."""
    settings = training.settings
    activation, loss = ACTIVATIONS[settings.activation].function, LOSSES[settings.loss][0]
    functions: list[Callable[..., Any]] = [datasets.split, loss, *_FUNCTIONS]
    if activation is not np.tanh:
        functions.insert(0, activation)
    if settings.data != FILE:
        functions.insert(0, datasets.DATASETS[settings.data])
    schedule = SCHEDULES[settings.schedule](settings.rate, settings.steps)
    main = _MAIN.format(
        samples=_samples(settings, file),
        seed=settings.seed,
        sizes=settings.sizes,
        scale=SCALES[settings.start],
        activation="np.tanh" if activation is np.tanh else activation.__name__,
        loss=loss.__name__,
        schedule=f"cr.optim.schedules.{schedule!r}",
        method=METHODS[settings.method].__name__,
        batch=batches_of(settings, *training.seen).size,
        steps=training.step,
    )
    return "\n\n".join([_HEAD.format(step=training.step), *map(inspect.getsource, functions), main])


def _samples(settings: Settings, file: Any) -> str:
    if settings.data == FILE:
        table = from_store(file)
        rows = np.column_stack([table.points, table.labels]).tolist()
        return f"table = np.array({json.dumps(rows)})\npoints, labels = table[:, :2], table[:, 2]"
    function = datasets.DATASETS[settings.data].__name__
    return f"points, labels = {function}({datasets.COUNT}, noise={settings.noise!r}, seed={settings.seed})"


def printed(training: Training) -> str:
    """Return what the script prints."""
    seen, held = training.losses()
    part = network.accuracy(training.scores(training.held[0]), training.held[1])
    return f"training loss {seen!r}\nheld-out loss {held!r}\nheld-out accuracy {part!r}\n"

"""Owns what a reader chooses in the playground: it stands in the page's address, so that the address can be shared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, final
from urllib.parse import parse_qs, urlencode

import numpy as np

from chainrule import optim
from chainrule.learn.methods import METHODS
from chainrule.learn.playground import network
from chainrule.learn.playground.datasets import DATASETS

FILE = "your file"
DATA = (*DATASETS, FILE)
MOST_LAYERS, MOST_UNITS, MOST_STEPS, MOST_SEED = 3, 8, 5000, 9999
BATCHES = ("all", "1", "8", "16", "32", "64")


@final
@dataclass(frozen=True, slots=True)
class Activation:
    """An activation: the function that runs, and how it is written. text: for the grammar; latex: for formulas."""

    function: Callable[[Any], Any]
    text: str
    latex: str


ACTIVATIONS: Mapping[str, Activation] = {
    "tanh": Activation(np.tanh, "tanh({z})", r"\tanh({z})"),
    "relu": Activation(network.relu, "relu({z})", r"\max(0, {z})"),
    "leaky relu": Activation(network.leaky_relu, "max({z}, 0.1 {z})", r"\operatorname{leaky\ relu}({z})"),
    "sigmoid": Activation(network.sigmoid, "sigmoid({z})", r"\sigma({z})"),
    "softplus": Activation(network.softplus, "softplus({z})", r"\operatorname{softplus}({z})"),
    "identity": Activation(network.identity, "{z}", "{z}"),
}

LOSSES: Mapping[str, tuple[Callable[[Any, Any], Any], str]] = {
    "cross-entropy": (network.cross_entropy, "softplus(s) - t s"),
    "squared error": (network.squared_error, "(sigmoid(s) - t)^2"),
}
"""By the name that the page shows: the function of scores and labels, and for the grammar the same of a score s and a label t."""

SCHEDULES: Mapping[str, Callable[[float, int], Any]] = {
    "constant": lambda rate, steps: optim.schedules.Constant(rate),
    "cosine": lambda rate, steps: optim.schedules.Cosine(rate, steps),
    "exponential": lambda rate, steps: optim.schedules.Exponential(rate, 0.05 ** (1 / steps)),
    "in steps": lambda rate, steps: optim.schedules.Step(rate, max(1, steps // 3), 0.3),
    "warm-up": lambda rate, steps: optim.schedules.WarmUp(rate, max(1, steps // 10)),
    "one cycle": lambda rate, steps: optim.schedules.OneCycle(rate, max(2, steps)),
}
"""By the name that the page shows: the schedule of a learning rate over so many steps."""

SCALES: Mapping[str, float] = {"usual": 1.0, "small": 0.1, "tiny": 0.001, "large": 4.0, "huge": 30.0}
"""By the name that the page shows: how large the first weights are."""


@final
@dataclass(frozen=True, slots=True)
class Settings:
    """What the reader has chosen.

    first, second, third: units of the hidden layers; a layer of 0 units is left out. rate: the learning rate that the schedule
    starts from. batch: samples in a batch. steps: at which training ends. start: how large the first weights are.
    """

    data: str = "moons"
    noise: float = 0.1
    seed: int = 0
    first: int = 4
    second: int = 2
    third: int = 0
    activation: str = "tanh"
    loss: str = "cross-entropy"
    method: str = "Adam"
    schedule: str = "constant"
    rate: float = 0.03
    batch: str = "32"
    steps: int = 400
    start: str = "usual"

    @property
    def layers(self) -> tuple[int, ...]:
        """Units in the hidden layers that there are."""
        return tuple(units for units in (self.first, self.second, self.third) if units)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units in all layers: two inputs, the hidden ones, and one score."""
        return (2, *self.layers, 1)

    def address(self) -> str:
        """Return the query of the page's address."""
        return "?" + urlencode({field.name: getattr(self, field.name) for field in fields(self)})


NAMES = tuple(field.name for field in fields(Settings))
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "data": DATA, "activation": tuple(ACTIVATIONS), "loss": tuple(LOSSES), "method": tuple(METHODS),
    "schedule": tuple(SCHEDULES), "batch": BATCHES, "start": tuple(SCALES),
}  # fmt: skip
_WHOLE: Mapping[str, tuple[int, int]] = {
    "seed": (0, MOST_SEED), "first": (0, MOST_UNITS), "second": (0, MOST_UNITS), "third": (0, MOST_UNITS),
    "steps": (1, MOST_STEPS),
}  # fmt: skip
_REAL: Mapping[str, tuple[float, float]] = {"noise": (0.0, 0.5), "rate": (1e-6, 100.0)}


def choices(name: str) -> list[str]:
    """Return what there is to choose from."""
    return list(_CHOICES[name])


def from_address(query: str | None) -> Settings:
    """Return the settings that an address holds; what is missing or makes no sense is as at the start."""
    return checked({name: values[0] for name, values in parse_qs((query or "").lstrip("?")[:2000]).items()})


def checked(given: Mapping[str, Any]) -> Settings:
    """Return settings of what was given; what is missing or makes no sense is as at the start, numbers are kept in bounds."""
    start = Settings()
    found: dict[str, Any] = {}
    for name, options in _CHOICES.items():
        value = given.get(name)
        found[name] = value if isinstance(value, str) and value in options else getattr(start, name)
    for name, (low, high) in _WHOLE.items():
        found[name] = int(min(max(_number(given.get(name), getattr(start, name)), low), high))
    for name, (least, most) in _REAL.items():
        found[name] = min(max(_number(given.get(name), getattr(start, name)), least), most)
    return Settings(**found)


def _number(value: Any, otherwise: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return number if math.isfinite(number) else otherwise

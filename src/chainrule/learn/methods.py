"""Owns the methods of descent that the pages offer: those that take a learning rate, by the names that are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chainrule import optim

METHODS: Mapping[str, Callable[[Any], Any]] = {
    "gradient descent": optim.GradientDescent,
    "momentum": optim.Momentum,
    "Nesterov": optim.Nesterov,
    "Adagrad": optim.Adagrad,
    "RMSprop": optim.RMSprop,
    "Adam": optim.Adam,
    "AdamW": optim.AdamW,
    "AMSGrad": optim.AMSGrad,
    "Adamax": optim.Adamax,
    "NAdam": optim.NAdam,
    "Lion": optim.Lion,
}

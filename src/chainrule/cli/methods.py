"""Owns what the methods of descent are called on the command line."""

from __future__ import annotations

from typing import Any

from chainrule import optim
from chainrule.cli.output import CommandError

METHODS: dict[str, type] = {
    "gd": optim.GradientDescent,
    "momentum": optim.Momentum,
    "nesterov": optim.Nesterov,
    "adagrad": optim.Adagrad,
    "adadelta": optim.Adadelta,
    "rmsprop": optim.RMSprop,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "amsgrad": optim.AMSGrad,
    "adamax": optim.Adamax,
    "nadam": optim.NAdam,
    "radam": optim.RAdam,
    "lion": optim.Lion,
    "cg": optim.ConjugateGradient,
    "lbfgs": optim.LBFGS,
    "newton": optim.Newton,
}
"""The methods by name."""
SOLVERS = ("cg", "lbfgs", "newton")
"""Those that choose the length of their steps themselves."""


def make_method(name: str, rate: float | None = None) -> Any:
    """Return a method by its name, with a learning rate where it takes one; 1 where none is given.

    Raises CommandError for other names, ValueError for a rate that is none.

    >>> make_method("Momentum", 0.1)
    Momentum(learning_rate=0.1, momentum=0.9)
    """
    key = name.strip().lower()
    if key not in METHODS:
        raise CommandError(f"there is no method {name.strip()[:40]!r}; the methods are {', '.join(METHODS)}")
    if key in SOLVERS:
        if rate is not None:
            raise CommandError(f"{key} takes no learning rate: it chooses the length of its steps itself")
        return METHODS[key]()
    return METHODS[key](1.0 if rate is None else rate)

"""Owns Adagrad: each number has a rate of its own, which falls with the squares of its gradients so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.optim.methods.leaves import advance, map_leaves, rate_at, real_zeros, square_root, start_count
from chainrule.optim.methods.settings import check_learning_rate, check_not_negative, check_positive


@final
@dataclass(frozen=True, slots=True)
class Adagrad:
    """s becomes s + gradient², then x becomes x - learning_rate * gradient / (√s + eps), as in PyTorch.

    learning_rate: as for GradientDescent, but about the length of the first step in each number, whatever the gradient. Later
        steps shrink like 1/√t. 0.01 is PyTorch's.
    initial_accumulator_value: s at the start, at least 0. 0 is PyTorch's; larger makes the first steps shorter.
    eps: above 0; keeps from dividing by 0, and is small enough, at 1e-10, to change nothing else.
    State: (s, count of steps for a schedule). Raises ValueError for settings that are something else.
    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.

    >>> method = Adagrad(0.5)
    >>> x, state = method.update(gradient=4.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6), state
    (4.5, (16.0, ()))
    """

    learning_rate: Any = 0.01
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_not_negative("initial_accumulator_value", self.initial_accumulator_value, 0.1)
        check_positive("eps", self.eps, 1e-10)

    def init(self, x: Any) -> Any:
        """Return the state: the sum of squares at the start."""
        total = map_leaves(lambda zero: np.add(zero, self.initial_accumulator_value), real_zeros(x, "Adagrad"))
        return total, start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        total, count = state
        rate, count = rate_at(self.learning_rate, count)
        x, total = advance(self._step, rate, x, gradient, total)
        return x, (total, count)

    def _step(self, rate: Any, x: Any, g: Any, s: Any) -> tuple[Any, ...]:
        s = s + g * g
        return x - rate * g / (square_root(s) + self.eps), s

"""Owns Lion: steps of one length, by the sign of the momentum alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.optim.methods.leaves import advance, blend, rate_at, real_zeros, start_count
from chainrule.optim.methods.settings import check_fraction, check_learning_rate, check_not_negative


@final
@dataclass(frozen=True, slots=True)
class Lion:
    """x becomes x * (1 - learning_rate * weight_decay) - learning_rate * sign(beta1 * m + (1 - beta1) * gradient), then m becomes
    beta2 * m + (1 - beta2) * gradient.

    learning_rate: as for GradientDescent, but exactly the length of a step in each number, which stays where the sign is 0.
        0.0001 is the authors': three to ten times less than for Adam. With a fixed rate the end is as far from a minimum as
        steps are long; let a schedule shrink it.
    beta1, beta2: at least 0 and below 1; 0.9 and 0.99 are the paper's.
    weight_decay: at least 0, as for AdamW. 0 is the authors'; networks take three to ten times that of AdamW.
    State: (m, count of steps for a schedule). Raises ValueError for settings that are something else.
    Source: Chen and others, "Symbolic discovery of optimization algorithms", 2023.

    >>> method = Lion(0.5)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> x, round(state[0], 6)
    (4.5, 0.1)
    """

    learning_rate: Any = 0.0001
    beta1: float = 0.9
    beta2: float = 0.99
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_fraction("beta1", self.beta1, 0.9)
        check_fraction("beta2", self.beta2, 0.99)
        check_not_negative("weight_decay", self.weight_decay, 1.0)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far."""
        return real_zeros(x, "Lion"), start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        mean, count = state
        rate, count = rate_at(self.learning_rate, count)
        x, mean = advance(self._step, rate, x, gradient, mean)
        return x, (mean, count)

    def _step(self, rate: Any, x: Any, g: Any, m: Any) -> tuple[Any, ...]:
        x = x * (1 - rate * self.weight_decay)
        return x - rate * np.sign(blend(m, g, self.beta1)), blend(m, g, self.beta2)

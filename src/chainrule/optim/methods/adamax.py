"""Owns Adamax: Adam with the largest gradient of late in place of the root mean square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.optim.methods.leaves import advance, blend, like, rate_at, real_zeros, start_count
from chainrule.optim.methods.settings import check_adam


@final
@dataclass(frozen=True, slots=True)
class Adamax:
    """m becomes beta1 * m + (1 - beta1) * gradient and u becomes max(beta2 * u, |gradient| + eps); after t steps
    x becomes x - learning_rate * m / (u * (1 - beta1^t)), as in PyTorch.

    learning_rate: as for Adam; 0.002 is the paper's. beta1, beta2: as for Adam, where u is forgotten by beta2 a step.
    eps: above 0; keeps from dividing by 0.
    State: (m, u, 1 - beta1^t, count of steps for a schedule). Raises ValueError for settings that are something else.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7.1.

    >>> method = Adamax(0.1)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6)
    4.9
    """

    learning_rate: Any = 0.002
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_adam(self)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far."""
        return real_zeros(x, "Adamax"), real_zeros(x, "Adamax"), 0.0, start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        mean, largest, weight, count = state
        rate, count = rate_at(self.learning_rate, count)
        weight = blend(weight, 1.0, self.beta1)

        def step(rate: Any, x: Any, g: Any, m: Any, u: Any) -> tuple[Any, ...]:
            m, u = blend(m, g, self.beta1), np.maximum(self.beta2 * u, np.abs(g) + self.eps)
            return x - rate / like(weight, x) * m / u, m, u

        x, mean, largest = advance(step, rate, x, gradient, mean, largest)
        return x, (mean, largest, weight, count)

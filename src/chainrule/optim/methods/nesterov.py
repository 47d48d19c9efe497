"""Owns Nesterov's momentum: the step looks ahead to where the speed leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import advance, rate_at, start_count, zeros
from chainrule.optim.methods.settings import check_fraction, check_learning_rate


@final
@dataclass(frozen=True, slots=True)
class Nesterov:
    """v becomes momentum * v + gradient, then x becomes x - learning_rate * (gradient + momentum * v), as in PyTorch.

    This is Nesterov's method with the point already moved ahead, so that the gradient is taken where x is.

    learning_rate: as for Momentum. momentum: at least 0 and below 1; 0.9 is the usual one.
    State: (v, count of steps for a schedule). Raises ValueError for settings that are something else.
    Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k²)", 1983; in this form
    Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", 2013.

    >>> method = Nesterov(0.1, momentum=0.5)
    >>> method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    (3.5, (10.0, ()))
    """

    learning_rate: Any
    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_fraction("momentum", self.momentum, 0.9)

    def init(self, x: Any) -> Any:
        """Return the state: no speed."""
        return zeros(x), start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        speed, count = state
        rate, count = rate_at(self.learning_rate, count)
        x, speed = advance(self._step, rate, x, gradient, speed)
        return x, (speed, count)

    def _step(self, rate: Any, x: Any, g: Any, v: Any) -> tuple[Any, ...]:
        v = self.momentum * v + g
        return x - rate * (g + self.momentum * v), v

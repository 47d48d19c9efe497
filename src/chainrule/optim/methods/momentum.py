"""Owns momentum: the heavy ball, which keeps a part of its speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import advance, rate_at, start_count, zeros
from chainrule.optim.methods.settings import check_fraction, check_learning_rate


@final
@dataclass(frozen=True, slots=True)
class Momentum:
    """v becomes momentum * v + gradient, then x becomes x - learning_rate * v, as in PyTorch.

    learning_rate: as for GradientDescent. Where the gradient stays the same, steps grow to learning_rate / (1 - momentum)
        times it: start with a tenth of what plain gradient descent takes.
    momentum: the part of the speed that is kept, at least 0 and below 1. 0.9 is the usual one: a memory of about ten steps.
    State: (v, count of steps for a schedule). Raises ValueError for settings that are something else.
    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    >>> method = Momentum(0.1, momentum=0.5)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> method.update(gradient=8.0, state=state, x=x)
    (2.7, (13.0, ()))
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
        return x - rate * v, v

"""Owns Adadelta: steps in the units of the point, from the mean squares of gradients and of past steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import advance, blend, rate_at, real_zeros, square_root, start_count
from chainrule.optim.methods.settings import check_fraction, check_learning_rate, check_positive


@final
@dataclass(frozen=True, slots=True)
class Adadelta:
    """s becomes rho * s + (1 - rho) * gradient², the step is d = gradient * √(u + eps) / √(s + eps), u becomes
    rho * u + (1 - rho) * d², and x becomes x - learning_rate * d.

    learning_rate: as for GradientDescent; 1.0 gives the paper's method, which needs none.
    rho: how much of the past the mean squares keep, at least 0 and below 1. 0.9 is PyTorch's: about ten steps.
    eps: above 0. It is the square of the first step's length, so that the method starts slowly: 1e-6 is the paper's.
    State: (s, u, count of steps for a schedule). Raises ValueError for settings that are something else.
    Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012.

    >>> method = Adadelta(rho=0.5, eps=1.0)
    >>> x, state = method.update(gradient=4.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6), state[0]
    (3.666667, 8.0)
    """

    learning_rate: Any = 1.0
    rho: float = 0.9
    eps: float = 1e-6

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        check_fraction("rho", self.rho, 0.9)
        check_positive("eps", self.eps, 1e-6)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients and no steps so far."""
        return real_zeros(x, "Adadelta"), real_zeros(x, "Adadelta"), start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        squares, steps, count = state
        rate, count = rate_at(self.learning_rate, count)
        x, squares, steps = advance(self._step, rate, x, gradient, squares, steps)
        return x, (squares, steps, count)

    def _step(self, rate: Any, x: Any, g: Any, s: Any, u: Any) -> tuple[Any, ...]:
        s = blend(s, g * g, self.rho)
        d = square_root(u + self.eps) / square_root(s + self.eps) * g
        return x - rate * d, s, blend(u, d * d, self.rho)

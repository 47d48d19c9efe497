"""Owns Adam: the mean gradient, divided by the root of the mean square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.moments import start_moments, step_by_moments
from chainrule.optim.methods.settings import check_adam


@final
@dataclass(frozen=True, slots=True)
class Adam:
    """m becomes beta1 * m + (1 - beta1) * gradient and v becomes beta2 * v + (1 - beta2) * gradient²; after t steps
    x becomes x - learning_rate * m̂ / (√v̂ + eps) with m̂ = m / (1 - beta1^t) and v̂ = v / (1 - beta2^t).

    The divisions make weighted means of m and v, which start at 0 and are too small at first.

    learning_rate: as for GradientDescent, but about the length of a step in each number, whatever the gradient. 0.001 is the
        paper's, for large networks; on functions of a few numbers of size 1, 0.1 is a good start.
    beta1: how much of the past the mean keeps, at least 0 and below 1. 0.9 is the paper's: about ten steps.
    beta2: the same for the mean square. 0.999 is the paper's: about a thousand steps.
    eps: above 0; keeps from dividing by 0. 1e-8 is the paper's.
    State: (m, v, (1 - beta1^t, 1 - beta2^t), count of steps for a schedule).
    Raises ValueError for settings that are something else.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015.

    >>> method = Adam(0.1)
    >>> x, state = method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    >>> round(x, 6), [round(part, 6) for part in state[:2]]
    (4.9, [1.0, 0.1])
    """

    learning_rate: Any = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_adam(self)

    def init(self, x: Any) -> Any:
        """Return the state: no gradients so far."""
        return start_moments(self, x)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state. Raises ShapeError where gradient and point do not fit."""
        return step_by_moments(self, gradient, state, x)

"""Owns gradient descent: a step against the gradient, as long as the learning rate says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

from chainrule.optim.methods.leaves import advance, rate_at, start_count
from chainrule.optim.methods.settings import check_learning_rate


@final
@dataclass(frozen=True, slots=True)
class GradientDescent:
    """x becomes x - learning_rate * gradient.

    learning_rate: a finite number above 0, a schedule, or a container of numbers in the structure of x. It has no default:
        the right one is between 0 and 2 / λmax, where λmax is the largest curvature of the function. Raises ValueError
        where it is something else.
    Source: Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847.

    >>> method = GradientDescent(0.1)
    >>> method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    (4.0, ())
    """

    learning_rate: Any

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)

    def init(self, x: Any) -> Any:
        """Return the state: the count of steps where the learning rate is a schedule, else nothing."""
        return start_count(self.learning_rate)

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the state. Raises ShapeError where gradient and point do not fit."""
        rate, count = rate_at(self.learning_rate, state)
        (x,) = advance(lambda rate, x, g: (x - rate * g,), rate, x, gradient)
        return x, count

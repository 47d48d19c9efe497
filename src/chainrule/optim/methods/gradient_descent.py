"""Owns gradient descent: a step against the gradient, as long as the learning rate says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

from chainrule.core.trees import flatten, unflatten
from chainrule.errors import ShapeError


@final
@dataclass(frozen=True, slots=True)
class GradientDescent:
    """x becomes x - learning_rate * gradient.

    learning_rate: a finite number above 0. Raises ValueError where it is not.
    Source: Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847.

    >>> method = GradientDescent(0.1)
    >>> method.update(gradient=10.0, state=method.init(5.0), x=5.0)
    (4.0, ())
    """

    learning_rate: float

    def __post_init__(self) -> None:
        rate: object = self.learning_rate
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not math.isfinite(rate) or rate <= 0:
            raise ValueError(f"learning_rate is a finite number above 0, such as 0.1, not {rate!r:.60}")

    def init(self, x: Any) -> tuple[()]:
        """Return the empty state: the method remembers nothing."""
        return ()

    def update(self, gradient: Any, state: tuple[()], x: Any) -> tuple[Any, tuple[()]]:
        """Return the next point and the state. Raises ShapeError where gradient and point have different structures."""
        points, structure = flatten(x)
        slopes, _ = flatten(gradient)
        if len(points) != len(slopes):
            raise ShapeError(
                f"the point has {len(points)} arrays, but its gradient {len(slopes)}; pass the gradient at this point"
            )
        moved = [point - self.learning_rate * slope for point, slope in zip(points, slopes, strict=True)]
        return unflatten(structure, moved), state

"""Owns what a method of descent is: a pure `init` and `update`, or a solver that takes all its steps itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float64]


class Method(Protocol):
    """A rule that makes the next point from the present point and its gradient.

    Points and gradients are pytrees of the same structure and shapes; the state is what the method keeps between steps.
    It is a pytree of numbers and arrays whose shapes and types stay the same.
    """

    def init(self, x: Any) -> Any:
        """Return the state before the first step from `x`."""
        ...

    def update(self, gradient: Any, state: Any, x: Any) -> tuple[Any, Any]:
        """Return the next point and the next state; change neither argument."""
        ...


class Solver(Protocol):
    """A rule that asks for values, gradients and curvature wherever it wants, and takes all its steps itself.

    Points are flat vectors of float64.
    """

    def solve(
        self,
        start: Vector,
        value_and_grad: Callable[[Vector], tuple[float, Vector]],
        hvp: Callable[[Vector, Vector], Vector],
        *,
        steps: int,
        tol: float,
        observe: Callable[[Vector, float, Vector], object],
    ) -> str:
        """Descend from `start`, and return in words how that ended.

        value_and_grad(x): the function and its gradient. hvp(x, v): the Hessian at x times v.
        steps: at most so many. tol: it is enough that the Euclidean norm of the gradient is at most this.
        observe(x, value, gradient): called once for each point that was reached, the start first; where it raises
            StopIteration, the descent ends.
        """
        ...

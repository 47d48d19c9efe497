"""Owns L-BFGS: Newton's method with a curvature that is guessed from the last steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from chainrule.optim.methods.method import Vector
from chainrule.optim.methods.scipy_solver import solve_by_scipy
from chainrule.optim.methods.settings import check_count


@final
@dataclass(frozen=True, slots=True)
class LBFGS:
    """The step is -H * gradient times a length that a line search finds; H, the inverse of the Hessian, is built from the last
    `memory` changes of point and gradient. SciPy's L-BFGS-B runs it, with our gradients.

    It needs no learning rate, and is the first to try on a smooth function without noise, of any number of variables.
    memory: at least 1; 10 is SciPy's. Raises ValueError where it is something else.
    Source: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989.

    >>> import numpy as np
    >>> points = []
    >>> message = LBFGS().solve(np.array([5.0]), lambda x: (float(x @ x), 2 * x), lambda x, v: 2 * v, steps=100, tol=1e-8,
    ...                         observe=lambda x, value, gradient: points.append(x))
    >>> len(points), float(points[-1][0])
    (3, 0.0)
    """

    memory: int = 10

    def __post_init__(self) -> None:
        check_count("memory", self.memory, 1, 10)

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
        """Descend from `start`, as `Solver` says."""
        options = {
            "maxcor": self.memory,
            "maxfun": 2**31 - 1,
            "gtol": tol / math.sqrt(max(start.size, 1)),  # SciPy asks for the largest entry of the gradient
            "ftol": 0.0,
        }
        return solve_by_scipy("L-BFGS-B", start, value_and_grad, observe, steps, options)

"""Owns the nonlinear conjugate gradient method: directions that do not undo what those before have done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from chainrule.optim.methods.method import Vector
from chainrule.optim.methods.scipy_solver import solve_by_scipy


@final
@dataclass(frozen=True, slots=True)
class ConjugateGradient:
    """The direction becomes -gradient + β * direction, with β = max(0, gradient · (gradient - the last one) / |the last one|²)
    (Polak and Ribière), and a line search finds how far to go. SciPy's CG runs it, with our gradients.

    It needs no learning rate and keeps one vector; on a quadratic function of n variables n steps are enough.
    Source: Polak and Ribière, "Note sur la convergence de méthodes de directions conjuguées", 1969; Nocedal and Wright,
    "Numerical optimization", 2006, section 5.2.

    >>> import numpy as np
    >>> points = []
    >>> ConjugateGradient().solve(np.array([5.0, 1.0]), lambda x: (float(x @ x), 2 * x), lambda x, v: 2 * v, steps=100,
    ...                           tol=1e-8, observe=lambda x, value, gradient: points.append(x))
    'Optimization terminated successfully'
    >>> bool(np.allclose(points[-1], 0))
    True
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
        """Descend from `start`, as `Solver` says."""
        return solve_by_scipy("CG", start, value_and_grad, observe, steps, {"gtol": tol, "norm": 2})

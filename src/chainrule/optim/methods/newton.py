"""Owns Newton's method: the step to the lowest point of the parabola that fits the function here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from chainrule.optim.methods.method import Vector
from chainrule.optim.methods.scipy_solver import EXHAUSTED, solve_by_scipy


@final
@dataclass(frozen=True, slots=True)
class Newton:
    """x becomes x - H⁻¹ * gradient, where H is the Hessian at x; in one variable x - f'(x) / f''(x).

    Near a minimum each step doubles the number of right digits. Far from one, the step may be too long, and where the
    function is not convex it leads uphill. So by default it is kept within a region in which the parabola was seen to fit, and
    follows downward curvature to its edge: SciPy's trust-ncg runs it, with our Hessian-vector products, for any number of
    variables.

    trust_region: False takes the bare steps of the lesson; H is then computed whole, and the end is where the gradient
        vanishes: it may be a maximum or a saddle.
    Source: Steihaug, "The conjugate gradient method and trust regions in large scale optimization", 1983; Nocedal and Wright,
    "Numerical optimization", 2006, section 7.1.

    >>> import numpy as np
    >>> points = []
    >>> Newton(trust_region=False).solve(np.array([2.0]), lambda x: (float(x[0] ** 4), 4 * x**3), lambda x, v: 12 * x**2 * v,
    ...     steps=2, tol=1e-8, observe=lambda x, value, gradient: points.append(round(float(x[0]), 4)))
    'the number of steps is exhausted'
    >>> points
    [2.0, 1.3333, 0.8889]
    """

    trust_region: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.trust_region, bool):
            raise ValueError(f"trust_region is True or False, not {self.trust_region!r:.60}")

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
        if not self.trust_region:
            return _bare_steps(start, value_and_grad, hvp, steps, tol, observe)
        return solve_by_scipy("trust-ncg", start, value_and_grad, observe, steps, {"gtol": tol}, hvp)


def _bare_steps(
    x: Vector,
    value_and_grad: Callable[[Vector], tuple[float, Vector]],
    hvp: Callable[[Vector, Vector], Vector],
    steps: int,
    tol: float,
    observe: Callable[[Vector, float, Vector], object],
) -> str:
    for step in range(steps + 1):
        value, gradient = value_and_grad(x)
        try:
            observe(x, value, gradient)
        except StopIteration:
            return "the observer ended the descent"
        if np.linalg.norm(gradient) <= tol:
            return "the gradient vanishes"
        if not np.all(np.isfinite(gradient)):
            return "the gradient is not finite"
        if step < steps:
            hessian = np.stack([hvp(x, unit) for unit in np.eye(x.size)])
            try:
                x = x - np.linalg.solve(hessian, gradient)
            except np.linalg.LinAlgError:
                return "the Hessian has no inverse here; take Newton(trust_region=True)"
    return EXHAUSTED

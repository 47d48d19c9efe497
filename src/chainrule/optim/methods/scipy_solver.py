"""Owns the call of scipy.optimize.minimize, and is the one module that imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from chainrule.optim.methods.method import Vector

EXHAUSTED = "the number of steps is exhausted"
_IDLE = 30
"""So many iterations may leave the point where it is: a trust region is then 4^30 times smaller, below any rounding."""


def solve_by_scipy(
    name: str,
    start: Vector,
    value_and_grad: Callable[[Vector], tuple[float, Vector]],
    observe: Callable[[Vector, float, Vector], object],
    steps: int,
    options: Mapping[str, Any],
    hvp: Callable[[Vector, Vector], Vector] | None = None,
) -> str:
    """Run SciPy's method of this name, show each point that it reaches, and return SciPy's message."""
    from scipy.optimize import minimize  # noqa: PLC0415  (heavy: loaded when a solver runs first)

    watched = _Watched(value_and_grad, observe)
    try:
        watched.show(start)
        if steps == 0:  # SciPy's methods take one all the same
            return EXHAUSTED
        with np.errstate(all="ignore"):  # what overflows is in the values that are observed
            found = minimize(
                watched.compute,
                start,
                method=name,
                jac=True,
                hessp=hvp,
                callback=watched.after_iteration,
                options={**options, "maxiter": steps},
            )
    except StopIteration:
        return "the observer ended the descent at the start"
    return watched.message or str(found.message).strip(" :")


@final
class _Watched:
    """The function, with the last values that were asked of it, and where the solver has been."""

    __slots__ = ("_value_and_grad", "_observe", "_last", "_shown", "_idle", "message")

    def __init__(
        self,
        value_and_grad: Callable[[Vector], tuple[float, Vector]],
        observe: Callable[[Vector, float, Vector], object],
    ) -> None:
        self._value_and_grad = value_and_grad
        self._observe = observe
        self._last: tuple[Vector, float, Vector] | None = None
        self._shown: Vector | None = None
        self._idle = 0
        self.message = ""

    def compute(self, x: Vector) -> tuple[float, Vector]:
        """Return value and gradient; solvers change x in place, and ask twice for where they have just been."""
        if self._last is None or not np.array_equal(self._last[0], x):
            value, gradient = self._value_and_grad(x.copy())
            self._last = x.copy(), float(value), np.array(gradient, dtype=np.float64)
        return self._last[1], self._last[2].copy()

    def show(self, x: Vector) -> None:
        """Show a point to the observer."""
        value, gradient = self.compute(x)
        self._shown = x.copy()
        self._observe(x.copy(), value, gradient)

    def after_iteration(self, intermediate_result: Any) -> None:
        """Show the point of an iteration, unless it is where the last one was."""
        if self._shown is None or not np.array_equal(intermediate_result.x, self._shown):
            self._idle = 0
            self.show(intermediate_result.x)
            return
        self._idle += 1
        if self._idle == _IDLE:
            self.message = f"no step makes the function less: {_IDLE} shorter and shorter ones were tried"
            raise StopIteration

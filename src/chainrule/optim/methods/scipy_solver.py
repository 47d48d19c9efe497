"""Owns the call of scipy.optimize.minimize, and is the one module that imports it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from chainrule.optim.methods.method import Vector

EXHAUSTED = "the number of steps is exhausted"
NO_LOWER = "no step in a direction that leads down makes the function less"
_TOLD = {
    "ABNORMAL": NO_LOWER,
    "Desired error not necessarily achieved due to precision loss": NO_LOWER,
    "CONVERGENCE: RELATIVE REDUCTION OF F <= FACTR*EPSMCH": "the last step changed the function by no more than rounding does",
    "A bad approximation caused failure to predict improvement": "the parabola that fits here tells nothing of what is near",
    "Maximum number of iterations has been exceeded": EXHAUSTED,
    "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT": EXHAUSTED,
    "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT": "the number of evaluations, 15,000, is exhausted",
}
"""What SciPy's messages mean."""
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
    """Run SciPy's method of this name, show each point that it reaches, and return how it ended, in words."""
    from scipy.optimize import minimize  # noqa: PLC0415  (heavy: loaded when a solver runs first)

    watched = _Watched(value_and_grad, observe)
    try:
        watched.show(start)
        if not watched.is_finite:
            return "the function or its gradient is not finite"
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
        return watched.message or "the observer ended the descent at the start"
    said = str(found.message).strip(" :.")
    return watched.message or _TOLD.get(said, said)


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
        self._last: tuple[bytes, float, Vector] | None = None
        self._shown: tuple[Vector, float, Vector] | None = None
        self._idle = 0
        self.message = ""

    @property
    def is_finite(self) -> bool:
        """Whether the last values are, and the norm of the gradient: solvers compute with its square."""
        if self._last is None:
            return False
        _, value, gradient = self._last
        return math.isfinite(value) and math.isfinite(gradient.dot(gradient))

    def _look(self, x: Vector) -> tuple[float, Vector]:
        """Return value and gradient; solvers change x in place, and ask twice for where they have just been."""
        # Hot path: benchmarks/test_descent.py.
        place = x.tobytes()
        if self._last is None or self._last[0] != place:
            value, gradient = self._value_and_grad(x.copy())
            self._last = place, float(value), np.array(gradient, dtype=np.float64)
        return self._last[1], self._last[2].copy()

    def compute(self, x: Vector) -> tuple[float, Vector]:
        """Return value and gradient; where they do not exist there is a wall, so that a solver tries a shorter step.

        The wall climbs from the last point that was shown as steeply as the function falls there.
        """
        value, gradient = self._look(x)
        if self.is_finite or self._shown is None:
            return value, gradient
        if value == -math.inf:
            self.message = "there is no minimum that way"
            self.show(x)
            raise StopIteration
        shown, before, slope = self._shown
        return before + abs(float(slope @ (x - shown))), -slope

    def show(self, x: Vector) -> None:
        """Show a point to the observer."""
        value, gradient = self._look(x)
        self._shown = x.copy(), value, gradient
        self._observe(x.copy(), value, gradient)

    def after_iteration(self, intermediate_result: Any) -> None:
        """Show the point of an iteration, unless it is where the last one was."""
        if self._shown is None or (intermediate_result.x != self._shown[0]).any():
            self._idle = 0
            self.show(intermediate_result.x)
            return
        self._idle += 1
        if self._idle == _IDLE:
            self.message = f"no step makes the function less: {_IDLE} shorter and shorter ones were tried"
            raise StopIteration

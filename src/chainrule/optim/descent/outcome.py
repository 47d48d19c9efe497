"""Owns the records of a descent: what a callback sees, how it ended, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, final

import numpy as np
import numpy.typing as npt


class Status(IntEnum):
    """How a descent ended."""

    CONVERGED = 0
    STEPS_EXHAUSTED = 1
    DIVERGED = 2
    INTERRUPTED = 3


@final
@dataclass(frozen=True, slots=True)
class Progress:
    """One point of a descent: step (0 is the start), x, fun = f(x), the gradient there and its Euclidean norm."""

    step: int
    x: Any
    fun: float
    gradient: Any
    gradient_norm: float


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Minimum:
    """What `minimize` found, under the names of scipy.optimize.OptimizeResult.

    x: the last point; the best one seen if the descent diverged or was interrupted. fun, jac: the function and its
    gradient there. nit: steps taken; nfev: evaluations of the function, each with its gradient.
    success: whether it converged. status, message: how it ended, as a number and in words.
    path: every point, the start first: an array of shape (nit + 1, *x.shape), or a tuple where x is a container.
    losses, gradient_norms: arrays of shape (nit + 1,).
    """

    x: Any
    fun: float
    jac: Any
    nit: int
    nfev: int
    success: bool
    status: Status
    message: str
    path: Any
    losses: npt.NDArray[np.float64]
    gradient_norms: npt.NDArray[np.float64]

    def __str__(self) -> str:
        rows = (
            ("message", self.message),
            ("success", self.success),
            ("status", f"{int(self.status)} ({self.status.name.lower().replace('_', ' ')})"),
            ("x", _shown(self.x)),
            ("fun", f"{self.fun:.10g}"),
            ("gradient", f"norm {self._norm_here():.3g}"),
            ("nit", self.nit),
            ("losses", f"{self.losses[0]:.6g} -> {self.losses[-1]:.6g}"),
        )
        return "\n".join(f"{name:>9}: {value}" for name, value in rows)

    __repr__ = __str__

    def _norm_here(self) -> float:
        at = np.flatnonzero(self.losses == self.fun)
        return float(self.gradient_norms[at[-1] if at.size else -1])


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=6, threshold=20, edgeitems=3).replace("\n", "\n" + " " * 11)
    return f"{value!r}"

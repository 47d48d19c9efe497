"""Owns the records of a descent: what a callback sees, how it ended, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, final

import numpy as np
import numpy.typing as npt

from chainrule.core.trees import LEAF, flatten, paths
from chainrule.optim.descent.batches import Epochs
from chainrule.optim.descent.trail import Trail, picture_of
from chainrule.optim.geometry.report import Rows, rows_html, rows_text
from chainrule.plots import Picture

Reals = npt.NDArray[np.float64]

_FEW = 20  # so many elements of an array are written out
_PARTS = 8  # so many parts of a container are shown


class Status(IntEnum):
    """How a descent ended."""

    CONVERGED = 0
    """The gradient is as small as was asked for."""
    STEPS_EXHAUSTED = 1
    """All steps were taken, and the function was still falling."""
    DIVERGED = 2
    """The function grew, or fell without bound."""
    INTERRUPTED = 3
    """A callback or Ctrl-C ended it."""
    STALLED = 4
    """The function no longer falls, though the gradient is not small."""
    NOT_FINITE = 5
    """The function or its gradient is not a finite number there."""


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
@dataclass(slots=True, eq=False, repr=False)  # not frozen, as Trail. Hot path: benchmarks/test_descent.py
class Minimum:
    """What `minimize` found, under the names of scipy.optimize.OptimizeResult.

    x: the last point; the best one seen if the descent diverged, met numbers that are not finite or was interrupted. Of a
        point of more than 10,000 numbers it is the best one in `path`.
    fun, jac: the function and its gradient there; of a stochastic descent the mean loss of that epoch, as the steps saw it, and
        the gradient of the last batch. nit: steps taken; nfev: evaluations of the function, each with its gradient.
    status: how it ended. aux: what a function with `has_aux` returned besides, at x.
    told: the message, or what makes it when it is asked for. epochs: of a stochastic descent: mean and validation losses.
    """

    x: Any
    fun: float
    jac: Any
    nit: int
    nfev: int
    status: Status
    aux: Any
    trail: Trail
    told: Callable[[Minimum], str] | str
    epochs: Epochs | None = None

    @property
    def success(self) -> bool:
        """Whether the gradient became as small as was asked for."""
        return self.status is Status.CONVERGED

    @property
    def message(self) -> str:
        """How it ended, in words and numbers.

        Where it went wrong, the curvature at the start is measured, if the function can be differentiated twice; where it has
        converged, that at the end, which tells a minimum from a saddle. The function is run again for this when the message is
        first read, up to about a hundred times where it has kinks: numbers that are not finite and gradients that are 0 are
        followed to their lines, as `why_nan` and `why_zero` do. Should it raise an error then, the message says less.
        """
        if not isinstance(self.told, str):
            self.told = self.told(self)  # once: the function may be costly, and is let go of
        return self.told

    @property
    def path(self) -> Any:
        """The points on the way, the start first: an array of shape (points, *x.shape), or a tuple where x is a container.

        There is one for every step, or for every so many steps where these would fill too much memory: `path_steps` says which.
        """
        return self.trail.path()

    @property
    def path_steps(self) -> npt.NDArray[np.int64]:
        """The steps at which the points of `path` were, 0 for the start."""
        return self.trail.path_steps()

    @property
    def losses(self) -> Reals:
        """The function at each point, shape (nit + 1,), of a stochastic descent at each batch.

        After more than a million steps, there is one for every so many; with `record=False`, there are only the two at the ends.
        """
        return self.trail.values

    @property
    def gradient_norms(self) -> Reals:
        """The Euclidean norms of the gradients at the same points."""
        return self.trail.norms()

    def plot(self, fun: Callable[[Any], Any] | None = None) -> Picture:
        """Return the figure of the losses over the steps; with the function, of the path on its curve or its contours.

        fun: the function that was minimized. Its path is drawn where x is one number or a vector of two.

        >>> import chainrule as cr
        >>> cr.minimize(lambda x: x**2, 5.0, steps=2).plot().summary
        'Loss over steps. descent: from 25 to 10.24 in 2 steps.'
        """
        return picture_of({"descent": self.trail}, fun)

    def __reduce__(self) -> tuple[Any, ...]:
        # The function itself may not be picklable: the message is made now.
        parts = (self.message if each.name == "told" else getattr(self, each.name) for each in fields(self))
        return Minimum, tuple(parts)

    def __str__(self) -> str:
        return rows_text(self._rows())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return rows_html("minimum", self._rows())

    def _rows(self) -> Rows:
        x = _shown(self.x)
        return [
            ("message", self.message),
            ("success", str(self.success)),
            ("status", f"{int(self.status)} ({self.status.name.lower().replace('_', ' ')})"),
            ("x", x[0]),
            *(("", line) for line in x[1:]),
            ("fun", f"{self.fun:.10g}"),
            ("gradient", f"norm {norm(self.jac):.3g}"),
            ("nit", f"{self.nit:,}"),
            *((("losses", f"{self.losses[0]:.6g} -> {self.losses[-1]:.6g}"),) if len(self.losses) else ()),
        ]


def norm(gradient: Any) -> float:
    """Return the Euclidean norm of all numbers in a container."""
    leaves, _ = flatten(gradient)
    with np.errstate(all="ignore"):
        return float(np.linalg.norm([np.linalg.norm(np.ravel(leaf)) for leaf in leaves]))


def _shown(value: Any) -> list[str]:
    """Return a point in lines: a number, an array, or the parts of a container with their places, large ones by their range."""
    leaves, structure = flatten(value)
    if structure is LEAF:
        return _part(value).splitlines()
    named = [f"{path} = {_part(leaf)}" for path, leaf in zip(paths(value), leaves, strict=True)]
    more = [f"and {len(named) - _PARTS} more parts"] if len(named) > _PARTS else []
    return [line for part in named[:_PARTS] for line in part.splitlines()] + more or ["nothing"]


def _part(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if not isinstance(value, np.ndarray):
        return f"{value!r}"
    if value.size <= _FEW or value.ndim == 1 or value.dtype.kind != "f":
        return np.array2string(value, precision=6, threshold=_FEW, edgeitems=3)
    shape = "×".join(map(str, value.shape))
    return f"array of {shape}, from {np.min(value):.6g} to {np.max(value):.6g}"

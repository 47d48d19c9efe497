"""Owns densities estimated by kernels: scipy.stats.gaussian_kde at traced points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def logpdf(self: Any, x: Any) -> Array:
    """Return the logarithm of the mean of normal densities around the data, by their weights."""
    points = np.atleast_2d(as_array(x))
    if points.shape[0] != self.d:
        if points.shape != (1, self.d):
            raise ShapeError(f"points have dimension {points.shape[0]}, dataset has dimension {self.d}{where()}")
        points = np.reshape(points, (self.d, 1))
    factor = np.linalg.cholesky(self.covariance)
    white, data = np.linalg.solve(factor, points), np.linalg.solve(factor, self.dataset)
    squares = np.sum((white[:, :, None] - data[:, None, :]) ** 2, axis=0)
    constant = 0.5 * self.d * np.log(2 * np.pi) + np.sum(np.log(np.diag(factor)))
    found: Array = scipy.special.logsumexp(np.log(self.weights) - 0.5 * squares, axis=1) - constant
    return found


def evaluate(self: Any, points: Any) -> Array:
    """Return the density, which is what a gaussian_kde does when it is called."""
    return np.exp(logpdf(self, points))


KERNEL_DENSITY: dict[str, Callable[..., Any]] = {
    "gaussian_kde.evaluate": evaluate,
    "gaussian_kde.logpdf": logpdf,
    "gaussian_kde.pdf": lambda self, x: evaluate(self, x),
}
"""SciPy's methods to ours."""

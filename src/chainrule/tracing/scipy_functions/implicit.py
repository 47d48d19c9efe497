"""Owns the derivative of what is given by an equation only: the root of a function, by all that the function closes over.

Where F(z, p) = 0, dz/dp is -F_z^(-1) F_p. A step of Newton's method at the root, z - F_z^(-1) F(z, p), has the value z and
that derivative. The matrix there need not be exact: taken once more, the step shrinks the error of the derivative as it does that
of a root, by the relative error of the matrix, and one more each time gives the derivative of the next order. (J. C. Gilbert,
"Automatic differentiation and iterative processes", Optimization Methods and Software 1, 1992.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import NotDifferentiableError
from chainrule.tracing.scipy_functions.callbacks import PlainRun
from chainrule.user_code import where

_STEP = float(np.finfo(np.float64).eps ** (1 / 3))
_ROUGH = 0.05
"""Where the slopes on both sides differ by more than this part, the matrix is too far off to shrink errors."""


def slopes(function: Callable[[Array], Array], at: Array) -> tuple[Array, float]:
    """Return the matrix of the derivative of a plain function of a vector, by central differences, and how rough it is.

    How rough: the largest difference between the slopes on both sides, as a part of the largest slope; 0 for a straight line.
    """
    middle = function(at)
    size = np.abs(at)
    # A component at zero is moved by a part of what the others are.
    steps = _STEP * np.where(size > 0, np.maximum(size, 1e-6 * size.max(initial=0.0)), size.max(initial=0.0) or 1.0)
    columns, worst = [], 0.0
    for place, step in enumerate(steps):
        moved = np.array(at, dtype=np.result_type(at, np.float64))
        moved[place] += step
        width = moved[place] - at[place]
        above = (function(moved) - middle) / width
        moved[place] = at[place] - width
        below = (middle - function(moved)) / width
        columns.append((above + below) / 2)
        noise = 8 * np.finfo(np.float64).eps * np.abs(middle).max(initial=0.0) / abs(width)
        worst = max(worst, float(np.abs(above - below).max(initial=0.0) - noise))
    matrix = np.stack(columns, axis=-1)
    largest = float(np.abs(matrix).max(initial=0.0))
    return matrix, worst / largest if largest else np.inf


def refined(run: PlainRun, residual: Callable[[Array], Array], root: Array, matrix: Array) -> Array:
    """Return a root (a plain vector) with its derivatives.

    residual: of a vector, zero at the root, traced or not. matrix: its derivative there, nearly.
    Raises NotDifferentiableError where the matrix is singular.
    """
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError as error:
        raise not_isolated(run) from error
    z = root
    for _ in range(run.order + 1):
        z = z - np.dot(inverse, residual(z))
    return z


def root_of(run: PlainRun, function: Callable[[Array], Array], root: Array) -> Array:
    """Return the root of a function of a vector, as SciPy found it, with its derivatives.

    Raises NotDifferentiableError where the function has a kink there, or where the root is not isolated.
    """
    matrix, roughness = slopes(lambda z: run.plain(function(z)), root)
    if not np.all(np.isfinite(matrix)) or not np.any(matrix):
        raise not_isolated(run)
    if roughness > _ROUGH:
        raise NotDifferentiableError(
            f"{run.name} found a root at which the function has a kink or a jump (its slopes on both sides differ by "
            f"{roughness:.0%}), so that the root has no derivative{where()}"
        )
    found = refined(run, function, root, matrix)
    return run.valued(root, found) if isinstance(found, Traced) else root


def not_isolated(run: PlainRun) -> NotDifferentiableError:
    """Return the error to raise where the derivative of a function at its root cannot be inverted."""
    return NotDifferentiableError(
        f"{run.name} found a root at which the derivative of the function is zero or singular, as at a double root: a small "
        f"change of what the function depends on moves such a root infinitely fast{where()}"
    )

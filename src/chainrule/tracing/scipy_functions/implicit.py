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


def steps_at(at: Array) -> Array:
    """Return how far to move each component of a vector for differences; one at zero by a part of what the largest is moved."""
    size = np.abs(at)
    largest = size.max(initial=0.0)
    return _STEP * np.where(size > 0, np.maximum(size, 1e-6 * largest), largest or 1.0)


def slopes(function: Callable[[Array], Array], at: Array, steps: Array) -> tuple[Array, float]:
    """Return the matrix of the derivative of a plain function of a vector, by central differences, and how rough it is.

    How rough: the largest difference between the slopes on both sides, as a part of the largest slope; 0 for a straight line.
    """
    columns, worst = [], 0.0
    with np.errstate(all="ignore"):  # what is not finite is not smooth
        middle = function(at)
        noise = 8 * np.finfo(np.float64).eps * np.abs(middle).max(initial=0.0)
        for place, distance in enumerate(steps):
            moved = np.array(at, dtype=np.result_type(at, np.float64))
            moved[place] += distance
            width = moved[place] - at[place]
            above = (function(moved) - middle) / width
            moved[place] = at[place] - width
            below = (middle - function(moved)) / width
            columns.append((above + below) / 2)
            worst = max(worst, float(np.abs(above - below).max(initial=0.0) - noise / abs(width)))
    matrix = np.stack(columns, axis=-1)
    largest = float(np.abs(matrix).max(initial=0.0))
    return matrix, worst / largest if 0 < largest < np.inf else np.inf


def inverse_of(run: PlainRun, matrix: Array) -> Array:
    """Return the inverse of the derivative at a root; raise NotDifferentiableError where there is none."""
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError as error:
        raise not_isolated(run) from error


def is_near(residual: Callable[[Array], Array], root: Array, inverse: Array, steps: Array) -> bool:
    """Whether a matrix is near enough to the inverse of the derivative of a plain function to shrink errors.

    It is asked of a move that is far smaller than those by which the matrix was found.
    """
    moves = 0.01 * steps * np.cos(np.arange(steps.size))
    with np.errstate(all="ignore"):
        error = np.abs(np.dot(inverse, residual(root + moves) - residual(root)) - moves)
    return bool(np.all(error <= _ROUGH * 0.01 * steps + 1e-6 * np.abs(moves).max(initial=0.0)))


def refined(run: PlainRun, residual: Callable[[Array], Array], root: Array, inverse: Array) -> Array:
    """Return a root (a plain vector) with its derivatives.

    residual: of a vector, zero at the root, traced or not. inverse: of its derivative there, nearly.
    """
    z = root
    for _ in range(run.order + 1):
        z = z - np.dot(inverse, residual(z))
    return z


def root_of(run: PlainRun, function: Callable[[Array], Array], root: Array) -> Array:
    """Return the root of a function of a vector, as SciPy found it, with its derivatives.

    Raises NotDifferentiableError where the function has a kink there, or where the root is not isolated.
    """

    def plain(z: Array) -> Array:
        return run.plain(function(z))

    # A root next to zero does not say how far its function is smooth: the largest steps that do are taken.
    size = np.maximum(np.abs(root), 1.0)
    for steps in (*(_STEP * part * size for part in (1.0, 1e-2, 1e-4, 1e-6)), steps_at(root)):
        matrix, roughness = slopes(plain, root, steps)
        if roughness <= _ROUGH:
            inverse = inverse_of(run, matrix)
            if is_near(plain, root, inverse, steps):
                break
    else:
        raise not_isolated(run) if not np.any(matrix) else _not_smooth(run)
    if np.any(np.abs(np.dot(inverse, plain(root))) > 0.01 * size):
        raise NotDifferentiableError(
            f"{run.name} ended where the function is not zero, nor nearly, so that there is no derivative: {root}{where()}"
        )
    found = refined(run, function, root, inverse)
    if not isinstance(found, Traced):
        return root
    there, _ = slopes(
        plain, run.plain(found), steps
    )  # where a kink is nearer than the steps, it is on another side of it
    if np.abs(there - matrix).max() > _ROUGH * np.abs(matrix).max():
        raise _not_smooth(run)
    return run.valued(root, found)


def _not_smooth(run: PlainRun) -> NotDifferentiableError:
    return NotDifferentiableError(
        f"{run.name} ended where the function has a kink, a jump or noise, or touches no zero: its slopes on both sides differ, "
        f"so that there is no derivative{where()}"
    )


def not_isolated(run: PlainRun) -> NotDifferentiableError:
    """Return the error to raise where the derivative of a function at its root cannot be inverted."""
    return NotDifferentiableError(
        f"{run.name} found a root at which the derivative of the function is zero or singular, as at a double root: a small "
        f"change of what the function depends on moves such a root infinitely fast{where()}"
    )

"""Owns what figures show of a function or a path: values at many points, at once through vmap where it can, and how many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ChainruleError
from chainrule.transforms.batch import vmap

Floats = NDArray[np.float64]
MOST_POINTS = 2000
"""Points of a curve or a path that are drawn."""


def values_at(fun: Callable[[Any], Any], points: Floats) -> Floats:
    """Return fun(point) for every point along the first axis; what is no real number is NaN, a gap in a figure.

    points: of shape (n,) for a function of a number, (n, d) for one of a vector. A function that decides with `if` is called
    once for each point.
    """
    if not callable(fun):
        raise TypeError(
            f"a figure shows a function, such as lambda x: x**2, not {fun!r:.60}; that of typed mathematics is "
            "cr.explain(text).function"
        )
    with np.errstate(all="ignore"):
        try:
            found = np.asarray(vmap(fun)(points))
        except (ChainruleError, TypeError, ValueError, IndexError, ArithmeticError):
            found = np.array([_value(fun, point) for point in points])
    if found.shape != (len(points),):
        raise ValueError(f"a figure shows a function with one number as its result, not of shape {found.shape[1:]}")
    if found.dtype.kind == "c":
        found = np.where(found.imag == 0, found.real, np.nan)
    real = found.astype(np.float64)
    return np.where(np.isfinite(real), real, np.nan)


def slopes_at(gradient: Callable[[Any], Any], points: Floats) -> Floats:
    """Return the gradient at every point along the first axis, at once where it can be; of the shape of the points."""
    with np.errstate(all="ignore"):
        try:
            return np.asarray(vmap(gradient)(points), dtype=np.float64)
        except (ChainruleError, TypeError, ValueError, IndexError, ArithmeticError):
            return np.array([gradient(point) for point in points], dtype=np.float64)


def _value(fun: Callable[[Any], Any], point: Any) -> Any:
    try:
        return fun(point if np.ndim(point) else float(point))
    except ArithmeticError:
        return np.nan


def finite(value: Any) -> float:
    """Return a finite number as a float; NaN where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return np.nan
    return number if np.isfinite(number) else np.nan


def axis(bounds: tuple[float, float], count: int) -> Floats:
    """Return evenly spaced numbers. Raises ValueError where the bounds are no interval."""
    try:
        low, high = map(finite, bounds)
    except (TypeError, ValueError):  # these are not two
        low = high = np.nan
    if not low < high:
        raise ValueError(f"a range is (low, high) with two finite numbers and low < high, not {bounds!r:.60}")
    return np.linspace(low, high, count)


def thinned(count: int, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return which of so many points are shown: at most so many, spread evenly, both ends among them.

    >>> thinned(3), thinned(7, most=4)
    (array([0, 1, 2]), array([0, 2, 4, 6]))
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def grid(fun: Callable[[Any], Any], x: Floats, y: Floats) -> Floats:
    """Return fun((x, y)) of shape (len(y), len(x)), the way in which figures take a surface."""
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return values_at(fun, points).reshape(len(y), len(x))

"""Owns the numbers of integrals: Gauss's rule in twice as many panels until nothing changes, for many integrals at once.

The variable of integration runs along a smooth step, so that a root or a logarithm at a limit does no harm. The few integrals for
which that is not enough are given to SciPy's quad.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

TOLERANCE = 1e-10
"""How little the value changes, relative to 1 and to itself, once it is found."""
MOST_PANELS = 256
FEW = 12
"""So many integrals at once are given to quad at most: one takes it up to some hundredths of a second."""
_MOST_PIECES = 20
_AT_ONCE = 1 << 17
"""Points at which an integrand is evaluated at a time: an array of a megabyte."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def integrated(integrand: Callable[..., Any], lower: Any, upper: Any, *others: Any) -> Any:
    """Return the integrals of a function between limits, which may be infinite, element by element.

    integrand: called with arrays of points, and with the others. NaN where an integral does not exist or is out of reach.

    >>> round(float(integrated(np.cos, 0.0, np.pi / 2)), 12)
    1.0
    """
    given = [np.asarray(part, dtype=np.float64) for part in np.broadcast_arrays(lower, upper, *others)]
    low, high, *rest = (part.ravel() for part in given)
    middle = np.where(np.isinf(low) & np.isinf(high), 0.0, high)
    with np.errstate(all="ignore"):  # what is not finite is not found
        found = _found(integrand, low, middle, rest)
        is_whole_line = middle != high
        if is_whole_line.any():
            found = found + np.where(is_whole_line, _found(integrand, middle, high, rest), 0.0)
    return found.reshape(given[0].shape)[()]


def _found(integrand: Callable[..., Any], lower: Floats, upper: Floats, others: list[Floats]) -> Floats:
    """Return the integrals between limits of which one is finite at least."""
    found = np.full(lower.shape, np.nan)
    before = found.copy()
    left = np.flatnonzero(~np.isnan(np.sum([lower + upper, *others], axis=0)))
    panels = 1
    while panels <= MOST_PANELS and len(left):
        now = _by_panels(integrand, lower[left], upper[left], [part[left] for part in others], panels)
        settled = np.abs(now - before[left]) <= TOLERANCE * (1 + np.abs(now))
        found[left[settled]] = now[settled]
        before[left] = now
        left, panels = left[~settled], 2 * panels
    if len(left) <= FEW:
        found[left] = [_by_scipy(integrand, *(part[place] for part in (lower, upper, *others))) for place in left]
    return found


def _by_panels(
    integrand: Callable[..., Any], lower: Floats, upper: Floats, others: list[Floats], panels: int
) -> Floats:
    places = ((np.arange(panels)[:, None] + (1 + _NODES) / 2) / panels).ravel()
    weights = np.tile(_WEIGHTS / (2 * panels), panels)
    # The step 10s^3 - 15s^4 + 6s^5 from 0 to 1, and its slope.
    step, slope = places**3 * (10 + places * (6 * places - 15)), 30 * (places * (1 - places)) ** 2
    far, far_slope = step / (1 - step), slope / (1 - step) ** 2
    found = np.empty(lower.shape)
    size = max(1, _AT_ONCE // len(places))
    for start in range(0, len(lower), size):
        part = slice(start, start + size)
        low, high = lower[part, None], upper[part, None]
        points, speeds = low + (high - low) * step, (high - low) * slope
        for limit, other, sign in ((high, low, 1.0), (low, high, -1.0)):
            ends = np.isinf(limit)
            toward = np.sign(limit)
            points = np.where(ends, other + toward * far, points)
            speeds = np.where(ends, sign * toward * far_slope, speeds)
        values = integrand(points, *(each[part, None] for each in others))
        found[part] = np.sum(np.broadcast_to(values, points.shape) * speeds * weights, axis=1)
    return found


def _by_scipy(integrand: Callable[..., Any], lower: float, upper: float, *others: float) -> float:
    value, _, _, *message = scipy.integrate.quad(
        lambda point: integrand(point, *others), lower, upper, limit=_MOST_PIECES, full_output=1
    )
    return np.nan if message else float(value)

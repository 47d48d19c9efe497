"""Owns SciPy's integrals of samples, `trapezoid`, `simpson` and their kin, of traced samples, points and distances."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, innermost
from chainrule.tracing.scipy_functions.operands import as_floats


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Array:
    y, widths = _widths(y, x, dx, axis)
    return np.sum(widths * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)


def _cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None) -> Array:
    if initial is not None and (isinstance(initial, Traced) or initial != 0):
        return NotImplemented  # it is an error
    y, widths = _widths(y, x, dx, axis)
    sums = np.cumsum(widths * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
    if initial is not None:
        sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
    return np.moveaxis(sums, -1, axis)


def _simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: Any = -1) -> Array:
    """Simpson's rule, for an even number of samples with Cartwright's correction of the last interval (2017, equation 8)."""
    y, widths = _widths(y, x, dx, axis)
    count = y.shape[-1]
    if count < 3 or np.any(_plain(widths) == 0):
        return _trapezoid(y, None, widths[..., 0]) if count == 2 else NotImplemented
    even = count % 2 == 0
    pairs = widths[..., : count - 1 - even]
    first, second = pairs[..., ::2], pairs[..., 1::2]
    both = first + second
    start, middle, end = (y[..., place : count - 2 + place - even : 2] for place in range(3))
    terms = start * (2 - second / first) + middle * (both * both / (first * second)) + end * (2 - first / second)
    total = np.sum(both / 6 * terms, axis=-1)
    if even:
        before, last = widths[..., -2], widths[..., -1]
        total = total + (
            y[..., -1] * (2 * last**2 + 3 * before * last) / (6 * (last + before))
            + y[..., -2] * (last**2 + 3 * before * last) / (6 * before)
            - y[..., -3] * last**3 / (6 * before * (before + last))
        )
    return total


def _cumulative_simpson(y: Any, *, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None) -> Array:
    """Cartwright 2017, equations 8 and 10: each interval has the parabola through its ends and the sample beside it."""
    y, widths = _widths(y, x, dx, axis)
    count = y.shape[-1]
    if count < 3:
        sums = np.cumsum(widths * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
    elif np.any(_plain(widths) <= 0):
        return NotImplemented  # points that do not increase are an error
    else:
        after = _first_intervals(y, widths)  # by the sample after each interval, and by that before it
        before = np.flip(_first_intervals(np.flip(y, axis=-1), np.flip(widths, axis=-1)), axis=-1)
        by_after = np.append(np.arange(count - 2) % 2 == 0, False)
        none = np.zeros_like(after[..., :1])
        parts = [np.concatenate([after, none], axis=-1), np.concatenate([none, before], axis=-1)]
        sums = np.cumsum(np.where(by_after, *parts), axis=-1)
    if initial is not None:
        (start,) = as_floats(initial)
        start = np.broadcast_to(start if np.ndim(start) == 0 else np.moveaxis(start, axis, -1), sums[..., :1].shape)
        sums = np.concatenate([start, sums + start], axis=-1)
    return np.moveaxis(sums, -1, axis)


def _first_intervals(y: Array, widths: Array) -> Array:
    """Return the integrals over all intervals but the last, each by the parabola that goes on to the next sample."""
    here, there = widths[..., :-1], widths[..., 1:]
    part = here / (here + there)
    bent = part * here / there
    return here / 6 * ((3 - part) * y[..., :-2] + (3 + bent + part) * y[..., 1:-1] - bent * y[..., 2:])


def _romb(y: Any, dx: Any = 1.0, axis: Any = -1, show: Any = False) -> Array:
    if show:
        return NotImplemented
    y, dx = as_floats(y, dx)
    y = np.moveaxis(y, axis, -1)
    # The rule is linear in the samples: its weights are what it makes of one that is 1 after the other.
    weights = sys.modules["scipy.integrate"].romb(np.eye(y.shape[-1]))
    return dx * np.dot(y, weights)


def _widths(y: Any, x: Any, dx: Any, axis: Any) -> tuple[Array, Array]:
    """Return the samples, with the axis of integration last, and the widths of the intervals, which broadcast with theirs."""
    y, x = as_floats(y, dx if x is None else x)
    y = np.moveaxis(y, axis, -1)
    if x is dx or not np.ndim(x):
        return y, x * np.ones(y.shape[-1] - 1)
    if np.ndim(x) > 1:
        x = np.moveaxis(np.broadcast_to(x, np.moveaxis(y, -1, axis).shape), axis, -1)
    return y, np.diff(x, axis=-1)


def _plain(value: Array) -> Array:
    return innermost(value).value if isinstance(value, Traced) else value


SAMPLED_INTEGRALS: dict[str, Callable[..., Any]] = {
    "cumulative_simpson": _cumulative_simpson,
    "cumulative_trapezoid": _cumulative_trapezoid,
    "romb": _romb,
    "simpson": _simpson,
    "trapezoid": _trapezoid,
}

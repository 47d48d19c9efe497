"""Owns reading and writing at computed places: the one form that index expressions with arrays take among terms.

The arrays are whole numbers from 0 on, broadcast with each other, and pick from the first axes of `x`, one from each.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from chainrule.core.primitive import Array, Piecewise

ONCE: Final = "rewritten once the program is recorded: nothing differentiates it"


def _gather(x: Array, *places: Array) -> Array:
    return x[places]


def _scatter(x: Array, v: Array, *places: Array, adds: bool) -> Array:
    out: np.ndarray[Any, Any] = np.array(x)
    if adds:
        np.add.at(out, places, v)
    else:
        out[places] = v
    return out


GATHER = Piecewise(name="gather", value=_gather, rule=ONCE)
"""`x[places]`: the axes of the places, then the other axes of `x`."""

SCATTER = Piecewise(name="scatter", value=_scatter, rule=ONCE)
"""A copy of `x` after `x[places] = v`, in order, or where it `adds` after `np.add.at(x, places, v)`."""


def spread_axes(rank: int, x_rank: int, places: int) -> int:
    """Return how many axes the places have together, of a gathered value of so many axes."""
    return rank - x_rank + places

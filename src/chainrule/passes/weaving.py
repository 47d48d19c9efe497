"""Owns weaving: parts of one shape that lie between each other in one array, such as the real and imaginary parts of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.core.primitive import Array, General
from chainrule.passes.places import ONCE
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term


def _woven(*parts: Array, grid: Shape, axes: Shape) -> Array:
    together = np.stack([np.asarray(part) for part in parts])
    return np.moveaxis(together.reshape(grid + together.shape[1:]), range(len(grid)), axes)


WEAVE = General(name="weave", value=_woven, push=None, rule=ONCE)
"""The parts, in the order of a `grid`, of which each axis becomes one of the `axes` of the result."""


def weave(s: Simplifier, parts: Sequence[Term], grid: Shape, axes: Shape) -> Term:
    """Return parts of one shape and type, woven together."""
    shape = list(parts[0].shape)
    for length, axis in zip(grid, axes, strict=True):
        shape.insert(axis, length)
    return s.apply(WEAVE, parts, {"grid": grid, "axes": axes}, tuple(shape), parts[0].dtype)

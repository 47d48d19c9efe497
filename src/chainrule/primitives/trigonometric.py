"""Owns the rules of trigonometric functions and their inverses."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.arithmetic import NONZERO, is_complex

SIN = Elementwise(name="sin", value=np.sin, partials=(lambda out, x: np.cos(x),), rule="sine rule")
COS = Elementwise(name="cos", value=np.cos, partials=(lambda out, x: -np.sin(x),), rule="cosine rule")
TAN = Elementwise(
    name="tan", value=np.tan, partials=(lambda out, x: 1 + out**2,), rule="tangent rule", domain=(-1.2, 1.2)
)


def _one_minus(square: Array) -> Array:
    """Return 1 - square. The imaginary part 0 of a complex one is turned too: its sign says on which side of a cut it is."""
    return -(square - 1) if is_complex(square) else 1 - square


ARCSIN = Elementwise(
    name="arcsin",
    value=np.arcsin,
    partials=(lambda out, x: 1 / np.sqrt(_one_minus(x**2)),),
    rule="inverse sine rule",
    domain=(-0.8, 0.8),
)
ARCCOS = Elementwise(
    name="arccos",
    value=np.arccos,
    partials=(lambda out, x: -1 / np.sqrt(_one_minus(x**2)),),
    rule="inverse cosine rule",
    domain=(-0.8, 0.8),
)
ARCTAN = Elementwise(
    name="arctan", value=np.arctan, partials=(lambda out, x: 1 / (1 + x**2),), rule="inverse tangent rule"
)
ARCTAN2 = Elementwise(
    name="arctan2",
    value=np.arctan2,
    partials=(lambda out, y, x: x / (x**2 + y**2), lambda out, y, x: -y / (x**2 + y**2)),
    rule="polar angle rule",
    domain=NONZERO,
)

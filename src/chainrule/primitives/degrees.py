"""Owns the rules of SciPy's trigonometric functions of angles in degrees."""

from __future__ import annotations

import math

import scipy

from chainrule.core.primitive import Elementwise

RADIAN = math.pi / 180

SINDG = Elementwise(
    name="sindg",
    value=lambda x: scipy.special.sindg(x),
    partials=(lambda out, x: RADIAN * scipy.special.cosdg(x),),
    rule="sine rule",
    domain=(-80.0, 80.0),
)
COSDG = Elementwise(
    name="cosdg",
    value=lambda x: scipy.special.cosdg(x),
    partials=(lambda out, x: -RADIAN * scipy.special.sindg(x),),
    rule="cosine rule",
    domain=(-80.0, 80.0),
)
TANDG = Elementwise(
    name="tandg",
    value=lambda x: scipy.special.tandg(x),
    partials=(lambda out, x: RADIAN * (1 + out**2),),
    rule="tangent rule",
    domain=(-80.0, 80.0),
)
COTDG = Elementwise(
    name="cotdg",
    value=lambda x: scipy.special.cotdg(x),
    partials=(lambda out, x: -RADIAN * (1 + out**2),),
    rule="cotangent rule",
    domain=(10.0, 170.0),
)
DEGREE_FUNCTIONS: tuple[Elementwise, ...] = (SINDG, COSDG, TANDG, COTDG)

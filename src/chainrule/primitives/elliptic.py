"""Owns the rules of SciPy's elliptic functions and integrals, over their argument, and of Gauss's mean.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 19.4, 19.5, 19.8.5 and 22.13.
"""

from __future__ import annotations

import math

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.arithmetic import POSITIVE
from chainrule.primitives.special import UNIT, NoRule

_FUNCTION = "elliptic function rule"
_INTEGRAL = "elliptic integral rule"
_OF_ANGLE = ((-2.0, 2.0), UNIT)


def _slope_of_ellipk(m: Array) -> Array:
    """Return the derivative of the complete integral of the first kind."""
    return math.pi / 8 * scipy.special.hyp2f1(1.5, 1.5, 2, m)


def _slope_of_mean(mean: Array, a: Array, b: Array) -> Array:
    """Return the derivative of the arithmetic-geometric mean by `a`: it is pi (a + b) / 4K of the square of (a - b) / (a + b)."""
    total = a + b
    part = (a - b) / total
    return mean / total - 16 / math.pi * mean**2 * _slope_of_ellipk(part**2) * part * b / total**3


ELLIPTIC_SN = Elementwise(
    name="elliptic_sn",
    value=lambda u, m: scipy.special.ellipj(u, m)[0],
    partials=(
        lambda out, u, m: scipy.special.ellipj(u, m)[1] * scipy.special.ellipj(u, m)[2],
        NoRule("ellipj", "second"),
    ),
    rule=_FUNCTION,
    domain=_OF_ANGLE,
)
ELLIPTIC_CN = Elementwise(
    name="elliptic_cn",
    value=lambda u, m: scipy.special.ellipj(u, m)[1],
    partials=(
        lambda out, u, m: -scipy.special.ellipj(u, m)[0] * scipy.special.ellipj(u, m)[2],
        NoRule("ellipj", "second"),
    ),
    rule=_FUNCTION,
    domain=_OF_ANGLE,
)
ELLIPTIC_DN = Elementwise(
    name="elliptic_dn",
    value=lambda u, m: scipy.special.ellipj(u, m)[2],
    partials=(
        lambda out, u, m: -m * scipy.special.ellipj(u, m)[0] * scipy.special.ellipj(u, m)[1],
        NoRule("ellipj", "second"),
    ),
    rule=_FUNCTION,
    domain=_OF_ANGLE,
)
ELLIPTIC_AMPLITUDE = Elementwise(
    name="elliptic_amplitude",
    value=lambda u, m: scipy.special.ellipj(u, m)[3],
    partials=(lambda out, u, m: scipy.special.ellipj(u, m)[2], NoRule("ellipj", "second")),
    rule=_FUNCTION,
    domain=_OF_ANGLE,
)
ELLIPK = Elementwise(
    name="ellipk",
    value=lambda m: scipy.special.ellipk(m),
    partials=(lambda out, m: _slope_of_ellipk(m),),
    rule=_INTEGRAL,
    domain=UNIT,
)
ELLIPE = Elementwise(
    name="ellipe",
    value=lambda m: scipy.special.ellipe(m),
    partials=(lambda out, m: -math.pi / 8 * scipy.special.hyp2f1(0.5, 1.5, 2, m),),
    rule=_INTEGRAL,
    domain=UNIT,
)
ELLIPKINC = Elementwise(
    name="ellipkinc",
    value=lambda phi, m: scipy.special.ellipkinc(phi, m),
    partials=(lambda out, phi, m: 1 / np.sqrt(1 - m * np.sin(phi) ** 2), NoRule("ellipkinc", "second")),
    rule=_INTEGRAL,
    domain=_OF_ANGLE,
)
ELLIPEINC = Elementwise(
    name="ellipeinc",
    value=lambda phi, m: scipy.special.ellipeinc(phi, m),
    partials=(lambda out, phi, m: np.sqrt(1 - m * np.sin(phi) ** 2), NoRule("ellipeinc", "second")),
    rule=_INTEGRAL,
    domain=_OF_ANGLE,
)
ELLIPKM1 = Elementwise(
    name="ellipkm1",
    value=lambda p: scipy.special.ellipkm1(p),
    partials=(lambda out, p: -math.pi / 8 * scipy.special.hyp2f1(0.5, 0.5, 2, 1 - p) / p,),
    rule=_INTEGRAL,
    domain=UNIT,
)
AGM = Elementwise(
    name="agm",
    value=lambda a, b: scipy.special.agm(a, b),
    partials=(lambda out, a, b: _slope_of_mean(out, a, b), lambda out, a, b: _slope_of_mean(out, b, a)),
    rule="arithmetic-geometric mean rule",
    domain=POSITIVE,
)
ELLIPTIC: tuple[Elementwise, ...] = (ELLIPK, ELLIPE, ELLIPKINC, ELLIPEINC, ELLIPKM1, AGM)
ELLIPTIC_FUNCTIONS: dict[str, tuple[Elementwise, ...]] = {
    "ellipj": (ELLIPTIC_SN, ELLIPTIC_CN, ELLIPTIC_DN, ELLIPTIC_AMPLITUDE),
}
"""The primitives of all results of a ufunc of SciPy, by its name."""

"""Owns the rules of SciPy's Struve functions, and of its integrals of Struve and Bessel functions of order 0.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 11.4.
"""

from __future__ import annotations

import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.special import ROOT_PI, NoRule

_RULE = "Struve function rule"
_INTEGRAL = "integral of a Bessel function"
_RANGE = (0.5, 3.0)
_ORDERED = ((1.2, 2.8), _RANGE)


def _term(v: Array, x: Array) -> Array:
    """Return what the neighbors in order of a Struve function differ by."""
    return (x / 2) ** v * scipy.special.rgamma(v + 1.5) / ROOT_PI


STRUVE = Elementwise(
    name="struve",
    value=lambda v, x: scipy.special.struve(v, x),
    partials=(
        NoRule("struve", "first"),
        lambda out, v, x: (scipy.special.struve(v - 1, x) - scipy.special.struve(v + 1, x) + _term(v, x)) / 2,
    ),
    rule=_RULE,
    domain=_ORDERED,
)
MODSTRUVE = Elementwise(
    name="modstruve",
    value=lambda v, x: scipy.special.modstruve(v, x),
    partials=(
        NoRule("modstruve", "first"),
        lambda out, v, x: (scipy.special.modstruve(v - 1, x) + scipy.special.modstruve(v + 1, x) + _term(v, x)) / 2,
    ),
    rule=_RULE,
    domain=_ORDERED,
)
ITSTRUVE0 = Elementwise(
    name="itstruve0",
    value=lambda x: scipy.special.itstruve0(x),
    partials=(lambda out, x: scipy.special.struve(0, x),),
    rule="integral of a Struve function",
    domain=_RANGE,
)
ITMODSTRUVE0 = Elementwise(
    name="itmodstruve0",
    value=lambda x: scipy.special.itmodstruve0(x),
    partials=(lambda out, x: scipy.special.modstruve(0, x),),
    rule="integral of a Struve function",
    domain=_RANGE,
)
BESSEL_J0_INTEGRAL = Elementwise(
    name="bessel_j0_integral",
    value=lambda x: scipy.special.itj0y0(x)[0],
    partials=(lambda out, x: scipy.special.j0(x),),
    rule=_INTEGRAL,
    domain=_RANGE,
)
BESSEL_Y0_INTEGRAL = Elementwise(
    name="bessel_y0_integral",
    value=lambda x: scipy.special.itj0y0(x)[1],
    partials=(lambda out, x: scipy.special.y0(x),),
    rule=_INTEGRAL,
    domain=_RANGE,
)
BESSEL_I0_INTEGRAL = Elementwise(
    name="bessel_i0_integral",
    value=lambda x: scipy.special.iti0k0(x)[0],
    partials=(lambda out, x: scipy.special.i0(x),),
    rule=_INTEGRAL,
    domain=_RANGE,
)
BESSEL_K0_INTEGRAL = Elementwise(
    name="bessel_k0_integral",
    value=lambda x: scipy.special.iti0k0(x)[1],
    partials=(lambda out, x: scipy.special.k0(x),),
    rule=_INTEGRAL,
    domain=_RANGE,
)
STRUVE_FUNCTIONS: tuple[Elementwise, ...] = (STRUVE, MODSTRUVE, ITSTRUVE0, ITMODSTRUVE0)
BESSEL_INTEGRALS: dict[str, tuple[Elementwise, ...]] = {
    "itj0y0": (BESSEL_J0_INTEGRAL, BESSEL_Y0_INTEGRAL),
    "iti0k0": (BESSEL_I0_INTEGRAL, BESSEL_K0_INTEGRAL),
}
"""The primitives of all results of a ufunc of SciPy, by its name."""

"""Owns the rules of SciPy's functions that are integrals of exponentials, and of the inverses of such."""

from __future__ import annotations

import math

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.arithmetic import NONZERO, is_symbol
from chainrule.primitives.special import ROOT_2PI, ROOT_PI, UNIT, NoRule

ERFI = Elementwise(
    name="erfi",
    value=lambda x: scipy.special.erfi(x),
    partials=(lambda out, x: 2 / ROOT_PI * np.exp(x**2),),
    rule="error function rule",
)
ERFCX = Elementwise(
    name="erfcx",
    value=lambda x: scipy.special.erfcx(x),
    partials=(lambda out, x: 2 * x * out - 2 / ROOT_PI,),
    rule="error function rule",
)
DAWSN = Elementwise(
    name="dawsn",
    value=lambda x: scipy.special.dawsn(x),
    partials=(lambda out, x: 1 - 2 * x * out,),
    rule="Dawson integral rule",
)
ERFCINV = Elementwise(
    name="erfcinv",
    value=lambda x: scipy.special.erfcinv(x),
    partials=(lambda out, x: -ROOT_PI / 2 * np.exp(out**2),),
    rule="inverse error function rule",
    domain=(0.2, 1.8),
)
NDTRI = Elementwise(
    name="ndtri",
    value=lambda x: scipy.special.ndtri(x),
    partials=(lambda out, x: ROOT_2PI * np.exp(out**2 / 2),),
    rule="normal distribution rule",
    domain=UNIT,
)
EXPI = Elementwise(
    name="expi",
    value=lambda x: scipy.special.expi(x),
    partials=(lambda out, x: np.exp(x) / x,),
    rule="exponential integral rule",
    domain=NONZERO,
)
EXP1 = Elementwise(
    name="exp1",
    value=lambda x: scipy.special.exp1(x),
    partials=(lambda out, x: -np.exp(-x) / x,),
    rule="exponential integral rule",
    domain=NONZERO,
)


def _exponential_integral_below(out: Array, n: Array, x: Array) -> Array:
    """Return the exponential integral of order n - 1; SciPy has none below order 0."""
    below = scipy.special.expn(np.maximum(n - 1, 0), x)
    return np.where(np.equal(n, 0), (1 + 1 / x) * out, below)


EXPN = Elementwise(
    name="expn",
    value=lambda n, x: scipy.special.expn(n, x),
    partials=(NoRule("expn", "first"), lambda out, n, x: -_exponential_integral_below(out, n, x)),
    rule="exponential integral rule",
    domain=((2.0, 2.0), NONZERO),
)
OWENS_T = Elementwise(
    name="owens_t",
    value=lambda h, a: scipy.special.owens_t(h, a),
    partials=(
        lambda out, h, a: -np.exp(-(h**2) / 2) * scipy.special.erf(a * h / math.sqrt(2)) / (2 * ROOT_2PI),
        lambda out, h, a: np.exp(-(h**2) * (1 + a**2) / 2) / (2 * math.pi * (1 + a**2)),
    ),
    rule="normal distribution rule",
)


def _sine_over(x: Array) -> Array:
    """Return sin(x) / x, which has all its derivatives at 0 too."""
    return np.sin(x) / x if is_symbol(x) else np.sinc(x / math.pi)


SINE_INTEGRAL = Elementwise(
    name="sine_integral",
    value=lambda x: scipy.special.sici(x)[0],
    partials=(lambda out, x: _sine_over(x),),
    rule="sine integral rule",
)
COSINE_INTEGRAL = Elementwise(
    name="cosine_integral",
    value=lambda x: scipy.special.sici(x)[1],
    partials=(lambda out, x: np.cos(x) / x,),
    rule="cosine integral rule",
    domain=NONZERO,
)
HYPERBOLIC_SINE_INTEGRAL = Elementwise(
    name="hyperbolic_sine_integral",
    value=lambda x: scipy.special.shichi(x)[0],
    partials=(lambda out, x: np.exp(-x) * scipy.special.exprel(2 * x),),
    rule="hyperbolic sine integral rule",
)
HYPERBOLIC_COSINE_INTEGRAL = Elementwise(
    name="hyperbolic_cosine_integral",
    value=lambda x: scipy.special.shichi(x)[1],
    partials=(lambda out, x: np.cosh(x) / x,),
    rule="hyperbolic cosine integral rule",
    domain=NONZERO,
)
FRESNEL_SINE = Elementwise(
    name="fresnel_sine",
    value=lambda x: scipy.special.fresnel(x)[0],
    partials=(lambda out, x: np.sin(math.pi / 2 * x**2),),
    rule="Fresnel integral rule",
)
FRESNEL_COSINE = Elementwise(
    name="fresnel_cosine",
    value=lambda x: scipy.special.fresnel(x)[1],
    partials=(lambda out, x: np.cos(math.pi / 2 * x**2),),
    rule="Fresnel integral rule",
)
INTEGRALS: tuple[Elementwise, ...] = (ERFI, ERFCX, DAWSN, ERFCINV, NDTRI, EXPI, EXP1, EXPN, OWENS_T)
INTEGRALS_IN_PAIRS: dict[str, tuple[Elementwise, Elementwise]] = {
    "sici": (SINE_INTEGRAL, COSINE_INTEGRAL),
    "shichi": (HYPERBOLIC_SINE_INTEGRAL, HYPERBOLIC_COSINE_INTEGRAL),
    "fresnel": (FRESNEL_SINE, FRESNEL_COSINE),
}
"""The primitives of both results of a ufunc of SciPy, by its name."""

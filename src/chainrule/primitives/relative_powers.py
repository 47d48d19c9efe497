"""Owns the rules of SciPy's powers and exponentials that are exact near zero, and of Box and Cox's transformation.

Source: Box and Cox (1964), "An analysis of transformations". Its derivative by the exponent is written with hypergeometric
functions, so that it and its own derivatives exist where the exponent is 0 and the transformation a logarithm.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.arithmetic import POSITIVE, log_base, lowered
from chainrule.primitives.exponential import LN10
from chainrule.primitives.special import UNIT

_RULE = "power rule"
_BOX_COX = "Box-Cox rule"


def _slope_of_exprel(x: Array) -> Array:
    """Return the derivative of (exp(x) - 1) / x: by a series near 0, and elsewhere in forms that neither cancel nor overflow."""
    near, above, below = np.abs(x) < 1, np.where(x > 1, x, 1), np.where(x < -1, x, -1)
    series = scipy.special.hyp1f1(2, 3, np.where(near, x, 0)) / 2
    rising = scipy.special.exprel(above) * (1 - 1 / above) + 1 / above
    falling = (np.exp(below) - scipy.special.exprel(below)) / below
    return np.where(near, series, np.where(x > 0, rising, falling))


def _by_exponent(logarithm: Array, exponent: Array) -> Array:
    """Return the derivative of (exp(exponent * logarithm) - 1) / exponent by the exponent."""
    return logarithm**2 * _slope_of_exprel(exponent * logarithm)


def _by_exponent_back(power: Array, y: Array, exponent: Array) -> Array:
    """Return the derivative of `power` = (1 + exponent * y) ** (1 / exponent) by the exponent."""
    return -power * y**2 * scipy.special.hyp2f1(2, 2, 3, -exponent * y) / 2


EXP10 = Elementwise(
    name="exp10", value=lambda x: scipy.special.exp10(x), partials=(lambda out, x: out * LN10,), rule="exponential rule"
)
EXPREL = Elementwise(
    name="exprel",
    value=lambda x: scipy.special.exprel(x),
    partials=(lambda out, x: _slope_of_exprel(x),),
    rule="quotient rule",
)
COSM1 = Elementwise(
    name="cosm1", value=lambda x: scipy.special.cosm1(x), partials=(lambda out, x: -np.sin(x),), rule="cosine rule"
)
POWM1 = Elementwise(
    name="powm1",
    value=lambda x, y: scipy.special.powm1(x, y),
    partials=(lambda out, x, y: y * lowered(x, y), lambda out, x, y: (out + 1) * log_base(x)),
    rule=(_RULE, "exponential rule"),
    domain=(POSITIVE, (-2.0, 2.0)),
)
BOXCOX = Elementwise(
    name="boxcox",
    value=lambda x, lmbda: scipy.special.boxcox(x, lmbda),
    partials=(lambda out, x, lmbda: x ** (lmbda - 1), lambda out, x, lmbda: _by_exponent(np.log(x), lmbda)),
    rule=_BOX_COX,
    domain=(POSITIVE, (-2.0, 2.0)),
)
BOXCOX1P = Elementwise(
    name="boxcox1p",
    value=lambda x, lmbda: scipy.special.boxcox1p(x, lmbda),
    partials=(
        lambda out, x, lmbda: np.exp((lmbda - 1) * np.log1p(x)),
        lambda out, x, lmbda: _by_exponent(np.log1p(x), lmbda),
    ),
    rule=_BOX_COX,
    domain=((-0.5, 2.0), (-2.0, 2.0)),
)
INV_BOXCOX = Elementwise(
    name="inv_boxcox",
    value=lambda y, lmbda: scipy.special.inv_boxcox(y, lmbda),
    partials=(
        lambda out, y, lmbda: out / (1 + lmbda * y),
        lambda out, y, lmbda: _by_exponent_back(out, y, lmbda),
    ),
    rule=_BOX_COX,
    domain=UNIT,
)
INV_BOXCOX1P = Elementwise(
    name="inv_boxcox1p",
    value=lambda y, lmbda: scipy.special.inv_boxcox1p(y, lmbda),
    partials=(
        lambda out, y, lmbda: (out + 1) / (1 + lmbda * y),
        lambda out, y, lmbda: _by_exponent_back(out + 1, y, lmbda),
    ),
    rule=_BOX_COX,
    domain=UNIT,
)
RELATIVE_POWERS: tuple[Elementwise, ...] = (
    EXP10, EXPREL, COSM1, POWM1, BOXCOX, BOXCOX1P, INV_BOXCOX, INV_BOXCOX1P,
)  # fmt: skip

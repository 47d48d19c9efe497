"""Owns the rules of SciPy's hypergeometric functions, and of the dilogarithm, which is one.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 10.46, 13.3, 15.5.1, 16.3 and 25.12.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Elementwise
from chainrule.primitives.special import UNIT, NoRule

_ORDERS = (0.5, 1.5)

HYP2F1 = Elementwise(
    name="hyp2f1",
    value=lambda a, b, c, x: scipy.special.hyp2f1(a, b, c, x),
    partials=(
        NoRule("hyp2f1", "first"),
        NoRule("hyp2f1", "second"),
        NoRule("hyp2f1", "third"),
        lambda out, a, b, c, x: a * b / c * scipy.special.hyp2f1(a + 1, b + 1, c + 1, x),
    ),
    rule="hypergeometric function rule",
    domain=(_ORDERS, _ORDERS, (2.0, 3.0), (-0.8, 0.8)),
)
HYP1F1 = Elementwise(
    name="hyp1f1",
    value=lambda a, b, x: scipy.special.hyp1f1(a, b, x),
    partials=(
        NoRule("hyp1f1", "first"),
        NoRule("hyp1f1", "second"),
        lambda out, a, b, x: a / b * scipy.special.hyp1f1(a + 1, b + 1, x),
    ),
    rule="hypergeometric function rule",
    domain=(_ORDERS, _ORDERS, (-2.0, 2.0)),
)
HYPERU = Elementwise(
    name="hyperu",
    value=lambda a, b, x: scipy.special.hyperu(a, b, x),
    partials=(
        NoRule("hyperu", "first"),
        NoRule("hyperu", "second"),
        lambda out, a, b, x: -a * scipy.special.hyperu(a + 1, b + 1, x),
    ),
    rule="hypergeometric function rule",
    # SciPy loses half of the digits where b is within 1e-4 of a whole number.
    domain=(_ORDERS, (1.1, 1.5), (0.5, 2.0)),
)
WRIGHT_BESSEL = Elementwise(
    name="wright_bessel",
    value=lambda a, b, x: scipy.special.wright_bessel(a, b, x),
    partials=(
        NoRule("wright_bessel", "first"),
        NoRule("wright_bessel", "second"),
        lambda out, a, b, x: scipy.special.wright_bessel(a, a + b, x),
    ),
    rule="Wright function rule",
    domain=(_ORDERS, _ORDERS, (0.5, 2.0)),
)
LOG_WRIGHT_BESSEL = Elementwise(
    name="log_wright_bessel",
    value=lambda a, b, x: scipy.special.log_wright_bessel(a, b, x),
    partials=(
        NoRule("log_wright_bessel", "first"),
        NoRule("log_wright_bessel", "second"),
        lambda out, a, b, x: np.exp(scipy.special.log_wright_bessel(a, a + b, x) - out),
    ),
    rule="Wright function rule",
    domain=(_ORDERS, _ORDERS, (0.5, 2.0)),
)
SPENCE = Elementwise(
    name="spence",
    value=lambda x: scipy.special.spence(x),
    partials=(lambda out, x: -scipy.special.hyp2f1(1, 1, 2, 1 - x),),
    rule="dilogarithm rule",
    domain=UNIT,
)
HYPERGEOMETRIC: tuple[Elementwise, ...] = (
    HYP2F1, HYP1F1, HYPERU, WRIGHT_BESSEL, LOG_WRIGHT_BESSEL, SPENCE,
)  # fmt: skip

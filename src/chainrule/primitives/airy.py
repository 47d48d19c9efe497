"""Owns the rules of SciPy's Airy functions: they solve a differential equation, so that their slopes have rules too.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 9.2.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise

_AIRY = "Airy function rule"
_EQUATION = "differential equation rule"
_RANGE = (0.5, 3.0)


def _root(x: Array) -> Array:
    """Return the derivative of the exponent by which SciPy scales: it does so where x > 0."""
    return np.sqrt(np.maximum(x, 0))


AIRY_AI = Elementwise(
    name="airy_ai",
    value=lambda x: scipy.special.airy(x)[0],
    partials=(lambda out, x: scipy.special.airy(x)[1],),
    rule=_AIRY,
)
AIRY_AI_SLOPE = Elementwise(
    name="airy_ai_slope",
    value=lambda x: scipy.special.airy(x)[1],
    partials=(lambda out, x: x * scipy.special.airy(x)[0],),
    rule=_EQUATION,
)
AIRY_BI = Elementwise(
    name="airy_bi",
    value=lambda x: scipy.special.airy(x)[2],
    partials=(lambda out, x: scipy.special.airy(x)[3],),
    rule=_AIRY,
)
AIRY_BI_SLOPE = Elementwise(
    name="airy_bi_slope",
    value=lambda x: scipy.special.airy(x)[3],
    partials=(lambda out, x: x * scipy.special.airy(x)[2],),
    rule=_EQUATION,
)
AIRYE_AI = Elementwise(
    name="airye_ai",
    value=lambda x: scipy.special.airye(x)[0],
    partials=(lambda out, x: scipy.special.airye(x)[1] + _root(x) * out,),
    rule=_AIRY,
    domain=_RANGE,
)
AIRYE_AI_SLOPE = Elementwise(
    name="airye_ai_slope",
    value=lambda x: scipy.special.airye(x)[1],
    partials=(lambda out, x: x * scipy.special.airye(x)[0] + _root(x) * out,),
    rule=_EQUATION,
    domain=_RANGE,
)
AIRYE_BI = Elementwise(
    name="airye_bi",
    value=lambda x: scipy.special.airye(x)[2],
    partials=(lambda out, x: scipy.special.airye(x)[3] - _root(x) * out,),
    rule=_AIRY,
    domain=_RANGE,
)
AIRYE_BI_SLOPE = Elementwise(
    name="airye_bi_slope",
    value=lambda x: scipy.special.airye(x)[3],
    partials=(lambda out, x: x * scipy.special.airye(x)[2] - _root(x) * out,),
    rule=_EQUATION,
    domain=_RANGE,
)
SOLUTIONS: dict[str, tuple[Elementwise, ...]] = {
    "airy": (AIRY_AI, AIRY_AI_SLOPE, AIRY_BI, AIRY_BI_SLOPE),
    "airye": (AIRYE_AI, AIRYE_AI_SLOPE, AIRYE_BI, AIRYE_BI_SLOPE),
}
"""The primitives of all results of a ufunc of SciPy, by its name."""

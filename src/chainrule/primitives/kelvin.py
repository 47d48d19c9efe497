"""Owns the rules of SciPy's Kelvin functions: they solve a differential equation, so that their slopes have rules too.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 10.61.
"""

from __future__ import annotations

import scipy

from chainrule.core.primitive import Elementwise

_KELVIN = "Kelvin function rule"
_EQUATION = "differential equation rule"
_RANGE = (0.5, 3.0)

BER = Elementwise(
    name="ber",
    value=lambda x: scipy.special.ber(x),
    partials=(lambda out, x: scipy.special.berp(x),),
    rule=_KELVIN,
)
BERP = Elementwise(
    name="berp",
    value=lambda x: scipy.special.berp(x),
    partials=(lambda out, x: -scipy.special.bei(x) - out / x,),
    rule=_EQUATION,
    domain=_RANGE,
)
BEI = Elementwise(
    name="bei",
    value=lambda x: scipy.special.bei(x),
    partials=(lambda out, x: scipy.special.beip(x),),
    rule=_KELVIN,
    domain=_RANGE,
)
BEIP = Elementwise(
    name="beip",
    value=lambda x: scipy.special.beip(x),
    partials=(lambda out, x: scipy.special.ber(x) - out / x,),
    rule=_EQUATION,
    domain=_RANGE,
)
KER = Elementwise(
    name="ker",
    value=lambda x: scipy.special.ker(x),
    partials=(lambda out, x: scipy.special.kerp(x),),
    rule=_KELVIN,
    domain=_RANGE,
)
KERP = Elementwise(
    name="kerp",
    value=lambda x: scipy.special.kerp(x),
    partials=(lambda out, x: -scipy.special.kei(x) - out / x,),
    rule=_EQUATION,
    domain=_RANGE,
)
KEI = Elementwise(
    name="kei",
    value=lambda x: scipy.special.kei(x),
    partials=(lambda out, x: scipy.special.keip(x),),
    rule=_KELVIN,
    domain=_RANGE,
)
KEIP = Elementwise(
    name="keip",
    value=lambda x: scipy.special.keip(x),
    partials=(lambda out, x: scipy.special.ker(x) - out / x,),
    rule=_EQUATION,
    domain=_RANGE,
)
KELVIN_FUNCTIONS: tuple[Elementwise, ...] = (BER, BERP, BEI, BEIP, KER, KERP, KEI, KEIP)

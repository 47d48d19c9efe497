"""Owns the rules of SciPy's Bessel functions, over their argument: each is a difference of its neighbors in order.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 10.6.1 and 10.29.1. A factor by which SciPy scales
adds its own derivative.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.errors import NoRuleError
from chainrule.primitives.arithmetic import is_complex
from chainrule.primitives.special import NoRule
from chainrule.user_code import where


def _real(name: str, part: str, x: Array) -> Array:
    """Return the argument of a scaled function; refuse a complex one, of which the function is not analytic."""
    if is_complex(x):
        raise NoRuleError(
            f"scipy.special.{name}e of complex numbers is scaled by exp(-|z.{part}|), which has no complex derivative; write "
            f"scipy.special.{name}(v, z) * np.exp(-np.abs(z.{part})){where()}"
        )
    return x


_RULE = "Bessel function rule"
_RANGE = (0.5, 3.0)
_ORDERED = ((1.2, 2.8), _RANGE)

JV = Elementwise(
    name="jv",
    value=lambda v, x: scipy.special.jv(v, x),
    partials=(NoRule("jv", "first"), lambda out, v, x: (scipy.special.jv(v - 1, x) - scipy.special.jv(v + 1, x)) / 2),
    rule=_RULE,
    domain=_ORDERED,
)
YV = Elementwise(
    name="yv",
    value=lambda v, x: scipy.special.yv(v, x),
    partials=(NoRule("yv", "first"), lambda out, v, x: (scipy.special.yv(v - 1, x) - scipy.special.yv(v + 1, x)) / 2),
    rule=_RULE,
    domain=_ORDERED,
)
IV = Elementwise(
    name="iv",
    value=lambda v, x: scipy.special.iv(v, x),
    partials=(NoRule("iv", "first"), lambda out, v, x: (scipy.special.iv(v - 1, x) + scipy.special.iv(v + 1, x)) / 2),
    rule=_RULE,
    domain=_ORDERED,
)
KV = Elementwise(
    name="kv",
    value=lambda v, x: scipy.special.kv(v, x),
    partials=(NoRule("kv", "first"), lambda out, v, x: -(scipy.special.kv(v - 1, x) + scipy.special.kv(v + 1, x)) / 2),
    rule=_RULE,
    domain=_ORDERED,
)
IVE = Elementwise(
    name="ive",
    value=lambda v, x: scipy.special.ive(v, x),
    partials=(
        NoRule("ive", "first"),
        lambda out, v, x: (
            (scipy.special.ive(v - 1, _real("iv", "real", x)) + scipy.special.ive(v + 1, x)) / 2 - np.sign(x) * out
        ),
    ),
    rule=_RULE,
    domain=_ORDERED,
)
JVE = Elementwise(
    name="jve",
    value=lambda v, x: scipy.special.jve(v, x),
    partials=(
        NoRule("jve", "first"),
        lambda out, v, x: (scipy.special.jve(v - 1, _real("jv", "imag", x)) - scipy.special.jve(v + 1, x)) / 2,
    ),
    rule=_RULE,
    domain=_ORDERED,
)
YVE = Elementwise(
    name="yve",
    value=lambda v, x: scipy.special.yve(v, x),
    partials=(
        NoRule("yve", "first"),
        lambda out, v, x: (scipy.special.yve(v - 1, _real("yv", "imag", x)) - scipy.special.yve(v + 1, x)) / 2,
    ),
    rule=_RULE,
    domain=_ORDERED,
)
KVE = Elementwise(
    name="kve",
    value=lambda v, x: scipy.special.kve(v, x),
    partials=(
        NoRule("kve", "first"),
        lambda out, v, x: out - (scipy.special.kve(v - 1, x) + scipy.special.kve(v + 1, x)) / 2,
    ),
    rule=_RULE,
    domain=_ORDERED,
)
# These two take whole orders only.
YN = Elementwise(
    name="yn",
    value=lambda n, x: scipy.special.yn(n, x),
    partials=(NoRule("yn", "first"), lambda out, n, x: (scipy.special.yn(n - 1, x) - scipy.special.yn(n + 1, x)) / 2),
    rule=_RULE,
    domain=((2.0, 2.0), _RANGE),
)
KN = Elementwise(
    name="kn",
    value=lambda n, x: scipy.special.kn(n, x),
    partials=(NoRule("kn", "first"), lambda out, n, x: -(scipy.special.kn(n - 1, x) + scipy.special.kn(n + 1, x)) / 2),
    rule=_RULE,
    domain=((2.0, 2.0), _RANGE),
)
J0 = Elementwise(
    name="j0",
    value=lambda x: scipy.special.j0(x),
    partials=(lambda out, x: -scipy.special.j1(x),),
    rule=_RULE,
    domain=_RANGE,
)
J1 = Elementwise(
    name="j1",
    value=lambda x: scipy.special.j1(x),
    partials=(lambda out, x: (scipy.special.j0(x) - scipy.special.jv(2, x)) / 2,),
    rule=_RULE,
    domain=_RANGE,
)
Y0 = Elementwise(
    name="y0",
    value=lambda x: scipy.special.y0(x),
    partials=(lambda out, x: -scipy.special.y1(x),),
    rule=_RULE,
    domain=_RANGE,
)
Y1 = Elementwise(
    name="y1",
    value=lambda x: scipy.special.y1(x),
    partials=(lambda out, x: (scipy.special.y0(x) - scipy.special.yv(2, x)) / 2,),
    rule=_RULE,
    domain=_RANGE,
)
I0 = Elementwise(
    name="i0",
    value=lambda x: scipy.special.i0(x),
    partials=(lambda out, x: scipy.special.i1(x),),
    rule=_RULE,
    domain=_RANGE,
)
I1 = Elementwise(
    name="i1",
    value=lambda x: scipy.special.i1(x),
    partials=(lambda out, x: (scipy.special.i0(x) + scipy.special.iv(2, x)) / 2,),
    rule=_RULE,
    domain=_RANGE,
)
I0E = Elementwise(
    name="i0e",
    value=lambda x: scipy.special.i0e(x),
    partials=(lambda out, x: scipy.special.i1e(x) - np.sign(x) * out,),
    rule=_RULE,
    domain=_RANGE,
)
I1E = Elementwise(
    name="i1e",
    value=lambda x: scipy.special.i1e(x),
    partials=(lambda out, x: (scipy.special.i0e(x) + scipy.special.ive(2, x)) / 2 - np.sign(x) * out,),
    rule=_RULE,
    domain=_RANGE,
)
K0 = Elementwise(
    name="k0",
    value=lambda x: scipy.special.k0(x),
    partials=(lambda out, x: -scipy.special.k1(x),),
    rule=_RULE,
    domain=_RANGE,
)
K1 = Elementwise(
    name="k1",
    value=lambda x: scipy.special.k1(x),
    partials=(lambda out, x: -(scipy.special.k0(x) + scipy.special.kv(2, x)) / 2,),
    rule=_RULE,
    domain=_RANGE,
)
K0E = Elementwise(
    name="k0e",
    value=lambda x: scipy.special.k0e(x),
    partials=(lambda out, x: out - scipy.special.k1e(x),),
    rule=_RULE,
    domain=_RANGE,
)
K1E = Elementwise(
    name="k1e",
    value=lambda x: scipy.special.k1e(x),
    partials=(lambda out, x: out - (scipy.special.k0e(x) + scipy.special.kve(2, x)) / 2,),
    rule=_RULE,
    domain=_RANGE,
)
BESSEL_FUNCTIONS: tuple[Elementwise, ...] = (
    JV, YV, IV, KV, JVE, YVE, IVE, KVE, YN, KN, J0, J1, Y0, Y1, I0, I1, I0E, I1E, K0, K1, K0E, K1E,
)  # fmt: skip

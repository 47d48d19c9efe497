"""Owns the rules of SciPy's distribution functions, over the point where they are read, and of their inverses.

Source: the densities of the gamma, beta and Student distributions, of which these are integrals.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.gamma_functions import MIDDLE, beta_density, gamma_density, student_density
from chainrule.primitives.special import UNIT, NoRule

_GAMMA = "gamma distribution rule"
_BETA = "beta distribution rule"
_INVERSE = "inverse function rule"


def ratio_density(dfn: Array, dfd: Array, x: Array) -> Array:
    """Return the density of Fisher's ratio of two variances, a beta distribution seen through dfn x / (dfd + dfn x)."""
    whole = dfd + dfn * x
    return beta_density(dfn / 2, dfd / 2, dfn * x / whole) * dfn * dfd / whole**2


GAMMAINCINV = Elementwise(
    name="gammaincinv",
    value=lambda a, y: scipy.special.gammaincinv(a, y),
    partials=(NoRule("gammaincinv", "first"), lambda out, a, y: 1 / gamma_density(a, out)),
    rule=_INVERSE,
    domain=(MIDDLE, UNIT),
)
GAMMAINCCINV = Elementwise(
    name="gammainccinv",
    value=lambda a, y: scipy.special.gammainccinv(a, y),
    partials=(NoRule("gammainccinv", "first"), lambda out, a, y: -1 / gamma_density(a, out)),
    rule=_INVERSE,
    domain=(MIDDLE, UNIT),
)
BETAINCC = Elementwise(
    name="betaincc",
    value=lambda a, b, x: scipy.special.betaincc(a, b, x),
    partials=(
        NoRule("betaincc", "first"),
        NoRule("betaincc", "second"),
        lambda out, a, b, x: -beta_density(a, b, x),
    ),
    rule=_BETA,
    domain=(MIDDLE, MIDDLE, UNIT),
)
BETAINCINV = Elementwise(
    name="betaincinv",
    value=lambda a, b, y: scipy.special.betaincinv(a, b, y),
    partials=(
        NoRule("betaincinv", "first"),
        NoRule("betaincinv", "second"),
        lambda out, a, b, y: 1 / beta_density(a, b, out),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, MIDDLE, UNIT),
)
STDTRIT = Elementwise(
    name="stdtrit",
    value=lambda df, p: scipy.special.stdtrit(df, p),
    partials=(NoRule("stdtrit", "first"), lambda out, df, p: 1 / student_density(df, out)),
    rule=_INVERSE,
    domain=((1.0, 4.0), UNIT),
)
CHDTR = Elementwise(
    name="chdtr",
    value=lambda v, x: scipy.special.chdtr(v, x),
    partials=(NoRule("chdtr", "first"), lambda out, v, x: gamma_density(v / 2, x / 2) / 2),
    rule=_GAMMA,
    domain=MIDDLE,
)
CHDTRC = Elementwise(
    name="chdtrc",
    value=lambda v, x: scipy.special.chdtrc(v, x),
    partials=(NoRule("chdtrc", "first"), lambda out, v, x: -gamma_density(v / 2, x / 2) / 2),
    rule=_GAMMA,
    domain=MIDDLE,
)
GDTR = Elementwise(
    name="gdtr",
    value=lambda a, b, x: scipy.special.gdtr(a, b, x),
    partials=(
        lambda out, a, b, x: x * gamma_density(b, a * x),
        NoRule("gdtr", "second"),
        lambda out, a, b, x: a * gamma_density(b, a * x),
    ),
    rule=_GAMMA,
    domain=MIDDLE,
)
PDTR = Elementwise(
    name="pdtr",
    value=lambda k, m: scipy.special.pdtr(k, m),
    partials=(None, lambda out, k, m: -gamma_density(np.floor(k) + 1, m)),
    rule=_GAMMA,
    domain=((0.1, 3.9), MIDDLE),
)
PDTRC = Elementwise(
    name="pdtrc",
    value=lambda k, m: scipy.special.pdtrc(k, m),
    partials=(None, lambda out, k, m: gamma_density(np.floor(k) + 1, m)),
    rule=_GAMMA,
    domain=((0.1, 3.9), MIDDLE),
)
FDTR = Elementwise(
    name="fdtr",
    value=lambda dfn, dfd, x: scipy.special.fdtr(dfn, dfd, x),
    partials=(
        NoRule("fdtr", "first"),
        NoRule("fdtr", "second"),
        lambda out, dfn, dfd, x: ratio_density(dfn, dfd, x),
    ),
    rule=_BETA,
    domain=MIDDLE,
)
FDTRC = Elementwise(
    name="fdtrc",
    value=lambda dfn, dfd, x: scipy.special.fdtrc(dfn, dfd, x),
    partials=(
        NoRule("fdtrc", "first"),
        NoRule("fdtrc", "second"),
        lambda out, dfn, dfd, x: -ratio_density(dfn, dfd, x),
    ),
    rule=_BETA,
    domain=MIDDLE,
)
DISTRIBUTIONS: tuple[Elementwise, ...] = (
    GAMMAINCINV, GAMMAINCCINV, BETAINCC, BETAINCINV, STDTRIT, CHDTR, CHDTRC, GDTR, PDTR, PDTRC, FDTR, FDTRC,
)  # fmt: skip

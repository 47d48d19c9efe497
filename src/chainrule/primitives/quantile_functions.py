"""Owns the rules of SciPy's inverses of distribution functions: their slopes are reciprocals of densities, by
their shapes those of the distribution function, divided by the density.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Elementwise
from chainrule.primitives.densities import beta_density, gamma_density, ratio_density, student_density
from chainrule.primitives.shape_parameters import (
    betainc_by_first,
    betainc_by_second,
    gammainc_by_shape,
    ratio_by_first,
    ratio_by_second,
    student_by_freedom,
)
from chainrule.primitives.special import MIDDLE, ROOT_2PI, UNIT

_INVERSE = "inverse function rule"

GAMMAINCINV = Elementwise(
    name="gammaincinv",
    value=lambda a, y: scipy.special.gammaincinv(a, y),
    partials=(
        lambda out, a, y: -gammainc_by_shape(a, out) / gamma_density(a, out),
        lambda out, a, y: 1 / gamma_density(a, out),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, UNIT),
)
GAMMAINCCINV = Elementwise(
    name="gammainccinv",
    value=lambda a, y: scipy.special.gammainccinv(a, y),
    partials=(
        lambda out, a, y: -gammainc_by_shape(a, out) / gamma_density(a, out),
        lambda out, a, y: -1 / gamma_density(a, out),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, UNIT),
)
BETAINCINV = Elementwise(
    name="betaincinv",
    value=lambda a, b, y: scipy.special.betaincinv(a, b, y),
    partials=(
        lambda out, a, b, y: -betainc_by_first(a, b, out) / beta_density(a, b, out),
        lambda out, a, b, y: -betainc_by_second(a, b, out) / beta_density(a, b, out),
        lambda out, a, b, y: 1 / beta_density(a, b, out),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, MIDDLE, UNIT),
)
BETAINCCINV = Elementwise(
    name="betainccinv",
    value=lambda a, b, y: scipy.special.betainccinv(a, b, y),
    partials=(
        lambda out, a, b, y: -betainc_by_first(a, b, out) / beta_density(a, b, out),
        lambda out, a, b, y: -betainc_by_second(a, b, out) / beta_density(a, b, out),
        lambda out, a, b, y: -1 / beta_density(a, b, out),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, MIDDLE, UNIT),
)
STDTRIT = Elementwise(
    name="stdtrit",
    value=lambda df, p: scipy.special.stdtrit(df, p),
    partials=(
        lambda out, df, p: -student_by_freedom(df, out) / student_density(df, out),
        lambda out, df, p: 1 / student_density(df, out),
    ),
    rule=_INVERSE,
    domain=((1.0, 4.0), UNIT),
)
CHDTRI = Elementwise(
    name="chdtri",
    value=lambda v, p: scipy.special.chdtri(v, p),
    partials=(
        lambda out, v, p: -gammainc_by_shape(v / 2, out / 2) / gamma_density(v / 2, out / 2),
        lambda out, v, p: -2 / gamma_density(v / 2, out / 2),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, UNIT),
)
FDTRI = Elementwise(
    name="fdtri",
    value=lambda dfn, dfd, p: scipy.special.fdtri(dfn, dfd, p),
    partials=(
        lambda out, dfn, dfd, p: -ratio_by_first(dfn, dfd, out) / ratio_density(dfn, dfd, out),
        lambda out, dfn, dfd, p: -ratio_by_second(dfn, dfd, out) / ratio_density(dfn, dfd, out),
        lambda out, dfn, dfd, p: 1 / ratio_density(dfn, dfd, out),
    ),
    rule=_INVERSE,
    domain=((1.0, 4.0), (1.0, 4.0), UNIT),
)
GDTRIX = Elementwise(
    name="gdtrix",
    value=lambda a, b, p: scipy.special.gdtrix(a, b, p),
    partials=(
        lambda out, a, b, p: -out / a,
        lambda out, a, b, p: -gammainc_by_shape(b, a * out) / (a * gamma_density(b, a * out)),
        lambda out, a, b, p: 1 / (a * gamma_density(b, a * out)),
    ),
    rule=_INVERSE,
    domain=(MIDDLE, MIDDLE, UNIT),
)
GDTRIA = Elementwise(
    name="gdtria",
    value=lambda p, b, x: scipy.special.gdtria(p, b, x),
    partials=(
        lambda out, p, b, x: 1 / (x * gamma_density(b, out * x)),
        lambda out, p, b, x: -gammainc_by_shape(b, out * x) / (x * gamma_density(b, out * x)),
        lambda out, p, b, x: -out / x,
    ),
    rule=_INVERSE,
    domain=(UNIT, MIDDLE, MIDDLE),
)
NDTRI_EXP = Elementwise(
    name="ndtri_exp",
    value=lambda y: scipy.special.ndtri_exp(y),
    partials=(lambda out, y: ROOT_2PI * np.exp(y + out**2 / 2),),
    rule="normal distribution rule",
    domain=(-2.0, -0.2),
)
NRDTRIMN = Elementwise(
    name="nrdtrimn",
    value=lambda p, std, x: scipy.special.nrdtrimn(p, std, x),
    partials=(
        lambda out, p, std, x: -std * ROOT_2PI * np.exp(((x - out) / std) ** 2 / 2),
        lambda out, p, std, x: (out - x) / std,
        lambda out, p, std, x: 1,
    ),
    rule=_INVERSE,
    domain=(UNIT, MIDDLE, (-2.0, 2.0)),
)
NRDTRISD = Elementwise(
    name="nrdtrisd",
    value=lambda mn, p, x: scipy.special.nrdtrisd(mn, p, x),
    partials=(
        lambda out, mn, p, x: -out / (x - mn),
        lambda out, mn, p, x: -(out**2) / (x - mn) * ROOT_2PI * np.exp(((x - mn) / out) ** 2 / 2),
        lambda out, mn, p, x: out / (x - mn),
    ),
    rule=_INVERSE,
    domain=((-1.0, 0.0), (0.6, 0.9), (0.5, 2.0)),
)
QUANTILES: tuple[Elementwise, ...] = (
    GAMMAINCINV, GAMMAINCCINV, BETAINCINV, BETAINCCINV, STDTRIT, CHDTRI, FDTRI, GDTRIX, GDTRIA, NDTRI_EXP, NRDTRIMN, NRDTRISD,
)  # fmt: skip

"""Owns the rules of SciPy's distribution functions: over the point where they are read, their slopes are densities."""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Elementwise
from chainrule.primitives.densities import beta_density, gamma_density, ratio_density, student_density
from chainrule.primitives.shape_parameters import (
    BETA_RULE,
    GAMMA_RULE,
    betainc_by_first,
    betainc_by_second,
    gammainc_by_shape,
    ratio_by_first,
    ratio_by_second,
    student_by_freedom,
)
from chainrule.primitives.special import MIDDLE, UNIT

GAMMAINC = Elementwise(
    name="gammainc",
    value=lambda a, x: scipy.special.gammainc(a, x),
    partials=(
        lambda out, a, x: gammainc_by_shape(a, x),
        lambda out, a, x: gamma_density(a, x),
    ),
    rule=GAMMA_RULE,
    domain=MIDDLE,
)
GAMMAINCC = Elementwise(
    name="gammaincc",
    value=lambda a, x: scipy.special.gammaincc(a, x),
    partials=(
        lambda out, a, x: -gammainc_by_shape(a, x),
        lambda out, a, x: -gamma_density(a, x),
    ),
    rule=GAMMA_RULE,
    domain=MIDDLE,
)
BETAINC = Elementwise(
    name="betainc",
    value=lambda a, b, x: scipy.special.betainc(a, b, x),
    partials=(
        lambda out, a, b, x: betainc_by_first(a, b, x),
        lambda out, a, b, x: betainc_by_second(a, b, x),
        lambda out, a, b, x: beta_density(a, b, x),
    ),
    rule=BETA_RULE,
    domain=(MIDDLE, MIDDLE, UNIT),
)
BETAINCC = Elementwise(
    name="betaincc",
    value=lambda a, b, x: scipy.special.betaincc(a, b, x),
    partials=(
        lambda out, a, b, x: -betainc_by_first(a, b, x),
        lambda out, a, b, x: -betainc_by_second(a, b, x),
        lambda out, a, b, x: -beta_density(a, b, x),
    ),
    rule=BETA_RULE,
    domain=(MIDDLE, MIDDLE, UNIT),
)
STDTR = Elementwise(
    name="stdtr",
    value=lambda df, t: scipy.special.stdtr(df, t),
    partials=(
        lambda out, df, t: student_by_freedom(df, t),
        lambda out, df, t: student_density(df, t),
    ),
    rule="Student distribution rule",
    domain=(MIDDLE, (-2.0, 2.0)),
)
CHDTR = Elementwise(
    name="chdtr",
    value=lambda v, x: scipy.special.chdtr(v, x),
    partials=(lambda out, v, x: gammainc_by_shape(v / 2, x / 2) / 2, lambda out, v, x: gamma_density(v / 2, x / 2) / 2),
    rule=GAMMA_RULE,
    domain=MIDDLE,
)
CHDTRC = Elementwise(
    name="chdtrc",
    value=lambda v, x: scipy.special.chdtrc(v, x),
    partials=(
        lambda out, v, x: -gammainc_by_shape(v / 2, x / 2) / 2,
        lambda out, v, x: -gamma_density(v / 2, x / 2) / 2,
    ),
    rule=GAMMA_RULE,
    domain=MIDDLE,
)
GDTR = Elementwise(
    name="gdtr",
    value=lambda a, b, x: scipy.special.gdtr(a, b, x),
    partials=(
        lambda out, a, b, x: x * gamma_density(b, a * x),
        lambda out, a, b, x: gammainc_by_shape(b, a * x),
        lambda out, a, b, x: a * gamma_density(b, a * x),
    ),
    rule=GAMMA_RULE,
    domain=MIDDLE,
)
GDTRC = Elementwise(
    name="gdtrc",
    value=lambda a, b, x: scipy.special.gdtrc(a, b, x),
    partials=(
        lambda out, a, b, x: -x * gamma_density(b, a * x),
        lambda out, a, b, x: -gammainc_by_shape(b, a * x),
        lambda out, a, b, x: -a * gamma_density(b, a * x),
    ),
    rule=GAMMA_RULE,
    domain=MIDDLE,
)
PDTR = Elementwise(
    name="pdtr",
    value=lambda k, m: scipy.special.pdtr(k, m),
    partials=(None, lambda out, k, m: -gamma_density(np.floor(k) + 1, m)),
    rule=GAMMA_RULE,
    domain=((0.1, 3.9), MIDDLE),
)
PDTRC = Elementwise(
    name="pdtrc",
    value=lambda k, m: scipy.special.pdtrc(k, m),
    partials=(None, lambda out, k, m: gamma_density(np.floor(k) + 1, m)),
    rule=GAMMA_RULE,
    domain=((0.1, 3.9), MIDDLE),
)
FDTR = Elementwise(
    name="fdtr",
    value=lambda dfn, dfd, x: scipy.special.fdtr(dfn, dfd, x),
    partials=(
        lambda out, dfn, dfd, x: ratio_by_first(dfn, dfd, x),
        lambda out, dfn, dfd, x: ratio_by_second(dfn, dfd, x),
        lambda out, dfn, dfd, x: ratio_density(dfn, dfd, x),
    ),
    rule=BETA_RULE,
    domain=MIDDLE,
)
FDTRC = Elementwise(
    name="fdtrc",
    value=lambda dfn, dfd, x: scipy.special.fdtrc(dfn, dfd, x),
    partials=(
        lambda out, dfn, dfd, x: -ratio_by_first(dfn, dfd, x),
        lambda out, dfn, dfd, x: -ratio_by_second(dfn, dfd, x),
        lambda out, dfn, dfd, x: -ratio_density(dfn, dfd, x),
    ),
    rule=BETA_RULE,
    domain=MIDDLE,
)
DISTRIBUTIONS: tuple[Elementwise, ...] = (
    GAMMAINC, GAMMAINCC, BETAINC, BETAINCC, STDTR, CHDTR, CHDTRC, GDTR, GDTRC, PDTR, PDTRC, FDTR, FDTRC,
)  # fmt: skip

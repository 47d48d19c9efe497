"""Owns the rules of SciPy's functions made of gamma functions: beta functions, incomplete integrals, products."""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.special import UNIT, NoRule
from chainrule.primitives.steps import STEP

MIDDLE = (0.5, 3.0)


def gamma_density(a: Array, x: Array) -> Array:
    """Return the density of the gamma distribution of shape `a`, of which gammainc is the integral."""
    return np.exp(scipy.special.xlogy(a - 1, x) - x - scipy.special.gammaln(a))


def beta_density(a: Array, b: Array, x: Array) -> Array:
    """Return the density of the beta distribution, of which betainc is the integral."""
    return np.exp(scipy.special.xlogy(a - 1, x) + scipy.special.xlog1py(b - 1, -x) - scipy.special.betaln(a, b))


def student_density(df: Array, t: Array) -> Array:
    """Return the density of Student's distribution, of which stdtr is the integral."""
    return (1 + t**2 / df) ** (-(df + 1) / 2) / (np.sqrt(df) * scipy.special.beta(df / 2, 0.5))


LOGGAMMA = Elementwise(
    name="loggamma",
    value=lambda x: scipy.special.loggamma(x),
    partials=(lambda out, x: scipy.special.psi(x),),
    rule="log-gamma rule",
    domain=MIDDLE,
)
RGAMMA = Elementwise(
    name="rgamma",
    value=lambda x: scipy.special.rgamma(x),
    partials=(lambda out, x: -out * scipy.special.psi(x),),
    rule="gamma function rule",
    domain=MIDDLE,
)
GAMMASGN = Elementwise(
    name="gammasgn",
    value=lambda x: scipy.special.gammasgn(x),
    partials=(None,),
    rule=STEP,
    domain=MIDDLE,
)
BETALN = Elementwise(
    name="betaln",
    value=lambda a, b: scipy.special.betaln(a, b),
    partials=(
        lambda out, a, b: scipy.special.psi(a) - scipy.special.psi(a + b),
        lambda out, a, b: scipy.special.psi(b) - scipy.special.psi(a + b),
    ),
    rule="log-beta rule",
    domain=MIDDLE,
)
BETA = Elementwise(
    name="beta",
    value=lambda a, b: scipy.special.beta(a, b),
    partials=(
        lambda out, a, b: out * (scipy.special.psi(a) - scipy.special.psi(a + b)),
        lambda out, a, b: out * (scipy.special.psi(b) - scipy.special.psi(a + b)),
    ),
    rule="beta function rule",
    domain=MIDDLE,
)
POCH = Elementwise(
    name="poch",
    value=lambda z, m: scipy.special.poch(z, m),
    partials=(
        lambda out, z, m: out * (scipy.special.psi(z + m) - scipy.special.psi(z)),
        lambda out, z, m: out * scipy.special.psi(z + m),
    ),
    rule="gamma function rule",
    domain=MIDDLE,
)
BINOM = Elementwise(
    name="binom",
    value=lambda n, k: scipy.special.binom(n, k),
    partials=(
        lambda out, n, k: out * (scipy.special.psi(n + 1) - scipy.special.psi(n - k + 1)),
        lambda out, n, k: out * (scipy.special.psi(n - k + 1) - scipy.special.psi(k + 1)),
    ),
    rule="gamma function rule",
    domain=((3.0, 4.0), (0.5, 2.5)),
)
GAMMAINC = Elementwise(
    name="gammainc",
    value=lambda a, x: scipy.special.gammainc(a, x),
    partials=(
        NoRule("gammainc", "first"),
        lambda out, a, x: gamma_density(a, x),
    ),
    rule="gamma distribution rule",
    domain=MIDDLE,
)
GAMMAINCC = Elementwise(
    name="gammaincc",
    value=lambda a, x: scipy.special.gammaincc(a, x),
    partials=(
        NoRule("gammaincc", "first"),
        lambda out, a, x: -gamma_density(a, x),
    ),
    rule="gamma distribution rule",
    domain=MIDDLE,
)
BETAINC = Elementwise(
    name="betainc",
    value=lambda a, b, x: scipy.special.betainc(a, b, x),
    partials=(
        NoRule("betainc", "first"),
        NoRule("betainc", "second"),
        lambda out, a, b, x: beta_density(a, b, x),
    ),
    rule="beta distribution rule",
    domain=(MIDDLE, MIDDLE, UNIT),
)
STDTR = Elementwise(
    name="stdtr",
    value=lambda df, t: scipy.special.stdtr(df, t),
    partials=(
        NoRule("stdtr", "first"),
        lambda out, df, t: student_density(df, t),
    ),
    rule="Student distribution rule",
    domain=(MIDDLE, (-2.0, 2.0)),
)
GAMMA_FUNCTIONS: tuple[Elementwise, ...] = (
    LOGGAMMA, RGAMMA, GAMMASGN, BETALN, BETA, POCH, BINOM, GAMMAINC, GAMMAINCC, BETAINC, STDTR,
)  # fmt: skip

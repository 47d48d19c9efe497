"""Owns the rules of SciPy's functions made of gamma functions: their logarithms, reciprocals, quotients and products."""

from __future__ import annotations

import scipy

from chainrule.core.primitive import Elementwise
from chainrule.primitives.special import MIDDLE
from chainrule.primitives.steps import STEP

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
GAMMA_FUNCTIONS: tuple[Elementwise, ...] = (
    LOGGAMMA, RGAMMA, GAMMASGN, BETALN, BETA, POCH, BINOM,
)  # fmt: skip

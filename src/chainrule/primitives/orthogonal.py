"""Owns the rules of SciPy's orthogonal polynomials, over their argument: each derivative is a polynomial of the next family.

Source: Olver et al., "NIST Digital Library of Mathematical Functions", 18.9.15 to 18.9.28.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.arithmetic import is_symbol
from chainrule.primitives.special import UNIT, NoRule

_RULE = "orthogonal polynomial rule"
_DEGREE = (1.2, 3.8)
_ORDER = (0.6, 1.8)
_INSIDE = (-0.8, 0.8)


def _lower(family: Callable[..., Any], degree: Any, *others: Array) -> Array:
    """Return the polynomial of the degree below: none, 0, below degree 0, where SciPy gives NaN for a degree like 0.0."""
    below: Array = family(degree - 1, *others)
    return below if is_symbol(degree) else np.where(np.equal(degree, 0), 0, below)


EVAL_LEGENDRE = Elementwise(
    name="eval_legendre",
    value=lambda n, x: scipy.special.eval_legendre(n, x),
    partials=(NoRule("eval_legendre", "first"), lambda out, n, x: _lower(scipy.special.eval_gegenbauer, n, 1.5, x)),
    rule=_RULE,
    domain=(_DEGREE, _INSIDE),
)
EVAL_CHEBYT = Elementwise(
    name="eval_chebyt",
    value=lambda n, x: scipy.special.eval_chebyt(n, x),
    partials=(NoRule("eval_chebyt", "first"), lambda out, n, x: n * _lower(scipy.special.eval_chebyu, n, x)),
    rule=_RULE,
    domain=(_DEGREE, _INSIDE),
)
EVAL_CHEBYU = Elementwise(
    name="eval_chebyu",
    value=lambda n, x: scipy.special.eval_chebyu(n, x),
    partials=(NoRule("eval_chebyu", "first"), lambda out, n, x: 2 * _lower(scipy.special.eval_gegenbauer, n, 2.0, x)),
    rule=_RULE,
    domain=(_DEGREE, _INSIDE),
)
EVAL_GEGENBAUER = Elementwise(
    name="eval_gegenbauer",
    value=lambda n, alpha, x: scipy.special.eval_gegenbauer(n, alpha, x),
    partials=(
        NoRule("eval_gegenbauer", "first"),
        NoRule("eval_gegenbauer", "second"),
        lambda out, n, alpha, x: 2 * alpha * _lower(scipy.special.eval_gegenbauer, n, alpha + 1, x),
    ),
    rule=_RULE,
    domain=(_DEGREE, _ORDER, _INSIDE),
)
EVAL_JACOBI = Elementwise(
    name="eval_jacobi",
    value=lambda n, alpha, beta, x: scipy.special.eval_jacobi(n, alpha, beta, x),
    partials=(
        NoRule("eval_jacobi", "first"),
        NoRule("eval_jacobi", "second"),
        NoRule("eval_jacobi", "third"),
        lambda out, n, alpha, beta, x: (
            (n + alpha + beta + 1) / 2 * _lower(scipy.special.eval_jacobi, n, alpha + 1, beta + 1, x)
        ),
    ),
    rule=_RULE,
    domain=(_DEGREE, _ORDER, _ORDER, _INSIDE),
)
EVAL_LAGUERRE = Elementwise(
    name="eval_laguerre",
    value=lambda n, x: scipy.special.eval_laguerre(n, x),
    partials=(NoRule("eval_laguerre", "first"), lambda out, n, x: -_lower(scipy.special.eval_genlaguerre, n, 1.0, x)),
    rule=_RULE,
    domain=(_DEGREE, (0.2, 2.0)),
)
EVAL_GENLAGUERRE = Elementwise(
    name="eval_genlaguerre",
    value=lambda n, alpha, x: scipy.special.eval_genlaguerre(n, alpha, x),
    partials=(
        NoRule("eval_genlaguerre", "first"),
        NoRule("eval_genlaguerre", "second"),
        lambda out, n, alpha, x: -_lower(scipy.special.eval_genlaguerre, n, alpha + 1, x),
    ),
    rule=_RULE,
    domain=(_DEGREE, _ORDER, (0.2, 2.0)),
)
EVAL_CHEBYC = Elementwise(
    name="eval_chebyc",
    value=lambda n, x: scipy.special.eval_chebyc(n, x),
    partials=(
        NoRule("eval_chebyc", "first"),
        lambda out, n, x: n * _lower(scipy.special.eval_chebys, n, x),
    ),
    rule=_RULE,
    domain=(_DEGREE, _INSIDE),
)
EVAL_CHEBYS = Elementwise(
    name="eval_chebys",
    value=lambda n, x: scipy.special.eval_chebys(n, x),
    partials=(
        NoRule("eval_chebys", "first"),
        lambda out, n, x: _lower(scipy.special.eval_gegenbauer, n, 2.0, x / 2),
    ),
    rule=_RULE,
    domain=(_DEGREE, _INSIDE),
)
EVAL_SH_LEGENDRE = Elementwise(
    name="eval_sh_legendre",
    value=lambda n, x: scipy.special.eval_sh_legendre(n, x),
    partials=(
        NoRule("eval_sh_legendre", "first"),
        lambda out, n, x: 2 * _lower(scipy.special.eval_gegenbauer, n, 1.5, 2 * x - 1),
    ),
    rule=_RULE,
    domain=(_DEGREE, UNIT),
)
EVAL_SH_CHEBYT = Elementwise(
    name="eval_sh_chebyt",
    value=lambda n, x: scipy.special.eval_sh_chebyt(n, x),
    partials=(
        NoRule("eval_sh_chebyt", "first"),
        lambda out, n, x: 2 * n * _lower(scipy.special.eval_sh_chebyu, n, x),
    ),
    rule=_RULE,
    domain=(_DEGREE, UNIT),
)
EVAL_SH_CHEBYU = Elementwise(
    name="eval_sh_chebyu",
    value=lambda n, x: scipy.special.eval_sh_chebyu(n, x),
    partials=(
        NoRule("eval_sh_chebyu", "first"),
        lambda out, n, x: 4 * _lower(scipy.special.eval_gegenbauer, n, 2.0, 2 * x - 1),
    ),
    rule=_RULE,
    domain=(_DEGREE, UNIT),
)
EVAL_SH_JACOBI = Elementwise(
    name="eval_sh_jacobi",
    value=lambda n, p, q, x: scipy.special.eval_sh_jacobi(n, p, q, x),
    partials=(
        NoRule("eval_sh_jacobi", "first"),
        NoRule("eval_sh_jacobi", "second"),
        NoRule("eval_sh_jacobi", "third"),
        lambda out, n, p, q, x: n * _lower(scipy.special.eval_sh_jacobi, n, p + 2, q + 1, x),
    ),
    rule=_RULE,
    domain=(_DEGREE, (1.5, 2.5), _ORDER, UNIT),
)
ORTHOGONAL_POLYNOMIALS: tuple[Elementwise, ...] = (
    EVAL_LEGENDRE, EVAL_CHEBYT, EVAL_CHEBYU, EVAL_GEGENBAUER, EVAL_JACOBI, EVAL_LAGUERRE, EVAL_GENLAGUERRE,
    EVAL_CHEBYC, EVAL_CHEBYS, EVAL_SH_LEGENDRE, EVAL_SH_CHEBYT, EVAL_SH_CHEBYU, EVAL_SH_JACOBI,
)  # fmt: skip

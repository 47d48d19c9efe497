"""Owns the rules of SciPy's special functions and the activations built on them.

SciPy loads its submodule on first use, so that importing chainrule does not pay for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import scipy

from chainrule.core.primitive import Array, Composite, Elementwise
from chainrule.errors import NoRuleError
from chainrule.primitives.arithmetic import POSITIVE
from chainrule.user_code import where

UNIT = (0.1, 0.9)
MIDDLE = (0.5, 3.0)
# Python's floats: a float64 of NumPy would widen what is computed in single precision.
ROOT_PI = math.sqrt(math.pi)
ROOT_2PI = math.sqrt(2 * math.pi)


@final
@dataclass(frozen=True, slots=True)
class NoRule:
    """Stands where a function of SciPy has no partial derivative in one of its operands: it refuses."""

    function: str
    operand: str

    def __call__(self, out: Array, *operands: Array) -> Array:
        raise NoRuleError(
            f"scipy.special.{self.function} has no derivative rule in its {self.operand} operand{where()}"
        )


EXPIT = Elementwise(
    name="expit",
    value=lambda x: scipy.special.expit(x),
    partials=(lambda out, x: out * (1 - out),),
    rule="sigmoid rule",
)
LOG_EXPIT = Elementwise(
    name="log_expit",
    value=lambda x: scipy.special.log_expit(x),
    partials=(lambda out, x: scipy.special.expit(-x),),
    rule="log-sigmoid rule",
)
LOGIT = Elementwise(
    name="logit",
    value=lambda x: scipy.special.logit(x),
    partials=(lambda out, x: 1 / (x * (1 - x)),),
    rule="logit rule",
    domain=UNIT,
)
ERF = Elementwise(
    name="erf",
    value=lambda x: scipy.special.erf(x),
    partials=(lambda out, x: 2 / ROOT_PI * np.exp(-(x**2)),),
    rule="error function rule",
)
ERFC = Elementwise(
    name="erfc",
    value=lambda x: scipy.special.erfc(x),
    partials=(lambda out, x: -2 / ROOT_PI * np.exp(-(x**2)),),
    rule="error function rule",
)
ERFINV = Elementwise(
    name="erfinv",
    value=lambda x: scipy.special.erfinv(x),
    partials=(lambda out, x: ROOT_PI / 2 * np.exp(out**2),),
    rule="inverse error function rule",
    domain=(-0.8, 0.8),
)
NDTR = Elementwise(
    name="ndtr",
    value=lambda x: scipy.special.ndtr(x),
    partials=(lambda out, x: np.exp(-(x**2) / 2) / ROOT_2PI,),
    rule="normal distribution rule",
)
LOG_NDTR = Elementwise(
    name="log_ndtr",
    value=lambda x: scipy.special.log_ndtr(x),
    partials=(lambda out, x: np.exp(-(x**2) / 2 - out) / ROOT_2PI,),
    rule="normal distribution rule",
)
GAMMA = Elementwise(
    name="gamma",
    value=lambda x: scipy.special.gamma(x),
    partials=(lambda out, x: out * scipy.special.psi(x),),
    rule="gamma function rule",
    domain=MIDDLE,
)
GAMMALN = Elementwise(
    name="gammaln",
    value=lambda x: scipy.special.gammaln(x),
    partials=(lambda out, x: scipy.special.psi(x),),
    rule="log-gamma rule",
    domain=MIDDLE,
)
DIGAMMA = Elementwise(
    name="psi",
    value=lambda x: scipy.special.psi(x),
    partials=(lambda out, x: scipy.special.zeta(2, x),),
    rule="digamma rule",
    domain=MIDDLE,
)
ZETA = Elementwise(
    name="zeta",
    value=lambda s, x: scipy.special.zeta(s, x),
    partials=(NoRule("zeta", "first"), lambda out, s, x: -s * scipy.special.zeta(s + 1, x)),
    rule="Hurwitz zeta rule",
    domain=((2.0, 4.0), MIDDLE),
)
XLOGY = Elementwise(
    name="xlogy",
    value=lambda x, y: scipy.special.xlogy(x, y),
    partials=(lambda out, x, y: np.log(y), lambda out, x, y: x / y),
    rule="product rule",
    domain=POSITIVE,
)
XLOG1PY = Elementwise(
    name="xlog1py",
    value=lambda x, y: scipy.special.xlog1py(x, y),
    partials=(lambda out, x, y: np.log1p(y), lambda out, x, y: x / (1 + y)),
    rule="product rule",
    domain=POSITIVE,
)
ENTR = Elementwise(
    name="entr",
    value=lambda x: scipy.special.entr(x),
    partials=(lambda out, x: -np.log(x) - 1,),
    rule="entropy rule",
    domain=POSITIVE,
)
REL_ENTR = Elementwise(
    name="rel_entr",
    value=lambda x, y: scipy.special.rel_entr(x, y),
    partials=(lambda out, x, y: np.log(x / y) + 1, lambda out, x, y: -x / y),
    rule="relative entropy rule",
    domain=POSITIVE,
)
KL_DIV = Elementwise(
    name="kl_div",
    value=lambda x, y: scipy.special.kl_div(x, y),
    partials=(lambda out, x, y: np.log(x / y), lambda out, x, y: 1 - x / y),
    rule="relative entropy rule",
    domain=POSITIVE,
)
HUBER = Elementwise(
    name="huber",
    value=lambda delta, r: scipy.special.huber(delta, r),
    partials=(
        lambda out, delta, r: np.maximum(np.abs(r) - delta, 0),
        lambda out, delta, r: np.clip(r, -delta, delta),
    ),
    rule="Huber loss rule",
    domain=((0.6, 0.9), (1.0, 2.0)),
)
PSEUDO_HUBER = Elementwise(
    name="pseudo_huber",
    value=lambda delta, r: scipy.special.pseudo_huber(delta, r),
    partials=(
        lambda out, delta, r: 2 * out / delta - r**2 / np.hypot(delta, r),
        lambda out, delta, r: delta * r / np.hypot(delta, r),
    ),
    rule="Huber loss rule",
    domain=((0.5, 2.0), (0.2, 2.0)),
)
WRIGHTOMEGA = Elementwise(
    name="wrightomega",
    value=lambda x: scipy.special.wrightomega(x),
    partials=(lambda out, x: out / (1 + out),),
    rule="inverse function rule",
)


def _softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def _relu(x: Array) -> Array:
    return np.maximum(0, x)


SOFTPLUS = Composite(name="softplus", value=_softplus, rule="softplus is log(1 + e^x)")
RELU = Composite(name="relu", value=_relu, rule="relu is max(0, x)")

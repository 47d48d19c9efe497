"""Owns the rules of exponentials, logarithms and hyperbolic functions."""

from __future__ import annotations

import math

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.primitives.arithmetic import POSITIVE, is_symbol

# Python's floats: a float64 of NumPy would widen what is computed in single precision.
LN2 = math.log(2)
LN10 = math.log(10)


def share(power: np.ufunc, log_base: float, out: Array, x: Array, y: Array) -> Array:
    """Return power(x - out), the share of power(x) in power(out) = power(x) + power(y).

    It is taken of the gap between x and y: where they are large, `out` is rounded to more than what they differ by. Where
    one of the two is infinite that is the limit. Where both are minus infinity, as for what is impossible in either of two
    ways, it is 0, so that a sum of more terms gets no part from there; where both are plus infinity there is none: NaN.
    """
    if isinstance(out, np.ndarray):
        if np.isfinite(out).all():  # of whole arrays the quicker form
            gap = x - y
            return scipy.special.expit(gap if log_base == 1 else gap * log_base)
    elif is_symbol(out):
        return power(x - out)
    lowest = -float(np.finfo(np.result_type(out)).max)
    gap = x - (max(y, lowest) if isinstance(y, float | int) else np.maximum(y, lowest))
    return scipy.special.expit(gap if log_base == 1 else gap * log_base)


EXP = Elementwise(name="exp", value=np.exp, partials=(lambda out, x: out,), rule="exponential rule")
EXP2 = Elementwise(name="exp2", value=np.exp2, partials=(lambda out, x: out * LN2,), rule="exponential rule")
EXPM1 = Elementwise(name="expm1", value=np.expm1, partials=(lambda out, x: out + 1,), rule="exponential rule")
LOG = Elementwise(name="log", value=np.log, partials=(lambda out, x: 1 / x,), rule="logarithm rule", domain=POSITIVE)
LOG2 = Elementwise(
    name="log2", value=np.log2, partials=(lambda out, x: 1 / (x * LN2),), rule="logarithm rule", domain=POSITIVE
)
LOG10 = Elementwise(
    name="log10",
    value=np.log10,
    partials=(lambda out, x: 1 / (x * LN10),),
    rule="logarithm rule",
    domain=POSITIVE,
)
LOG1P = Elementwise(
    name="log1p", value=np.log1p, partials=(lambda out, x: 1 / (1 + x),), rule="logarithm rule", domain=(-0.8, 2.0)
)
LOGADDEXP = Elementwise(
    name="logaddexp",
    value=np.logaddexp,
    partials=(lambda out, x, y: share(np.exp, 1, out, x, y), lambda out, x, y: share(np.exp, 1, out, y, x)),
    rule="log-sum-exp rule",
)
LOGADDEXP2 = Elementwise(
    name="logaddexp2",
    value=np.logaddexp2,
    partials=(lambda out, x, y: share(np.exp2, LN2, out, x, y), lambda out, x, y: share(np.exp2, LN2, out, y, x)),
    rule="log-sum-exp rule",
)
SINH = Elementwise(name="sinh", value=np.sinh, partials=(lambda out, x: np.cosh(x),), rule="hyperbolic sine rule")
COSH = Elementwise(name="cosh", value=np.cosh, partials=(lambda out, x: np.sinh(x),), rule="hyperbolic cosine rule")
TANH = Elementwise(name="tanh", value=np.tanh, partials=(lambda out, x: 1 - out * out,), rule="hyperbolic tangent rule")
ARCSINH = Elementwise(
    name="arcsinh",
    value=np.arcsinh,
    partials=(lambda out, x: 1 / np.sqrt(1 + x**2),),
    rule="inverse hyperbolic sine rule",
)
ARCCOSH = Elementwise(
    name="arccosh",
    value=np.arccosh,
    partials=(lambda out, x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)),),
    rule="inverse hyperbolic cosine rule",
    domain=(1.2, 3.0),
)
ARCTANH = Elementwise(
    name="arctanh",
    value=np.arctanh,
    partials=(lambda out, x: 1 / (1 - x**2),),
    rule="inverse hyperbolic tangent rule",
    domain=(-0.8, 0.8),
)

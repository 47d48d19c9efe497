"""Owns the sums of exponentials and the products with a logarithm that statistics uses."""

from __future__ import annotations

import math

from chainrule.native.vectors.exponential import LN2, TINY, exp, exp2
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.logarithm import guard, log, log1p, log_of_sum, normal
from chainrule.native.vectors.parts import in_double, magnitude, two_sum


def _log_of_one_plus_exp(lanes: Lanes, x: str) -> str:
    """Return ln(1 + e**x) for x <= 0."""
    power = exp(lanes, x)
    total, lost = two_sum(lanes, lanes.number(1.0), power)
    return lanes.select(
        lanes.compare("olt", power, lanes.number(TINY[lanes.real])), power, log_of_sum(lanes, total, lost)
    )


def softplus(lanes: Lanes, x: str) -> str:
    """Return ln(1 + e**x)."""
    zero = lanes.number(0.0)
    positive = lanes.select(lanes.compare("olt", x, zero), zero, x)
    return lanes.add(positive, _log_of_one_plus_exp(lanes, lanes.neg(magnitude(lanes, x))))


def log_expit(lanes: Lanes, x: str) -> str:
    """Return -ln(1 + e**-x)."""
    return lanes.neg(softplus(lanes, lanes.neg(x)))


def logaddexp(lanes: Lanes, x: str, y: str) -> str:
    """Return ln(e**x + e**y)."""
    difference = lanes.sub(x, y)
    larger = lanes.select(lanes.compare("ogt", difference, lanes.number(0.0)), x, y)
    result = lanes.add(larger, _log_of_one_plus_exp(lanes, lanes.neg(magnitude(lanes, difference))))
    return lanes.select(lanes.compare("oeq", x, y), lanes.add(x, lanes.number(LN2)), result)


def logaddexp2(lanes: Lanes, x: str, y: str) -> str:
    """Return log2(2**x + 2**y)."""
    if lanes.real == "float":
        return in_double(lanes, logaddexp2, x, y)
    difference = lanes.sub(x, y)
    larger = lanes.select(lanes.compare("ogt", difference, lanes.number(0.0)), x, y)
    more = log1p(lanes, exp2(lanes, lanes.neg(magnitude(lanes, difference))))
    result = lanes.fma(more, lanes.number(1.0 / LN2), larger)
    return lanes.select(lanes.compare("oeq", x, y), lanes.add(x, lanes.number(1.0)), result)


def _zero_times(lanes: Lanes, x: str, y: str, product: str) -> str:
    """Return 0 where x is 0 and y is not NaN, else the product."""
    zero = lanes.number(0.0)
    vanishes = lanes.logic("and", lanes.compare("oeq", x, zero), lanes.compare("ord", y, y))
    return lanes.select(vanishes, zero, product)


def xlogy(lanes: Lanes, x: str, y: str) -> str:
    """Return x ln(y), 0 where x is 0."""
    if lanes.real == "float":
        return in_double(lanes, xlogy, x, y)
    return _zero_times(lanes, x, y, lanes.mul(x, log(lanes, y)))


def xlog1py(lanes: Lanes, x: str, y: str) -> str:
    """Return x ln(1 + y), 0 where x is 0."""
    if lanes.real == "float":
        return in_double(lanes, xlog1py, x, y)
    return _zero_times(lanes, x, y, lanes.mul(x, log1p(lanes, y)))


def entr(lanes: Lanes, x: str) -> str:
    """Return -x ln(x), 0 at 0 and -inf below."""
    if lanes.real == "float":
        return in_double(lanes, entr, x)
    zero = lanes.number(0.0)
    result = lanes.neg(lanes.mul(x, log(lanes, x)))
    result = lanes.select(lanes.compare("oeq", x, zero), zero, result)
    return lanes.select(lanes.compare("olt", x, zero), lanes.number(-math.inf), result)


def rel_entr(lanes: Lanes, x: str, y: str) -> str:
    """Return x ln(x / y), 0 where x is 0 and y is not negative, infinity elsewhere outside x, y > 0."""
    if lanes.real == "float":
        return in_double(lanes, rel_entr, x, y)
    zero = lanes.number(0.0)
    ratio = lanes.div(x, y)
    near = _between(lanes, ratio, 0.5, 2.0)
    # near 1 the logarithm is that of 1 plus a difference; a ratio out of range is a difference of logarithms
    close = lanes.mul(x, log1p(lanes, lanes.div(lanes.sub(x, y), y)))
    log_ratio = lanes.select(
        _between(lanes, ratio, 2.0**-1022, math.inf), log(lanes, ratio), lanes.sub(log(lanes, x), log(lanes, y))
    )
    result = lanes.select(near, close, lanes.mul(x, log_ratio))
    inside = lanes.logic("and", lanes.compare("ogt", x, zero), lanes.compare("ogt", y, zero))
    vanishes = lanes.logic("and", lanes.compare("oeq", x, zero), lanes.compare("oge", y, zero))
    outside = lanes.select(vanishes, zero, lanes.number(math.inf))
    result = lanes.select(inside, result, outside)
    return lanes.select(lanes.compare("uno", x, y), lanes.number(math.nan), result)


def _between(lanes: Lanes, x: str, low: float, high: float) -> str:
    """Return the mask of low < x < high."""
    above = lanes.compare("ogt", x, lanes.number(low))
    return lanes.logic("and", above, lanes.compare("olt", x, lanes.number(high)))


def logit(lanes: Lanes, x: str) -> str:
    """Return ln(x / (1 - x))."""
    if lanes.real == "float":
        return in_double(lanes, logit, x)
    one = lanes.number(1.0)
    other = lanes.sub(one, x)
    other_lost = lanes.sub(lanes.sub(one, other), x)
    # the ratio in two numbers: near 1 the second is what the logarithm depends on
    inverse = lanes.div(one, other)
    ratio = lanes.mul(x, inverse)
    negative = lanes.neg(ratio)
    lost = lanes.mul(lanes.fma(negative, other_lost, lanes.fma(negative, other, x)), inverse)
    ready, less = normal(lanes, ratio)
    result = lanes.fma(less, lanes.number(-LN2), log_of_sum(lanes, ready, lost))
    edge = lanes.select(lanes.compare("oeq", x, one), lanes.number(math.inf), lanes.number(math.nan))
    return lanes.select(lanes.compare("olt", x, one), guard(lanes, x, result, 0.0), edge)

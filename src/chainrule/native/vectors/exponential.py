"""Owns the exponentials and what is made of one: powers of e and 2, hyperbolic functions, the logistic function.

The exponent is split as x = n ln 2 + r with an integer n and |r| <= ln(2) / 2; e**r is 1 + r + r**2 q(r), where q is a minimax
polynomial (found by Remez's algorithm in 200 bits).
"""

from __future__ import annotations

import math

from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.parts import (
    at_most,
    clamp,
    divide_exactly,
    fast_two_sum,
    magnitude,
    nearest,
    polynomial,
    power_of_two,
    scale,
    two_sum,
    with_sign,
)

LN2 = math.log(2.0)
LN2_PARTS = {  # ln 2 is the sum
    "double": (LN2, 2.3190468138462996e-17),
    "float": (0.6931471824645996, -1.9046542121259336e-09),
}

# (e**r - 1 - r) / r**2 for |r| <= ln(2) / 2; the error of r**2 q(r) is below 2**-57 and 2**-28.
QUADRATIC = {
    "double": (
        0.500000000000001,
        0.16666666666666677,
        0.04166666666652187,
        0.008333333333321381,
        0.00138888889478572,
        0.00019841269888699596,
        2.480148728494818e-05,
        2.7557240214157135e-06,
        2.7632671234718364e-07,
        2.511078684253789e-08,
    ),
    "float": (
        0.5000000096786015,
        0.16666518778550382,
        0.04166619942919748,
        0.008368896569450193,
        0.0013950987618005142,
    ),
}
# The same with the error relative to r: 2**-55.6 and 2**-26.
QUADRATIC_RELATIVE = {
    "double": (
        0.5000000000000006,
        0.16666666666666688,
        0.041666666666573544,
        0.008333333333313542,
        0.001388888893241049,
        0.00019841269905942777,
        2.480150440333846e-05,
        2.7557224782363355e-06,
        2.7626344881417736e-07,
        2.5115657061516593e-08,
    ),
    "float": (0.500000006387166, 0.1666654297705354, 0.04166627373086497, 0.008366590989509133, 0.0013947142136819784),
}
# (tanh(x) / x - 1) / x**2 for |x| <= 0.55 is a quotient of polynomials in x**2; the error of tanh is below 2**-61 and 2**-27.
TANH = {
    "double": (
        (-0.3333333333333333, -0.020501964963793903, -0.0001993183245513845),
        (1.0, 0.4615058948913807, 0.02329555102548231, 0.0002066839880815247),
    ),
    "float": ((-0.33333331196499705, -0.0015591251790646166), (1.0, 0.4046735322756793)),
}
# e**x is 0 below the first, infinity above the second, and e**x - 1 is -1 below the third.
BOUNDS = {"double": (-746.0, 710.0, -45.0), "float": (-104.5, 89.0, -20.0)}
TINY = {"double": 2.0**-54, "float": 2.0**-25}  # a number below is its own e**x - 1


def _minus_ln2(lanes: Lanes) -> tuple[str, str]:
    """Return the two parts of -ln 2."""
    first, second = LN2_PARTS[lanes.real]
    return lanes.number(-first), lanes.number(-second)


def _power_of_e(lanes: Lanes, x: str, rest: str | None = None) -> tuple[str, str, str]:
    """Return p, n and n's shifted form such that e**(x + rest) is p * 2**n, for |x| <= 2000; the rest is small."""
    n, shifted = nearest(lanes, x, 1.0 / LN2)
    first, second = _minus_ln2(lanes)
    r = lanes.fma(n, second, lanes.fma(n, first, x))
    if rest is not None:
        r = lanes.add(r, rest)
    return _one_plus(lanes, r), n, shifted


def _one_plus(lanes: Lanes, r: str) -> str:
    """Return e**r for |r| <= ln(2) / 2."""
    return lanes.add(lanes.fma(lanes.mul(r, r), polynomial(lanes, r, QUADRATIC[lanes.real]), r), lanes.number(1.0))


def exp(lanes: Lanes, x: str) -> str:
    """Return e**x."""
    low, high, _ = BOUNDS[lanes.real]
    return scale(lanes, *_power_of_e(lanes, clamp(lanes, x, low, high)))


def exp_of_sum(lanes: Lanes, x: str, rest: str) -> str:
    """Return e**(x + rest), where the rest is a correction below the last place of x."""
    low, high, _ = BOUNDS[lanes.real]
    bounded = clamp(lanes, x, low, high)
    rest = lanes.select(lanes.compare("oeq", x, bounded), rest, lanes.number(0.0))  # that of a huge x is large
    return scale(lanes, *_power_of_e(lanes, bounded, rest))


def exp2(lanes: Lanes, x: str) -> str:
    """Return 2**x."""
    limits = (-1076.0, 1025.0) if lanes.real == "double" else (-151.0, 129.0)
    x = clamp(lanes, x, *limits)
    n, shifted = nearest(lanes, x, 1.0)
    fraction = lanes.sub(x, n)
    # fraction * ln 2 in two parts; the second is added last but one
    first, second = (lanes.number(part) for part in LN2_PARTS[lanes.real])
    product = lanes.mul(fraction, first)
    rest = lanes.fma(fraction, second, lanes.fma(fraction, first, lanes.neg(product)))
    r2 = lanes.mul(product, product)
    tail = lanes.fma(r2, polynomial(lanes, product, QUADRATIC[lanes.real]), rest)
    one_plus = lanes.add(lanes.add(product, tail), lanes.number(1.0))
    return scale(lanes, one_plus, n, shifted)


def _minus_one(lanes: Lanes, x: str, halves: float = 0.0) -> tuple[str, str, str]:
    """Return p = 2**(n - halves), r and the smaller t such that e**x is 2**halves (p + p r + p t), for -60 < x <= 710.

    e**x - 1 is p r + (p - 1), which is exact where it matters, and p t added to that.
    """
    n, shifted = nearest(lanes, x, 1.0 / LN2)
    first, second = _minus_ln2(lanes)
    exact = lanes.fma(n, first, x)
    r = lanes.fma(n, second, exact)
    rest = lanes.fma(n, second, lanes.sub(exact, r))
    tail = lanes.fma(lanes.mul(r, r), polynomial(lanes, r, QUADRATIC_RELATIVE[lanes.real]), rest)
    if halves:
        shifted = lanes.sub(shifted, lanes.number(halves))
    return power_of_two(lanes, shifted), r, tail


def expm1(lanes: Lanes, x: str) -> str:
    """Return e**x - 1."""
    # Half of the power keeps e**x finite for the largest x whose result is finite.
    _, high, low = BOUNDS[lanes.real]
    power, r, tail = _minus_one(lanes, clamp(lanes, x, low, high), halves=1.0)
    half = lanes.fma(power, r, lanes.sub(power, lanes.number(0.5)))
    half = lanes.fma(power, tail, half)
    tiny = lanes.compare("olt", magnitude(lanes, x), lanes.number(TINY[lanes.real]))
    return lanes.select(tiny, x, lanes.add(half, half))


def expit(lanes: Lanes, x: str) -> str:
    """Return 1 / (1 + e**-x)."""
    power = exp(lanes, lanes.neg(magnitude(lanes, x)))
    top = lanes.select(lanes.compare("olt", x, lanes.number(0.0)), power, lanes.number(1.0))
    bottom, rest = fast_two_sum(lanes, lanes.number(1.0), power)
    return divide_exactly(lanes, top, lanes.number(0.0), bottom, rest)


def _minus_one_in_two(lanes: Lanes, x: str) -> tuple[str, str]:
    """Return e**x - 1 as a number and a correction below its last place, for 0 <= x <= 700."""
    power, r, tail = _minus_one(lanes, x)
    less_one = lanes.sub(power, lanes.number(1.0))
    large = lanes.fma(power, r, less_one)
    lost = lanes.fma(power, r, lanes.sub(less_one, large))
    return fast_two_sum(lanes, large, lanes.fma(power, tail, lost))


def tanh(lanes: Lanes, x: str) -> str:
    """Return x + x**3 P(x**2) / Q(x**2) up to 0.55, and 1 - 2 / (e**2x + 1) beyond: both a number and one quotient."""
    size = magnitude(lanes, x)
    bounded = at_most(lanes, size, 20.0)
    square = lanes.mul(bounded, bounded)
    top, bottom = (polynomial(lanes, square, part) for part in TANH[lanes.real])
    n, shifted = nearest(lanes, bounded, 2.0 / LN2)
    r = lanes.fma(n, _minus_ln2(lanes)[0], lanes.add(bounded, bounded))
    power = power_of_two(lanes, shifted)
    more = lanes.fma(lanes.mul(r, r), polynomial(lanes, r, QUADRATIC[lanes.real]), r)
    one = lanes.number(1.0)
    is_near = lanes.compare("olt", size, lanes.number(0.55))
    quotient = lanes.div(
        lanes.select(is_near, lanes.mul(lanes.mul(square, bounded), top), lanes.number(-2.0)),
        lanes.select(is_near, bottom, lanes.fma(power, more, lanes.add(power, one))),
    )
    return with_sign(lanes, lanes.add(lanes.select(is_near, bounded, one), quotient), x)


def cosh(lanes: Lanes, x: str) -> str:
    """Return (e**x + e**-x) / 2."""
    half = _half_exp(lanes, magnitude(lanes, x))
    return lanes.add(half, lanes.div(lanes.number(0.25), half))


def _half_exp(lanes: Lanes, size: str) -> str:
    """Return e**size / 2 for size >= 0, which is finite a little longer than e**size."""
    p, n, shifted = _power_of_e(lanes, at_most(lanes, size, 711.0 if lanes.real == "double" else 90.0))
    one = lanes.number(1.0)
    return scale(lanes, p, lanes.sub(n, one), lanes.sub(shifted, one))


def sinh(lanes: Lanes, x: str) -> str:
    """Return (e**x - e**-x) / 2."""
    size = magnitude(lanes, x)
    low, rest = _minus_one_in_two(lanes, at_most(lanes, size, 40.0))
    # e**-x is 1 - low / (1 + low)
    bottom, lost = two_sum(lanes, low, lanes.number(1.0))
    other = divide_exactly(lanes, low, rest, bottom, lanes.add(lost, rest))
    small = lanes.mul(lanes.number(0.5), lanes.add(low, lanes.add(other, rest)))
    half = _half_exp(lanes, size)
    result = lanes.select(lanes.compare("ogt", size, lanes.number(22.0)), half, small)
    tiny = lanes.compare("olt", size, lanes.number(2.0**-28 if lanes.real == "double" else 2.0**-14))
    return lanes.select(tiny, x, with_sign(lanes, result, x))

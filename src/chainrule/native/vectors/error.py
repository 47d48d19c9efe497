"""Owns the error function, its complement, and the normal distribution function with its logarithm.

Up to 0.65, erf(x) is x times a polynomial in x**2. Beyond, erfc(x) is e**(-x**2) P(u) / (x + 4) with u = (x - 4) / (x + 4);
the square keeps the part that rounding would lose. Both polynomials are minimax (found by Remez's algorithm in 200 bits).

In "float", erf has polynomials of its own (minimax for the error of the result in ulp): beyond 0.9 it is 1 - e**(-q), where q is
-ln(erfc(x)), which is close to a polynomial.
"""

from __future__ import annotations

import math

from chainrule.native.vectors.exponential import exp, exp_of_sum
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.logarithm import log_of_sum
from chainrule.native.vectors.parts import (
    at_least,
    at_most,
    fast_two_sum,
    in_double,
    magnitude,
    polynomial,
    two_sum,
    with_sign,
)

LIMIT = 0.65
SQRT_HALF = 0.7071067811865476
LARGEST = 28.0  # erfc is 0 from 27.3 on
FARTHEST = 27.0

# erf(x) / x - 1 in powers of x**2 for |x| <= 0.65; the error is below 2**-57.
NEAR = (
    0.12837916709551256,
    -0.37612638903183554,
    0.11283791670939392,
    -0.026866170640345317,
    0.005223977551471416,
    -0.0008548320449781798,
    0.00012054976686835152,
    -1.4913658525322063e-05,
    1.6216553892373663e-06,
    -1.3534424464032264e-07,
)
# (x + 4) e**(x**2) erfc(x) in powers of (x - 4) / (x + 4) for 0.649 <= x <= 27.5; the relative error is below 2**-58.
FAR = (
    1.095995661000491,
    -0.976548729080882,
    0.7732087022652362,
    -0.5408538313132372,
    0.33085158787807256,
    -0.17401093723986116,
    0.076381514907718,
    -0.026370053341440537,
    0.006112055677184705,
    -0.0002809588567955012,
    -0.00045505285349837983,
    0.0001768127821692495,
    -3.6343409251097206e-06,
    -1.8860812268959477e-05,
    4.691831104959808e-06,
    1.4241627789248352e-06,
    -8.411386285939251e-07,
    -7.568276724161124e-08,
    1.1817554346517612e-07,
    1.1354793025908394e-09,
    -1.1638372168255633e-08,
)
# x e**(x**2) erfc(x) in powers of 1 / x**2 for x > 27, beside whose logarithm there is x**2: the asymptotic series.
BEYOND = tuple(
    factor / math.sqrt(math.pi) for factor in (1.0, -1.0 / 2.0, 3.0 / 4.0, -15.0 / 8.0, 105.0 / 16.0, -945.0 / 32.0)
)

LIMIT_OF_FLOAT = 0.9
LARGEST_OF_FLOAT = 4.0  # erf is 1 from 3.92 on, rounded
# erf(x) / x - 1 in powers of x**2 for |x| <= 0.9; the relative error of erf is below 2**-31.
NEAR_OF_FLOAT = (
    0.12837916612625122,
    -0.37612634897232056,
    0.11283715069293976,
    -0.02686050906777382,
    0.005203858949244022,
    -0.0008175638504326344,
    8.513100328855217e-05,
)
# -ln(erfc(x)) / x - 1 in powers of x for 0.9 <= x <= 4; the relative error of erf is below 2**-31.
FAR_OF_FLOAT = (
    0.12854143977165222,
    0.6356731653213501,
    0.10516948252916336,
    -0.02257560007274151,
    0.002869110321626067,
    -2.743122968240641e-05,
    -4.994127084501088e-05,
    5.297068582876818e-06,
)


def _near(lanes: Lanes, x: str) -> tuple[str, str]:
    """Return two numbers whose sum is erf(x) for |x| <= 0.65: x, and the rest."""
    return x, lanes.mul(x, polynomial(lanes, lanes.mul(x, x), NEAR))


def _scaled(lanes: Lanes, size: str) -> str:
    """Return e**(size**2) erfc(size) for 0.65 <= size <= 28."""
    one = lanes.number(1.0)
    bottom, lost = two_sum(lanes, size, lanes.number(4.0))
    inverse = lanes.div(one, bottom)
    u = lanes.fma(inverse, lanes.number(-8.0), one)
    value = lanes.mul(polynomial(lanes, u, FAR), inverse)
    # what rounding the inverse changes, relative to it, times the relative slope of the value, about 1.9 (1 - u)
    negative = lanes.neg(inverse)
    error = lanes.fma(negative, lost, lanes.fma(negative, bottom, one))
    slope = lanes.fma(u, lanes.number(-1.9), lanes.number(1.9))
    return lanes.fma(lanes.mul(value, error), slope, value)


def _far(lanes: Lanes, size: str, square: str, rest: str) -> str:
    """Return erfc(size) for 0.65 <= size <= 28, whose square is a sum of two numbers."""
    return lanes.mul(exp_of_sum(lanes, lanes.neg(square), lanes.neg(rest)), _scaled(lanes, size))


def _square(lanes: Lanes, x: str) -> tuple[str, str]:
    """Return x**2 in two numbers."""
    square = lanes.mul(x, x)
    return square, lanes.fma(x, x, lanes.neg(square))


def erf(lanes: Lanes, x: str) -> str:
    """Return the error function."""
    if lanes.real == "float":
        return _erf_of_float(lanes, x)
    size = magnitude(lanes, x)
    far = lanes.sub(lanes.number(1.0), _bounded_far(lanes, size))
    near = lanes.add(*_near(lanes, size))
    return with_sign(lanes, lanes.select(lanes.compare("olt", size, lanes.number(LIMIT)), near, far), x)


def _erf_of_float(lanes: Lanes, x: str) -> str:
    size = magnitude(lanes, x)
    near = lanes.fma(polynomial(lanes, lanes.mul(size, size), NEAR_OF_FLOAT), size, size)
    bounded = at_most(lanes, size, LARGEST_OF_FLOAT)
    exponent = lanes.fma(polynomial(lanes, bounded, FAR_OF_FLOAT), bounded, bounded)
    far = lanes.sub(lanes.number(1.0), exp(lanes, lanes.neg(exponent)))
    return with_sign(lanes, lanes.select(lanes.compare("olt", size, lanes.number(LIMIT_OF_FLOAT)), near, far), x)


def _bounded_far(lanes: Lanes, size: str) -> str:
    """Return erfc of a number that is at least 0.65."""
    bounded = at_most(lanes, size, LARGEST)
    return _far(lanes, bounded, *_square(lanes, bounded))


def erfc(lanes: Lanes, x: str) -> str:
    """Return 1 - erf(x)."""
    if lanes.real == "float":
        return in_double(lanes, erfc, x)
    return _complement(lanes, x, x, _bounded_far(lanes, magnitude(lanes, x)))


def _complement(lanes: Lanes, x: str, unit: str, far: str, whole: float = 1.0) -> str:
    """Return `whole` * erfc(x), where `far` is already whole * erfc(|x|) for |x| >= 0.65 (unit: x, for |x| < 0.65)."""
    first, rest = _near(lanes, unit)
    # erf(x) in two numbers, so that subtracting it from 1 rounds once
    total, lost = fast_two_sum(lanes, first, rest)
    one_less, more = fast_two_sum(lanes, lanes.number(1.0), lanes.neg(total))
    near = lanes.mul(lanes.add(one_less, lanes.sub(more, lost)), lanes.number(whole))
    mirrored = lanes.select(lanes.compare("olt", x, lanes.number(0.0)), lanes.sub(lanes.number(2.0 * whole), far), far)
    return lanes.select(lanes.compare("olt", magnitude(lanes, x), lanes.number(LIMIT)), near, mirrored)


def ndtr(lanes: Lanes, x: str) -> str:
    """Return the normal distribution function: erfc(-x / sqrt(2)) / 2."""
    if lanes.real == "float":
        return in_double(lanes, ndtr, x)
    return _ndtr_and_scaled(lanes, x)[0]


def _ndtr_and_scaled(lanes: Lanes, x: str) -> tuple[str, str]:
    """Return ndtr(x), and e**(x**2 / 2) erfc(|x| / sqrt(2)) where |x| is between 0.92 and 39."""
    x = at_most(lanes, x, 100.0)
    bounded = at_most(lanes, magnitude(lanes, x), LARGEST / SQRT_HALF)
    square, rest = _square(lanes, bounded)
    half = lanes.number(0.5)
    # the square of x / sqrt(2) is x**2 / 2 without another rounding
    scaled = _scaled(lanes, lanes.mul(bounded, lanes.number(SQRT_HALF)))
    power = exp_of_sum(lanes, lanes.mul(square, lanes.neg(half)), lanes.mul(rest, lanes.neg(half)))
    negative = lanes.mul(x, lanes.number(-SQRT_HALF))
    return _complement(lanes, negative, negative, lanes.mul(lanes.mul(power, scaled), half), 0.5), scaled


def log_ndtr(lanes: Lanes, x: str) -> str:
    """Return the logarithm of the normal distribution function.

    From -0.93 on it is ln(1 - ndtr(-x)); below, with z = -x / sqrt(2), it is -z**2 + ln(e**(z**2) erfc(z) / 2).
    """
    if lanes.real == "float":
        return in_double(lanes, log_ndtr, x)
    one, half = lanes.number(1.0), lanes.number(0.5)
    is_low = lanes.compare("olt", x, lanes.number(-0.93))
    other, scaled = _ndtr_and_scaled(lanes, lanes.neg(x))
    z = lanes.mul(x, lanes.number(-SQRT_HALF))
    inverse = lanes.div(one, z)
    beyond = lanes.mul(inverse, polynomial(lanes, lanes.mul(inverse, inverse), BEYOND))
    scaled = lanes.select(lanes.compare("ogt", z, lanes.number(FARTHEST)), beyond, scaled)
    less = lanes.sub(one, other)
    total = lanes.select(is_low, at_least(lanes, lanes.mul(scaled, half), 1e-300), less)
    rest = lanes.select(is_low, lanes.number(0.0), lanes.sub(lanes.sub(one, less), other))
    logarithm = log_of_sum(lanes, total, rest)
    square = lanes.mul(lanes.mul(x, x), lanes.neg(half))
    result = lanes.select(is_low, lanes.add(square, logarithm), logarithm)
    return lanes.neg(magnitude(lanes, result))  # also where it is 0

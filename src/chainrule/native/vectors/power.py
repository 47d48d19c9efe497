"""Owns powers: a logarithm of more than double precision, x**y, cube roots and the hypotenuse."""

from __future__ import annotations

import math

from chainrule.native.vectors.exponential import exp, exp_of_sum
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.logarithm import log, split
from chainrule.native.vectors.parts import (
    clamp,
    fast_two_sum,
    in_double,
    magnitude,
    not_normal,
    polynomial,
    rescue,
    with_sign,
)

# (atanh(s) / s - 1 - z / 3) / z**2; the error is below 2**-64 of z**2.
ODD_PART_AFTER_THIRD = (
    0.20000000000000193,
    0.1428571428549803,
    0.11111111182138665,
    0.0909089869272168,
    0.07693095115292041,
    0.06634611124019242,
    0.06544313499718876,
)
THIRD = 1.0 / 3.0
THIRD_REST = 1.850371707708594e-17  # 1/3 = THIRD + THIRD_REST
LN2_SHORT = 0.6931471803691238  # its last 21 bits are zero, so that its product with an exponent is exact
LN2_SHORT_REST = 1.9082149292705877e-10


def log_in_two(lanes: Lanes, x: str) -> tuple[str, str]:
    """Return the logarithm of a positive normal number and a correction: together right to about 2**-66 of it ("double")."""
    k, m, _ = split(lanes, x)
    f = lanes.sub(m, lanes.number(1.0))
    # s = f / (m + 1) in two numbers
    bottom = lanes.add(m, lanes.number(1.0))
    bottom_rest = lanes.sub(m, lanes.sub(bottom, lanes.number(1.0)))
    inverse = lanes.div(lanes.number(1.0), bottom)
    s = lanes.mul(f, inverse)
    negative = lanes.neg(s)
    s_rest = lanes.mul(lanes.fma(negative, bottom_rest, lanes.fma(negative, bottom, f)), inverse)
    # z = s**2 in two numbers
    z = lanes.mul(s, s)
    z_rest = lanes.fma(lanes.add(s, s), s_rest, lanes.fma(s, s, lanes.neg(z)))
    # u = 1/3 + z Q(z), v = z u and p = s v, each in two numbers: atanh(s) = s + p
    small = lanes.mul(z, polynomial(lanes, z, ODD_PART_AFTER_THIRD))
    u = lanes.add(lanes.number(THIRD), small)
    u_rest = lanes.add(lanes.sub(small, lanes.sub(u, lanes.number(THIRD))), lanes.number(THIRD_REST))
    v, v_rest = _multiply_in_two(lanes, z, z_rest, u, u_rest)
    p, p_rest = _multiply_in_two(lanes, s, s_rest, v, v_rest)
    half, half_rest = fast_two_sum(lanes, s, p)
    half_rest = lanes.add(half_rest, lanes.add(p_rest, s_rest))
    # k ln(2) / 2, whose first part is exact
    whole = lanes.mul(k, lanes.number(LN2_SHORT / 2.0))
    total, lost = fast_two_sum(lanes, whole, half)
    rest = lanes.add(lost, lanes.fma(k, lanes.number(LN2_SHORT_REST / 2.0), half_rest))
    return lanes.add(total, total), lanes.add(rest, rest)


def _multiply_in_two(lanes: Lanes, x: str, x_rest: str, y: str, y_rest: str) -> tuple[str, str]:
    """Return (x + x_rest) * (y + y_rest) as a number and a correction."""
    product = lanes.mul(x, y)
    lost = lanes.fma(x, y, lanes.neg(product))
    return product, lanes.fma(x, y_rest, lanes.fma(x_rest, y, lost))


def power(lanes: Lanes, x: str, y: str) -> str:
    """Return x**y as C's pow does. A constant exponent 0.5, 1, 2, 3, 4 or -1 needs no logarithm."""
    simple = _simple_power(lanes, x, y)
    if simple is not None:
        return simple
    if lanes.real == "float":
        return in_double(lanes, _power_of_float, x, y)
    # Beyond 2**65 every power but that of 1 overflows or vanishes, and so does that of 2**65; infinity would make NaN.
    bounded = clamp(lanes, y, -(2.0**65), 2.0**65)
    log_x, log_rest = log_in_two(lanes, magnitude(lanes, x))
    product = lanes.mul(bounded, log_x)
    rest = lanes.fma(bounded, log_rest, lanes.fma(bounded, log_x, lanes.neg(product)))
    return _complete_power(lanes, x, y, exp_of_sum(lanes, product, rest))


def _simple_power(lanes: Lanes, x: str, y: str) -> str | None:
    """Return x**y for some constants y, else None."""
    if y == lanes.number(0.5):  # of -0 and -inf it is positive
        root = lanes.intrinsic("sqrt", lanes.add(x, lanes.number(0.0)))
        lowest = lanes.compare("oeq", x, lanes.number(-math.inf))
        return lanes.select(lowest, lanes.number(math.inf), root)
    if y == lanes.number(-1.0):
        return lanes.div(lanes.number(1.0), x)
    if y == lanes.number(1.0):
        return x
    if y not in (lanes.number(2.0), lanes.number(3.0), lanes.number(4.0)):
        return None
    square = lanes.mul(x, x)
    if y == lanes.number(2.0):
        return square
    return lanes.mul(square, x if y == lanes.number(3.0) else square)


def _power_of_float(lanes: Lanes, x: str, y: str) -> str:
    """Return x**y for numbers and a result of "float" precision in "double" lanes, whose logarithm is precise enough."""
    bounded = clamp(lanes, y, -(2.0**65), 2.0**65)
    return _complete_power(lanes, x, y, exp(lanes, lanes.mul(bounded, log(lanes, magnitude(lanes, x)))))


def _complete_power(lanes: Lanes, x: str, y: str, result: str) -> str:
    """Return x**y, given that of |x| where x is not special."""
    # A negative x: NaN unless y is whole, and negative if it is odd.
    whole = lanes.compare("oeq", lanes.intrinsic("rint", y), y)
    half = lanes.mul(y, lanes.number(0.5))
    odd = lanes.logic("and", whole, lanes.compare("une", lanes.intrinsic("rint", half), half))
    signed = lanes.select(odd, lanes.neg(result), lanes.select(whole, result, lanes.number(math.nan)))
    result = lanes.select(lanes.compare("olt", x, lanes.number(0.0)), signed, result)
    # Zero, subnormal, infinite or NaN x, and NaN y (1**NaN is 1), are rare.
    mask = lanes.logic("or", not_normal(lanes, magnitude(lanes, x)), lanes.compare("uno", y, y))
    return rescue(lanes, mask, [x, y], [("pow", result)])[0]


def cbrt(lanes: Lanes, x: str) -> str:
    """Return the cube root."""
    if lanes.real == "float":
        return in_double(lanes, cbrt, x)
    size = magnitude(lanes, x)
    root = exp(lanes, lanes.mul(log(lanes, size), lanes.number(1.0 / 3.0)))
    # one step of Newton's method, with the residual in more than double precision
    square = lanes.mul(root, root)
    lost = lanes.fma(root, root, lanes.neg(square))
    residual = lanes.fma(lost, root, lanes.fma(square, root, lanes.neg(size)))
    better = lanes.sub(root, lanes.div(residual, lanes.mul(square, lanes.number(3.0))))
    return rescue(lanes, not_normal(lanes, size), [x], [("cbrt", with_sign(lanes, better, x))])[0]


def hypot(lanes: Lanes, x: str, y: str) -> str:
    """Return the square root of x**2 + y**2."""
    if lanes.real == "float":
        return in_double(lanes, hypot, x, y)
    x_size, y_size = magnitude(lanes, x), magnitude(lanes, y)
    swap = lanes.compare("olt", x_size, y_size)
    large, small = lanes.select(swap, y_size, x_size), lanes.select(swap, x_size, y_size)
    result = lanes.intrinsic("sqrt", lanes.fma(large, large, lanes.mul(small, small)))
    total = lanes.add(x_size, y_size)
    tiny = lanes.logic(
        "and", lanes.compare("olt", total, lanes.number(2.0**-450)), lanes.compare("une", total, lanes.number(0.0))
    )
    mask = lanes.logic("or", tiny, lanes.compare("uge", total, lanes.number(2.0**500)))
    return rescue(lanes, mask, [x, y], [("hypot", result)])[0]

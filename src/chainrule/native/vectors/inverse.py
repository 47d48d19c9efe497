"""Owns the inverses of trigonometric and hyperbolic functions.

An angle is j pi/4 (or j pi/2) plus the arc of a small number, whose odd series is a minimax polynomial in its square (found by
Remez's algorithm in 200 bits). The inverse hyperbolic functions are logarithms.
"""

from __future__ import annotations

import math

from chainrule.native.vectors.exponential import LN2
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.logarithm import log1p
from chainrule.native.vectors.parts import (
    at_most,
    divide_exactly,
    in_double,
    magnitude,
    polynomial,
    rescue,
    two_sum,
    with_sign,
)

HALF_PI = (math.pi / 2.0, 6.123233995736766e-17)
QUARTER_PI = (math.pi / 4.0, 3.061616997868383e-17)
TANGENT_OF_EIGHTH = math.sqrt(2.0) - 1.0

# (arctan(t) / t - 1) / t**2 in powers of t**2 for |t| <= tan(pi/8); the error is below 2**-58 of t**2.
TANGENT_ARC = (
    -0.3333333333333327,
    0.19999999999969026,
    -0.14285714281348197,
    0.11111110824512732,
    -0.09090898547466142,
    0.07692068519406263,
    -0.06663144226744834,
    0.05847852367334898,
    -0.05037894292050036,
    0.038002118097446025,
    -0.017814206467576418,
)
# (arcsin(t) / t - 1) / t**2 in powers of t**2 for |t| <= 1/2; the error is below 2**-58 of t**2.
SINE_ARC = (
    0.16666666666666702,
    0.0749999999998449,
    0.04464285716366285,
    0.03038194314302449,
    0.022372204983145173,
    0.01735175562840938,
    0.0139794840450046,
    0.01140704017375534,
    0.010748736846785966,
    0.003778025680552432,
    0.021636645875615815,
    -0.021030467920639458,
    0.03272244738563951,
)


def _turn(lanes: Lanes, j: str, unit: tuple[float, float], t: str, tail: str) -> str:
    """Return j * unit + t + tail, the largest part added last."""
    inner = lanes.add(t, lanes.fma(j, lanes.number(unit[1]), tail))
    return lanes.fma(j, lanes.number(unit[0]), inner)


def _arc_of_ratio(lanes: Lanes, small: str, large: str, start: str, turned: str) -> str:
    """Return the angle `start` pi/4 plus (where `turned`: minus) arctan(small / large), for 0 <= small <= large."""
    near = lanes.compare("ogt", small, lanes.mul(large, lanes.number(TANGENT_OF_EIGHTH)))
    zero, one = lanes.number(0.0), lanes.number(1.0)
    # arctan(a / b) is pi/4 + arctan((a - b) / (a + b))
    difference, lost_top = two_sum(lanes, small, lanes.neg(large))
    total, lost_bottom = two_sum(lanes, large, small)
    t = divide_exactly(
        lanes,
        lanes.select(near, difference, small),
        lanes.select(near, lost_top, zero),
        lanes.select(near, total, large),
        lanes.select(near, lost_bottom, zero),
    )
    z = lanes.mul(t, t)
    tail = lanes.mul(lanes.mul(t, z), polynomial(lanes, z, TANGENT_ARC))
    step = lanes.select(near, one, zero)
    j = lanes.add(start, lanes.select(turned, lanes.neg(step), step))
    signed = lanes.select(turned, lanes.neg(t), t)
    return _turn(lanes, j, QUARTER_PI, signed, lanes.select(turned, lanes.neg(tail), tail))


def arctan(lanes: Lanes, x: str) -> str:
    """Return the arc tangent."""
    if lanes.real == "float":
        return in_double(lanes, arctan, x)
    size = at_most(lanes, magnitude(lanes, x), 2.0**60)  # its arc is pi/2, as infinity's is
    one = lanes.number(1.0)
    steep = lanes.compare("ogt", size, one)
    start = lanes.select(steep, lanes.number(2.0), lanes.number(0.0))
    small, large = lanes.select(steep, one, size), lanes.select(steep, size, one)
    return with_sign(lanes, _arc_of_ratio(lanes, small, large, start, steep), x)


def arctan2(lanes: Lanes, y: str, x: str) -> str:
    """Return the angle of the point (x, y)."""
    if lanes.real == "float":
        return in_double(lanes, arctan2, y, x)
    y_size, x_size = magnitude(lanes, y), magnitude(lanes, x)
    steep = lanes.compare("ogt", y_size, x_size)
    small, large = lanes.select(steep, x_size, y_size), lanes.select(steep, y_size, x_size)
    back = lanes.compare_whole("slt", lanes.to_bits(x), lanes.whole(0))
    # the angle is measured from the nearer axis: 0, pi/2 (2 steps) or pi (4 steps)
    level = lanes.select(back, lanes.number(4.0), lanes.number(0.0))
    start = lanes.select(steep, lanes.number(2.0), level)
    turned = lanes.logic("xor", steep, back)
    result = with_sign(lanes, _arc_of_ratio(lanes, small, large, start, turned), y)
    total = lanes.add(y_size, x_size)
    far = lanes.logic(
        "or",
        lanes.compare("uge", total, lanes.number(2.0**900)),
        lanes.compare("olt", large, lanes.number(2.0**-900)),
    )
    tiny = lanes.logic(
        "and",
        lanes.compare("olt", small, lanes.mul(large, lanes.number(2.0**-900))),
        lanes.compare("une", small, lanes.number(0.0)),
    )
    return rescue(lanes, lanes.logic("or", far, tiny), [y, x], [("atan2", result)])[0]


def _sine_arc(lanes: Lanes, x: str) -> tuple[str, str, str]:
    """Return the mask of |x| > 1/2, and t and the tail whose sum is arcsin(|x|), or arcsin(sqrt((1 - |x|) / 2)) there."""
    size = magnitude(lanes, x)
    half = lanes.number(0.5)
    large = lanes.compare("ogt", size, half)
    rest = lanes.fma(size, lanes.number(-0.5), half)
    z = lanes.select(large, rest, lanes.mul(size, size))
    t = lanes.select(large, lanes.intrinsic("sqrt", rest), size)
    return large, t, lanes.mul(lanes.mul(t, z), polynomial(lanes, z, SINE_ARC))


def arcsin(lanes: Lanes, x: str) -> str:
    """Return the arc sine."""
    if lanes.real == "float":
        return in_double(lanes, arcsin, x)
    large, t, tail = _sine_arc(lanes, x)
    one, zero, double = lanes.number(1.0), lanes.number(0.0), lanes.number(-2.0)
    factor = lanes.select(large, double, one)
    j = lanes.select(large, one, zero)
    return with_sign(lanes, _turn(lanes, j, HALF_PI, lanes.mul(t, factor), lanes.mul(tail, factor)), x)


def arccos(lanes: Lanes, x: str) -> str:
    """Return the arc cosine."""
    if lanes.real == "float":
        return in_double(lanes, arccos, x)
    large, t, tail = _sine_arc(lanes, x)
    negative = lanes.compare("olt", x, lanes.number(0.0))
    one, two = lanes.number(1.0), lanes.number(2.0)
    factor = lanes.select(large, lanes.select(negative, lanes.number(-2.0), two), with_sign(lanes, one, lanes.neg(x)))
    j = lanes.select(large, lanes.select(negative, two, lanes.number(0.0)), one)
    return _turn(lanes, j, HALF_PI, lanes.mul(t, factor), lanes.mul(tail, factor))


def arcsinh(lanes: Lanes, x: str) -> str:
    """Return the inverse hyperbolic sine."""
    if lanes.real == "float":
        return in_double(lanes, arcsinh, x)
    size = magnitude(lanes, x)
    one = lanes.number(1.0)
    root = lanes.intrinsic("sqrt", lanes.fma(size, size, one))
    argument = lanes.add(size, lanes.div(lanes.mul(size, size), lanes.add(root, one)))
    return with_sign(lanes, _log1p_or_more(lanes, size, argument), x)


def _log1p_or_more(lanes: Lanes, size: str, argument: str) -> str:
    """Return ln(1 + argument), or ln(2 size) for a huge size, whose square may overflow."""
    huge = lanes.compare("ogt", size, lanes.number(2.0**54))
    result = log1p(lanes, lanes.select(huge, size, argument))
    return lanes.add(result, lanes.select(huge, lanes.number(LN2), lanes.number(0.0)))


def arccosh(lanes: Lanes, x: str) -> str:
    """Return the inverse hyperbolic cosine."""
    if lanes.real == "float":
        return in_double(lanes, arccosh, x)
    one = lanes.number(1.0)
    more = lanes.sub(x, one)
    root = lanes.intrinsic("sqrt", lanes.fma(more, more, lanes.add(more, more)))
    result = _log1p_or_more(lanes, x, lanes.add(more, root))
    return lanes.select(lanes.compare("oge", x, one), result, lanes.number(math.nan))


def arctanh(lanes: Lanes, x: str) -> str:
    """Return the inverse hyperbolic tangent."""
    if lanes.real == "float":
        return in_double(lanes, arctanh, x)
    size = magnitude(lanes, x)
    argument = lanes.div(lanes.add(size, size), lanes.sub(lanes.number(1.0), size))
    return with_sign(lanes, lanes.mul(log1p(lanes, argument), lanes.number(0.5)), x)

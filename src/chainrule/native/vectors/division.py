"""Owns the remainders and the whole quotients, with NumPy's signs, of real and of whole numbers.

fmod is exact: for a quotient below 2**52 it is x - q y by one multiply-add, where q may be one too large.
"""

from __future__ import annotations

import math

from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.parts import MANTISSA, magnitude, rescue, with_sign


def fmod(lanes: Lanes, x: str, y: str) -> str:
    """Return the remainder of x / y that has the sign of x."""
    size, step = magnitude(lanes, x), magnitude(lanes, y)
    quotient = lanes.div(size, step)
    rest = lanes.fma(lanes.neg(lanes.intrinsic("floor", quotient)), step, size)
    negative = lanes.compare("olt", rest, lanes.number(0.0))
    rest = lanes.select(negative, lanes.add(rest, step), rest)
    limit = lanes.number(2.0 ** (MANTISSA[lanes.real] - 1))
    name = "fmod" if lanes.real == "double" else "fmodf"
    # an infinite divisor, whose product with 0 is NaN, is among the lanes left to C
    inexact = lanes.logic(
        "or", lanes.compare("uge", quotient, limit), lanes.compare("oeq", step, lanes.number(math.inf))
    )
    return rescue(lanes, inexact, [x, y], [(name, with_sign(lanes, rest, x))])[0]


def _whole_division(lanes: Lanes, x: str, y: str) -> tuple[str, str, str]:
    """Return fmod, that with the sign of y, and the mask of lanes where the two differ."""
    zero = lanes.number(0.0)
    rest = fmod(lanes, x, y)
    unlike = lanes.logic("xor", lanes.compare("olt", y, zero), lanes.compare("olt", rest, zero))
    moved = lanes.logic("and", unlike, lanes.compare("une", rest, zero))
    return rest, lanes.select(moved, lanes.add(rest, y), rest), moved


def remainder(lanes: Lanes, x: str, y: str) -> str:
    """Return the remainder of x / y that has the sign of y."""
    zero = lanes.number(0.0)
    rest, signed, _ = _whole_division(lanes, x, y)
    result = lanes.select(lanes.compare("oeq", rest, zero), with_sign(lanes, zero, y), signed)
    return lanes.select(lanes.compare("oeq", y, zero), lanes.number(math.nan), result)


def floor_divide(lanes: Lanes, x: str, y: str) -> str:
    """Return the largest whole number that is at most x / y."""
    zero, one = lanes.number(0.0), lanes.number(1.0)
    rest, _, moved = _whole_division(lanes, x, y)
    exact = lanes.div(lanes.sub(x, rest), y)
    exact = lanes.select(moved, lanes.sub(exact, one), exact)
    whole = lanes.intrinsic("floor", exact)
    short = lanes.compare("ogt", lanes.sub(exact, whole), lanes.number(0.5))
    whole = lanes.select(short, lanes.add(whole, one), whole)
    ratio = lanes.div(x, y)
    result = lanes.select(lanes.compare("oeq", exact, zero), with_sign(lanes, zero, ratio), whole)
    return lanes.select(lanes.compare("oeq", y, zero), ratio, result)


def _whole_parts(lanes: Lanes, i: str, j: str) -> tuple[str, str, str]:
    """Return the floor of i / j and the rest, and a divisor for which these exist: 1 in place of 0 and of -1.

    A processor stops the program where it divides by 0, or the lowest number by -1.
    """
    zero, one = lanes.whole(0), lanes.whole(1)
    no_divisor = lanes.logic("or", lanes.compare_whole("eq", j, zero), lanes.compare_whole("eq", j, lanes.whole(-1)))
    divisor = lanes.choose(no_divisor, one, j, lanes.integer)
    quotient = lanes.bitwise("sdiv", i, divisor)
    rest = lanes.bitwise("sub", i, lanes.bitwise("mul", quotient, divisor))
    unlike = lanes.compare_whole("slt", lanes.bitwise("xor", rest, divisor), zero)
    moved = lanes.logic("and", unlike, lanes.compare_whole("ne", rest, zero))
    floor = lanes.choose(moved, lanes.bitwise("sub", quotient, one), quotient, lanes.integer)
    return floor, lanes.choose(moved, lanes.bitwise("add", rest, divisor), rest, lanes.integer), divisor


def whole_remainder(lanes: Lanes, i: str, j: str) -> str:
    """Return the remainder of i / j that has the sign of j; 0 where j is 0."""
    return _whole_parts(lanes, i, j)[1]


def whole_floor_divide(lanes: Lanes, i: str, j: str) -> str:
    """Return the largest whole number that is at most i / j; 0 where j is 0."""
    zero = lanes.whole(0)
    floor, _, divisor = _whole_parts(lanes, i, j)
    other = lanes.choose(lanes.compare_whole("eq", j, zero), zero, lanes.bitwise("sub", zero, i), lanes.integer)
    return lanes.choose(lanes.compare_whole("eq", divisor, j), floor, other, lanes.integer)

"""Owns sine, cosine and tangent.

|x| is reduced to r = |x| - n pi/2 with |r| <= pi/4, for the tangent in two parts: pi/2 is the sum of three numbers, the first
product is subtracted exactly. That is right up to |x| = 2**30 (2**17 for "float"); a lane beyond is left to the C library.
sin(r) and cos(r) are minimax polynomials in r**2 (found by Remez's algorithm in 200 bits); the quadrant n chooses between them.
"""

from __future__ import annotations

from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.parts import (
    SIGN_BIT,
    divide_exactly,
    fast_two_sum,
    magnitude,
    nearest,
    polynomial,
    remember,
    rescue,
)

TWO_OVER_PI = 0.6366197723675814
HALF_PI = {  # pi/2 is the sum
    "double": (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33),
    "float": (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
}
LARGEST = {"double": 2.0**30, "float": 2.0**17}
SUFFIX = {"double": "", "float": "f"}  # of C's functions

# (sin(r) / r - 1) / r**2 in powers of r**2; the error of sin(r) / r is below 2**-57 and 2**-27.
SINE = {
    "double": (
        -0.1666666666666664,
        0.008333333333323662,
        -0.00019841269830144396,
        2.7557313651853227e-06,
        -2.5050734571076566e-08,
        1.589471058203241e-10,
    ),
    "float": (-0.16666654667085895, 0.008332100462658672, -0.0001950389619286589),
}
# (cos(r) - 1 + r**2 / 2) / r**4 in powers of r**2; the error of cos(r) is below 2**-62 and 2**-32.
COSINE = {
    "double": (
        0.04166666666666665,
        -0.001388888888888284,
        2.4801587294628004e-05,
        -2.7557315738613266e-07,
        2.0875897738681396e-09,
        -1.1367981880395889e-11,
    ),
    "float": (0.04166665464461333, -0.0013887653892760206, 2.4463770328736108e-05),
}


def _reduce(lanes: Lanes, size: str) -> tuple[str, str, str]:
    """Return n, size - n times the first part of pi/2, which is exact, and the shifted form of n."""
    n, shifted = nearest(lanes, size, TWO_OVER_PI)
    return n, lanes.fma(n, lanes.number(-HALF_PI[lanes.real][0]), size), shifted


def _in_one(lanes: Lanes, n: str, exact: str) -> str:
    """Return r, rounded; the third part matters where the second one cancels the difference almost wholly."""
    _, second, third = HALF_PI[lanes.real]
    return lanes.fma(n, lanes.number(-third), lanes.fma(n, lanes.number(-second), exact))


def _in_two(lanes: Lanes, n: str, exact: str) -> tuple[str, str]:
    """Return r and the rest of r."""
    _, second, third = HALF_PI[lanes.real]
    # n times the second part in two numbers, since it may cancel the first difference almost wholly
    product = lanes.mul(n, lanes.number(second))
    lost = lanes.fma(n, lanes.number(second), lanes.neg(product))
    r = lanes.sub(exact, product)
    rest = lanes.sub(lanes.sub(exact, r), product)
    return r, lanes.sub(rest, lanes.fma(n, lanes.number(third), lost))


def _odd_quadrant(lanes: Lanes, shifted: str) -> str:
    """Return the mask of odd n."""
    low = lanes.bitwise("and", lanes.to_bits(shifted), lanes.whole(1))
    return lanes.compare_whole("ne", low, lanes.whole(0))


def _sign_of_bit_one(lanes: Lanes, i: str) -> str:
    """Return the second lowest bit of integers as the sign bit."""
    moved = lanes.bitwise("shl", i, lanes.whole(lanes.bits - 2))
    return lanes.bitwise("and", moved, lanes.whole(SIGN_BIT[lanes.real]))


def _flip(lanes: Lanes, x: str, signs: str) -> str:
    """Return x with its sign turned where the sign bit is set."""
    return lanes.from_bits(lanes.bitwise("xor", lanes.to_bits(x), signs))


def _sine_and_cosine(lanes: Lanes, x: str) -> tuple[str, ...]:
    """Return sin(x) and cos(x); what is not used costs nothing, as LLVM leaves it out."""
    size = magnitude(lanes, x)
    n, exact, shifted = _reduce(lanes, size)
    r = _in_one(lanes, n, exact)
    z = lanes.mul(r, r)
    sine = lanes.fma(lanes.mul(r, z), polynomial(lanes, z, SINE[lanes.real]), r)
    less = lanes.fma(z, polynomial(lanes, z, COSINE[lanes.real]), lanes.number(-0.5))
    cosine = lanes.fma(z, less, lanes.number(1.0))
    odd = _odd_quadrant(lanes, shifted)
    quadrant = lanes.to_bits(shifted)
    own_sign = lanes.bitwise("and", lanes.to_bits(x), lanes.whole(SIGN_BIT[lanes.real]))
    sine_signs = lanes.bitwise("xor", _sign_of_bit_one(lanes, quadrant), own_sign)
    cosine_signs = _sign_of_bit_one(lanes, lanes.bitwise("add", quadrant, lanes.whole(1)))
    results = (
        _flip(lanes, lanes.select(odd, cosine, sine), sine_signs),
        _flip(lanes, lanes.select(odd, sine, cosine), cosine_signs),
    )
    mask = lanes.compare("ogt", size, lanes.number(LARGEST[lanes.real]))
    suffix = SUFFIX[lanes.real]
    return rescue(lanes, mask, [x], [(f"sin{suffix}", results[0]), (f"cos{suffix}", results[1])])


def sin(lanes: Lanes, x: str) -> str:
    """Return the sine. A later `cos` of the same operand costs little."""
    return remember(lanes, "circle", x, lambda: _sine_and_cosine(lanes, x))[0]


def cos(lanes: Lanes, x: str) -> str:
    """Return the cosine. A later `sin` of the same operand costs little."""
    return remember(lanes, "circle", x, lambda: _sine_and_cosine(lanes, x))[1]


def tan(lanes: Lanes, x: str) -> str:
    """Return the tangent."""
    size = magnitude(lanes, x)
    n, exact, shifted = _reduce(lanes, size)
    r, rest = _in_two(lanes, n, exact)
    z = lanes.mul(r, r)
    sine_part = lanes.fma(lanes.mul(r, z), polynomial(lanes, z, SINE[lanes.real]), rest)
    sine, sine_rest = fast_two_sum(lanes, r, sine_part)
    one_minus = lanes.fma(z, lanes.number(-0.5), lanes.number(1.0))
    lost = lanes.fma(z, lanes.number(-0.5), lanes.sub(lanes.number(1.0), one_minus))
    tail = lanes.fma(lanes.mul(z, z), polynomial(lanes, z, COSINE[lanes.real]), lost)
    cosine, cosine_rest = fast_two_sum(lanes, one_minus, lanes.fma(lanes.neg(r), rest, tail))
    odd = _odd_quadrant(lanes, shifted)
    quotient = divide_exactly(
        lanes,
        lanes.select(odd, cosine, sine),
        lanes.select(odd, cosine_rest, sine_rest),
        lanes.select(odd, sine, cosine),
        lanes.select(odd, sine_rest, cosine_rest),
    )
    own_sign = lanes.bitwise("and", lanes.to_bits(x), lanes.whole(SIGN_BIT[lanes.real]))
    # odd quadrants turn the sign
    turned = lanes.bitwise("shl", lanes.to_bits(shifted), lanes.whole(lanes.bits - 1))
    result = _flip(lanes, quotient, lanes.bitwise("xor", turned, own_sign))
    mask = lanes.compare("ogt", size, lanes.number(LARGEST[lanes.real]))
    return rescue(lanes, mask, [x], [(f"tan{SUFFIX[lanes.real]}", result)])[0]

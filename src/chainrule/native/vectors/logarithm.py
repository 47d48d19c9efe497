"""Owns the logarithms, of a number and of one plus a number.

A number is split as 2**k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2). With s = f / (2 + f), ln(1 + f) is the odd series
2 s + s z R(z), z = s**2, where R is a minimax polynomial (found by Remez's algorithm in 200 bits). It is added up as
f - f**2/2 + s (f**2/2 + z R(z)), in which only the last term is rounded before the result is (the way of fdlibm's log).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chainrule.native.vectors.exponential import LN2_PARTS
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.vectors.parts import fast_two_sum, in_double, polynomial, with_sign

# (2 atanh(s) - 2 s) / (s z); the error is below 2**-57 and 2**-28 of z.
ODD_PART = {
    "double": (
        0.666666666666671,
        0.3999999999951718,
        0.28571428730011333,
        0.2222219900539336,
        0.18183576430876133,
        0.15313030178944356,
        0.14811936237287335,
    ),
    "float": (0.6666677859933593, 0.3997603382548127, 0.299268536891602),
}
ONE_OVER_LN2 = (1.4426950408889634, 2.0355273740931033e-17)
ONE_OVER_LN10 = (0.4342944819032518, 1.098319650216765e-17)
LOG10_OF_2 = (0.3010299955494702, 1.1451100898021838e-10)  # the first part has 32 bits


@dataclass(frozen=True, slots=True)
class Format:
    """The bits of a floating-point type.

    mantissa: their number. one, sqrt_half, last: the bits of 1, of sqrt(1/2) and of 2**mantissa, to which an integer below it is
    added by "or". bias: the exponent field of 1. top: the largest exponent field.
    """

    mantissa: int
    one: int
    sqrt_half: int
    last: int
    bias: int
    top: int


FORMATS = {
    "double": Format(52, 0x3FF0000000000000, 0x3FE6A09E667F3BCD, 0x4330000000000000, 1023, 0x7FF),
    "float": Format(23, 0x3F800000, 0x3F3504F3, 0x4B000000, 127, 0xFF),
}


def split(lanes: Lanes, x: str) -> tuple[str, str, str]:
    """Return k, m and bits with the biased exponent of a positive normal number 2**k m, sqrt(1/2) <= m < sqrt(2)."""
    form = FORMATS[lanes.real]
    moved = lanes.bitwise("add", lanes.to_bits(x), lanes.whole(form.one - form.sqrt_half))
    exponent = lanes.bitwise("lshr", moved, lanes.whole(form.mantissa))
    biased = lanes.from_bits(lanes.bitwise("or", exponent, lanes.whole(form.last)))
    k = lanes.sub(biased, lanes.number(2.0**form.mantissa + form.bias))
    fraction = lanes.bitwise("and", moved, lanes.whole((1 << form.mantissa) - 1))
    m = lanes.from_bits(lanes.bitwise("add", fraction, lanes.whole(form.sqrt_half)))
    return k, m, moved


def normal(lanes: Lanes, x: str) -> tuple[str, str]:
    """Return x, times a power of two if it is subnormal, and the exponent to subtract for that."""
    form = FORMATS[lanes.real]
    more = form.mantissa + 2.0
    small = lanes.compare("olt", x, lanes.number(2.0 ** (1 - form.bias)))
    return (
        lanes.select(small, lanes.mul(x, lanes.number(2.0**more)), x),
        lanes.select(small, lanes.number(more), lanes.number(0.0)),
    )


def _tail(lanes: Lanes, f: str, last: str | None = None) -> tuple[str, str]:
    """Return f**2 / 2 and a number that is ln(1 + f) - f + f**2 / 2, plus the last term if there is one."""
    half_square = lanes.mul(lanes.mul(f, f), lanes.number(0.5))
    s = lanes.div(f, lanes.add(f, lanes.number(2.0)))
    z = lanes.mul(s, s)
    inner = lanes.fma(z, polynomial(lanes, z, ODD_PART[lanes.real]), half_square)
    return half_square, lanes.mul(s, inner) if last is None else lanes.fma(s, inner, last)


def _add_up(lanes: Lanes, k: str, f: str, rest: str | None = None) -> str:
    """Return k ln 2 + ln(1 + f + rest)."""
    first, second = (lanes.number(part) for part in LN2_PARTS[lanes.real])
    last = lanes.mul(k, second) if rest is None else lanes.fma(k, second, rest)
    half_square, small = _tail(lanes, f, last)
    return lanes.fma(k, first, lanes.sub(f, lanes.sub(half_square, small)))


def guard(lanes: Lanes, x: str, result: str, pole: float) -> str:
    """Return the result in the domain x > pole, -inf at the pole, infinity at infinity, and NaN elsewhere."""
    result = lanes.select(lanes.compare("olt", x, lanes.number(math.inf)), result, x)
    at_pole = lanes.compare("oeq", x, lanes.number(pole))
    edge = lanes.select(at_pole, lanes.number(-math.inf), lanes.number(math.nan))
    return lanes.select(lanes.compare("ogt", x, lanes.number(pole)), result, edge)


def log(lanes: Lanes, x: str) -> str:
    """Return the natural logarithm."""
    ready, less = normal(lanes, x)
    k, m, _ = split(lanes, ready)
    result = _add_up(lanes, lanes.sub(k, less), lanes.sub(m, lanes.number(1.0)))
    return guard(lanes, x, result, 0.0)


def log_of_sum(lanes: Lanes, total: str, lost: str) -> str:
    """Return ln(total + lost) for a positive normal total and what its rounding lost."""
    k, m, moved = split(lanes, total)
    # 2**-k, made of the exponent's bits, scales what was lost (nothing for a huge total, where 2**-k may be out of range)
    form = FORMATS[lanes.real]
    exponent = lanes.bitwise("and", moved, lanes.whole(form.top << form.mantissa))
    back = lanes.from_bits(lanes.bitwise("sub", lanes.whole((form.top - 1) << form.mantissa), exponent))
    back = lanes.select(lanes.compare("olt", total, lanes.number(2.0**60)), back, lanes.number(0.0))
    exact = lanes.sub(m, lanes.number(1.0))
    f = lanes.fma(lost, back, exact)
    return _add_up(lanes, k, f, lanes.fma(lost, back, lanes.sub(exact, f)))


def log1p(lanes: Lanes, x: str) -> str:
    """Return ln(1 + x)."""
    one = lanes.number(1.0)
    total = lanes.add(x, one)
    result = log_of_sum(lanes, total, lanes.sub(x, lanes.sub(total, one)))
    return guard(lanes, x, with_sign(lanes, result, x), -1.0)


def _log_of_base(lanes: Lanes, x: str, inverse: tuple[float, float], unit: tuple[float, float]) -> str:
    """Return ln(x) * inverse, where unit is ln(2) * inverse and its first part times an exponent is exact ("double")."""
    ready, less = normal(lanes, x)
    k, m, _ = split(lanes, ready)
    k = lanes.sub(k, less)
    f = lanes.sub(m, lanes.number(1.0))
    half_square, small = _tail(lanes, f)
    high, low = fast_two_sum(lanes, f, lanes.sub(small, half_square))
    factor, factor_rest = (lanes.number(part) for part in inverse)
    product = lanes.mul(high, factor)
    rest = lanes.fma(high, factor, lanes.neg(product))
    rest = lanes.fma(high, factor_rest, lanes.fma(low, factor, rest))
    total, lost = fast_two_sum(lanes, lanes.mul(k, lanes.number(unit[0])), product)
    if unit[1]:
        rest = lanes.fma(k, lanes.number(unit[1]), rest)
    return guard(lanes, x, lanes.add(total, lanes.add(lost, rest)), 0.0)


def log2(lanes: Lanes, x: str) -> str:
    """Return the logarithm of base 2; it is exact for powers of 2."""
    if lanes.real == "float":
        return in_double(lanes, log2, x)
    return _log_of_base(lanes, x, ONE_OVER_LN2, (1.0, 0.0))


def log10(lanes: Lanes, x: str) -> str:
    """Return the logarithm of base 10."""
    if lanes.real == "float":
        return in_double(lanes, log10, x)
    return _log_of_base(lanes, x, ONE_OVER_LN10, LOG10_OF_2)

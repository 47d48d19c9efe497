"""Owns the fast Fourier transform among terms: a transform of a length without large prime factors is sums, loop by loop.

Each stage takes out one factor r of the length, as r transforms of length r side by side, and leaves its results in the order
in which the next stage reads them (the self-sorting algorithm of Stockham; see Van Loan, "Computational Frameworks for the Fast
Fourier Transform", 1992, section 1.7).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.passes.complex_parts import Parts, Real
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term
from chainrule.passes.weaving import weave
from chainrule.primitives.fourier import IFFT, IRFFT, RFFT
from chainrule.primitives.indexing import INDEX
from chainrule.primitives.shape import CONCATENATE, FLIP

FACTORS = (4, 2, 3, 5, 7, 11, 13)
"""Of larger ones the sums would be long: their number grows with the square of the factor."""
LONGEST, LONGEST_REAL = 1 << 16, 1 << 13
"""Transforms of more numbers are left to NumPy, which spares half the work where these, or their results, are real."""

Pair = tuple[Real | None, Real | None]
"""A real and an imaginary part; None: zero."""


def transform(
    s: Simplifier, primitive: Primitive, z: Parts, is_real: bool, parameters: dict[str, Any], length: int
) -> Parts | Real | None:
    """Return a discrete Fourier transform along an axis; None where NumPy is to compute it. is_real: the operand is.

    length: of the axis that is transformed; a spectrum of real numbers is made up to it.
    """
    longest = LONGEST_REAL if is_real or primitive is IRFFT else LONGEST
    factors = _factors(length) if 0 < length <= longest and 0 not in z.real.term.shape else None
    if factors is None:
        return None
    axis = parameters["axis"] % len(z.real.term.shape)
    is_inverse = primitive in (IFFT, IRFFT)
    if primitive is IRFFT:
        z = _whole_spectrum(s, z, axis, length)
    pair: Pair = (z.real, None if is_real else z.imaginary)
    # The inverse is the transform with the real and imaginary parts exchanged, before and after.
    real, imaginary = _staged(s, pair[::-1] if is_inverse else pair, axis, factors)
    if is_inverse:
        real, imaginary = imaginary, real
    scale = _scale(parameters["norm"], is_inverse, length)
    if scale != 1:
        real, imaginary = real * scale, imaginary * scale
    if primitive is IRFFT:
        return real
    if primitive is RFFT:
        half = (*(slice(None),) * axis, slice(0, length // 2 + 1))
        real, imaginary = (_indexed(s, each, half) for each in (real, imaginary))
    return Parts(real, imaginary)


def _factors(length: int) -> list[int] | None:
    """Return the factors of a length, or None where one of them is large."""
    found = []
    for factor in FACTORS:
        while length % factor == 0:
            found.append(factor)
            length //= factor
    return found if found and length == 1 else None


def _scale(norm: str, is_inverse: bool, length: int) -> float:
    if norm == "ortho":
        return 1 / math.sqrt(length)
    return 1 / length if (norm == "backward") == is_inverse else 1.0


def _staged(s: Simplifier, pair: Pair, axis: int, factors: Sequence[int]) -> tuple[Real, Real]:
    given = next(each for each in pair if each is not None)
    shape, dtype = given.term.shape, given.term.dtype
    count, left, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    stacked = (count,) if count > 1 else ()
    before = (slice(None),) * len(stacked)
    for factor in factors:
        left //= factor
        space = (*stacked, *((left,) if left > 1 else ()), *((inner,) if inner > 1 else ()))
        whole = (*stacked, factor, *space[len(stacked) :])
        read = [None if each is None else s.reshape(each.term, whole) for each in pair]
        given_parts: list[Pair] = []
        for place in range(factor):
            one, other = (None if each is None else _indexed(s, Real(s, each), (*before, place)) for each in read)
            given_parts.append((one, other))
        made = _SHORT[factor](given_parts)
        if left > 1:
            made = [made[0], *(_turned(s, made[k], factor, k, left, inner > 1, dtype) for k in range(1, factor))]
        parts = [_filled(s, part, space, dtype) for turn in (0, 1) for part in (each[turn] for each in made)]
        at = len(stacked) + (left > 1)
        woven = weave(s, parts, (2, factor), (0, at + 1))
        one, other = (_indexed(s, Real(s, woven), (turn,)) for turn in (0, 1))
        pair = (one, other)
        inner *= factor
    real, imaginary = (Real(s, s.reshape(each.term, shape)) for each in pair if each is not None)
    return real, imaginary


def _indexed(s: Simplifier, x: Real, template: tuple[Any, ...]) -> Real:
    shape = np.empty(x.term.shape, bool)[template].shape
    return Real(s, s.apply(INDEX, (x.term,), {"template": template}, shape, x.term.dtype))


def _filled(s: Simplifier, part: Real | None, shape: Shape, dtype: np.dtype[Any]) -> Term:
    term = s.terms.constant(dtype.type(0)) if part is None else part.term
    return term if term.shape == shape else s.broadcast(term, shape)


def _whole_spectrum(s: Simplifier, z: Parts, axis: int, length: int) -> Parts:
    """Return the spectrum of real numbers, of which the first half is given; what stands alone in it is real."""
    before, shape = (slice(None),) * axis, z.real.term.shape
    first, last = (*before, slice(0, length // 2 + 1)), (*before, slice(1, (length + 1) // 2))

    def mirrored(x: Real) -> Real:
        return Real(s, s.apply(FLIP, (x.term,), {"axis": (axis,)}, x.term.shape, x.term.dtype))

    def joined(*parts: Real) -> Real:
        whole = (*shape[:axis], length, *shape[axis + 1 :])
        return Real(s, s.apply(CONCATENATE, [each.term for each in parts], {"axis": axis}, whole, parts[0].term.dtype))

    dtype = z.real.term.dtype
    alone = Real(s, s.broadcast(s.terms.constant(dtype.type(0)), (*shape[:axis], 1, *shape[axis + 1 :])))
    between = _indexed(s, z.imaginary, last)
    return Parts(
        joined(_indexed(s, z.real, first), mirrored(_indexed(s, z.real, last))),
        joined(alone, between, *([] if length % 2 else [alone]), -mirrored(between)),
    )


# --- transforms of a factor


def _plus(x: Real | None, y: Real | None) -> Real | None:
    if x is None or y is None:
        return x if y is None else y
    return x + y


def _minus(x: Real | None, y: Real | None) -> Real | None:
    if y is None:
        return x
    return -y if x is None else x - y


def _times(x: Real | None, factor: float | Real) -> Real | None:
    return None if x is None else x * factor


def _add(x: Pair, y: Pair) -> Pair:
    return _plus(x[0], y[0]), _plus(x[1], y[1])


def _subtract(x: Pair, y: Pair) -> Pair:
    return _minus(x[0], y[0]), _minus(x[1], y[1])


def _backward(x: Pair) -> Pair:
    """Return -i times a number."""
    return x[1], None if x[0] is None else -x[0]


def _two(x: Sequence[Pair]) -> list[Pair]:
    return [_add(x[0], x[1]), _subtract(x[0], x[1])]


def _three(x: Sequence[Pair]) -> list[Pair]:
    together, apart = _add(x[1], x[2]), _subtract(x[1], x[2])
    middle = _subtract(x[0], _scaled(together, 0.5))
    turned = _backward(_scaled(apart, math.sqrt(0.75)))
    return [_add(x[0], together), _add(middle, turned), _subtract(middle, turned)]


def _four(x: Sequence[Pair]) -> list[Pair]:
    even, odd = _two((x[0], x[2])), _two((x[1], x[3]))
    turned = _backward(odd[1])
    return [_add(even[0], odd[0]), _add(even[1], turned), _subtract(even[0], odd[0]), _subtract(even[1], turned)]


def _odd(x: Sequence[Pair]) -> list[Pair]:
    """Return the transform of an odd number of values: k and -k share the sums and the differences of the values at j and -j."""
    length = len(x)
    together, apart = zip(*(_two((x[j], x[-j])) for j in range(1, length // 2 + 1)), strict=True)
    found = [reduce(_add, together, x[0])]
    turned: list[Pair] = []
    for k in range(1, length // 2 + 1):
        angles = [2 * math.pi * (k * j % length) / length for j in range(1, length // 2 + 1)]
        middle = reduce(_add, map(_scaled, together, map(math.cos, angles)), x[0])
        side = _backward(reduce(_add, map(_scaled, apart, map(math.sin, angles))))
        found.append(_add(middle, side))
        turned.append(_subtract(middle, side))
    return [*found, *turned[::-1]]


def _scaled(x: Pair, factor: float) -> Pair:
    return _times(x[0], factor), _times(x[1], factor)


_SHORT = {2: _two, 3: _three, 4: _four, 5: _odd, 7: _odd, 11: _odd, 13: _odd}


@lru_cache(maxsize=256)
def _roots(length: int, k: int, count: int) -> tuple[Any, Any]:
    """Return cosine and sine of the angles of the first `count` powers of the k-th root of 1."""
    angle = 8 * np.arctan(np.longdouble(1)) * (np.arange(count) * k % length) / length
    return np.cos(angle), np.sin(angle)


def _turned(s: Simplifier, x: Pair, factor: int, k: int, left: int, has_inner: bool, dtype: np.dtype[Any]) -> Pair:
    """Return x times the powers of a root of 1 that the next stages need."""
    shape = (left, 1) if has_inner else (left,)
    cosine, sine = (
        Real(s, s.terms.constant(each.astype(dtype).reshape(shape))) for each in _roots(factor * left, k, left)
    )
    real = _plus(_times(x[0], cosine), _times(x[1], sine))
    return real, _minus(_times(x[1], cosine), _times(x[0], sine))

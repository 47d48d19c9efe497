"""Owns the zeros of a function of one variable: all of them where it is a quotient of polynomials, else by changes of sign.

Polynomials are factored, and the real zeros of their factors are isolated (Sturm's theorem), so that none is missing. Of other
functions the values at thousands of places are looked at, close to 0 more closely than far out; where two neighbors differ in
sign, or where the function touches 0, there is a zero between, and bisection finds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.explain.derivation.sampled import Floats, SampledExpression
from chainrule.explain.expressions.algebra import term_of
from chainrule.explain.expressions.expression import Expression, Number, Symbol, free_symbols, size, walk
from chainrule.explain.expressions.neat import is_named
from chainrule.explain.expressions.signs import is_positive
from chainrule.explain.expressions.symbolic import to_sympy

MOST = 24
"""More zeros than this are not shown one by one."""
MAX_DEGREE = 30
MAX_SIZE = 300
_SAMPLES = 4001
_FAR = 1e6
_NEAR = 30.0
_STEPS = 200
_RATIONAL = frozenset(("add", "subtract", "multiply", "divide", "negative", "positive", "square", "reciprocal"))

Call = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Zeros:
    """The zeros of a function.

    places: ascending. is_complete: whether it is known that there are no others. degree: of a polynomial; 0 of other functions.
    """

    places: tuple[float, ...]
    is_complete: bool
    degree: int = 0


class TooManyZeros(ValueError):
    """There are more zeros than anybody reads."""


def zeros_of(expression: Expression, name: str, low: float, high: float) -> Zeros:
    """Return the zeros between two ends, the ends included: those of the factors. Raises TooManyZeros."""
    places: list[float] = []
    is_complete, degree = True, 0
    for factor in zero_factors(expression, name):
        found = _of_quotient(factor, name) if is_rational(factor, name) else None
        found = found or Zeros(tuple(scanned(along(factor, name), low, high)), False)
        places += [place for place in found.places if low <= place <= high]
        is_complete, degree = is_complete and found.is_complete, max(degree, found.degree)
    return Zeros(tuple(_apart(places)), is_complete, degree)


def zero_factors(expression: Expression, name: str) -> list[Expression]:
    """Return the factors of a product that can be 0; what stands below the line, and what is positive everywhere, cannot.

    >>> from chainrule.explain.expressions.neat import call
    >>> x = Symbol("x")
    >>> zero_factors(call("exp", x) * (x - 1) / x, "x")
    [subtract(x, 1)]
    """
    if is_rational(expression, name):
        return [expression]
    found: list[Expression] = []
    for base, exponent in term_of(expression).factors:
        if is_named(base, "sign"):  # 0 by convention only, where it jumps
            continue
        if name not in free_symbols(base) or is_positive(base) or (isinstance(exponent, Number) and exponent.value < 0):
            continue
        if base in (expression, Symbol(name)) or len(term_of(base).factors) < 2:
            found.append(base)
        else:
            found += zero_factors(base, name)
    return found


def is_rational(expression: Expression, name: str) -> bool:
    """Return whether an expression is a quotient of polynomials in the variable, of a size that is factored at once."""
    if size(expression) > MAX_SIZE or free_symbols(expression) not in ((name,), ()):
        return False
    for node in walk(expression):
        if is_named(node, "power"):
            exponent = node.operands[1]
            if (
                not isinstance(exponent, Number)
                or not isinstance(exponent.value, int)
                or abs(exponent.value) > MAX_DEGREE
            ):
                return False
        elif not isinstance(node, Number | Symbol) and not is_named(node, *_RATIONAL):
            return False
    return True


def _of_quotient(expression: Expression, name: str) -> Zeros | None:
    import sympy  # noqa: PLC0415 (heavy)

    variable = sympy.Symbol(name)
    above, _ = sympy.fraction(sympy.cancel(sympy.together(to_sympy(expression))))
    polynomial = sympy.Poly(above, variable)
    if polynomial.degree() > MAX_DEGREE:
        return None
    if polynomial.is_zero:
        return None
    places = real_zeros(polynomial)
    # A zero below the line, too, has been canceled: the function is not defined there.
    return Zeros(tuple(places), True, int(polynomial.degree()))


def real_zeros(polynomial: Any) -> list[float]:
    """Return all real zeros of a polynomial of SymPy with rational coefficients, ascending, each once.

    They are isolated by continued fractions, each within 1e-20. (SymPy's `real_roots` takes minutes at degree 30.)
    """
    import sympy  # noqa: PLC0415 (heavy)

    if polynomial.degree() < 1:
        return []
    apart = polynomial.sqf_part().intervals(eps=sympy.Rational(1, 10**20))
    return sorted(float((low + high) / 2) for (low, high), _ in apart)


def along(expression: Expression, name: str) -> Call:
    """Return the expression as a function of an array; NaN where it is not finite and real."""
    sampled = SampledExpression(expression)

    def call(places: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return sampled.values({name: np.asarray(places, dtype=float)})

    return call


def grid(low: float, high: float, count: int = _SAMPLES) -> Floats:
    """Return places between two ends: even ones where both are near, and by powers of ten further out.

    >>> [float(place) for place in grid(0.0, 1.0, 3)]
    [0.0, 0.5, 1.0]
    """
    first, last = max(low, -_FAR), min(high, _FAR)
    near = np.linspace(max(first, -_NEAR), min(last, _NEAR), count)
    parts = [near] if near[0] <= near[-1] else []
    if math.isfinite(low) and math.isfinite(high):
        parts.append(np.linspace(low, high, count))
    outside = np.geomspace(_NEAR, _FAR, count // 10)
    inside = np.geomspace(1e-9, 1.0, count // 10)
    parts += [outside, -outside, inside, -inside]
    if math.isfinite(low):
        parts.append(low + inside)
    if math.isfinite(high):
        parts.append(high - inside)
    if count < 10:
        parts = [np.linspace(first, last, count)]
    places = np.unique(np.concatenate(parts))
    return places[(places >= first) & (places <= last)]


def scanned(function: Call, low: float, high: float) -> list[float]:
    """Return the zeros that values at many places show. Raises TooManyZeros."""
    places = grid(low, high)
    values = function(places)
    is_zero = values == 0
    if np.count_nonzero(is_zero[1:] & is_zero[:-1]) > 0.2 * np.count_nonzero(np.isfinite(values)):
        raise TooManyZeros("it is 0 all along an interval")
    alone = is_zero.copy()  # zeros side by side are values too small for floats
    alone[1:] &= ~is_zero[:-1]
    alone[:-1] &= ~is_zero[1:]
    found = list(places[alone])
    signs = np.sign(values)
    crossing = np.flatnonzero(signs[:-1] * signs[1:] < 0)
    if len(crossing) > 4 * MOST:
        raise TooManyZeros("there are very many of them")
    for index in crossing:
        place = bisected(function, places[index], places[index + 1])
        if place is not None:
            found.append(place)
    found += _touching(function, places, values)
    return _apart(found)


def bisected(function: Call, low: float, high: float) -> float | None:
    """Return where the function changes sign between two places; None where it jumps from one sign to the other."""
    first = float(function(np.array([low]))[0])
    ends = [low, high]
    for _ in range(_STEPS):
        middle = 0.5 * (ends[0] + ends[1])
        if middle in ends:
            break
        value = float(function(np.array([middle]))[0])
        if value == 0:
            return middle
        if math.isnan(value):
            return None
        ends[0 if (value > 0) == (first > 0) else 1] = middle
    around = np.abs(function(np.array([low, high, ends[0], ends[1]])))
    is_pole = not np.all(np.isfinite(around)) or around[2:].min() > 1e-3 * around[:2].min() + 1e-9
    return None if is_pole else float(ends[int(np.argmin(around[2:]))])


def _touching(function: Call, places: Floats, values: Floats) -> list[float]:
    """Return where the function touches 0 without a change of sign: the size of its values is least there, and almost 0."""
    sizes = np.abs(values)
    with np.errstate(invalid="ignore"):
        lows = np.flatnonzero((sizes[1:-1] < sizes[:-2]) & (sizes[1:-1] < sizes[2:])) + 1
    found: list[float] = []
    for index in lows[: 8 * MOST]:
        if values[index - 1] * values[index + 1] <= 0:
            continue
        low, high = float(places[index - 1]), float(places[index + 1])
        scale = max(sizes[index - 1], sizes[index + 1])
        for _ in range(80):  # the middle third is kept where the values are least
            third = (high - low) / 3
            left, right = np.abs(function(np.array([low + third, high - third])))
            low, high = (low, high - third) if left < right else (low + third, high)
        middle = 0.5 * (low + high)
        if abs(float(function(np.array([middle]))[0])) < 1e-12 * scale:
            found.append(middle)
    return found


def _apart(found: Sequence[float]) -> list[float]:
    """Return the zeros in order, those that rounding alone keeps apart once. Raises TooManyZeros."""
    kept: list[float] = []
    for place in sorted(map(float, found)):
        if not kept or place - kept[-1] > 1e-7 * max(1.0, abs(place)):
            kept.append(place + 0.0)
    if len(kept) > MOST:
        raise TooManyZeros("there are very many of them")
    return kept

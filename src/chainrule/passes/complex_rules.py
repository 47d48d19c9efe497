"""Owns the table of what operations on complex numbers are in real ones: the formulas, and the cases, by which NumPy computes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.passes.complex_parts import (
    Parts,
    Real,
    as_parts,
)
from chainrule.primitives import arithmetic as a
from chainrule.primitives import exponential as e
from chainrule.primitives import trigonometric as t
from chainrule.primitives.comparison import EQUAL, ISFINITE, ISINF, ISNAN, MAXIMUM, MINIMUM, NOT_EQUAL

Rule: TypeAlias = Callable[..., Parts | Real | None]
EXPONENT = 100
"""Powers of whole exponents below this are products."""


def _on_each(primitive: Primitive) -> Rule:
    """Return the rule of an operation that works on the parts as on any number."""

    def rule(*operands: Parts) -> Parts:
        (x, *real), (y, *imaginary) = ([each[part] for each in operands] for part in (0, 1))
        return Parts(x.apply(primitive, *real), y.apply(primitive, *imaginary))

    return rule


def _multiply(x: Parts, y: Parts) -> Parts:
    return Parts(x.real * y.real - x.imaginary * y.imaginary, x.real * y.imaginary + x.imaginary * y.real)


def _square(z: Parts) -> Parts:
    both = z.real * z.imaginary
    return Parts(z.real * z.real - z.imaginary * z.imaginary, both + both)


def _divide(x: Parts, y: Parts) -> Parts:
    """Divide by the larger part first (Smith, "Algorithm 116: complex division", 1962): no square overflows."""
    large = abs(y.real) >= abs(y.imaginary)
    one, other = large.choose(y.real, y.imaginary), large.choose(y.imaginary, y.real)
    is_zero = one.equals(0.0) & other.equals(0.0)
    ratio = is_zero.choose(other, other / one)
    scale = is_zero.choose(abs(one), one + other * ratio).apply(a.RECIPROCAL)
    real = large.choose(x.real + x.imaginary * ratio, x.real * ratio + x.imaginary)
    imaginary = large.choose(x.imaginary - x.real * ratio, x.imaginary * ratio - x.real)
    return Parts(
        is_zero.choose(x.real, real) * scale,
        is_zero.choose(x.imaginary, imaginary) * scale,
    )


def _reciprocal(z: Parts) -> Parts:
    large = abs(z.real) >= abs(z.imaginary)
    ratio = large.choose(z.imaginary, z.real) / large.choose(z.real, z.imaginary)
    size = large.choose(z.real + z.imaginary * ratio, z.real * ratio + z.imaginary)
    return Parts(large.choose(1.0, ratio) / size, -(large.choose(ratio, 1.0) / size))


def _absolute(z: Parts) -> Real:
    return z.real.apply(a.HYPOT, z.imaginary)


def _exp(z: Parts) -> Parts:
    size, is_real = z.real.apply(e.EXP), z.imaginary.equals(0.0)
    return Parts(
        is_real.choose(size, size * z.imaginary.apply(t.COS)),
        is_real.choose(z.imaginary, size * z.imaginary.apply(t.SIN)),
    )


def _log(z: Parts) -> Parts:
    """Return the logarithm of the modulus and the angle; near 1 the former is that of 1 + (|z|² - 1)."""
    x, y = abs(z.real), abs(z.imaginary)
    size, large, small = _absolute(z), x.apply(MAXIMUM, y), x.apply(MINIMUM, y)
    near = (size > 0.5) & (size < 2.0)
    excess = near.choose((large - 1.0) * (large + 1.0) + small * small, 0.0)
    return Parts(near.choose(excess.apply(e.LOG1P) * 0.5, size.apply(e.LOG)), z.imaginary.apply(t.ARCTAN2, z.real))


def _sqrt(z: Parts) -> Parts:
    half = (abs(z.real) * 0.5 + _absolute(z) * 0.5).apply(a.SQRT)
    is_zero = half.equals(0.0)
    rest = is_zero.choose(z.imaginary, z.imaginary / is_zero.choose(1.0, half) * 0.5)
    is_infinite = abs(z.imaginary).equals(math.inf)
    rest = is_infinite.choose(z.imaginary, rest)
    right = z.real >= 0.0
    return Parts(
        is_infinite.choose(math.inf, right.choose(half, abs(rest))),
        right.choose(rest, half.apply(a.COPYSIGN, z.imaginary)),
    )


def _power(x: Parts, y: Parts) -> Parts:
    n = y.constant
    if n is not None and np.ndim(n) == 0 and np.imag(n) == 0 and abs(np.real(n)) < EXPONENT:
        if np.real(n) % 1 == 0:
            return _whole_power(x, int(np.real(n)))
        if np.real(n) == 0.5:
            return _sqrt(x)
    log = _log(x)
    found = _exp(_multiply(y, log))
    of_zero = x.real.equals(0.0) & x.imaginary.equals(0.0)
    once = y.real.equals(0.0) & y.imaginary.equals(0.0)
    zero = (y.real > 0.0).choose(0.0, math.nan)
    return Parts(
        once.choose(1.0, of_zero.choose(zero, found.real)), once.choose(0.0, of_zero.choose(zero, found.imaginary))
    )


def _whole_power(x: Parts, n: int) -> Parts:
    """Multiply squares, in NumPy's order: this decides on the signs of zeros."""
    if n in (1, 2, 3):
        squared = _multiply(x, x)
        return (x, squared, _multiply(squared, x))[n - 1]
    if n == -1:
        return _reciprocal(x)
    one = as_parts(x.real.s, x.real.s.terms.constant(1.0))
    found, factor, left = one, x, abs(n)
    while left:
        if left % 2:
            found = _multiply(found, factor)
        left //= 2
        if left:
            factor = _multiply(factor, factor)
    return _divide(one, found) if n < 0 else found


def _sin(z: Parts) -> Parts:
    (sine, cosine), (hyperbolic_sine, hyperbolic_cosine) = _circular(z.real), _hyperbolic(z.imaginary)
    return Parts(_product(sine, hyperbolic_cosine), cosine * hyperbolic_sine)


def _cos(z: Parts) -> Parts:
    (sine, cosine), (hyperbolic_sine, hyperbolic_cosine) = _circular(z.real), _hyperbolic(z.imaginary)
    return Parts(cosine * hyperbolic_cosine, -_product(sine, hyperbolic_sine))


def _sinh(z: Parts) -> Parts:
    (sine, cosine), (hyperbolic_sine, hyperbolic_cosine) = _circular(z.imaginary), _hyperbolic(z.real)
    return Parts(hyperbolic_sine * cosine, _product(sine, hyperbolic_cosine))


def _cosh(z: Parts) -> Parts:
    (sine, cosine), (hyperbolic_sine, hyperbolic_cosine) = _circular(z.imaginary), _hyperbolic(z.real)
    return Parts(hyperbolic_cosine * cosine, _product(sine, hyperbolic_sine))


def _product(sine: Real, factor: Real) -> Real:
    """Return the product with what may overflow: zero times it is zero, with the sign of both."""
    return sine * sine.equals(0.0).choose(Real(sine.s, sine.s.terms.constant(1.0)).apply(a.COPYSIGN, factor), factor)


def _circular(x: Real) -> tuple[Real, Real]:
    return x.apply(t.SIN), x.apply(t.COS)


def _hyperbolic(x: Real) -> tuple[Real, Real]:
    return x.apply(e.SINH), x.apply(e.COSH)


def _tanh(z: Parts) -> Parts:
    """Compute by tan and sinh, which do not cancel (Kahan, "Branch cuts for complex elementary functions", 1987)."""
    tangent, size = z.imaginary.apply(t.TAN), z.real.apply(e.SINH)
    beta, squared = tangent * tangent + 1.0, size * size
    below = beta * squared + 1.0
    is_large = abs(z.real) > 22.0
    sine, cosine = _circular(z.imaginary)
    rest = sine * cosine * (abs(z.real) * -2.0).apply(e.EXP) * 4.0
    return Parts(
        is_large.choose(1.0, beta * (squared + 1.0).apply(a.SQRT) * abs(size) / below).apply(a.COPYSIGN, z.real),
        is_large.choose(rest, tangent / below),
    )


def _tan(z: Parts) -> Parts:
    turned = _tanh(Parts(-z.imaginary, z.real))
    return Parts(turned.imaginary, -turned.real)


def _of_either(primitive: Primitive) -> Rule:
    """Return the rule of a test that holds where it holds for a part."""

    def rule(z: Parts) -> Real:
        return z.real.apply(primitive, dtype=np.dtype(bool)) | z.imaginary.apply(primitive, dtype=np.dtype(bool))

    return rule


def _is_finite(z: Parts) -> Real:
    return z.real.apply(ISFINITE, dtype=np.dtype(bool)) & z.imaginary.apply(ISFINITE, dtype=np.dtype(bool))


RULES: dict[Primitive, Rule] = {
    a.ADD: _on_each(a.ADD),
    a.SUBTRACT: _on_each(a.SUBTRACT),
    a.NEGATIVE: _on_each(a.NEGATIVE),
    a.POSITIVE_SIGN: lambda z: z,
    a.MULTIPLY: _multiply,
    a.DIVIDE: _divide,
    a.RECIPROCAL: _reciprocal,
    a.SQUARE: _square,
    a.SQRT: _sqrt,
    a.POWER: _power,
    a.REAL: lambda z: z.real,
    a.IMAG: lambda z: z.imaginary,
    a.CONJUGATE: lambda z: Parts(z.real, -z.imaginary),
    a.ABSOLUTE_COMPLEX: _absolute,
    e.EXP: _exp,
    e.LOG: _log,
    e.SINH: _sinh,
    e.COSH: _cosh,
    e.TANH: _tanh,
    t.SIN: _sin,
    t.COS: _cos,
    t.TAN: _tan,
    EQUAL: lambda x, y: x.real.equals(y.real) & x.imaginary.equals(y.imaginary),
    NOT_EQUAL: lambda x, y: x.real.differs(y.real) | x.imaginary.differs(y.imaginary),
    ISNAN: _of_either(ISNAN),
    ISINF: _of_either(ISINF),
    ISFINITE: _is_finite,
}
"""By operation, what it is for complex numbers; a real operand comes as a complex one. NumPy computes the others."""

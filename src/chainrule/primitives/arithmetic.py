"""Owns the rules of arithmetic, powers, roots and absolute values."""

from __future__ import annotations

import operator

import numpy as np

from chainrule.core.primitive import Array, Elementwise, General, Linear
from chainrule.core.trace import Traced
from chainrule.primitives.steps import STEP

NONZERO = (0.2, 2.0)
POSITIVE = (0.1, 2.0)


_NUMBERS = (Traced, np.ndarray, np.generic, float, int, complex)


def is_symbol(x: Array) -> bool:
    """Whether a rule is called with a symbol, to be written out, and not with numbers."""
    return not isinstance(x, _NUMBERS)


def is_complex(x: Array) -> bool:
    """Whether numbers are complex; symbols, with which rules are written out, are not."""
    return getattr(getattr(x, "dtype", None), "kind", "f") == "c"


def lowered(base: Array, exponent: Array) -> Array:
    """Return base ** (exponent - 1); but the base where both are 0, so that 0 * 0 ** (0 - 1) is 0.

    A number that is 0 is a factor that stays 0, and the base will do whatever it is. An array may move, and has its derivative.
    """
    # Hot path: benchmarks/test_eager.py
    kind = type(exponent)
    if kind is int or kind is float or isinstance(exponent, np.generic | bool):
        return base if exponent == 2 or exponent == 0 else base ** (exponent - 1)
    if kind is np.ndarray or isinstance(exponent, Traced):
        at_zero = exponent == 0
        if kind is np.ndarray and not at_zero.any():
            return base ** (exponent - 1)
        return base ** np.where(at_zero & np.equal(base, 0), 1, exponent - 1)
    return base ** (exponent - 1)


def raised(base: Array, exponent: Array) -> Array:
    """Return base ** exponent as np.power has it: for NumPy the square of truth values by the operator is an int8."""
    is_of_truth = type(base) is np.ndarray and base.dtype == np.bool_
    return np.power(base, exponent) if is_of_truth else base**exponent


def log_base(base: Array) -> Array:
    """Return log(base); but 0 where the base is 0, so that 0 ** y is constant in y > 0."""
    if isinstance(base, float | int) and not isinstance(base, np.generic):
        return float(np.log(base or 1))  # a float64 of NumPy would widen what is computed in single precision
    return np.log(base if is_symbol(base) else np.where(np.equal(base, 0), 1, base))


def _reciprocal(out: Array, x: Array, y: Array) -> Array:
    """Return 1 / y; of a Python number as one, which has no precision of its own, unless it is zero."""
    return 1 / y if type(y) in (int, float) and y else np.divide(1, y)


def _share(side: Array, length: Array) -> Array:
    """Return side / length; but 0 where the length is 0: there hypot has a kink, and 0 is its least slope, as that of a norm."""
    if isinstance(length, np.generic):
        return side / length if length else np.zeros_like(length)[()]
    return side / length if is_symbol(length) else quotient_or_zero(side, length)


def quotient_or_zero(above: Array, below: Array) -> Array:
    """Return above / below of arrays; but 0 where below is 0, without a warning."""
    is_zero = np.equal(below, 0)
    return np.where(is_zero, 0, above / np.where(is_zero, 1, below))


ADD = Elementwise(
    name="add",
    value=np.add,
    partials=(lambda out, x, y: 1, lambda out, x, y: 1),
    operator=operator.add,
    rule="sum rule",
)
SUBTRACT = Elementwise(
    name="subtract",
    value=np.subtract,
    partials=(lambda out, x, y: 1, lambda out, x, y: -1),
    operator=operator.sub,
    rule="difference rule",
)
MULTIPLY = Elementwise(
    name="multiply",
    value=np.multiply,
    partials=(lambda out, x, y: y, lambda out, x, y: x),
    operator=operator.mul,
    rule="product rule",
)
DIVIDE = Elementwise(
    name="divide",
    value=np.divide,
    partials=(_reciprocal, lambda out, x, y: -out / y),
    operator=operator.truediv,
    rule="quotient rule",
    domain=((-2.0, 2.0), NONZERO),
)
FLOOR_DIVIDE = Elementwise(
    name="floor_divide",
    value=np.floor_divide,
    partials=(None, None),
    operator=operator.floordiv,
    rule=STEP,
    domain=((-2.0, 2.0), NONZERO),
)
REMAINDER = Elementwise(
    name="remainder",
    value=np.remainder,
    partials=(lambda out, x, y: 1, lambda out, x, y: -np.floor_divide(x, y)),
    operator=operator.mod,
    rule="remainder rule",
    domain=((0.1, 0.9), (1.1, 2.0)),
)
FMOD = Elementwise(
    name="fmod",
    value=np.fmod,
    partials=(lambda out, x, y: 1, lambda out, x, y: -np.trunc(x / y)),
    rule="remainder rule",
    domain=((0.1, 0.9), (1.1, 2.0)),
)
POWER = Elementwise(
    name="power",
    value=np.power,
    partials=(lambda out, x, y: y * lowered(x, y), lambda out, x, y: out * log_base(x)),
    operator=raised,
    rule=("power rule", "exponential rule"),
    domain=(POSITIVE, (-2.0, 2.0)),
)
FLOAT_POWER = Elementwise(
    name="float_power", value=np.float_power, partials=POWER.partials, rule=POWER.rule, domain=POWER.domain
)
NEGATIVE = Elementwise(
    name="negative",
    value=np.negative,
    partials=(lambda out, x: -1,),
    operator=operator.neg,
    rule="constant factor rule",
)
POSITIVE_SIGN = Elementwise(name="positive", value=np.positive, partials=(lambda out, x: 1,), rule="identity rule")
RECIPROCAL = Elementwise(
    name="reciprocal",
    value=np.reciprocal,
    partials=(lambda out, x: -out * out,),
    rule="reciprocal rule",
    domain=NONZERO,
)
SQUARE = Elementwise(name="square", value=np.square, partials=(lambda out, x: 2 * x,), rule="power rule")
SQRT = Elementwise(
    name="sqrt", value=np.sqrt, partials=(lambda out, x: 1 / (2 * out),), rule="square root rule", domain=POSITIVE
)
CBRT = Elementwise(
    name="cbrt", value=np.cbrt, partials=(lambda out, x: 1 / (3 * out**2),), rule="cube root rule", domain=POSITIVE
)
ABSOLUTE = Elementwise(
    name="absolute",
    value=np.absolute,
    partials=(lambda out, x: np.sign(x),),
    rule="absolute value rule",
    domain=NONZERO,
)
FABS = Elementwise(name="fabs", value=np.fabs, partials=ABSOLUTE.partials, rule=ABSOLUTE.rule, domain=ABSOLUTE.domain)
HYPOT = Elementwise(
    name="hypot",
    value=np.hypot,
    partials=(lambda out, x, y: _share(x, out), lambda out, x, y: _share(y, out)),
    rule="hypotenuse rule",
    domain=NONZERO,
)
"""The length of (x, y). At (0, 0), where it has a kink, its derivative is taken as zero, as that of a norm."""
COPYSIGN = Elementwise(
    name="copysign",
    value=np.copysign,
    partials=(lambda out, x, y: np.sign(x) * np.copysign(1.0, y), None),
    rule="absolute value rule",
    domain=NONZERO,
)
LDEXP = Elementwise(
    name="ldexp",
    value=np.ldexp,
    partials=(lambda out, x, n: 2.0**n, None),
    rule="constant factor rule",
)
BINARY_EXPONENT = Elementwise(
    name="binary_exponent",
    value=lambda x: np.frexp(x)[1],
    partials=(None,),
    rule=STEP,
)
"""The exponent that np.frexp gives."""

DEGREES = Elementwise(
    name="degrees", value=np.degrees, partials=(lambda out, x: 180 / np.pi,), rule="constant factor rule"
)
RADIANS = Elementwise(
    name="radians", value=np.radians, partials=(lambda out, x: np.pi / 180,), rule="constant factor rule"
)
RAD2DEG = Elementwise(name="rad2deg", value=np.rad2deg, partials=DEGREES.partials, rule=DEGREES.rule)
DEG2RAD = Elementwise(name="deg2rad", value=np.deg2rad, partials=RADIANS.partials, rule=RADIANS.rule)
NEXTAFTER = Elementwise(
    name="nextafter", value=np.nextafter, partials=(lambda out, x, y: 1, None), rule="identity rule", domain=NONZERO
)


# A complex number is a pair of real ones; these are linear in the pair, though not in the complex number.
REAL = Linear(
    name="real",
    value=np.real,
    transpose=lambda ct, index, z: ct + 0j,
    rule="real part",
    batch=lambda batched, z: np.real(z),
)
IMAG = Linear(
    name="imag",
    value=np.imag,
    transpose=lambda ct, index, z: np.multiply(1j, ct),
    rule="imaginary part",
    batch=lambda batched, z: np.imag(z),
)
CONJUGATE = Linear(
    name="conjugate",
    value=np.conjugate,
    transpose=lambda ct, index, z: np.conjugate(ct),
    rule="complex conjugate",
    batch=lambda batched, z: np.conjugate(z),
)
ABSOLUTE_COMPLEX = General(
    name="absolute_complex",
    value=np.absolute,
    push=lambda out, tangents, z: np.real(np.conjugate(z) * tangents[0]) / np.where(np.equal(out, 0), 1, out),
    rule="modulus of a complex number",
    batch=lambda batched, z: np.absolute(z),
)

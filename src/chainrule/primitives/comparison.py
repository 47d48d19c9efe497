"""Owns comparisons, rounding and selection: what is constant between its steps, and what chooses among operands."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Elementwise, Primitive
from chainrule.primitives.arithmetic import is_complex
from chainrule.primitives.steps import STEP, step

BETWEEN = (0.2, 0.8)

EQUAL = step("equal", np.equal, BETWEEN)
NOT_EQUAL = step("not_equal", np.not_equal, BETWEEN)
LESS = step("less", np.less, BETWEEN)
LESS_EQUAL = step("less_equal", np.less_equal, BETWEEN)
GREATER = step("greater", np.greater, BETWEEN)
GREATER_EQUAL = step("greater_equal", np.greater_equal, BETWEEN)
LOGICAL_AND = step("logical_and", np.logical_and, BETWEEN)
LOGICAL_OR = step("logical_or", np.logical_or, BETWEEN)
LOGICAL_XOR = step("logical_xor", np.logical_xor, BETWEEN)
LOGICAL_NOT = step("logical_not", np.logical_not, BETWEEN)
ISFINITE = step("isfinite", np.isfinite, BETWEEN)
ISINF = step("isinf", np.isinf, BETWEEN)
ISNAN = step("isnan", np.isnan, BETWEEN)
SIGNBIT = step("signbit", np.signbit, BETWEEN)
SIGN = step("sign", np.sign, BETWEEN)
FLOOR = step("floor", np.floor, BETWEEN)
CEIL = step("ceil", np.ceil, BETWEEN)
TRUNC = step("trunc", np.trunc, BETWEEN)
RINT = step("rint", np.rint, BETWEEN)
SPACING = step("spacing", np.spacing, BETWEEN)
HEAVISIDE = Elementwise(
    name="heaviside",
    value=np.heaviside,
    partials=(None, lambda out, x, h: np.equal(x, 0)),
    rule=STEP,
    domain=BETWEEN,
)

STEPS: tuple[Primitive, ...] = (
    EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, LOGICAL_AND, LOGICAL_OR, LOGICAL_XOR, LOGICAL_NOT,
    ISFINITE, ISINF, ISNAN, SIGNBIT, SIGN, FLOOR, CEIL, TRUNC, RINT, SPACING, HEAVISIDE,
)  # fmt: skip


MANY = 200
"""From so many elements on np.heaviside, which branches at each of them, takes longer than arithmetic with np.sign."""


def larger(x: Array, y: Array) -> Array:
    """Return 1 where x > y, 0 where x < y, and one half at a tie: the sensitivity is shared.

    Complex numbers are in NumPy's order: by their real parts, and where these are equal by their imaginary parts.
    """
    difference = x - y
    if is_complex(difference):
        real, imaginary = np.real(difference), np.imag(difference)
        difference = np.where(np.equal(real, 0), imaginary, real)
    if type(difference) is np.ndarray and difference.size > MANY and difference.dtype.kind == "f":
        halves = np.sign(difference, out=difference)
        halves *= 0.5
        halves += 0.5
        return halves
    return np.heaviside(difference, 0.5)


def larger_number(x: Array, y: Array) -> Array:
    """Return `larger(x, y)` where NaN counts as smaller than any number."""
    return np.where(np.isnan(y), 1, np.where(np.isnan(x), 0, larger(x, y)))


def smaller_number(x: Array, y: Array) -> Array:
    """Return `larger(y, x)` where NaN counts as larger than any number."""
    return np.where(np.isnan(y), 1, np.where(np.isnan(x), 0, larger(y, x)))


MAXIMUM = Elementwise(
    name="maximum",
    value=np.maximum,
    partials=(lambda out, x, y: larger(x, y), lambda out, x, y: larger(y, x)),
    rule="the larger operand passes the sensitivity",
)
MINIMUM = Elementwise(
    name="minimum",
    value=np.minimum,
    partials=(lambda out, x, y: larger(y, x), lambda out, x, y: larger(x, y)),
    rule="the smaller operand passes the sensitivity",
)
FMAX = Elementwise(
    name="fmax",
    value=np.fmax,
    partials=(lambda out, x, y: larger_number(x, y), lambda out, x, y: larger_number(y, x)),
    rule="the larger operand passes the sensitivity",
)
FMIN = Elementwise(
    name="fmin",
    value=np.fmin,
    partials=(lambda out, x, y: smaller_number(x, y), lambda out, x, y: smaller_number(y, x)),
    rule="the smaller operand passes the sensitivity",
)
CLIP = Elementwise(
    name="clip",
    value=np.clip,
    partials=(
        lambda out, x, low, high: np.equal(x, out),
        lambda out, x, low, high: np.less(x, low) * np.less_equal(low, high),
        lambda out, x, low, high: np.greater(np.maximum(x, low), high),
    ),
    rule="inside its limits clip passes the sensitivity",
    domain=((-2.0, 2.0), (-1.0, -0.5), (0.5, 1.0)),
)

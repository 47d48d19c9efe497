"""Owns comparisons, rounding and selection: what is constant between its steps, and what chooses among operands."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Elementwise, Primitive

STEP = "a step function is constant between its steps"


def _step(name: str, value: np.ufunc) -> Elementwise:
    return Elementwise(name=name, value=value, partials=(None,) * value.nin, rule=STEP, domain=(0.2, 0.8))


EQUAL = _step("equal", np.equal)
NOT_EQUAL = _step("not_equal", np.not_equal)
LESS = _step("less", np.less)
LESS_EQUAL = _step("less_equal", np.less_equal)
GREATER = _step("greater", np.greater)
GREATER_EQUAL = _step("greater_equal", np.greater_equal)
LOGICAL_AND = _step("logical_and", np.logical_and)
LOGICAL_OR = _step("logical_or", np.logical_or)
LOGICAL_XOR = _step("logical_xor", np.logical_xor)
LOGICAL_NOT = _step("logical_not", np.logical_not)
ISFINITE = _step("isfinite", np.isfinite)
ISINF = _step("isinf", np.isinf)
ISNAN = _step("isnan", np.isnan)
SIGNBIT = _step("signbit", np.signbit)
SIGN = _step("sign", np.sign)
FLOOR = _step("floor", np.floor)
CEIL = _step("ceil", np.ceil)
TRUNC = _step("trunc", np.trunc)
RINT = _step("rint", np.rint)
SPACING = _step("spacing", np.spacing)
HEAVISIDE = Elementwise(
    name="heaviside",
    value=np.heaviside,
    partials=(None, lambda out, x, h: np.equal(x, 0)),
    rule=STEP,
    domain=(0.2, 0.8),
)

STEPS: tuple[Primitive, ...] = (
    EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, LOGICAL_AND, LOGICAL_OR, LOGICAL_XOR, LOGICAL_NOT,
    ISFINITE, ISINF, ISNAN, SIGNBIT, SIGN, FLOOR, CEIL, TRUNC, RINT, SPACING, HEAVISIDE,
)  # fmt: skip


def larger(x: Array, y: Array) -> Array:
    """Return 1 where x > y, 0 where x < y, and one half at a tie: the sensitivity is shared.

    Complex numbers are in NumPy's order: by their real parts, and where these are equal by their imaginary parts.
    """
    difference = x - y
    if getattr(getattr(difference, "dtype", None), "kind", "f") == "c":
        real, imaginary = np.real(difference), np.imag(difference)
        difference = np.where(np.equal(real, 0), imaginary, real)
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

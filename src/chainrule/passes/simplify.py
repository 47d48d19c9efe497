"""Owns simplification: a recorded operation becomes a term, and one that need not be computed becomes a simpler one.

Every rewriting keeps the value bit by bit, except where its comment says by how much it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Elementwise, Primitive
from chainrule.passes.terms import BOOL, INT64, Shape, Term, Terms, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.exponential import EXP, LOGADDEXP
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX, INDEX_SET
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, RESHAPE, TRANSPOSE, WHERE
from chainrule.primitives.special import EXPIT

Rule = Callable[["Simplifier", tuple[Term, ...], dict[str, Any], Shape, Any], Term | None]


class Simplifier:
    """Makes terms of operations."""

    __slots__ = ("terms",)

    def __init__(self) -> None:
        self.terms = Terms()

    def apply(
        self, primitive: Primitive, operands: Sequence[Term], parameters: dict[str, Any], shape: Shape, dtype: Any
    ) -> Term:
        """Return the term of an operation, simplified."""
        given = tuple(operands)
        if all(operand.is_constant for operand in given) and all(operand.size <= 4096 for operand in given):
            folded = self._fold(primitive, given, parameters)
            if folded is not None and folded.shape == shape and folded.dtype == dtype:
                return folded
        if isinstance(primitive, Elementwise):
            given = tuple(self._narrow(operand, given, shape) for operand in given)
        rule = RULES.get(primitive)
        if rule is not None:
            found = rule(self, given, parameters, shape, dtype)
            if found is not None:
                return found
        return self.terms.apply(primitive, given, parameters, shape, dtype)

    def _fold(self, primitive: Primitive, operands: tuple[Term, ...], parameters: dict[str, Any]) -> Term | None:
        with np.errstate(all="ignore"):
            value = primitive.value(*[operand.constant for operand in operands], **parameters)
        return None if type(value) is tuple else self.terms.constant(value)

    def _narrow(self, operand: Term, others: tuple[Term, ...], shape: Shape) -> Term:
        """Return an operand of an elementwise operation without the broadcasting that the operation does anyway."""
        if not operand.shape:
            return operand
        rest = [other.shape for other in others if other is not operand]
        if operand.primitive is BROADCAST_TO:
            inner = operand.operands[0]
            if np.broadcast_shapes(inner.shape, *rest) == shape:
                return inner
        number = uniform(operand)
        if number is not None and rest and np.broadcast_shapes(*rest) == shape:
            return self.terms.constant(number)
        return operand

    # --- what rules are written with

    def reshape(self, x: Term, shape: Shape) -> Term:
        """Return `x` in another shape."""
        return self.apply(RESHAPE, (x,), {"shape": shape}, shape, x.dtype)

    def broadcast(self, x: Term, shape: Shape) -> Term:
        """Return `x` broadcast to a shape."""
        return self.apply(BROADCAST_TO, (x,), {"shape": shape}, shape, x.dtype)

    def like(self, x: Term, shape: Shape, dtype: Any) -> Term | None:
        """Return `x` where it has this type already, broadcast to the shape."""
        if x.dtype != dtype or x.number is not None:
            return None
        return x if x.shape == shape else self.broadcast(x, shape)

    def matmul(self, x: Term, y: Term) -> Term:
        """Return the matrix product of a stack of matrices with a vector."""
        return self.apply(MATMUL, (x, y), {}, x.shape[:-1], x.dtype)

    def sum(self, x: Term, axis: int) -> Term:
        """Return the sum over one axis."""
        return self.apply(
            SUM, (x,), {"axis": (axis,), "keepdims": False}, x.shape[:axis] + x.shape[axis + 1 :], x.dtype
        )

    def binary(self, primitive: Primitive, x: Term, y: Term) -> Term:
        """Return an elementwise operation of two operands of one type."""
        return self.apply(primitive, (x, y), {}, np.broadcast_shapes(x.shape, y.shape), x.dtype)


def _is(term: Term, number: float) -> bool:
    value = uniform(term)
    return value is not None and not isinstance(value, complex | np.complexfloating) and bool(value == number)


def _subtract(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    return s.like(operands[0], shape, dtype) if _is(operands[1], 0) else None


def _multiply(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    x, y = operands
    for one, other in ((x, y), (y, x)):
        if one.primitive is a.NEGATIVE and one.dtype == dtype and dtype.kind == "f":
            positive = s.apply(a.MULTIPLY, (one.operands[0], other), parameters, shape, dtype)
            return s.apply(a.NEGATIVE, (positive,), {}, shape, dtype)
        if _is(one, 1):
            found = s.like(other, shape, dtype)
            if found is not None:
                return found
        if _is(one, -1) and other.dtype == dtype and other.shape == shape and dtype.kind == "f":
            return s.apply(a.NEGATIVE, (other,), {}, shape, dtype)
        if one.number is not None and other.primitive is a.MULTIPLY and other.dtype == dtype and other.shape == shape:
            found = _multiply_at_once(s, one.number, other)
            if found is not None:
                return found
    return None


def _multiply_at_once(s: Simplifier, number: Any, product: Term) -> Term | None:
    """Return number * (2^k * x) as one product. 2^k * x is exact; where it is too large to be, so is what is looked for."""
    x, y = product.operands
    doubling, rest = (x, y) if x.number is not None else (y, x)
    factors = number, doubling.number
    if rest.number is not None or product.dtype.kind != "f" or rest.dtype != product.dtype or None in factors:
        return None
    if any(isinstance(factor, complex | np.complexfloating) for factor in factors) or not 1 <= abs(number) < np.inf:
        return None
    mantissa, exponent = np.frexp(float(doubling.number))
    with np.errstate(over="ignore"):
        together = product.dtype.type(number) * product.dtype.type(doubling.number)
    if abs(mantissa) != 0.5 or not 1 < exponent < 100 or not np.isfinite(together):
        return None
    return s.apply(a.MULTIPLY, (s.terms.constant(float(together)), rest), {}, product.shape, product.dtype)


def _divide(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    x, y = operands
    if _is(y, 1):
        return s.like(x, shape, dtype)
    number = y.number
    if number is not None and x.dtype == dtype and dtype.kind == "f" and np.isfinite(number) and number:
        mantissa, exponent = np.frexp(float(number))
        if abs(mantissa) == 0.5 and abs(exponent) < 100:  # the reciprocal of a power of two is exact
            return s.apply(a.MULTIPLY, (x, s.terms.constant(1.0 / float(number))), {}, shape, dtype)
    return None


def _negative(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    (x,) = operands
    if x.primitive is a.NEGATIVE:
        return x.operands[0]
    # The sign of a factor is that of the product.
    if x.primitive is a.MULTIPLY and x.dtype == dtype and dtype.kind == "f":
        for one, other in (x.operands, x.operands[::-1]):
            if type(one.number) is float and other.dtype == dtype:
                return s.apply(a.MULTIPLY, (s.terms.constant(-one.number), other), {}, shape, dtype)
    return None


def _power(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    x, exponent = operands
    number = exponent.number
    if number is None or x.dtype != dtype or dtype.kind != "f" or x.shape != shape:
        return None
    if number == 1:
        return x
    if number in (2, 3, 4):  # the third and fourth powers are within 1.5 units in the last place
        square = s.apply(a.SQUARE, (x,), {}, shape, dtype)
        if number == 2:
            return square
        return s.binary(a.MULTIPLY, square, x) if number == 3 else s.apply(a.SQUARE, (square,), {}, shape, dtype)
    if number == 0.5:  # as NumPy does for arrays; of single numbers, its `**` alone makes 0 of -0 and inf of -inf
        return s.apply(a.SQRT, (x,), {}, shape, dtype)
    if number == -1:
        return s.apply(a.DIVIDE, (s.terms.constant(1.0), x), {}, shape, dtype)
    return None


def _exp(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return expit(x - y) for exp(x - logaddexp(x, y)): of the two, it is the closer to the true value."""
    (x,) = operands
    if x.primitive is a.SUBTRACT and x.operands[1].primitive is LOGADDEXP and dtype.kind == "f":
        first, second = x.operands[1].operands
        other = second if first is x.operands[0] else first if second is x.operands[0] else None
        if other is not None:
            moved = s.apply(a.SUBTRACT, (x.operands[0], other), {}, shape, dtype)
            if x.operands[0].number == 0:
                moved = s.apply(a.NEGATIVE, (other,), {}, shape, dtype)
            return s.apply(EXPIT, (moved,), {}, shape, dtype)
    return None


def _same_shape(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    (x,) = operands
    return x if x.shape == shape and x.dtype == dtype else None


def _real(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return a real number for its real part and its conjugate."""
    return None if operands[0].dtype.kind == "c" else _same_shape(s, operands, parameters, shape, dtype)


def _reshape(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    (x,) = operands
    if x.shape == shape:
        return x
    if x.primitive is RESHAPE:
        return s.reshape(x.operands[0], shape)
    number = uniform(x)
    if number is not None and x.shape:
        return s.terms.constant(np.broadcast_to(np.asarray(number), shape))
    return None


def _transpose(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    (x,), axes = operands, parameters["axes"]
    if tuple(axes) == tuple(range(len(axes))):
        return x
    if x.primitive is TRANSPOSE:
        inner = x.parameters["axes"]
        return s.apply(TRANSPOSE, x.operands, {"axes": tuple(inner[axis] for axis in axes)}, shape, dtype)
    return None


def _broadcast(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    (x,) = operands
    if x.shape == shape:
        return x
    if x.primitive is BROADCAST_TO:
        return s.broadcast(x.operands[0], shape)
    return None


def _sum(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    (x,) = operands
    if x.dtype == BOOL and dtype == INT64:
        x = s.apply(ASTYPE, (x,), {"dtype": INT64}, x.shape, INT64)
        return s.apply(SUM, (x,), parameters, shape, dtype)
    if x.dtype == dtype and all(x.shape[axis] == 1 for axis in parameters["axis"]):
        return s.reshape(x, shape)  # NumPy's sum of -0 alone is 0
    return _sum_of_product(s, x, parameters["axis"], shape) if x.dtype == dtype else None


def _sum_of_product(s: Simplifier, x: Term, axis: tuple[int, ...], shape: Shape) -> Term | None:
    """Return (the sum of x's rows) @ y for the sum of the rows of x @ y, and x @ (the sum of y's columns) for that of columns.

    Rounding differs as between two orders of one sum; a sum beyond the largest number is infinite before it is multiplied.
    """
    is_negative = x.primitive is a.NEGATIVE
    product = x.operands[0] if is_negative else x
    if product.primitive is not MATMUL or product.dtype.kind != "f" or len(axis) != 1:
        return None
    operands, place = list(product.operands), len(product.shape) - axis[0]
    if place not in (1, 2) or any(len(each.shape) < 2 or each.dtype != product.dtype for each in operands):
        return None
    which = 0 if place == 2 else 1
    part = operands[which]
    if is_negative:
        part = s.apply(a.NEGATIVE, (part,), {}, part.shape, part.dtype)
    total = s.sum(part, len(part.shape) - place)
    operands[which] = s.reshape(total, (*part.shape[:-place], 1, *part.shape[len(part.shape) - place + 1 :]))
    single = (*product.shape[:-place], 1, *product.shape[len(product.shape) - place + 1 :])
    return s.reshape(s.apply(MATMUL, operands, product.parameters, single, product.dtype), shape)


def _index(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    if len(operands) > 1:
        return None
    (x,), template = operands, parameters["template"]
    entries = template if isinstance(template, tuple) else (template,)
    if shape == x.shape and all(
        entry is Ellipsis or (type(entry) is slice and entry.step in (None, 1)) for entry in entries
    ):
        return x  # a slice of the same length, taken forward, is the whole axis
    if x.primitive is BROADCAST_TO and not x.operands[0].shape:
        return s.broadcast(x.operands[0], shape)
    return None


def _index_set(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    if len(operands) > 2:
        return None
    x, v = operands
    template = parameters["template"]
    whole = template is Ellipsis or template == FULL
    return s.like(v, shape, dtype) if whole and v.shape == shape and x.dtype == dtype else None


SMALL_PRODUCT = 16_384
"""A matrix product of up to so many multiplications is a sum of products like any other; BLAS computes larger ones."""


def _matmul(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return the sum of an elementwise product, which loops fuse with what is around, for a small one or one with a vector."""
    x, y = operands
    if x.dtype != dtype or y.dtype != dtype or dtype.kind != "f":
        return None
    if len(y.shape) >= 2 and y.shape[-1] == 1:
        found = s.matmul(x, s.reshape(y, y.shape[:-1])) if len(y.shape) == 2 else None
        return None if found is None else s.reshape(found, shape)
    if len(y.shape) == 1:
        if x.primitive is TRANSPOSE and len(x.shape) == 2:  # row by row of what lies in memory
            return s.sum(s.binary(a.MULTIPLY, x.operands[0], s.reshape(y, (*y.shape, 1))), 0)
        return s.sum(s.binary(a.MULTIPLY, x, y), len(x.shape) - 1)
    if len(x.shape) == 1:
        return s.sum(s.binary(a.MULTIPLY, s.reshape(x, (*x.shape, 1)), y), len(y.shape) - 2)
    if x.shape[-1] == 1:  # an outer product; where BLAS adds a zero of minus sign to 0, this keeps the sign
        return s.binary(a.MULTIPLY, x, y)
    if x.shape[-2] * x.shape[-1] * y.shape[-1] > SMALL_PRODUCT:
        return None
    left, right = s.reshape(x, (*x.shape, 1)), s.reshape(y, (*y.shape[:-2], 1, *y.shape[-2:]))
    return s.sum(s.binary(a.MULTIPLY, left, right), len(shape) - 1)


def _where(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    x, y, condition = operands
    if condition.dtype == BOOL and uniform(condition) is not None:
        return s.like(x if uniform(condition) else y, shape, dtype)
    return None


RULES: dict[Primitive, Rule] = {
    a.SUBTRACT: _subtract,
    a.MULTIPLY: _multiply,
    a.DIVIDE: _divide,
    a.NEGATIVE: _negative,
    a.POSITIVE_SIGN: _same_shape,
    a.POWER: _power,
    a.REAL: _real,
    a.CONJUGATE: _real,
    EXP: _exp,
    ASTYPE: _same_shape,
    RESHAPE: _reshape,
    TRANSPOSE: _transpose,
    BROADCAST_TO: _broadcast,
    SUM: _sum,
    INDEX: _index,
    INDEX_SET: _index_set,
    MATMUL: _matmul,
    WHERE: _where,
}

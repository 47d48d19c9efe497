"""Owns how sums, running ones too, and matrix products are simplified."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Primitive
from chainrule.passes.simplify import Rule, Simplifier
from chainrule.passes.simplify_components import sum_of_components
from chainrule.passes.terms import BOOL, INT64, Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import ASTYPE, TRANSPOSE

SMALL_PRODUCT = 16_384
"""A matrix product of up to so many multiplications is a sum of products like any other; BLAS computes larger ones."""


def sum_over(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x for sums over axes of length one; sum rows before they are multiplied."""
    (x,) = operands
    if x.dtype == BOOL and dtype == INT64:
        x = s.apply(ASTYPE, (x,), {"dtype": INT64}, x.shape, INT64)
        return s.apply(SUM, (x,), parameters, shape, dtype)
    if x.dtype == dtype and all(x.shape[axis] == 1 for axis in parameters["axis"]):
        return s.reshape(x, shape)  # NumPy's sum of -0 alone is 0
    if x.dtype != dtype:
        return None
    return _sum_of_product(s, x, parameters["axis"], shape) or sum_of_components(s, x, parameters["axis"], shape)


def running(primitive: Primitive) -> Rule:
    """Return the rule of a running sum, product or recurrence: truth values are counted, one number alone is what it is."""

    def rule(
        s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
    ) -> Term | None:
        x, *others = operands
        if x.dtype == BOOL and dtype == INT64 and not others:
            x = s.apply(ASTYPE, (x,), {"dtype": INT64}, shape, INT64)
            return s.apply(primitive, (x,), parameters, shape, dtype)
        return x if x.dtype == dtype and shape[parameters["axis"]] == 1 else None

    return rule


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


def matmul(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return the sum of an elementwise product, which loops fuse with what is around, for a small one or one with a vector."""
    x, y = operands
    if x.dtype != dtype or y.dtype != dtype or dtype.kind != "f":
        return None
    if len(y.shape) == 2 and y.shape[-1] == 1:
        return s.reshape(s.matmul(x, s.reshape(y, y.shape[:-1])), shape)
    if len(y.shape) > 2 and y.shape[-1] == 1 and len(x.shape) > 1:
        rows = s.reshape(y, (*y.shape[:-2], 1, y.shape[-2]))
        return s.reshape(s.sum(s.binary(a.MULTIPLY, x, rows), len(shape) - 1), shape)
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

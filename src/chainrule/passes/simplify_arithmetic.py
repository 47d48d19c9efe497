"""Owns how elementwise operations are simplified."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.passes.simplify import Simplifier, is_number
from chainrule.passes.simplify_index import added
from chainrule.passes.terms import BOOL, Shape, Term, uniform
from chainrule.primitives import arithmetic as a
from chainrule.primitives.exponential import LOGADDEXP
from chainrule.primitives.shape import WHERE
from chainrule.primitives.special import EXPIT


def add(s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any) -> Term | None:
    """Write into one array what lies at a place of another one that is zero elsewhere."""
    x, y = operands
    if not x.shape == y.shape == shape or not x.dtype == y.dtype == dtype:
        return None
    return added(s, x, y) or added(s, y, x)


def subtract(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x for x - 0."""
    return s.like(operands[0], shape, dtype) if is_number(operands[1], 0) else None


def multiply(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Take signs, ones and powers of two out of products."""
    x, y = operands
    for one, other in ((x, y), (y, x)):
        if one.constant is None and one.primitive is not a.NEGATIVE:
            continue
        if one.primitive is a.NEGATIVE and one.dtype == dtype and dtype.kind == "f":
            positive = s.apply(a.MULTIPLY, (one.operands[0], other), parameters, shape, dtype)
            return s.apply(a.NEGATIVE, (positive,), {}, shape, dtype)
        if is_number(one, 1):
            found = s.like(other, shape, dtype)
            if found is not None:
                return found
        if is_number(one, -1) and other.dtype == dtype and other.shape == shape and dtype.kind == "f":
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


def divide(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x for x / 1, and a product for a quotient by a power of two."""
    x, y = operands
    if is_number(y, 1):
        return s.like(x, shape, dtype)
    number = y.number
    if number is not None and x.dtype == dtype and dtype.kind == "f" and np.isfinite(number) and number:
        mantissa, exponent = np.frexp(float(number))
        if abs(mantissa) == 0.5 and abs(exponent) < 100:  # the reciprocal of a power of two is exact
            return s.apply(a.MULTIPLY, (x, s.terms.constant(1.0 / float(number))), {}, shape, dtype)
    return None


def negative(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x for -(-x), and move the sign of a product into its number."""
    (x,) = operands
    if x.primitive is a.NEGATIVE:
        return x.operands[0]
    # The sign of a factor is that of the product.
    if x.primitive is a.MULTIPLY and x.dtype == dtype and dtype.kind == "f":
        for one, other in (x.operands, x.operands[::-1]):
            if type(one.number) is float and other.dtype == dtype:
                return s.apply(a.MULTIPLY, (s.terms.constant(-one.number), other), {}, shape, dtype)
    return None


def power(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return squares, products, roots and reciprocals for the powers that are these."""
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


def exp(s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any) -> Term | None:
    """Take the sigmoid of x - y for e to the power of x - logaddexp(x, y): of the two, it is the closer to the true value."""
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


def same_shape(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x where nothing about it changes."""
    (x,) = operands
    return x if x.shape == shape and x.dtype == dtype else None


def real(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return a real number for its real part and its conjugate."""
    return None if operands[0].dtype.kind == "c" else same_shape(s, operands, parameters, shape, dtype)


def where(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return one of both where the condition is known, and leave out what an equal condition inside has ruled out."""
    x, y, condition = operands
    if condition.dtype == BOOL and uniform(condition) is not None:
        return s.like(x if uniform(condition) else y, shape, dtype)
    kept, left = _chosen(x, condition, 0, dtype), _chosen(y, condition, 1, dtype)
    if kept is x and left is y:
        return None
    return s.apply(WHERE, (kept, left, condition), {}, shape, dtype)


def _chosen(term: Term, condition: Term, place: int, dtype: Any) -> Term:
    """Return what a choice by the same condition is here."""
    while term.primitive is WHERE and term.operands[2] is condition and term.operands[place].dtype == dtype:
        term = term.operands[place]
    return term

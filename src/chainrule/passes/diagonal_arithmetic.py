"""Owns what arithmetic makes of an array of diagonals: elementwise operations, choices, sums and matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.passes.diagonal_moves import Value, like, reshaped
from chainrule.passes.diagonal_parts import (
    Diagonals,
    Part,
    along,
    clipped,
    dense,
    gathered,
    is_zero,
    lies_along,
    pad,
    spread,
    zeros,
)
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import WHERE

# --- elementwise operations


def _aligned(s: Simplifier, x: Diagonals, shape: Shape) -> Diagonals | None:
    """Return diagonals with as many axes as a shape that they broadcast to; None where rows or columns are repeated."""
    more = len(shape) - len(x.shape)
    rows, columns = (tuple(axis + more for axis in group) for group in (x.rows, x.columns))
    own = (*(1,) * more, *x.shape)
    if any(own[axis] != shape[axis] for axis in (*rows, *columns)):
        return None
    if not more:
        return x
    empty = Diagonals(own, x.dtype, rows, columns, {})
    parts = {
        offset: Part(part.start, s.reshape(part.values, (part.values.shape[0], *empty.other_shape)))
        for offset, part in x.parts.items()
    }
    return Diagonals(own, x.dtype, rows, columns, parts)


def _both(s: Simplifier, x: Value, y: Value, shape: Shape) -> tuple[Diagonals, Diagonals] | None:
    """Return two operands as diagonals of the same axes; an array of zeros has none. None where that is not what they are."""
    aligned = [_aligned(s, each, shape) if isinstance(each, Diagonals) else None for each in (x, y)]
    other = next((each for each in aligned if each is not None), None)
    if other is None:
        return None
    found = []
    for value, diagonals in zip((x, y), aligned, strict=True):
        if isinstance(value, Term) and is_zero(value):
            diagonals = Diagonals(other.shape, value.dtype, other.rows, other.columns, {})
        if diagonals is None or (diagonals.rows, diagonals.columns) != (other.rows, other.columns):
            return None
        found.append(diagonals)
    return found[0], found[1]


def _part(
    s: Simplifier, primitive: Primitive, operands: Sequence[Term], empty: Diagonals, part: Part, **parameters: Any
) -> Part:
    """Return an elementwise operation on what operands are along a part of the result."""
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    values = s.apply(primitive, operands, parameters, shape, empty.dtype)
    return Part(part.start, spread(s, values, (part.values.shape[0], *empty.other_shape), empty.dtype))


def each(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return an operation of one operand that is zero at zero."""
    (x,) = operands
    assert isinstance(x, Diagonals)
    assert term.primitive is not None
    empty = like(term, x.rows, x.columns)
    parts = [
        (offset, _part(s, term.primitive, (part.values,), empty, part, **term.parameters))
        for offset, part in x.parts.items()
    ]
    return gathered(s, empty, parts)


def multiply(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return a product of diagonals with a dense array, or of two arrays of diagonals."""
    return _product(s, operands[0], operands[1], term.shape, term.dtype)


def _product(s: Simplifier, x: Value, y: Value, shape: Shape, dtype: np.dtype[Any]) -> Diagonals | None:
    """Return a product: of diagonals with a dense array, or where the diagonals of two arrays coincide.

    None where a factor away from the diagonals may be infinite that meets only their zeros: in NumPy that is NaN.
    """
    if isinstance(x, Diagonals) and isinstance(y, Diagonals):
        both = _both(s, x, y, shape)
        return None if both is None else _overlap(s, *both, shape, dtype)
    diagonals, other = (x, y) if isinstance(x, Diagonals) else (y, x)
    assert isinstance(diagonals, Diagonals)
    assert isinstance(other, Term)
    aligned = _aligned(s, diagonals, shape)
    if aligned is None or not _is_met(other, aligned):
        return None
    empty = Diagonals(shape, dtype, aligned.rows, aligned.columns, {})
    parts = []
    for offset, part in aligned.parts.items():
        pair = [part.values, along(s, other, empty, offset, part)]
        parts.append((offset, _part(s, a.MULTIPLY, pair if diagonals is x else pair[::-1], empty, part)))
    return gathered(s, empty, parts)


def _is_met(x: Term, diagonals: Diagonals) -> bool:
    """Whether no element of a dense array meets zeros only, so that the product is NaN in NumPy where it is infinite.

    The factors by which a derivative multiplies unit vectors are the same for all of them: each meets a one.
    """
    if x.is_constant:
        return bool(np.all(np.isfinite(x.constant)))
    return not all(lies_along(x, diagonals))


def _overlap(s: Simplifier, x: Diagonals, y: Diagonals, shape: Shape, dtype: np.dtype[Any]) -> Diagonals:
    empty = Diagonals(shape, dtype, x.rows, x.columns, {})
    parts = []
    for offset, one in x.parts.items():
        other = y.parts.get(offset)
        if other is not None and max(one.start, other.start) < min(one.stop, other.stop):
            start, stop = max(one.start, other.start), min(one.stop, other.stop)
            pair = [clipped(s, each, start, stop) for each in (one, other)]
            parts.append((offset, _part(s, a.MULTIPLY, [each.values for each in pair], empty, pair[0])))
    return gathered(s, empty, parts)


def divide(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals divided by a dense array."""
    x, y = operands
    aligned = _aligned(s, x, term.shape) if isinstance(x, Diagonals) else None
    if aligned is None or isinstance(y, Diagonals) or not _is_met(y, aligned):
        return None
    if y.is_constant and not np.all(y.constant):
        return None  # 0 / 0
    empty = like(term, aligned.rows, aligned.columns)
    parts = [
        (offset, _part(s, a.DIVIDE, (part.values, along(s, y, empty, offset, part)), empty, part))
        for offset, part in aligned.parts.items()
    ]
    return gathered(s, empty, parts)


def add(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return the sum or the difference of two arrays of diagonals."""
    both = _both(s, operands[0], operands[1], term.shape)
    return None if both is None else _union(s, term, both)


def _signed(s: Simplifier, x: Term, negative: bool) -> Term:
    return s.apply(a.NEGATIVE, (x,), {}, x.shape, x.dtype) if negative else x


def _union(s: Simplifier, term: Term, both: Sequence[Diagonals]) -> Diagonals:
    """Return a sum or difference: the diagonals of either array, added up where both have them."""
    assert term.primitive is not None
    empty = like(term, both[0].rows, both[0].columns)
    parts: list[tuple[int, Part]] = []
    for offset in sorted({*both[0].parts, *both[1].parts}):
        found = [each.parts.get(offset) for each in both]
        one, other = found
        if one is not None and other is not None and (one.start, one.stop) == (other.start, other.stop):
            parts.append((offset, _part(s, term.primitive, (one.values, other.values), empty, one)))
            continue
        for part, negative in zip(found, (False, term.primitive is a.SUBTRACT), strict=True):
            if part is not None:
                shape = (part.values.shape[0], *empty.other_shape)
                values = spread(s, _signed(s, part.values, negative), shape, term.dtype)
                parts.append((offset, Part(part.start, values)))
    return gathered(s, empty, parts)


def add_onto(s: Simplifier, term: Term, operands: Sequence[Value]) -> Term | None:
    """Return the sum of diagonals and a dense array: the diagonals are added in the memory of the dense one."""
    x, y = operands
    if isinstance(x, Diagonals) and isinstance(y, Diagonals):
        return None
    minus = term.primitive is a.SUBTRACT
    diagonals, base, signs = (x, y, (False, minus)) if isinstance(x, Diagonals) else (y, x, (minus, False))
    assert isinstance(diagonals, Diagonals)
    assert isinstance(base, Term)
    if diagonals.shape != term.shape or (*diagonals.rows, *diagonals.columns) != tuple(range(len(term.shape))):
        return None
    parts = {
        offset: Part(part.start, spread(s, _signed(s, part.values, signs[0]), part.values.shape, term.dtype))
        for offset, part in diagonals.parts.items()
    }
    base = spread(s, _signed(s, base, signs[1]), term.shape, term.dtype)
    return dense(s, Diagonals(term.shape, term.dtype, diagonals.rows, diagonals.columns, parts), base)


def where(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return a choice between diagonals, or diagonals and zeros."""
    x, y, condition = operands
    both = _both(s, x, y, term.shape)
    if both is None or isinstance(condition, Diagonals):
        return None
    empty = like(term, both[0].rows, both[0].columns)
    parts = []
    for offset in sorted({*both[0].parts, *both[1].parts}):
        found = [each.parts[offset] for each in both if offset in each.parts]
        start, stop = min(part.start for part in found), max(part.stop for part in found)
        choices = [
            pad(s, each.parts[offset].values, each.parts[offset].start - start, stop - start)
            if offset in each.parts
            else s.terms.constant(term.dtype.type(0))
            for each in both
        ]
        whole = Part(start, next(each for each in choices if each.shape))
        given = (*choices, along(s, condition, empty, offset, whole))
        parts.append((offset, _part(s, WHERE, given, empty, whole)))
    return gathered(s, empty, parts)


def broadcast(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals repeated along axes that are neither rows nor columns."""
    (x,) = operands
    assert isinstance(x, Diagonals)
    aligned = _aligned(s, x, term.shape)
    if aligned is None:
        return None
    empty = like(term, aligned.rows, aligned.columns)
    parts = [
        (offset, Part(part.start, spread(s, part.values, (part.values.shape[0], *empty.other_shape), term.dtype)))
        for offset, part in aligned.parts.items()
    ]
    return gathered(s, empty, parts)


# --- sums


def sum_over(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return a sum over axes: over rows or columns it is a dense array."""
    (x,) = operands
    assert isinstance(x, Diagonals)
    axes = {axis % len(x.shape) for axis in term.parameters["axis"]}
    summed = _sum_others(s, x, axes)
    gone = [axes.intersection(group) for group in (x.rows, x.columns)]
    if not any(gone):
        return reshaped(s, summed, term.shape)
    if any(part and part != set(group) for part, group in zip(gone, (x.rows, x.columns), strict=True)):
        return None
    return s.reshape(_sum_diagonals(s, summed, *map(bool, gone)), term.shape)


def _sum_others(s: Simplifier, x: Diagonals, axes: set[int]) -> Diagonals:
    """Return the sum over those axes that are neither rows nor columns, which are left with the length 1."""
    own = tuple(place + 1 for place, axis in enumerate(x.others) if axis in axes)
    if not own:
        return x
    shape = tuple(1 if axis in axes and axis in x.others else length for axis, length in enumerate(x.shape))
    empty = Diagonals(shape, x.dtype, x.rows, x.columns, {})
    parts = {}
    for offset, part in x.parts.items():
        kept = (part.values.shape[0], *empty.other_shape)
        given = {"axis": own, "keepdims": True}
        parts[offset] = Part(part.start, s.apply(SUM, (part.values,), given, kept, x.dtype))
    return Diagonals(shape, x.dtype, x.rows, x.columns, parts)


def _sum_diagonals(s: Simplifier, x: Diagonals, over_rows: bool, over_columns: bool) -> Term:
    """Return the sum over rows, columns or both, which has the other axes, and the one that is kept in its place."""
    kept = x.columns if over_rows else x.rows
    length = x.width if over_rows else x.height
    found: Term | None = None
    for offset, part in x.parts.items():
        if over_rows and over_columns:
            values = s.sum(part.values, 0)
        else:
            values = pad(s, part.values, part.start + (offset if over_rows else 0), length)
        found = values if found is None else s.binary(a.ADD, found, values)
    if over_rows and over_columns:
        return zeros(s, x.other_shape, x.dtype) if found is None else found
    if found is None:
        found = zeros(s, (length, *x.other_shape), x.dtype)
    before = sum(axis < kept[0] for axis in x.others)
    return s.transpose(found, (*range(1, before + 1), 0, *range(before + 1, len(found.shape))))


def matmul(s: Simplifier, term: Term, operands: Sequence[Value]) -> Value | None:
    """Return diagonals times a matrix, which are its rows to scale, or a matrix times diagonals."""
    x, y = operands
    if min(len(x.shape), len(y.shape)) < 2 or x.dtype != term.dtype or y.dtype != term.dtype:
        return None
    shape = (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), *x.shape[-2:], y.shape[-1])
    left = _with_shape(s, x, (*x.shape, 1))
    right = _with_shape(s, y, (*y.shape[:-2], 1, *y.shape[-2:]))
    product = None if left is None or right is None else _product(s, left, right, shape, term.dtype)
    inner = (len(shape) - 2,)
    if product is None or inner not in (product.rows, product.columns):
        return None
    return s.reshape(_sum_diagonals(s, product, inner == product.rows, inner == product.columns), term.shape)


def _with_shape(s: Simplifier, x: Value, shape: Shape) -> Value | None:
    return reshaped(s, x, shape) if isinstance(x, Diagonals) else s.reshape(x, shape)

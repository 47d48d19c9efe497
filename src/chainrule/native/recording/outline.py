"""Owns outlines: tracing with large arrays of which only the shape, the type and the layout in memory are right.

To trace a function of large arrays through NumPy would take longer than to compile it, and native code does not need their
values. In an outline the memory of a large result is reserved and never touched. Whatever needs a value raises
`ValuesNeededError`, or goes through NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Elementwise, Primitive
from chainrule.core.trace import compute
from chainrule.primitives.decompositions import CHOLESKY
from chainrule.primitives.eigenvalues import EIG, EIGVALS
from chainrule.primitives.index_keys import key_of
from chainrule.primitives.indexing import INDEX_ADD, INDEX_SET
from chainrule.primitives.order import MAX, MIN
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import PROD, SUM
from chainrule.primitives.shape import ASTYPE, CONCATENATE, PAD, TRUNCATE, WHERE, Shape
from chainrule.primitives.solves import INV, SOLVE

LARGE = 1 << 14
"""Operations on arrays of so many elements are outlined."""
WORTH_BYTES = 1 << 19
"""Where a function has arrays of so many bytes, it is compiled before it has run once."""

_EACH = frozenset({WHERE, ASTYPE, TRUNCATE})
_BY_VALUES = frozenset({EIG, EIGVALS})  # real or complex
_REDUCTIONS = frozenset({SUM, PROD, MAX, MIN})


class ValuesNeededError(BaseException):
    """Python decides on a value. No `except Exception` of the user's may take it."""


def outline(primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any], plain: bool = False) -> Any:
    """Apply a primitive as `compute` does; of a large result only the shape, the type and the layout in memory are right."""
    if all(np.size(operand) < LARGE for operand in operands):
        return compute(primitive, operands, parameters, plain)
    if primitive in _BY_VALUES:
        raise ValuesNeededError
    if isinstance(primitive, Elementwise) or primitive in _EACH:
        return _elementwise(primitive, operands, parameters)
    if primitive in _REDUCTIONS:
        return _reduced(primitive, *operands, **parameters)
    rule = _SHAPES.get(primitive)
    found = None if rule is None else rule(*operands, **parameters)
    return compute(primitive, operands, parameters, plain) if found is None else found


def _first(primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
    """Apply a primitive to the first element of each operand, with as many axes as before."""
    firsts = [each[(slice(0, 1),) * each.ndim] if isinstance(each, np.ndarray) else each for each in operands]
    return compute(primitive, firsts, parameters)


def _elementwise(primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
    """Return what lies in memory as NumPy's result would: its axes in the order of those of the operands."""
    kinds: list[Any] = [None] * len(operands) + [_first(primitive, operands, parameters).dtype]
    flags: list[Any] = [["readonly"]] * len(operands) + [["writeonly", "allocate"]]
    walk = np.nditer([*operands, None], ["zerosize_ok"], flags, kinds, order="K")
    return walk.operands[-1][()]


def _reduced(primitive: Primitive, x: Array, axis: Shape, keepdims: bool) -> Any:
    axes = {place % x.ndim for place in axis}
    dtype = np.asarray(_first(primitive, [x], {"axis": axis, "keepdims": keepdims})).dtype
    one: Any = slice(0, 1) if keepdims else 0
    return np.empty_like(x[tuple(one if place in axes else slice(None) for place in range(x.ndim))], dtype)[()]


def _written(x: Array, v: Array, *arrays: Array, template: Any) -> Any:
    """Return a copy in which elements are assigned to, and see to it that what is assigned fits."""
    region, given = np.shape(x[key_of(template, arrays)]), np.shape(v)
    if np.broadcast_shapes(region, given[max(0, len(given) - len(region)) :]) != region:
        raise ValuesNeededError  # NumPy says why it does not fit
    return np.empty_like(x)


def _added(x: Array, v: Array, *arrays: Array, template: Any) -> Any:
    return np.empty_like(_written(x, v, *arrays, template=template), np.result_type(x, v))


def _padded(x: Array, widths: Sequence[tuple[int, int]]) -> Any:
    shape = tuple(before + size + after for size, (before, after) in zip(x.shape, widths, strict=True))
    return np.empty(shape, x.dtype) if x.flags.c_contiguous else None


def _product(x: Array, y: Array) -> Any:
    left = x.shape if x.ndim > 1 else (1, *x.shape)
    right = y.shape if y.ndim > 1 else (*y.shape, 1)
    if left[-1] != right[-2]:
        raise ValuesNeededError
    rows, columns = (left[-2],) * (x.ndim > 1), (right[-1],) * (y.ndim > 1)
    return np.empty((*np.broadcast_shapes(left[:-2], right[:-2]), *rows, *columns), np.result_type(x, y))[()]


def _joined(*arrays: Array, axis: int) -> Any:
    first = arrays[0].shape
    axis %= len(first)
    rest = {(*array.shape[:axis], *array.shape[axis + 1 :]) for array in arrays}
    if len(rest) != 1 or not all(array.flags.c_contiguous for array in arrays):
        return None
    shape = (*first[:axis], sum(array.shape[axis] for array in arrays), *first[axis + 1 :])
    return np.empty(shape, np.result_type(*arrays))


def _of_matrices(a: Array, **parameters: Any) -> Any:
    """Return matrices made of square ones."""
    if a.dtype.kind not in "fc" or a.shape[-1] != a.shape[-2]:
        return None
    return np.empty(a.shape, a.dtype)


def _solved(a: Array, b: Array) -> Any:
    side = b.shape if b.ndim > 1 else (*b.shape, 1)
    if a.dtype.kind not in "fc" or not a.shape[-1] == a.shape[-2] == side[-2]:
        return None
    stack = np.broadcast_shapes(a.shape[:-2], side[:-2])
    return np.empty((*stack, *(side[-2:] if b.ndim > 1 else b.shape)), np.result_type(a, b))


_SHAPES: dict[Primitive, Callable[..., Any]] = {
    INDEX_ADD: _added, INDEX_SET: _written, PAD: _padded, MATMUL: _product, CONCATENATE: _joined, INV: _of_matrices,
    CHOLESKY: _of_matrices, SOLVE: _solved,
}  # fmt: skip


def is_worth_it(arrays: Sequence[Any]) -> bool:
    """Whether a function of these arrays is outlined."""
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray)) >= WORTH_BYTES

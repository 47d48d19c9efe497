"""Owns what NumPy's products and Einstein sums do with traced arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.products import CROSS, EINSUM, KRON, MATMUL, conjugate
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import one_axis, refuse, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.numpy_functions.shape import reshape, transpose
from chainrule.tracing.numpy_functions.subscripts import explicit_subscripts, split_arguments
from chainrule.user_code import where


def matmul(x1: Any, x2: Any, /, **options: Any) -> Array:
    """np.matmul, and the operator @."""
    first, second = as_array(x1), as_array(x2)
    if options:
        dtype = options.pop("dtype", None)
        refuse("matmul", **options)
        first, second = (each if dtype is None else cast(each, dtype) for each in (first, second))
    return bind(MATMUL, (first, second))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Array:
    """np.tensordot, as one matrix product."""
    a, b = as_array(a), as_array(b)
    if isinstance(axes, int | np.integer):
        a_axes, b_axes = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        a_axes, b_axes = (np.atleast_1d(each).tolist() for each in axes)
    a_axes = [one_axis(axis, a.ndim, "tensordot") for axis in a_axes]
    b_axes = [one_axis(axis, b.ndim, "tensordot") for axis in b_axes]
    a_sizes, b_sizes = [a.shape[axis] for axis in a_axes], [b.shape[axis] for axis in b_axes]
    if a_sizes != b_sizes:
        raise ShapeError(
            f"np.tensordot: the axes to sum over have sizes {a_sizes} and {b_sizes}; they must agree in pairs{where()}"
        )
    a_free = [axis for axis in range(a.ndim) if axis not in a_axes]
    b_free = [axis for axis in range(b.ndim) if axis not in b_axes]
    shape = tuple(a.shape[axis] for axis in a_free) + tuple(b.shape[axis] for axis in b_free)
    size = math.prod(a_sizes)
    rows = math.prod(a.shape[axis] for axis in a_free)
    columns = math.prod(b.shape[axis] for axis in b_free)
    left = reshape(transpose(a, a_free + a_axes), (rows, size))
    right = reshape(transpose(b, b_axes + b_free), (size, columns))
    return reshape(bind(MATMUL, (left, right)), shape)


def dot(a: Any, b: Any, out: Any = None) -> Array:
    """np.dot: a product of numbers, vectors and matrices; of the last axis and the last but one otherwise."""
    # Hot path: benchmarks/test_eager.py
    refuse_out("dot", out)
    a, b = as_array(a), as_array(b)
    a_ndim, b_ndim = a.ndim, b.ndim
    if a_ndim == 0 or b_ndim == 0:
        return np.multiply(a, b)
    if b_ndim <= 2 or a_ndim == 1:
        return bind(MATMUL, (a, b))
    return tensordot(a, b, axes=(-1, -2))


def inner(a: Any, b: Any, /) -> Array:
    """np.inner: products over the last axes."""
    a, b = as_array(a), as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if a.ndim == b.ndim == 1:
        return bind(MATMUL, (a, b))
    return tensordot(a, b, axes=(-1, -1))


def outer(a: Any, b: Any, out: Any = None) -> Array:
    """np.outer: every entry of the first times every entry of the second."""
    refuse_out("outer", out)
    a, b = as_array(a), as_array(b)
    return np.multiply(reshape(a, (a.size, 1)), reshape(b, (1, b.size)))


def vdot(a: Any, b: Any, /) -> Array:
    """np.vdot: the dot product of all entries, the first conjugated."""
    return bind(MATMUL, (conjugate(np.ravel(as_array(a))), np.ravel(as_array(b))))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, **options: Any) -> Array:
    """np.vecdot: dot products along an axis, the first vectors conjugated."""
    refuse("vecdot", **options)
    x1, x2 = as_array(x1), as_array(x2)
    if x1.ndim == x2.ndim == 1:
        return bind(MATMUL, (conjugate(x1), x2))
    products = np.multiply(conjugate(np.moveaxis(x1, axis, -1)), np.moveaxis(x2, axis, -1))
    return np.any(products, axis=-1) if products.dtype.kind == "b" else np.sum(products, axis=-1, dtype=products.dtype)


def matvec(x1: Any, x2: Any, /, **options: Any) -> Array:
    """np.matvec: matrices times the vectors in the last axis."""
    refuse("matvec", **options)
    return bind(MATMUL, (as_array(x1), as_array(x2)[..., None]))[..., 0]


def vecmat(x1: Any, x2: Any, /, **options: Any) -> Array:
    """np.vecmat: the conjugated vectors in the last axis times matrices."""
    refuse("vecmat", **options)
    return bind(MATMUL, (conjugate(as_array(x1))[..., None, :], as_array(x2)))[..., 0, :]


def einsum(*arguments: Any, out: Any = None, optimize: Any = False, **options: Any) -> Array:
    """np.einsum in both of its spellings."""
    refuse_out("einsum", out)
    dtype = options.pop("dtype", None)
    for harmless in ("casting", "order"):
        options.pop(harmless, None)
    refuse("einsum", **options)
    subscripts, operands = split_arguments(arguments)
    arrays = tuple(as_array(operand) if dtype is None else cast(as_array(operand), dtype) for operand in operands)
    parameters = {
        "subscripts": explicit_subscripts(subscripts, arrays),
        "optimize": bool(np.any(optimize is not False)),
    }
    return bind(EINSUM, arrays, parameters)


def einsum_path(*arguments: Any, optimize: Any = "greedy", **options: Any) -> Any:
    """np.einsum_path, which depends on shapes alone."""
    subscripts, operands = split_arguments(arguments)
    shapes = [np.broadcast_to(0.0, as_array(operand).shape) for operand in operands]
    return np.einsum_path(subscripts, *shapes, optimize=optimize, **options)


def kron(a: Any, b: Any) -> Array:
    """np.kron: every entry of the first times the whole of the second."""
    return bind(KRON, (as_array(a), as_array(b)))


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """np.cross; the vector product of two vectors in the plane is a number, the third component."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(as_array(a), axisa, -1), np.moveaxis(as_array(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ShapeError(
            f"np.cross: vectors of {a.shape[-1]} and {b.shape[-1]} dimensions have no vector product; "
            f"give both three dimensions{where()}"
        )
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (x if x.shape[-1] == 3 else np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 1)]) for x in (a, b))
    return np.moveaxis(bind(CROSS, (a, b)), -1, axisc)


def _chain_order(sizes: Sequence[int]) -> Callable[[int, int], int]:
    """Return where to split a chain of matrices of the given sizes so that its products cost least.

    Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, section 15.2.
    """
    count = len(sizes) - 1
    cost = {(first, first): 0 for first in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            costs = [
                cost[first, at] + cost[at + 1, last] + sizes[first] * sizes[at + 1] * sizes[last + 1]
                for at in range(first, last)
            ]
            cost[first, last] = min(costs)
            split[first, last] = first + costs.index(cost[first, last])
    return lambda first, last: split[first, last]


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Array:
    """np.linalg.multi_dot: a chain of matrix products in the cheapest order."""
    refuse_out("linalg.multi_dot", out)
    factors = [as_array(array) for array in arrays]
    if len(factors) < 2:
        raise ShapeError(f"np.linalg.multi_dot: needs at least two arrays, not {len(factors)}{where()}")
    is_row, is_column = factors[0].ndim == 1, factors[-1].ndim == 1
    factors[0] = factors[0][None, :] if is_row else factors[0]
    factors[-1] = factors[-1][:, None] if is_column else factors[-1]
    for factor in factors:
        if factor.ndim != 2:
            raise np.linalg.LinAlgError(f"{factor.ndim}-dimensional array given. Array must be two-dimensional")
    split_at = _chain_order([factor.shape[0] for factor in factors] + [factors[-1].shape[1]])

    def product(first: int, last: int) -> Array:
        if first == last:
            return factors[first]
        middle = split_at(first, last)
        return bind(MATMUL, (product(first, middle), product(middle + 1, last)))

    out = product(0, len(factors) - 1)
    out = out[0] if is_row else out
    return out[..., 0] if is_column else out

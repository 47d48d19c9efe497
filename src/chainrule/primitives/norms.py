"""Owns the rules of norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Composite
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.arithmetic import quotient_or_zero
from chainrule.primitives.products import conjugate
from chainrule.primitives.shape import cast, size_of
from chainrule.primitives.weighted_sums import weighted
from chainrule.user_code import where

Axes = tuple[int, ...]


def _euclidean(x: Array, axis: Axes, keepdims: bool) -> Array:
    if not axis:
        return np.abs(x)
    if len(axis) == x.ndim:
        return np.linalg.norm(x, axis=None, keepdims=keepdims)
    if len(axis) <= 2:
        return np.linalg.norm(x, axis=axis if len(axis) == 2 else axis[0], keepdims=keepdims)
    return _root_of_squares(x, axis, keepdims)


def _root_of_squares(x: Array, axis: Axes, keepdims: bool) -> Array:
    squares = np.real(np.conjugate(x) * x) if x.dtype.kind == "c" else np.square(x)
    return np.sqrt(np.sum(squares, axis=axis, keepdims=keepdims))


def _direction(out: Array, x: Array, axis: Axes) -> Array:
    return conjugate(quotient_or_zero(x, out))


def _batched_euclidean(batched: tuple[bool, ...], x: Array, axis: Axes, keepdims: bool) -> Array:
    return bind(EUCLIDEAN_NORM, (x,), {"axis": tuple(each + 1 for each in axis), "keepdims": keepdims})


EUCLIDEAN_NORM = weighted(
    _direction,
    name="euclidean_norm",
    value=_euclidean,
    rule="norm rule",
    batch=_batched_euclidean,
    expansion=_root_of_squares,
)
"""The square root of the sum of squares over axes. Its derivative at zero, where it has a kink, is taken as zero."""


def _power_norm(x: Array, order: float, axis: Axes, keepdims: bool) -> Array:
    total = np.sum(np.abs(x) ** order, axis=axis, keepdims=keepdims)
    is_zero = np.equal(total, 0)
    at_zero = 0 if order > 0 else np.inf
    return np.where(is_zero, at_zero, np.where(is_zero, 1, total) ** (1 / order))


def _largest(sizes: Array, axis: Axes, keepdims: bool) -> Array:
    """Return the largest of absolute values; 0, as NumPy does, where there is none."""
    reduce = np.max if size_of(np.shape(sizes), axis) else np.sum
    return reduce(sizes, axis=axis, keepdims=keepdims)


def _vector_norm(x: Array, order: float | None, axis: Axes, keepdims: bool) -> Array:
    if order is None or order == 2:
        return bind(EUCLIDEAN_NORM, (x,), {"axis": axis, "keepdims": keepdims})
    if order == np.inf:
        return _largest(np.abs(x), axis, keepdims)
    if order == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if order == 0:
        return np.sum(np.not_equal(x, 0), axis=axis, keepdims=keepdims, dtype=np.abs(x).dtype)
    if order == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return _power_norm(x, order, axis, keepdims)


def _singular_value_norm(x: Array, order: Any, axis: Axes, keepdims: bool) -> Array:
    s = np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), compute_uv=False)
    if order == 2 and s.shape[-1]:
        out = s[..., 0]
    elif order == -2:
        out = s[..., -1]
    else:
        out = np.sum(s, axis=-1)
    return np.expand_dims(out, axis) if keepdims else out


def _matrix_norm(x: Array, order: Any, axis: Axes, keepdims: bool) -> Array:
    if order is None or order in ("fro", "f"):
        return bind(EUCLIDEAN_NORM, (x,), {"axis": axis, "keepdims": keepdims})
    if order == "nuc" or order in (2, -2):
        return _singular_value_norm(x, order, axis, keepdims)
    if order not in (1, -1, np.inf, -np.inf):
        raise ShapeError(
            f"np.linalg.norm: {order!r} is not a norm of matrices; use 'fro', 'nuc', 1, -1, 2, -2, np.inf or -np.inf"
            f"{where()}"
        )
    summed, chosen = axis if order in (1, -1) else axis[::-1]
    sums = np.sum(np.abs(x), axis=summed, keepdims=True)
    out = _largest(sums, (chosen,), True) if order > 0 else np.min(sums, axis=chosen, keepdims=True)
    return out if keepdims else np.squeeze(out, axis=axis)


def _norm(x: Array, order: Any, axis: Axes, keepdims: bool, is_matrix: bool) -> Array:
    if x.dtype.kind not in "fc":
        x = cast(x, np.float64)
    return (_matrix_norm if is_matrix else _vector_norm)(x, order, axis, keepdims)


NORM = Composite(name="norm", value=_norm, rule="norm rule")
"""Every norm of NumPy: of vectors (`is_matrix` false: over any number of axes) or of matrices in two axes."""

"""Owns reductions whose derivative is a weight for each element: both modes of a largest element, a product, a norm.

The tangent of such a reduction is the sum of the tangents times the weights, and an element's cotangent the weight times that
of the result. The weights are written once. That is less work than to record the sum and to transpose it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, General
from chainrule.primitives.products import conjugate
from chainrule.primitives.shape import Shape, reshaped


def kept(shape: Shape, axis: Shape) -> Shape:
    """Return `shape` with length 1 along `axis`."""
    return tuple(1 if place in axis else size for place, size in enumerate(shape))


def shifted(axis: Shape) -> Shape:
    """Return where `axis` stands behind a leading batch axis."""
    return tuple(each + 1 for each in axis)


def with_axes(reduced: Array, x: Array, axis: Shape, keepdims: bool) -> Array:
    """Return the result of a reduction of `x` over `axis` with these axes, of length 1, so that it broadcasts with `x`."""
    return reduced if keepdims else reshaped(reduced, kept(np.shape(x), axis))


def weighted(weights: Callable[..., Array], **record: Any) -> General:
    """Return the record of a reduction over `axis` that is the sum of its elements times weights, to first order.

    weights: `weights(out, x, axis)`, where the result has the reduced axes. Where the result is real and they are not, so is it
        that of the sum.
    """

    def push(out: Array, tangents: tuple[Array, ...], x: Array, axis: Shape, keepdims: bool) -> Array:
        moved = weights(with_axes(out, x, axis, keepdims), x, axis) * tangents[0]
        is_part = moved.dtype.kind == "c" and out.dtype.kind != "c"
        return np.sum(np.real(moved) if is_part else moved, axis=axis, keepdims=keepdims)

    def pull(out: Array, ct: Array, x: Array, axis: Shape, keepdims: bool) -> tuple[Array]:
        factors = weights(with_axes(out, x, axis, keepdims), x, axis)
        return (with_axes(ct, x, axis, keepdims) * conjugate(factors),)

    return General(push=push, pull=pull, **record)

"""Owns the rules of sums, products, means and spreads over axes."""

from __future__ import annotations

import math

import numpy as np

from chainrule.core.primitive import Array, Composite, Linear
from chainrule.core.trace import bind
from chainrule.primitives.norms import EUCLIDEAN_NORM
from chainrule.primitives.shape import ASTYPE, Shape, size_of
from chainrule.primitives.weighted_sums import kept, shifted, weighted, with_axes

# Up to this size an array filled with a cotangent is made faster than a broadcast view of it.
SMALL = 4096
_PLAIN = frozenset({np.ndarray, float, np.float64, np.float32, np.complex128})


def _spread(ct: Array, index: int, x: Array, axis: Shape, keepdims: bool) -> Array:
    # Hot path: benchmarks/test_eager.py
    shape = np.shape(x)
    if type(ct) not in _PLAIN:
        return np.broadcast_to(with_axes(ct, x, axis, keepdims), shape)
    if not keepdims and len(axis) < len(shape):
        ct = ct.reshape(kept(shape, axis))
    if math.prod(shape) > SMALL:
        return np.broadcast_to(ct, shape)
    full = np.empty(shape, float if type(ct) is float else ct.dtype)
    full[...] = ct
    return full


SUM = Linear(
    name="sum",
    value=lambda x, axis, keepdims: np.add.reduce(x, axis=axis, keepdims=keepdims),
    transpose=_spread,
    rule="a sum passes its sensitivity to every term",
    batch=lambda batched, x, axis, keepdims: np.sum(x, axis=shifted(axis), keepdims=keepdims),
)


def _others(out: Array, x: Array, axis: Shape) -> Array:
    """Return for each element the product of the others: no division, so that zeros need no case of their own."""
    shape = x.shape
    if len(axis) == 1:
        before, after = _running_products(x, axis[0])
        return before * after
    rest = tuple(place for place in range(len(shape)) if place not in axis)
    order = axis + rest
    factors = np.reshape(np.transpose(x, order), (size_of(shape, axis), *(shape[place] for place in rest)))
    products = np.reshape(_others(out, factors, (0,)), tuple(shape[place] for place in order))
    return np.transpose(products, tuple(order.index(place) for place in range(len(shape))))


def _running_products(x: Array, axis: int) -> tuple[Array, Array]:
    """Return the products of what stands before each element along an axis, and of what stands after it."""
    first, rest = (slice(None),) * axis + (slice(0, 1),), (slice(None),) * axis + (slice(1, None),)
    backward = np.flip(x, axis)
    one = np.ones_like(x[first])
    before, after = (
        np.concatenate([one, np.cumprod(each[(*rest[:-1], slice(0, -1))], axis=axis)], axis=axis)
        for each in (x, backward)
    )
    return before, np.flip(after, axis)


PROD = weighted(
    _others,
    name="prod",
    value=lambda x, axis, keepdims: np.multiply.reduce(x, axis=axis, keepdims=keepdims),
    rule="product rule",
    batch=lambda batched, x, axis, keepdims: np.prod(x, axis=shifted(axis), keepdims=keepdims),
)


def _logsumexp(x: Array, axis: Shape, keepdims: bool) -> Array:
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore"):
        out = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return out if keepdims else np.squeeze(out, axis=axis)[()]


def _softmax(out: Array, x: Array, axis: Shape) -> Array:
    # Kept finite: of infinity minus infinity there is no exponential. The limit for one infinite element is 1.
    largest = float(np.finfo(x.dtype).max)
    return np.exp(np.minimum(x, largest) - np.clip(out, -largest, largest))


def _batched_logsumexp(batched: tuple[bool, ...], x: Array, axis: Shape, keepdims: bool) -> Array:
    return bind(LOGSUMEXP, (x,), {"axis": shifted(axis), "keepdims": keepdims})


LOGSUMEXP = weighted(
    _softmax,
    name="logsumexp",
    value=_logsumexp,
    rule="log-sum-exp rule: the derivative is the softmax",
    batch=_batched_logsumexp,
    expansion=_logsumexp,
)
"""log(sum(exp(x))) over axes, without overflow. Along an empty axis it is minus infinity."""


def _mean(x: Array, axis: Shape, keepdims: bool) -> Array:
    count = size_of(x.shape, axis)
    if x.dtype == np.float16:  # sums of halves overflow; NumPy, too, takes them in single precision
        wide = bind(ASTYPE, (x,), {"dtype": np.dtype(np.float32)})
        return bind(ASTYPE, (_mean(wide, axis, keepdims),), {"dtype": np.dtype(np.float16)})
    if x.dtype.kind in "iu":  # the sum of large integers may be too large for one
        x = bind(ASTYPE, (x,), {"dtype": np.dtype(np.float64)})
    return bind(SUM, (x,), {"axis": axis, "keepdims": keepdims}) / (count or np.nan)


MEAN = Composite(name="mean", value=_mean, rule="a mean is a sum divided by the number of its terms")


def _centered(x: Array, axis: Shape) -> Array:
    return x - bind(MEAN, (x,), {"axis": axis, "keepdims": True})


def _freedom(x: Array, axis: Shape, ddof: float) -> float:
    """Return what the sum of squares is divided by; NaN where too few elements are left, as in NumPy."""
    freedom = size_of(x.shape, axis) - ddof
    return freedom if freedom > 0 else 0.0


def _var(x: Array, axis: Shape, keepdims: bool, ddof: float) -> Array:
    moved = _centered(x, axis)
    squares = np.square(moved)
    if x.dtype.kind == "c":
        squares = np.square(np.real(moved)) + np.square(np.imag(moved))
    return bind(SUM, (squares,), {"axis": axis, "keepdims": keepdims}) / _freedom(x, axis, ddof)


VAR = Composite(name="var", value=_var, rule="a variance is the mean square of what is left without the mean")


def _std(x: Array, axis: Shape, keepdims: bool, ddof: float) -> Array:
    length = bind(EUCLIDEAN_NORM, (_centered(x, axis),), {"axis": axis, "keepdims": keepdims})
    return length / _freedom(x, axis, ddof) ** 0.5


STD = Composite(name="std", value=_std, rule="a standard deviation is the root of the variance")
"""Where all elements are equal, at a kink, the derivative is taken to be 0."""

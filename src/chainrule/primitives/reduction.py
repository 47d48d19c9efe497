"""Owns the rules of sums, products, means and spreads over axes."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Composite, General, Linear
from chainrule.core.trace import bind
from chainrule.primitives.norms import EUCLIDEAN_NORM
from chainrule.primitives.shape import ASTYPE, Shape, size_of

# Up to this size an array filled with a cotangent is made faster than a broadcast view of it.
SMALL = 4096
_PLAIN = frozenset({np.ndarray, float, np.float64, np.float32, np.complex128})


def kept(shape: Shape, axis: Shape) -> Shape:
    """Return `shape` with length 1 along `axis`."""
    return tuple(1 if place in axis else size for place, size in enumerate(shape))


def shifted(axis: Shape) -> Shape:
    """Return where `axis` stands behind a leading batch axis."""
    return tuple(each + 1 for each in axis)


def _spread(ct: Array, index: int, x: Array, axis: Shape, keepdims: bool) -> Array:
    # Hot path: benchmarks/test_eager.py
    if type(ct) is np.float64 and type(x) is np.ndarray and x.size <= SMALL:
        full = np.empty(x.shape)
        full.fill(ct)
        return full
    shape = np.shape(x)
    if not keepdims:
        if len(axis) == len(shape) and type(ct) in _PLAIN:
            size = size_of(shape, axis)
            if size <= SMALL:
                full = np.empty(shape, float if type(ct) is float else ct.dtype)
                full.fill(ct)
                return full
        else:
            ct = np.reshape(ct, kept(shape, axis))
    return np.broadcast_to(ct, shape)


SUM = Linear(
    name="sum",
    value=lambda x, axis, keepdims: np.add.reduce(x, axis=axis, keepdims=keepdims),
    transpose=_spread,
    rule="a sum passes its sensitivity to every term",
    batch=lambda batched, x, axis, keepdims: np.sum(x, axis=shifted(axis), keepdims=keepdims),
)


def _push_prod(out: Array, tangents: tuple[Array, ...], x: Array, axis: Shape, keepdims: bool) -> Array:
    """Multiply halves pairwise: no division, so that zeros among the factors need no case of their own."""
    t = tangents[0]
    shape = np.shape(x)
    others = tuple(place for place in range(len(shape)) if place not in axis)
    if axis != (0,) or len(shape) != 1:
        outer = tuple(shape[place] for place in others)
        x = np.reshape(np.transpose(x, axis + others), (size_of(shape, axis), *outer))
        t = np.reshape(np.transpose(t, axis + others), (size_of(shape, axis), *outer))
    count = x.shape[0]
    while count > 1:
        half = count // 2
        x_low, x_high, x_odd = x[:half], x[half : 2 * half], x[2 * half :]
        t_low, t_high, t_odd = t[:half], t[half : 2 * half], t[2 * half :]
        x, t = x_low * x_high, t_low * x_high + x_low * t_high
        if count % 2:
            x, t = np.concatenate([x, x_odd]), np.concatenate([t, t_odd])
        count -= half
    return np.reshape(np.sum(t, axis=0), np.shape(out))


PROD = General(
    name="prod",
    value=lambda x, axis, keepdims: np.multiply.reduce(x, axis=axis, keepdims=keepdims),
    push=_push_prod,
    rule="product rule",
    batch=lambda batched, x, axis, keepdims: np.prod(x, axis=shifted(axis), keepdims=keepdims),
)


def _logsumexp(x: Array, axis: Shape, keepdims: bool) -> Array:
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore"):
        out = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return out if keepdims else np.squeeze(out, axis=axis)[()]


def _push_logsumexp(out: Array, tangents: tuple[Array, ...], x: Array, axis: Shape, keepdims: bool) -> Array:
    out = out if keepdims else np.reshape(out, kept(np.shape(x), axis))
    # Kept finite: of infinity minus infinity there is no exponential. The limit for one infinite element is 1.
    largest = float(np.finfo(x.dtype).max)
    weights = np.exp(np.minimum(x, largest) - np.clip(out, -largest, largest))
    return np.sum(tangents[0] * weights, axis=axis, keepdims=keepdims)


def _batched_logsumexp(batched: tuple[bool, ...], x: Array, axis: Shape, keepdims: bool) -> Array:
    return bind(LOGSUMEXP, (x,), {"axis": shifted(axis), "keepdims": keepdims})


LOGSUMEXP = General(
    name="logsumexp",
    value=_logsumexp,
    push=_push_logsumexp,
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

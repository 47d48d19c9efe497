"""Owns the rules of what runs along one axis: cumulative sums, products and extremes, and convolution."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, General, Linear, Multilinear
from chainrule.core.trace import bind
from chainrule.primitives.products import conjugate
from chainrule.primitives.shape import batch_size

CUMSUM = Linear(
    name="cumsum",
    value=lambda x, axis: np.cumsum(x, axis=axis),
    transpose=lambda ct, index, x, axis: np.flip(np.cumsum(np.flip(ct, axis), axis=axis), axis),
    rule="a term gets the sensitivity of every sum from its own on",
    batch=lambda batched, x, axis: np.cumsum(x, axis=axis + 1),
)


def _push_cumprod(out: Array, tangents: tuple[Array, ...], x: Array, axis: int) -> Array:
    """Take products of runs that double in length: no division, so that zeros need no case of their own.

    Source: Hillis and Steele (1986), "Data parallel algorithms".
    """
    x, t = np.moveaxis(x, axis, 0), np.moveaxis(tangents[0], axis, 0)
    length, step = x.shape[0], 1
    while step < length:
        before, after = x[:-step], x[step:]
        t = np.concatenate([t[:step], t[:-step] * after + before * t[step:]])
        x = np.concatenate([x[:step], before * after])
        step *= 2
    return np.moveaxis(t, 0, axis)


CUMPROD = General(
    name="cumprod",
    value=lambda x, axis: np.cumprod(x, axis=axis),
    push=_push_cumprod,
    rule="product rule",
    batch=lambda batched, x, axis: np.cumprod(x, axis=axis + 1),
)


def _push_running(out: Array, tangents: tuple[Array, ...], x: Array, axis: int) -> Array:
    """Read the tangent where the running extreme was last met; a running NaN has the tangent of the last NaN."""
    places = np.reshape(np.arange(x.shape[axis]), (-1, *(1,) * (x.ndim - axis - 1)))
    met = np.where(np.logical_or(np.equal(x, out), np.isnan(x)), places, 0)
    return np.take_along_axis(tangents[0], bind(CUMMAX, (met,), {"axis": axis}), axis=axis)


CUMMAX: General = General(
    name="cummax",
    value=lambda x, axis: np.maximum.accumulate(x, axis=axis),
    push=_push_running,
    rule="the largest element so far passes the sensitivity",
    batch=lambda batched, x, axis: bind(CUMMAX, (x,), {"axis": axis + 1}),
)
CUMMIN: General = General(
    name="cummin",
    value=lambda x, axis: np.minimum.accumulate(x, axis=axis),
    push=_push_running,
    rule="the smallest element so far passes the sensitivity",
    batch=lambda batched, x, axis: bind(CUMMIN, (x,), {"axis": axis + 1}),
)


def _batched_convolve(batched: tuple[bool, ...], x: Array, y: Array, mode: str = "full") -> Array:
    rows = range(batch_size(batched, (x, y)))
    return np.stack(
        [bind(CONVOLVE, (x[row] if batched[0] else x, y[row] if batched[1] else y), {"mode": mode}) for row in rows]
    )


def _cotangent_of_factor(ct: Array, factor: Array, other: Array, mode: str) -> Array:
    """Return the cotangent of one factor: sums over as few terms as the convolution has."""
    backward = conjugate(other)[::-1]
    if mode == "full":
        return np.convolve(ct, backward, "valid")
    if factor.shape[0] >= other.shape[0]:
        return np.convolve(ct, backward)
    return np.convolve(backward, ct, "valid")


CONVOLVE = Multilinear(
    name="convolve",
    value=lambda x, y, mode="full": np.convolve(x, y, mode),
    transposes=(
        lambda ct, x, y, mode="full": _cotangent_of_factor(ct, x, y, mode),
        lambda ct, x, y, mode="full": _cotangent_of_factor(ct, y, x, mode),
    ),
    rule="product rule, one factor at a time",
    batch=_batched_convolve,
)
"""The whole convolution of two vectors, of length n + m - 1; with the mode "valid", where they overlap wholly."""

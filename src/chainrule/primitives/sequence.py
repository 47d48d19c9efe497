"""Owns the rules of what runs along one axis: cumulative sums, products and extremes, recurrences, and convolution."""

from __future__ import annotations

import functools
import operator

import numpy as np
import scipy

from chainrule.core.primitive import Array, General, Linear, Multilinear
from chainrule.core.trace import bind
from chainrule.primitives.products import conjugate
from chainrule.primitives.shape import batch_size

_BLAS = {"f": "stbsv", "d": "dtbsv", "F": "ctbsv", "D": "ztbsv"}
"""BLAS's solution of a system with a triangular band, by the type of its numbers."""
FEW = 25
"""Convolutions of so many terms in each sum, or of so many sums, are written out in native code: loops of more would be cut into
several, and take a second to compile."""

CUMSUM = Linear(
    name="cumsum",
    value=lambda x, axis: np.cumsum(x, axis=axis),
    transpose=lambda ct, index, x, axis: np.flip(np.cumsum(np.flip(ct, axis), axis=axis), axis),
    rule="a term gets the sensitivity of every sum from its own on",
    batch=lambda batched, x, axis: np.cumsum(x, axis=axis + 1),
)


def _recurrence(x: Array, factors: Array, axis: int) -> Array:
    """Compute one element after the other: products of runs of factors may overflow where no element does."""
    out = np.array(x, np.result_type(x, factors))
    if not out.size:
        return out
    rows, by = np.moveaxis(out, axis, 0), np.moveaxis(factors, axis, 0)
    if len(rows) <= rows[0].size or out.dtype.char not in _BLAS:
        for place in range(1, len(rows)):
            rows[place] += by[place - 1] * rows[place - 1]
        return out
    solve = getattr(scipy.linalg.blas, _BLAS[out.dtype.char])
    system = np.ones((2, len(rows)), out.dtype, order="F")  # its diagonal, and what is below it
    for beside in np.ndindex(rows.shape[1:]):
        line = (slice(None), *beside)
        np.negative(by[line], out=system[1, :-1])
        rows[line] = solve(1, system, rows[line], lower=1, diag=1)
    return out


def _first(x: Array, axis: int) -> Array:
    """Return the first row along an axis."""
    return x[(*(slice(None),) * axis, slice(0, 1))]


def _rest(x: Array, axis: int) -> Array:
    """Return all rows but the first."""
    return x[(*(slice(None),) * axis, slice(1, None))]


def _begin(x: Array, axis: int) -> Array:
    """Return all rows but the last."""
    return x[(*(slice(None),) * axis, slice(0, -1))]


def _push_recurrence(
    out: Array, tangents: tuple[Array | None, Array | None], x: Array, factors: Array, axis: int
) -> Array:
    moved, factors_moved = tangents
    if factors_moved is not None:
        share = factors_moved * _begin(out, axis)
        share = np.concatenate([np.zeros_like(_first(out, axis)), share], axis=axis)
        moved = share if moved is None else moved + share
    return bind(RECURRENCE, (moved, factors), {"axis": axis})


def _backward(ct: Array, factors: Array, axis: int) -> Array:
    """Return the cotangent of `x` in a recurrence, which is one from the last element to the first."""
    turned = np.flip(ct, axis), np.flip(conjugate(factors), axis)
    return np.flip(bind(RECURRENCE, turned, {"axis": axis}), axis)


def _pull_recurrence(out: Array, ct: Array, x: Array, factors: Array, axis: int) -> tuple[Array, Array]:
    total = _backward(ct, factors, axis)
    return total, _rest(total, axis) * conjugate(_begin(out, axis))


def _batched_recurrence(batched: tuple[bool, bool], x: Array, factors: Array, axis: int) -> Array:
    rows = batch_size(batched, (x, factors))
    x, factors = (
        each if is_batched else np.broadcast_to(each, (rows, *each.shape))
        for each, is_batched in zip((x, factors), batched, strict=True)
    )
    return bind(RECURRENCE, (x, factors), {"axis": axis + 1})


RECURRENCE: General = General(
    name="recurrence",
    value=_recurrence,
    push=_push_recurrence,
    # Transposing the push would need a recurrence that is linear in `x` alone; this is that transpose, written down.
    pull=_pull_recurrence,
    rule="an element moves with the one before it, times the factor between them",
    batch=_batched_recurrence,
)
"""out[0] = x[0], out[k] = x[k] + factors[k - 1] * out[k - 1]: there is one factor less than there are elements."""


def _before(out: Array, axis: int) -> Array:
    """Return the products of what stands before each element: no division, so that zeros need no case of their own."""
    return np.concatenate([np.ones_like(_first(out, axis)), _begin(out, axis)], axis=axis)


def _push_cumprod(out: Array, tangents: tuple[Array, ...], x: Array, axis: int) -> Array:
    return bind(RECURRENCE, (tangents[0] * _before(out, axis), _rest(x, axis)), {"axis": axis})


def _pull_cumprod(out: Array, ct: Array, x: Array, axis: int) -> tuple[Array, ...]:
    return (_backward(ct, _rest(x, axis), axis) * conjugate(_before(out, axis)),)


CUMPROD = General(
    name="cumprod",
    value=lambda x, axis: np.cumprod(x, axis=axis),
    push=_push_cumprod,
    pull=_pull_cumprod,  # the transposed recurrence would give the factors a share too, which is not asked for
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


def _convolution_of_few(x: Array, y: Array, mode: str = "full") -> Array:
    """Return a convolution as a sum of shifted vectors, or as sums of products, where these are few: they are one loop."""
    if np.result_type(x, y).char not in _BLAS:
        return NotImplemented
    x, y = (x, y) if x.shape[0] >= y.shape[0] else (y, x)
    length, size = x.shape[0], y.shape[0]
    count = length - size + 1
    if size <= FEW:
        within = _sum([x[size - 1 - place : length - place] * y[place] for place in range(size)])
        if mode == "valid" or size == 1:
            return within
        # The ends, where they overlap in part: padded last, since beyond the end of a vector there is no NaN.
        first = _sum([np.pad(x[: size - 1 - place] * y[place], (place, 0)) for place in range(size - 1)])
        last = _sum([np.pad(x[length - place :] * y[place], (0, size - 1 - place)) for place in range(1, size)])
        return np.concatenate([first, within, last])
    if count <= FEW and mode == "valid":
        backward = np.flip(y)
        return np.stack([np.sum(x[place : place + size] * backward) for place in range(count)])
    return NotImplemented


def _sum(parts: list[Array]) -> Array:
    return functools.reduce(operator.add, parts)


CONVOLVE = Multilinear(
    name="convolve",
    value=lambda x, y, mode="full": np.convolve(x, y, mode),
    transposes=(
        lambda ct, x, y, mode="full": _cotangent_of_factor(ct, x, y, mode),
        lambda ct, x, y, mode="full": _cotangent_of_factor(ct, y, x, mode),
    ),
    rule="product rule, one factor at a time",
    batch=_batched_convolve,
    expansion=_convolution_of_few,
)
"""The whole convolution of two vectors, of length n + m - 1; with the mode "valid", where they overlap wholly."""

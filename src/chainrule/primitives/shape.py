"""Owns the rules of operations that move, copy, cast and join elements without computing with them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Linear, Piecewise
from chainrule.core.trace import Traced, bind
from chainrule.primitives.steps import STEP

Shape = tuple[int, ...]
MOVES = "moving elements moves their sensitivities back"


def unbroadcast(ct: Array, shape: Shape) -> Array:
    """Sum `ct` down to `shape`, from which it was broadcast.

    Ones that assignment dropped in front of a shape are put back: `x[0] = v` takes `v` of shape (1, 3) for a row of 3.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    """
    # Hot path: benchmarks/test_eager.py
    ct_shape = getattr(ct, "shape", ())
    if ct_shape == shape:
        return ct
    leading = len(ct_shape) - len(shape)
    if leading < 0:
        padded = (1,) * -leading + ct_shape
        return np.reshape(unbroadcast(np.reshape(ct, padded), shape), shape)
    axes = tuple(
        axis for axis, size in enumerate(ct_shape) if axis < leading or (size != 1 and shape[axis - leading] == 1)
    )
    if type(ct) is np.ndarray:
        total = np.add.reduce(ct, axis=axes)
        return total.reshape(shape) if shape else total
    total = np.sum(ct, axis=axes)
    return total if total.shape == shape else np.reshape(total, shape)


def reshaped(x: Array, shape: Shape) -> Array:
    """Return what np.reshape does, which takes most of its time to find the method of an array."""
    return x.reshape(shape) if type(x) is np.ndarray else np.reshape(x, shape)


def aligned(x: Array, batched: bool, ndim: int) -> Array:
    """Insert axes behind a leading batch axis until `x` has `ndim` axes besides it, so that it broadcasts."""
    shape = np.shape(x)
    if not batched or len(shape) == ndim + 1:
        return x
    return np.reshape(x, (shape[0], *(1,) * (ndim + 1 - len(shape)), *shape[1:]))


def aligned_together(batched: Sequence[bool], operands: Sequence[Array]) -> list[Array]:
    """Return operands that broadcast behind their batch axes as the members of the batch broadcast."""
    ndims = [np.ndim(each) - flag for flag, each in zip(batched, operands, strict=True)]
    ndim = max(ndims)
    return [
        each if own == ndim else aligned(each, flag, ndim)
        for flag, each, own in zip(batched, operands, ndims, strict=True)
    ]


def with_batch(x: Array, batched: bool, size: int) -> Array:
    """Return `x` with a leading batch axis of length `size`."""
    return x if batched else np.broadcast_to(x, (size, *np.shape(x)))


def batch_size(batched: tuple[bool, ...], operands: tuple[Array, ...]) -> int:
    """Return the length of the batch axis."""
    return next(int(np.shape(operand)[0]) for flag, operand in zip(batched, operands, strict=True) if flag)


RESHAPE = Linear(
    name="reshape",
    value=reshaped,
    transpose=lambda ct, index, x, shape: reshaped(ct, np.shape(x)),
    rule=MOVES,
    batch=lambda batched, x, shape: np.reshape(x, (np.shape(x)[0], *shape)),
)


def _transpose_back(ct: Array, index: int, x: Array, axes: Shape) -> Array:
    inverse = [0] * len(axes)
    for place, axis in enumerate(axes):
        inverse[axis] = place
    return ct.transpose(inverse)


TRANSPOSE = Linear(
    name="transpose",
    value=lambda x, axes: x.transpose(axes),
    transpose=_transpose_back,
    rule=MOVES,
    batch=lambda batched, x, axes: np.transpose(x, (0, *(axis + 1 for axis in axes))),
)


def _batched_broadcast(batched: tuple[bool, ...], x: Array, shape: Shape) -> Array:
    return np.broadcast_to(aligned(x, True, len(shape)), (np.shape(x)[0], *shape))


BROADCAST_TO = Linear(
    name="broadcast_to",
    value=lambda x, shape: np.broadcast_to(x, shape),
    transpose=lambda ct, index, x, shape: unbroadcast(ct, np.shape(x)),
    rule="an element that is used several times gets the sum of the sensitivities",
    batch=_batched_broadcast,
)


def _concatenate(*arrays: Array, axis: int) -> Array:
    return np.concatenate(arrays, axis=axis)


def _pieces(ct: Array, *arrays: Array, axis: int) -> list[Array]:
    before = (slice(None),) * axis
    stops = itertools.accumulate((np.shape(array)[axis] for array in arrays), initial=0)
    return [ct[(*before, slice(start, stop))] for start, stop in itertools.pairwise(stops)]


def _batched_concatenate(batched: tuple[bool, ...], *arrays: Array, axis: int) -> Array:
    size = batch_size(batched, arrays)
    return np.concatenate([with_batch(x, flag, size) for flag, x in zip(batched, arrays, strict=True)], axis=axis + 1)


CONCATENATE = Linear(
    name="concatenate",
    value=_concatenate,
    transpose=lambda ct, index, *arrays, axis: _pieces(ct, *arrays, axis=axis)[index],
    transposes=_pieces,
    rule=MOVES,
    batch=_batched_concatenate,
)


def _unpad(ct: Array, index: int, x: Array, widths: tuple[tuple[int, int], ...]) -> Array:
    return ct[tuple(slice(before, before + size) for (before, _), size in zip(widths, np.shape(x), strict=True))]


PAD = Linear(
    name="pad",
    value=lambda x, widths: np.pad(x, widths),
    transpose=_unpad,
    rule=MOVES,
    batch=lambda batched, x, widths: np.pad(x, ((0, 0), *widths)),
)
"""Zeros around an array: `widths` is a (before, after) pair for each axis."""

_BACKWARD = slice(None, None, -1)


def _flipped(x: Array, axis: Shape) -> Array:
    return x[tuple(_BACKWARD if place in axis else slice(None) for place in range(x.ndim))]


FLIP: Linear = Linear(
    name="flip",
    value=_flipped,
    transpose=lambda ct, index, x, axis: bind(FLIP, (ct,), {"axis": axis}),
    rule=MOVES,
    batch=lambda batched, x, axis: np.flip(x, tuple(each + 1 for each in axis)),
)


def _rolled(x: Array, shift: Shape, axis: Shape) -> Array:
    """Return what np.roll does, which takes several times as long over arguments as over a small array."""
    for by, place in zip(shift, axis, strict=True):
        cut = -by % (x.shape[place] or 1)
        before = (slice(None),) * place
        x = np.concatenate((x[(*before, slice(cut, None))], x[(*before, slice(0, cut))]), axis=place)
    return x


ROLL: Linear = Linear(
    name="roll",
    value=_rolled,
    transpose=lambda ct, index, x, shift, axis: bind(
        ROLL, (ct,), {"shift": tuple(-each for each in shift), "axis": axis}
    ),
    rule=MOVES,
    batch=lambda batched, x, shift, axis: np.roll(x, shift, tuple(each + 1 for each in axis)),
)


def cast(x: Array, dtype: Any) -> Array:
    """Return `x` as `dtype`; where that is of integers or booleans, by a step function.

    As Python objects, which NumPy calls numbers of a type of their own, traced values are what they are already.
    """
    wanted = np.dtype(dtype)
    if getattr(x, "dtype", None) == wanted or (wanted.hasobject and isinstance(x, Traced)):
        return x
    return bind(ASTYPE if wanted.kind in "fc" else TRUNCATE, (x,), {"dtype": wanted})


def _astype(x: Array, dtype: np.dtype[Any]) -> Array:
    return np.asarray(x).astype(dtype)


def _cast_back(ct: Array, index: int, x: Array, dtype: np.dtype[Any]) -> Array:
    wanted = np.result_type(x)
    if np.result_type(ct).kind == "c" and wanted.kind != "c":
        ct = np.real(ct)
    return cast(ct, wanted) if wanted.kind in "fc" else ct


ASTYPE = Linear(
    name="astype",
    value=_astype,
    transpose=_cast_back,
    rule="a change of precision keeps the sensitivity",
    batch=lambda batched, x, dtype: cast(x, dtype),
)
TRUNCATE = Piecewise(
    name="truncate",
    value=_astype,
    rule=STEP,
    batch=lambda batched, x, dtype: cast(x, dtype),
)
"""A cast to integers or booleans."""


def _not_taken(ct: Array, index: int, x: Array, y: Array, condition: Array) -> Array:
    # A choice, not a product: an infinite or undefined cotangent of the other branch stays out.
    chosen = np.where(condition, ct, 0) if index == 0 else np.where(condition, 0, ct)
    return unbroadcast(chosen, np.shape((x, y)[index]))


def _batched_where(batched: tuple[bool, ...], *operands: Array) -> Array:
    x, y, condition = aligned_together(batched, operands)
    return np.where(condition, x, y)


WHERE = Linear(
    name="where",
    value=lambda x, y, condition: np.where(condition, x, y),
    transpose=_not_taken,
    linear_in=2,
    rule="the chosen operand passes the sensitivity",
    batch=_batched_where,
)
"""`np.where(condition, x, y)`, with the operands in which it is linear first."""


def size_of(shape: Shape, axes: Shape) -> int:
    """Return how many elements lie along `axes`."""
    return math.prod(shape[axis] for axis in axes)

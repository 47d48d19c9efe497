"""Owns what np.pad does with traced arrays, in each of its modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.errors import NoRuleError
from chainrule.primitives.shape import PAD, WHERE, cast
from chainrule.tracing.numpy_functions.arguments import one_axis
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where

Width = tuple[int, int]

# What reads other elements at the border, by NumPy's mode.
_BORDER_MODES = ("edge", "reflect", "symmetric", "wrap")
# What computes the border from the elements, linearly up to a constant.
_AFFINE_MODES = ("reflect", "symmetric", "linear_ramp")
_NUMPYS: Callable[..., Any] = np.pad  # its modes are text, which its types want to be literal
_STATISTICS: dict[str, Callable[..., Array]] = {
    "maximum": np.max, "minimum": np.min, "median": np.median, "mean": np.mean,
}  # fmt: skip


def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Array:
    """np.pad."""
    x = as_array(array)
    if isinstance(pad_width, dict):
        named = {one_axis(axis, x.ndim, "pad"): width for axis, width in pad_width.items()}
        pad_width = [named.get(axis, 0) for axis in range(x.ndim)]
        pad_width = [(each, each) if isinstance(each, int) else each for each in pad_width]
    if not x.ndim:
        return np.copy(x)
    widths = tuple((int(before), int(after)) for before, after in np.broadcast_to(pad_width, (x.ndim, 2)))
    if mode == "constant":
        return _pad_constant(x, widths, options.pop("constant_values", 0))
    if mode == "empty":  # what stands at the border is for the caller to set
        return _pad_constant(x, widths, 0)
    padded = x
    for axis, width in enumerate(widths):
        if width != (0, 0):
            padded = _pad_axis(padded, axis, width, mode, options)
    return np.copy(x) if padded is x else padded


def _pad_constant(x: Array, widths: tuple[Width, ...], constants: Any) -> Array:
    padded = bind(PAD, (x,), {"widths": widths})
    if not isinstance(constants, np.ndarray | tuple | list) and constants == 0:
        return padded
    border = np.pad(np.zeros(x.shape, x.dtype), widths, constant_values=constants)
    inside = np.pad(np.ones(x.shape, dtype=bool), widths)
    return bind(WHERE, (padded, border, inside))


def _pad_axis(x: Array, axis: int, width: Width, mode: Any, options: dict[str, Any]) -> Array:
    if mode in _BORDER_MODES and options.get("reflect_type", "even") == "even":
        return np.take(x, np.pad(np.arange(x.shape[axis]), width, mode=mode), axis=axis)
    if mode in _STATISTICS and (mode != "mean" or x.dtype.kind in "fc"):
        return _pad_statistic(x, axis, width, _STATISTICS[mode], _of_axis(options.get("stat_length"), axis, x.ndim))
    if mode in _AFFINE_MODES and x.dtype.kind in "fc":
        return _pad_affine(x, axis, width, mode, options)
    spelled = f"mode={mode!r}{''.join(f', {name}={value!r}' for name, value in options.items())}"
    raise NoRuleError(f"np.pad with {spelled} has no derivative rule yet for an array of {x.dtype}{where()}")


def _of_axis(option: Any, axis: int, ndim: int) -> Any:
    """Return the (before, after) pair of one axis of an option that NumPy broadcasts to all of them."""
    return None if option is None else tuple(np.broadcast_to(option, (ndim, 2))[axis].tolist())


def _pad_statistic(x: Array, axis: int, width: Width, statistic: Callable[..., Array], lengths: Any) -> Array:
    size = x.shape[axis]
    before, after = (min(each, size) for each in (lengths or (size, size)))
    front = (slice(None),) * axis
    parts = [x]
    if width[0]:
        parts.insert(0, statistic(x[(*front, slice(before))], axis=axis, keepdims=True).repeat(width[0], axis))
    if width[1]:
        parts.append(statistic(x[(*front, slice(size - after, None))], axis=axis, keepdims=True).repeat(width[1], axis))
    return np.concatenate([cast(part, x.dtype) for part in parts], axis=axis)


def _pad_affine(x: Array, axis: int, width: Width, mode: str, options: dict[str, Any]) -> Array:
    """Take the factors by which NumPy's own np.pad makes the border of the elements from what it does with unit vectors."""
    size = x.shape[axis]
    mine = {name: _of_axis(value, axis, x.ndim) if name != "reflect_type" else value for name, value in options.items()}
    offset = _NUMPYS(np.zeros(size), width, mode=mode, **mine)
    columns = [_NUMPYS(unit, width, mode=mode, **mine) - offset for unit in np.eye(size)]
    moved = np.moveaxis(x, axis, -1)
    border = cast(_combined(moved, np.stack(columns)) + offset, x.dtype)
    inside = np.pad(np.ones(size, dtype=bool), width)
    padded = np.pad(moved, [(0, 0)] * (x.ndim - 1) + [width])
    return np.moveaxis(np.where(inside, padded, border), -1, axis)


def _combined(x: Array, factors: np.ndarray[Any, Any]) -> Array:
    """Return `x @ factors`, where each column takes few elements; one that it does not take may be NaN or infinite."""
    taken = factors != 0
    order = np.argsort(~taken, axis=0, kind="stable")
    total: Any = 0
    for places in order[: int(np.max(np.sum(taken, axis=0)))]:
        factor = np.take_along_axis(factors, places[None], 0)[0]
        total = total + np.where(factor != 0, x[..., places] * factor, 0)
    return total

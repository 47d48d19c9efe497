"""Owns what NumPy's functions of each element, and its choices among elements, do with traced arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.errors import ShapeError
from chainrule.primitives.arithmetic import IMAG, REAL
from chainrule.primitives.bessel import I0
from chainrule.primitives.comparison import CLIP
from chainrule.primitives.shape import WHERE, cast
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, is_given, refuse_out
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where as line

# Below this, sin(y) / y is read from its series: all its derivatives are right at 0 too.
SERIES = 0.1


def where(condition: Any, /, *branches: Any) -> Any:
    """np.where."""
    if not branches:
        return np.nonzero(as_array(condition))
    if len(branches) != 2:
        raise ShapeError(f"np.where takes a condition, or a condition and two operands{line()}")
    return bind(WHERE, (lift(branches[0]), lift(branches[1]), lift(condition)))


def clip(
    a: Any, a_min: Any = NO_VALUE, a_max: Any = NO_VALUE, out: Any = None, *, min: Any = NO_VALUE, max: Any = NO_VALUE
) -> Array:
    """np.clip."""
    refuse_out("clip", out)
    x = as_array(a)
    low, high = (a_min if is_given(a_min) else min), (a_max if is_given(a_max) else max)
    if is_given(low) and is_given(high):
        return bind(CLIP, (x, lift(low), lift(high)))
    if is_given(low):
        return np.maximum(x, lift(low))
    return np.minimum(x, lift(high)) if is_given(high) else np.copy(x)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Array:
    """np.nan_to_num."""
    x = as_array(x)
    if not copy and isinstance(x, Traced):
        changed: Any = x
        changed[...] = nan_to_num(x, True, nan, posinf, neginf)
        return changed
    if x.dtype.kind == "c":
        return nan_to_num(real(x), copy, nan, posinf, neginf) + 1j * nan_to_num(imag(x), copy, nan, posinf, neginf)
    if x.dtype.kind != "f":
        return x
    limits = np.finfo(x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    instead = where(np.isnan(x), nan, where(x > 0, high, low))
    return where(np.isfinite(x), x, instead.astype(x.dtype))


def sinc(x: Any) -> Array:
    """np.sinc: sin(pi x) / (pi x), and 1 at 0, where its derivatives exist too."""
    y = np.pi * as_array(x)
    is_small = np.abs(y) < SERIES
    square = np.square(np.where(is_small, y, 0.0))
    series = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))
    away = np.where(is_small, 1.0, y)
    return np.where(is_small, series, np.sin(away) / away)


def real(val: Any) -> Array:
    """np.real; that of a Python number is one."""
    z: Any = val if isinstance(val, Traced) else as_array(val)
    return bind(REAL, (z,)) if z.dtype.kind == "c" else z


def imag(val: Any) -> Array:
    """np.imag."""
    z = as_array(val)
    return bind(IMAG, (z,)) if z.dtype.kind == "c" else np.zeros_like(z)


def angle(z: Any, deg: bool = False) -> Array:
    """np.angle."""
    z = as_array(z)
    radians = np.arctan2(imag(z), real(z)) if z.dtype.kind == "c" else np.arctan2(0, z)
    return np.degrees(radians) if deg else radians


def real_if_close(a: Any, tol: float = 100) -> Array:
    """np.real_if_close."""
    z = as_array(a)
    if z.dtype.kind != "c":
        return z
    limit = tol if tol <= 1 else float(np.finfo(z.dtype).eps) * tol
    return real(z) if bool(np.all(np.abs(imag(z)) < limit)) else z


def round(a: Any, decimals: int = 0, out: Any = None) -> Array:
    """np.round: a step function."""
    refuse_out("round", out)
    x = as_array(a)
    if decimals and x.dtype.kind == "b":
        np.round(np.zeros(1, bool), decimals)  # which complains: NumPy has no product of truth values in place
    if decimals == 0 and x.dtype.kind not in "iu":
        return np.rint(x)
    factor = 10.0 ** abs(decimals)
    if x.dtype.kind in "iu":
        return np.copy(x) if decimals >= 0 else cast(np.rint(x / factor) * factor, x.dtype)
    return np.rint(x * factor) / factor if decimals > 0 else np.rint(x / factor) * factor


def fix(x: Any, out: Any = None) -> Array:
    """np.fix: towards zero."""
    refuse_out("fix", out)
    return np.trunc(lift(x))


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Array:
    """np.select."""
    if len(condlist) != len(choicelist):
        raise ShapeError(f"np.select: {len(condlist)} conditions for {len(choicelist)} choices{line()}")
    choices = [lift(each) for each in (*choicelist, default)]
    common = np.result_type(*choices)
    # Python numbers take on the type of all choices; those in pairs of them would take on less.
    *choices, result = (each if np.result_type(each) == common else cast(as_array(each), common) for each in choices)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = np.where(lift(condition), choice, result)
    return result


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **options: Any) -> Array:
    """np.piecewise: each function gets the elements that it is for, and no others."""
    x = as_array(x)
    conditions = [as_array(each) for each in condlist] if isinstance(condlist, list | tuple) else as_array(condlist)
    if not isinstance(conditions, list):
        conditions = [conditions] if conditions.ndim == x.ndim else list(conditions)
    elif conditions and all(each.ndim == 0 for each in conditions) and x.ndim:
        conditions = [as_array(conditions)]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ShapeError(f"np.piecewise: {len(funclist)} functions for {len(conditions)} conditions{line()}")
    if len(funclist) > len(conditions):
        conditions.append(np.logical_not(functools.reduce(np.logical_or, conditions)))
    shape = x.shape or (1,)
    elements, result = np.reshape(x, shape), np.zeros_like(x, shape=shape)
    for condition, function in zip(conditions, funclist, strict=True):
        mask = np.reshape(condition, shape)
        if not callable(function):
            result[mask] = function
        elif isinstance(mask, Traced) or np.any(mask):
            result[mask] = function(elements[mask], *args, **options)
    return cast(np.reshape(result, x.shape), x.dtype)


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Array:
    """np.choose."""
    refuse_out("choose", out)
    which = as_array(a)
    parts = [lift(each) for each in choices]
    count = len(parts)
    if mode == "wrap":
        which = np.remainder(which, count)
    elif mode == "clip":
        which = np.clip(which, 0, count - 1)
    elif bool(np.any(np.logical_or(which < 0, which >= count))):
        raise ShapeError(f"np.choose: an index lies outside the {count} choices{line()}")
    result = parts[-1]
    for position in range(count - 2, -1, -1):
        result = np.where(np.equal(which, position), parts[position], result)
    return result if count > 1 else np.broadcast_to(result, np.broadcast_shapes(np.shape(which), np.shape(result)))


def i0(x: Any) -> Array:
    """np.i0."""
    x = as_array(x)
    if x.dtype.kind == "c":
        np.i0(np.zeros(1, x.dtype))  # which complains
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    return cast(bind(I0, (cast(x, dtype),)), dtype)


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Array:
    """np.unwrap: the jumps that it takes out are constant."""
    x = as_array(p)
    steps = np.diff(x, axis=axis)
    half = period / 2
    wrapped = np.remainder(steps + half, period) - half
    wrapped = np.where(np.logical_and(np.equal(wrapped, -half), steps > 0), half, wrapped)
    limit = half if discont is None else discont
    jumps = np.where(np.abs(steps) < max(limit, half), 0.0, wrapped - steps)
    first = np.zeros([1 if each == axis % x.ndim else size for each, size in enumerate(x.shape)], x.dtype)
    return x + np.concatenate([first, np.cumsum(jumps, axis=axis)], axis=axis)


ELEMENTWISE: dict[Callable[..., Any], Callable[..., Any]] = {
    np.where: where,
    np.clip: clip,
    np.nan_to_num: nan_to_num,
    np.sinc: sinc,
    np.real: real,
    np.imag: imag,
    np.angle: angle,
    np.real_if_close: real_if_close,
    np.round: round,
    np.around: round,
    np.fix: fix,
    np.select: select,
    np.piecewise: piecewise,
    np.choose: choose,
    np.unwrap: unwrap,
    np.i0: i0,
}
"""NumPy's function to ours, which has the same signature."""

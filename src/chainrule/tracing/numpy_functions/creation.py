"""Owns what NumPy's functions that create or copy arrays do where a traced array is their model or an argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import as_own_array, lift, lift_constant
from chainrule.tracing.numpy_functions.operands import as_array, lying


def _filled(value: float) -> Callable[..., Array]:
    def create(
        a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None
    ) -> Array:
        return full_like(a, value, dtype, order, subok, shape)

    create.__doc__ = f"A traced constant full of {value}: traced values can be assigned into it."
    return create


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """np.full_like: traced, so that traced values can be assigned into it."""
    like, fill = as_array(a), lift(fill_value)
    wanted = like.shape if shape is None else shape
    kind = like.dtype if dtype is None else dtype
    if isinstance(fill, Traced):
        traced: Any = fill
        filled: Any = np.broadcast_to(traced.taken_as(np.dtype(kind)), wanted)
        if isinstance(filled, Traced):
            return as_own_array(copied(filled, "C"))
        fill = filled  # whole numbers have no derivative
    return lift_constant(like, np.full_like(lying(like), fill, kind, order, subok=False, shape=wanted))


def copy(a: Any, order: Any = "K", subok: bool = False) -> Array:
    """np.copy."""
    return copied(as_array(a), order)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """np.astype."""
    array = as_array(x)
    result = cast(array, dtype)
    return result.copy("K") if copy and result is array else result


# Ranges between traced ends


def _steps(num: int, endpoint: bool, start: Array, stop: Array) -> Array:
    part = np.linspace(0.0, 1.0, int(num), endpoint=endpoint)
    return part.reshape((-1, *(1,) * max(np.ndim(start), np.ndim(stop))))


def _real_precision(*ends: Array) -> Any:
    """Return the type in which NumPy divides the way between the ends: Python's numbers leave it as it is."""
    common = np.result_type(*(getattr(each, "dtype", each) for each in ends))
    return np.empty(0, common if common.kind in "fc" else np.float64).real.dtype


def _placed(values: Array, dtype: Any, axis: int) -> Array:
    if axis:
        values = np.moveaxis(values, 0, axis)
    return values if dtype is None else cast(values, dtype)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """np.linspace between traced ends."""
    first, last = lift(start), lift(stop)
    part = _steps(num, endpoint, first, last).astype(_real_precision(first, last), copy=False)
    values = _placed(first * (1 - part) + last * part, dtype, axis)
    steps = num - bool(endpoint)
    return (values, (last - first) / steps if steps > 0 else np.float64(np.nan)) if retstep else values


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Array:
    """np.logspace between traced ends."""
    bases, exponents = lift(base), linspace(start, stop, num, endpoint)
    further = max(np.ndim(bases) + 1 - exponents.ndim, 0) if np.ndim(bases) else 0
    exponents = np.reshape(exponents, (exponents.shape[0], *(1,) * further, *exponents.shape[1:]))
    return _placed(np.power(bases, exponents), dtype, axis)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Array:
    """np.geomspace between traced ends of one sign."""
    first, last = as_array(start), as_array(stop)
    return _placed(first * (last / first) ** _steps(num, endpoint, first, last), dtype, axis)


# Functions with like=: NumPy passes the model, and leaves it out of the arguments


def copied(x: Array, order: Any = "K") -> Array:
    """Return another traced array with the value of this one, to which assignments are its own."""
    return x.copy(order or "K")


def array(
    like: Traced,
    object: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    device: Any = None,
) -> Array:
    """np.array, np.asarray and their kin with like=a traced array."""
    x = lift(object)
    x = as_own_array(copied(x, order)) if isinstance(x, Traced) else lift_constant(like, np.asarray(x))
    if dtype is not None:
        x = cast(x, dtype)
    return np.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if ndmin > x.ndim else x


def asarray(
    like: Traced, a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None
) -> Array:
    """np.asarray with like=a traced array: a traced array is returned as it is."""
    x = lift(a)
    if not isinstance(x, Traced):
        return array(like, x, dtype)
    return x if dtype is None else cast(x, dtype)


def full(
    like: Traced, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None
) -> Array:
    """np.full with like=a traced array."""
    fill = as_array(fill_value)
    return full_like(like, fill, fill.dtype if dtype is None else dtype, shape=shape)


def empty(like: Traced, shape: Any, dtype: Any = float, order: str = "C", *, device: Any = None) -> Array:
    """np.empty with like=a traced array; it holds zeros."""
    return lift_constant(like, np.zeros(shape, dtype))


def _constant(function: Callable[..., Any]) -> Callable[..., Array]:
    def create(like: Traced, *args: Any, **options: Any) -> Array:
        options.pop("device", None)
        return lift_constant(like, function(*args, **options))

    create.__doc__ = f"np.{function.__name__} with like=a traced array: a traced constant."
    return create


CREATORS: dict[Callable[..., Any], Callable[..., Array]] = {
    np.array: array,
    np.asarray: asarray,
    np.asanyarray: asarray,
    np.ascontiguousarray: asarray,
    np.asfortranarray: asarray,
    np.full: full,
    np.empty: empty,
    np.zeros: _constant(np.zeros),
    np.ones: _constant(np.ones),
    np.eye: _constant(np.eye),
    np.identity: _constant(np.identity),
    np.tri: _constant(np.tri),
    np.arange: _constant(np.arange),
}
"""NumPy's functions that take like= to ours, which take the model first."""

CREATION: dict[Callable[..., Any], Callable[..., Any]] = {
    np.zeros_like: _filled(0),
    np.ones_like: _filled(1),
    np.empty_like: lambda prototype, *args, **options: _filled(0)(prototype, *args, **options),
    np.full_like: full_like,
    np.copy: copy,
    np.astype: astype,
    np.linspace: linspace,
    np.logspace: logspace,
    np.geomspace: geomspace,
}
"""NumPy's function to ours, which has the same signature."""

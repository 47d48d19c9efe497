"""Owns the methods of ufuncs (reduce, accumulate, outer, at) and the ufuncs that are no functions of each element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.errors import NoRuleError, TracingError, where
from chainrule.primitives.arithmetic import CONJUGATE
from chainrule.primitives.indexing import index_add
from chainrule.primitives.reduction import LOGSUMEXP
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.accumulation import cummax, cummin, cumprod, cumsum
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, Axis, one_axis, reduced_axes, refuse, refuse_out
from chainrule.tracing.numpy_functions.linear_algebra import LINEAR_ALGEBRA
from chainrule.tracing.numpy_functions.operands import as_array


def ufunc_method(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Call `getattr(ufunc, method)` with traced values among the inputs."""
    out = options.pop("out", None)
    refuse_out(ufunc.__name__, out[0] if isinstance(out, tuple) else out)
    match method:
        case "__call__":
            return _call(ufunc, inputs, options)
        case "reduce" if ufunc in _REDUCE:
            return _reduce(ufunc, *inputs, **options)
        case "accumulate" if ufunc in _ACCUMULATE:
            return _accumulate(ufunc, *inputs, **options)
        case "outer" if ufunc.nin == 2 and ufunc.signature is None:
            return _outer(ufunc, *inputs, **options)
        case "at" if ufunc in (np.add, np.subtract):
            return _at(ufunc, *inputs)
    raise NoRuleError(f"{_spelled(ufunc)}.{method} has no derivative rule yet{where()}")


def _spelled(ufunc: np.ufunc) -> str:
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return f"np.{name}"
    return f"scipy.special.{name}" if getattr(scipy.special, name, None) is ufunc else f"the ufunc {name}"


# Calls


def _call(ufunc: np.ufunc, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    special = _SPECIAL.get(ufunc)
    if special is not None:
        return special(*inputs, **options)
    if ufunc in LINEAR_ALGEBRA:
        return LINEAR_ALGEBRA[ufunc](*inputs, **options)
    mask = options.pop("where", True)
    if mask is not True:
        raise TracingError(
            f"np.{ufunc.__name__}(..., where=...) leaves elements unset where the mask is false; choose with "
            f"np.where(mask, np.{ufunc.__name__}(...), other) instead{where()}"
        )
    if options:
        dtype = options.pop("dtype", None)
        for harmless in ("casting", "order", "subok"):
            options.pop(harmless, None)
        refuse(ufunc.__name__, **options)
        result = ufunc(*map(lift, inputs))
        return result if dtype is None else result.astype(dtype)
    raise NoRuleError(f"{_spelled(ufunc)} has no derivative rule yet{where()}")


def _conjugate(x: Any) -> Array:
    z = as_array(x)
    if z.dtype.kind == "c":
        return bind(CONJUGATE, (z,))
    return cast(z, np.int8) if z.dtype.kind == "b" else np.copy(z)


def _divmod(x: Any, y: Any) -> tuple[Array, Array]:
    return np.floor_divide(lift(x), lift(y)), np.remainder(lift(x), lift(y))


def _modf(x: Any) -> tuple[Array, Array]:
    number = as_array(x)
    number = cast(number, np.modf.resolve_dtypes((number.dtype, None, None))[1])
    whole = np.trunc(number)
    return number - whole, whole


_SPECIAL: dict[np.ufunc, Callable[..., Any]] = {np.conjugate: _conjugate, np.divmod: _divmod, np.modf: _modf}


# Methods


def _logaddexp_reduce(x: Array, axis: Axis, keepdims: bool, initial: Any = NO_VALUE, where: Any = True) -> Array:
    x = cast(x, np.logaddexp.resolve_dtypes((x.dtype, x.dtype, None))[2])
    if where is not True:
        x = np.where(where, x, -np.inf)
    axes = reduced_axes(axis, x.ndim, "logaddexp.reduce")
    total = bind(LOGSUMEXP, (x,), {"axis": axes, "keepdims": bool(keepdims)})
    return total if initial is NO_VALUE else cast(np.logaddexp(total, initial), total.dtype)


_REDUCE: dict[np.ufunc, Callable[..., Array]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
    np.logaddexp: _logaddexp_reduce,
}
_ACCUMULATE: dict[np.ufunc, Callable[..., Array]] = {
    np.add: cumsum,
    np.multiply: cumprod,
    np.maximum: cummax,
    np.minimum: cummin,
}


def _reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Axis = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    refuse_out(f"{ufunc.__name__}.reduce", out)
    x = as_array(array)
    if dtype is not None:
        x = x.astype(dtype)
    options: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if initial is not NO_VALUE:
        options["initial"] = initial
    if where is not True:
        options["where"] = where
    return _REDUCE[ufunc](x, **options)


def _accumulate(ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Array:
    refuse_out(f"{ufunc.__name__}.accumulate", out)
    x = as_array(array)
    return _ACCUMULATE[ufunc](x, axis=one_axis(axis, x.ndim, f"{ufunc.__name__}.accumulate"), dtype=dtype)


def _outer(ufunc: np.ufunc, first: Any, second: Any, **options: Any) -> Any:
    x, y = as_array(first), as_array(second)
    return ufunc(np.reshape(x, x.shape + (1,) * y.ndim), y, **options)


def _at(ufunc: np.ufunc, target: Any, indices: Any, values: Any) -> None:
    if not isinstance(target, Traced):
        raise TracingError(
            f"np.{ufunc.__name__}.at would add traced values to a plain array, which cannot hold their derivatives; "
            f"create the array with np.zeros(n, like=x), where x is an argument of the function{where()}"
        )
    terms = lift(values)
    whole: Any = target
    whole[...] = index_add(target, indices, -terms if ufunc is np.subtract else terms)

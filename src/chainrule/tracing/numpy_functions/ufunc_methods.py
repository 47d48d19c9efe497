"""Owns the methods of ufuncs (reduce, accumulate, outer, at) and the ufuncs that are no functions of each element."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.core.trace import Traced, bind
from chainrule.errors import NoRuleError, TracingError
from chainrule.primitives.arithmetic import BINARY_EXPONENT, CONJUGATE
from chainrule.primitives.indexing import index, index_add, index_set
from chainrule.primitives.reduction import LOGSUMEXP
from chainrule.primitives.shape import cast
from chainrule.primitives.table import BY_UFUNC, of_scipy, results_of_scipy
from chainrule.tracing.lift import holds_traced, lift
from chainrule.tracing.numpy_functions.accumulation import accumulated, cummax, cummin, cumprod, cumsum
from chainrule.tracing.numpy_functions.arguments import NO_VALUE, Axis, one_axis, reduced_axes, refuse, refuse_out
from chainrule.tracing.numpy_functions.elementwise import clip
from chainrule.tracing.numpy_functions.folds import fold, fold_running, is_foldable
from chainrule.tracing.numpy_functions.linear_algebra import LINEAR_ALGEBRA
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.spellings import WITH_NUMPY, spelling_of
from chainrule.user_code import where


def ufunc_method(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Call `getattr(ufunc, method)` with traced values among the inputs."""
    out = options.pop("out", None)
    refuse_out(ufunc.__name__, out[0] if isinstance(out, tuple) else out)
    if ufunc.ntypes == 1 and method != "at" and set(ufunc.types[0]) == set("O->"):  # what np.frompyfunc makes
        return _of_python(
            getattr(ufunc, method), inputs, len(inputs) if method in ("__call__", "outer") else 1, options
        )
    match method:
        case "__call__":
            return _call(ufunc, inputs, options)
        case "reduce" if ufunc in _REDUCE or is_foldable(ufunc):
            return _reduce(ufunc, *inputs, **options)
        case "accumulate" if ufunc in _ACCUMULATE or is_foldable(ufunc):
            return _accumulate(ufunc, *inputs, **options)
        case "reduceat" if ufunc in _REDUCE or is_foldable(ufunc):
            return _reduceat(ufunc, *inputs, **options)
        case "outer" if ufunc.nin == 2 and ufunc.signature is None:
            return _outer(ufunc, *inputs, **options)
        case "at" if ufunc in (np.add, np.subtract):
            return _add_at(ufunc, *inputs)
        case "at" if ufunc in BY_UFUNC and not holds_traced(list(inputs[1:2])):
            return _at(ufunc, *inputs)
    raise NoRuleError(f"{_spelled(ufunc)}.{method} has no derivative rule yet; {WITH_NUMPY}{where()}")


def _spelled(ufunc: np.ufunc) -> str:
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return f"np.{name}"
    of_function = name.startswith("_") and hasattr(scipy.special, name[1:])  # which calls it, as lambertw does
    if of_function or getattr(scipy.special, name, None) is ufunc:
        return f"scipy.special.{name.removeprefix('_')}"
    return f"the ufunc {name}"


# Calls


def _of_python(method: Callable[..., Any], inputs: Sequence[Any], count: int, options: dict[str, Any]) -> Any:
    """Call what np.frompyfunc makes of a Python function, or a method of it, with `count` arrays in front."""
    result = method(*(np.array(lift(each), dtype=object) for each in inputs[:count]), *inputs[count:], **options)
    return lift(result) if holds_traced(result) else result


def _call(ufunc: np.ufunc, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    special = _SPECIAL.get(ufunc)
    if special is not None:
        return special(*inputs, **options)
    if ufunc in LINEAR_ALGEBRA:
        return LINEAR_ALGEBRA[ufunc](*inputs, **options)
    parts = results_of_scipy(ufunc)
    if parts is not None and not options:
        return tuple(bind(part, tuple(map(lift, inputs))) for part in parts)
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
    name = _spelled(ufunc)
    instead = spelling_of("special", name) if name.startswith("scipy") else WITH_NUMPY
    raise NoRuleError(f"{name} has no derivative rule yet; {instead}{where()}")


def masked_call(ufunc: np.ufunc, inputs: Sequence[Any], mask: Any, old: Array, options: dict[str, Any]) -> Array:
    """Return `ufunc(*inputs, where=mask, out=old)`."""
    return np.where(mask, ufunc(*moved_to_middle(ufunc, inputs, mask), **options), old)


def moved_to_middle(ufunc: np.ufunc, inputs: Sequence[Any], mask: Any) -> Sequence[Any]:
    """Return operands that are in the middle of the domain of the rule where the mask is false.

    A derivative that is infinite there would turn the zero by which it is multiplied into NaN.
    """
    primitive = BY_UFUNC.get(ufunc) or of_scipy(ufunc)
    if primitive is None:
        return inputs
    return [
        np.where(mask, each, middle if np.result_type(each).kind in "fc" else np.result_type(each).type(1))
        for each, middle in zip(map(lift, inputs), _middles(primitive), strict=True)
    ]


def _middles(primitive: Elementwise) -> list[float]:
    domains = (
        primitive.domain if isinstance(primitive.domain[0], tuple) else (primitive.domain,) * len(primitive.partials)
    )
    return [(low + high) / 2 for low, high in domains]


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
    # Of an infinity the fraction is a zero. As a remainder it keeps its sign where it is none.
    return np.where(np.isinf(number), np.copysign(0.0, number), np.fmod(number, 1)), np.trunc(number)


def _frexp(x: Any) -> tuple[Array, Array]:
    number = as_array(x)
    number = cast(number, np.frexp.resolve_dtypes((number.dtype, None, None))[1])
    exponent = bind(BINARY_EXPONENT, (number,))
    return np.ldexp(number, -exponent), exponent


_SPECIAL: dict[np.ufunc, Callable[..., Any]] = {
    np.conjugate: _conjugate,
    np.divmod: _divmod,
    np.modf: _modf,
    np.frexp: _frexp,
    sys.modules["numpy._core.umath"].__dict__["clip"]: clip,  # what the method `clip` of a plain array calls
}


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
_TESTS = (np.logical_and, np.logical_or)
_ACCUMULATE: dict[np.ufunc, Callable[..., Array]] = {
    np.add: cumsum,
    np.multiply: cumprod,
    np.maximum: cummax,
    np.minimum: cummin,
    np.logaddexp: partial(accumulated, np.logaddexp),
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
    reduce = None if ufunc in _TESTS and initial is not NO_VALUE else _REDUCE.get(ufunc)
    return fold(ufunc, x, **options) if reduce is None else reduce(x, **options)


def _accumulate(ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Array:
    refuse_out(f"{ufunc.__name__}.accumulate", out)
    x = as_array(array)
    accumulate = _ACCUMULATE.get(ufunc) or partial(fold_running, ufunc)
    return accumulate(x, axis=one_axis(axis, x.ndim, f"{ufunc.__name__}.accumulate"), dtype=dtype)


def _reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Array:
    refuse_out(f"{ufunc.__name__}.reduceat", out)
    x = as_array(array) if dtype is None else cast(as_array(array), dtype)
    x = np.moveaxis(x, axis, 0)
    starts = np.asarray(indices)
    stops = np.append(starts[1:], x.shape[0])
    if ufunc is np.add and np.all(starts < stops):
        segments = np.repeat(np.arange(starts.size), stops - starts)
        reduced = index_add(np.zeros((starts.size, *x.shape[1:]), x.dtype), segments, x[int(starts[0]) :])
    else:
        pairs = zip(starts.tolist(), stops.tolist(), strict=True)
        reduced = np.stack(
            [ufunc.reduce(x[start:stop], axis=0) if stop - start > 1 else x[start] for start, stop in pairs]
        )
    return np.moveaxis(reduced, 0, axis)


def _outer(ufunc: np.ufunc, first: Any, second: Any, **options: Any) -> Any:
    x, y = as_array(first), as_array(second)
    return ufunc(np.reshape(x, x.shape + (1,) * y.ndim), y, **options)


def _target(ufunc: np.ufunc, array: Any) -> Any:
    if not isinstance(array, Traced):
        raise TracingError(
            f"np.{ufunc.__name__}.at would write traced values into a plain array, which cannot hold their derivatives; "
            f"create the array with np.zeros(n, like=x), where x is an argument of the function{where()}"
        )
    return array


def _add_at(ufunc: np.ufunc, array: Any, indices: Any, values: Any) -> None:
    target, terms = _target(ufunc, array), lift(values)
    target[...] = index_add(target, indices, -terms if ufunc is np.subtract else terms)


def _at(ufunc: np.ufunc, array: Any, indices: Any, *values: Any) -> None:
    """Apply a ufunc to elements in place; one that is named several times takes one of its values in each turn."""
    target = _target(ufunc, array)
    places = np.arange(target.size).reshape(target.shape)[indices]
    operands = [np.ravel(np.broadcast_to(lift(each), places.shape)) for each in values]
    flat, places = np.ravel(target.copy()), np.ravel(places)
    for now in _turns(places):
        chosen = places[now]
        flat = index_set(flat, chosen, ufunc(index(flat, chosen), *(index(each, now) for each in operands)))
    target[...] = np.reshape(flat, target.shape)


def _turns(places: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Return positions in `places`, in parts within which no place is repeated: first its first mention, then its second."""
    order = np.argsort(places, kind="stable")
    in_order = places[order]
    mention = np.empty_like(order)
    mention[order] = np.arange(len(order)) - np.searchsorted(in_order, in_order)
    return [np.flatnonzero(mention == turn) for turn in range(int(mention.max(initial=-1)) + 1)]

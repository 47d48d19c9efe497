"""Owns what NumPy's questions about arrays answer for traced arrays: shapes, types, comparisons and texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.arguments import refuse_out
from chainrule.tracing.numpy_functions.operands import as_array


def shape(a: Any) -> tuple[int, ...]:
    """np.shape."""
    result: tuple[int, ...] = as_array(a).shape
    return result


def ndim(a: Any) -> int:
    """np.ndim."""
    return len(shape(a))


def size(a: Any, axis: Any = None) -> int:
    """np.size."""
    lengths = shape(a)
    axes = range(len(lengths)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(lengths[each] for each in axes)


def _typed(value: Any) -> Any:
    """Return what says of a value which type it brings along: a traced Python number brings no more than a plain one."""
    if not isinstance(value, Traced):
        return value
    number: Any = value
    return number.stands_for()() if value.is_number else getattr(value, "dtype", value)


def result_type(*arrays_and_dtypes: Any) -> Any:
    """np.result_type."""
    return np.result_type(*map(_typed, arrays_and_dtypes))


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """np.can_cast."""
    return np.can_cast(_typed(from_), to, casting)


def common_type(*arrays: Any) -> Any:
    """np.common_type."""
    return np.common_type(*(np.empty(0, as_array(each).dtype) for each in arrays))


def iscomplexobj(x: Any) -> bool:
    """np.iscomplexobj."""
    return bool(as_array(x).dtype.kind == "c")


def isrealobj(x: Any) -> bool:
    """np.isrealobj."""
    return not iscomplexobj(x)


def iscomplex(x: Any) -> Array:
    """np.iscomplex."""
    return np.not_equal(np.imag(as_array(x)), 0)


def isreal(x: Any) -> Array:
    """np.isreal."""
    return np.equal(np.imag(as_array(x)), 0)


def _of_real(function: Callable[[Any], Any], x: Any) -> Array:
    """Return an argument of a function that NumPy refuses to compute of complex numbers."""
    lifted = lift(x)
    if lifted.dtype.kind == "c":
        function(np.zeros(1, lifted.dtype))  # which complains
    return lifted


def isposinf(x: Any, out: Any = None) -> Array:
    """np.isposinf."""
    refuse_out("isposinf", out)
    return np.equal(_of_real(np.isposinf, x), np.inf)


def isneginf(x: Any, out: Any = None) -> Array:
    """np.isneginf."""
    refuse_out("isneginf", out)
    return np.equal(_of_real(np.isneginf, x), -np.inf)


def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Array:
    """np.isclose. Differences of whole numbers would overflow, so that the second ones are made real, as by NumPy."""
    x, y = lift(a), lift(b)
    y = y * 1.0 if np.result_type(y).kind in "iub" else y
    finite = np.logical_and(np.isfinite(x), np.isfinite(y))
    near = np.abs(np.where(finite, x, 0) - np.where(finite, y, 0)) <= atol + rtol * np.abs(np.where(finite, y, 0))
    result = np.where(finite, near, np.equal(x, y))
    return np.logical_or(result, np.logical_and(np.isnan(x), np.isnan(y))) if equal_nan else result


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> bool:
    """np.allclose."""
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """np.array_equal."""
    x, y = as_array(a1), as_array(a2)
    if x.shape != y.shape:
        return False
    same = np.equal(x, y)
    return bool(np.all(np.logical_or(same, np.logical_and(np.isnan(x), np.isnan(y))) if equal_nan else same))


def array_equiv(a1: Any, a2: Any) -> bool:
    """np.array_equiv."""
    try:
        same = np.equal(as_array(a1), as_array(a2))
    except ValueError:  # shapes that do not broadcast
        return False
    return bool(np.all(same))


def shares_memory(a: Any, b: Any, /, max_work: Any = None) -> bool:
    """np.shares_memory: a traced array shares it with itself and with the arrays that it is a view of."""
    return _base(a) is _base(b)


def _base(array: Any) -> Any:
    while isinstance(array, Traced) and array.origin is not None:
        array = array.origin[0]
    return array


def array_repr(arr: Any, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None) -> str:
    """np.array_repr."""
    return repr(arr)


def array_str(a: Any, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None) -> str:
    """np.array_str."""
    return str(a)


def array2string(a: Any, *args: Any, **options: Any) -> str:
    """np.array2string."""
    return str(a)


QUERIES: dict[Callable[..., Any], Callable[..., Any]] = {
    np.shape: shape,
    np.ndim: ndim,
    np.size: size,
    np.result_type: result_type,
    np.can_cast: can_cast,
    np.common_type: common_type,
    np.min_scalar_type: lambda a: as_array(a).dtype,
    np.iscomplexobj: iscomplexobj,
    np.isrealobj: isrealobj,
    np.iscomplex: iscomplex,
    np.isreal: isreal,
    np.isposinf: isposinf,
    np.isneginf: isneginf,
    np.isclose: isclose,
    np.allclose: allclose,
    np.array_equal: array_equal,
    np.array_equiv: array_equiv,
    np.shares_memory: shares_memory,
    np.may_share_memory: shares_memory,
    np.array_repr: array_repr,
    np.array_str: array_str,
    np.array2string: array2string,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns np.emath on traced arrays: functions of real numbers that are complex where an argument is outside of their domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.operands import as_array

_SINGLE = frozenset(map(np.dtype, ("f4", "i1", "i2", "u1", "u2", "c8")))


def _widened(x: Array, is_outside: Array) -> Array:
    """Return real numbers as complex ones where any of them is outside: for NumPy this is a decision on all of them."""
    if not bool(np.any(is_outside)):
        return x
    return cast(x, np.complex64 if x.dtype in _SINGLE else np.complex128)


def _from_zero(x: Any) -> Array:
    x = as_array(x)
    return x if x.dtype.kind == "c" else _widened(x, np.less(x, 0))


def _within_one(x: Any) -> Array:
    x = as_array(x)
    return x if x.dtype.kind == "c" else _widened(x, np.greater(np.abs(x), 1))


def _power(x: Any, p: Any) -> Array:
    """np.emath.power."""
    exponent = as_array(p)
    if exponent.dtype.kind in "iu" and bool(np.any(np.less(exponent, 0))):
        exponent = exponent * 1.0
    return np.power(_from_zero(x), exponent)


def _of(function: Callable[[Array], Array], read: Callable[[Any], Array]) -> Callable[[Any], Array]:
    return lambda x: function(read(x))


EXTENDED_DOMAINS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.emath.sqrt: _of(np.sqrt, _from_zero),
    np.emath.log: _of(np.log, _from_zero),
    np.emath.log2: _of(np.log2, _from_zero),
    np.emath.log10: _of(np.log10, _from_zero),
    np.emath.logn: lambda n, x: np.log(_from_zero(x)) / np.log(_from_zero(n)),
    np.emath.power: _power,
    np.emath.arccos: _of(np.arccos, _within_one),
    np.emath.arcsin: _of(np.arcsin, _within_one),
    np.emath.arctanh: _of(np.arctanh, _within_one),
}
"""NumPy's function to ours, which has the same signature."""

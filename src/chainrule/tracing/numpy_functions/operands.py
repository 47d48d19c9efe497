"""Owns how the operands of NumPy's functions are read, and how they lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, innermost
from chainrule.tracing.lift import lift


def as_array(value: Any) -> Array:
    """Return `value` lifted, and numbers as arrays without axes, as np.asarray does: they have a shape and a precision."""
    # Hot path: benchmarks/test_eager.py
    if isinstance(value, Traced):
        return value.snapshot() if value.is_number else value
    array = lift(value)
    return np.asarray(array) if isinstance(array, int | float | complex) else array


def lying(array: Any) -> np.ndarray[Any, Any]:
    """Return a plain array, one member of a batch, that lies in memory as NumPy would have this one: a view as it was read."""
    if isinstance(array, Traced) and array.origin is not None:
        source, read, _, _, memory, _ = array.origin
        is_plain = type(array.value) is np.ndarray and array.value.shape == array.owner.shape(array)
        if is_plain and not memory.assignments and not memory.is_copied:
            return np.asarray(array.value)
        return np.asarray(read(lying(source)))
    value: Any = np.asarray(innermost(array).value if isinstance(array, Traced) else array)
    batch = value.ndim - np.ndim(array)
    if batch:
        # Between the elements of one member may lie those of others, which are not there where it is alone.
        value = np.empty_like(value[(0,) * batch]) if 0 not in value.shape[:batch] else np.empty(np.shape(array))
    lies: np.ndarray[Any, Any] = value
    return lies

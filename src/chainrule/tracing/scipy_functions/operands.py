"""Owns how the operands of SciPy's functions are read: of one type, which is one of floating point."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.operands import as_array


def as_floats(*values: Any) -> tuple[Array, ...]:
    """Return arrays of the floating-point type of all values together, to which numbers of Python's add none of their own."""
    values = tuple(map(lift, values))
    dtype = np.result_type(*map(_type_of, values))
    if dtype.kind not in "fc":
        dtype = np.result_type(dtype, np.float64)
    return tuple(cast(as_array(value), dtype) for value in values)


def _type_of(value: Any) -> Any:
    if isinstance(value, Traced) and value.is_number:
        return value.value.dtype.type(0).item()
    return value if isinstance(value, bool | int | float | complex) else value.dtype

"""Owns how the operands of NumPy's functions of linear algebra are read."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.tracing.lift import lift


def as_array(value: Any) -> Array:
    """Return `value` lifted, and numbers as arrays without axes, as np.asarray does: they have a shape and a precision."""
    # Hot path: benchmarks/test_eager.py
    if isinstance(value, Traced):
        return value.snapshot() if value.is_number else value
    array = lift(value)
    return np.asarray(array) if isinstance(array, int | float | complex) else array

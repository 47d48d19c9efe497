"""Owns which of Python's numbers stands for an element, as `x.item()` gives it: a float, complex, int or bool."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.primitives.shape import cast

_WIDEST = {"f": np.float64, "c": np.complex128, "i": np.int64, "u": np.int64, "b": np.bool_}
"""By kind of elements, the type whose numbers Python's are."""


def as_python_number(element: Any) -> Any:
    """Return a traced element as the number that Python has of its kind; what is not traced as it is."""
    if not isinstance(element, Traced) or element.value.dtype == np.uint64:  # which an int64 may not hold
        return element
    return element.owner.as_number(cast(element, _WIDEST[element.value.dtype.kind]))

"""Owns how numbers and arrays are written in tables, in HTML and in JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

SHOWN_ENTRIES = 4
"""Arrays of up to this many entries are written out; of larger ones the shape is."""
MOST_ENTRIES = 1000
"""Arrays of up to this many entries go into data entry by entry."""


def figure(value: Any) -> str:
    """Return a number with six digits, a short array with four, a long one by its shape.

    >>> figure(2), figure(-0.0123456789), figure(np.array([1.0, 0.5])), figure(np.zeros((2, 3)))
    ('2.0', '-0.0123457', '[1.0, 0.5]', 'array 2×3')
    """
    if isinstance(value, tuple):
        return f"({', '.join(figure(part) for part in value)})"
    array = np.asarray(value)
    if array.ndim == 0:
        return _number(array.item(), 6)
    if array.ndim == 1 and array.size <= SHOWN_ENTRIES:
        return f"[{', '.join(_number(entry, 4) for entry in array.tolist())}]"
    return f"array {'×'.join(map(str, array.shape))}"


def short_figure(value: Any) -> str:
    """Return a number or a short array as `figure` does, a large one by its shape and norm.

    >>> short_figure(np.array([[3.0, 4.0]]))
    '1×2, norm 5.0'
    """
    array = None if isinstance(value, tuple) else np.asarray(value)
    if array is None or array.ndim == 0 or (array.ndim == 1 and array.size <= SHOWN_ENTRIES):
        return figure(value)
    with np.errstate(all="ignore"):
        return f"{'×'.join(map(str, array.shape))}, norm {_number(float(np.linalg.norm(array.ravel())), 4)}"


def summary(value: Any) -> Any:
    """Return a value; an array of more than a thousand entries by its shape and norm, for data that is sent about."""
    if isinstance(value, tuple):
        return tuple(summary(part) for part in value)
    if np.size(value) <= MOST_ENTRIES:
        return value
    with np.errstate(all="ignore"):
        return {"shape": list(np.shape(value)), "norm": float(np.linalg.norm(np.ravel(value)))}


def factor(value: Any) -> str:
    """Return a number as it stands in a product: in brackets where it has a sign."""
    written = figure(value)
    return f"({written})" if written.startswith("-") or "j" in written else written


def _number(value: Any, digits: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        return str(value)
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    written = f"{value:.{digits}g}"
    return written if any(mark in written for mark in ".en") else f"{written}.0"


def json_safe(value: Any) -> Any:
    """Return numbers, arrays and containers as JSON can hold them; what is not finite or complex becomes text.

    >>> json_safe((np.array([1.0, np.inf]), 2 + 1j))
    [[1.0, 'inf'], '(2+1j)']
    """
    if isinstance(value, np.ndarray | np.generic):
        return json_safe(value.tolist())
    if isinstance(value, dict):
        return {str(key): json_safe(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(part) for part in value]
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)

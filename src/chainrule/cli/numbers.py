"""Owns how numbers and points are written in the output of commands."""

from __future__ import annotations

from typing import Any

import numpy as np

SHOWN_ENTRIES = 6


def fixed(value: Any) -> str:
    """Return a number with four decimals, in powers of ten where these would not show it; an array entry by entry.

    >>> fixed(4.0), fixed(0.53687), fixed(0.0), fixed(1.5e-7), fixed(-2e30)
    ('4.0000', '0.5369', '0.0000', '1.5000e-07', '-2.0000e+30')
    """
    array = np.asarray(value)
    if array.ndim:
        entries = [fixed(entry) for entry in array.ravel()[:SHOWN_ENTRIES]]
        more = f", … {array.size} in all" if array.size > SHOWN_ENTRIES else ""
        return f"[{', '.join(entries)}{more}]"
    number = float(array) + 0.0  # no minus sign before 0
    plain = number == 0 or 5e-5 <= abs(number) < 1e7 or not np.isfinite(number)
    return f"{number:.4f}" if plain else f"{number:.4e}"


def short(value: Any) -> str:
    """Return a number with ten digits, an array as NumPy writes it.

    >>> short(13.0), short(0.1 + 0.2), short(np.array([1.0, 2.0]))
    ('13', '0.3', '[1., 2.]')
    """
    if np.ndim(value):
        return np.array2string(np.asarray(value), separator=", ", threshold=50)
    return f"{float(value) + 0.0:.10g}"


def assignments(values: dict[str, Any]) -> str:
    """Return a point as it is typed.

    >>> assignments({"x": 1.0, "y": 2.5})
    'x = 1, y = 2.5'
    """
    return ", ".join(f"{name} = {short(value)}" for name, value in values.items())

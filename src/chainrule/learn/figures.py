"""Owns how a figure travels to the browser: long arrays as base64 of single-precision numbers, the rest as JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.plots import Picture
from chainrule.plots.backend import plain

LONG = 1000
"""An array of at least so many numbers is packed: a contour figure has 10,000 of them, and is four times smaller so."""


def drawn(picture: Picture, is_dark: bool) -> Any:
    """Return the figure as Dash's Graph takes it.

    >>> from chainrule import plots
    >>> figure = drawn(plots.contour(lambda v: v[0] * v[1], (-1, 1), (-1, 1)), is_dark=False)
    >>> {name: figure["data"][0]["z"][name] for name in ("dtype", "shape")}
    {'dtype': 'f4', 'shape': '101, 101'}
    """
    return plain(_packed(picture.figure(is_dark)))


def _packed(value: Any) -> Any:
    """Return nested data with its long arrays in Plotly's form for typed arrays; seven digits are more than a screen shows."""
    if isinstance(value, Mapping):
        return {key: _packed(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(part) for part in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size >= LONG:
        with np.errstate(over="ignore"):
            single = np.ascontiguousarray(value, dtype="<f4")
        shape = {} if value.ndim == 1 else {"shape": ", ".join(map(str, value.shape))}
        return {"dtype": "f4", "bdata": base64.b64encode(single.tobytes()).decode(), **shape}
    return value

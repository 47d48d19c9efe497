"""Owns the one import of Plotly, and of kaleido through it; both are imported when a figure is first shown or written."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import MissingPackageError


def plain(value: Any) -> Any:
    """Return nested data as lists, dicts, strings and numbers that JSON can hold: what is not finite is a gap, None."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def json_text(figure: Mapping[str, Any]) -> str:
    """Return a figure as JSON text."""
    return json.dumps(plain(figure), allow_nan=False)


def html_part(figure: Mapping[str, Any]) -> str:
    """Return a figure as a part of a page, with Plotly's script in it."""
    module = _plotly("plotly.io")
    text: str = module.to_html(
        plain(figure), full_html=False, include_plotlyjs=True, validate=False, config={"displaylogo": False}
    )
    return text


def image(figure: Mapping[str, Any], ending: str) -> bytes:
    """Return a figure as a picture file."""
    module = _plotly("plotly.io")
    try:
        importlib.import_module("kaleido")
    except ImportError as error:
        raise MissingPackageError(
            f"writing .{ending} needs the package kaleido: pip install kaleido; .html and .json need nothing more"
        ) from error
    try:
        data: bytes = module.to_image(plain(figure), format=ending, width=900, height=600, validate=False)
    except (RuntimeError, ValueError, OSError) as error:
        raise MissingPackageError(
            f"kaleido could not write .{ending} ({str(error).splitlines()[0]:.120}); it draws with a Chromium or Chrome "
            "that is installed; .html and .json need none"
        ) from error
    return data


def show(figure: Mapping[str, Any]) -> None:
    """Open a figure in the notebook, or in the browser."""
    _plotly("plotly.io").show(plain(figure), validate=False)


def _plotly(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            "showing or writing a figure needs the package plotly: pip install 'chainrule[plots]'; its data are in "
            ".figure() without it"
        ) from error

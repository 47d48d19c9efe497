"""Owns the record of a value that was declared constant: derivatives stop there."""

from __future__ import annotations

from chainrule.core.primitive import Piecewise

STOP_GRADIENT = Piecewise(
    name="stop_gradient",
    value=lambda x: x,
    rule="declared constant",
    batch=lambda batched, x: x,
    expansion=lambda x: x,
)

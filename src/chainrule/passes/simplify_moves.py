"""Owns how operations that only move elements are simplified."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.shape import BROADCAST_TO, RESHAPE, TRANSPOSE


def reshape(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Reshape once, and not at all into the same shape."""
    (x,) = operands
    if x.shape == shape:
        return x
    if x.primitive is RESHAPE:
        return s.reshape(x.operands[0], shape)
    number = uniform(x)
    if number is not None and x.shape:
        return s.terms.constant(np.broadcast_to(np.asarray(number), shape))
    return None


def transpose(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Transpose once, and not at all into the same order."""
    (x,), axes = operands, parameters["axes"]
    if tuple(axes) == tuple(range(len(axes))):
        return x
    if x.primitive is TRANSPOSE:
        inner = x.parameters["axes"]
        return s.apply(TRANSPOSE, x.operands, {"axes": tuple(inner[axis] for axis in axes)}, shape, dtype)
    return None


def broadcast(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Broadcast once, and not at all into the same shape."""
    (x,) = operands
    if x.shape == shape:
        return x
    if x.primitive is BROADCAST_TO:
        return s.broadcast(x.operands[0], shape)
    return None


def index(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return x where all of it is taken, and the number that is everywhere."""
    if len(operands) > 1:
        return None
    (x,), template = operands, parameters["template"]
    entries = template if isinstance(template, tuple) else (template,)
    if shape == x.shape and all(
        entry is Ellipsis or (type(entry) is slice and entry.step in (None, 1)) for entry in entries
    ):
        return x  # a slice of the same length, taken forward, is the whole axis
    if x.primitive is BROADCAST_TO and not x.operands[0].shape:
        return s.broadcast(x.operands[0], shape)
    return None


def index_set(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Return what is assigned where it replaces everything."""
    if len(operands) > 2:
        return None
    x, v = operands
    template = parameters["template"]
    whole = template is Ellipsis or template == FULL
    return s.like(v, shape, dtype) if whole and v.shape == shape and x.dtype == dtype else None

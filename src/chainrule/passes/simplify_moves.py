"""Owns how operations that only move elements are simplified."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term, uniform
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX
from chainrule.primitives.shape import BROADCAST_TO, CONCATENATE, RESHAPE, TRANSPOSE


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


def roll(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Join two slices along each axis that is rolled."""
    (x,) = operands
    for shift, axis in zip(parameters["shift"], parameters["axis"], strict=True):
        axis, length = axis % len(shape), shape[axis]
        edge = -shift % length if length else 0
        if edge:
            parts = [_part(s, x, axis, slice(edge, None), length - edge), _part(s, x, axis, slice(None, edge), edge)]
            x = s.apply(CONCATENATE, parts, {"axis": axis}, shape, dtype)
    return x


def _part(s: Simplifier, x: Term, axis: int, part: slice, length: int) -> Term:
    shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
    return s.apply(INDEX, (x,), {"template": (*(FULL,) * axis, part)}, shape, x.dtype)


def transpose(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Transpose once, and not at all into the same order."""
    (x,), axes = operands, parameters["axes"]
    if tuple(axes) == tuple(range(len(axes))):
        return x
    number = uniform(x)
    if number is not None:
        return s.terms.constant(np.broadcast_to(np.asarray(number), shape))
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


def concatenate(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Join what has elements; nothing need be joined with nothing."""
    parts = [each for each in operands if each.size]
    if len(parts) == len(operands):
        return None
    if len(parts) == 1 and parts[0].dtype == dtype:
        return parts[0]
    return s.apply(CONCATENATE, parts, parameters, shape, dtype)

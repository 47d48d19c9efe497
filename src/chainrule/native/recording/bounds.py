"""Owns bounds of whole numbers in a recording: an index that cannot lie outside of its axis is not checked at each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Primitive
from chainrule.passes.terms import INT64
from chainrule.primitives.arithmetic import ADD, REMAINDER, SUBTRACT
from chainrule.primitives.comparison import CLIP, MAXIMUM, MINIMUM
from chainrule.primitives.indexing import INDEX
from chainrule.primitives.order import ARGPARTITION, ARGSORT, MAX, MIN, SEARCHSORTED
from chainrule.primitives.shape import BROADCAST_TO, FLIP, RESHAPE, TRANSPOSE, WHERE

Bounds: TypeAlias = tuple[int, int]
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
ANYTHING: Bounds = (LOWEST, HIGHEST)
_DEPTH = 8
"""So many operations back bounds are looked for."""


def _maximum(x: Bounds, y: Bounds) -> Bounds:
    return max(x[0], y[0]), max(x[1], y[1])


def _minimum(x: Bounds, y: Bounds) -> Bounds:
    return min(x[0], y[0]), min(x[1], y[1])


def _remainder(x: Bounds, y: Bounds) -> Bounds:
    return (0, y[1] - 1) if y[0] > 0 else ANYTHING


_RULES: dict[Primitive, Callable[..., Bounds]] = {
    ADD: lambda x, y: (x[0] + y[0], x[1] + y[1]),
    SUBTRACT: lambda x, y: (x[0] - y[1], x[1] - y[0]),
    REMAINDER: _remainder,
    MAXIMUM: _maximum,
    MINIMUM: _minimum,
    CLIP: lambda x, low, high: _minimum(_maximum(x, low), high),
    WHERE: lambda x, y, condition: (min(x[0], y[0]), max(x[1], y[1])),
    **dict.fromkeys((MAX, MIN, RESHAPE, BROADCAST_TO, TRANSPOSE, FLIP, INDEX), lambda x, *places: x),
}
"""By operation, the bounds of its result from those of its operands; those of a result that overflows hold for nothing."""

_POSITIONS: dict[Primitive, Callable[..., Bounds]] = {
    SEARCHSORTED: lambda shape, side: (0, shape[0]),
    **dict.fromkeys((ARGSORT, ARGPARTITION), lambda shape, axis, kth=None, kind=None: (0, shape[axis] - 1)),
}
"""By operation, the bounds of positions from the shape of what they are found in."""


def bounds(node: Node, is_reference: Callable[[Any], bool], depth: int = _DEPTH) -> Bounds:
    """Return a smallest and a largest number between which all elements of a value lie, whatever the arguments are.

    is_reference: whether an array is one of the surroundings, whose elements may change.
    """
    rule = _RULES.get(node.primitive) if node.primitive is not None else None
    if node.value.dtype != INT64 or not depth:
        return ANYTHING
    if node.primitive in _POSITIONS:
        line = node.operands[0] if node.parents[0] is None else node.parents[0].value
        return _POSITIONS[node.primitive](np.shape(line), **node.parameters)
    if rule is None:
        return ANYTHING
    found = rule(*(
        _of_constant(operand, is_reference) if parent is None else bounds(parent, is_reference, depth - 1)
        for operand, parent in zip(node.operands, node.parents, strict=True)
    ))  # fmt: skip
    return found if found[0] >= LOWEST and found[1] <= HIGHEST else ANYTHING


def _of_constant(value: Any, is_reference: Callable[[Any], bool]) -> Bounds:
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or not array.size or is_reference(array):
        return ANYTHING
    return int(array.min()), int(array.max())

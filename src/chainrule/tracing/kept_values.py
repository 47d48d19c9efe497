"""Owns which large values a recorded operation keeps for its pullback: those that its rule reads, of the others the shapes.

What a partial derivative reads is seen in its code, so that nobody says it a second time. A transpose depends on the operand
whose cotangent it returns by its shape only, since the operation is linear in it, and is not given the result.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Array, Elementwise, Linear, Multilinear

LARGE = 10_000
"""Elements from which on it pays to save a temporary array, or to let go of one early."""


def keep_what_is_read(node: Node) -> None:
    """Leave the shapes and types of those large arrays of a node that its pullback does not read."""
    primitive, operands = node.primitive, node.operands
    count = len(operands)
    read: set[int] = set()
    if isinstance(primitive, Elementwise):
        for partial, parent in zip(primitive.partials, node.parents, strict=True):
            if partial is not None and parent is not None:
                places = places_read(partial)
                read.update(range(count + 1) if places is None else places)
    elif isinstance(primitive, Linear):
        read.update(() if primitive.linear_in is None else range(primitive.linear_in + 1, count + 1))
    elif isinstance(primitive, Multilinear):  # a factor matters to the cotangents of the others
        moving = [place for place, parent in enumerate(node.parents, 1) if parent is not None]
        read.update(place for place in range(1, count + 1) if moving != [place])
    else:
        return
    if 0 not in read:
        node.value = _outline(node.value)
    node.operands = [each if place in read else _outline(each) for place, each in enumerate(operands, 1)]


def _outline(value: Array) -> Array:
    """Return an array of the shape and the type of a large one, or of a part of one, in the memory of one element."""
    if type(value) is not np.ndarray:
        return value
    whole = value.base if isinstance(value.base, np.ndarray) else value
    return _blank(value.shape, value.dtype) if max(value.size, whole.size) > LARGE else value


@lru_cache(maxsize=64)
def _blank(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    return np.broadcast_to(np.zeros((), dtype), shape)


@cache
def places_read(partial: Callable[..., Any]) -> frozenset[int] | None:
    """Return the places of the parameters that the code of a function reads; None where that is not seen.

    >>> sorted(places_read(lambda out, x, y: y * 2))
    [2]
    """
    code = getattr(partial, "__code__", None)
    if code is None or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    named = set(code.co_cellvars)
    for instruction in dis.get_instructions(code):
        if "FAST" in instruction.opname:  # some read two at once, and name both
            argument = instruction.argval
            named.update(argument if isinstance(argument, tuple) else (argument,))
    return frozenset(place for place, name in enumerate(code.co_varnames[: code.co_argcount]) if name in named)

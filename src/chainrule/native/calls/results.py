"""Owns of what kind each result of a recorded run is: what native code is to make at later calls."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import numpy as np

from chainrule.core.graph import Node as GraphNode
from chainrule.core.trace import Traced
from chainrule.errors import TracingError
from chainrule.native.entry.plan import Array, Node, Number, Same, Scalar
from chainrule.native.recording.capture import holds_values
from chainrule.tracing.lift import lift

_NUMERIC = (Traced, np.ndarray, np.generic, float, complex)
_PLAIN = (str, bytes, int)


def as_result(leaf: Any) -> Any:
    """Return a result as native code makes it; raise where it makes none of its kind, or where it holds numbers of one call."""
    if isinstance(leaf, np.ndarray) and not isinstance(leaf, Traced):
        if type(leaf) is not np.ndarray:
            raise TracingError(f"it returns a {type(leaf).__name__}, where native code makes plain arrays")
        if not leaf.dtype.isnative:
            raise TracingError(f"it returns an array of {leaf.dtype}, which is not in the machine's byte order")
    if isinstance(leaf, _NUMERIC):
        return lift(leaf)
    if leaf is not None and not isinstance(leaf, _PLAIN) and holds_values(leaf):
        if isinstance(leaf, Coroutine):
            leaf.close()  # nobody will await this one, which Python would complain of
        raise TracingError(f"it returns a {type(leaf).__name__} that holds values which are computed")
    return leaf


def kind_of(out: Any, value: Any, numbers: bool) -> Node:
    """Return what kind a result is, given what the trace recorded and its value. numbers: all arguments are Python's."""
    if not isinstance(out, GraphNode) and not isinstance(value, np.ndarray | np.generic | float):
        return Same(value)
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiubc":
        return Same(value)
    if isinstance(out, GraphNode) and (numbers or not np.shape(value)):
        if numbers and isinstance(value, float):
            return Number()
    elif type(value) is float:
        return Number()
    return Array(value.dtype, value.shape) if np.shape(value) else Scalar(np.result_type(value))


def dtype_of(leaf: Node) -> np.dtype[Any]:
    """Return the type of a result's elements."""
    return leaf.dtype if isinstance(leaf, Array | Scalar) else np.dtype(float)


def are_alike(first: tuple[Node, ...], second: tuple[Node, ...]) -> bool:
    """Whether two runs returned results of the same kinds."""
    if len(first) != len(second):
        return False
    for one, other in zip(first, second, strict=True):
        if isinstance(one, Same) and isinstance(other, Same):
            if one.value is not other.value and not (type(one.value) is type(other.value) and one.value == other.value):
                return False
        elif one != other:
            return False
    return True


def finished(value: Any, leaf: Node) -> Any:
    """Return a result of a trace on its own: no argument and no other result shares its memory."""
    if isinstance(leaf, Same):
        return leaf.value
    if isinstance(leaf, Array):
        return np.array(value)
    return float(value) if isinstance(leaf, Number) else np.asarray(value)[()]

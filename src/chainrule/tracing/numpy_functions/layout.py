"""Owns how the elements of traced arrays lie in memory: whether reshaping one gives a view or a copy depends on that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, innermost
from chainrule.tracing.numpy_functions.operands import lying


def in_order(array: Traced, order: Any = "C") -> Traced:
    """Return an array whose elements lie as in a copy in this order: by rows, by columns, or ("A", "K") as they do."""
    # Hot path: benchmarks/test_eager.py
    value = innermost(array).value
    if type(value) is not np.ndarray or (order != "F" and value.flags.c_contiguous):
        return array
    laid: Traced = _laid_as(array, None if order in (None, "C") else np.empty_like(lying(array), order=order))
    return laid


def order_of_result(order: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Return the order, by rows or by columns, of a copy of the first argument, which may be given by its name."""
    if order == "C":
        return order
    array = args[0] if args else kwargs.get("arr", kwargs.get("array"))
    return "F" if lying(array).flags.fnc else "C"


def as_before(value: Array, before: Array) -> Array:
    """Return a value that is assigned to an array in the layout of the one before: an array stays where it is in memory."""
    # Hot path: benchmarks/test_eager.py
    new, old = (innermost(each).value if isinstance(each, Traced) else each for each in (value, before))
    if type(new) is not np.ndarray or type(old) is not np.ndarray or new.strides == old.strides:
        return value
    return _laid_as(value, np.empty_like(old)) if new.ndim > 1 and new.shape == old.shape else value


def _laid_as(value: Any, model: np.ndarray[Any, Any] | None) -> Any:
    """Return a value whose elements, behind batch axes, lie as those of a plain array without gaps, or by rows."""
    if isinstance(value, Traced):
        laid = _laid_as(value.value, model)
        return value if laid is value.value else type(value)(value.owner, laid, value.data)
    if type(value) is not np.ndarray:
        return value
    if model is None:
        return np.ascontiguousarray(value)
    batch = value.ndim - model.ndim
    axes = (*range(batch), *(batch + axis for axis in sorted(range(model.ndim), key=lambda axis: -model.strides[axis])))
    moved: Any = np.ascontiguousarray(value.transpose(axes)).transpose(np.argsort(axes)) if axes else value
    return value if moved.strides == value.strides else moved

"""Owns `t += x` of a plain array and a traced x: where one variable of a function is all that holds t, it becomes traced.

NumPy would write into t, which cannot hold a derivative. What the operator returns, Python assigns to the variable: nobody
can tell the two apart, unless the array has another name, is an element or an attribute of something, or has views.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.tracing.lift import lift_constant
from chainrule.user_code import updates_variable

_OPERATORS: dict[np.ufunc, Callable[[Any, Any], Any]] = {
    np.add: operator.iadd,
    np.subtract: operator.isub,
    np.multiply: operator.imul,
    np.true_divide: operator.itruediv,
    np.power: operator.ipow,
}


def updated_variable(ufunc: np.ufunc, inputs: Sequence[Any], outputs: Sequence[Any], frame: FrameType) -> Any:
    """Return what the variable of `t += x` becomes; None where the call of the ufunc, from a frame, is another one."""
    if ufunc not in _OPERATORS or len(inputs) != 2 or outputs[0] is not inputs[0] or type(outputs[0]) is not np.ndarray:
        return None
    array, other = inputs[0], inputs[1]
    if array.base is not None or array.dtype.kind not in "fc" or not updates_variable(frame):
        return None
    if not isinstance(other, Traced) or not np.can_cast(other.value.dtype, array.dtype, "same_kind"):
        return None
    del array
    if _references(outputs) > _OF_A_VARIABLE:
        return None
    return _OPERATORS[ufunc](lift_constant(other, outputs[0]), other)


def _references(outputs: Sequence[Any]) -> int:
    """Return how many references to an array there are, while a ufunc is asked to write into it."""
    return sys.getrefcount(outputs[0])


class _Counting:
    """Answers an operator in place with the number of references to the array."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> int:
        return _references(kwargs["out"])


def _references_of_a_variable() -> int:
    array: Any = np.zeros(1)
    array += _Counting()
    count: int = array
    return count


_OF_A_VARIABLE = _references_of_a_variable()

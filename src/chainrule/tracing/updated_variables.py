"""Owns `t += x` of a plain array and a traced x: where one variable of a function is all that holds t, it becomes traced.

NumPy would write into t, which cannot hold a derivative. What the operator returns, Python assigns to the variable: nobody
can tell the two apart, unless the array has another name, is an element or an attribute of something, or shares its memory with
another one.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

from chainrule.core.trace import Trace, Traced, owners
from chainrule.tracing.lift import lift_constant
from chainrule.user_code import updates_variable

_OPERATORS: dict[np.ufunc, Callable[[Any, Any], Any]] = {
    np.add: operator.iadd,
    np.subtract: operator.isub,
    np.multiply: operator.imul,
    np.true_divide: operator.itruediv,
    np.power: operator.ipow,
}


def updated_variable(
    ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: dict[str, Any], frame: FrameType
) -> Any:
    """Return what the variable of `t += x` becomes; None where the call of the ufunc, from a frame, is another one.

    inputs, kwargs: those that NumPy asked `__array_ufunc__` with, since copies of them would be references to t as well.
    """
    if method != "__call__" or kwargs.keys() != {"out"} or ufunc not in _OPERATORS or len(inputs) != 2:
        return None
    outputs = kwargs["out"]
    if outputs[0] is not inputs[0] or type(outputs[0]) is not np.ndarray:
        return None
    array, other = inputs[0], inputs[1]
    if array.dtype.kind not in "fc" or not updates_variable(frame):
        return None
    if not isinstance(other, Traced) or not np.can_cast(other.value.dtype, array.dtype, "same_kind"):
        return None
    del array
    traces = list(owners(other))
    if not _is_held_by_a_variable(outputs, traces):
        return None
    return _OPERATORS[ufunc](lift_constant(other, outputs[0]), other)


def _is_held_by_a_variable(outputs: Sequence[Any], traces: Sequence[Trace]) -> bool:
    """Whether nothing but one variable and these traces refers to an array, or to the memory that it is a view of."""
    if outputs[0].base is None:
        ours = sum(trace.own_references(outputs[0]) for trace in traces)
        return _references(outputs) <= _OF_A_VARIABLE + ours
    # What np.linspace and reshape return is a view of an array that nobody else has.
    if type(outputs[0].base) is not np.ndarray or outputs[0].base.base is not None:
        return False
    ours = sum(trace.own_references(outputs[0].base) for trace in traces)
    return _references(outputs) <= _OF_A_VARIABLE and _references_to_base(outputs[0]) <= _OF_A_VIEW + ours


def _references_to_base(view: np.ndarray[Any, Any]) -> int:
    return sys.getrefcount(view.base)


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
_OF_A_VIEW = _references_to_base(np.zeros(2)[:1])

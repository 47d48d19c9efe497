"""Owns traced Python numbers, which have no precision of their own: they take on that of the arrays that they meet.

NumPy computes `x * 2.0` in the precision of x. A Python number that is traced in place of 2.0 does what it does there: among
themselves Python numbers stay Python numbers, and where one meets an array it is cast to the type that NumPy would give it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import NO_PARAMETERS, bind
from chainrule.primitives import arithmetic as a
from chainrule.primitives import comparison as c
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.open_array import OpenArray
from chainrule.tracing.operators import forward, reflected
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.ufunc_calls import loop_types

Operator: TypeAlias = Callable[[Any, Any], Any]

_PYTHON = frozenset({float, int, bool, complex})
_WIDE = frozenset(map(np.dtype, ("f8", "c16", "i8", "?")))
"""The types of arrays in whose company a Python number is a float64 or complex128 all the same."""
_KINDS = {"f": float, "c": complex, "i": int, "b": bool}
_set_class = vars(object)["__class__"].__set__  # which what a traced array answers to isinstance hides


def _of_python(result: Any) -> Any:
    """Return the result of an operation among Python numbers, which no name refers to yet, as a Python number."""
    if type(result) is TracedArray:
        _set_class(result, TracedNumber)
        return result
    return result.item() if isinstance(result, np.generic) else result


def _operator(primitive: Primitive, is_reflected: bool = False) -> Operator:
    # Hot path: benchmarks/test_eager.py
    is_number = primitive not in c.STEPS
    with_others = reflected(primitive) if is_reflected else forward(primitive)

    def operator(self: Any, other: Any) -> Any:
        kind = type(other)
        owner = self.owner
        if kind in _PYTHON or (kind is TracedNumber and other.owner is owner):
            operands = (other, self) if is_reflected else (self, other)
            result = bind(primitive, operands) if owner.closed else owner.process(primitive, operands, NO_PARAMETERS)
            if type(result) is TracedArray and is_number:
                _set_class(result, TracedNumber)
                return result
            return _of_python(result) if is_number else result
        if isinstance(other, OpenArray):
            return NotImplemented  # which stays open where it is asked
        if isinstance(other, np.ndarray | np.generic | TracedArray) and kind is not TracedNumber:
            self = _in_company(self, other.dtype)
        result = with_others(self, other)
        return _of_python(result) if is_number and kind is TracedNumber else result

    return operator


def _in_company(number: Any, dtype: np.dtype[Any]) -> Any:
    """Return a traced Python number as NumPy takes it where it meets an array of this type."""
    return number if dtype in _WIDE else _in_precision(number, np.result_type(dtype, number.stands_for()()))


def _in_precision(number: Any, dtype: np.dtype[Any]) -> Any:
    """Return a traced Python number in the precision of a type; a real number stays real."""
    if dtype.kind == "c" and number.value.dtype.kind != "c":
        dtype = np.empty(0, dtype).real.dtype
    return cast(number, dtype) if dtype.kind in "fc" else number


def _in_types_of(ufunc: np.ufunc, inputs: Sequence[Any]) -> Sequence[Any]:
    """Return the operands of a ufunc with traced Python numbers in the types of the loop that NumPy would choose."""
    operands = list(map(lift, inputs))
    given = [
        each.stands_for() if type(each) is TracedNumber else type(each) if type(each) in _PYTHON else np.result_type(each)
        for each in operands
    ]  # fmt: skip
    if all(isinstance(each, type) or each in _WIDE for each in given):
        return inputs
    types = loop_types(ufunc, given)
    return [
        _in_precision(each, dtype) if type(each) is TracedNumber else each
        for each, dtype in zip(operands, types, strict=False)
    ]


class TracedNumber(TracedArray):
    """Stands for a Python number while a function is traced."""

    is_number = True
    __slots__ = ()

    __add__, __radd__ = _operator(a.ADD), _operator(a.ADD, is_reflected=True)
    __sub__, __rsub__ = _operator(a.SUBTRACT), _operator(a.SUBTRACT, is_reflected=True)
    __mul__, __rmul__ = _operator(a.MULTIPLY), _operator(a.MULTIPLY, is_reflected=True)
    __truediv__, __rtruediv__ = _operator(a.DIVIDE), _operator(a.DIVIDE, is_reflected=True)
    __floordiv__, __rfloordiv__ = _operator(a.FLOOR_DIVIDE), _operator(a.FLOOR_DIVIDE, is_reflected=True)
    __mod__, __rmod__ = _operator(a.REMAINDER), _operator(a.REMAINDER, is_reflected=True)
    __pow__, __rpow__ = _operator(a.POWER), _operator(a.POWER, is_reflected=True)
    __iadd__, __isub__, __imul__, __itruediv__ = __add__, __sub__, __mul__, __truediv__
    __ifloordiv__, __imod__, __ipow__ = __floordiv__, __mod__, __pow__
    __eq__, __ne__ = _operator(c.EQUAL), _operator(c.NOT_EQUAL)
    __lt__, __le__ = _operator(c.LESS), _operator(c.LESS_EQUAL)
    __gt__, __ge__ = _operator(c.GREATER), _operator(c.GREATER_EQUAL)

    def __hash__(self) -> int:
        return super().__hash__()

    def __neg__(self) -> Any:
        return _of_python(super().__neg__())

    def __pos__(self) -> Any:
        return _of_python(super().__pos__())

    def __abs__(self) -> Any:
        return _of_python(super().__abs__())

    def __round__(self, ndigits: int | None = None) -> Any:
        return _of_python(super().__round__(ndigits))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(each, OpenArray) for each in inputs):
            return NotImplemented
        if method == "__call__" and len(inputs) > 1 and kwargs.get("dtype") is None:
            inputs = tuple(_in_types_of(ufunc, inputs))
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if any(issubclass(each, OpenArray) for each in types):
            return NotImplemented
        if function is np.where and len(args) == 3:
            args = (args[0], *_in_types_of(np.add, args[1:]))
        elif function is np.linspace:
            args = (*_in_types_of(np.add, args[:2]), *args[2:])
        elif function is np.clip and type(args[0]) is not TracedNumber:
            dtype = np.result_type(lift(args[0]))
            args = [_in_company(each, dtype) if type(each) is TracedNumber else each for each in args]
        return super().__array_function__(function, types, args, kwargs)

    def stands_for(self) -> type:
        """Return Python's class of a plain value in this place."""
        return _KINDS[self.value.dtype.kind]


def as_number(value: Array) -> Array:
    """Return a traced value as a Python number; what is not traced as it is."""
    if not isinstance(value, TracedArray):
        return value
    return TracedNumber(value.owner, value.value, value.data)


TRACED = frozenset({TracedArray, TracedNumber})
"""The types of traced values that traces make."""

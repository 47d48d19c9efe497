"""Owns traced Python numbers, which have no precision of their own: they take on that of the arrays that they meet.

NumPy computes `x * 2.0` in the precision of x. A Python number that is traced in place of 2.0 does what it does there: among
themselves Python numbers stay Python numbers, and where one meets an array it is cast to the type that NumPy would give it.
"""

from __future__ import annotations

import operator as python
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import NO_PARAMETERS, Traced, bind
from chainrule.primitives import arithmetic as a
from chainrule.primitives import comparison as c
from chainrule.primitives import integer as i
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.open_array import OpenArray, set_class
from chainrule.tracing.operators import forward, reflected
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.ufunc_calls import loop_types
from chainrule.tracing.updated_variables import updated_variable
from chainrule.user_code import where

Operator: TypeAlias = Callable[[Any, Any], Any]
Cast: TypeAlias = Callable[[Any, np.dtype[Any]], Any]

_PYTHON = frozenset({float, int, bool, complex})
_WIDE = frozenset(map(np.dtype, ("f8", "c16", "i8", "?")))
"""The types of arrays in whose company a Python number is a float64 or complex128 all the same."""
_KINDS = {"f": float, "c": complex, "i": int, "b": bool}
_OF_ANY_SIZE = frozenset({np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.true_divide})
"""These take whole numbers that do not fit the type of the array that they meet."""
_LARGEST = np.iinfo(np.int64).max


def _of_python(result: Any, is_truth: bool = False) -> Any:
    """Return the result of an operation among Python numbers, which no name refers to yet, as a Python number."""
    if type(result) is TracedArray:
        set_class(result, TracedTruth if is_truth else TracedNumber)
        return result
    return result.item() if isinstance(result, np.generic) else result


def _operator(primitive: Primitive, is_reflected: bool = False) -> Operator:
    # Hot path: benchmarks/test_eager.py
    is_number = primitive not in c.STEPS
    whole = _fitting if is_number and primitive is not a.DIVIDE else _as_it_is
    with_others = reflected(primitive) if is_reflected else forward(primitive)

    def operator(self: Any, other: Any) -> Any:
        kind = type(other)
        owner = self.owner
        if kind in _PYTHON or (kind is TracedNumber and other.owner is owner):
            operands = (other, self) if is_reflected else (self, other)
            result = bind(primitive, operands) if owner.closed else owner.process(primitive, operands, NO_PARAMETERS)
            if type(result) is TracedArray and is_number:
                set_class(result, TracedNumber)
                return result
            return bool(result) if result.__class__ is np.bool else _of_python(result, not is_number)
        is_traced = isinstance(other, Traced)
        if is_traced and other.is_open:
            return NotImplemented  # which stays open where it is asked
        if (is_traced or isinstance(other, np.ndarray | np.generic)) and kind is not TracedNumber:
            self = _in_company(self, other.dtype, whole)
        result = with_others(self, other)
        return _of_python(result) if is_number and kind is TracedNumber else result

    return operator


def _in_company(number: Any, dtype: np.dtype[Any], whole: Cast | None = None) -> Any:
    """Return a traced Python number as NumPy takes it where it meets an array of this type."""
    if dtype in _WIDE:
        return number
    return _in_precision(number, np.result_type(dtype, number.stands_for()()), whole or _fitting)


def _in_precision(number: Any, dtype: np.dtype[Any], whole: Cast) -> Any:
    """Return a traced Python number in the precision of a type; a real number stays real. whole: what casts a whole one."""
    if dtype.kind in "iu":
        return whole(number, dtype)
    if dtype.kind == "c" and number.value.dtype.kind != "c":
        dtype = np.empty(0, dtype).real.dtype
    return cast(number, dtype) if dtype.kind in "fc" else number


def _as_it_is(number: Any, dtype: np.dtype[Any]) -> Any:
    return number


def _fitting(number: Any, dtype: np.dtype[Any]) -> Any:
    """Return a whole number in a type of whole numbers. Whether it fits is a decision; NumPy refuses what does not."""
    limits = np.iinfo(dtype)
    if number < limits.min or (limits.max < _LARGEST and number > limits.max):
        raise OverflowError(f"a Python integer is out of bounds for {dtype}{where()}")
    return cast(number, dtype)


_CHOSEN: Cast = _fitting if np.lib.NumpyVersion(np.__version__) >= "2.5.0" else cast
"""What makes a whole number one of the operands that `np.where` chooses from: before NumPy 2.5 it wrapped around."""


def _in_types_of(ufunc: np.ufunc, inputs: Sequence[Any], whole: Cast | None = None) -> Sequence[Any]:
    """Return the operands of a ufunc with traced Python numbers in the types of the loop that NumPy would choose."""
    operands = list(map(lift, inputs))
    given = [
        each.stands_for() if type(each) is TracedNumber else type(each) if type(each) in _PYTHON else np.result_type(each)
        for each in operands
    ]  # fmt: skip
    if all(isinstance(each, type) or each in _WIDE for each in given):
        return inputs
    types, whole = loop_types(ufunc, given), whole or (_as_it_is if ufunc in _OF_ANY_SIZE else _fitting)
    return [
        _in_precision(each, dtype, whole) if type(each) is TracedNumber else each
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
    __and__, __rand__ = _operator(i.BITWISE_AND), _operator(i.BITWISE_AND, is_reflected=True)
    __or__, __ror__ = _operator(i.BITWISE_OR), _operator(i.BITWISE_OR, is_reflected=True)
    __xor__, __rxor__ = _operator(i.BITWISE_XOR), _operator(i.BITWISE_XOR, is_reflected=True)
    __lshift__, __rlshift__ = _operator(i.LEFT_SHIFT), _operator(i.LEFT_SHIFT, is_reflected=True)
    __rshift__, __rrshift__ = _operator(i.RIGHT_SHIFT), _operator(i.RIGHT_SHIFT, is_reflected=True)
    __iadd__, __isub__, __imul__, __itruediv__ = __add__, __sub__, __mul__, __truediv__
    __ifloordiv__, __imod__, __ipow__ = __floordiv__, __mod__, __pow__
    __iand__, __ior__, __ixor__, __ilshift__, __irshift__ = __and__, __or__, __xor__, __lshift__, __rshift__
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

    def __invert__(self) -> Any:
        return _of_python(super().__invert__())

    def __round__(self, ndigits: int | None = None) -> Any:
        return _of_python(super().__round__(ndigits))

    def conjugate(self) -> Any:
        """Return the complex conjugate, a Python number too."""
        return _of_python(super().conjugate())

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(each, Traced) and each.is_open for each in inputs):
            return NotImplemented
        if "out" in kwargs:
            updated = updated_variable(ufunc, method, inputs, kwargs, sys._getframe(1))
            if updated is not None:
                return updated
        if method == "__call__" and len(inputs) > 1 and kwargs.get("dtype") is None:
            inputs = tuple(_in_types_of(ufunc, inputs))
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if any(issubclass(each, OpenArray) for each in types):
            return NotImplemented
        if function is np.where and len(args) == 3:
            args = (args[0], *_in_types_of(np.add, args[1:], _CHOSEN))
        elif function is np.linspace:
            args = (*_in_types_of(np.add, args[:2], _as_it_is), *args[2:])
        elif function is np.clip:  # of a number NumPy makes an array first
            first = args[0].snapshot() if isinstance(args[0], TracedNumber) else args[0]
            dtype = np.result_type(lift(first))
            args = [first, *(_in_company(each, dtype) if type(each) is TracedNumber else each for each in args[1:])]
        result = super().__array_function__(function, types, args, kwargs)
        return _of_python(result) if function in (np.real, np.imag) else result

    def taken_as(self, dtype: np.dtype[Any]) -> Array:
        """Return this number as NumPy puts it into an array of a type, which refuses whole numbers that do not fit."""
        is_whole = self.value.dtype.kind == "i" and dtype.kind in "iu" and dtype not in _WIDE
        return _fitting(self, dtype) if is_whole else super().taken_as(dtype)

    def stands_for(self) -> type:
        """Return Python's class of a plain value in this place."""
        return _KINDS[self.value.dtype.kind]


def _counted(operation: Operator, primitive: Primitive, is_reflected: bool = False) -> Operator:
    """Return the operator of a truth value: among Python numbers it counts as 0 or 1, and to NumPy it is a truth value."""
    with_others = reflected(primitive) if is_reflected else forward(primitive)

    def operator(self: Any, other: Any) -> Any:
        if primitive in _BITWISE and type(other) in _TRUTHS:
            return _of_python(with_others(self, other), is_truth=True)
        if type(other) in _PYTHON or isinstance(other, TracedNumber):
            return operation(other, _count(self)) if is_reflected else operation(_count(self), other)
        return with_others(self, other)

    return operator


def _count(truth: Any) -> Any:
    return as_number(cast(truth, np.int64))


class TracedTruth(TracedNumber):
    """Stands for True or False, as a comparison of Python numbers gives it, while a function is traced."""

    __slots__ = ()

    __add__, __radd__ = _counted(python.add, a.ADD), _counted(python.add, a.ADD, is_reflected=True)
    __sub__, __rsub__ = _counted(python.sub, a.SUBTRACT), _counted(python.sub, a.SUBTRACT, is_reflected=True)
    __mul__, __rmul__ = _counted(python.mul, a.MULTIPLY), _counted(python.mul, a.MULTIPLY, is_reflected=True)
    __truediv__, __rtruediv__ = (
        _counted(python.truediv, a.DIVIDE),
        _counted(python.truediv, a.DIVIDE, is_reflected=True),
    )
    __floordiv__, __rfloordiv__ = (
        _counted(python.floordiv, a.FLOOR_DIVIDE),
        _counted(python.floordiv, a.FLOOR_DIVIDE, is_reflected=True),
    )
    __mod__, __rmod__ = _counted(python.mod, a.REMAINDER), _counted(python.mod, a.REMAINDER, is_reflected=True)
    __pow__, __rpow__ = _counted(python.pow, a.POWER), _counted(python.pow, a.POWER, is_reflected=True)
    __lshift__, __rlshift__ = (
        _counted(python.lshift, i.LEFT_SHIFT),
        _counted(python.lshift, i.LEFT_SHIFT, is_reflected=True),
    )
    __rshift__, __rrshift__ = (
        _counted(python.rshift, i.RIGHT_SHIFT),
        _counted(python.rshift, i.RIGHT_SHIFT, is_reflected=True),
    )
    __and__, __rand__ = _counted(python.and_, i.BITWISE_AND), _counted(python.and_, i.BITWISE_AND, is_reflected=True)
    __or__, __ror__ = _counted(python.or_, i.BITWISE_OR), _counted(python.or_, i.BITWISE_OR, is_reflected=True)
    __xor__, __rxor__ = _counted(python.xor, i.BITWISE_XOR), _counted(python.xor, i.BITWISE_XOR, is_reflected=True)
    __iadd__, __isub__, __imul__, __itruediv__ = __add__, __sub__, __mul__, __truediv__
    __ifloordiv__, __imod__, __ipow__ = __floordiv__, __mod__, __pow__
    __iand__, __ior__, __ixor__, __ilshift__, __irshift__ = __and__, __or__, __xor__, __lshift__, __rshift__
    __eq__, __ne__ = _counted(python.eq, c.EQUAL), _counted(python.ne, c.NOT_EQUAL)
    __lt__, __le__ = _counted(python.lt, c.LESS), _counted(python.le, c.LESS_EQUAL)
    __gt__, __ge__ = _counted(python.gt, c.GREATER), _counted(python.ge, c.GREATER_EQUAL)

    def __hash__(self) -> int:
        return super().__hash__()

    def __neg__(self) -> Any:
        return -_count(self)

    def __pos__(self) -> Any:
        return _count(self)

    def __abs__(self) -> Any:
        return _count(self)

    def __invert__(self) -> Any:
        return ~_count(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return _count(self)


def as_number(value: Array) -> Array:
    """Return a traced value as a Python number; what is not traced as it is."""
    if not isinstance(value, TracedArray):
        return value
    kind = TracedTruth if value.value.dtype == np.bool_ else TracedNumber
    return kind(value.owner, value.value, value.data)


_TRUTHS = frozenset({bool, TracedTruth})
_BITWISE = frozenset({i.BITWISE_AND, i.BITWISE_OR, i.BITWISE_XOR})
"""What makes another truth value of two."""
TRACED = frozenset({TracedArray, TracedNumber, TracedTruth})
"""The types of traced values that traces make."""

"""Owns `a.dot(x)` of a plain array and a traced one, where NumPy asks nobody and would compute element by element."""

from __future__ import annotations

import threading
from types import FrameType
from typing import Any, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import TracingError
from chainrule.tracing.lift import lift
from chainrule.user_code import called_method, where

_OBJECT = np.dtype(object)
_DOUBLE = frozenset({np.dtype(np.float64), np.dtype(np.complex128)})
_NUMBERS = frozenset({bool, int, float, complex})


@final
class _Awaited(threading.local):
    """What a thread was asked the type of by `a.dot(x)`, which asks for its elements next."""

    traced: Traced | None = None


_awaited = _Awaited()


@final
class Whole(np.ndarray[Any, Any]):
    """An array of objects without axes that holds a traced array: NumPy multiplies what has no axes by asking."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc is not np.multiply or method != "__call__":
            raise TracingError(f"np.{ufunc.__name__} met the inside of a.dot(x); write a @ x{where()}")
        left, x = inputs[0], self.item()
        return np.dot(_as_numbers(left, x), x, **kwargs)


def deferred_product(traced: Any, dtype: Any, copy: Any, frame: FrameType) -> Whole | None:
    """Return what stands for a traced array where `a.dot(x)` asks for it; None where somebody else does.

    `dot` asks first for a copy of no type in particular, from which it takes the type, and then for objects. It asks in another
    way for the elements of a list, `a.dot([x, y])`, which have to be what they are.
    """
    asks_for_type = copy is True and dtype is None
    if not asks_for_type and (_awaited.traced is not traced or np.dtype(dtype) != _OBJECT):
        _awaited.traced = None
        return None
    if called_method(frame) != "dot":
        _awaited.traced = None
        return None
    _awaited.traced = traced if asks_for_type else None
    if traced.dtype not in _DOUBLE:
        traced.owner.as_object(traced)  # compiled code has to know: the plain array has become Python's numbers
    whole = np.empty((), dtype=object).view(Whole)
    whole[()] = traced
    return whole


def _as_numbers(objects: np.ndarray[Any, Any], x: Any) -> Any:
    """Return the left factor, which NumPy has made objects of, as what it was: numbers, that take on the precision of x."""
    if type(objects) is not np.ndarray:
        return lift(objects)
    elements = objects.ravel().tolist()
    if not _NUMBERS.issuperset(map(type, elements)):
        return lift(objects)
    numbers = np.array(elements).reshape(objects.shape)
    return numbers.astype(np.result_type(x.dtype, numbers.dtype.type(0).item()))

"""Owns the methods and attributes that traced arrays have because NumPy's arrays have them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.trace import Traced
from chainrule.errors import TracingError
from chainrule.tracing.flat_elements import FlatElements
from chainrule.tracing.lift import NO_MATRIX, as_own_array
from chainrule.tracing.numpy_functions import FUNCTIONS
from chainrule.tracing.numpy_functions.layout import in_order
from chainrule.tracing.operators import TracedOperators
from chainrule.tracing.python_numbers import as_python_number
from chainrule.user_code import where


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that is NumPy's function of the same name with the array first."""

    def method(self: Traced, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = f"NumPy's `{function.__name__}` of this array."
    return method


def _axes_method(function: Callable[..., Any], keyword: str) -> Callable[..., Any]:
    """Return a method that takes its integers separately or as one tuple: `x.reshape(2, 3)`, `x.reshape((2, 3))`."""

    def method(self: Traced, *args: Any, **kwargs: Any) -> Any:
        if keyword in kwargs:
            return function(self, **kwargs)
        value = args[0] if len(args) == 1 else args
        return function(self, value, **kwargs) if args else function(self, **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = f"NumPy's `{function.__name__}` of this array."
    return method


class ArrayMethods(TracedOperators):
    """What a traced array can be asked, such as `x.sum()`; most of it is NumPy's function of the same name."""

    __slots__ = ()

    all, any = _method(np.all), _method(np.any)
    argmax, argmin, argsort = _method(np.argmax), _method(np.argmin), _method(np.argsort)
    argpartition, choose = _method(np.argpartition), _method(np.choose)
    clip, cumprod, cumsum = _method(np.clip), _method(np.cumprod), _method(np.cumsum)
    diagonal, dot, trace = _method(np.diagonal), _method(np.dot), _method(np.trace)
    max, min, mean, prod, std = _method(np.max), _method(np.min), _method(np.mean), _method(np.prod), _method(np.std)
    nonzero, ravel, repeat, round = _method(np.nonzero), _method(np.ravel), _method(np.repeat), _method(np.round)
    searchsorted, squeeze, sum, swapaxes = (
        _method(np.searchsorted), _method(np.squeeze), _method(np.sum), _method(np.swapaxes),
    )  # fmt: skip
    put, take, var = _method(np.put), _method(np.take), _method(np.var)
    reshape, transpose = _axes_method(np.reshape, "shape"), _axes_method(np.transpose, "axes")

    @property
    def T(self) -> Any:
        """The array with its axes reversed."""
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        """The array with its last two axes swapped."""
        return np.swapaxes(self, -1, -2)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """Return the slices along an axis for which the condition holds."""
        return np.compress(condition, self, axis=axis, out=out)

    def view(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Return another array of the same elements: an assignment to one is seen in the other."""
        if np.matrix in args:
            raise TracingError(f"{NO_MATRIX}{where()}")
        if args or kwargs:
            raise TracingError(f"a traced array cannot be viewed as another type; convert it: x.astype(dtype){where()}")
        return self[...] if self.shape else self

    @property
    def flat(self) -> Any:
        """The elements in row order, which can be read and assigned to by their position."""
        return FlatElements(self)

    @flat.setter
    def flat(self, values: Any) -> None:
        FUNCTIONS[np.put](self, np.arange(self.size), values)

    @property
    def flags(self) -> Any:
        """How an array of this shape lies in memory; it can be assigned to."""
        return np.empty(self.shape, self.dtype).flags

    @property
    def nbytes(self) -> int:
        """The size of the elements in bytes."""
        return self.size * int(self.dtype.itemsize)

    @property
    def itemsize(self) -> int:
        """The size of one element in bytes."""
        return int(self.dtype.itemsize)

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """Return the array with elements of another type. A conversion to integers has derivative zero."""
        if casting != "unsafe":
            np.empty(0, self.dtype).astype(dtype, casting=casting)  # raises what NumPy raises
        if not copy and self.dtype == np.dtype(dtype) and order == "K":
            return self
        result = FUNCTIONS[np.astype](self, dtype)
        return in_order(result, order) if order != "K" and isinstance(result, Traced) else result

    def copy(self, order: str = "C") -> Any:
        """Return a copy, which lies in memory as `order` says: an assignment to it leaves this array as it is."""
        if self.origin is not None:
            self.refresh()
        copied: Any = in_order(self, order).snapshot()
        if self.version:
            as_own_array(copied)
        return copied

    __copy__ = copy

    def flatten(self, order: Any = "C") -> Any:
        """Return a copy with one axis."""
        return np.ravel(self, order=order).copy()

    def fill(self, value: Any) -> None:
        """Assign one value to every element."""
        self[...] = value

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
        """Sort along an axis; this array takes the sorted value."""
        self.assign(FUNCTIONS[np.sort](self, operator.index(axis), kind, order, stable=stable))

    def partition(self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
        """Partition along an axis; this array takes the partitioned value."""
        self.assign(FUNCTIONS[np.partition](self, kth, operator.index(axis), kind, order))

    def item(self: Any, *position: int) -> Any:
        """Return one element as a Python number, still traced."""
        flat = np.ravel(self)
        if not position:
            if self.size != 1:
                raise ValueError("only an array of one element can be made one number")
            return as_python_number(flat[0])
        return as_python_number(self[position] if len(position) > 1 else flat[position[0]])

    def tolist(self: Any) -> Any:
        """Return nested lists of traced numbers."""
        if not self.shape:
            return as_python_number(self)
        return [part.tolist() if isinstance(part, ArrayMethods) else part for part in self]

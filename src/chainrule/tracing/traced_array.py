"""Owns TracedArray, which stands for an array or number while a function runs, through NumPy's own protocols."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import NO_PARAMETERS, Memory, Traced, bind, owners
from chainrule.errors import NoRuleError, ShapeError, TracingError
from chainrule.primitives import arithmetic as a
from chainrule.primitives import comparison as c
from chainrule.primitives.index_keys import ARRAY, Key, MaskKey, decided, mask_key, split_key
from chainrule.primitives.indexing import INDEX, index, index_set
from chainrule.primitives.shape import cast
from chainrule.primitives.table import BY_UFUNC, of_scipy
from chainrule.tracing.array_methods import ArrayMethods
from chainrule.tracing.deferred_products import deferred_product
from chainrule.tracing.kinds import OfArrays
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions import CREATORS, FUNCTIONS, LAYOUTS, VIEWS, VIEWS_BY_POSITION
from chainrule.tracing.numpy_functions.layout import as_before, in_order, order_of_result
from chainrule.tracing.numpy_functions.operands import lying
from chainrule.tracing.numpy_functions.products import matmul
from chainrule.tracing.numpy_functions.subscripts import split_arguments
from chainrule.tracing.operators import NO_PARTS, NO_STRIDES, PLAIN, absolute, operand_of, sign
from chainrule.tracing.outputs import of_shape, takes_traced, written
from chainrule.tracing.shared_memory import has_ellipsis, is_view, only_rearranges, reader
from chainrule.tracing.shown_arrays import follow_assignments, show, take_apart
from chainrule.tracing.spellings import WITH_NUMPY
from chainrule.tracing.ufunc_calls import call_ufunc
from chainrule.user_code import where


def _in_place(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the operator in place of one of Python's, which asks a number on the right first: it takes on our precision."""

    def update(self: TracedArray, other: Any) -> Any:
        if (other := operand_of(other)) is NotImplemented:
            return NotImplemented
        result = operation(self, other)
        if self.ndim == 0 and self.origin is None and not self.version:  # a number, and no array without axes
            return result
        if np.shape(result) != self.shape:
            raise ShapeError(
                f"in-place {operation.__name__}: an array of shape {self.shape} cannot hold a result of shape "
                f"{np.shape(result)}; assign it to a new name{where()}"
            )
        if result.dtype != self.dtype and np.can_cast(result.dtype, self.dtype, "same_kind"):
            result = result.astype(self.dtype)
        self.assign(result)
        return self

    return update


class TracedArray(ArrayMethods):
    """Stands for an array or a number while a function is traced. Assignment gives it a new value: nothing is overwritten."""

    __slots__ = ()

    __iadd__, __isub__ = _in_place(operator.add), _in_place(operator.sub)
    __imul__, __itruediv__ = _in_place(operator.mul), _in_place(operator.truediv)
    __ipow__ = _in_place(operator.pow)
    __imod__ = _in_place(operator.mod)
    __ifloordiv__ = _in_place(operator.floordiv)
    __iand__, __ior__, __ixor__ = _in_place(operator.and_), _in_place(operator.or_), _in_place(operator.xor)
    __ilshift__, __irshift__ = _in_place(operator.lshift), _in_place(operator.rshift)
    __imatmul__ = _in_place(operator.matmul)

    def __matmul__(self, other: Any) -> Any:
        if (other := operand_of(other)) is NotImplemented:
            return NotImplemented
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        if (other := operand_of(other)) is NotImplemented:
            return NotImplemented
        return matmul(other, self)

    # --- what NumPy asks -----------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        # Hot path: benchmarks/test_eager.py
        if method == "__call__" and not kwargs:
            primitive = BY_UFUNC.get(ufunc)
            if primitive is not None:
                if len(inputs) == 1 and primitive is not a.ABSOLUTE and primitive is not c.SIGN:
                    owner = self.owner
                    if self.origin is None and not owner.closed:
                        return owner.process(primitive, inputs, NO_PARAMETERS)
                for operand in inputs:
                    if not isinstance(operand, Traced) and type(operand) not in PLAIN:
                        if type(operand) is np.ndarray and not operand.dtype.hasobject:
                            continue
                        inputs = tuple(map(lift, inputs))
                        break
                if primitive is a.ABSOLUTE:
                    return absolute(inputs[0])
                if primitive is c.SIGN:
                    return sign(inputs[0])
                return bind(primitive, inputs)
            primitive = of_scipy(ufunc)
            if primitive is not None:
                return bind(primitive, tuple(map(lift, inputs)))
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        # Hot path: benchmarks/test_eager.py
        implementation = FUNCTIONS.get(function)
        if implementation is None:
            if function in CREATORS:  # called with like=self, which NumPy leaves out
                return CREATORS[function](self, *args, **kwargs)
            raise NoRuleError(f"{_spelled(function)} has no derivative rule yet; {WITH_NUMPY}{where()}")
        if kwargs and "out" in kwargs and takes_traced(output := kwargs["out"]):
            rest = {name: value for name, value in kwargs.items() if name != "out"}
            return written(output, of_shape(function(*args, **rest), output))
        result = implementation(*args, **kwargs)
        if function in LAYOUTS:
            if type(result) is not TracedArray or not result.shape:
                return result
            return in_order(result, order_of_result(LAYOUTS[function], args, kwargs)).snapshot()
        if function in VIEWS:
            self._share_if_view(function, result, args, kwargs)
        elif function is np.einsum and isinstance(result, TracedArray):
            subscripts, operands = split_arguments(args)
            if only_rearranges(subscripts, operands):
                result.share(operands[0], lambda array: np.einsum(subscripts, array))
        return result

    @staticmethod
    def _share_if_view(function: Any, result: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        source = args[0] if args else None
        if not isinstance(source, TracedArray) or not isinstance(result, TracedArray):
            return
        if function in VIEWS_BY_POSITION or is_view(function, result, source, args[1:], kwargs):
            result.share(source, reader(function, FUNCTIONS[function], source, args[1:], kwargs))
            if function in VIEWS_BY_POSITION:
                result.origin[4].is_copied = True

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Return an object array of traced elements: NumPy makes arrays of lists without asking whether it may.

        Unless a copy was asked for it follows x, and is read-only: an assignment to it would not reach x, as it does in NumPy.
        """
        asking = sys._getframe(1)
        if asking.f_code is np.lib.stride_tricks.as_strided.__code__:
            raise TracingError(f"np.lib.stride_tricks.as_strided reads memory; {NO_STRIDES}{where()}")
        if (whole := deferred_product(self, dtype, copy, asking)) is not None:
            return whole
        given = self.owner.as_object(self)
        if given is not self:
            return np.array(given)
        # They lie as the array does: np.ascontiguousarray of a transpose is a copy.
        elements = np.empty_like(lying(self), dtype=object)
        if self.shape:
            take_apart(self, elements)
        else:
            elements[()] = self.snapshot() if self.is_number else self
        if copy is not True:
            elements.setflags(write=False)
            if self.shape:
                show(self, elements)
        return elements.view()

    # --- parts ---------------------------------------------------------------------------------------------------------

    @OfArrays
    def __len__(self) -> int:
        count: int = self.shape[0]
        return count

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError(f"iteration over a traced number, which has no axes{where()}")
        return (self[position] for position in range(self.shape[0]))

    def __getitem__(self, key: Any) -> Any:
        # Hot path: benchmarks/test_eager.py
        template, arrays = split_key(key)
        masked = _masked(template, arrays, self.ndim) if arrays else None
        if masked is not None:
            for owner in owners(masked.mask):
                selected = owner.select(self, *masked)
                if selected is not None:
                    return selected
        result = bind(INDEX, (self, *arrays), {"template": template})
        is_basic = not arrays and type(key) is not bool and type(key) is not np.bool
        if is_basic and type(result) is TracedArray and (result.ndim or has_ellipsis(template)):
            result.share(self, lambda array: index(array, key), decided(template))
        return result

    def __setitem__(self, key: Any, value: Any) -> None:
        is_traced = isinstance(value, Traced)
        if is_traced and value.origin is not None and value.origin[0] is self:
            if value.origin[2] == self.version and _is_key(value.origin[3], key):
                return  # what follows `x[key] += y`, which has assigned to x through the view
            if not self.dtype.hasobject:
                value.refresh()
        template, arrays = split_key(key)
        masked = _masked(template, arrays, self.ndim) if arrays else None
        if masked is not None and masked.part is not None:
            TracedArray.__getitem__(self, masked.part)[masked.rest] = value
            return
        key = key if masked is None else masked.rest
        value = value if is_traced else lift(value)
        is_traced = is_traced or isinstance(value, Traced)
        if self.origin is not None and self._overlaps():
            self._put(key, value.taken_as(self.dtype) if is_traced and value.is_number else value)
        else:
            self.assign(value.set_into(self, key) if is_traced else index_set(self, key, value))

    def set_into(self, target: TracedArray, key: Key) -> Array:
        """Return `target` after `target[key] = self`."""
        return index_set(target, key, self.taken_as(target.dtype) if self.is_number else self)

    def taken_as(self, dtype: np.dtype[Any]) -> Array:
        """Return this value as NumPy puts it into an array of a type."""
        return cast(self, dtype)

    def mask_of(self, key: Sequence[Array]) -> TracedArray | None:
        """Return the mask that selects what the arrays of an index do, of which this is the first; None where there is none."""
        return None

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def share(self, source: TracedArray, read: Callable[[Array], Array], key: Key = None) -> None:
        """Say that NumPy would share this array's memory with `source`, from which `read` reads it: by `key`, if there is one."""
        memory = source.memory if source.origin is None else source.origin[4]
        if memory is None:
            memory = source.memory = Memory()
        self.origin = (source, read, source.version, key, memory, memory.assignments)

    def refresh(self) -> None:
        # Hot path: benchmarks/test_eager.py
        origin = self.origin
        if origin[4].assignments == origin[5]:
            return
        stale = [self]
        while (source := stale[-1].origin[0]).origin is not None:
            stale.append(source)
        for view in reversed(stale):
            source, read, version, key, *_ = view.origin
            if version != source.version:
                view._become(read(source))
                view.version += 1  # views of this view have to read it again too
            view.share(source, read, key)

    def assign(self, new: Array) -> None:
        """Give this array, and the array that it is a view of, a new value."""
        before = self.value
        self._become(new)
        self.version += 1
        if self.origin is None:
            self.value = as_before(self.value, before)
            if self.memory is not None:
                self.memory.assignments += 1
        else:
            source, read, _, key, *_ = self.origin
            written = TracedArray(self.owner, self.value, self.data)
            if source.dtype.kind == "c" and self.dtype.kind != "c":
                raise TracingError(f"{NO_PARTS}{where()}")
            if key is None:
                source.put_flat(np.ravel(self._positions()), np.reshape(written, (self.size,)))
            else:
                source._put(key, written)
            self.share(source, read, key)
        follow_assignments()

    def _overlaps(self) -> bool:
        """Whether this is a view that shows elements of its array several times, as windows over it do."""
        return self.origin is not None and self.size > self.origin[0].size

    def _positions(self) -> Array:
        """Return the place in its array, counted by rows, of each element of a view."""
        source, read, *_ = self.origin
        positions: Array = read(np.arange(source.size).reshape(source.shape))
        return positions

    def _put(self, key: Key, value: Array) -> None:
        """Assign to a part; what shows the same elements elsewhere in windows over an array changes with it."""
        if self._overlaps():
            self.origin[0].put_flat(index(self._positions(), key), value)
            self.refresh()
        else:
            self.assign(index_set(self, key, value))

    def put_flat(self, positions: Array, value: Array) -> None:
        """Assign to elements at places that are counted by rows."""
        if self._overlaps():
            self.origin[0].put_flat(index(np.ravel(self._positions()), positions), value)
            self.refresh()
        else:
            flat = index_set(np.reshape(self, (self.size,)), positions, value)
            self.assign(np.reshape(flat, self.shape))

    def snapshot(self) -> TracedArray:
        """Return this value on its own: no assignment changes it."""
        if self.origin is not None:
            self.refresh()
        return TracedArray(self.owner, self.value, self.data)

    def _become(self, new: Array) -> None:
        if not isinstance(new, Traced):
            new = self.owner.constant(new)
        self.owner, self.value, self.data = new.owner, new.value, new.data


def _masked(template: Any, arrays: Sequence[Array], ndim: int) -> MaskKey | None:
    """Return an index expression with one traced mask, or with the places of one instead, taken apart."""
    first: Any = arrays[0]
    is_traced = isinstance(first, Traced)
    if not is_traced:
        return None
    if len(arrays) > 1:
        mask = first.mask_of(arrays) if all(entry is ARRAY for entry in template) else None
        return None if mask is None else MaskKey(None, mask, 0)
    mask = first if first.dtype.kind == "b" else first.mask_of(arrays)
    return None if mask is None else mask_key(template, mask, ndim)


def _is_key(known: Key, key: Key) -> bool:
    """Whether an index expression of slices and plain integers is the one that a view was read by."""
    return known is not None and split_key(key)[1] == () and decided(split_key(key)[0]) == known


def _spelled(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"

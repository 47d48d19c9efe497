"""Owns selections: what `x[mask]` is where the number of its elements differs from call to call.

Compiled code has one shape for each array. So a selection is computed on all elements, and the mask says which of them count
where it ends: in a sum, a mean, a largest element, or an assignment at the same mask. The elements that are not selected
stand in the middle of each function's domain meanwhile, so that neither their values nor their derivatives get anywhere.

What asks for the shape of a selection, or for anything that is not here, settles it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, innermost
from chainrule.primitives.index_keys import ARRAY, FULL, Key, split_key
from chainrule.primitives.indexing import index, index_set, widened
from chainrule.tracing.numpy_functions import moved_to_middle
from chainrule.tracing.open_array import OpenArray, settled
from chainrule.tracing.operators import PLAIN
from chainrule.tracing.traced_array import TracedArray

_DEPTH = 8
"""So many operations back two masks are compared."""
_BEGINNING = 1.0
"""What stands for the elements that are not selected before anything is computed of them."""


class _Chosen(NamedTuple):
    """The elements of `whole` where `mask`, which has its axes from `place` on, holds."""

    whole: Any
    mask: TracedArray
    place: int

    def wide(self) -> Any:
        """Return the mask in a shape that broadcasts with the whole."""
        return widened(self.mask, self.whole.ndim, self.place)

    def axes(self) -> int:
        """Return how many axes the mask makes one."""
        return int(self.mask.ndim)

    def after(self) -> int:
        """Return how many axes come after those."""
        return int(self.whole.ndim) - self.place - self.axes()

    def holds(self, whole: Any) -> Selection:
        """Return the same selection of the elements of another array."""
        return Selection(self._replace(whole=whole))


def select(x: Traced, part: Key, mask: Traced, place: int) -> TracedArray | None:
    """Return `x[part][mask]`, where the mask is for the axes from `place` on, with the number of its elements open.

    None where that is no selection of real or complex numbers. part: None for all of x.
    """
    if not isinstance(x, TracedArray) or not isinstance(mask, TracedArray) or x.dtype.kind not in "fc":
        return None
    x = x if part is None else x[part]
    if not mask.ndim or x.shape[place : place + mask.ndim] != mask.shape or not x.size:
        return None
    mask = mask.snapshot()
    return Selection(_Chosen(np.where(widened(mask, x.ndim, place), x.snapshot(), _BEGINNING), mask, place))


def _forward(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    return lambda self, other: ufunc(self, other) if _may_meet(other) else NotImplemented


def _reflected(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    return lambda self, other: ufunc(other, self) if _may_meet(other) else NotImplemented


def _may_meet(other: Any) -> bool:
    return isinstance(other, Traced | np.ndarray | np.generic | list | tuple) or type(other) in PLAIN


def _in_place(ufunc: np.ufunc, plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an operator such as `-=`: the selection is an array of its own, which takes the new value."""

    def in_place(self: Selection, other: Any) -> Any:
        result = ufunc(self, other)
        if type(self) is Selection and type(result) is Selection and result.dtype == self.dtype:
            self.origin = result.origin
            return self
        return plain(settled(self), other)

    return in_place


class Selection(OpenArray):
    """The elements of an array where a mask holds, as long as nothing asks how many there are."""

    __slots__ = ()

    def taken(self) -> TracedArray:
        """Return the plain array."""
        chosen: _Chosen = self.origin
        found: TracedArray = index(chosen.whole, (*(FULL,) * chosen.place, chosen.mask))
        return found

    # --- what does not ask how many there are

    __add__, __radd__, __iadd__ = _forward(np.add), _reflected(np.add), _in_place(np.add, operator.iadd)
    __sub__, __rsub__, __isub__ = _forward(np.subtract), _reflected(np.subtract), _in_place(np.subtract, operator.isub)
    __mul__, __rmul__, __imul__ = _forward(np.multiply), _reflected(np.multiply), _in_place(np.multiply, operator.imul)
    __truediv__, __rtruediv__, __itruediv__ = (
        _forward(np.divide),
        _reflected(np.divide),
        _in_place(np.divide, operator.itruediv),
    )
    __rpow__, __ipow__ = _reflected(np.power), _in_place(np.power, operator.ipow)
    __mod__, __rmod__ = _forward(np.remainder), _reflected(np.remainder)
    __floordiv__, __rfloordiv__ = _forward(np.floor_divide), _reflected(np.floor_divide)
    __eq__, __ne__ = _forward(np.equal), _forward(np.not_equal)
    __lt__, __le__ = _forward(np.less), _forward(np.less_equal)
    __gt__, __ge__ = _forward(np.greater), _forward(np.greater_equal)
    __and__, __or__, __xor__ = _forward(np.bitwise_and), _forward(np.bitwise_or), _forward(np.bitwise_xor)
    __hash__ = TracedArray.__hash__

    def __pow__(self, other: Any) -> Any:
        if type(other) is int and other == 2 and self.dtype == np.bool_:
            return np.square(self)  # an int8, as that of any array of truth values by the operator
        return np.power(self, other) if _may_meet(other) else NotImplemented

    def __neg__(self) -> Any:
        return np.negative(self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    def __invert__(self) -> Any:
        return np.invert(self)

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self.origin.whole.dtype

    @property
    def ndim(self) -> int:
        """The number of axes: those of the mask are one."""
        chosen: _Chosen = self.origin
        return chosen.place + 1 + chosen.after()

    @property
    def size(self) -> Any:
        """How many elements there are, which is traced too."""
        chosen = self.origin
        return np.count_nonzero(np.broadcast_to(chosen.wide(), chosen.whole.shape))

    def copy(self, order: str = "C") -> TracedArray:
        """Return a copy: an assignment to it leaves this array as it is."""
        return Selection(self.origin)

    __copy__ = copy

    def set_into(self, target: TracedArray, key: Key) -> Array:
        """Return `target` after `target[key] = self`."""
        template, arrays = split_key(key)
        chosen = self.origin
        is_place = template == (*(FULL,) * chosen.place, ARRAY) if chosen.place else template is ARRAY
        if is_place and _are_one(arrays[0], chosen.mask) and target.shape == chosen.whole.shape:
            return np.where(chosen.wide(), chosen.whole.astype(target.dtype), target)
        return index_set(target, key, self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        wholes = (
            _wholes(inputs) if method == "__call__" and not kwargs and ufunc.nout == 1 and not ufunc.signature else None
        )
        if wholes is None:
            return getattr(ufunc, method)(
                *map(settled, inputs), **{name: settled(each) for name, each in kwargs.items()}
            )
        chosen = _first(inputs).origin
        moved = moved_to_middle(ufunc, wholes, chosen.wide())
        wholes = [each if type(each) in PLAIN else guarded for each, guarded in zip(wholes, moved, strict=True)]
        found: Selection = chosen.holds(ufunc(*wholes))
        return found

    def __array_function__(self, function: Any, types: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        found = NotImplemented
        if args and type(args[0]) is Selection and function in _REDUCTIONS:
            found = _reduced(function, args, kwargs)
        elif function in _ELEMENTWISE and not kwargs:
            found = _elementwise(function, args)
        elif function in (np.dot, np.matmul) and not kwargs and len(args) == 2:
            found = _product(*args)
        if found is not NotImplemented:
            return found
        return function(*map(settled, args), **{name: settled(value) for name, value in kwargs.items()})

    def __matmul__(self, other: Any) -> Any:
        found = _product(self, other)
        return settled(self) @ settled(other) if found is NotImplemented else found

    def __rmatmul__(self, other: Any) -> Any:
        return other @ settled(self)


def _are_one(first: Any, second: Any) -> bool:
    """Whether two masks are the same: one value of the run, or computed alike of the same values."""
    if not isinstance(first, Traced) or not isinstance(second, Traced) or first.owner is not second.owner:
        return False
    one, other = innermost(first), innermost(second)
    if isinstance(one.data, Node) and isinstance(other.data, Node):
        return _are_alike(one.data, other.data, _DEPTH)
    return one.owner is other.owner and np.array_equal(one.value, other.value)


def _are_alike(first: Node | None, second: Node | None, depth: int) -> bool:
    if first is second:
        return first is not None
    if first is None or second is None or not depth or first.primitive is None:
        return False
    return (
        first.primitive is second.primitive
        and first.parameters == second.parameters
        and len(first.parents) == len(second.parents)
        and all(
            _are_alike(one, other, depth - 1) if one is not None else other is None and _are_equal(*constants)
            for one, other, *constants in zip(
                first.parents, second.parents, first.operands, second.operands, strict=True
            )
        )
    )


def _are_equal(first: Any, second: Any) -> bool:
    return first is second or (type(first) is type(second) and type(first) in PLAIN and repr(first) == repr(second))


def _first(values: Sequence[Any]) -> Selection:
    return next(each for each in values if type(each) is Selection)


def _wholes(values: Sequence[Any]) -> list[Any] | None:
    """Return operands as what is computed on all elements; None where one does not fit every number of elements."""
    if not any(type(each) is Selection for each in values):
        return None
    chosen: _Chosen = _first(values).origin
    after, ndim = chosen.after(), chosen.place + 1 + chosen.after()
    wholes: list[Any] = []
    for each in values:
        if type(each) is Selection:
            if not _are_one(each.origin.mask, chosen.mask) or (each.origin.place, each.ndim) != (chosen.place, ndim):
                return None
            wholes.append(each.origin.whole)
        elif type(each) in PLAIN:
            wholes.append(each)
        elif not isinstance(each, TracedArray | np.ndarray | np.generic):
            return None
        elif each.ndim <= after:
            wholes.append(each)
        elif each.ndim <= ndim and each.shape[-1 - after] == 1:  # the same for all that are selected
            before = each.shape[: each.ndim - after]
            wholes.append(np.reshape(each, before + (1,) * (chosen.axes() - 1) + each.shape[each.ndim - after :]))
        else:
            return None
    return wholes


def _elementwise(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Call a function of each element."""
    wholes = _wholes(args)
    if wholes is None:
        return NotImplemented
    chosen = _first(args).origin
    wide = chosen.wide()
    guarded = (np.where(wide, each, each.dtype.type(1)) if isinstance(each, TracedArray) else each for each in wholes)
    return chosen.holds(function(*guarded))


def _reduced(function: Callable[..., Any], args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Call a reduction, such as a sum: over the elements that are selected, or for each of them over the axes after those."""
    selection = args[0]
    chosen = selection.origin
    if len(args) > 2 or (len(args) == 2 and ("axis" in options or function is np.linalg.norm)):
        return NotImplemented
    options = {**options, "axis": args[1]} if len(args) == 2 else dict(options)
    axis = options.pop("axis", None)
    if not options.keys() <= {"keepdims", "ddof"} or not (axis is None or type(axis) is int):
        return NotImplemented
    if axis is not None and not -selection.ndim <= axis < selection.ndim:
        return NotImplemented
    place = None if axis is None else axis % selection.ndim
    if place is not None and place != chosen.place:
        guarded = np.where(chosen.wide(), chosen.whole, 1)
        found = function(guarded, axis=place if place < chosen.place else place + chosen.axes() - 1, **options)
        moves = place < chosen.place and not options.get("keepdims", False)
        return Selection(chosen._replace(whole=found, place=chosen.place - moves))
    if function not in _REDUCTIONS_OF_SELECTED or options.pop("keepdims", False):
        return NotImplemented
    axes = None if place is None else tuple(range(chosen.place, chosen.place + chosen.axes()))
    wide = np.broadcast_to(chosen.wide(), chosen.whole.shape)
    if function is np.count_nonzero:
        return np.sum(np.where(wide, np.not_equal(chosen.whole, 0), False), axis=axes)
    if function in _EXTREMES:
        if chosen.whole.dtype.kind != "f" or not np.any(chosen.mask):
            return NotImplemented  # NumPy says that there is none
        return function(np.where(wide, chosen.whole, _EXTREMES[function]), axis=axes)
    return function(chosen.whole, axis=axes, where=wide, **options)


def _product(first: Any, second: Any) -> Any:
    """Return a matrix product: of each row that is selected with an array, or of two selections along what is selected."""
    if type(first) is not Selection:
        return NotImplemented
    chosen = first.origin
    rows = np.where(chosen.wide(), chosen.whole, 0)
    if type(second) is Selection:
        other = second.origin
        if not _are_one(chosen.mask, other.mask) or chosen.after() or other.place or max(first.ndim, second.ndim) > 2:
            return NotImplemented
        columns = np.where(other.wide(), other.whole, 0)
        count = chosen.mask.size
        return np.reshape(rows, (*rows.shape[: chosen.place], count)) @ np.reshape(
            columns, (count, *columns.shape[chosen.axes() :])
        )
    if first.ndim == 2 and not chosen.place and isinstance(second, TracedArray | np.ndarray) and second.ndim in (1, 2):
        return chosen.holds(rows @ second)
    return NotImplemented


_EXTREMES: dict[Callable[..., Any], float] = {np.max: -np.inf, np.amax: -np.inf, np.min: np.inf, np.amin: np.inf}
_REDUCTIONS_OF_SELECTED = frozenset({
    np.sum, np.prod, np.mean, np.var, np.any, np.all, np.count_nonzero, *_EXTREMES,
})  # fmt: skip
_REDUCTIONS = _REDUCTIONS_OF_SELECTED | {np.std, np.linalg.norm}
_ELEMENTWISE = frozenset({np.where, np.clip, np.nan_to_num, np.angle})

"""Owns the operators of traced values, what NumPy asks of a number, and the refusal of what would lose a derivative."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from chainrule.core.primitive import Array, Elementwise, Primitive
from chainrule.core.trace import NO_PARAMETERS, Traced, bind
from chainrule.errors import TracingError
from chainrule.primitives import arithmetic as a
from chainrule.primitives import comparison as c
from chainrule.primitives import integer as i
from chainrule.primitives.table import BY_UFUNC
from chainrule.tracing.conversions import advice_on_conversion
from chainrule.tracing.kinds import TracedKind
from chainrule.tracing.lift import lift
from chainrule.user_code import where

PLAIN = frozenset({float, int, complex, bool, np.float64, np.float32, np.complex128, np.int64})
NO_STRIDES = (
    "a traced array has no strides: write windows as np.lib.stride_tricks.sliding_window_view(x, shape, axis=axes)[::step], "
    "blocks as np.reshape(x, (n, size, m, size))"
)
NO_PARTS = "an assignment into the real or imaginary part of a traced array; write z = a + 1j * b"
_SEQUENCES = frozenset({list, tuple})
_SET_ON_FEW = frozenset({"memory", "taken_from"})
_LARGEST = 2.0**63
_OBJECT = np.dtype(object)
_NUMPY_MEANS = sys.modules["numpy._core._methods"].__dict__


def operand_of(value: Any) -> Any:
    """Return what an operator was given as an operand, or NotImplemented."""
    if isinstance(value, Traced) or type(value) in PLAIN:
        return value
    if isinstance(value, np.ndarray | np.generic | list | tuple):
        return lift(value)
    return NotImplemented


def _is_count(number: Any) -> bool:
    """Whether a list times a number is that list so many times over, as it is for a whole number of NumPy's."""
    return number.dtype.kind in "iu" and not number.shape


def _repeated(sequence: Any, count: Any) -> Any:
    """Return a list, a tuple or a text that many times, as Python does: how many is a decision."""
    return sequence * int(count)


def forward(primitive: Primitive) -> Callable[[Any, Any], Any]:
    """Return the operator that applies a primitive."""
    # Hot path: benchmarks/test_eager.py
    may_repeat = primitive is a.MULTIPLY

    def operator(self: Traced, other: Any) -> Any:
        owner = self.owner
        if type(other) is type(self):
            if other.owner is owner and self.origin is None and other.origin is None and not owner.closed:
                return owner.process(primitive, (self, other), NO_PARAMETERS)
        elif type(other) in PLAIN or (type(other) is np.ndarray and not other.dtype.hasobject):
            if self.origin is None and not owner.closed:
                return owner.process(primitive, (self, other), NO_PARAMETERS)
        elif may_repeat and type(other) in _SEQUENCES and _is_count(self):
            return _repeated(other, self)
        elif (other := operand_of(other)) is NotImplemented:
            return NotImplemented
        return bind(primitive, (self, other))

    return operator


def reflected(primitive: Primitive) -> Callable[[Any, Any], Any]:
    """Return the operator that Python calls where the traced value stands on the right."""
    may_repeat = primitive is a.MULTIPLY

    def operator(self: Traced, other: Any) -> Any:
        if type(other) in PLAIN or (type(other) is np.ndarray and not other.dtype.hasobject):
            owner = self.owner
            if self.origin is None and not owner.closed:
                return owner.process(primitive, (other, self), NO_PARAMETERS)
        elif may_repeat and type(other) in _SEQUENCES and _is_count(self):
            return _repeated(other, self)
        elif (other := operand_of(other)) is NotImplemented:
            return NotImplemented
        return bind(primitive, (other, self))

    return operator


_raised = forward(a.POWER)


def _power(self: Any, other: Any) -> Any:
    # For NumPy the square of an array of truth values is an int8; the square of one truth value, and any other power, an int64.
    if type(other) is int and other == 2 and np.ndim(self) and np.result_type(self) == np.bool_:
        return bind(a.SQUARE, (self,))
    return _raised(self, other)


def absolute(x: Array) -> Array:
    """Return the absolute value; the modulus where `x` is complex."""
    return bind(a.ABSOLUTE_COMPLEX if np.iscomplexobj(x) else a.ABSOLUTE, (x,))


def sign(x: Array) -> Array:
    """Return the sign; where `x` is complex the number of modulus 1 in its direction."""
    if not np.iscomplexobj(x):
        return bind(c.SIGN, (x,))
    modulus = absolute(x)
    return x / np.where(np.equal(modulus, 0), 1, modulus)


class TracedOperators(Traced, metaclass=TracedKind):
    """The operators, and the protocols by which NumPy asks what to do."""

    __slots__ = ()
    __add__, __radd__ = forward(a.ADD), reflected(a.ADD)
    __sub__, __rsub__ = forward(a.SUBTRACT), reflected(a.SUBTRACT)
    __mul__, __rmul__ = forward(a.MULTIPLY), reflected(a.MULTIPLY)
    __truediv__, __rtruediv__ = forward(a.DIVIDE), reflected(a.DIVIDE)
    __floordiv__, __rfloordiv__ = forward(a.FLOOR_DIVIDE), reflected(a.FLOOR_DIVIDE)
    __mod__, __rmod__ = forward(a.REMAINDER), reflected(a.REMAINDER)
    __pow__: Callable[[Any, Any], Any] = _power
    __rpow__ = reflected(a.POWER)
    __eq__, __ne__ = forward(c.EQUAL), forward(c.NOT_EQUAL)
    __lt__, __le__ = forward(c.LESS), forward(c.LESS_EQUAL)
    __gt__, __ge__ = forward(c.GREATER), forward(c.GREATER_EQUAL)

    __and__, __rand__ = forward(i.BITWISE_AND), reflected(i.BITWISE_AND)
    __or__, __ror__ = forward(i.BITWISE_OR), reflected(i.BITWISE_OR)
    __xor__, __rxor__ = forward(i.BITWISE_XOR), reflected(i.BITWISE_XOR)
    __lshift__, __rlshift__ = forward(i.LEFT_SHIFT), reflected(i.LEFT_SHIFT)
    __rshift__, __rrshift__ = forward(i.RIGHT_SHIFT), reflected(i.RIGHT_SHIFT)

    def __invert__(self) -> Any:
        return bind(i.INVERT, (self,))

    def __neg__(self) -> Any:
        return bind(a.NEGATIVE, (self,))

    def __pos__(self) -> Any:
        return bind(a.POSITIVE_SIGN, (self,))

    def __abs__(self) -> Any:
        return absolute(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        rounded: Any = np.round(self, ndigits or 0)
        return rounded if ndigits is not None else self._as_whole(rounded)

    def __floor__(self) -> Any:
        return self._as_whole(np.floor(self))

    def __ceil__(self) -> Any:
        return self._as_whole(np.ceil(self))

    def __trunc__(self) -> Any:
        return self._as_whole(np.trunc(self))

    def _as_whole(self, rounded: Any) -> Any:
        """Return this value, rounded, as the whole number that Python's functions give."""
        if not isinstance(rounded, Traced):
            return round(rounded)  # Python's is an int
        whole = self.owner.whole_part(rounded) if self.dtype.kind == "f" else None
        if whole is None or not absolute(rounded) < _LARGEST:  # a decision, since what is no number has no whole part
            return rounded
        return self.owner.as_number(whole)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    # --- what would lose the derivative --------------------------------------------------------------------------------

    def __hash__(self) -> int:
        raise TracingError(
            "a traced value was looked up in a dictionary or a set, which compares what is in it with plain values; look up "
            "cr.stop_gradient(x) instead of x, and leave functools.cache out of what is differentiated or compiled: its "
            f"results are those of one call{where()}"
        )

    def __bool__(self) -> bool:
        return bool(self.owner.decide(self.snapshot(), bool))

    def __float__(self) -> float:
        self._refuse("float")

    def __complex__(self) -> complex:
        self._refuse("complex")

    def __int__(self) -> int:
        whole: Any = self.owner.whole_part(self.snapshot()) if self.dtype.kind == "f" else None
        return self._whole_number("int") if whole is None else int(whole)

    def __index__(self) -> int:
        return self._whole_number("an index")

    def _whole_number(self, wanted: str) -> int:
        if self.dtype.kind in "iub":
            return int(self.owner.decide(self.snapshot(), int))
        self._refuse(wanted)

    def _refuse(self, wanted: str) -> NoReturn:
        if self.owner.closed:
            self.owner.refuse_closed()
        raise TracingError(
            f"a traced value was converted to {wanted}, which would lose its derivative: {advice_on_conversion(wanted)}{where()}"
        )

    # --- what it is ----------------------------------------------------------------------------------------------------

    @property
    def __class__(self) -> type:
        """Answer `isinstance` outside of this package as what this stands for: an array, or a number of NumPy's.

        A program that asks (`if isinstance(x, np.ndarray)`) takes the way that it takes with plain values. Its type is its own.
        """
        if sys._getframe(1).f_globals.get("__name__", "").startswith("chainrule."):
            return type(self)
        return self.stands_for()

    @__class__.setter
    def __class__(self, kind: type) -> None:
        raise TypeError("a traced value stays what it is")

    def stands_for(self) -> type:
        """Return NumPy's class of a plain value in this place."""
        kind: type = np.ndarray if self.shape else self.dtype.type
        return kind

    # --- what NumPy's arrays have --------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array, as the user's function sees it."""
        return self.owner.shape(self)

    @shape.setter
    def shape(self, shape: Any) -> None:
        raise TracingError(f"the shape of a traced array stays what it is; write x = x.reshape({shape}){where()}")

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.owner.shape(self))

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.owner.shape(self))

    @property
    def dtype(self) -> Any:
        """The type of the elements.

        NumPy's means of an object array convert their result with `result.dtype.type`; to them a traced number is an object.
        """
        if not self.owner.shape(self) and sys._getframe(1).f_globals is _NUMPY_MEANS:
            return _OBJECT
        return self.value.dtype

    @property
    def real(self) -> Any:
        """The real part."""
        return np.real(self)

    @real.setter
    def real(self, values: Any) -> None:
        self._assign_part(values)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return np.imag(self)

    @imag.setter
    def imag(self, values: Any) -> None:
        self._assign_part(None)

    def _assign_part(self, values: Any) -> None:
        if values is None or self.dtype.kind == "c":
            raise TracingError(f"{NO_PARTS}{where()}")
        target: Any = self
        target[...] = values

    def conjugate(self) -> Any:
        """Return the complex conjugate; a real array is its own."""
        return bind(a.CONJUGATE, (self,)) if self.dtype.kind == "c" else self

    conj = conjugate

    def __getattr__(self, name: str) -> Any:
        """Return what NumPy's loops over objects call: a method of the ufunc's name."""
        if name in _SET_ON_FEW:
            return None
        if name.startswith("__"):  # NumPy asks every element of a list for its protocols
            raise AttributeError(name)
        primitive = _METHODS.get(name)
        if primitive is None:
            missing = NO_STRIDES if name == "strides" else f"a traced array has no attribute {name!r}"
            raise AttributeError(f"{missing}{where()}")
        return lambda *others: bind(primitive, (self, *map(lift, others)))

    def __repr__(self) -> str:
        return f"<traced {self.dtype} of shape {self.shape}>"

    def __format__(self, specification: str) -> str:
        value: Any = self.snapshot()
        while isinstance(value, Traced):
            value.owner.note_text()
            value = value.value
        if not specification:
            return repr(self)
        return format(value, specification) if np.ndim(value) == 0 else repr(self)  # a batch has no one number to show

    def __reduce__(self) -> NoReturn:
        raise TracingError(f"a traced value cannot be pickled; pickle the result of the transform instead{where()}")

    def __copy__(self) -> Any:
        return type(self)(self.owner, self.value, self.data)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()


_METHODS: dict[str, Elementwise] = {
    primitive.name: primitive
    for primitive in BY_UFUNC.values()
    if len(primitive.partials) == 1 or primitive.name in ("arctan2", "fmod", "hypot")
}
"""What NumPy computes of objects by a method of the ufunc's name; the other ufuncs of two operands have operators."""

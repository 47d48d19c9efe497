"""Owns traces, the values that they own, and `bind`, which hands an operation to the newest owner among its operands.

Every trace has a level that is never used again. An operation belongs to the newest trace among its operands and treats
everything older as constant; that is all it takes to nest transforms without confusing one perturbation with another.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np

from chainrule.core.primitive import Array, Composite, Primitive
from chainrule.errors import ChainruleError, EscapedTraceError, PositionError, ShapeError
from chainrule.user_code import where

_levels = itertools.count()
OPEN: set[int] = set()
"""The levels of the traces that are open, in all threads: where there is none, no function returns a traced value."""
NO_PARAMETERS: dict[str, Any] = {}


class Trace(ABC):
    """Watches one run of a function. It is closed when the function has returned.

    has_text: whether the user has made text of a value, which is of this run alone.
    """

    __slots__ = ("level", "closed", "has_text")

    def __init__(self) -> None:
        self.level = next(_levels)
        self.closed = False
        self.has_text = False
        OPEN.add(self.level)

    def close(self) -> None:
        """End the run that this trace watches: what it owns is used no more."""
        self.closed = True
        OPEN.discard(self.level)

    @abstractmethod
    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        """Apply `primitive`, at least one of whose operands this trace owns."""

    @abstractmethod
    def constant(self, value: Array) -> Traced:
        """Return `value` as a traced value that does not depend on the inputs of this trace."""

    def shape(self, traced: Traced) -> tuple[int, ...]:
        """Return the shape that the user sees of a value that this trace owns."""
        shape: tuple[int, ...] = traced.value.shape
        return shape

    def unfold(self, primitive: Composite, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        """Run the body of a composite, whose operations come back to this trace one by one."""
        return primitive.value(*operands, **parameters)

    def decide(self, traced: Traced, kind: type) -> Any:
        """Return the value on which Python is about to decide (`if`, `while`, `range`) as a bool or an int."""
        return kind(traced.value)

    @abstractmethod
    def as_number(self, traced: Traced) -> Any:
        """Return a number that this trace owns as one of Python's, which has no precision of its own."""

    def as_object(self, traced: Traced) -> Any:
        """Return what stands for a value among objects, where NumPy makes an array of them: the value, or True or False."""
        return traced

    def whole_part(self, traced: Traced) -> Traced | None:
        """Return `int(traced)` of a real number where a decision on it will do; None where that would lose its derivative."""
        return None

    def select(self, x: Traced, part: Any, mask: Traced, place: int) -> Traced | None:
        """Return what stands for `x[mask]` where the number of its elements is to stay open; None where it is known.

        The mask is for the axes from `place` on, as in `x[:, mask]`; of `x[part]` where `part` is not None.
        """
        return None

    def places_of(self, mask: Traced) -> tuple[Traced, ...] | None:
        """Return what stands for `np.nonzero(mask)` where the number of its elements is to stay open; None where it is known."""
        return None

    def own_references(self, array: Array) -> int:
        """Return how many references to an array of the user's, which is no view of another, are those of this trace."""
        return 0

    def note_search(self, what: str) -> None:
        """Note that a function of SciPy, `what`, chooses by the values of this run what it computes, which is not recorded."""
        return

    def note_text(self) -> None:
        """Note that the user makes text of a value."""
        self.has_text = True

    def refuse_closed(self) -> NoReturn:
        """Raise, since a value outlived this trace."""
        raise EscapedTraceError(
            "a traced value escaped from the function that was being differentiated and was used after that function had "
            "returned; return it from the function (has_aux=True) instead of storing it, or store "
            f"cr.stop_gradient(value){where()}"
        )


class Memory:
    """What an array and its views know together: how many assignments there were to any of them.

    is_copied: whether one of them is read by position, so that its value has memory of its own.
    """

    __slots__ = ("assignments", "is_copied")

    def __init__(self) -> None:
        self.assignments = 0
        self.is_copied = False


class Traced:
    """A value that a trace owns. `data` is what the trace needs to know of it: a node, a tangent, or nothing.

    Where NumPy would share memory with another array, `origin` is (array, how to read this value from it, the version of the
    array that was read, the index expression by which it is read or None, the memory that they share, how many assignments
    to it this value has seen); `version` counts assignments to this value. `memory` is that of an array that has views.
    `taken_from` is (vector, place) where NumPy took the vector apart, and this is its element at the place.
    These two are set on few values, and None elsewhere.
    is_number: whether it stands for a Python number, which has no precision of its own.
    is_open: whether it stands for an array of which nothing has asked how many elements it has.
    """

    is_number: ClassVar[bool] = False
    is_open: ClassVar[bool] = False
    __slots__ = ("owner", "value", "data", "origin", "version", "memory", "taken_from")
    memory: Memory | None
    taken_from: tuple[Traced, int] | None

    def __init__(self, trace: Trace, value: Array, data: Any = None) -> None:
        self.owner = trace
        self.value = value
        self.data = data
        self.origin: Any = None
        self.version = 0

    def snapshot(self) -> Traced:
        """Return this value on its own, as an array."""
        raise NotImplementedError  # pragma: no cover  (the traced array overrides this)

    def refresh(self) -> None:
        """Read a view again if the array that it belongs to has been assigned to since."""
        raise NotImplementedError  # pragma: no cover  (the traced array, which knows indexing, overrides this)


def innermost(traced: Traced) -> Traced:
    """Return the value below all transforms: that of the oldest trace."""
    while isinstance(traced.value, Traced):
        traced = traced.value
    return traced


def owners(value: Array) -> Iterator[Trace]:
    """Yield the traces that a value belongs to, the newest first."""
    while isinstance(value, Traced):
        yield value.owner
        value = value.value


def bind(primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any] = NO_PARAMETERS) -> Any:
    """Apply a primitive to operands of any kind: in the newest trace among them, or with NumPy where none is traced."""
    # Hot path: benchmarks/test_eager.py
    owner: Trace | None = None
    for operand in operands:
        if isinstance(operand, Traced):
            if operand.origin is not None:
                operand.refresh()
            if owner is None or operand.owner.level > owner.level:
                owner = operand.owner
    if owner is None:
        return primitive.value(*operands, **parameters)
    if owner.closed:
        owner.refuse_closed()
    if primitive.__class__ is Composite:
        return owner.unfold(primitive, operands, parameters)
    return owner.process(primitive, operands, parameters)


class Symbolic:
    """What stands for a number in a formula; it answers NumPy's functions, and `applied` for a primitive that none of them is."""

    __slots__ = ()

    def applied(self, primitive: Primitive, operands: Sequence[Array]) -> Any:
        """Return the formula that applies a primitive to operands, of which this is one."""
        raise NotImplementedError  # pragma: no cover  (expressions override this)


def apply(primitive: Primitive, *operands: Array) -> Any:
    """Apply a primitive for which NumPy has no function: the rules of others call it, with symbols too."""
    for operand in operands:
        if isinstance(operand, Symbolic):
            return operand.applied(primitive, operands)
    return bind(primitive, operands)


def compute(primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any], plain: bool = False) -> Any:
    """Apply a primitive below a trace; NumPy's complaints about shapes then name the user's line.

    plain: no operand is traced.
    """
    # Hot path: benchmarks/test_eager.py
    try:
        if not plain:
            return bind(primitive, operands, parameters)
        if primitive.operator is not None:
            out = primitive.operator(*operands)
            return np.complex128(out) if out.__class__ is complex else out  # 1j * np.float64(2) is Python's complex
        return primitive.value(*operands, **parameters)
    except (ChainruleError, np.linalg.LinAlgError):
        raise
    except IndexError as error:
        raise PositionError(_complaint(primitive, error)) from error
    except ValueError as error:
        raise ShapeError(_complaint(primitive, error)) from error


def _complaint(primitive: Primitive, error: Exception) -> str:
    """Return what NumPy says about an operation, with the operation's name, which some of its functions give themselves."""
    said = str(error).removeprefix(f"{primitive.name}: ")
    return f"{primitive.name}: {said}{where()}"

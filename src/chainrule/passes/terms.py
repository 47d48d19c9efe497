"""Owns terms: a program as values computed from values, each written once, with nothing left of the run that recorded it.

A graph holds what one run computed. A term holds what native code needs to know: the operation, its operands, the shape and
the type. Equal terms are one object, so that a common subexpression is computed once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.graph import ITEM
from chainrule.core.primitive import Primitive

Shape: TypeAlias = tuple[int, ...]
BOOL, FLOAT64, FLOAT32, INT64 = (np.dtype(kind) for kind in ("bool", "float64", "float32", "int64"))


class Term:
    """One value of a program.

    primitive: the operation; None for an input or a constant.
    operands, parameters: what it is applied to.
    shape, dtype: of the result; for a primitive with several results those of the first, all in `results`.
    size: the number of elements.
    constant: the number or array of a constant, else None. An array is read by reference at each call where `is_reference`.
    position: of an input among the inputs, else -1.
    index: terms are numbered as they are made; operands have smaller numbers.
    """

    __slots__ = ("index", "primitive", "operands", "parameters", "shape", "size", "dtype", "constant", "is_reference", "position",
                 "results")  # fmt: skip

    def __init__(
        self, index: int, primitive: Primitive | None, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape,
        dtype: np.dtype[Any], constant: Any = None, is_reference: bool = False, position: int = -1, results: Any = None,
    ) -> None:  # fmt: skip
        self.index = index
        self.primitive = primitive
        self.operands = operands
        self.parameters = parameters
        self.shape = shape
        self.size = math.prod(shape)
        self.dtype = dtype
        self.constant = constant
        self.is_reference = is_reference
        self.position = position
        self.results = results

    @property
    def is_constant(self) -> bool:
        """Whether the value is known, for good."""
        return self.constant is not None and not self.is_reference

    @property
    def number(self) -> Any:
        """The number that every element of a constant has, or None."""
        if self.constant is None or self.is_reference or self.shape:
            return None
        return self.constant

    def __repr__(self) -> str:
        kind = "input" if self.constant is None else "constant"
        name = self.primitive.name if self.primitive else kind
        return f"<Term {self.index} {name} {self.dtype}{list(self.shape)}>"


@lru_cache(maxsize=1024)
def broadcast(*shapes: Shape) -> Shape:
    """Return the shape of arrays that are broadcast together; NumPy makes arrays to find it out."""
    return np.broadcast_shapes(*shapes)


def freeze(value: Any) -> Any:
    """Return a parameter as something that can be a key of a dictionary; what cannot is told apart by its identity."""
    # Hot path: benchmarks/test_first_calls.py
    if type(value) is int:
        return value
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    if isinstance(value, tuple | list):
        return (type(value).__name__, *map(freeze, value))
    if isinstance(value, dict):
        return tuple((key, freeze(value[key])) for key in value)
    try:
        hash(value)
    except TypeError:
        return ("id", id(value))
    return (type(value).__name__, value)


class Terms:
    """Makes terms, each one once."""

    __slots__ = ("all", "_known", "_references")

    def __init__(self) -> None:
        self.all: list[Term] = []
        self._known: dict[Any, Term] = {}
        self._references: list[Any] = []

    def input(self, position: int, shape: Shape, dtype: np.dtype[Any]) -> Term:
        """Return the input at a position."""
        term = Term(len(self.all), None, (), {}, shape, dtype, position=position)
        self.all.append(term)
        return term

    def constant(self, value: Any, is_reference: bool = False) -> Term:
        """Return a constant: a Python number, which takes on the precision of what it meets, a NumPy scalar or an array."""
        if is_reference:
            key: Any = ("reference", id(value))
        elif isinstance(value, np.ndarray):
            if value.size > 1 and not value.dtype.hasobject and is_uniform(value):
                value = np.broadcast_to(value.reshape(-1)[:1].reshape((1,) * value.ndim), value.shape)
                key = ("uniform", value.shape, value.dtype.str, value[(0,) * value.ndim].tobytes())
            else:
                value = value[()] if not value.shape else value
                key = ("array", value.shape, value.dtype.str, value.tobytes())
        else:
            bits = np.asarray(value).tobytes() if not isinstance(value, int) else value
            key = (type(value).__name__, bits)
        found = self._known.get(key)
        if found is None:
            if is_reference:
                self._references.append(value)  # an identity is taken again when its object dies
            dtype = value.dtype if isinstance(value, np.ndarray | np.generic) else np.asarray(value).dtype
            found = Term(len(self.all), None, (), {}, np.shape(value), dtype, value, is_reference)
            self.all.append(found)
            self._known[key] = found
        return found

    def reference_to(
        self, array: np.ndarray[Any, Any], view: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
    ) -> Term:
        """Return the constant that is a view of an array, read by reference."""
        key = ("view", id(array))
        found = self._known.get(key)
        if found is None:
            self._references.append(array)
            found = self._known[key] = self.constant(view(array), is_reference=True)
        return found

    def apply(
        self, primitive: Primitive, operands: Sequence[Term], parameters: dict[str, Any], shape: Shape, dtype: np.dtype[Any],
        results: Any = None,
    ) -> Term:  # fmt: skip
        """Return the term of an operation."""
        # Hot path: benchmarks/test_first_calls.py
        frozen = tuple(map(freeze, parameters.values())) if parameters else ()
        key = (primitive, shape, dtype, frozen, *[operand.index for operand in operands])
        found = self._known.get(key)
        if found is None:
            found = Term(len(self.all), primitive, tuple(operands), parameters, shape, dtype, results=results)
            self.all.append(found)
            self._known[key] = found
        return found

    def apply_several(
        self, primitive: Primitive, operands: Sequence[Term], parameters: dict[str, Any],
        kinds: Sequence[tuple[Shape, np.dtype[Any]]],
    ) -> tuple[Term, ...]:  # fmt: skip
        """Return the results of an operation that has several, of these shapes and types; each is a term of its own."""
        term = self.apply(primitive, operands, parameters, *kinds[0])
        if term.results is None:
            term.results = tuple(self.apply(ITEM, (term,), {"index": place}, *kind) for place, kind in enumerate(kinds))
        results: tuple[Term, ...] = term.results
        return results


def in_promotion(operand: Term) -> Any:
    """Return what NumPy's promotion makes of an operand: a Python number has no precision of its own."""
    value = operand.constant
    return value if type(value) in (int, float, bool) else operand.dtype


def is_one_number(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array is one number in memory, read again for every element."""
    return bool(array.size) and not any(array.strides)


def is_uniform(array: np.ndarray[Any, Any]) -> bool:
    """Whether all elements have the same bits."""
    if array.dtype.kind not in "fiub":
        return False
    if is_one_number(array):
        return True
    flat = array.reshape(-1)
    first = flat[0]
    if flat[-1] != first:
        return False
    return bool((flat == first).all()) and not (first == 0 and array.dtype.kind == "f" and np.signbit(flat).any())


def uniform(term: Term) -> Any:
    """Return the number that every element of a constant is, a NumPy scalar for an array; None where there is none."""
    value = term.constant
    if value is None or term.is_reference:
        return None
    if not isinstance(value, np.ndarray):
        return value
    if is_one_number(value):
        return value[(0,) * value.ndim]
    return None


def live(outputs: Iterable[Term]) -> list[Term]:
    """Return the terms that outputs need, operands first."""
    seen: set[int] = set()
    found: list[Term] = []
    stack = list(outputs)
    while stack:
        term = stack.pop()
        if term.index not in seen:
            seen.add(term.index)
            found.append(term)
            stack.extend(term.operands)
    found.sort(key=operator.attrgetter("index"))
    return found

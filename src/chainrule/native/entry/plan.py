"""Owns what an entry takes and gives: a description of each argument, of the results, and of the memory between.

The text of an entry depends on this description only, so code can be kept for the next process. The objects that a
description holds (constants, keys, things compared by identity) reach the code through memory of the entry's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Number:
    """A real number: a Python float or NumPy's float64 as an argument, a new Python float as a result.

    is_python: whether it is no float64 as an argument, which has a precision of its own beside narrower numbers.
    """

    is_python: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A Python int within 64 bits (no bool), as an argument; a new Python int as a result."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array of exactly this dtype and shape: `np.ndarray` itself, no subclass.

    order: in which its elements lie, "C", or as an argument "F", Fortran's.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["C", "F"] = "C"

    def __post_init__(self) -> None:
        _check_dtype(self.dtype)

    @property
    def nbytes(self) -> int:
        """The size of its data."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Scalar:
    """A NumPy scalar, such as np.float32(1)."""

    dtype: np.dtype[Any]

    def __post_init__(self) -> None:
        _check_dtype(self.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """This very object, such as None, True or a string; as a result it is given again, never copied."""

    value: object


@dataclass(frozen=True, slots=True)
class Nested:
    """A tuple, list or dict (no subclass) of described things; a dict has these keys, and no more: strings or integers.

    named: of a named tuple, its class. order: the places of the keys of an argument as its dict has them; empty: as they are.
    """

    kind: Literal["tuple", "list", "dict"]
    children: tuple[Node, ...]
    keys: tuple[str | int, ...] = ()
    named: type | None = None
    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.kind == "dict" and len(set(self.keys)) != len(self.children):
            raise ValueError(f"a dict of {len(self.children)} things needs as many different keys, not {self.keys}")
        if self.kind != "dict" and self.keys:
            raise ValueError(f"a {self.kind} has no keys, but was given {self.keys}")


Leaf: TypeAlias = Number | Whole | Array | Scalar | Same
Node: TypeAlias = Leaf | Nested


@dataclass(frozen=True, slots=True, eq=False)
class EntryPlan:
    """What a compiled function takes and gives.

    arguments: by position, and the last ones by the names in `keywords`. results: a leaf or a tree.
    order: the places of the keywords as a call has to give them; empty: in any order.
    constants: arrays in C order that the program reads where they are. arena: bytes of scratch memory.
    release_gil: whether other Python threads run meanwhile. calls_python: whether the program calls Python.

    The program is `define internal i64 @run(ptr %bases)` in the same module. `%bases` points at pointers: to the data
    of each argument leaf but Same, of each constant, of each result leaf but Same, and to the arena (null if it is
    empty). It returns 0 when the results are ready, -1 when a Python exception is set, and anything else when the
    call is one for the fallback.
    """

    arguments: tuple[Node, ...]
    results: Node
    keywords: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    constants: tuple[npt.NDArray[Any], ...] = ()
    arena: int = 0
    release_gil: bool = False
    calls_python: bool = False

    def __post_init__(self) -> None:
        for constant in self.constants:
            if type(constant) is not np.ndarray or not constant.flags.c_contiguous or not constant.flags.aligned:
                raise ValueError("a constant must be an np.ndarray in C order: pass it through np.ascontiguousarray")

    @property
    def lets_python_run(self) -> bool:
        """Whether any Python code may run during a call; the garbage collector's may where a container is made."""
        return self.calls_python or self.release_gil or isinstance(self.results, Nested)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, each before its children."""
    yield node
    if isinstance(node, Nested):
        for child in node.children:
            yield from walk(child)


def in_order(leaf: Any, kind: Node) -> npt.NDArray[Any]:
    """Return an argument as an array that native code reads: its own memory, where that is in order."""
    dtype = kind.dtype if isinstance(kind, Array | Scalar) else np.dtype(float)
    found = np.asarray(leaf, dtype, order=kind.order if isinstance(kind, Array) else "C")
    return found if found.flags.aligned else found.copy("A")


def objects(plan: EntryPlan) -> list[object]:
    """Return the objects the entry's code refers to, in the order in which its text meets them."""
    found: list[object] = list(plan.keywords)
    for argument in plan.arguments:
        found.extend(_objects_below(argument))
    found.extend(plan.constants)
    found.extend(_objects_below(plan.results))
    return found


def count(plan: EntryPlan, condition: Callable[[Node], bool]) -> int:
    """Return how many nodes of the results meet a condition."""
    return sum(map(condition, walk(plan.results)))


def _objects_below(node: Node) -> Iterator[object]:
    for each in walk(node):
        if isinstance(each, Same):
            yield each.value
        elif isinstance(each, Nested):
            if each.named is not None:
                yield each.named
            yield from each.keys


def _check_dtype(dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "biufc" or not dtype.isnative:
        raise ValueError(f"native code works on numbers and booleans in the machine's byte order, not on {dtype!r}")

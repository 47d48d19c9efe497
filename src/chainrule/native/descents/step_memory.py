"""Owns how a step lies in memory: its state, what it records, and the checks that what it returns fits there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.core.trees import LEAF, Orders, flatten, flatten_in_order
from chainrule.errors import ShapeError
from chainrule.native.entry.plan import Array
from chainrule.native.memory.arena import ALIGNMENT
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.user_code import where


@dataclass(frozen=True, slots=True)
class Start:
    """A state, taken apart. types: of the leaves, as the user gave them. leaves: in the same places, what a step is given.

    orders: of the keys of its dictionaries.
    """

    leaves: tuple[Any, ...]
    types: tuple[type, ...]
    structure: Any
    orders: Orders

    def layouts(self) -> list[Array]:
        """Return how the leaves lie in memory."""
        return [_layout(leaf) for leaf in self.leaves]


def take_apart(tree: Any) -> tuple[list[Any], Any]:
    """Return leaves and structure; a lone leaf has one structure, whether it is traced or not."""
    leaves, structure = flatten(tree)
    return leaves, LEAF if _is_lone(leaves, tree) else structure


def _is_lone(leaves: list[Any], tree: Any) -> bool:
    return len(leaves) == 1 and leaves[0] is tree


def read_start(state: Any) -> Start:
    """Take a state apart. Raise TypeError where it holds anything but arrays and numbers."""
    leaves, structure, orders = flatten_in_order(state)
    structure = LEAF if _is_lone(leaves, state) else structure
    for leaf in leaves:
        is_array = type(leaf) is np.ndarray or (isinstance(leaf, np.generic) and type(leaf).__module__ == "numpy")
        if type(leaf) not in PYTHON and not (is_array and leaf.dtype.kind in "fiubc" and leaf.dtype.isnative):
            raise TypeError(f"the state holds {leaf!r:.60}; it is to be made of arrays and numbers")
    types = tuple(type(leaf) for leaf in leaves)
    return Start(tuple(map(_as_given, leaves)), types, structure, orders)


def _as_given(leaf: Any) -> Any:
    """Return a leaf as the steps have it, which lies in memory in C order."""
    if type(leaf) is bool:
        return np.bool_(leaf)
    return np.asarray(leaf, order="C") if type(leaf) is np.ndarray else leaf


PYTHON: dict[type, np.dtype[Any]] = {kind: np.dtype(kind) for kind in (float, int, bool, complex)}


def _layout(leaf: Any) -> Array:
    """Return how a leaf lies in memory."""
    dtype = PYTHON.get(type(leaf))
    return Array(dtype or np.result_type(leaf), np.shape(leaf))


def place_side_by_side(layouts: Sequence[Array]) -> tuple[list[int], int]:
    """Return where things lie side by side, each at the start of a cache line, and the bytes in all."""
    offsets, end = [], 0
    for layout in layouts:
        offsets.append(end)
        end += max(1, -(-layout.nbytes // ALIGNMENT)) * ALIGNMENT
    return offsets, end


class Memory:
    """Zeros that start at the start of a cache line."""

    __slots__ = ("array", "start", "address")

    def __init__(self, size: int) -> None:
        self.array = np.zeros(size + ALIGNMENT, np.uint8)
        address = self.array.ctypes.data
        self.start = -address % ALIGNMENT
        self.address = address + self.start

    def views(self, layouts: Sequence[Array], offsets: Sequence[int], begin: int) -> list[np.ndarray[Any, Any]]:
        """Return arrays in this memory."""
        return [
            np.ndarray(layout.shape, layout.dtype, self.array, self.start + begin + offset)
            for layout, offset in zip(layouts, offsets, strict=True)
        ]


def _fit(given: Any, layout: Array, is_number: bool, what: str) -> Any:
    """Return a value that a step returned as it goes into memory; raise where it does not fit."""
    value: Any = lift(given)
    if np.shape(value) != layout.shape:
        raise ShapeError(f"the step returns {what} of shape {np.shape(value)}, where it had {layout.shape}{where()}")
    dtype = getattr(value, "dtype", None) or np.result_type(value)
    if dtype != layout.dtype:
        is_weak = is_number or type(value) in PYTHON
        if dtype.kind not in "fiubc" or not (is_weak and np.can_cast(dtype, layout.dtype, "same_kind")):
            raise TypeError(f"the step returns {what} of {dtype}, where it had {layout.dtype}; convert it{where()}")
    if isinstance(value, Traced):
        return cast(value, layout.dtype)
    return np.asarray(value, layout.dtype)[()]


def _shown(structure: Any) -> str:
    return "*" if structure is LEAF else str(structure).removeprefix("PyTreeSpec(").removesuffix(")")


def parts(returned: Any, has_aux: bool, has_stop: bool) -> tuple[Any, Any, Any]:
    """Return the state, the record and the flag that a step returned."""
    count = 1 + has_aux + has_stop
    if count == 1:
        return returned, None, False
    if type(returned) is not tuple or len(returned) != count:
        names = ["state", *["record"] * has_aux, *["stop"] * has_stop]
        raise TypeError(f"the step is to return ({', '.join(names)}), but returned a {type(returned).__name__}")
    return returned[0], returned[1] if has_aux else None, returned[-1] if has_stop else False


@final
class Form:
    """How what a step takes and returns lies in memory. It refers to the step and to nothing that is compiled.

    recorded, record_structure: known when a step has run.
    """

    def __init__(self, step: Callable[..., Any], has_aux: bool, has_stop: bool, start: Start) -> None:
        self.step, self.has_aux, self.has_stop = step, has_aux, has_stop
        self.structure, self.orders = start.structure, start.orders
        self.types = start.types
        self.state = start.layouts()
        self.offsets, self.size = place_side_by_side(self.state)
        self.recorded: list[Array] | None = None
        self.record_structure: Any = None

    def flat(self, step: Callable[..., Any], state: Any, *args: Any) -> list[Any]:
        """Run the user's step; return the leaves of its state, those of its record, and its flag, fit for memory."""
        after, record, flag = parts(step(state, *args), self.has_aux, self.has_stop)
        leaves, structure = take_apart(after)
        if structure != self.structure:
            shown = [_shown(each) for each in (structure, self.structure)]
            raise TypeError(f"the step returns a state of the structure {shown[0]}, where it had {shown[1]}{where()}")
        found = [
            _fit(leaf, layout, kind in PYTHON, "a part of the state")
            for leaf, layout, kind in zip(leaves, self.state, self.types, strict=True)
        ]
        notes, structure = take_apart(record)
        if self.recorded is None:
            self.record_structure, self.recorded = structure, [_layout(lift(note)) for note in notes]
        if structure != self.record_structure:
            shown = [_shown(each) for each in (structure, self.record_structure)]
            raise TypeError(f"the step returns a record of the structure {shown[0]}, where it had {shown[1]}{where()}")
        found += [_fit(note, layout, False, "a record") for note, layout in zip(notes, self.recorded, strict=True)]
        if np.shape(flag):
            raise ShapeError(f"the step returns a flag of shape {np.shape(flag)}; it is to be one bool{where()}")
        return [*found, np.not_equal(flag, 0)]

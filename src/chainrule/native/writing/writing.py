"""Owns what every part of a program is written with: its body, where its values are in memory, and calls of its loops."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from chainrule.native.loops.inner import MEMORY
from chainrule.native.loops.loops import loop_key, write_loop
from chainrule.native.loops.points import Loop, Root
from chainrule.native.loops.tables import LONG, Address, Pending, Table, table_of, write_run
from chainrule.native.machine.machine import host
from chainrule.native.machine.text import Body, Module
from chainrule.native.memory.arena import Arena
from chainrule.native.memory.layout import Storage, contiguous, memory_of
from chainrule.native.memory.spaces import separate
from chainrule.native.vectors.instructions import ELEMENTS
from chainrule.native.writing.cells import Cells, Names
from chainrule.passes.terms import Shape, Term

Array: TypeAlias = np.ndarray[Any, Any]


class NotNativeError(Exception):
    """A program that cannot be written as native code."""


@dataclass(slots=True)
class State:
    """What is known at a place in the program: where terms are, in memory and in registers.

    where: of each buffer, an offset in the arena or the name of its pointer. done: buffers that hold their values.
    known: operations on registers that are written. planned: where the terms of the schedule at hand will be.
    is_inline: whether functions on registers are written where they are used.
    """

    storage: dict[int, Storage] = field(default_factory=dict)
    cells: dict[int, Names] = field(default_factory=dict)
    where: dict[int, int | str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    arena: Arena = field(default_factory=Arena)
    known: dict[Any, str] = field(default_factory=dict)
    planned: Mapping[int, Storage] = field(default_factory=dict)
    is_inline: bool = False

    def branch(self) -> State:
        """Return a copy for one branch."""
        return State(
            dict(self.storage), dict(self.cells), dict(self.where), set(self.done), copy.deepcopy(self.arena),
            dict(self.known),
        )  # fmt: skip

    def source(self, term: Term, storage: Storage, pointer: str) -> None:
        """Note where an input, a constant or a result is."""
        self.storage[term.index] = storage
        self.where[term.index] = pointer
        self.done.add(term.index)


class Writing:
    """A program while it is written.

    constants: the arrays that it reads. calls: the objects that it calls, which are to be kept alive.
    entry_lines: what is reserved on the stack. arena_bytes: of scratch memory.
    work: a rough count of element operations, by which the entry decides whether to release the GIL.
    pending: calls of loops that are not written yet, so that long runs of them become tables.
    """

    def __init__(self) -> None:
        self.module = Module()
        self.body = Body(self.module)
        self.constants: list[Array] = []
        self.calls: list[Callable[[int], bool]] = []
        self.pending: list[Pending] = []
        self.tables: list[Table] = []
        self.entry_lines: list[str] = []
        self.arena_bytes = 0
        self.work = 0
        self._width = host().width
        self._loop_symbols: dict[Any, str] = {}
        self._constant_terms: dict[int, tuple[Storage, str]] = {}

    # --- registers

    def cells(self, state: State, term: Term) -> Names:
        """Return the names of the elements of a small value; what is in memory is loaded."""
        found = state.cells.get(term.index)
        if found is not None:
            return found
        if term.is_constant:
            return Cells(self.body).constant(term)
        stored = self.stored(state, term)
        element = ELEMENTS[term.dtype]
        names = np.empty(term.shape, dtype=object)
        base = self.pointer(state, Storage(stored.buffer, 0, ()), 1)
        for place in np.ndindex(term.shape):
            offset = stored.offset + sum(at * stride for at, stride in zip(place, stored.strides, strict=True))
            address = self.body.let(f"getelementptr {MEMORY[element]}, ptr {base}, i64 {offset}")
            name = self.body.let(f"load {MEMORY[element]}, ptr {address}")
            names[place] = self.body.let(f"icmp ne i8 {name}, 0") if element == "i1" else name
        state.cells[term.index] = names
        return names

    def store_cells(self, names: Names, term: Term, pointer: str, strides: Shape | None = None) -> None:
        """Write the elements of a small value to memory, in C order where no strides say otherwise."""
        element = ELEMENTS[term.dtype]
        for place in np.ndindex(names.shape):
            name, address = str(names[place]), pointer
            offset = sum(map(operator.mul, place, contiguous(term.shape) if strides is None else strides))
            if offset:
                address = self.body.let(f"getelementptr {MEMORY[element]}, ptr {pointer}, i64 {offset}")
            if element == "i1":
                name = self.body.let(f"zext i1 {name} to i8")
            self.body.do(f"store {MEMORY[element]} {name}, ptr {address}")

    # --- memory

    def storage(self, state: State, term: Term) -> Storage | None:
        """Return where a value is in memory now, or None; what is in registers is written there first."""
        found = state.storage.get(term.index) or state.planned.get(term.index)
        if found is not None:
            if found.buffer.index not in state.done:
                if not found.buffer.is_reference:
                    return None
                self._constant(state, found.buffer)
            return found
        if term.index in state.cells:
            self.flush()  # a pending call may read what was in this memory before
            found = Storage(term, 0, contiguous(term.shape))
            state.where[term.index] = self.scratch(state, term.size * term.dtype.itemsize)
            state.storage[term.index] = found
            state.done.add(term.index)
            self.store_cells(state.cells[term.index], term, self.pointer(state, found, 1))
            return found
        return self._constant(state, term) if term.constant is not None else None

    def stored(self, state: State, term: Term) -> Storage:
        """Return where a value is in memory, which it has to be by now."""
        found = self.storage(state, term)
        if found is None:
            raise NotNativeError(f"{term} is not in memory")
        return found

    def _constant(self, state: State, term: Term) -> Storage:
        """Return where a constant array is, which the program reads from the array itself."""
        known = self._constant_terms.get(term.index)
        if known is None:
            array = np.asarray(term.constant)
            found = memory_of(array if term.is_reference else np.ascontiguousarray(array).reshape(array.shape))
            if found is None:
                raise NotNativeError("it reads an array whose elements do not lie at whole distances in memory")
            array, offset, strides = found
            known = self._constant_terms[term.index] = (Storage(term, offset, strides), self.constant_array(array))
        state.source(term, *known)
        return known[0]

    def constant_array(self, array: Array) -> str:
        """Return the name of the pointer to an array that the program reads."""
        self.constants.append(array)
        return f"%const{len(self.constants) - 1}"

    def scratch(self, state: State, size: int) -> int:
        """Return the offset of new memory in the arena."""
        offset = state.arena.take(size)
        self.arena_bytes = max(self.arena_bytes, state.arena.top)
        return offset

    def address(self, state: State, storage: Storage, itemsize: int) -> Address:
        """Return the address of the first element of a stored value."""
        where = state.where[storage.buffer.index]
        base, offset = (where, 0) if isinstance(where, str) else ("%arena", where)
        return Address(base, offset + storage.offset * itemsize)

    def name_of(self, address: Address) -> str:
        """Write a pointer to an address; return its name."""
        if not address.offset:
            return address.base
        return self.body.let(f"getelementptr i8, ptr {address.base}, i64 {address.offset}")

    def pointer(self, state: State, storage: Storage, itemsize: int) -> str:
        """Return the name of a pointer to the first element of a stored value."""
        return self.name_of(self.address(state, storage, itemsize))

    def fill(self, pointer: str, count: int, number: Any, dtype: np.dtype[Any], body: Body | None = None) -> None:
        """Write one number into all of a piece of memory."""
        body = self.body if body is None else body
        if not np.any(number) and not np.signbit(number):
            self.module.declare("llvm.memset.p0.i64", "void {}(ptr, i8, i64, i1)")
            body.do(f"call void @llvm.memset.p0.i64(ptr {pointer}, i8 0, i64 {count * dtype.itemsize}, i1 false)")
            return
        value = Term(-1, None, (), {}, (), dtype, constant=dtype.type(number))
        symbol = self.loop_function(
            Loop(separate((count,)), [Root(value, "store", 0, (1,))], lambda term: None, [pointer])
        )
        body.do(f"call void @{symbol}(ptr {pointer}, i64 0, i64 {count})")

    # --- loops

    def loop_function(self, loop: Loop) -> str:
        """Write the function of a loop, unless an equal one is there; return its symbol."""
        key = loop_key(loop)
        symbol = self._loop_symbols.get(key)
        if symbol is None:
            symbol = self._loop_symbols[key] = f"loop{len(self._loop_symbols)}"
            text = write_loop(self.module, symbol, loop, self._width)
            self.module.define(symbol, lambda: text)
        return symbol

    def flush(self) -> None:
        """Write the calls that are pending."""
        calls, self.pending = self.pending, []
        if len(calls) >= LONG:
            table = table_of(calls, f"table{len(self.tables)}")
            self.tables.append(table)
            write_run(self.body, table, self.constant_array(table.kinds), self.constant_array(table.data))
            return
        for call in calls:
            names = [self.name_of(address) for address in call.addresses]
            arguments = ", ".join([*(f"ptr {name}" for name in names), "i64 0", f"i64 {call.high}"])
            self.body.do(f"call void @{call.symbol}({arguments})")

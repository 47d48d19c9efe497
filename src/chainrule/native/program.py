"""Owns a compiled program: a tree of paths through a function, written as one native function that picks its path itself."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.native.cells import Cells, Names
from chainrule.native.entry_plan import Array, EntryPlan, Node, Number, Scalar
from chainrule.native.instructions import ELEMENTS, REALS
from chainrule.native.lanes import Lanes
from chainrule.native.layout import Storage, contiguous
from chainrule.native.loops import loop_key, write_loop
from chainrule.native.machine import host
from chainrule.native.memory import Arena, last_uses
from chainrule.native.numpy_calls import NumpyCall, write_call
from chainrule.native.points import MEMORY, Loop, Root
from chainrule.native.products import write_product
from chainrule.native.row_text import LoopCall, run_rows
from chainrule.native.rows import Group, group_steps
from chainrule.native.schedule import Piece, Role, Schedule, Step
from chainrule.native.tables import Address, Pending, Table, flush, write_tables
from chainrule.native.text import Body, Module
from chainrule.passes.flatten import flatten_space
from chainrule.passes.terms import BOOL, Term, uniform
from chainrule.primitives.shape import RESHAPE


@dataclass(slots=True)
class Path:
    """A place in the tree of paths: a decision with what follows each outcome, or the results.

    decision: the term that Python decided on, as `kind` (bool or int). outputs: the terms of the results, at an end.
    """

    decision: Term | None = None
    kind: type = bool
    branches: dict[Any, Path] = field(default_factory=dict)
    outputs: tuple[Term, ...] | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """The text of a program, and the plan of its entry. calls: what NumPy computes in it.

    written: what was written, in order, for who looks inside: at which place of the tree, from which schedule, what.
    """

    module: Module
    plan: EntryPlan
    calls: tuple[NumpyCall, ...]
    size: int
    written: tuple[tuple[Path, Schedule, Group], ...] = ()


class NotNativeError(Exception):
    """A program that cannot be written as native code."""


@dataclass(slots=True)
class _State:
    """What is known at a place in the program: where terms are, in memory and in registers.

    where: of each buffer, an offset in the arena or the name of its pointer. done: buffers that hold their values.
    """

    storage: dict[int, Storage]
    cells: dict[int, Names]
    where: dict[int, int | str]
    done: set[int]
    arena: Arena
    known: dict[Any, str]

    def branch(self) -> _State:
        """Return a copy for one branch."""
        return _State(dict(self.storage), dict(self.cells), dict(self.where), set(self.done), copy.deepcopy(self.arena),
                      dict(self.known))  # fmt: skip


class ProgramWriter:
    """Writes the function `run` of a tree of paths."""

    def __init__(self, inputs: Sequence[Term], arguments: Sequence[Node], results: Node, slots: Sequence[int]) -> None:
        self.inputs = inputs
        self.arguments = tuple(arguments)
        self.results = results
        self.slots = slots  # which result each of the pointers is of
        self.module = Module()
        self.body = Body(self.module)
        self.constants: list[np.ndarray[Any, Any]] = []
        self.calls: list[NumpyCall] = []
        self.width = host().width
        self.loops: dict[Any, str] = {}
        self.place = Path()
        self.written: list[tuple[Path, Schedule, Group]] = []
        self.pending: list[Pending] = []
        self.tables: list[Table] = []
        self.entry_lines: list[str] = []  # what is reserved on the stack
        self.arena_bytes = 0
        self.work = 0  # a rough count of element operations, by which the entry decides whether to release the GIL
        self._constant_terms: dict[int, tuple[Storage, str]] = {}

    def write(self, tree: Path) -> Compiled:
        """Write the whole program."""
        state = _State({}, {}, {}, set(), Arena(), {})
        for number, term in enumerate(self.inputs):
            self.source(state, term, Storage(term, 0, contiguous(term.shape)), f"%in{number}")
        self._path(tree, state)
        header = [f"  %slot{k} = getelementptr ptr, ptr %bases, i64 {k}" for k in range(self._bases())]
        names = [f"in{k}" for k in range(len(self.inputs))]
        names += [f"const{k}" for k in range(len(self.constants))]
        names += [*(f"result{k}" for k in self.slots), "arena"]
        loads = [f"  %{name} = load ptr, ptr %slot{k}" for k, name in enumerate(names)]
        write_tables(self.module, self.tables, {f"%{name}": k for k, name in enumerate(names)})
        lines = [self.body.lines[0], *self.entry_lines, *header, *loads, *self.body.lines[1:]]
        text = "\n".join(["define internal i64 @run(ptr %bases) {", *lines, "}"])
        self.module.define("run", lambda: text)
        plan = EntryPlan(
            arguments=self.arguments, results=self.results, constants=tuple(self.constants), arena=self.arena_bytes,
            release_gil=not self.calls and self.work > 200_000,
        )  # fmt: skip
        return Compiled(self.module, plan, tuple(self.calls), len(self.body.lines), tuple(self.written))

    def _bases(self) -> int:
        return len(self.inputs) + len(self.constants) + len(self.slots) + 1

    def source(self, state: _State, term: Term, storage: Storage, pointer: str) -> None:
        """Note where an input or a constant is."""
        state.storage[term.index] = storage
        state.where[term.index] = pointer
        state.done.add(term.index)

    # --- paths

    def _path(self, path: Path, state: _State) -> None:
        body, self.place = self.body, path
        if path.outputs is not None:
            self._ending(path.outputs, state)
            return
        decision = path.decision
        assert decision is not None
        if decision.dtype not in ELEMENTS:
            raise NotNativeError(f"a decision on {decision.dtype}")
        self._compute([decision], state, {})
        flush(self)
        (name,) = self.cells(state, decision).ravel()
        integer = Lanes(body, 1)
        if path.kind is bool:
            if decision.dtype in REALS:
                real = Lanes(body, 1, REALS[decision.dtype])
                name = real.compare("une", name, real.number(0))
            elif decision.dtype != BOOL:
                name = integer.compare_whole("ne", name, "0")
            kind = "i1"
        else:
            if decision.dtype in REALS:
                raise NotNativeError("an integer made of a real number")
            kind = "i1" if decision.dtype == BOOL else "i64"
        labels = {outcome: body.fresh("path") for outcome in path.branches}
        other = body.fresh("unknown")
        cases = " ".join(f"{kind} {_literal(outcome, kind)}, label %{label}" for outcome, label in labels.items())
        body.do(f"switch {kind} {name}, label %{other} [ {cases} ]")
        body.label(other)
        body.do("ret i64 1")
        for outcome, label in labels.items():
            body.label(label)
            self._path(path.branches[outcome], state.branch())

    def _ending(self, outputs: Sequence[Term], state: _State) -> None:
        places: dict[int, str] = {}
        later: list[tuple[Term, int]] = []
        for number, term in enumerate(outputs):
            if term.index in places or term.index in state.storage or term.primitive is None:
                later.append((term, number))
            else:
                places[term.index] = f"%result{number}"
        self._compute([term for term in outputs if term.primitive is not None], state, places)
        for number, term in enumerate(outputs):
            storage = state.storage.get(term.index)
            where = None if storage is None else state.where.get(storage.buffer.index)
            if places.get(term.index) == f"%result{number}" and where != f"%result{number}":
                later.append((term, number))  # kept in registers, or a view
        for term, number in later:
            self._copy(term, number, state)
        flush(self)
        self.body.do("ret i64 0")

    def _copy(self, term: Term, number: int, state: _State) -> None:
        """Write a value that is ready into the memory of a result."""
        flush(self)
        pointer = f"%result{number}"
        if term.dtype in ELEMENTS and (term.index in state.cells or (uniform(term) is not None and term.size <= 16)):
            self._store_cells(self.cells(state, term), term, pointer)
        elif term.dtype in ELEMENTS:
            target = Term(-1_000_000 - number, None, (), {}, term.shape, term.dtype)
            state.where[target.index] = pointer
            self._loop(term.shape, [Piece(term, "store", target, 0, contiguous(term.shape))], state)
        elif 0 not in term.shape:
            storage = self.storage(state, term)
            if storage is None or storage.strides != contiguous(term.shape):
                self._copy_by_numpy(term, pointer, state)
                return
            self.module.declare("llvm.memcpy.p0.p0.i64", "void {}(ptr, ptr, i64, i1)")
            source = self.pointer(state, storage, term.dtype.itemsize)
            self.body.do(
                f"call void @llvm.memcpy.p0.p0.i64(ptr {pointer}, ptr {source}, i64 {term.size * term.dtype.itemsize}, i1 false)"
            )

    def _copy_by_numpy(self, term: Term, pointer: str, state: _State) -> None:
        """Copy a view of a type that native code does not compute in."""
        made = Term(-term.index - 2, RESHAPE, (term,), {"shape": term.shape}, term.shape, term.dtype)
        self.source(state, made, Storage(made, 0, contiguous(term.shape)), pointer)
        write_call(self, made, None, state)

    # --- values

    def _compute(self, wanted: Sequence[Term], state: _State, places: dict[int, str]) -> None:
        """Write what computes terms; those named in `places` go into that memory where they are made in memory."""
        wanted = [term for term in wanted if term.index not in state.cells and term.index not in state.storage]
        if not wanted:
            return
        schedule = Schedule(wanted, state.storage, state.cells)
        steps = schedule.steps()
        keep = {term.index for term in wanted}
        for term in wanted:
            if schedule.roles[term.index] is Role.ALIAS:
                stored = schedule.storage[term.index]
                keep.add(stored.buffer.index)
                whole = stored.buffer.size == term.size and stored.strides == contiguous(term.shape)
                if whole and term.index in places and stored.buffer.index in schedule.roles:
                    places.setdefault(stored.buffer.index, places[term.index])
        ends = last_uses(steps, schedule)
        groups = group_steps(steps, schedule)
        for group in groups:
            self.written.append((self.place, schedule, group))
            for step in group.steps:
                self._take_memory(step, schedule, state, places)
            if group.steps[0].kind == "loop":
                self._loops(group.steps, state, schedule)
            else:
                self._step(group.steps[0], schedule, state)
            for number in group.numbers:
                self._give_back(ends.get(number, ()), keep, state)
        for term in schedule.order:
            storage = schedule.storage.get(term.index)
            if schedule.roles[term.index] is Role.ALIAS and storage is not None and storage.buffer.index in state.done:
                state.storage[term.index] = storage

    def _take_memory(self, step: Step, schedule: Schedule, state: _State, places: dict[int, str]) -> None:
        """Find memory for what a step makes: that of a result where it is one."""
        for index, storage in _made(step):
            state.storage[index] = storage
            if index in places:
                state.where[index] = places[index]
            elif index not in state.where:
                state.where[index] = self.scratch(state, storage.buffer.size * storage.buffer.dtype.itemsize)

    def scratch(self, state: _State, size: int) -> int:
        """Return the offset of new memory in the arena."""
        offset = state.arena.take(size)
        self.arena_bytes = max(self.arena_bytes, state.arena.top)
        return offset

    def _give_back(self, indices: Sequence[int], keep: set[int], state: _State) -> None:
        for index in indices:
            offset = state.where.get(index)
            if isinstance(offset, int) and index not in keep and index in state.storage:
                state.arena.give_back(offset)
                del state.storage[index], state.where[index]
                state.done.discard(index)

    def _step(self, step: Step, schedule: Schedule, state: _State) -> None:
        flush(self)
        if step.kind == "cell":
            assert step.term is not None
            self._cell(step.term, schedule, state)
        elif step.kind == "assemble":
            assert step.term is not None
            self._start(step.term, state)
        elif step.kind == "product":
            assert step.term is not None
            operands = [self._stored(operand, schedule, state) for operand in step.term.operands]
            size = step.term.dtype.itemsize
            pointers = [self.pointer(state, stored, size) for stored in operands]
            write_product(self, step.term, operands, pointers, self.pointer(state, state.storage[step.term.index], size))
            state.done.add(step.term.index)
        else:
            assert step.term is not None
            write_call(self, step.term, schedule, state)

    def _start(self, term: Term, state: _State) -> None:
        """Write what is in the memory of an assembled value at first: one number, where its first operand is that."""
        number = uniform(term.operands[0]) if len(term.operands) == 2 and term.operands[0].shape == term.shape else None
        if number is not None:
            self.fill(self.pointer(state, state.storage[term.index], term.dtype.itemsize), term.size, number, term.dtype)

    def _cell(self, term: Term, schedule: Schedule, state: _State) -> None:
        writer = Cells(self.body)
        writer.known = state.known
        state.cells[term.index] = writer.write(term, [self.cells(state, operand, schedule) for operand in term.operands])
        self.work += term.size

    def cells(self, state: _State, term: Term, schedule: Schedule | None = None) -> Names:
        """Return the names of the elements of a small value; what is in memory is loaded."""
        found = state.cells.get(term.index)
        if found is not None:
            return found
        if term.is_constant:
            return Cells(self.body).constant(term)
        stored = self._stored(term, schedule, state)
        element = ELEMENTS[term.dtype]
        names = np.empty(term.shape, dtype=object)
        base = self.base(state, stored.buffer)
        for place in np.ndindex(term.shape):
            offset = stored.offset + sum(at * stride for at, stride in zip(place, stored.strides, strict=True))
            address = self.body.let(f"getelementptr {MEMORY[element]}, ptr {base}, i64 {offset}")
            name = self.body.let(f"load {MEMORY[element]}, ptr {address}")
            names[place] = self.body.let(f"icmp ne i8 {name}, 0") if element == "i1" else name
        state.cells[term.index] = names
        return names

    def _store_cells(self, names: Names, term: Term, pointer: str) -> None:
        element = ELEMENTS[term.dtype]
        for place, name in enumerate(names.ravel()):
            address = self.body.let(f"getelementptr {MEMORY[element]}, ptr {pointer}, i64 {place}") if place else pointer
            if element == "i1":
                name = self.body.let(f"zext i1 {name} to i8")
            self.body.do(f"store {MEMORY[element]} {name}, ptr {address}")

    # --- memory

    def storage(self, state: _State, term: Term, schedule: Schedule | None = None) -> Storage | None:
        """Return where a value is in memory now; what is in registers is written there first; None where it is nowhere."""
        found = state.storage.get(term.index)
        if found is None and schedule is not None:
            found = schedule.storage.get(term.index)
        if found is not None:
            return found if found.buffer.index in state.done else None
        if term.index in state.cells:
            state.where[term.index] = self.scratch(state, term.size * term.dtype.itemsize)
            state.storage[term.index] = Storage(term, 0, contiguous(term.shape))
            state.done.add(term.index)
            self._store_cells(state.cells[term.index], term, self.base(state, term))
            return state.storage[term.index]
        if term.constant is not None:
            return self._constant(state, term)
        return None

    def _stored(self, term: Term, schedule: Schedule | None, state: _State) -> Storage:
        found = self.storage(state, term, schedule)
        if found is None:
            raise NotNativeError(f"{term} is not in memory")
        return found

    def _constant(self, state: _State, term: Term) -> Storage:
        """Return where a constant array is, which the program reads from the array itself."""
        known = self._constant_terms.get(term.index)
        if known is None:
            array, offset, strides = readable(np.asarray(term.constant), term.is_reference)
            known = (Storage(term, offset, strides), f"%const{len(self.constants)}")
            self.constants.append(array)
            self._constant_terms[term.index] = known
        self.source(state, term, *known)
        return known[0]

    def constant_array(self, array: np.ndarray[Any, Any]) -> str:
        """Return the name of the pointer to an array that the program reads."""
        self.constants.append(array)
        return f"%const{len(self.constants) - 1}"

    def base(self, state: _State, buffer: Term) -> str:
        """Return the name of a pointer to a buffer."""
        return self.name_of(self._address(state, Storage(buffer, 0, ()), 1))

    def _address(self, state: _State, storage: Storage, itemsize: int) -> Address:
        where = state.where[storage.buffer.index]
        base, offset = (where, 0) if isinstance(where, str) else ("%arena", where)
        return Address(base, offset + storage.offset * itemsize)

    def name_of(self, address: Address) -> str:
        """Write a pointer to an address; return its name."""
        if not address.offset:
            return address.base
        return self.body.let(f"getelementptr i8, ptr {address.base}, i64 {address.offset}")

    def pointer(self, state: _State, storage: Storage, itemsize: int) -> str:
        """Return the name of a pointer to the first element of a stored value."""
        return self.name_of(self._address(state, storage, itemsize))

    def fill(self, pointer: str, count: int, number: Any, dtype: np.dtype[Any], body: Body | None = None) -> None:
        """Write one number into all of a piece of memory."""
        body = self.body if body is None else body
        if not np.any(number) and not np.signbit(number):
            self.module.declare("llvm.memset.p0.i64", "void {}(ptr, i8, i64, i1)")
            body.do(f"call void @llvm.memset.p0.i64(ptr {pointer}, i8 0, i64 {count * dtype.itemsize}, i1 false)")
            return
        value = Term(-1, None, (), {}, (), dtype, constant=dtype.type(number))
        root = Root(value, "store", 0, (1,))
        symbol = self.loop_function(Loop((count,), [root], lambda term: None, [pointer]))
        body.do(f"call void @{symbol}(ptr {pointer}, i64 0, i64 {count})")

    # --- loops

    def _loops(self, steps: Sequence[Step], state: _State, schedule: Schedule | None) -> None:
        """Write loops over the same rows, block by block."""
        calls = []
        for step in steps:
            calls.append(self._prepare(step.domain, step.pieces, state, schedule, may_flatten=len(steps) == 1))
            for piece in step.pieces:
                state.done.add(piece.target.index)
        run_rows(self, calls, state)

    def _loop(self, domain: tuple[int, ...], pieces: Sequence[Piece], state: _State) -> None:
        run_rows(self, [self._prepare(domain, pieces, state, None, may_flatten=True)], state)

    def _prepare(
        self, domain: tuple[int, ...], pieces: Sequence[Piece], state: _State, schedule: Schedule | None, may_flatten: bool
    ) -> LoopCall:
        """Write a loop's function, and return how it is called. Loops that run together have their rows in common."""
        pointers: dict[tuple[int, int], int] = {}
        names: list[Address] = []

        def number(storage: Storage, itemsize: int) -> int:
            key = (storage.buffer.index, storage.offset)
            if key not in pointers:
                pointers[key] = len(names)
                names.append(self._address(state, storage, itemsize))
            return pointers[key]

        targets = {piece.target.index for piece in pieces}

        def stored(term: Term) -> tuple[int, Storage] | None:
            if term.index in targets and term.index not in state.done:
                return None
            found = self.storage(state, term, schedule) if uniform(term) is None else None
            if found is None:
                return None
            return number(found, term.dtype.itemsize), Storage(found.buffer, 0, found.strides)

        if not domain:
            domain, pieces = (1,), [Piece(p.term, p.how, p.target, p.offset, (1,)) for p in pieces]
        flat = flatten_space(domain, [(p.term, p.how, p.strides) for p in pieces], stored) if may_flatten else None
        if flat is not None:
            domain, leaves = flat
        else:
            leaves = [(p.term, p.strides) for p in pieces]
        roots = []
        for piece, (term, strides) in zip(pieces, leaves, strict=True):
            if piece.how in ("store", "add"):
                strides = tuple(1 if length == 1 else stride for length, stride in zip(domain, strides, strict=True))
            target = Storage(piece.target, piece.offset, strides)
            roots.append(Root(term, piece.how, number(target, piece.target.dtype.itemsize), strides))
        read = stored if flat is None else lambda term: _flat_stored(term, stored)
        loop = Loop(domain, roots, read, names)
        sizes = [piece.target.size for piece in pieces]
        return LoopCall(self.loop_function(loop), domain, tuple(roots), names, sizes)

    def loop_function(self, loop: Loop) -> str:
        """Write the function of a loop, unless an equal one is there; return its symbol."""
        key = loop_key(loop)
        symbol = self.loops.get(key)
        if symbol is None:
            symbol = self.loops[key] = f"loop{len(self.loops)}"
            text = write_loop(self.module, symbol, loop, self.width)
            self.module.define(symbol, lambda: text)
        return symbol


def _literal(outcome: Any, kind: str) -> str:
    return ("true" if outcome else "false") if kind == "i1" else str(int(outcome))


def _flat_stored(term: Term, stored: Callable[[Term], tuple[int, Storage] | None]) -> tuple[int, Storage] | None:
    origin = term.results if term.index < 0 and isinstance(term.results, Term) else term
    found = stored(origin)
    if found is None:
        return None
    return found[0], Storage(found[1].buffer, 0, tuple(1 for _ in term.shape))


def _made(step: Step) -> list[tuple[int, Storage]]:
    """Return the buffers that a step starts to fill."""
    if step.kind == "loop":
        return [(piece.target.index, Storage(piece.target, 0, contiguous(piece.target.shape))) for piece in step.pieces]
    if step.kind == "cell" or step.term is None:
        return []
    return [(term.index, Storage(term, 0, contiguous(term.shape))) for term in step.term.results or (step.term,)]


def readable(array: np.ndarray[Any, Any], is_reference: bool) -> tuple[np.ndarray[Any, Any], int, tuple[int, ...]]:
    """Return an array in C order with the same memory, and the offset and strides of `array` in it, in elements."""
    size = array.dtype.itemsize
    if array.flags.c_contiguous and array.flags.aligned:
        return array, 0, contiguous(array.shape)
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    turned = array.transpose(order)
    base = turned if turned.flags.c_contiguous else array.base
    if is_reference and isinstance(base, np.ndarray) and base.flags.c_contiguous and base.flags.aligned and base.dtype == array.dtype:
        offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        return base, offset // size, tuple(stride // size for stride in array.strides)
    return np.ascontiguousarray(array), 0, contiguous(array.shape)


__all__ = ["Array", "Compiled", "NotNativeError", "Number", "Path", "ProgramWriter", "Scalar"]

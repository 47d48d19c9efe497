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

def _literal(outcome: Any, kind: str) -> str:
    return ("true" if outcome else "false") if kind == "i1" else str(int(outcome))


def _made(step: Step) -> list[tuple[int, Storage]]:
    """Return the buffers that a step starts to fill."""
    if step.kind == "loop":
        return [(piece.target.index, Storage(piece.target, 0, contiguous(piece.target.shape))) for piece in step.pieces]
    if step.kind == "cell" or step.term is None:
        return []
    return [(term.index, Storage(term, 0, contiguous(term.shape))) for term in step.term.results or (step.term,)]



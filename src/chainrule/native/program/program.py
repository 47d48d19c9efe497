"""Owns a compiled program: a tree of paths through a function, written as one native function that picks its path itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.native.entry.plan import EntryPlan, Node
from chainrule.native.loops.tables import Pending, fill_tables
from chainrule.native.machine.machine import INLINE
from chainrule.native.machine.text import Module
from chainrule.native.memory.layout import Storage, contiguous
from chainrule.native.memory.steps import Piece, Step, number_at_first
from chainrule.native.program.heat import Heat
from chainrule.native.program.paths import Later, Path
from chainrule.native.program.row_runs import run_rows
from chainrule.native.recording.watch import Watched, write_watch
from chainrule.native.schedule.lifetimes import last_uses
from chainrule.native.schedule.order_of_steps import steps_of
from chainrule.native.schedule.overwriting import overwrite
from chainrule.native.schedule.roles import ALIAS
from chainrule.native.schedule.row_groups import Group, group_steps
from chainrule.native.schedule.schedule import Schedule
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.writing.accumulations import write_accumulation
from chainrule.native.writing.cells import MOST, Cells
from chainrule.native.writing.lapack import has_lapack, write_lapack
from chainrule.native.writing.loop_calls import loop_call
from chainrule.native.writing.numpy_calls import write_call
from chainrule.native.writing.products import write_product
from chainrule.native.writing.searches import is_search, write_search
from chainrule.native.writing.writing import NotNativeError, State, Writing
from chainrule.passes.terms import BOOL, Term, uniform
from chainrule.primitives.shape import RESHAPE

RUN = "define internal i64 @run(ptr %bases)"
INLINED = 8
"""Up to so many functions on registers are written where they are used, in code that is to be fast: they share their common
parts, and calls are spared."""
HEAVY = 200_000
"""From so much work on, in operations on elements, other Python threads run meanwhile."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The text of a program, and the plan of its entry. calls: what NumPy computes in it.

    written: what was written, in order, for who looks inside: at which place of the tree, from which schedule, what.
    """

    module: Module
    plan: EntryPlan
    calls: tuple[Callable[[int], bool], ...]
    size: int
    written: tuple[tuple[Path, Schedule, Group], ...] = ()

    def put_inline(self) -> None:
        """Make the program a part of the function of its module that calls it."""
        self.module.functions["run"] = self.module.functions["run"].replace(RUN, f"{RUN} {INLINE}", 1)


class ProgramWriter(Writing):
    """Writes the function `run` of a tree of paths.

    arguments, keywords, order, results: as of an `EntryPlan`.
    slots: which result each of the pointers to results is of. watched: arrays that must be what they were.
    heat: counts the calls of code that is to be compiled again.
    """

    def __init__(
        self,
        inputs: Sequence[Term],
        arguments: Sequence[Node],
        results: Node,
        slots: Sequence[int],
        watched: Sequence[Watched] = (),
        heat: Heat | None = None,
        keywords: Sequence[str] = (),
        order: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self._inputs = inputs
        self._arguments = tuple(arguments)
        self._keywords = tuple(keywords)
        self._order = tuple(order)
        self._results = results
        self._slots = slots
        self._watched = watched
        self._heat = heat
        self._place = Path()
        self._later = Later(self._place)
        self._written: list[tuple[Path, Schedule, Group]] = []

    def write(self, tree: Path) -> Compiled:
        """Write the whole program."""
        state = State()
        self._later = Later(tree)
        for number, term in enumerate(self._inputs):
            state.source(term, Storage(term, 0, contiguous(term.shape)), f"%in{number}")
        write_watch(self, self._watched)
        if self._heat is not None:
            self._heat.write(self)
        self._paths(tree, state)
        names = [f"%in{k}" for k in range(len(self._inputs))]
        names += [f"%const{k}" for k in range(len(self.constants))]
        names += [*(f"%result{k}" for k in self._slots), "%arena"]
        slots = [f"  %slot{k} = getelementptr ptr, ptr %bases, i64 {k}" for k in range(len(names))]
        loads = [f"  {name} = load ptr, ptr %slot{k}" for k, name in enumerate(names)]
        fill_tables(self.module, self.tables, {name: k for k, name in enumerate(names)})
        lines = [self.body.lines[0], *self.entry_lines, *slots, *loads, *self.body.lines[1:]]
        text = "\n".join([f"{RUN} {{", *lines, "}"])
        self.module.define("run", lambda: text)
        plan = EntryPlan(
            arguments=self._arguments, results=self._results, keywords=self._keywords, order=self._order,
            constants=tuple(self.constants), arena=self.arena_bytes,
            release_gil=not self.calls and self.work > HEAVY, calls_python=bool(self.calls),
        )  # fmt: skip
        if self._heat is not None:
            self._heat.expect(self.work, len(self.body.lines), self.module.lines)
        return Compiled(self.module, plan, tuple(self.calls), len(self.body.lines), tuple(self._written))

    # --- paths

    def _paths(self, tree: Path, state: State) -> None:
        """Write what follows at each place of the tree."""
        body = self.body
        left: list[tuple[str, Path, State]] = [("", tree, state)]
        while left:
            label, path, state = left.pop()
            if label:
                body.label(label)
            self._place = path
            if path.outputs is not None:
                self._ending(path.outputs, state)
                continue
            kind, name = self._decided(path, state)
            labels = {outcome: body.fresh("path") for outcome in path.branches}
            other = body.fresh("unknown")
            cases = " ".join(f"{kind} {_literal(outcome, kind)}, label %{label}" for outcome, label in labels.items())
            body.do(f"switch {kind} {name}, label %{other} [ {cases} ]")
            body.label(other)
            body.do("ret i64 1")
            for outcome, label in reversed(labels.items()):
                left.append((label, path.branches[outcome], state.branch() if len(labels) > 1 else state))

    def _decided(self, path: Path, state: State) -> tuple[str, str]:
        """Write what Python decided on; return its type and name."""
        decision, body = path.decision, self.body
        assert decision is not None
        if decision.dtype not in ELEMENTS:
            raise NotNativeError(f"a decision on {decision.dtype}")
        self._compute([decision], state, {})
        self.flush()
        (name,) = self.cells(state, decision).ravel()
        if path.kind is not bool:
            if decision.dtype in REALS:
                raise NotNativeError("an integer made of a real number")
            return ("i1" if decision.dtype == BOOL else "i64"), name
        if decision.dtype in REALS:
            real = Lanes(body, 1, REALS[decision.dtype])
            name = real.compare("une", name, real.number(0))
        elif decision.dtype != BOOL:
            name = Lanes(body, 1).compare_whole("ne", name, "0")
        return "i1", name

    def _ending(self, outputs: Sequence[Term], state: State) -> None:
        """Write the results of a path, in their memory where that is possible, and its end."""
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
        self.flush()
        self.body.do("ret i64 0")

    def _copy(self, term: Term, number: int, state: State) -> None:
        """Write a value that is ready into the memory of a result."""
        self.flush()
        pointer = f"%result{number}"
        if term.dtype in ELEMENTS and (term.index in state.cells or (uniform(term) is not None and term.size <= MOST)):
            self.store_cells(self.cells(state, term), term, pointer)
        elif term.dtype in ELEMENTS:
            target = Term(-1_000_000 - number, None, (), {}, term.shape, term.dtype)
            state.where[target.index] = pointer
            piece = Piece(term, "store", target, 0, contiguous(term.shape))
            run_rows(self, state, [loop_call(self, state, term.shape, [piece], 0, may_flatten=True)])
        elif 0 not in term.shape:
            storage = self.storage(state, term)
            if storage is None or storage.strides != contiguous(term.shape):
                self._copy_by_numpy(term, pointer, state)
                return
            size = term.size * term.dtype.itemsize
            self.module.declare("llvm.memcpy.p0.p0.i64", "void {}(ptr, ptr, i64, i1)")
            source = self.pointer(state, storage, term.dtype.itemsize)
            self.body.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {pointer}, ptr {source}, i64 {size}, i1 false)")

    def _copy_by_numpy(self, term: Term, pointer: str, state: State) -> None:
        """Copy a view of a type that native code does not compute in."""
        made = Term(-term.index - 2, RESHAPE, (term,), {"shape": term.shape}, term.shape, term.dtype)
        state.source(made, Storage(made, 0, contiguous(term.shape)), pointer)
        write_call(self, state, made)

    # --- values

    def _compute(self, wanted: Sequence[Term], state: State, places: dict[int, str]) -> None:
        """Write what computes terms; those named in `places` go into that memory where they are made in memory."""
        keep = {stored.buffer.index for term in wanted if (stored := state.storage.get(term.index)) is not None}
        wanted = [term for term in wanted if term.index not in state.cells and term.index not in state.storage]
        if not wanted:
            return
        schedule = Schedule(wanted, state.storage, state.cells, self._is_read_later)
        if self._place.branches:
            self._later.hand_on(schedule, self._place)
        overwrite(schedule)
        steps = steps_of(schedule)
        keep |= {term.index for term in wanted}
        keep |= _read_by_views(wanted, schedule, places)
        state.planned = schedule.storage
        state.is_inline = self._heat is None and schedule.functions_on_cells() <= INLINED
        groups = group_steps(steps, schedule)
        ends = last_uses(groups, schedule)
        for index, before in reversed(schedule.in_place.items()):
            if index in places:
                places.setdefault(before.index, places[index])
        handed_on = {before.index for before in schedule.in_place.values()}
        for number, group in enumerate(groups):
            self._written.append((self._place, schedule, group))
            for step in group:
                self._take_memory(step, state, places, schedule.in_place)
            if group[0].kind == "loop":
                if not self._store_registers(group, state):
                    self._loops(group, state)
            elif group[0].kind == "scatter":
                self._scatter(group[0], state)
            else:
                self._step(group[0], state)
            self.body.cut()
            self._give_back(ends.get(number, ()), keep, handed_on, state)
        state.storage.update(_views(schedule, state))
        state.planned = {}

    def _is_read_later(self, index: int) -> bool:
        return bool(self._place.branches and self._later.reads(index, self._place))

    def _take_memory(self, step: Step, state: State, places: dict[int, str], in_place: dict[int, Term]) -> None:
        """Find memory for what a step makes: that of a result where it is one."""
        # Hot path: benchmarks/test_first_calls.py
        for buffer in _made(step):
            index = buffer.index
            state.storage[index] = Storage(buffer, 0, contiguous(buffer.shape))
            before = in_place.get(index)
            if before is not None and before.index in state.storage:
                state.where[index] = state.where[before.index]
            elif index in places:
                state.where[index] = places[index]
            elif index not in state.where:
                state.where[index] = self.scratch(state, buffer.size * buffer.dtype.itemsize)

    def _give_back(self, indices: Sequence[int], keep: set[int], handed_on: set[int], state: State) -> None:
        """Let others have the memory of buffers that are not read any more, unless what overwrote them has it."""
        for index in indices:
            offset = state.where.get(index)
            if index in keep or index not in state.storage or not (isinstance(offset, int) or index in handed_on):
                continue
            if self._is_read_later(index):
                continue
            if isinstance(offset, int) and index not in handed_on:
                state.arena.give_back(offset)
            del state.storage[index], state.where[index]
            state.done.discard(index)

    def _step(self, step: Step, state: State) -> None:
        """Write a step that is no loop."""
        self.flush()
        term = step.term
        assert term is not None
        if step.kind == "cell":
            writer = Cells(self.body, state.known, state.is_inline)
            state.cells[term.index] = writer.write(term, [self.cells(state, operand) for operand in term.operands])
            self.work += term.size
        elif step.kind == "assemble":
            self._start(term, state)
        elif step.kind == "lapack":
            write_lapack(self, state, term)
        elif step.kind == "accumulate":
            write_accumulation(self, state, term)
        elif step.kind == "product":
            size = term.dtype.itemsize
            operands = [self.stored(state, operand) for operand in term.operands]
            pointers = [self.pointer(state, stored, size) for stored in operands]
            write_product(self, term, operands, pointers, self.pointer(state, state.storage[term.index], size))
            state.done.add(term.index)
        elif is_search(term):
            write_search(self, state, term)
        else:
            write_call(self, state, term)

    def _start(self, term: Term, state: State) -> None:
        """Write what is in the memory of an assembled value at first: one number, where its first operand is that."""
        if has_lapack(term):
            return
        number = number_at_first(term)
        if number is not None:
            pointer = self.pointer(state, state.storage[term.index], term.dtype.itemsize)
            self.fill(pointer, term.size, number, term.dtype)

    def _scatter(self, step: Step, state: State) -> None:
        """Write a loop whose rows are worked off in order."""
        call = loop_call(self, state, step.domain, step.pieces, step.operations, may_flatten=False)
        self.pending.append(Pending(call.symbol, tuple(call.pointers), call.lengths[0]))
        self.work += call.work
        state.done.update(piece.target.index for piece in step.pieces)

    def _store_registers(self, steps: Sequence[Step], state: State) -> bool:
        """Write what is in registers, or a few numbers that are known, without a loop; return whether that is all there is."""
        pieces = steps[0].pieces
        if len(steps) > 1 or not all(self._is_in_registers(piece, state) for piece in pieces):
            return False
        self.flush()
        for piece in pieces:
            stored, size = Storage(piece.target, piece.offset, piece.strides), piece.term.dtype.itemsize
            self.store_cells(
                self.cells(state, piece.term), piece.term, self.pointer(state, stored, size), piece.strides
            )
            state.done.add(piece.target.index)
            self.work += piece.term.size
        return True

    def _is_in_registers(self, piece: Piece, state: State) -> bool:
        if piece.how != "store" or piece.places or piece.beside is not None:
            return False
        term = piece.term
        return term.index in state.cells or (uniform(term) is not None and term.size <= MOST)

    def _loops(self, steps: Sequence[Step], state: State) -> None:
        """Write loops over the same rows, block by block."""
        calls = []
        for step in steps:
            calls.append(loop_call(self, state, step.domain, step.pieces, step.operations, may_flatten=len(steps) == 1))
            for piece in step.pieces:
                state.done.add(piece.target.index)
        run_rows(self, state, calls)


def _literal(outcome: Any, kind: str) -> str:
    return ("true" if outcome else "false") if kind == "i1" else str(int(outcome))


def _read_by_views(wanted: Sequence[Term], schedule: Schedule, places: dict[int, str]) -> set[int]:
    """Return the buffers that wanted views read; one that a view shows whole goes where the view is to be."""
    read = set()
    for term in wanted:
        if schedule.roles[term.index] is ALIAS:
            stored = schedule.storage[term.index]
            read.add(stored.buffer.index)
            whole = stored.buffer.size == term.size and stored.strides == contiguous(term.shape)
            if whole and term.index in places and stored.buffer.index in schedule.roles:
                places.setdefault(stored.buffer.index, places[term.index])
    return read


def _views(schedule: Schedule, state: State) -> Iterator[tuple[int, Storage]]:
    """Yield where the views are whose buffers are filled now."""
    for term in schedule.order:
        if schedule.roles[term.index] is ALIAS:
            storage = schedule.storage.get(term.index)
            if storage is not None and (storage.buffer.index in state.done or storage.buffer.is_reference):
                yield term.index, storage


def _made(step: Step) -> Sequence[Term]:
    """Return the buffers that a step starts to fill."""
    if step.kind == "loop":
        return [piece.target for piece in step.pieces]
    if step.kind in ("cell", "lapack", "accumulate") or step.term is None:
        return ()
    made: Sequence[Term] = step.term.results or (step.term,)
    return made

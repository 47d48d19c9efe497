"""Owns a loop of steps under way: its memory, its records, and how it goes on where native code does not know the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from chainrule.core.trees import unflatten
from chainrule.native.calls.signature import has_traced
from chainrule.native.descents.step_code import Stepper, WatchedError
from chainrule.native.descents.step_loop import DONE, END, FLAG, ORIGIN, STOPPED, WORDS, Pointers, Program
from chainrule.native.descents.step_memory import PYTHON, Memory, read_start
from chainrule.native.entry.plan import Array, in_order
from chainrule.native.memory.arena import ALIGNMENT

CHUNK_SECONDS = 0.03
"""So long native code runs before Python looks at signals."""
_GROWTH = 16  # by so much a chunk may be longer than the one before: nothing is known of the pace at first


@final
class Run:
    """One loop under way. After any exception it is where it was after the last whole step, and may go on.

    A step reads one buffer and writes the other one; the number of steps done says which is which, and native code raises that
    number when a step is whole.
    is_interpreted: run through Python, and compile nothing.
    """

    def __init__(
        self,
        stepper: Stepper,
        state: Any,
        n: int,
        args: Sequence[Any] = (),
        every: int | Sequence[int] = 1,
        rows: Sequence[np.ndarray[Any, Any]] = (),
    ) -> None:
        """Get ready for at most `n` steps.

        every: as for `iterate`. rows: arrays in C order, as many as the stepper has; after `args`, a step takes one row of
            each, the next step the next one. Before they end, `turn_back` is called: the next step takes the first row.
        """
        start = read_start(state)
        self.n, self.every, self.rows = n, every, tuple(rows)
        self.args = tuple(args)
        self.known, self.inputs = stepper.signature(start, (*self.args, *(array[0] for array in self.rows)))
        self.form = self.known.form
        self.memory = Memory(ALIGNMENT + 2 * self.form.size)
        self.control = self.memory.views([Array(np.dtype(np.int64), (WORDS,))], [0], 0)[0]
        self.kept: list[np.ndarray[Any, Any]] | None = None
        self.is_interpreted = False
        self._spare: list[np.ndarray[Any, Any]] = []
        self._views: list[list[np.ndarray[Any, Any]] | None] = [None, None]
        self._program: Program | None = None
        self._pointers: Pointers | None = None
        self._fill(start.leaves)

    def restart(self, state: Any) -> bool:
        """Begin again from another state, in the same memory; return whether it is of the same kind, so that this can be done."""
        start = read_start(state)
        form = self.form
        if (start.types, start.orders) != (form.types, form.orders) or start.structure != form.structure:
            return False
        if start.layouts() != form.state:
            return False
        self.control[:] = 0
        self._fill(start.leaves)
        return True

    def set_numbers(self, values: Sequence[float]) -> None:
        """Give other values to the first arguments, which are Python numbers."""
        for place, value in enumerate(values):
            if self.args[place] != value:
                self._set_number(place, value)

    def _set_number(self, place: int, value: float) -> None:
        self.args = (*self.args[:place], value, *self.args[place + 1 :])
        if self.inputs:
            self.inputs[place] = value
        if self._pointers is not None:
            self._pointers.around[place][...] = value

    def resume(
        self,
        done: int,
        states: Sequence[Sequence[Any]],
        kept: Sequence[np.ndarray[Any, Any]],
        spare: Sequence[np.ndarray[Any, Any]],
    ) -> None:
        """Go on where another run was after `done` steps, at least one, in the place of this one, which has taken none.

        states: the leaves of the last two. kept: the records so far, as often as this run keeps them. spare: the room of
            the others.
        """
        for place, leaves in zip((done - 1, done), states, strict=True):
            for view, leaf in zip(self.buffer(place % 2), leaves, strict=True):
                view[...] = leaf
        self.kept, self._spare = [], []
        for rows, extra, every in zip(kept, spare, self._every(len(kept)), strict=True):
            room = np.empty((rows_of(self.n, every), *rows.shape[1:]), rows.dtype)
            room[: len(rows)] = rows
            self.kept.append(room)
            self._spare.append(room if not every else extra.copy())
        self.control[DONE] = done

    def stop(self) -> None:
        """Take no step more."""
        self.control[STOPPED] = 1

    def adopt(self, other: Run) -> None:
        """Count the one step of another run, from the state of this one, as a step of this one."""
        if self.form.recorded is None:
            self.form.recorded, self.form.record_structure = other.form.recorded, other.form.record_structure
        records = [other.last(number) for number in range(len(other.form.recorded or ()))]
        self.put([*other.leaves(1), *records, other.stopped])

    def entrance(self) -> tuple[Program, tuple[int, ...]] | None:
        """Return native code and the addresses with which it runs all steps from the start, None where it takes more chunks.

        Who calls it fills `buffer(0)` and `control` first.
        """
        program = self._program
        if program is None or program is not self.known.program or self.n > self.known.pace or self.kept is None:
            return None
        assert self._pointers is not None
        return program, (self.memory.address, *self._pointers.addresses(0))

    def rooms(self) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
        """Return the memory of each part of the records: of those that are kept, and of one that is not."""
        return list(zip(self._make_room(), self._spare, strict=True))

    def turn_back(self) -> None:
        """Have the next step take the first row."""
        self.control[ORIGIN] = self.control[DONE]

    def _fill(self, leaves: Sequence[Any]) -> None:
        for view, leaf in zip(self.buffer(0), leaves, strict=True):
            view[...] = leaf

    def buffer(self, parity: int) -> list[np.ndarray[Any, Any]]:
        """Return the arrays of the state before steps of even or odd number; before the first one, that is the even one."""
        found = self._views[parity]
        if found is None:
            begin = ALIGNMENT + parity * self.form.size
            found = self._views[parity] = self.memory.views(self.form.state, self.form.offsets, begin)
        return found

    @property
    def done(self) -> int:
        """The number of whole steps."""
        return int(self.control[DONE])

    @property
    def stopped(self) -> bool:
        """Whether a step said that it was the last one."""
        return bool(self.control[STOPPED])

    def state(self) -> Any:
        """Return the present state, in memory of its own and of the types that it came in."""
        leaves, types = self.leaves(self.done), self.form.types
        leaves = [bool(leaf) if kind is bool else leaf for leaf, kind in zip(leaves, types, strict=True)]
        return unflatten(self.form.structure, leaves)

    def records(self) -> Any:
        """Return the records so far; None where there are none."""
        if self.kept is None or not self.done:
            return None
        return unflatten(self.form.record_structure, self.rows_kept())

    def rows_kept(self, *, is_shared: bool = False) -> list[np.ndarray[Any, Any]]:
        """Return the rows of each part of the records so far.

        is_shared: in memory of their own, since the run is to be started again.
        """
        found = []
        for array, every in zip(self.kept or (), self.often(), strict=True):
            count = rows_of(self.done, every)
            found.append(array if len(array) == count and not is_shared else array[:count].copy())
        return found

    def often(self) -> Sequence[int]:
        """Return how often each record is kept."""
        return self._every(len(self.form.recorded or () if self.kept is None else self.kept))

    def _every(self, count: int) -> Sequence[int]:
        every = [self.every] * count if isinstance(self.every, int) else self.every
        if len(every) != count:
            raise ValueError(f"every names {len(every)} parts of a record, but the step records {count}")
        return every

    def advance(self, progress: Callable[[int, int], Any] | None = None, until: int | None = None) -> None:
        """Run the steps that are left, or those up to `until`."""
        end = self.n if until is None else min(until, self.n)
        while self.done < end and not self.stopped:
            if self.is_interpreted or not self.known.is_native:
                self._interpret(end)
            elif self.known.program is None:
                self._learn(None)
            else:
                self._run_native(self.known.program, end)
            if progress is not None and self.done:
                progress(self.done, self.n)

    def _run_native(self, program: Program, end: int) -> None:
        """Run a chunk."""
        if program is not self._program:
            self._prepare(program)
        assert self._pointers is not None
        begin, known, control = self.done, self.known, self.control
        asked = min(known.pace, end - begin)
        control[END] = begin + asked
        addresses = self._pointers.addresses(begin)
        clock = time.perf_counter()
        status = program.call(self.memory.address, *addresses)
        seconds = time.perf_counter() - clock
        steps = self.done - begin
        if steps:
            right = int(steps * CHUNK_SECONDS / max(seconds, 1e-9))
            known.pace = max(1, min(right, _GROWTH * max(steps, asked)))
        if status:
            self._learn(program)

    def _learn(self, program: Program | None) -> None:
        """Take a path that is not known: trace it, and compile it. The step is native code's, where that can do it then."""
        known = self.known
        with known.stepper.lock:
            if known.program is not program or (known.is_native and known.compile()):
                return  # another thread has been here
            found = known.learn(self._given(), self._taken())
            if known.program is not program and known.program is not None:
                return
        self.put(found)

    def _interpret(self, end: int) -> None:
        """Run steps as they are, up to `end`, for as long as a chunk takes."""
        last = time.perf_counter() + CHUNK_SECONDS
        while self.done < end and not self.stopped:
            self.put(self.form.flat(self.form.step, self._given(), *self._taken()))
            if time.perf_counter() > last:
                return

    def leaves(self, place: int) -> list[Any]:
        """Return the leaves of the state after `place` steps, the present or the one before, as the step sees them."""
        return [self.leaf(number, place) for number in range(len(self.form.types))]

    def leaf(self, number: int, place: int) -> Any:
        """Return one of the leaves of the state after `place` steps, the present or the one before."""
        view, kind = self.buffer(place % 2)[number], self.form.types[number]
        return view.copy() if kind is np.ndarray else view.item() if kind in PYTHON and kind is not bool else view[()]

    def _given(self) -> Any:
        return unflatten(self.form.structure, self.leaves(self.done))

    def _taken(self) -> tuple[Any, ...]:
        """Return what the next step takes besides its state."""
        place = int(self.control[DONE] - self.control[ORIGIN])
        return (*self.args, *(array[place] for array in self.rows))

    def put(self, found: Sequence[Any]) -> None:
        """Write what a step through Python has returned, and count it."""
        if has_traced(found):
            raise WatchedError
        kept = self._make_room()
        done, count = self.done, len(self.form.state)
        for view, value in zip(self.buffer(1 - done % 2), found[:count], strict=True):
            view[...] = value
        for array, spare, value, every in zip(kept, self._spare, found[count:-1], self.often(), strict=True):
            if every and done % every == 0:
                array[done // every] = value
            else:
                spare[0] = value
        self.control[[DONE, STOPPED]] = done + 1, bool(found[-1])  # at once: a signal may come between two statements

    def last(self, number: int) -> np.ndarray[Any, Any]:
        """Return a part of the last record, whether it is kept or not. It is read where it is."""
        assert self.kept is not None
        every, place = self.often()[number], self.done - 1
        row: np.ndarray[Any, Any] = (
            self._spare[number][0] if not every or place % every else self.kept[number][place // every]
        )
        return row

    def _make_room(self) -> list[np.ndarray[Any, Any]]:
        """Reserve the memory of all records, which the system gives when it is written."""
        if self.kept is None:
            layouts = list(zip(self.form.recorded or (), self.often(), strict=True))
            self.kept = [np.empty((rows_of(self.n, every), *layout.shape), layout.dtype) for layout, every in layouts]
            self._spare = [
                array if not every else np.empty((1, *array.shape[1:]), array.dtype)
                for array, (_, every) in zip(self.kept, layouts, strict=True)
            ]
        return self.kept

    def _prepare(self, program: Program) -> None:
        """Write down the pointers that a program takes."""
        form, kept = self.form, self._make_room()
        plan = program.written.plan
        kinds = plan.arguments[len(form.state) :]
        given = [*self.inputs[: len(self.inputs) - len(self.rows)], *self.rows]
        around = [*(in_order(leaf, kind) for leaf, kind in zip(given, kinds, strict=True)), *plan.constants]
        buffers = [self.memory.address + ALIGNMENT + parity * form.size for parity in range(2)]
        before, after = ([begin + offset for offset in form.offsets] for begin in buffers)
        flag = self.memory.address + FLAG * self.control.itemsize
        rows = [array.ctypes.data for array in around[len(given) - len(self.rows) : len(given)]]
        self._pointers = Pointers(before, after, around, kept, self._spare, self.often(), rows, flag, plan.arena)
        self._program = program


def rows_of(steps: int, every: int) -> int:
    """Return how many records so many steps leave."""
    return -(-steps // every) if every else min(steps, 1)

"""Owns iterate: one step run many times by native code, in two buffers that take turns being its argument and its result.

The step is traced and compiled as jit does it, with every decision on a value as a guard. The loop around it is native too, so
that no Python object is made for a step. It returns to Python every few hundredths of a second, for signals and for
who watches, and where a step takes a path that is not known: that path is traced and compiled, and the loop goes on.
"""

from __future__ import annotations

import ctypes
import functools
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from chainrule.core.trees import flatten, unflatten
from chainrule.errors import JitWarning
from chainrule.native.entry_plan import Array, Nested, Node
from chainrule.native.heat import BEST, FIRST, LONGEST
from chainrule.native.machine import available, compile_text
from chainrule.native.memory import ALIGNMENT
from chainrule.native.program import ProgramWriter
from chainrule.native.signature import Call, Unsupported, has_traced, read_call
from chainrule.native.specialize import Specialization
from chainrule.native.step_loop import (
    DONE,
    END,
    EVERY,
    FLAG,
    NAME,
    STOPPED,
    WAIT,
    WORDS,
    Pointers,
    Program,
    in_order,
    loop_text,
)
from chainrule.native.step_memory import PYTHON, Form, Memory, Start, parts, read_start
from chainrule.native.symbols import outside
from chainrule.native.writing import NotNativeError

CHUNK_SECONDS = 0.03
"""So long native code runs before Python looks at signals."""
_GROWTH = 16  # by so much a chunk may be longer than the one before: nothing is known of the pace at first
_SIGNATURES = 64

Why = Literal["finished", "stopped", "interrupted"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Iterated:
    """Where the steps led.

    state: after the last step, with the structure and types of the first one. done: so many steps were taken.
    records: what the steps recorded: arrays with one row for each record that was kept; None where no step was taken.
    why: the loop ended: all steps are done (finished), a step said so (stopped), or Ctrl-C (interrupted).
    """

    state: Any
    done: int
    records: Any
    why: Why


def iterate(
    step: Callable[..., Any] | Stepper,
    state: Any,
    n: int,
    args: Sequence[Any] = (),
    *,
    has_aux: bool = False,
    has_stop: bool = False,
    every: int = 1,
    progress: Callable[[int, int], Any] | None = None,
) -> Iterated:
    """Run `state = step(state, *args)` at most `n` times as native code, and return where it led.

    step: takes and returns a container of arrays and numbers, which keep their structure, shapes and types: a Python number
        stays one. Results that depend on decisions of Python, side effects and names it closes over are as with jit. It may be
        a Stepper, which keeps the native code for the next time.
    args: what stays the same; arrays are read where they are, and are not to be changed meanwhile.
    has_aux: the step returns (state, record); the records of steps 0, every, 2 every... become arrays.
    has_stop: the step returns a last part more, a bool: where it is true, this step was the last one.
    progress: called with (done, n) every few hundredths of a second, and at the end. What it raises is raised.
    Ctrl-C ends the loop after a whole step; what was done so far is returned, and `why` says so.
    Raises TypeError and ShapeError where the step returns another structure, type or shape than it was given.

    >>> iterate(lambda x, rate: x - rate * 2 * x, 8.0, 3, (0.25,)).state
    1.0
    """
    stepper = step if isinstance(step, Stepper) else Stepper(step, has_aux=has_aux, has_stop=has_stop)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"n is a whole number of at least 0, not {n!r:.60}")
    if isinstance(every, bool) or not isinstance(every, int | np.integer) or every < 1:
        raise ValueError(f"every is a whole number of at least 1, not {every!r:.60}")
    if has_traced(flatten((state, tuple(args)))[0]):
        return _unrolled(stepper, state, int(n), args, int(every))
    try:
        return _run(Run(stepper, state, int(n), args, int(every)), progress)
    except _WatchedError:
        return _unrolled(stepper, state, int(n), args, int(every))


def _run(run: Run, progress: Callable[[int, int], Any] | None) -> Iterated:
    why: Why = "finished"
    try:
        run.advance(progress)
        why = "stopped" if run.stopped else "finished"
    except KeyboardInterrupt:
        why = "interrupted"
    return Iterated(run.state(), run.done, run.records(), why)


@final
class Stepper:
    """A step with its native code, by the types of what it was called with; several threads may use it at once.

    Names that the step closes over, other than arrays, keep the value that they had when it was first traced.
    """

    def __init__(self, step: Callable[..., Any], *, has_aux: bool = False, has_stop: bool = False) -> None:
        if not callable(step):
            raise TypeError(f"iterate takes a step, a function of the state, not {step!r:.60}")
        self.step = step
        self.has_aux = has_aux
        self.has_stop = has_stop
        self.lock = threading.RLock()
        self.signatures: dict[Any, Signature] = {}
        self._said = False

    def signature(self, start: Start, args: Sequence[Any]) -> tuple[Signature, list[Any]]:
        """Return what is known of steps from such a state, with such arguments, and what of these is input."""
        state = unflatten(start.structure, list(start.leaves))
        try:
            call = read_call((state, *args), {}, {place for place, kind in enumerate(start.types) if kind is int})
        except Unsupported as error:
            self.say(f"it was given {error}")
            return Signature(self, start, None), []
        with self.lock:
            found = self.signatures.get((start.types, call.key))
            if found is None:
                found = Signature(self, start, call)
                if len(self.signatures) < _SIGNATURES:
                    self.signatures[(start.types, call.key)] = found
        return found, [call.leaves[place] for place in call.moving[len(start.leaves) :]]

    def say(self, why: str) -> None:
        """Tell the user, once, that steps are not compiled."""
        if not self._said:
            self._said = True
            name = getattr(self.step, "__name__", type(self.step).__name__)
            text = f"steps of {name} are not compiled: {why.removesuffix('; calls of this kind run through NumPy')}"
            warnings.warn(text, JitWarning, stacklevel=4)


class _WatchedError(Exception):
    """The step closes over a value that a transform watches."""


@final
class Signature:
    """What is known of steps from states of one kind: how things lie in memory, the paths, and the newest native code.

    pace: so many steps are worth a chunk.
    """

    def __init__(self, stepper: Stepper, start: Start, call: Call | None) -> None:
        self.stepper = stepper
        self.form = Form(stepper.step, stepper.has_aux, stepper.has_stop, start)
        self.varying = {place for place, kind in enumerate(start.types) if kind is int}
        self.program: Program | None = None
        self.pace = 1
        self.specialization: Specialization | None = None
        if call is not None and available():
            self.specialization = Specialization(functools.partial(self.form.flat, stepper.step), call, stepper.say)
            self.specialization.numbers = False  # so that a number is of one kind on every path

    @property
    def is_native(self) -> bool:
        """Whether steps can be compiled."""
        return self.specialization is not None and not self.specialization.interpreted

    def learn(self, state: Any, args: Sequence[Any]) -> list[Any]:
        """Run one step through Python, and compile what is new about it."""
        if not self.is_native:
            return self.form.flat(self.form.step, state, *args)
        assert self.specialization is not None
        found: list[Any] = self.specialization.run(read_call((state, *args), {}, self.varying))
        if has_traced(found):
            self.stepper.signatures.clear()
            raise _WatchedError
        self.compile()
        return found

    def compile(self) -> bool:
        """Make native code of the paths that are known; return whether there are new ones."""
        assert self.specialization is not None
        fresh = [variant for variant in self.specialization.variants if not variant.is_fresh]
        if not fresh:
            return False
        variant = self.specialization.variants[0]
        results: Node = Nested("tuple", variant.leaves)
        inputs, kinds = self.specialization.inputs, self.specialization.kinds
        try:
            written = ProgramWriter(
                inputs, kinds, results, range(len(variant.leaves)), self.specialization.watched
            ).write(variant.tree)
        except NotNativeError as error:
            self.specialization.give_up(str(error))
            self.program = None
            return False
        first = len(inputs) + len(written.plan.constants) + len(self.form.state)
        recorded = [layout.nbytes for layout in self.form.recorded or ()]
        written.module.define(NAME, lambda: loop_text(first, recorded, self.stepper.has_stop))
        level = FIRST if written.size > LONGEST else BEST
        code = compile_text(written.module.text(), outside(written.module), level)
        # NumPy needs the GIL; what it raises is raised by the call.
        prototype = (ctypes.PYFUNCTYPE if written.calls else ctypes.CFUNCTYPE)(ctypes.c_int64, *[ctypes.c_void_p] * 5)
        self.program = Program(prototype(code.address(NAME)), code, written)
        for each in fresh:
            each.is_fresh = True
        return True


@final
class Run:
    """One loop under way. After any exception it is where it was after the last whole step, and may go on.

    A step reads one buffer and writes the other one; the number of steps done says which is which, and native code raises that
    number when a step is whole.
    """

    def __init__(self, stepper: Stepper, state: Any, n: int, args: Sequence[Any], every: int) -> None:
        start = read_start(state)
        self.known, self.inputs = stepper.signature(start, args)
        self.form = self.known.form
        self.n, self.args, self.every = n, tuple(args), every
        self.memory = Memory(ALIGNMENT + 2 * self.form.size)
        self.control = self.memory.views([Array(np.dtype(np.int64), (WORDS,))], [0], 0)[0]
        self.control[EVERY] = every
        self.kept: list[np.ndarray[Any, Any]] | None = None
        self._views: list[list[np.ndarray[Any, Any]] | None] = [None, None]
        self._program: Program | None = None
        self._pointers: Pointers | None = None
        for view, leaf in zip(self._buffer(0), start.leaves, strict=True):
            view[...] = leaf

    def _buffer(self, parity: int) -> list[np.ndarray[Any, Any]]:
        """Return the arrays of the state before steps of even or odd number."""
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
        leaves, types = self._leaves(), self.form.types
        leaves = [bool(leaf) if kind is bool else leaf for leaf, kind in zip(leaves, types, strict=True)]
        return unflatten(self.form.structure, leaves)

    def records(self) -> Any:
        """Return the records so far; None where there are none."""
        if self.kept is None or not self.done:
            return None
        count = -(-self.done // self.every)
        rows = [array if len(array) == count else array[:count].copy() for array in self.kept]
        return unflatten(self.form.record_structure, rows)

    def advance(self, progress: Callable[[int, int], Any] | None = None) -> None:
        """Run the steps that are left."""
        while self.done < self.n and not self.stopped:
            if self.known.is_native and self.known.program is not None:
                self._run_native(self.known.program)
            elif self.known.is_native:
                self._learn(None)
            else:
                self._run_python()
            if progress is not None and self.done:
                progress(self.done, self.n)

    def _run_native(self, program: Program) -> None:
        """Run a chunk."""
        if program is not self._program:
            self._prepare(program)
        assert self._pointers is not None
        begin, known, control = self.done, self.known, self.control
        asked = min(known.pace, self.n - begin)
        control[END] = begin + asked
        control[WAIT] = -begin % self.every
        addresses = self._pointers.addresses(begin % 2, -(-begin // self.every))
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
            found = known.learn(self._given(), self.args)
            if known.program is not program and known.program is not None:
                return
        self._put(found)

    def _run_python(self) -> None:
        """Run steps as they are for as long as a chunk takes."""
        clock = time.perf_counter()
        while self.done < self.n and not self.stopped and time.perf_counter() - clock < CHUNK_SECONDS:
            self._put(self.form.flat(self.form.step, self._given(), *self.args))

    def _leaves(self) -> list[Any]:
        """Return the leaves of the present state as the step sees them."""
        views, types = self._buffer(self.done % 2), self.form.types
        return [
            view.copy() if kind is np.ndarray else view.item() if kind in PYTHON and kind is not bool else view[()]
            for view, kind in zip(views, types, strict=True)
        ]

    def _given(self) -> Any:
        return unflatten(self.form.structure, self._leaves())

    def _put(self, found: Sequence[Any]) -> None:
        """Write what a step through Python has returned, and count it."""
        if has_traced(found):
            raise _WatchedError
        kept = self._make_room()
        done, count = self.done, len(self.form.state)
        for view, value in zip(self._buffer(1 - done % 2), found[:count], strict=True):
            view[...] = value
        if done % self.every == 0:
            for array, value in zip(kept, found[count:-1], strict=True):
                array[done // self.every] = value
        self.control[[DONE, STOPPED]] = done + 1, bool(found[-1])  # at once: a signal may come between two statements

    def _make_room(self) -> list[np.ndarray[Any, Any]]:
        """Reserve the memory of all records, which the system gives when it is written."""
        if self.kept is None:
            rows = -(-self.n // self.every)
            self.kept = [np.empty((rows, *layout.shape), layout.dtype) for layout in self.form.recorded or []]
        return self.kept

    def _prepare(self, program: Program) -> None:
        """Write down the pointers that a program takes."""
        form, kept = self.form, self._make_room()
        plan = program.written.plan
        kinds = plan.arguments[len(form.state) :]
        around = [*(in_order(leaf, kind) for leaf, kind in zip(self.inputs, kinds, strict=True)), *plan.constants]
        buffers = [self.memory.address + ALIGNMENT + parity * form.size for parity in range(2)]
        before, after = ([begin + offset for offset in form.offsets] for begin in buffers)
        flag = self.memory.address + FLAG * self.control.itemsize
        self._pointers = Pointers(before, after, around, kept, flag, plan.arena)
        self._program = program


def _unrolled(stepper: Stepper, state: Any, n: int, args: Sequence[Any], every: int) -> Iterated:
    """Run the steps one by one, as they are: a transform watches them."""
    kept: list[list[Any]] = []
    structure: Any = None
    done, flag = 0, False
    while done < n and not flag:
        state, record, flag = parts(stepper.step(state, *args), stepper.has_aux, stepper.has_stop)
        leaves, structure = flatten(record)
        if done % every == 0:
            kept.append(leaves)
        done += 1
    rows = [np.stack(list(column)) for column in zip(*kept, strict=True)]
    return Iterated(state, done, unflatten(structure, rows) if done else None, "stopped" if flag else "finished")

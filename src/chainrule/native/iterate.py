"""Owns iterate: one step run many times by native code, in two buffers that take turns being its argument and its result.

The step is traced and compiled as jit does it, with every decision on a value as a guard. The loop around it is native too, so
that no Python object is made for a step. It returns to Python every few hundredths of a second, for signals and for
who watches, and where a step takes a path that is not known: that path is traced and compiled, and the loop goes on.
"""

from __future__ import annotations

import ctypes
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.core.trees import LEAF, flatten, unflatten
from chainrule.errors import JitWarning, ShapeError, where
from chainrule.native.entry_plan import Array, Nested, Node, Scalar
from chainrule.native.machine import Code, available, compile_text
from chainrule.native.memory import ALIGNMENT
from chainrule.native.program import Compiled, ProgramWriter
from chainrule.native.signature import Call, Unsupported, has_traced, read_call
from chainrule.native.specialize import STRAIGHT, Specialization
from chainrule.native.symbols import outside
from chainrule.native.writing import NotNativeError
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift

NAME = "chainrule_iterate"
CHUNK_SECONDS = 0.03
"""So long native code runs before Python looks at signals."""
_GROWTH = 16  # by so much a chunk may be longer than the one before: nothing is known of the pace at first
_SIGNATURES = 64

# What the loop and Python tell each other: steps done, where to end, how often records are kept, how many steps to go until
# the next is, the flag that the step wrote last, and whether a finished step wrote it.
DONE, END, EVERY, WAIT, FLAG, STOPPED = range(6)
_WORDS = ALIGNMENT // 8

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


# --- what goes in and out


@dataclass(frozen=True, slots=True)
class Start:
    """A state, taken apart. types: of the leaves, as the user gave them. leaves: in the same places, what a step is given."""

    leaves: tuple[Any, ...]
    types: tuple[type, ...]
    structure: Any


def _take_apart(tree: Any) -> tuple[list[Any], Any]:
    """Return leaves and structure; a lone leaf has one structure, whether it is traced or not."""
    leaves, structure = flatten(tree)
    return leaves, LEAF if len(leaves) == 1 and leaves[0] is tree else structure


def read_start(state: Any) -> Start:
    """Take a state apart. Raise TypeError where it holds anything but arrays and numbers."""
    leaves, structure = _take_apart(state)
    for leaf in leaves:
        is_array = type(leaf) is np.ndarray or (isinstance(leaf, np.generic) and type(leaf).__module__ == "numpy")
        if type(leaf) not in _PYTHON and not (is_array and leaf.dtype.kind in "fiubc" and leaf.dtype.isnative):
            raise TypeError(f"the state holds {leaf!r:.60}; it is to be made of arrays and numbers")
    types = tuple(type(leaf) for leaf in leaves)
    return Start(tuple(np.bool_(leaf) if type(leaf) is bool else leaf for leaf in leaves), types, structure)


_PYTHON: dict[type, np.dtype[Any]] = {kind: np.dtype(kind) for kind in (float, int, bool, complex)}


def _layout(leaf: Any) -> Array:
    """Return how a leaf lies in memory."""
    dtype = _PYTHON.get(type(leaf))
    return Array(dtype or np.result_type(leaf), np.shape(leaf))


def _offsets(layouts: Sequence[Array]) -> tuple[list[int], int]:
    """Return where things lie side by side, each at the start of a cache line, and the bytes in all."""
    offsets, end = [], 0
    for layout in layouts:
        offsets.append(end)
        end += max(1, -(-layout.nbytes // ALIGNMENT)) * ALIGNMENT
    return offsets, end


class _Memory:
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
        is_weak = is_number or type(value) in _PYTHON
        if dtype.kind not in "fiubc" or not (is_weak and np.can_cast(dtype, layout.dtype, "same_kind")):
            raise TypeError(f"the step returns {what} of {dtype}, where it had {layout.dtype}; convert it{where()}")
    if isinstance(value, Traced):
        return cast(value, layout.dtype)
    return np.asarray(value, layout.dtype)[()]


def _shown(structure: Any) -> str:
    return "*" if structure is LEAF else str(structure).removeprefix("PyTreeSpec(").removesuffix(")")


# --- what is known


class _WatchedError(Exception):
    """The step closes over a value that a transform watches."""


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

    def __init__(self, stepper: Stepper, start: Start) -> None:
        self.step, self.has_aux, self.has_stop = stepper.step, stepper.has_aux, stepper.has_stop
        self.structure = start.structure
        self.types = start.types
        self.state = [_layout(leaf) for leaf in start.leaves]
        self.offsets, self.size = _offsets(self.state)
        self.recorded: list[Array] | None = None
        self.record_structure: Any = None

    def flat(self, state: Any, *args: Any) -> list[Any]:
        """Run the user's step; return the leaves of its state, those of its record, and its flag, fit for memory."""
        after, record, flag = parts(self.step(state, *args), self.has_aux, self.has_stop)
        leaves, structure = _take_apart(after)
        if structure != self.structure:
            shown = [_shown(each) for each in (structure, self.structure)]
            raise TypeError(f"the step returns a state of the structure {shown[0]}, where it had {shown[1]}{where()}")
        found = [
            _fit(leaf, layout, kind in _PYTHON, "a part of the state")
            for leaf, layout, kind in zip(leaves, self.state, self.types, strict=True)
        ]
        notes, structure = _take_apart(record)
        if self.recorded is None:
            self.record_structure, self.recorded = structure, [_layout(lift(note)) for note in notes]
        if structure != self.record_structure:
            shown = [_shown(each) for each in (structure, self.record_structure)]
            raise TypeError(f"the step returns a record of the structure {shown[0]}, where it had {shown[1]}{where()}")
        found += [_fit(note, layout, False, "a record") for note, layout in zip(notes, self.recorded, strict=True)]
        if np.shape(flag):
            raise ShapeError(f"the step returns a flag of shape {np.shape(flag)}; it is to be one bool{where()}")
        return [*found, np.not_equal(flag, 0)]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The loop as native code. call: takes addresses as `loop_text` says."""

    call: Callable[..., int]
    code: Code
    written: Compiled


@final
class Signature:
    """What is known of steps from states of one kind: how things lie in memory, the paths, and the newest native code.

    pace: so many steps are worth a chunk.
    """

    def __init__(self, stepper: Stepper, start: Start, call: Call | None) -> None:
        self.stepper = stepper
        self.form = Form(stepper, start)
        self.varying = {place for place, kind in enumerate(start.types) if kind is int}
        self.program: Program | None = None
        self.pace = 1
        self.specialization: Specialization | None = None
        if call is not None and available():
            self.specialization = Specialization(self.form.flat, call, stepper.say)
            self.specialization.numbers = False  # so that a number is of one kind on every path

    @property
    def is_native(self) -> bool:
        """Whether steps can be compiled."""
        return self.specialization is not None and not self.specialization.interpreted

    def learn(self, state: Any, args: Sequence[Any]) -> list[Any]:
        """Run one step through Python, and compile what is new about it."""
        if not self.is_native:
            return self.form.flat(state, *args)
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
            written = ProgramWriter(inputs, kinds, results, range(len(variant.leaves))).write(variant.tree)
        except NotNativeError as error:
            self.specialization._give_up(str(error))
            self.program = None
            return False
        first = len(inputs) + len(written.plan.constants) + len(self.form.state)
        recorded = [layout.nbytes for layout in self.form.recorded or ()]
        written.module.define(NAME, lambda: loop_text(first, recorded, self.stepper.has_stop))
        level = 0 if written.size > STRAIGHT else 2
        code = compile_text(written.module.text(), outside(written.module), level)
        # NumPy needs the GIL; what it raises is raised by the call.
        prototype = (ctypes.PYFUNCTYPE if written.calls else ctypes.CFUNCTYPE)(ctypes.c_int64, *[ctypes.c_void_p] * 5)
        self.program = Program(prototype(code.address(NAME)), code, written)
        for each in fresh:
            each.is_fresh = True
        return True


def loop_text(first: int, recorded: Sequence[int], has_stop: bool) -> str:
    """Return the text of the loop around `@run`.

    It takes `control`, the pointers for the next step and for that after it, where the next records are kept, and where those
    go that are not. It returns what `@run` returned last.
    first: the place of the first record among the pointers. recorded: the sizes of records in bytes.
    """
    each = list(enumerate(recorded))
    start, before, after = [], [], []
    for name, place in (("end", END), ("every", EVERY), ("wait0", WAIT), ("flag", FLAG), ("stopped", STOPPED)):
        start.append(f"%{name}.at = getelementptr i64, ptr %control, i64 {place}")
        start += [f"%{name} = load i64, ptr %{name}.at"] if place in (END, EVERY, WAIT) else []
    for k, size in each:
        for table in ("place", "spare"):
            start.append(f"%{table}{k}.at = getelementptr ptr, ptr %{table}s, i64 {k}")
            start.append(f"%{table}{k} = load ptr, ptr %{table}{k}.at")
        before.append(f"%to{k} = select i1 %is_kept, ptr %here{k}, ptr %spare{k}")
        before.append(f"%slot{k} = getelementptr ptr, ptr %bases, i64 {first + k}")
        before.append(f"store ptr %to{k}, ptr %slot{k}")
        after.append(f"%beyond{k} = getelementptr i8, ptr %here{k}, i64 {size}")
        after.append(f"%there{k} = select i1 %is_kept, ptr %beyond{k}, ptr %here{k}")
    if has_stop:
        after += ["%mark = load i8, ptr %flag.at", "store i8 %mark, ptr %stopped.at", "%is_last = icmp ne i8 %mark, 0"]
    lines = [
        f"define i64 @{NAME}(ptr %control, ptr %first, ptr %second, ptr %places, ptr %spares) {{",
        "entry:",
        *start,
        "%start = load i64, ptr %control",
        "%again = sub i64 %every, 1",
        "br label %step",
        "step:",
        "%done = phi i64 [ %start, %entry ], [ %count, %next ]",
        "%bases = phi ptr [ %first, %entry ], [ %others, %next ]",
        "%others = phi ptr [ %second, %entry ], [ %bases, %next ]",
        "%wait = phi i64 [ %wait0, %entry ], [ %waiting, %next ]",
        *(f"%here{k} = phi ptr [ %place{k}, %entry ], [ %there{k}, %next ]" for k, _ in each),
        "%is_kept = icmp eq i64 %wait, 0",
        *before,
        "%status = call i64 @run(ptr %bases)",
        "%ran = icmp eq i64 %status, 0",
        "br i1 %ran, label %next, label %leave",
        "next:",
        "%count = add i64 %done, 1",
        "store i64 %count, ptr %control",
        "%less = sub i64 %wait, 1",
        "%waiting = select i1 %is_kept, i64 %again, i64 %less",
        *after,
        "%is_end = icmp sge i64 %count, %end",
        f"%is_over = or i1 %is_end, {'%is_last' if has_stop else 'false'}",
        "br i1 %is_over, label %leave, label %step",
        "leave:",
        "ret i64 %status",
        "}",
    ]
    return "\n".join(lines)


# --- running


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
        self.memory = _Memory(ALIGNMENT + 2 * self.form.size)
        self.control = self.memory.views([Array(np.dtype(np.int64), (_WORDS,))], [0], 0)[0]
        self.control[EVERY] = every
        self.kept: list[np.ndarray[Any, Any]] | None = None
        self._views: list[list[np.ndarray[Any, Any]] | None] = [None, None]
        self._program: Program | None = None
        self._pointers: _Pointers | None = None
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
            self._put(self.form.flat(self._given(), *self.args))

    def _leaves(self) -> list[Any]:
        """Return the leaves of the present state as the step sees them."""
        views, types = self._buffer(self.done % 2), self.form.types
        return [
            view.copy() if kind is np.ndarray else view.item() if kind in _PYTHON and kind is not bool else view[()]
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
        around = [*(_in_order(leaf, kind) for leaf, kind in zip(self.inputs, kinds, strict=True)), *plan.constants]
        buffers = [self.memory.address + ALIGNMENT + parity * form.size for parity in range(2)]
        before, after = ([begin + offset for offset in form.offsets] for begin in buffers)
        flag = self.memory.address + FLAG * self.control.itemsize
        self._pointers = _Pointers(before, after, around, kept, flag, plan.arena)
        self._program = program


class _Pointers:
    """The pointers for steps of even number, then of odd number; places of the next records; places of those not kept.

    They lie in one piece of memory, followed by room for a record that is not kept, and the arena.
    """

    __slots__ = ("_memory", "_words", "_count", "_held", "_kept")

    def __init__(
        self,
        before: Sequence[int],
        after: Sequence[int],
        around: Sequence[np.ndarray[Any, Any]],
        kept: Sequence[np.ndarray[Any, Any]],
        flag: int,
        arena: int,
    ) -> None:
        self._count = len(before) + len(around) + len(after) + len(kept) + 2
        self._held = around
        self._kept = [(array.ctypes.data, array[:1].nbytes) for array in kept]
        layouts = [Array(np.dtype(np.uint64), (2 * self._count + 2 * len(kept),))]
        layouts += [Array(np.dtype(np.uint8), (size,)) for _, size in self._kept]
        offsets, size = _offsets(layouts)
        self._memory = _Memory(size + arena)
        self._words = self._memory.views(layouts[:1], offsets[:1], 0)[0]
        fixed = [array.ctypes.data for array in around]
        last = [*(0 for _ in kept), flag, self._memory.address + size]
        spares = [self._memory.address + offset for offset in offsets[1:]]
        self._words[:] = [*before, *fixed, *after, *last, *after, *fixed, *before, *last, *(0 for _ in kept), *spares]

    def addresses(self, parity: int, row: int) -> tuple[int, int, int, int]:
        """Return where the pointers of the next step are, of that after it, the places from this row on, and the spare ones."""
        for number, (address, size) in enumerate(self._kept):
            self._words[2 * self._count + number] = address + row * size
        even = self._memory.address
        odd = even + 8 * self._count
        first, second = (odd, even) if parity else (even, odd)
        return first, second, even + 16 * self._count, even + 16 * self._count + 8 * len(self._kept)


def _in_order(leaf: Any, kind: Node) -> np.ndarray[Any, Any]:
    """Return an argument as an array that native code reads: its own memory, where that is in order."""
    dtype = kind.dtype if isinstance(kind, Array | Scalar) else np.dtype(float)
    found = np.ascontiguousarray(leaf, dtype).reshape(np.shape(leaf))
    return found if found.flags.aligned else found.copy()


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

"""Owns what is known of a step: the paths through it and their native code, by the types of what it was called with."""

from __future__ import annotations

import ctypes
import functools
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, final

from chainrule.core.trees import unflatten
from chainrule.errors import JitWarning
from chainrule.native.calls.signature import Call, Unsupported, has_traced, read_call
from chainrule.native.calls.specialize import Specialization
from chainrule.native.descents.step_loop import NAME, REGISTER_BYTES, Loop, Program
from chainrule.native.descents.step_memory import Form, Start
from chainrule.native.entry.plan import Array, Nested, Node, Scalar
from chainrule.native.machine.machine import available, compile_text
from chainrule.native.program.heat import BEST, FIRST, LONGEST
from chainrule.native.program.program import Compiled, ProgramWriter
from chainrule.native.program.symbols import outside
from chainrule.native.writing.writing import NotNativeError

_SIGNATURES = 64


class WatchedError(Exception):
    """The step closes over a value that a transform watches."""


@final
class Stepper:
    """A step with its native code, by the types of what it was called with; several threads may use it at once.

    Names that the step closes over, other than arrays, keep the value that they had when it was first traced.
    rows: the last so many arguments are rows of arrays: each step takes the next one.
    """

    def __init__(
        self, step: Callable[..., Any], *, has_aux: bool = False, has_stop: bool = False, rows: int = 0
    ) -> None:
        if not callable(step):
            raise TypeError(f"iterate takes a step, a function of the state, not {step!r:.60}")
        self.step = step
        self.has_aux = has_aux
        self.has_stop = has_stop
        self.rows = rows
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
            self.specialization.may_outline = False  # the values of the first step are wanted

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
            raise WatchedError
        self.compile()
        return found

    def compile(self) -> bool:
        """Make native code of the paths that are known; return whether there are new ones."""
        assert self.specialization is not None
        for variant in tuple(self.specialization.variants):
            self.specialization.grow(variant)
        fresh = [variant for variant in self.specialization.variants if not variant.is_fresh]
        if not fresh:
            return False
        variant = self.specialization.variants[0]
        results: Node = Nested("tuple", variant.leaves)
        inputs = self.specialization.inputs
        try:
            written = ProgramWriter(
                inputs.lying, inputs.kinds, results, range(len(variant.leaves)), self.specialization.watched
            ).write(variant.tree)
        except NotNativeError as error:
            self.specialization.give_up(str(error))
            self.program = None
            return False
        self._write_loop(written)
        level = FIRST if written.size > LONGEST else BEST
        code = compile_text(written.module.text(), outside(written.module), level)
        # NumPy needs the GIL; what it raises is raised by the call.
        prototype = (ctypes.PYFUNCTYPE if written.calls else ctypes.CFUNCTYPE)(ctypes.c_int64, *[ctypes.c_void_p] * 4)
        self.program = Program(prototype(code.address(NAME)), code, written)
        for each in fresh:
            each.is_fresh = True
        return True

    def _write_loop(self, written: Compiled) -> None:
        """Add the loop to a program; where the state is small, the program becomes a part of it."""
        state = [layout.nbytes for layout in self.form.state]
        recorded = [layout.nbytes for layout in self.form.recorded or ()]
        around = len(written.plan.arguments) - len(state) + len(written.plan.constants)
        loop = Loop(state, around, recorded, self.stepper.has_stop, self._rows(written))
        in_registers = sum(state) <= REGISTER_BYTES and not written.calls and written.size <= LONGEST
        written.module.define(NAME, lambda: loop.text(in_registers))
        if in_registers:
            written.module.declare("llvm.memcpy.p0.p0.i64", "void {}(ptr, ptr, i64, i1)")
            written.put_inline()

    def _rows(self, written: Compiled) -> list[tuple[int, int]]:
        """Return where the pointers are to the inputs of which each step takes the next row, and how far apart rows are."""
        kinds, count = written.plan.arguments, self.stepper.rows
        found = []
        for place in range(len(kinds) - count, len(kinds)):
            kind = kinds[place]
            assert isinstance(kind, Array | Scalar)
            found.append((place, kind.nbytes if isinstance(kind, Array) else kind.dtype.itemsize))
        return found

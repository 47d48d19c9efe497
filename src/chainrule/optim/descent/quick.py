"""Owns descents that are run again: a short one, from a lone number or array, in the memory of the one before.

A call of `minimize` looks here first. Whatever is not exactly as it was, but for where x starts, goes the long way.
"""

from __future__ import annotations

import math
import threading
import types
from collections.abc import Callable
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.native.descents.step_loop import DONE, END, STOPPED, Program
from chainrule.native.descents.step_run import Run
from chainrule.optim.descent.compiled import CompiledDescent
from chainrule.optim.descent.outcome import Minimum, Status
from chainrule.optim.descent.step import GRADIENT, SQUARE, VALUE, number_of
from chainrule.optim.descent.story import Story
from chainrule.optim.descent.task import Task
from chainrule.optim.descent.trail import Trail
from chainrule.optim.descent.verdict import judge
from chainrule.optim.methods.numbers import form_and_numbers
from chainrule.optim.modifiers.modifier import sign_of

_KEPT = 128
_known: dict[Any, Quick] = {}


def quick(fun: Any, x0: Any, method: Any, steps: Any, tol: Any, record: bool) -> Minimum | None:
    """Run a descent again; return None where there was none like it."""
    # Hot path: benchmarks/test_descent.py.
    if type(fun) is not types.FunctionType or type(tol) is not float or type(steps) is not int:
        return None
    try:
        found = _known.get((id(fun.__code__), method, steps, record))
        if found is None:
            found = _known.get((id(fun.__code__), form_and_numbers(method)[0], steps, record))
    except TypeError:  # a method that has no hash
        return None
    return None if found is None else found.run(fun, x0, method, tol)


def remember(compiled: CompiledDescent, run: Run, task: Task) -> bool:
    """Be ready for a descent like this one, if it was short and native, and of a lone number or array.

    Return whether that is so: then the run is not to be used by others.
    """
    fun, entrance = task.fun, run.entrance()
    is_alone = type(task.x) is float or (type(task.x) is np.ndarray and task.x.ndim and task.x.dtype == np.float64)
    if type(task.x) is float:  # what goes in and out of such memory are Python's numbers
        is_alone = all(not layout.shape and layout.dtype in (np.float64, np.int64) for layout in run.form.state)
    is_bare = not (task.callback or task.has_aux or task.args) and not (task.record and run.often()[SQUARE] > 1)
    if not (type(fun) is types.FunctionType and is_alone and is_bare and entrance is not None and compiled.is_lasting):
        return False
    name = form_and_numbers(task.method)[0] if compiled.numbers is None else task.method
    key = (id(fun.__code__), name, task.steps, task.record)
    try:
        hash(key)
    except TypeError:  # a method that has no hash, such as a Box with arrays for sides
        return False
    if len(_known) >= _KEPT:
        _known.clear()
    _known[key] = Quick(compiled, run, task, fun.__code__, entrance)
    return True


@final
class _Told:
    """What the message of an outcome needs. Most messages are never read: this is made faster than a `Story` is."""

    __slots__ = ("quick", "fun", "x0", "method", "tol", "value", "square")

    def __init__(
        self, quick: Quick, fun: Callable[..., Any], x0: Any, method: Any, tol: float, value: float, square: float
    ) -> None:
        self.quick, self.fun, self.x0, self.method, self.tol = quick, fun, x0, method, tol
        self.value, self.square = value, square

    def __call__(self, found: Minimum) -> str:
        return self.quick.tell(self, found)


@final
class Quick:
    """A run that may start again.

    It keeps the code of the function, by whose identity it is found, but not the function.
    """

    __slots__ = (
        "_compiled", "_run", "_is_general", "_code", "_lock", "_program", "_addresses", "_control", "_state", "_kind", "_shape",
        "_points", "_rooms", "_every", "_record", "_sign", "_whole", "_gradient", "_values", "_squares",
    )  # fmt: skip

    def __init__(
        self,
        compiled: CompiledDescent,
        run: Run,
        task: Task,
        code: types.CodeType,
        entrance: tuple[Program, tuple[int, ...]],
    ) -> None:
        self._compiled, self._run, self._code = compiled, run, code
        self._is_general = compiled.numbers is None
        self._lock = threading.Lock()
        self._program, self._addresses = entrance
        self._kind, self._shape = type(task.x), np.shape(task.x)
        # The memory of a lone number is read and written in half the time as a memoryview.
        as_memory: Callable[[Any], Any] = memoryview
        self._control: Any = as_memory(run.control)
        is_number = self._kind is float
        room = as_memory if is_number else _as_it_is
        self._whole: Any = () if is_number else ...
        self._state: list[Any] = [room(part) for part in run.buffer(0)]
        self._points = self._state[0], room(run.buffer(1)[0])
        self._rooms, self._every, self._record = run.rooms(), run.often(), task.record
        self._gradient = room(self._rooms[GRADIENT][0])
        self._values, self._squares = (as_memory(self._rooms[part][0]) for part in (VALUE, SQUARE))
        self._sign = sign_of(task.method)

    def run(self, fun: types.FunctionType, x0: Any, method: Any, tol: float) -> Minimum | None:
        """Run again, from `x0`, with the same method, or one of the same form where native code takes its numbers."""
        is_same = type(x0) is self._kind and (
            self._kind is float or (x0.shape == self._shape and x0.dtype == np.float64)
        )
        if not (is_same and fun.__code__ is self._code and self._compiled.surroundings.are_those_of(fun)):
            return None
        if self._program is not self._run.known.program or not 0 <= tol < math.inf:
            return None
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._again(fun, x0, method, tol)
        finally:
            self._lock.release()

    def _again(self, fun: Callable[..., Any], x0: Any, method: Any, tol: float) -> Minimum | None:
        run, control, level = self._run, self._control, tol * tol if tol else -1.0
        if self._is_general:
            run.set_numbers((level, *form_and_numbers(method)[1]))
        elif run.args[0] != level:
            run.set_numbers((level,))
        memory = method.init(x0)
        leaves = [x0] if type(memory) is tuple and not memory else [x0, *flatten(memory)[0]]
        if len(leaves) < len(self._state):
            leaves += [math.inf, x0]
        for view, leaf in zip(self._state, leaves, strict=True):
            view[self._whole] = leaf
        control[DONE] = control[STOPPED] = 0
        control[END] = run.n
        if self._program.call(*self._addresses) or not (control[DONE] == run.n or control[STOPPED]):
            return None
        done: int = control[DONE]
        return self._outcome(fun, x0 if self._kind is float else x0.copy(), method, tol, level, done)

    def _outcome(
        self, fun: Callable[..., Any], x0: Any, method: Any, tol: float, level: float, done: int
    ) -> Minimum | None:
        last, point, gradient = done - 1, self._points[(done - 1) % 2], self._gradient
        value: float
        square: float
        x, slope = (point[()], gradient[0]) if self._kind is float else (point.copy(), gradient[0].copy())
        if self._record:
            trail, value, square = self._trail(done), self._values[last], self._squares[last]
        else:
            square = self._last_square(last)
            with np.errstate(all="ignore"):  # Python's own numbers would raise
                ends = (np.float64(x0), np.float64(x)) if self._kind is float else (x0, x)
                first, value = (number_of(fun(end)) for end in ends)
            squares = np.array([self._rooms[SQUARE][0][0], square])[:done]
            trail = Trail(np.array([first, value])[:done], squares, max(1, last), (), 0, None, done)
        status = judge(trail, value, square, level, self._sign)
        if status is Status.DIVERGED or status is Status.NOT_FINITE:
            return None  # the best point is to be found
        return Minimum(
            x, value, slope, last, done, status, None, trail, _Told(self, fun, x0, method, tol, value, square)
        )

    def tell(self, told: _Told, found: Minimum) -> str:
        """Return the message of an outcome."""
        task = Task(told.fun, told.x0, told.method, self._run.n - 1, told.tol, record=self._record)
        return Story(task, found.x, told.value, told.square, "")(found)

    def _trail(self, done: int) -> Trail:
        rooms, every = self._rooms, self._every[GRADIENT + 1]
        points = rooms[GRADIENT + 1][0][: -(-done // every)].copy()
        return Trail(rooms[VALUE][0][:done].copy(), rooms[SQUARE][0][:done].copy(), 1, (points,), every, None, done)

    def _last_square(self, last: int) -> float:
        (kept, spare), every = self._rooms[SQUARE], self._every[SQUARE]
        return float(spare[0] if last % every else kept[last // every])


def _as_it_is(array: Any) -> Any:
    return array

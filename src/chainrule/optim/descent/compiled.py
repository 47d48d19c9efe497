"""Owns compiled descents: of a function with a method, which is compiled once and kept for the next time."""

from __future__ import annotations

import threading
import types
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from typing import Any, final

from chainrule.native.descents.step_code import Stepper
from chainrule.native.descents.step_run import Run
from chainrule.optim.descent.step import make_step
from chainrule.optim.descent.surroundings import Surroundings, code_of
from chainrule.optim.methods.numbers import Numbers, form_and_numbers

KEPT = 64
"""So many descents are kept, those used last."""
LIGHT = 1 << 20
"""One that reads arrays of more bytes is forgotten with its function, whose data it would keep in memory."""
_ALIKE = 8  # so many descents are kept whose functions have the same code
_IDLE = 2  # so many finished runs of one kind are kept, whose memory the next one takes


@final
class CompiledDescent:
    """A function with a method: the step of its descent, and the native code of that.

    It refers to the function while a descent is under way only, so that a function that nobody needs any more can go.
    numbers: of the method, which native code has as constants; None where it takes them as inputs, for any method of one form.
    is_tried: whether there has been a descent. is_lasting: whether it is kept for functions with the same code and surroundings.
    """

    def __init__(
        self, fun: Callable[..., Any], method: Any, has_aux: bool, record: bool, rows: int, is_general: bool
    ) -> None:
        self.method = method
        _, numbers = form_and_numbers(method)
        self.numbers = None if is_general else numbers
        self.surroundings = Surroundings(fun, () if _is_frozen(method) else (method,))
        self.step = make_step(fun, method, has_aux, record, len(numbers) if is_general else 0)
        self.stepper = Stepper(self.step, has_aux=True, has_stop=True, rows=rows)
        self.is_tried = False
        self.is_lasting = False
        self._place = _cell(self.step, "fun")
        self._lent = 0
        self._lock = threading.Lock()
        self._idle: dict[Any, list[Run]] = {}
        self._place.cell_contents = None

    def inputs(self, method: Any) -> Numbers:
        """Return what native code takes of a method."""
        return form_and_numbers(method)[1] if self.numbers is None else ()

    def take(self, fun: Callable[..., Any]) -> None:
        """Let the step have its function until `give_back`."""
        with self._lock:
            self._lent += 1
            self._place.cell_contents = fun

    def give_back(self) -> None:
        """Forget the function, unless another thread is at work."""
        with self._lock:
            self._lent -= 1
            if not self._lent:
                self._place.cell_contents = None

    def idle_run(self, kind: Any) -> Run | None:
        """Return a finished run of this kind, whose memory may be used again."""
        runs = self._idle.get(kind)
        try:
            return runs.pop() if runs else None
        except IndexError:  # another thread was here
            return None

    def keep(self, kind: Any, run: Run) -> None:
        """Keep a finished run for the next time."""
        runs = self._idle.setdefault(kind, [])
        if len(runs) < _IDLE:
            runs.append(run)


def _cell(function: Callable[..., Any], name: str) -> types.CellType:
    """Return where a function keeps a name of its closure."""
    assert isinstance(function, types.FunctionType)
    assert function.__closure__ is not None
    return function.__closure__[function.__code__.co_freevars.index(name)]


def _is_frozen(method: Any) -> bool:
    """Whether the settings of a method cannot change."""
    if method is None or isinstance(method, int | float | complex | str):
        return True
    parameters = getattr(type(method), "__dataclass_params__", None)
    is_frozen = parameters is not None and bool(parameters.frozen)
    return is_frozen and all(_is_frozen(getattr(method, field.name)) for field in fields(method))


_known: OrderedDict[Any, list[CompiledDescent]] = OrderedDict()
_lock = threading.RLock()


def find_compiled(fun: Callable[..., Any], method: Any, has_aux: bool, record: bool, rows: int = 0) -> CompiledDescent:
    """Return what is known of descents on a function with a method; a new one where nothing is.

    rows: the function takes so many arrays of which each step sees the next row.

    The numbers of the first method are constants of the native code. When a method comes that differs in these alone, there may
    be more of them: code is compiled that takes them as inputs, to the same bits.
    """
    key, numbers = _key(fun, method, has_aux, record, rows)
    with _lock:
        known = [compiled for compiled in _known.get(key, ()) if compiled.surroundings.are_those_of(fun)]
        for wanted in (numbers, None):
            for compiled in known:
                if compiled.numbers == wanted:
                    _known.move_to_end(key)
                    return compiled
        compiled = CompiledDescent(fun, method, has_aux, record, rows, is_general=bool(known))
        if compiled.surroundings.is_known and _remember(key, fun, compiled):
            while len(_known) > KEPT:
                _known.popitem(last=False)
    return compiled


def _key(fun: Callable[..., Any], method: Any, *settings: int) -> tuple[Any, Numbers]:
    form, numbers = form_and_numbers(method)
    try:
        hash(form)
    except TypeError:
        form = id(method)
    return (code_of(fun), form, settings), numbers


def _remember(key: Any, fun: Callable[..., Any], compiled: CompiledDescent) -> bool:
    """Keep a compiled descent; return whether that can be done. What is known of a function by its identity goes with it."""
    if compiled.surroundings.nbytes > LIGHT or isinstance(key[0], int):
        owner = fun.__self__ if isinstance(fun, types.MethodType) else fun
        try:
            weakref.finalize(owner, _forget, key, weakref.ref(compiled)).atexit = False
        except TypeError:  # it cannot be watched
            return False
    else:
        compiled.is_lasting = True
    descents = _known.setdefault(key, [])
    descents.insert(0, compiled)
    del descents[_ALIKE:]
    return True


def _forget(key: Any, reference: weakref.ref[CompiledDescent]) -> None:
    with _lock:
        known = [compiled for compiled in _known.get(key, ()) if compiled is not reference()]
        if known:
            _known[key] = known
        else:
            _known.pop(key, None)

"""Owns compiled descents: of a function with a method, which is compiled once and kept for the next time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, final

from chainrule.native.descents.step_code import Stepper
from chainrule.native.descents.step_run import Run
from chainrule.optim.descent.step import make_step
from chainrule.optim.kept.keeping import Kept, cell_of, find
from chainrule.optim.methods.numbers import Numbers, form_and_numbers

_IDLE = 2  # so many finished runs of one kind are kept, whose memory the next one takes


@final
class CompiledDescent(Kept):
    """A function with a method: the step of its descent, and the native code of that.

    numbers: of the method, which native code has as constants; None where it takes them as inputs, for any method of one form.
    is_tried: whether there has been a descent.
    """

    def __init__(
        self, fun: Callable[..., Any], method: Any, has_aux: bool, record: bool, rows: int, is_general: bool
    ) -> None:
        self.method = method
        _, numbers = form_and_numbers(method)
        self.numbers = None if is_general else numbers
        self.step = make_step(fun, method, has_aux, record, len(numbers) if is_general else 0)
        super().__init__(fun, cell_of(self.step, "fun"), () if _is_frozen(method) else (method,))
        self.stepper = Stepper(self.step, has_aux=True, has_stop=True, rows=rows)
        self.is_tried = False
        self._idle: dict[Any, list[Run]] = {}

    def inputs(self, method: Any) -> Numbers:
        """Return what native code takes of a method."""
        return form_and_numbers(method)[1] if self.numbers is None else ()

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


def _is_frozen(method: Any) -> bool:
    """Whether the settings of a method cannot change."""
    if method is None or isinstance(method, int | float | complex | str):
        return True
    parameters = getattr(type(method), "__dataclass_params__", None)
    is_frozen = parameters is not None and bool(parameters.frozen)
    return is_frozen and all(_is_frozen(getattr(method, field.name)) for field in fields(method))


def find_compiled(fun: Callable[..., Any], method: Any, has_aux: bool, record: bool, rows: int = 0) -> CompiledDescent:
    """Return what is known of descents on a function with a method; a new one where nothing is.

    rows: the function takes so many arrays of which each step sees the next row.

    The numbers of the first method are constants of the native code. When a method comes that differs in these alone, there may
    be more of them: code is compiled that takes them as inputs, to the same bits.
    """
    form, numbers = form_and_numbers(method)
    try:
        hash(form)
    except TypeError:
        form = id(method)

    def fitting(known: list[CompiledDescent]) -> CompiledDescent | None:
        return next((each for wanted in (numbers, None) for each in known if each.numbers == wanted), None)

    def make(known: list[CompiledDescent]) -> CompiledDescent:
        return CompiledDescent(fun, method, has_aux, record, rows, is_general=bool(known))

    return find(fun, (form, has_aux, record, rows), fitting, make)

"""Owns what is said of a point where a function or its gradient is not finite: the operation, its line, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from chainrule.explain.diagnosis.nan_record import Finding
from chainrule.explain.diagnosis.why_nan import why_nan
from chainrule.optim.descent.second_look import SecondLook
from chainrule.optim.descent.task import Task
from chainrule.user_code import user_line

_SMALLER = "try a smaller learning rate"
START_ELSEWHERE = "start where the function and its gradient are finite, or ask cr.why_nan"


@final
@dataclass(frozen=True, slots=True)
class Trouble:
    """What is known of a point that is not finite.

    first: the operation where that begins; None where none is found.
    """

    first: Finding | None

    @property
    def is_too_large(self) -> bool:
        """Whether numbers became too large, or nothing else is known."""
        return self.first is None or self.first.kind == "overflow"

    def __str__(self) -> str:
        """Return what is not finite, where and why, as an end of a sentence; empty where that is not known."""
        first = self.first
        if first is None:
            return ""
        if first.way == "input":
            return f": {first.operation} itself is not finite: {first.cause}"
        line = "" if first.line is None else f", {first.line[0]}:{first.line[1]}"
        if self._is_chosen:
            return f": there np.where takes a number that is not finite{line}"
        return f": {first.kind} in {first.operation}{line}: {first.cause}"

    @property
    def _is_chosen(self) -> bool:
        """Whether np.where says that the function has no value there, as of functions by cases."""
        return self.first is not None and self.first.way == "constant" and self.first.operation == "where"

    def advice(self, is_start: bool) -> str:
        """Return what to try. is_start: no step has led there."""
        first = self.first
        if first is not None and first.way == "constant" and not self._is_chosen:
            return "repair these numbers: no learning rate does"
        if first is not None and first.way == "backward" and is_start:
            return "the function itself is finite there: start elsewhere, or ask cr.why_nan what to write instead"
        if is_start:
            return START_ELSEWHERE
        if first is not None and first.way == "backward":
            return "the function itself is finite there; cr.why_nan says at such a point what to write instead"
        if first is not None and first.way == "input":
            return f"a step was too long: {_SMALLER}"
        if first is not None and first.kind == "overflow":
            return f"a step was too long: {_SMALLER}, or bound the steps with cr.optim.ClipNorm"
        return (
            f"a step has left where it is defined: {_SMALLER}, keep x where it is with cr.optim.Box, or ask cr.why_nan at "
            "such a point what to write instead"
        )


def trouble_at(task: Task, x: Any, batch: Sequence[Any] = ()) -> Trouble:
    """Return what is not finite at a point.

    batch: what the function takes besides x and its further arguments.

    >>> import numpy as np
    >>> from chainrule.optim import GradientDescent
    >>> task = Task(lambda x: np.log(x), -1.0, GradientDescent(0.1), 10, 1e-8)
    >>> trouble_at(task, -1.0).first.kind
    'outside the domain'
    """
    first = None
    with SecondLook(task.fun, task.args):
        first = why_nan(task.value_of, x, *task.args, *batch, argnums=0).first
    if first is not None and first.line == user_line():  # of np.log itself, say, the line is only that which asks
        first = replace(first, line=None)
    if first is not None and first.way == "input":
        first = replace(first, operation=task.named(first.operation))
    return Trouble(first)

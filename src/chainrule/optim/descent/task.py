"""Owns the record of what a descent is to do."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.optim.descent.batches import Batches
from chainrule.optim.descent.checkpoint import Checkpoint
from chainrule.optim.descent.outcome import Progress

ENDED, KEYBOARD = "the callback ended it", "stopped from the keyboard"
"""What is said of a descent that was ended so."""

_KEY = re.compile(r"\w+\['(?P<name>\w+)'\]")

Watch: TypeAlias = Callable[[int, int], Any]
"""Takes the number of steps done, and of those asked for."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a descent is to do.

    x: where it starts. watch: called with the steps done and asked for, every few hundredths of a second. callback: called with
    each point; it ends the descent by returning True or raising StopIteration. The rest is as `minimize` says.
    """

    fun: Callable[..., Any]
    x: Any
    method: Any
    steps: int
    tol: float
    args: tuple[Any, ...] = ()
    has_aux: bool = False
    record: bool = True
    callback: Callable[[Progress], Any] | None = None
    watch: Watch | None = None
    checkpoint: Checkpoint | None = None
    batches: Batches | None = None

    @property
    def level(self) -> float:
        """What the square of the gradient's norm is to reach; with a tolerance of 0 no step is the last one for it."""
        return self.tol * self.tol if self.tol else -1.0

    @property
    def value_of(self) -> Callable[..., Any]:
        """The function without what it returns besides its value."""
        if not self.has_aux:
            return self.fun

        @functools.wraps(self.fun)
        def value_of(*args: Any) -> Any:
            return self.fun(*args)[0]

        return value_of

    def named(self, part: str) -> str:
        """Return what a part of x is called that a diagnosis names: of a typed function, whose x we make, a variable by its name.

        >>> def fun(values):
        ...     return values["a"]
        >>> fun.__module__ = "chainrule.optim.geometry.function"
        >>> Task(fun, None, None, 1, 1e-8).named("values['a']")
        'a'
        """
        is_own = str(getattr(self.fun, "__module__", "")).startswith("chainrule.")
        found = _KEY.fullmatch(part) if is_own else None
        return part if found is None else found["name"]

    def is_ended_at(self, progress: Callable[[], Progress]) -> bool:
        """Call the callback, if there is one, with a point; return whether it ends the descent.

        NumPy's True ends it as Python's does: `np.all(x > 0)` is one.
        """
        if self.callback is None:
            return False
        try:
            answer = self.callback(progress())
        except StopIteration:
            return True
        return isinstance(answer, bool | np.bool_ | Traced) and bool(answer)

"""Owns the numbers among a method's settings: which there are, and the same method with others.

Native code may take them as inputs, so that another learning rate is no new compilation. Two methods of one form differ in
these numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

import numpy as np

Numbers: TypeAlias = tuple[float, ...]

_OURS = "chainrule.optim."


def form_and_numbers(method: Any) -> tuple[Any, Numbers]:
    """Return what stays of a method without its numbers, and the numbers, in order.

    Numbers are floats other than 0, which is the value by which parts of a method are left out, and infinity. Whole numbers
    stay, and methods and schedules that are not of this package, since these may do with a number what only Python can.

    >>> from chainrule.optim import Adam, Momentum, WeightDecay, schedules
    >>> form_and_numbers(WeightDecay(Adam(schedules.Cosine(0.1, steps=100)), 0.01))[1]
    (0.1, 0.9, 0.999, 1e-08, 0.01)
    >>> form_and_numbers(Momentum(0.1))[0] == form_and_numbers(Momentum(0.2))[0] != form_and_numbers(Momentum(0.2, 0.0))[0]
    True
    """
    numbers: list[float] = []
    return _form(method, numbers), tuple(numbers)


def with_numbers(method: Any, numbers: Sequence[Any]) -> Any:
    """Return a method of the same form with other numbers, which may be traced.

    >>> from chainrule.optim import Momentum
    >>> with_numbers(Momentum(0.1), (0.2, 0.5))
    Momentum(learning_rate=0.2, momentum=0.5)
    """
    return _put(method, iter(numbers))


def _form(value: Any, numbers: list[float]) -> Any:
    if _is_number(value):
        numbers.append(value)
        return type(value)
    names = _settings(type(value))
    if names is None:
        return type(value), value
    return type(value), *(_form(getattr(value, name), numbers) for name in names)


def _put(value: Any, numbers: Iterator[Any]) -> Any:
    if _is_number(value):
        return next(numbers)
    names = _settings(type(value))
    return value if names is None else type(value)(**{name: _put(getattr(value, name), numbers) for name in names})


def _is_number(value: Any) -> bool:
    return type(value) in (float, np.float64) and value != 0 and math.isfinite(value)


def _settings(kind: type) -> list[str] | None:
    """Return the names of the settings of a method, a modifier or a schedule of this package; None for anything else."""
    is_ours = str(kind.__module__).startswith(_OURS) and is_dataclass(kind)
    return [field.name for field in fields(kind)] if is_ours else None

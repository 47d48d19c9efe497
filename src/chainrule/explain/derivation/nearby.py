"""Owns values of functions next to a point, to many digits: letters of constants are positive numbers there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainrule.explain.expressions.expression import Expression, Symbol, free_symbols
from chainrule.explain.expressions.precise import precise_value

STEP = Symbol("~step")
"""The distance from the point. Nobody can type its name."""

_HELD = (0.7, 1.3, 0.4, 1.9)
"""What letters of constants are, in the order of the alphabet: numbers that have nothing special."""


def held_values(names: Iterable[str], turn: int = 0) -> dict[str, float]:
    """Return a positive number for each letter of a constant. turn: another one gives other numbers.

    >>> held_values("ba"), held_values("ba", 1)
    ({'a': 0.7, 'b': 1.3}, {'a': 1.3, 'b': 0.4})
    """
    return {name: _HELD[(place + turn) % len(_HELD)] for place, name in enumerate(sorted(names))}


def turns(names: Iterable[str]) -> range:
    """Return the turns that give letters of constants other numbers: one is enough where there are none."""
    return range(len(_HELD) if any(True for _ in names) else 1)


def value_beside(along: Expression, step: float, digits: int, turn: int = 0) -> Any | None:
    """Return the value of a function of STEP, to many digits; None where it is not real, or out of reach."""
    held = held_values((name for name in free_symbols(along) if name != STEP.name), turn)
    return precise_value(along, {**held, STEP.name: step}, digits)

"""Owns the points of typed functions: a number for each variable, given by name, in order, or alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.explain.reading.parse import symbol_name


class UnfitPoint(ValueError):
    """A point does not fit the variables; problem: what is wrong with it. names: the variables. called: the argument's name."""

    def __init__(self, problem: str, names: Sequence[str], called: str) -> None:
        super().__init__(f"{called} {problem}, such as {_example(names)}")
        self.problem = problem
        self.names = tuple(names)


def point_of(names: Sequence[str], given: Any, called: str = "at") -> dict[str, float]:
    """Return the point as numbers by name.

    given: a mapping from names, which may be written as they are typed (θ, x_1), numbers in the order of the names, or one number
    where there is one variable. called: what the argument is called, for the message.
    Raises UnfitPoint, a ValueError, where it does not fit the names, and ValueError where it holds something else than finite
    real numbers.

    >>> point_of(("x", "theta"), {"θ": 1, "x": 2})
    {'x': 2.0, 'theta': 1.0}
    """
    values: dict[str, Any]
    if isinstance(given, Mapping):
        values = {name if name in names else symbol_name(str(name)): value for name, value in given.items()}
    elif isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) and np.ndim(given):
        if len(given) != len(names):
            count = f"{len(given)} number{'s' if len(given) != 1 else ''}"
            raise UnfitPoint(f"has {count}, but the variables are {', '.join(names)}", names, called)
        values = dict(zip(names, given, strict=True))
    elif len(names) == 1:
        values = {names[0]: given}
    else:
        raise UnfitPoint(f"gives a number for each of the {len(names)} variables", names, called)
    missing = [name for name in names if name not in values]
    unknown = [name for name in values if name not in names]
    if missing or unknown:
        what = f"names {', '.join(unknown)}" if unknown else f"gives no value of {', '.join(missing)}"
        raise UnfitPoint(f"{what}; the variables are {', '.join(names)}", names, called)
    return {name: real_number(name, values[name]) for name in names}


def names_asked(wrt: Any) -> tuple[str, ...]:
    """Return the variables that are asked for, as they were typed. Raises TypeError where they are no names.

    >>> names_asked("x"), names_asked(["x", "y"])
    (('x',), ('x', 'y'))
    """
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt) if isinstance(wrt, Iterable) else ()
    if not all(isinstance(name, str) for name in names) or not isinstance(wrt, Iterable):
        raise TypeError(f"wrt is the name of a variable, such as 'x', or several in a list, not {wrt!r:.60}")
    return names


def real_number(name: str, value: Any) -> float:
    """Return a finite real number. Raises ValueError with the variable's name where the value is none."""
    number = None
    if not isinstance(value, str | bytes | complex | np.complexfloating) and np.ndim(value) == 0:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = None
    if number is None:
        raise ValueError(f"the value of {name} is one real number, not {value!r:.60}")
    if not math.isfinite(number):
        raise ValueError(f"the value of {name} is a finite number, not {number}")
    return number


def _example(names: Sequence[str]) -> str:
    listed = ", ".join(f'"{name}": 1.0' for name in names[:4])
    return f"{{{listed}{', ...' if len(names) > 4 else ''}}}"

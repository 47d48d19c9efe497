"""Owns how a function and a point are given: as Python, or as typed mathematics with values by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.explain.expressions.expression import evaluate, free_symbols
from chainrule.explain.reading.parse import parse, symbol_name


def read_function(fun: Callable[..., Any] | str, x: Any) -> tuple[Callable[..., Any], Any]:
    """Return a function of the point, and the point; that of typed mathematics is a dictionary of numbers by name.

    Raises ParseError for text that is no mathematics, TypeError or ValueError where function and point do not fit.

    >>> f, at = read_function("x^2 - 3y", {"x": 2, "y": 1})
    >>> float(f(at)), at
    (1.0, {'x': 2.0, 'y': 1.0})
    """
    if not isinstance(fun, str):
        if not callable(fun):
            raise TypeError(
                f"a function of x is needed, such as lambda x: x**2, or mathematics as text, not {fun!r:.60}"
            )
        return fun, x
    parsed = parse(fun)
    listed = parsed.parameters or ()
    names = (*listed, *(name for name in free_symbols(parsed.expression) if name not in listed)) or ("x",)

    def typed(values: Any) -> Any:
        return evaluate(parsed.expression, values)

    typed.__name__ = parsed.name or "f"
    return typed, _values(names, x)


def _values(names: Sequence[str], x: Any) -> dict[str, float]:
    """Return one number for each name, given by name, in order, or alone."""
    if isinstance(x, Mapping):
        given = {name if name in names else symbol_name(str(name)): value for name, value in x.items()}
    elif np.ndim(x) == 0:
        given = {names[0]: x}
    elif len(x) == len(names):
        given = dict(zip(names, x, strict=True))
    else:
        given = {}
    if set(given) != set(names):
        example = ", ".join(f'"{name}": 1.0' for name in names)
        raise ValueError(
            f"the variables are {', '.join(names)}: give one number for each, such as {{{example}}}, not {x!r:.60}"
        )
    for name, value in given.items():
        if np.ndim(value) or not isinstance(value, int | float | np.number | np.ndarray):
            raise TypeError(f"the value of {name} is one number, not {value!r:.60}")
    return {name: float(given[name]) for name in names}

"""Owns how a figure reads what was typed: a function is explained once, however often a slider asks for it again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import chainrule as cr


@functools.lru_cache(maxsize=128)
def typed(text: str, order: int = 1) -> Any:
    """Return the derivation of typed mathematics, which has its function and the names of its variables.

    >>> d = typed("x^2 y")
    >>> d.names, float(d.function(3, 2))
    (('x', 'y'), 18.0)
    """
    return cr.explain(text, order=order)


def one_variable(text: str) -> Any:
    """As `typed`. Raises ValueError with a sentence where the function has another number of variables than one."""
    return _of(text, 1, "one variable, such as x^2")


def two_variables(text: str) -> Any:
    """As `typed`. Raises ValueError with a sentence where the function has another number of variables than two."""
    return _of(text, 2, "two variables, such as x^2 + 3y^2")


def _of(text: str, count: int, wanted: str) -> Any:
    d = typed(text)
    if len(d.names) != count:
        raise ValueError(
            f"this figure needs a function of {wanted}; yours has {len(d.names)}: {', '.join(d.names) or 'none'}"
        )
    return d


def of_names(d: Any) -> Callable[[Any], Any]:
    """Return the function of a derivation as one of a dictionary, so that what is found of it names the variables.

    >>> float(of_names(typed("x^2 y"))({"x": 3.0, "y": 2.0}))
    18.0
    """
    return lambda point: d.function(*(point[name] for name in d.names))


def of_vector(d: Any) -> Callable[[Any], Any]:
    """Return the function of a derivation as one of a vector: what descents and surfaces take.

    >>> float(of_vector(typed("x^2 y"))((3.0, 2.0)))
    18.0
    """
    return lambda v: d.function(*(v[place] for place in range(len(d.names))))

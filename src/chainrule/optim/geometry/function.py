"""Owns how a function and a point are given: as Python, or as typed mathematics with values by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.point import point_of


def further_arguments(args: Any) -> tuple[Any, ...]:
    """Return what a function takes beside the point. Raises TypeError where it is no tuple or list."""
    if not isinstance(args, tuple | list):
        raise TypeError(
            f"args is a tuple of what the function takes after x, such as (X, y) or (rate,), not {args!r:.60}"
        )
    return tuple(args)


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
    names = parsed.variables or ("x",)

    def typed(values: Any) -> Any:
        return evaluate(parsed.expression, values)

    typed.__name__ = parsed.name or "f"
    return typed, point_of(names, x, "x")

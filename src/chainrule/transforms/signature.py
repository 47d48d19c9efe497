"""Owns what the arguments of a call are called, and which of them can be differentiated."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.trees import flatten


def argument_names(fun: Callable[..., Any], count: int, unnamed: str = "argument {}") -> tuple[str, ...]:
    """Return the names of the first `count` positional arguments of `fun`; `unnamed` with their position where they have none.

    >>> argument_names(lambda w, *rest: w, 3)
    ('w', 'rest[0]', 'rest[1]')
    """
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):  # functions written in C may not say
        parameters = []
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names.extend(f"{parameter.name}[{position}]" for position in range(count - len(names)))
        elif parameter.kind is not parameter.KEYWORD_ONLY and parameter.kind is not parameter.VAR_KEYWORD:
            names.append(parameter.name)
    names.extend(unnamed.format(position) for position in range(len(names), count))
    return tuple(names[:count])


def is_numeric(argument: Any) -> bool:
    """Return whether an argument is a number, an array of numbers, or a container of these alone.

    >>> is_numeric({"w": [1, 2.0]}), is_numeric("text"), is_numeric(True), is_numeric(())
    (True, False, False, False)
    """
    leaves = flatten(argument)[0]
    return bool(leaves) and all(_is_number(leaf) for leaf in leaves)


def _is_number(leaf: Any) -> bool:
    if isinstance(leaf, int | float | complex | np.ndarray | np.generic):
        return not isinstance(leaf, bool) and np.asarray(leaf).dtype.kind in "iufc"
    return hasattr(leaf, "dtype") and leaf.dtype.kind in "iufc"

"""Owns how a point of arrays is read: the arguments of a function by name, and which of them are differentiated."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.explain.backpropagation.backprop import run_with_data
from chainrule.explain.backpropagation.run import Backprop
from chainrule.transforms.signature import argument_names, is_numeric


@final
@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function: what it takes by position, in order, and by keyword."""

    function: Callable[..., Any]
    positional: dict[str, Any]
    keywords: dict[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """All arguments by name."""
        return {**self.positional, **self.keywords}

    def at(self, name: str, value: Any) -> Any:
        """Return the function's value with another value of one argument."""
        positional = [value if key == name else part for key, part in self.positional.items()]
        keywords = {key: value if key == name else part for key, part in self.keywords.items()}
        return self.function(*positional, **keywords)


def has_arrays(fun: Any, at: Any) -> bool:
    """Return whether a point makes a function one of arrays: some value of it has axes.

    >>> has_arrays(lambda x, w: x @ w, ([1.0, 2.0], [3.0, 4.0])), has_arrays(lambda x, y: x * y, (1.0, 2.0))
    (True, False)
    """
    if isinstance(fun, str) or not callable(fun) or at is None:
        return False
    if isinstance(at, Mapping):
        values = list(at.values())
    elif isinstance(at, np.ndarray) and at.ndim == 1:
        return len(_needed(fun)) == 1
    elif isinstance(at, list) and len(at) > 1 and len(_needed(fun)) == 1:
        return True  # a list of numbers for the one argument
    elif isinstance(at, list | tuple):
        values = list(at)
    else:
        values = [at]
    return any(_has_axes(value) for value in values)


def _has_axes(value: Any) -> bool:
    return isinstance(value, list | tuple | dict) or bool(np.ndim(value))


def _needed(fun: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):  # functions written in C may not say
        return ["x"]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [part.name for part in parameters if part.kind in kinds and part.default is part.empty]


def read_call(fun: Callable[..., Any], at: Any) -> Call:
    """Return the call that a point is: arguments in order or by name, lists of numbers as arrays."""
    if isinstance(at, Mapping):
        given = dict(at)
        names = _needed(fun)
        missing = [name for name in names if name not in given]
        if missing:
            raise ValueError(f"at gives no value of {', '.join(missing)}; the arguments are {', '.join(names)}")
        ordered = {name: given.pop(name) for name in names} | given
    else:
        several = isinstance(at, tuple) or (isinstance(at, list) and len(_needed(fun)) > 1)
        args = list(at) if several else [at]
        names = _needed(fun)
        if len(args) < len(names):
            raise ValueError(f"at has {len(args)} values; the arguments are {', '.join(names)}")
        ordered = dict(zip(argument_names(fun, len(args)), args, strict=True))
    values = {name: np.asarray(value) if _is_list(value) else value for name, value in ordered.items()}
    positional = set(argument_names(fun, len(values)))
    return Call(
        fun,
        {name: value for name, value in values.items() if name in positional},
        {name: value for name, value in values.items() if name not in positional},
    )


def _is_list(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return np.asarray(value).dtype.kind in "iufb"


def run_call(call: Call) -> tuple[Backprop, tuple[str, ...]]:
    """Return the recorded run, and the names of the arguments that are held fixed: no numbers, or whole ones used as such."""
    others = tuple(name for name, value in call.values.items() if not is_numeric(value))
    with np.errstate(all="ignore"):
        run, held = run_with_data(call.function, call.positional, call.keywords, "none")
    return run, (*others, *held)


def asked_of(wrt: str | Sequence[str] | None, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that were asked for; raise ValueError where there is no such array."""
    asked = tuple(names) if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)
    unknown = [name for name in asked if name not in names]
    if unknown or not asked:
        raise ValueError(f"there is no array {', '.join(map(repr, unknown))}; there are {', '.join(names)}")
    return asked

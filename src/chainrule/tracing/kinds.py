"""Owns what a traced value says it can do where a program asks for a method: what that can which it stands for.

One class stands for arrays, NumPy's numbers and Python's. Of these only arrays have a length and can be walked through.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import numpy as np


class TracedKind(type):
    """The type of the classes of traced values.

    Python's abstract classes (`isinstance(x, Iterable)`) ask what a value says it is, by `__class__`, and then look for methods
    in the classes that its type names. Those are an array's, which a number does not have: what it says is to count alone.

    `isinstance` of a plain value and such a class is answered more slowly than of Traced, their base: hot paths ask for that.
    """

    @property
    def __mro__(cls) -> tuple[type, ...]:
        """No classes, for whoever asks in Python, which itself looks up methods without asking."""
        return ()


class NoAxesError(AttributeError, TypeError):
    """A number was asked for what only arrays have: it has no such attribute, and is of the wrong type."""


class OfArrays:
    """A method that values have which stand for arrays; `hasattr` finds it in no other."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __get__(self, value: Any, kind: type) -> Any:
        if value is None:
            return self._function
        if value.stands_for() is not np.ndarray:
            raise NoAxesError(f"a traced number has no axes, and so no {self._function.__name__}")
        return MethodType(self._function, value)

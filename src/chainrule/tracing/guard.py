"""Owns the guard against arrays that change after they were recorded: a pullback would read what they hold by then.

Small arrays are copied. A large one is kept as it is, with a fingerprint, which is compared before the pullback.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

import numpy as np

from chainrule.errors import TracingError
from chainrule.user_code import user_line

SMALL = 4096
"""Up to this many elements a copy costs less than the operation that is recorded."""
STRIDE = 61
"""Every so many elements are summed a second time: that tells a new order of the same elements."""

Fingerprint = tuple[Any, ...]


def fingerprint(array: np.ndarray[Any, Any]) -> Fingerprint:
    """Return sums over the bits of an array; those of NaN and signed zeros count too."""
    flat = array.reshape(-1) if array.flags.forc else np.ascontiguousarray(array).reshape(-1)
    if array.flags.fnc:
        flat = array.T.reshape(-1)
    data = flat.view(np.uint8)
    whole = data[: data.size // 8 * 8].view(np.uint64)
    return int(np.add.reduce(whole)), int(np.add.reduce(whole[::STRIDE])), data[whole.size * 8 :].tobytes()


by_reference: ContextVar[Callable[[np.ndarray[Any, Any]], bool] | None] = ContextVar("by_reference", default=None)
"""Says of which arrays a program is recorded that reads them when it runs: their elements of now are nobody's constants."""


class Keeper(Protocol):
    """What a recorded run asks about the arrays that it uses as constants."""

    def keep(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what a recorded operation may hold of `array`."""

    def check(self) -> None:
        """Raise where an array has changed since it was used."""


class Guard:
    """Watches the large arrays that one run has used as constants."""

    __slots__ = ("_watched",)

    def __init__(self) -> None:
        self._watched: dict[int, tuple[np.ndarray[Any, Any], Fingerprint, tuple[str, int, str] | None]] = {}

    def keep(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what a recorded operation may hold of `array`: a copy where it is small."""
        # Hot path: benchmarks/test_eager.py
        is_reference = by_reference.get()
        if is_reference is not None and is_reference(array):
            return array
        if array.size <= SMALL:
            return array.copy()
        if id(array) not in self._watched and not array.dtype.hasobject:
            self._watched[id(array)] = (array, fingerprint(array), user_line())
        return array

    def check(self) -> None:
        """Raise where an array has changed since it was used."""
        for array, before, line in self._watched.values():
            if fingerprint(array) != before:
                at = f"\n  used at {line[0]}:{line[1]}: {line[2]}" if line else ""
                raise TracingError(
                    f"an array of shape {array.shape} was changed in place after a traced operation had used it, and its "
                    f"derivative needs the old elements; change a copy: array = array.copy(){at}"
                )

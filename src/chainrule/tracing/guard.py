"""Owns the guard against arrays that change after they were recorded: a pullback would read what they hold by then.

Small arrays are copied. A large one is kept as it is, with a fingerprint, which is compared before the pullback.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
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

    def own_references(self, array: np.ndarray[Any, Any]) -> int:
        """Return how many references to `array`, which is no view of another, are those of the run."""

    def check(self) -> None:
        """Raise where an array has changed since it was used."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """A large array that operations have used: a view of it, which they hold, what it was, and the user's line."""

    array: weakref.ref[np.ndarray[Any, Any]]
    kept: np.ndarray[Any, Any]
    before: Fingerprint
    line: tuple[str, int, str] | None


class Guard:
    """Watches the large arrays that one run has used as constants.

    Operations hold a view of such an array, the same one, so that the references to it can be told from the user's.
    """

    __slots__ = ("_latest", "_watched")

    def __init__(self) -> None:
        self._watched: list[_Watched] = []
        self._latest: dict[int, _Watched] = {}  # by the identity of the array, which is taken again when it dies

    def keep(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return what a recorded operation may hold of `array`: a copy where it is small."""
        # Hot path: benchmarks/test_eager.py
        is_reference = by_reference.get()
        if is_reference is not None and is_reference(array):
            return array
        if array.size <= SMALL:
            return array.copy()
        if array.dtype.hasobject:
            return array
        known = self._latest.get(id(array))
        if known is None or known.array() is not array:
            known = _Watched(weakref.ref(array), array.view(), fingerprint(array), user_line())
            self._watched.append(known)
            self._latest[id(array)] = known
        return known.kept

    def own_references(self, array: np.ndarray[Any, Any]) -> int:
        """Return how many references to `array`, which is no view of another, are those of the run."""
        return sum(each.kept.base is array for each in self._watched)

    def check(self) -> None:
        """Raise where an array has changed since it was used."""
        for each in self._watched:
            if fingerprint(each.kept) != each.before:
                at = f"\n  used at {each.line[0]}:{each.line[1]}: {each.line[2]}" if each.line else ""
                raise TracingError(
                    f"an array of shape {each.kept.shape} was changed in place after a traced operation had used it, and its "
                    f"derivative needs the old elements; change a copy: array = array.copy(){at}"
                )

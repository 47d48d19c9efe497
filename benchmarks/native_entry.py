"""Owns what a contender brings to a compiled case: a call to time, and how its result is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.compare import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One contender at one case.

    name: a row of the table.
    call: what is timed. Its arguments are ready in the library's own type, and its result has been waited for.
    read: turns what `call` returned into floats and arrays, the value before the gradients.
    role: what its time is for.
    """

    name: str
    call: Callable[[], Any]
    read: Callable[[Any], Any] = lambda result: result
    role: Role = Role.PEER

    def result(self) -> list[Any]:
        """Return what the call gives, as a flat list of NumPy arrays."""
        return list(_arrays(self.read(self.call())))


def _arrays(result: Any) -> Iterator[Any]:
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from _arrays(part)
    else:
        yield np.asarray(result)


class NotRunError(Exception):
    """A contender does not take part in a case; the message says why."""

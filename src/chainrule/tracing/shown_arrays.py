"""Owns the object arrays that np.asarray makes of traced arrays: they show what these are now, as if they shared memory."""

from __future__ import annotations

import threading
import weakref
from typing import Any, final

import numpy as np

from chainrule.core.trace import Traced
from chainrule.primitives.indexing import index

Elements = np.ndarray[Any, np.dtype[np.object_]]


@final
class _Shown(threading.local):
    """What a thread has shown and somebody still holds: the elements, the traced array, and the version that they are of."""

    def __init__(self) -> None:
        self.entries: dict[int, tuple[weakref.ref[Elements], Traced, int]] = {}


_shown = _Shown()


def take_apart(array: Any, elements: Elements) -> None:
    """Put the elements of a traced array with axes into an array of objects."""
    source = np.reshape(array.snapshot(), (elements.size,))
    rows = np.empty(elements.size, dtype=object)
    for position in range(elements.size):
        part = index(source, position)
        part.taken_from = source, position
        rows[position] = part
    elements[...] = rows.reshape(elements.shape)


def show(array: Any, elements: Elements) -> None:
    """Let the elements follow the assignments to a traced array, as long as somebody holds them."""
    entries, key = _shown.entries, id(elements)
    entries[key] = weakref.ref(elements, lambda _: entries.pop(key, None)), array, array.version


def follow_assignments() -> None:
    """Bring what is shown up to date after an assignment."""
    for reference, array, version in list(_shown.entries.values()):
        elements = reference()
        if elements is None or array.owner.closed:
            continue
        if array.origin is not None:
            array.refresh()
        if array.version != version:
            elements.setflags(write=True)
            take_apart(array, elements)
            elements.setflags(write=False)
            show(array, elements)

"""Owns open arrays: those that one mask makes of others, whose number of elements differs from call to call.

They are traced arrays whose attributes are missing until someone reads them. That **settles** an open array: it becomes the plain
traced array, and the number of its elements a decision of this call. So nothing else needs to know of them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from chainrule.tracing.traced_array import TracedArray

set_class = vars(object)["__class__"].__set__
"""Makes a traced array one of another class, in place; what it answers to isinstance hides the attribute."""


class OpenArray(TracedArray):
    """An array that nothing has asked how many elements it has. `origin` is what it is made of."""

    is_open = True
    __slots__ = ()

    def __init__(self, origin: Any) -> None:
        self.origin = origin
        self.version = 0

    @abstractmethod
    def taken(self) -> TracedArray:
        """Return the plain array."""

    def __getattr__(self, name: str) -> Any:
        if name in ("owner", "value", "data"):
            self.refresh()
            return getattr(self, name)
        return super().__getattr__(name)

    def refresh(self) -> None:
        """Settle: become the plain array."""
        taken = self.taken()
        set_class(self, TracedArray)
        self.origin = None
        self.owner, self.value, self.data = taken.owner, taken.value, taken.data

    def stands_for(self) -> type:
        """Return NumPy's class of a plain value in this place."""
        return np.ndarray


def settled(value: Any) -> Any:
    """Return an argument, or the arguments in a list, as plain traced arrays."""
    if isinstance(value, OpenArray):
        value.refresh()
    elif isinstance(value, list | tuple):
        for each in value:
            settled(each)
    return value

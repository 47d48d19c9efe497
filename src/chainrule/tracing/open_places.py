"""Owns open places: what `np.nonzero(mask)` is where the number of places differs from call to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.primitives.indexing import index
from chainrule.primitives.order import ARGWHERE
from chainrule.tracing.open_array import OpenArray
from chainrule.tracing.traced_array import TracedArray


def places_of(mask: Traced) -> tuple[TracedArray, ...] | None:
    """Return `np.nonzero(mask)` with the number of its elements open; None where there is no axis to be at a place of."""
    if not isinstance(mask, TracedArray) or not mask.ndim:
        return None
    mask = mask.snapshot()
    return tuple(Places((mask, axis)) for axis in range(mask.ndim))


class Places(OpenArray):
    """The places along one axis where a mask holds. All of them together are an index that selects what the mask does.

    `origin` is the mask and the axis. Whatever else is done with them settles them.
    """

    __slots__ = ()

    def taken(self) -> TracedArray:
        """Return the plain array."""
        mask, axis = self.origin
        found: TracedArray = index(bind(ARGWHERE, (mask,)), (slice(None), axis))
        return found

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return np.dtype(np.int64)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return 1

    def mask_of(self, key: Sequence[Array]) -> TracedArray | None:
        """Return the mask that selects what the places of an index do, if they are those of one mask along each of its axes."""
        mask: TracedArray = self.origin[0]
        is_whole = len(key) == mask.ndim and all(
            type(each) is Places and each.origin[0] is mask and each.origin[1] == axis for axis, each in enumerate(key)
        )
        return mask if is_whole else None

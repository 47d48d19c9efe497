"""Owns what `x.flat` of a traced array is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.tracing.lift import lift


class FlatElements:
    """The elements of a traced array in row order, which can be read and assigned to."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    def __iter__(self) -> Iterator[Any]:
        return iter(np.ravel(self._array.copy()))

    def __len__(self) -> int:
        return int(self._array.size)

    def __getitem__(self, key: Any) -> Any:
        return np.ravel(self._array.copy())[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._array.put_flat(key, lift(value))

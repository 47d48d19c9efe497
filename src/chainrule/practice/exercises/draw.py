"""Owns chance: choices that are the same for the same seed on every machine and in every version of Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar, final

Item = TypeVar("Item")


@final
class Draw:
    """A sequence of choices that follows from a seed.

    Only `random.Random.random` is used, seeded with text: Python promises that these numbers stay the same. The other methods
    of `random` may change between versions.

    >>> draw = Draw("power", 1, 7)
    >>> draw.integer(1, 9), draw.nonzero(5), draw.pick("abc")
    (2, -3, 'a')
    """

    __slots__ = ("_generator",)

    def __init__(self, topic: str, level: int, seed: int) -> None:
        self._generator = random.Random(f"{topic}/{level}/{seed}")

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self._generator.random() * (high - low + 1))

    def nonzero(self, size: int) -> int:
        """Return a whole number from -size to size that is not 0."""
        value = self.integer(1, size)
        return value if self._generator.random() < 0.5 else -value

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.integer(0, len(items) - 1)]

    def distinct(self, low: int, high: int, count: int) -> list[int]:
        """Return different whole numbers, in the order in which they were drawn."""
        left = list(range(low, high + 1))
        return [left.pop(self.integer(0, len(left) - 1)) for _ in range(count)]

"""Owns what is known of arrays that are written place by place: a later read of a place is what was written there.

A loop that fills an array makes a chain of arrays, each the one before but for one place. Reads then need none of them in
memory, and an array all of whose places were written is its parts, stacked.
"""

from __future__ import annotations

import bisect
import math
from typing import Any

from chainrule.passes.terms import Shape, Term

Place = tuple[int, ...]


class Chain:
    """Arrays that follow one another, each after one write.

    base: the first of them. depth: how many axes a place has. places: the values that were written at each, with the number
    of the write. tip: the number of the last write. stacks: by the number of a write, the parts after it, stacked.
    """

    __slots__ = ("base", "depth", "places", "stacks", "tip")

    def __init__(self, base: Term, depth: int) -> None:
        self.base = base
        self.depth = depth
        self.places: dict[Place, list[tuple[int, Term]]] = {}
        self.stacks: dict[int, Term] = {}
        self.tip = 0

    def at(self, place: Place, write: int) -> Term | None:
        """Return what is at a place after a write; None where the base has it."""
        values = self.places.get(place, ())
        found = bisect.bisect_right(values, write, key=lambda entry: entry[0])
        return values[found - 1][1] if found else None

    def after(self, write: int) -> Chain:
        """Return the chain that begins with the writes up to one: another array branches off there."""
        if write == self.tip:
            return self
        other = Chain(self.base, self.depth)
        other.tip = write
        other.stacks = {number: term for number, term in self.stacks.items() if number <= write}
        for place, values in self.places.items():
            kept = [entry for entry in values if entry[0] <= write]
            if kept:
                other.places[place] = kept
        return other

    def write(self, place: Place, value: Term) -> int:
        """Note a write; return its number."""
        self.tip += 1
        self.places.setdefault(place, []).append((self.tip, value))
        return self.tip

    def whole(self, shape: Shape) -> list[Term] | None:
        """Return what is at all places, in C order, where everything was written; once for as many writes as there are places."""
        count = math.prod(shape[: self.depth])
        if len(self.places) < count or self.tip - max(self.stacks, default=0) < count:
            return None
        return [values[-1][1] for _, values in sorted(self.places.items())]


def place_of(template: Any, shape: Shape) -> Place | None:
    """Return the place along the first axes that an index expression of integers names.

    >>> place_of((0, -1), (3, 4, 5)), place_of(slice(2), (3,))
    ((0, 3), None)
    """
    entries = template if isinstance(template, tuple) else (template,)
    if not entries or any(type(entry) is not int for entry in entries):
        return None
    return tuple(entry + length if entry < 0 else entry for entry, length in zip(entries, shape, strict=False))

"""Owns the spaces of loops: the axes of the values, and the loops over them; neighboring axes may be one loop.

The axes of a picture, `[row, column, color]`, are three, but rows are run through as one line of numbers: vectors would be half
empty with three colors each. An axis of length 1, as that of a column `[row, 1]`, is no loop of its own either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from chainrule.native.memory.layout import Coordinate, Storage, coordinates_of_operand, join_bounds, pad_bounds
from chainrule.passes.terms import Shape, Term, uniform

LONG = 16
"""A last axis of so many elements is a loop of its own."""


class Space(NamedTuple):
    """A space that loops run through.

    domain: the lengths of the axes. lengths: those of the loops. loop: of each axis, the number of its loop.
    inner: of each axis, how far its neighbors are apart in its loop.
    """

    domain: Shape
    lengths: Shape
    loop: Shape
    inner: Shape

    def of_loops(self, strides: Sequence[int]) -> Shape:
        """Return for each loop how far apart neighbors are, where that is known for each axis."""
        found = [0] * len(self.lengths)
        for axis, stride in enumerate(strides):
            if self.domain[axis] != 1 or self.lengths[self.loop[axis]] == 1:
                found[self.loop[axis]] = stride  # that of the last axis of a loop
        return tuple(found)

    def index_along(self, axis: int, at: int) -> int:
        """Return the index along an axis at a place of its loop."""
        return at // self.inner[axis] % self.domain[axis]


def separate(domain: Shape) -> Space:
    """Return the space in which every axis is a loop of its own."""
    return Space(domain, domain, tuple(range(len(domain))), (1,) * len(domain))


def starting(domain: Shape, term: Term) -> tuple[Coordinate, ...]:
    """Return the coordinates at which a space computes a term: the term's axes are the last axes of the space."""
    skip = len(domain) - len(term.shape)
    return tuple(
        Coordinate(skip + axis, 1, 0) if length != 1 or domain[skip + axis] == 1 else Coordinate(None, 0, 0)
        for axis, length in enumerate(term.shape)
    )


def crossed(edges: tuple[int, int], at: Coordinate, length: int) -> Iterator[int]:
    """Yield the loop indices, within a length, at which a coordinate crosses the edges of a pad, or of a part."""
    if at.axis is None:
        return
    for edge in edges:
        # The first index at or after the edge, or, where the axis is read backward, the first one before it.
        beyond = at.constant - edge
        place = -(beyond // at.coefficient) if at.coefficient > 0 else beyond // -at.coefficient + 1
        if 0 < place < length:
            yield place


def joined(
    domain: Shape,
    roots: Sequence[tuple[Term, Shape]],
    stored: Callable[[Term], tuple[int, Storage] | None],
    keeps_rows: bool,
) -> Space:
    """Return the space whose axes are joined where all that is read and written lies in one line.

    roots: what is computed at every point, and the strides with which it is left. keeps_rows: whether the first loop has to have
    the length of the first axis.
    """
    if len(domain) < 2 or (domain[-1] >= LONG and 1 not in domain):
        return separate(domain)
    strides, cut = [strides for _, strides in roots], set[int]()
    for term, _ in roots:
        _look(term, domain, stored, strides, cut)
    loop, last = [0], 0 if domain[0] != 1 else None
    for axis in range(1, len(domain)):
        fits = domain[axis] == 1 or (
            not (keeps_rows and not loop[-1])
            and (last is None or (axis not in cut and all(s[last] == s[axis] * domain[axis] for s in strides)))
        )
        loop.append(loop[-1] if fits else loop[-1] + 1)
        if domain[axis] != 1:
            last = axis
    lengths = [1] * (loop[-1] + 1)
    inner = [1] * len(domain)
    for axis in reversed(range(len(domain))):
        inner[axis] = lengths[loop[axis]]
        lengths[loop[axis]] *= domain[axis]
    return Space(domain, tuple(lengths), tuple(loop), tuple(inner))


def _look(
    root: Term, domain: Shape, stored: Callable[[Term], tuple[int, Storage] | None], strides: list[Shape], cut: set[int]
) -> None:
    """Note the strides of all that is read, and the axes along which pads and parts begin and end."""
    stack, seen = [(root, starting(domain, root))], set[Any]()
    while stack:
        term, at = stack.pop()
        if (term.index, at) in seen or uniform(term) is not None:
            continue
        seen.add((term.index, at))
        found = stored(term)
        if found is not None:
            steps = [0] * len(domain)
            for coordinate, stride in zip(at, found[1].strides, strict=True):
                if coordinate.axis is not None:
                    steps[coordinate.axis] += coordinate.coefficient * stride
            strides.append(tuple(steps))
            continue
        bounds, parts = pad_bounds(term), join_bounds(term)
        borders = [] if parts is None else [(edges, at[parts[0]]) for edges in parts[1]]
        borders += zip(bounds or (), at, strict=False)
        for edges, coordinate in borders:
            if coordinate.axis is not None and any(crossed(edges, coordinate, domain[coordinate.axis])):
                cut.add(coordinate.axis)
        for number, operand in enumerate(term.operands):
            if bounds is None or number == len(term.operands) - 1:
                stack.append((operand, coordinates_of_operand(term, number, at)))

"""Owns marks: which elements of a value are not finite, and how a mark moves between an operation and its operands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from chainrule.core.graph import Node
from chainrule.core.primitive import Elementwise
from chainrule.primitives.shape import WHERE

Mark: TypeAlias = NDArray[np.bool_]

SHOWN = 5
"""So many positions are listed."""


@final
@dataclass(frozen=True, slots=True)
class Elements:
    """Some elements of an array: how many of how many, and the positions of the first few.

    line: the row or column of a matrix in which all of them are, where there are several; else empty text.
    """

    count: int
    size: int
    first: tuple[tuple[int, ...], ...]
    line: str = ""

    @classmethod
    def of(cls, mark: Mark) -> Elements:
        """Return the marked elements."""
        mark = np.asarray(mark)
        found = np.flatnonzero(mark)
        first = tuple(
            tuple(int(part) for part in np.unravel_index(place, mark.shape)) for place in found[:SHOWN] if mark.ndim
        )
        return cls(int(found.size), int(mark.size), first, _line_of(mark) if 1 < found.size < mark.size else "")

    @property
    def share(self) -> float:
        """The part of all elements that these are."""
        return self.count / self.size if self.size else 0.0

    def __str__(self) -> str:
        if self.size == 1:
            return "the number"
        part = "all" if self.count == self.size else f"{100 * self.share:.2g}%"
        return f"{self.count:,} of {self.size:,} elements ({part}), {self.places}"

    @property
    def places(self) -> str:
        """Where they are, in words."""
        listed = ", ".join(f"[{', '.join(map(str, place))}]" for place in self.first)
        more = ", …" if self.count > len(self.first) else ""
        return f"all in {self.line}" if self.line else f"at {listed}{more}"


def _line_of(mark: Mark) -> str:
    """Return the row or column in which all marked elements of a matrix are: a sample of the data, or a feature.

    >>> _line_of(np.array([[False, True], [False, True]])), _line_of(np.eye(2, dtype=bool))
    ('column 1', '')
    """
    for name, axis in (("row", 1), ("column", 0)) if mark.ndim == 2 else ():
        places = np.flatnonzero(mark.any(axis=axis))
        if places.size == 1 and mark.shape[axis] > 1:
            return f"{name} {places[0]}"
    return ""


def bad(value: Any) -> Mark:
    """Return a mark on what is NaN or infinite; of several results one mark that says whether any is."""
    if isinstance(value, tuple):
        return np.asarray(any(bad(part).any() for part in value))
    if not isinstance(value, np.ndarray | np.generic | float | complex) or np.asarray(value).dtype.kind not in "fc":
        return np.zeros(np.shape(value), dtype=bool)
    return np.asarray(~np.isfinite(value))


def is_aligned(node: Node) -> bool:
    """Return whether elements of the result come from the elements of the operands in the same place."""
    return isinstance(node.primitive, Elementwise) or node.primitive is WHERE


def spread(mark: Mark, shape: tuple[int, ...]) -> Mark:
    """Return a mark of an operand as a mark of the result, by broadcasting."""
    return np.broadcast_to(mark, shape)


def gather(mark: Mark, shape: tuple[int, ...]) -> Mark:
    """Return a mark of a result as a mark of an operand of that shape: broadcasting, backward.

    >>> gather(np.array([[False, True], [False, False]]), (2,))
    array([False,  True])
    """
    lead = mark.ndim - len(shape)
    axes = (*range(lead), *(lead + n for n, size in enumerate(shape) if size == 1 and mark.shape[lead + n] != 1))
    found = np.any(mark, axis=axes, keepdims=True) if axes else mark
    return np.asarray(found.reshape(shape))


def chosen(node: Node, position: int, mark: Mark) -> Mark:
    """Return the part of a mark of the result of an aligned operation to which an operand contributes."""
    if node.primitive is not WHERE or position > 1:
        return mark
    condition = np.asarray(node.operands[2], dtype=bool)
    taken: Mark = mark & np.broadcast_to(condition if position == 0 else ~condition, mark.shape)
    return taken


def at(value: Any, shape: tuple[int, ...], place: tuple[int, ...]) -> Any:
    """Return the element of an operand that stands behind the element `place` of a result of `shape`; None where unclear."""
    if value is None or isinstance(value, tuple):
        return None
    array = np.asarray(value)
    if array.ndim == 0:
        return array[()]
    if not place or array.ndim > len(shape):
        return None
    try:
        return np.broadcast_to(array, shape)[place]
    except (ValueError, IndexError):
        return None

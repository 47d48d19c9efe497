"""Owns how a point, a container of numbers and arrays, lies in one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.trees import flatten, unflatten


@final
@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The parts of a container in a vector of shape (n,), one after another.

    structure: of the container. shapes: of its parts.
    """

    structure: Any
    shapes: tuple[tuple[int, ...], ...]

    def split(self, vectors: Any) -> list[Any]:
        """Return the parts of a vector, or of vectors of shape (..., n); traced ones stay traced.

        >>> Layout(None, ((), (2,))).split(np.array([[1.0, 2.0, 3.0]]))
        [array([1.]), array([[2., 3.]])]
        """
        parts, start = [], 0
        every, many = (slice(None),) * (np.ndim(vectors) - 1), np.shape(vectors)[:-1]
        for shape in self.shapes:
            end = start + math.prod(shape)
            place = slice(start, end) if shape else start
            part = vectors[(*every, place)]
            parts.append(np.reshape(part, (*many, *shape)) if shape else part)
            start = end
        return parts

    def together(self, vector: Any) -> Any:
        """Return a vector in the structure of the container; a traced one stays traced."""
        return unflatten(self.structure, self.split(vector))


def layout_of(x: Any) -> Layout:
    """Return how a container lies in a vector.

    >>> layout_of([np.ones((2, 1)), 1.0]).shapes
    ((2, 1), ())
    """
    leaves, structure = flatten(x)
    return Layout(structure, tuple(np.shape(leaf) for leaf in leaves))

"""Owns what a descent writes down on its way, and the figures of it: losses over steps, paths on a curve or on contours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from chainrule import plots
from chainrule.core.trees import flatten, paths, unflatten
from chainrule.plots import Picture

Reals = npt.NDArray[np.float64]


# Not frozen: that would take four times as long to make. Hot path: benchmarks/test_descent.py
@final
@dataclass(slots=True, eq=False)
class Trail:
    """What a descent wrote down on its way, as the loop wrote it.

    values, squares: f and the square of the gradient's norm, one row for every `every` steps.
    points: the leaves of x, one row for every `points_every` steps; 0 where none are kept.
    structure: of x, None where it is a lone array or number. done: so many points were evaluated.
    """

    values: Reals
    squares: Reals
    every: int
    points: tuple[npt.NDArray[Any], ...]
    points_every: int
    structure: Any
    done: int

    def norms(self) -> Reals:
        """Return the norms of the gradient."""
        return np.sqrt(self.squares)

    def path(self) -> Any:
        """Return the points that were kept: one array where x is a lone array or number, else a tuple of containers."""
        if not self.points:
            return np.empty(0)
        if self.structure is None:
            return self.points[0]
        return tuple(
            unflatten(
                self.structure, [column[row].item() if column.ndim == 1 else column[row] for column in self.points]
            )
            for row in range(len(self.points[0]))
        )

    def path_steps(self) -> npt.NDArray[np.int64]:
        """Return the steps at which points were kept."""
        return np.arange(0, self.done if self.points_every else 0, self.points_every or 1)


def picture_of(trails: Mapping[str, Trail], fun: Callable[[Any], Any] | None) -> Picture:
    """Return the figure of descents: their losses, or with the function their paths, where x holds one number or two.

    fun: takes x as `minimize` gave it, and returns the number that was minimized.
    """
    routes = {name: _route(trail) for name, trail in trails.items()}
    first = next(iter(trails.values()))
    if fun is not None and first.points and all(route.shape[1] in (1, 2) for route in routes.values()):
        start = first.path()[0]
        names = tuple(name.strip("[]'\"") for name in paths(start)) if first.structure is not None else ()
        points = np.concatenate(list(routes.values()))
        if points.shape[1] == 2:
            sides = names if len(names) == 2 else ("x", "y")
            over = _of_numbers(fun, first)
            return plots.contour(over, _around(points[:, 0]), _around(points[:, 1]), routes, names=(sides[0], sides[1]))
        if len(routes) == 1:
            side = names[0] if len(names) == 1 else "x"
            over = _of_numbers(fun, first)
            return plots.curve(
                lambda x: over([x]), span=_around(points[:, 0]), names=(side, f"f({side})"), path=points[:, 0].tolist()
            )
    every = {name: trail.every * np.arange(len(trail.values)) for name, trail in trails.items()}
    return plots.losses({name: trail.values for name, trail in trails.items()}, every)


def _route(trail: Trail) -> Reals:
    """Return the finite points of a path as rows of numbers."""
    if not trail.points:
        return np.empty((0, 0))
    rows = np.concatenate([np.reshape(column, (len(column), -1)) for column in trail.points], axis=1)
    return rows[np.all(np.isfinite(rows), axis=1)].astype(np.float64)


def _of_numbers(fun: Callable[[Any], Any], trail: Trail) -> Callable[[Any], Any]:
    """Return the function of a vector of numbers, which it puts into x as the descent had it."""
    start = trail.path()[0]
    leaves, structure = flatten(start)
    shapes = [np.shape(leaf) for leaf in leaves]

    def part(numbers: Any, place: int) -> Any:
        if len(leaves) == 1 and shapes[0]:
            return np.reshape(numbers, shapes[0])
        return np.reshape(numbers[place], shapes[place]) if shapes[place] else numbers[place]

    return lambda numbers: fun(unflatten(structure, [part(numbers, place) for place in range(len(leaves))]))


def _around(values: Reals) -> tuple[float, float]:
    """Return a range that shows the values, those of a descent that flew away up to some bound."""
    start = values[0]
    near = values[np.abs(values - start) <= 100 * (1 + abs(start))]
    low, high = float(near.min()), float(near.max())
    room = max(0.25 * (high - low), 0.5)
    return low - room, high + room

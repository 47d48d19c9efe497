"""Owns `landscape`: the values of a function along a line, or on a plane, through a point."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

import numpy as np

from chainrule.core.trees import flatten
from chainrule.errors import JitWarning, ShapeError, TracingError
from chainrule.explain.backpropagation.figures import json_safe
from chainrule.optim.geometry.function import further_arguments, read_function
from chainrule.optim.geometry.lanczos import Vector, extreme_eigenvalues
from chainrule.optim.geometry.report import Rows, number, rows_html, rows_text
from chainrule.optim.geometry.second_order import Point, look, read_point
from chainrule.optim.kept.vector_code import OnVectors

Extent: TypeAlias = float | tuple[float, float] | Sequence[tuple[float, float]]
Directions: TypeAlias = Literal["hessian", "random"] | Sequence[Any] | None

MOST_POINTS = 4_000_000
"""A grid has at most so many points."""
_ENTRIES = 2**21  # so many numbers are in the points that are evaluated at once


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Landscape:
    """The values of a function on a grid around a point.

    axes: one array for a line, two for a plane: how far along each direction; where the directions are the variables
        themselves, the values of these.
    values: shape (len(axes[0]),), or (len(axes[0]), len(axes[1])); NaN and infinities are kept.
    labels: what runs along each axis. center: the point; value: of the function there. directions: in the structure of the point.
    how: how the directions were chosen.
    """

    axes: tuple[Vector, ...]
    values: Vector
    labels: tuple[str, ...]
    center: Any
    value: float
    directions: tuple[Any, ...]
    how: str

    @property
    def lowest(self) -> tuple[float, tuple[float, ...]]:
        """The lowest value on the grid, and where on the axes it is; NaN where no value is finite."""
        return self._extreme(np.inf, np.argmin)

    @property
    def highest(self) -> tuple[float, tuple[float, ...]]:
        """The highest finite value on the grid, and where on the axes it is; NaN where no value is finite."""
        return self._extreme(-np.inf, np.argmax)

    def _extreme(self, filler: float, pick: Callable[[Vector], Any]) -> tuple[float, tuple[float, ...]]:
        finite = np.isfinite(self.values)
        if not np.any(finite):
            return math.nan, tuple(math.nan for _ in self.axes)
        place = np.unravel_index(int(pick(np.where(finite, self.values, filler))), self.values.shape)
        return float(self.values[place]), tuple(float(axis[i]) for axis, i in zip(self.axes, place, strict=True))

    def __str__(self) -> str:
        return rows_text(self._rows())

    __repr__ = __str__

    def _rows(self) -> Rows:
        missing = int(np.sum(~np.isfinite(self.values)))
        spans = [
            f"{label} from {number(axis[0])} to {number(axis[-1])}, {len(axis)} points"
            for label, axis in zip(self.labels, self.axes, strict=True)
        ]
        return [
            *(("axis", span) for span in spans),
            ("here", number(self.value)),
            *((name, self._placed(*found)) for name, found in (("lowest", self.lowest), ("highest", self.highest))),
            *([("not finite", f"{missing} of {self.values.size} values")] if missing else []),
            ("how", self.how),
        ]

    def _placed(self, value: float, place: tuple[float, ...]) -> str:
        return f"{number(value)} at {', '.join(f'{a} = {number(p)}' for a, p in zip(self.labels, place, strict=True))}"

    def _repr_html_(self) -> str:
        return rows_html("landscape", self._rows())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, dictionaries, numbers and text that JSON can hold; what is not finite as text."""
        names = "axes values labels center value directions how lowest highest".split()
        return {name: json_safe(getattr(self, name)) for name in names}


def landscape(
    fun: Callable[..., Any] | str,
    x: Any,
    directions: Directions = None,
    extent: Extent = 1.0,
    resolution: int = 101,
    *,
    args: Sequence[Any] = (),
    seed: int = 0,
) -> Landscape:
    """Return the values of `fun` on a line or a plane through `x`, as native code computes them.

    fun: takes x and `args`, returns one real number; or mathematics as text. x: a number, an array, or a container of them.
    directions: one direction for a line or two for a plane, each in the structure of x; or "hessian", the two of greatest
        curvature; or "random", two random ones as large, filter by filter, as x is, so that landscapes of different networks can
        be compared: the last axis of an array counts the filters. Without it the variables themselves, where there are one or
        two, else "hessian".
    extent: how far to go to each side; or (low, high), or one such pair for each axis, relative to x.
    resolution: so many points each axis has. args: further arguments of `fun`. seed: of random directions; the same seed gives
        the same ones.
    Raises ValueError and ShapeError for directions and grids that do not fit.
    Source: Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss landscape of neural nets", 2018.

    >>> found = landscape(lambda x: x[0] ** 2 + x[1] ** 2, np.array([1.0, 0.0]), extent=2.0, resolution=5)
    >>> found.axes[0], found.lowest
    (array([-1.,  0.,  1.,  2.,  3.]), (0.0, (0.0, 0.0)))
    """
    function, at = read_function(fun, x)
    point, args = read_point(at), further_arguments(args)
    rows, labels, how = _directions(function, at, args, point, directions, seed)
    spans = _spans(extent, len(rows))
    _check_resolution(resolution, len(rows))
    steps = [np.linspace(low, high, resolution) for low, high in spans]

    native = OnVectors(function, point.layout, args=args)
    values = _evaluate(native, point.vector, np.stack(rows), np.meshgrid(*steps, indexing="ij"))
    shifts = point.vector if how == _VARIABLES else np.zeros(len(rows))
    with np.errstate(all="ignore"):
        value = float(function(point.together(point.vector), *args))
    return Landscape(
        axes=tuple(step + shift for step, shift in zip(steps, shifts, strict=True)),
        values=values,
        labels=labels,
        center=point.given(point.vector),
        value=value,
        directions=tuple(point.given(row) for row in rows),
        how=how,
    )


_VARIABLES = "the axes are the variables"


def _directions(
    fun: Callable[..., Any], x: Any, args: Sequence[Any], point: Point, asked: Directions, seed: int
) -> tuple[list[Vector], tuple[str, ...], str]:
    """Return the directions as vectors, what they are called, and how they were chosen."""
    if asked is None and point.size <= 2:
        return list(np.eye(point.size)), tuple(map(point.coordinate, range(point.size))), _VARIABLES
    if asked is None or (isinstance(asked, str) and asked == "hessian"):
        return _steepest(fun, x, args, point)
    if isinstance(asked, str):
        if asked != "random":
            raise ValueError(f'directions is "hessian", "random", or one or two directions like x, not {asked!r:.60}')
        drawn = np.random.default_rng(seed).standard_normal((2, point.size))
        how = f"two random directions, each filter as large as that of x (seed {seed})"
        return [_like_filters(point, row) for row in drawn], ("direction 1", "direction 2"), how
    if not isinstance(asked, Iterable):
        raise TypeError(f"directions is a list of one or two directions like x, not {asked!r:.60}")
    rows = [_given(point, direction) for direction in asked]
    if not 1 <= len(rows) <= 2:
        raise ValueError(f"directions holds one direction for a line or two for a plane, not {len(rows)}")
    return rows, ("direction 1", "direction 2")[: len(rows)], "the directions were given"


def _steepest(
    fun: Callable[..., Any], x: Any, args: Sequence[Any], point: Point
) -> tuple[list[Vector], tuple[str, ...], str]:
    around = look(fun, x, args)
    spectrum = around.spectrum(tol=1e-2)
    if spectrum.eigenvalues is not None and spectrum.eigenvectors is not None:
        order = np.argsort(-np.abs(spectrum.eigenvalues), kind="stable")[: min(2, point.size)]
        values = spectrum.eigenvalues[order]
        vectors = list(spectrum.eigenvectors[:, order].T)
    else:
        first, product = spectrum.largest_vector, around.product()

        def beside(vector: Vector) -> Vector:
            """Multiply with the Hessian of what is orthogonal to the first direction."""
            inside = vector - (first @ vector) * first
            image = np.asarray(product(inside))
            rest: Vector = image - (first @ image) * first
            return rest

        second = extreme_eigenvalues(beside, point.size, tol=1e-2)
        values, vectors = np.array([spectrum.largest, second.largest]), [first, second.largest_vector]
    labels = tuple(f"direction {place} (curvature {number(value)})" for place, value in enumerate(values, 1))
    return vectors, labels, "the directions of greatest curvature, eigenvectors of the Hessian"


def _like_filters(point: Point, direction: Vector) -> Vector:
    """Return a random direction with each filter as long as that of the point; as it is where the point is all zeros."""
    parts, start = [], 0
    for shape in point.layout.shapes:
        count = math.prod(shape)
        drawn = direction[start : start + count].reshape(shape)
        own = point.vector[start : start + count].reshape(shape)
        axes = tuple(range(len(shape) - 1)) if len(shape) > 1 else None
        lengths = [np.sqrt(np.sum(part**2, axis=axes, keepdims=True)) for part in (own, drawn)]
        parts.append((drawn * lengths[0] / np.where(lengths[1] == 0, 1.0, lengths[1])).ravel())
        start += count
    scaled: Vector = np.concatenate(parts)
    return scaled if np.any(scaled) else direction


def _given(point: Point, direction: Any) -> Vector:
    leaves, _ = flatten(direction)
    shapes = tuple(np.shape(leaf) for leaf in leaves)
    if shapes != point.layout.shapes:
        raise ShapeError(
            f"a direction has arrays of shapes {shapes}, but x has {point.layout.shapes}; give a direction like x"
        )
    vector = read_point(direction).vector
    if not np.any(vector):
        raise ValueError("a direction is all zeros; give one that leads somewhere")
    return vector


def _spans(extent: Extent, count: int) -> list[tuple[float, float]]:
    try:
        array = np.asarray(extent, dtype=np.float64)
    except (TypeError, ValueError):  # words, or pairs of different lengths
        array = np.array(np.nan)
    pairs = np.array([-1.0, 1.0]) * array if array.ndim == 0 else array
    if (
        pairs.shape not in ((2,), (count, 2))
        or not np.all(np.isfinite(pairs))
        or not np.all(pairs[..., 0] < pairs[..., 1])
    ):
        raise ValueError(f"extent is a number above 0, (low, high), or one such pair for each axis, not {extent!r:.60}")
    return [(float(low), float(high)) for low, high in np.broadcast_to(pairs, (count, 2))]


def _check_resolution(resolution: Any, count: int) -> None:
    if isinstance(resolution, bool) or not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"resolution is how many points each axis has, at least 2, not {resolution!r:.60}")
    if resolution**count > MOST_POINTS:
        raise ValueError(
            f"{resolution} points on each of {count} axes are {resolution**count:,}; at most {MOST_POINTS:,} are computed"
        )


def _evaluate(native: OnVectors, at: Vector, rows: Vector, grids: Sequence[Vector]) -> Vector:
    """Return the values on the grid: many points at once, or where the function decides on values, one after another."""
    weights = np.stack([grid.ravel() for grid in grids], axis=1)
    many = max(1, min(len(weights), _ENTRIES // at.size))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        try:
            parts = []
            for start in range(0, len(weights), many):
                part = weights[start : start + many]
                # A last, shorter part is as long as a full one: code for another size would have to be compiled.
                full = np.concatenate([part, np.repeat(part[-1:], many - len(part), axis=0)])
                parts.append(_numbers(native.values(at + full @ rows), 1)[: len(part)])
            values = np.concatenate(parts)
        except TracingError:
            values = np.array([_numbers(native.value(at + weight @ rows), 0) for weight in weights])
    return values.reshape(grids[0].shape)


def _numbers(found: Any, ndim: int) -> Vector:
    """Return what was found as real numbers, at points along `ndim` axes."""
    if np.ndim(found) != ndim:
        raise ShapeError(
            f"landscape takes a function with one real number as its result, not shape {np.shape(found)[ndim:]}"
        )
    return np.array(found, dtype=np.float64)

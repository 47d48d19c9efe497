"""Owns what NumPy's histograms of plain values do with traced weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import NoRuleError, ShapeError
from chainrule.primitives.indexing import index_add
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _refuse_without_weights(name: str, weights: Any, *others: Any) -> None:
    """Raise where there are no weights, or where something else is traced: of the values, counts are steps."""
    if weights is None or any(map(holds_traced, others)):
        raise NoRuleError(f"np.{name} has no derivative rule yet{where()}")


def _weights(name: str, weights: Any, shape: tuple[int, ...]) -> Array:
    found = as_array(weights)
    if found.shape != shape:
        raise ShapeError(f"np.{name}: weights of shape {found.shape} for values of shape {shape}{where()}")
    return found


def _bins(values: Array, edges: Array) -> tuple[Array, Array]:
    """Return in which bin each value is, and whether it is in one: the last bin has both of its edges."""
    places = np.where(values == edges[-1], len(edges) - 2, np.searchsorted(edges, values, "right") - 1)
    return places, (values >= edges[0]) & (values <= edges[-1])


def _totals(weights: Array, places: Array, inside: Array, count: int) -> Array:
    return index_add(np.zeros(count, weights.dtype), places[inside], weights[np.flatnonzero(inside)])


def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogram of plain values, over the weights."""
    _refuse_without_weights("histogram", weights, a, bins, range)
    w = _weights("histogram", weights, np.shape(a))
    values = np.ravel(np.asarray(a))
    edges = np.histogram_bin_edges(values, bins, range, weights=np.ones(values.size))
    total = _totals(np.ravel(w), *_bins(values, edges), len(edges) - 1)
    return (total / np.diff(edges) / np.sum(total) if density else total), edges


def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogramdd of plain points, over the weights."""
    return _of_points("histogramdd", sample, bins, range, density, weights)


def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Array, Array, Array]:
    """np.histogram2d of plain points, over the weights."""
    total, (of_x, of_y) = _of_points("histogram2d", [x, y], _bins_of_two(bins), range, density, weights)
    return total, of_x, of_y


def _bins_of_two(bins: Any) -> Any:
    """Return bins as np.histogramdd takes them: one array is the edges along both axes."""
    if isinstance(bins, Sequence | np.ndarray) and len(bins) not in (1, 2):
        edges = np.asarray(bins)
        return [edges, edges]
    return bins


def _of_points(name: str, sample: Any, bins: Any, range: Any, density: Any, weights: Any) -> tuple[Array, list[Array]]:
    _refuse_without_weights(name, weights, sample, bins, range)
    points = sample if isinstance(sample, np.ndarray) and sample.ndim == 2 else np.atleast_2d(sample).T
    w = _weights(name, weights, (len(points),))
    if w.dtype.kind == "c":
        raise TypeError(f"np.{name} takes real weights")  # as NumPy does
    count, edges = np.histogramdd(points, bins, range)
    found = [_bins(values, along) for values, along in zip(points.T, edges, strict=True)]
    inside = np.logical_and.reduce([is_inside for _, is_inside in found])
    places = np.ravel_multi_index([np.where(inside, each, 0) for each, _ in found], count.shape)
    total = np.reshape(_totals(cast(w, float), places, inside, count.size), count.shape)
    if density:
        widths = np.ix_(*map(np.diff, edges))
        volumes = np.multiply.reduce(np.broadcast_arrays(*widths))
        total = total / volumes / np.sum(total)
    return total, list(edges)


HISTOGRAMS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.histogram: histogram,
    np.histogram2d: histogram2d,
    np.histogramdd: histogramdd,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns distances between points: cdist, pdist and squareform of scipy.spatial.distance, on traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.user_code import where


def _cosine(u: Array, v: Array) -> Array:
    return 1 - np.sum(u * v, axis=-1) / (np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1))


def _correlation(u: Array, v: Array) -> Array:
    return _cosine(u - np.mean(u, axis=-1, keepdims=True), v - np.mean(v, axis=-1, keepdims=True))


_METRICS: dict[str, Callable[..., Array]] = {
    "euclidean": lambda u, v: np.linalg.norm(u - v, axis=-1),
    "sqeuclidean": lambda u, v: np.sum((u - v) ** 2, axis=-1),
    "cityblock": lambda u, v: np.sum(np.abs(u - v), axis=-1),
    "chebyshev": lambda u, v: np.max(np.abs(u - v), axis=-1),
    "minkowski": lambda u, v, p=2: np.linalg.norm(u - v, p, axis=-1),
    "cosine": _cosine,
    "correlation": _correlation,
}
_SHORT = {
    "euclid": "euclidean",
    "l2": "euclidean",
    "sqeuclid": "sqeuclidean",
    "manhattan": "cityblock",
    "l1": "cityblock",
}


def _metric(metric: Any) -> Callable[..., Array] | None:
    """Return the metric of a name, in terms of rows; None for those that SciPy alone knows."""
    name = metric.lower() if isinstance(metric, str) else ""
    return _METRICS.get(_SHORT.get(name, name))


def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """scipy.spatial.distance.cdist, by the metrics of this table."""
    found = _metric(metric)
    if found is None or out is not None or kwargs.keys() - {"p"}:
        return NotImplemented
    a, b = as_floats(XA, XB)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ShapeError(f"cdist: rows of {a.shape} and of {b.shape} are not points of the same space{where()}")
    return found(a[:, None], b[None], **kwargs)


def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    """scipy.spatial.distance.pdist, by the metrics of this table."""
    found = _metric(metric)
    if found is None or out is not None or kwargs.keys() - {"p"}:
        return NotImplemented
    (x,) = as_floats(X)
    first, second = np.triu_indices(x.shape[0], 1)
    return found(x[first], x[second], **kwargs)


def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """scipy.spatial.distance.squareform: pairs as a symmetric matrix, or the other way round."""
    x = as_array(X)
    if x.ndim == 2 and force.lower() != "tomatrix":
        return x[np.triu_indices(x.shape[0], 1)]
    if x.ndim != 1 or force.lower() == "tovector":
        return NotImplemented  # SciPy says what is wrong
    size = int(np.ceil(np.sqrt(2 * x.shape[0]))) or 1
    if size * (size - 1) != 2 * x.shape[0]:
        return NotImplemented
    places = np.zeros((size, size), dtype=int)
    places[np.triu_indices(size, 1)] = np.arange(x.shape[0])
    return np.where(np.eye(size, dtype=bool), 0.0, x[places + places.T])


def _of_two(name: str) -> Callable[..., Any]:
    def distance(u: Any, v: Any, w: Any = None) -> Any:
        return NotImplemented if w is not None else _METRICS[name](*as_floats(u, v))

    return distance


DISTANCES: dict[str, Callable[..., Any]] = {
    "cdist": cdist,
    "pdist": pdist,
    "squareform": squareform,
    **{name: _of_two(name) for name in ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine")},
}
"""SciPy's function to ours."""

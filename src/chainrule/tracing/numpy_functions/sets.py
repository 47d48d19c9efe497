"""Owns what NumPy's sets do with traced arrays: which elements there are is taken as given, and each keeps its sensitivity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions.arguments import refuse
from chainrule.tracing.numpy_functions.operands import as_array


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """np.unique; of equal elements it is the first one that is taken, and gets the sensitivity."""
    refuse("unique", axis=axis)
    x = as_array(ar)
    flat = np.ravel(x)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    differs = np.not_equal(ordered[1:], ordered[:-1])
    if equal_nan and x.dtype.kind in "fc":
        differs = np.logical_and(differs, np.logical_not(np.isnan(ordered[:-1])))
    is_first = np.concatenate([np.ones(min(x.size, 1), dtype=bool), differs])
    results = [ordered[is_first]]
    if return_index:
        results.append(order[is_first])
    if return_inverse:
        results.append(np.reshape((np.cumsum(is_first) - 1)[np.argsort(order)], x.shape))
    if return_counts:
        results.append(np.diff(np.append(np.flatnonzero(is_first), x.size)))
    return results[0] if len(results) == 1 else tuple(results)


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Array:
    """np.isin."""
    x, tests = as_array(element), np.ravel(as_array(test_elements))
    found = np.any(np.equal(x[..., None], tests), axis=-1)
    return np.logical_not(found) if invert else found


def union1d(ar1: Any, ar2: Any) -> Array:
    """np.union1d."""
    return unique(np.concatenate([np.ravel(as_array(ar1)), np.ravel(as_array(ar2))]))


def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """np.intersect1d; it is the element of the first array that is taken, and gets the sensitivity."""
    x, y = np.ravel(as_array(ar1)), np.ravel(as_array(ar2))
    values, places = unique(x, return_index=True)
    is_common = isin(values, y)
    common = cast(values[is_common], np.result_type(x, y))
    if not return_indices:
        return common
    others, others_places = unique(y, return_index=True)
    return common, places[is_common], others_places[isin(others, x)]


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    """np.setdiff1d."""
    x = np.ravel(as_array(ar1)) if assume_unique else unique(ar1)
    return x[isin(x, ar2, invert=True)]


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    """np.setxor1d."""
    parts = [np.ravel(as_array(each)) if assume_unique else unique(each) for each in (ar1, ar2)]
    ordered = np.sort(np.concatenate(parts))
    end = np.ones(1, dtype=bool)
    differs = np.concatenate([end, np.not_equal(ordered[1:], ordered[:-1]), end]) if ordered.size else end
    return ordered[np.logical_and(differs[1:], differs[:-1])]


SETS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.unique: unique,
    np.isin: isin,
    np.union1d: union1d,
    np.intersect1d: intersect1d,
    np.setdiff1d: setdiff1d,
    np.setxor1d: setxor1d,
    **({np.unique_values: unique} if hasattr(np, "unique_values") else {}),
}
"""NumPy's function to ours, which has the same signature."""

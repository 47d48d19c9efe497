"""Owns np.vectorize of traced values, which makes arrays of its results that cannot hold any: the last step is taken here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.tracing.lift import holds_traced, lift
from chainrule.tracing.numpy_functions.operands import as_array


class _WithObjects:
    """Stands for an np.vectorize that makes arrays of objects of its results; `types` are those that it would have made."""

    signature = None

    def __init__(self, vectorizer: Any) -> None:
        self._vectorizer = vectorizer
        self.types: Sequence[Any] = ()

    def _get_ufunc_and_otypes(self, func: Callable[..., Any], args: Any) -> tuple[np.ufunc, str]:
        ufunc, self.types = self._vectorizer._get_ufunc_and_otypes(func=func, args=args)
        return ufunc, "O" * ufunc.nout


def vectorize_call(original: Callable[..., Any], self: Any, func: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Call a function of numbers for each element."""
    if self.signature is not None or not args:
        return NotImplemented
    stand_in = _WithObjects(self)
    found = original(stand_in, func, args)
    columns = found if isinstance(found, tuple) else (found,)
    results = tuple(_of_type(each, kind) for each, kind in zip(columns, stand_in.types, strict=True))
    return results if isinstance(found, tuple) else results[0]


def _of_type(objects: np.ndarray[Any, Any], kind: Any) -> Array:
    """Return an array of objects as an array of a type; what NumPy took for objects because it is traced has its own."""
    if not holds_traced(objects):
        return np.asanyarray(objects, dtype=kind)
    return _in_type(lift(objects), kind)


def vectorize_call_with_signature(
    original: Callable[..., Any], self: Any, func: Callable[..., Any], args: Sequence[Any]
) -> Any:
    """Call a function of arrays for each combination of those along the axes that its signature leaves out.

    NumPy does so for the positions of the elements, and arrays of the shapes and types of the results.
    """
    operands = list(map(as_array, args))
    if not all(each.size for each in operands):
        return NotImplemented
    rows: list[tuple[Any, ...]] = []

    def call(*places: Any) -> Any:
        found = func(*map(_part, operands, places))
        results = found if isinstance(found, tuple) else (found,)
        rows.append(results)
        outlines = tuple(np.zeros(each.shape, each.dtype) for each in map(as_array, results))
        return outlines if isinstance(found, tuple) else outlines[0]

    positions = [np.arange(each.size).reshape(each.shape) for each in operands]
    found = original(self, call, positions)
    outlines = found if isinstance(found, tuple | list) else (found,)
    columns = [np.stack(list(map(as_array, column))) for column in zip(*rows, strict=True)]
    results = [
        _in_type(column.reshape(outline.shape), outline.dtype)
        for column, outline in zip(columns, outlines, strict=True)
    ]
    return type(found)(results) if isinstance(found, tuple | list) else results[0]


def _part(operand: Array, places: Any) -> Array:
    """Return the part of an array whose elements are at these places, counted by rows."""
    rows = operand.reshape(-1, *np.shape(places))
    return rows[int(np.ravel(places)[0]) // np.size(places)]


def _in_type(array: Array, kind: Any) -> Array:
    return array if np.dtype(kind).hasobject or array.dtype == np.dtype(kind) else array.astype(kind)


VECTORIZED: dict[str, Callable[..., Any]] = {
    "vectorize._vectorize_call": vectorize_call,
    "vectorize._vectorize_call_with_signature": vectorize_call_with_signature,
}
"""NumPy's method to ours, which gets NumPy's before the parameters that both have."""

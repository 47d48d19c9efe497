"""Owns lifting: traced values inside lists, tuples and NumPy's object arrays become one traced array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.errors import ShapeError, TracingError
from chainrule.primitives.joining import STACK
from chainrule.user_code import where

_ATOMS = frozenset({float, int, complex, bool, np.float64, np.float32, np.complex128, np.int64, np.bool_})

NO_MATRIX = (
    "an np.matrix met a traced value, which knows arrays only: their * is elementwise; write a = np.asarray(m), and a @ x for "
    "the product"
)


def lift(value: Any) -> Array:
    """Return `value` as something that a primitive takes: traced values as they are, numbers as they are, else an array.

    Lists, tuples and object arrays that hold traced values become one traced array of the shape that NumPy would give them.
    """
    if isinstance(value, Traced) or type(value) in _ATOMS:
        return value
    if isinstance(value, np.ndarray):
        if type(value) is not np.ndarray:
            value = _of_elements(value)
        return _lift_object_array(value) if value.dtype.hasobject else value
    if isinstance(value, list | tuple):
        return _lift_sequence(value) if holds_traced(value) else np.asarray(value)
    if isinstance(value, np.generic):
        return value
    array = np.asarray(value)
    return _lift_object_array(array) if array.dtype.hasobject else array


def _of_elements(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array of a class of its own as its elements; raise where that class computes otherwise than they do."""
    if np.ma.is_masked(array):
        raise TracingError(
            "a masked array met a traced value, which would compute with the masked elements too; choose the elements: "
            f"np.where(m.mask, 0, x * m.data), or x[~m.mask] * m.compressed(){where()}"
        )
    if isinstance(array, np.matrix):
        raise TracingError(f"{NO_MATRIX}{where()}")
    return np.asarray(array) if isinstance(array, np.ma.MaskedArray) else array


def holds_traced(value: Any) -> bool:
    """Whether a traced value is somewhere inside nested lists, tuples and object arrays."""
    if isinstance(value, list | tuple):
        return any(map(holds_traced, value))
    if isinstance(value, np.ndarray):
        return value.dtype.hasobject and any(map(holds_traced, value.flat))
    return isinstance(value, Traced)


def is_opaque(value: Any) -> bool:
    """Whether a value is an object that NumPy knows neither as a number nor as an array, such as a coroutine."""
    if isinstance(value, Traced | np.ndarray | np.generic | int | float | complex | list | tuple):
        return False
    array = np.asarray(value)
    return array.dtype.hasobject and not array.shape


def lift_constant(like: Traced, value: Array) -> Array:
    """Return an array as a traced constant in the trace of `like`, so that traced values can be assigned into it.

    What was to hold Python objects (dtype=object) holds numbers of the type of `like`, as traced values are.
    """
    array, model = np.array(value), np.dtype(like.value.dtype)
    array = array.astype(np.result_type(model, np.float16)) if array.dtype.hasobject else array
    return as_own_array(like.owner.constant(array))


def as_input(traced: Traced) -> Traced:
    """Return what stands for an argument, which is an array without axes where the argument is one."""
    return as_own_array(traced) if type(traced.value) is np.ndarray and not traced.value.ndim else traced


def as_own_array(traced: Traced) -> Traced:
    """Return a traced value that is an array even without axes: `x += 1` changes it, where it gives a number a new value.

    Only an array can have been assigned to, so that a version after the first tells the two apart.
    """
    traced.version = traced.version or 1
    return traced


def any_traced(values: Sequence[Any]) -> Traced | None:
    """Return the newest traced value inside the values, or None."""
    newest: Traced | None = None
    for value in values:
        found: Traced | None = None
        if isinstance(value, Traced):
            found = value
        elif isinstance(value, list | tuple):
            found = any_traced(value)
        elif isinstance(value, np.ndarray) and value.dtype.hasobject:
            found = any_traced(value.ravel().tolist())
        if found is not None and (newest is None or found.owner.level > newest.owner.level):
            newest = found
    return newest


def _lift_sequence(values: Sequence[Any]) -> Array:
    parts = [lift(value) for value in values]
    shapes = {np.shape(part) for part in parts}
    if len(shapes) > 1:
        raise ShapeError(
            f"an array cannot be made of parts of different shapes {', '.join(map(str, sorted(shapes)))}{where()}"
        )
    return bind(STACK, parts)


def _lift_object_array(array: np.ndarray[Any, Any]) -> Array:
    elements = array.ravel().tolist()
    if not any(map(holds_traced, elements)):
        # All that NumPy chose from traced and plain numbers may be plain, as the smallest of each column.
        if elements and all(isinstance(each, int | float | complex | np.number) for each in elements):
            return np.array(elements).reshape(array.shape)
        kind = type(elements[0]).__name__ if elements else "nothing"
        if not array.shape:
            raise TracingError(
                f"a value of type {kind} is no number and no array, and is not looked into; put its numbers and arrays into a "
                f"tuple, list, dictionary or named tuple{where()}"
            )
        raise TracingError(
            f"an array of Python objects (of {kind}) has no derivative; give it a number type: "
            f"array.astype(float){where()}"
        )
    return np.reshape(_joined(_put_together(elements)), array.shape)


def _put_together(elements: Sequence[Any]) -> list[Any]:
    """Return elements in order; in place of those of a vector that NumPy took apart, where all are there, the vector."""
    found: list[Any] = []
    place = 0
    while place < len(elements):
        element, count = elements[place], 1
        vector, start = _taken_from(element)
        if vector is not None and start == 0:
            run = elements[place : place + vector.shape[0]]
            if len(run) == vector.shape[0] and all(_is_taken(each, vector, k) for k, each in enumerate(run)):
                element, count = vector, len(run)
        found.append(element)
        place += count
    return found


def _is_taken(element: Any, vector: Traced, place: int) -> bool:
    """Whether this is still what a vector has at a place."""
    source, at = _taken_from(element)
    return source is vector and at == place and element.version == 0


def _taken_from(element: Any) -> tuple[Any, int]:
    """Return the vector that an element was taken from, and its place there; None and 0 where it was not."""
    return (element.taken_from if isinstance(element, Traced) else None) or (None, 0)


def _joined(parts: Sequence[Any]) -> Array:
    """Return numbers and vectors as one array."""
    shapes = {np.shape(part) for part in parts}
    if len(shapes) == 1 or all(len(shape) != 1 for shape in shapes):
        return _lift_sequence(parts)
    return np.concatenate([np.reshape(lift(part), (-1,)) for part in parts])

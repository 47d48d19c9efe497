"""Owns what NumPy's functions that join several arrays or split one do with traced arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind, innermost
from chainrule.errors import ShapeError
from chainrule.primitives.joining import STACK
from chainrule.primitives.shape import CONCATENATE, cast
from chainrule.tracing.numpy_functions.arguments import one_axis, refuse_out
from chainrule.tracing.numpy_functions.layout import in_order
from chainrule.tracing.numpy_functions.operands import as_array, lying
from chainrule.user_code import where


def concatenate(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> Array:
    """np.concatenate."""
    refuse_out("concatenate", out)
    parts = _of_type([as_array(each) for each in arrays], dtype, casting)
    if axis is None:
        parts, axis = [np.ravel(each) for each in parts], 0
    if not parts:
        raise ShapeError(f"np.concatenate needs at least one array{where()}")
    return bind(CONCATENATE, parts, {"axis": one_axis(axis, parts[0].ndim, "concatenate")})


def _of_type(parts: list[Array], dtype: Any, casting: Any) -> list[Array]:
    if dtype is None:
        return parts
    for each in parts:
        np.empty(0, each.dtype).astype(dtype, casting=casting)  # raises what NumPy raises
    return [cast(each, dtype) for each in parts]


def stack(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> Array:
    """np.stack."""
    refuse_out("stack", out)
    parts = _of_type([as_array(each) for each in arrays], dtype, casting)
    if not parts:
        raise ShapeError(f"np.stack needs at least one array{where()}")
    if len({x.shape for x in parts}) > 1:
        shapes = ", ".join(map(str, dict.fromkeys(x.shape for x in parts)))
        raise ShapeError(f"np.stack joins arrays of one shape, not of {shapes}{where()}")
    place = one_axis(axis, parts[0].ndim + 1, "stack")
    joined: Any = bind(STACK, parts)
    if not place:
        return joined
    value = innermost(joined).value
    if not (value.flags.c_contiguous or lying(joined).flags.c_contiguous):
        # The new axis goes where NumPy has it among axes that do not lie in order.
        return np.concatenate([np.expand_dims(each, place) for each in parts], axis=place)
    moved: Any = np.moveaxis(joined, 0, place)
    return in_order(moved).snapshot()


def _grown(arrays: Any, ndim: int) -> list[Array]:
    grow = (np.atleast_1d, np.atleast_2d, np.atleast_3d)[ndim - 1]
    return [grow(as_array(each)) for each in arrays]


def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Array:
    """np.hstack."""
    parts = _grown(tup, 1)
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1, dtype=dtype, casting=casting)


def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Array:
    """np.vstack."""
    return concatenate(_grown(tup, 2), 0, dtype=dtype, casting=casting)


def dstack(tup: Any) -> Array:
    """np.dstack."""
    return concatenate(_grown(tup, 3), 2)


def column_stack(tup: Any) -> Array:
    """np.column_stack."""
    parts = [as_array(each) for each in tup]
    return concatenate([x if x.ndim >= 2 else np.reshape(x, (x.size, 1)) for x in parts], 1)


def append(arr: Any, values: Any, axis: Any = None) -> Array:
    """np.append."""
    return concatenate([as_array(arr), as_array(values)], axis)


def block(arrays: Any) -> Array:
    """np.block."""
    depth = _depth(arrays)
    ndim = max(depth, _widest(arrays))
    return _joined(arrays, ndim - depth, ndim) if depth else np.copy(arrays)


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) and arrays else 0


def _widest(arrays: Any) -> int:
    return max(map(_widest, arrays)) if isinstance(arrays, list) else int(as_array(arrays).ndim)


def _joined(arrays: Any, axis: int, ndim: int) -> Array:
    if not isinstance(arrays, list):
        x = as_array(arrays)
        return np.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    return concatenate([_joined(each, axis + 1, ndim) for each in arrays], axis)


def _cut(x: Array, bounds: Sequence[int], axis: int) -> list[Array]:
    before = (slice(None),) * axis
    return [x[(*before, slice(start, stop))] for start, stop in pairwise(bounds)]


def array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Array]:
    """np.array_split."""
    x = as_array(ary)
    place = one_axis(axis, x.ndim, "array_split")
    length = x.shape[place]
    if np.ndim(indices_or_sections):
        indices = [int(each) for each in indices_or_sections]
        starts, stops = [0, *indices], [*indices, length]
        before = (slice(None),) * place
        return [x[(*before, slice(start, stop))] for start, stop in zip(starts, stops, strict=True)]
    sections = int(indices_or_sections)
    if sections <= 0:
        raise ShapeError(f"np.array_split: {sections} sections; at least one is needed{where()}")
    each, extra = divmod(length, sections)
    sizes = [each + 1] * extra + [each] * (sections - extra)
    return _cut(x, [0, *np.cumsum(sizes).tolist()], place)


def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Array]:
    """np.split."""
    x = as_array(ary)
    if not np.ndim(indices_or_sections):
        length = x.shape[one_axis(axis, x.ndim, "split")]
        if indices_or_sections <= 0 or length % indices_or_sections:
            raise ShapeError(
                f"np.split: length {length} does not divide into {indices_or_sections} equal parts; "
                f"np.array_split makes unequal ones{where()}"
            )
    return array_split(x, indices_or_sections, axis)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """np.hsplit."""
    x = as_array(ary)
    return split(x, indices_or_sections, 1 if x.ndim > 1 else 0)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """np.vsplit."""
    return split(ary, indices_or_sections, 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """np.dsplit."""
    return split(ary, indices_or_sections, 2)


def unstack(x: Any, /, *, axis: Any = 0) -> tuple[Array, ...]:
    """np.unstack."""
    moved = np.moveaxis(as_array(x), axis, 0)
    return tuple(moved[index] for index in range(moved.shape[0]))


_LATER: dict[str, Callable[..., Any]] = {"unstack": unstack}

JOINING: dict[Callable[..., Any], Callable[..., Any]] = {
    np.concatenate: concatenate,
    np.concat: concatenate,
    np.stack: stack,
    np.hstack: hstack,
    np.vstack: vstack,
    np.dstack: dstack,
    np.column_stack: column_stack,
    np.append: append,
    np.block: block,
    np.array_split: array_split,
    np.split: split,
    np.hsplit: hsplit,
    np.vsplit: vsplit,
    np.dsplit: dsplit,
    **{getattr(np, name): function for name, function in _LATER.items() if hasattr(np, name)},
}
"""NumPy's function to ours, which has the same signature."""

"""Owns vmap: a function of one example runs on a whole batch, each operation once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Elementwise, Primitive
from chainrule.core.trace import Trace, Traced, bind, compute
from chainrule.core.trees import flatten, unflatten
from chainrule.errors import ShapeError, TracingError
from chainrule.primitives.shape import aligned_together
from chainrule.tracing.lift import lift
from chainrule.tracing.open_places import places_of
from chainrule.tracing.record import call, close_over
from chainrule.tracing.scipy_functions import watch_scipy
from chainrule.tracing.selection import select
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.traced_number import as_number
from chainrule.transforms.arguments import apart
from chainrule.transforms.transformed import transformed
from chainrule.user_code import where


class BatchTrace(Trace):
    """Carries values with a leading batch axis; `data` says whether a value has one."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        watch_scipy()
        super().__init__()
        self.size = size

    def constant(self, value: Array) -> TracedArray:
        return TracedArray(self, value, False)

    def shape(self, traced: Traced) -> tuple[int, ...]:
        shape: tuple[int, ...] = traced.value.shape
        return shape[1:] if traced.data else shape

    def decide(self, traced: Traced, kind: type) -> Any:
        value = traced.value
        if not traced.data:
            return kind(value)
        if value.shape[0] and bool(np.all(value == value[0])):
            return kind(value[0])
        raise TracingError(
            "a decision (if, while, bool, range) on a value that differs along the batch cannot be taken once for all; use "
            f"np.where(condition, a, b), or a Python loop instead of vmap{where()}"
        )

    def select(self, x: Traced, part: Any, mask: Traced, place: int) -> Traced | None:
        return select(x, part, mask, place)

    def places_of(self, mask: Traced) -> tuple[Traced, ...] | None:
        return places_of(mask)

    def as_number(self, traced: Traced) -> Any:
        return as_number(traced)

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        values: list[Any] = []
        batched: list[bool] = []
        for operand in operands:
            own = isinstance(operand, Traced) and operand.owner is self
            values.append(operand.value if own else operand)
            batched.append(bool(own and operand.data))
        if not any(batched):
            out = compute(primitive, values, parameters)
        elif isinstance(primitive, Elementwise):
            out = compute(primitive, aligned_together(batched, values), parameters)
        elif primitive.batch is not None:
            out = primitive.batch(tuple(batched), *values, **parameters)
        else:
            out = _each(primitive, values, batched, parameters, self.size)
        if type(out) is tuple:
            return tuple(TracedArray(self, part, any(batched)) for part in out)
        return TracedArray(self, out, any(batched))


def _each(
    primitive: Primitive, values: Sequence[Array], batched: Sequence[bool], parameters: dict[str, Any], size: int
) -> Any:
    """Apply a primitive without a batch rule to one example after another."""
    rows = [
        bind(
            primitive, [value[row] if flag else value for value, flag in zip(values, batched, strict=True)], parameters
        )
        for row in range(size)
    ]
    if rows and type(rows[0]) is tuple:
        return tuple(np.stack(parts) for parts in zip(*rows, strict=True))
    return np.stack(rows)


def vmap(fun: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """Return a function that maps `fun` over an axis of its arguments, computing the whole batch at once.

    in_axes: the axis of each argument to map over, None for an argument that all examples share; one value for all, or a tuple
        with one for each argument.
    out_axes: where the batch axis of the results goes; one value for all, or a tree like the result with one for each part.
    A decision in `fun` (`if`, `while`) is taken where all members of the batch agree on it.
    Raises ShapeError where the arguments disagree about the size of the batch, and TracingError where its members do about a
    decision.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.vmap(lambda x, w: np.dot(x, w), in_axes=(0, None))(np.ones((3, 2)), np.array([1.0, 2.0]))
    array([3., 3., 3.])
    """
    return transformed("vmap", _mapped, fun, in_axes, out_axes)


def _mapped(fun: Callable[..., Any], in_axes: Any, out_axes: Any, /, *args: Any, **kwargs: Any) -> Any:
    leaves, structure = flatten(args)
    axes = _axes_of_leaves(in_axes, args)
    arrays = [lift(leaf) if isinstance(leaf, Traced) else np.asarray(lift(leaf)) if axis is not None else leaf
              for leaf, axis in zip(leaves, axes, strict=True)]  # fmt: skip
    size = _batch_size(arrays, axes)
    trace = BatchTrace(size)
    traced = [
        array if axis is None else TracedArray(trace, np.moveaxis(array, axis, 0), True)
        for array, axis in zip(arrays, axes, strict=True)
    ]
    try:
        result = call(fun, unflatten(structure, traced), kwargs)
        outputs, out_structure = flatten(result)
        outputs = [close_over(trace, lift(part)) for part in outputs]
    finally:
        trace.close()
    placed = [
        _batch_out(trace, part, axis) for part, axis in zip(outputs, _spread(out_axes, result, outputs), strict=True)
    ]
    return unflatten(out_structure, apart(placed, arrays))


def _axes_of_leaves(in_axes: Any, args: tuple[Any, ...]) -> list[int | None]:
    each = tuple(in_axes) if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
    if len(each) != len(args):
        raise ShapeError(f"vmap: in_axes names {len(each)} arguments, but the function was called with {len(args)}")
    axes: list[int | None] = []
    for axis, arg in zip(each, args, strict=True):
        leaves, _ = flatten(arg)
        if isinstance(axis, dict | tuple | list):
            axes.extend(_flatten_axes(axis, arg))
        else:
            axes.extend([axis] * len(leaves))
    return axes


def _flatten_axes(axis: Any, arg: Any) -> list[int | None]:
    """Return the axis of each leaf of `arg`, given a tree of axes of the same structure (None where not mapped)."""
    if isinstance(arg, dict):
        if isinstance(axis, dict) and axis.keys() != arg.keys():
            raise ShapeError(
                f"vmap: axes are given for the keys {list(axis)!r:.100}, and the keys are {list(arg)!r:.100}"
            )
        return [
            found
            for key in sorted(arg)
            for found in _flatten_axes(axis[key] if isinstance(axis, dict) else axis, arg[key])
        ]
    if isinstance(arg, list | tuple):
        each = axis if isinstance(axis, list | tuple) else [axis] * len(arg)
        if len(each) != len(arg):
            raise ShapeError(f"vmap: {len(each)} axes are given for {len(arg)} parts: {axis!r:.100}")
        return [found for one, part in zip(each, arg, strict=True) for found in _flatten_axes(one, part)]
    return [axis] * len(flatten(arg)[0])


def _batch_size(arrays: Sequence[Array], axes: Sequence[int | None]) -> int:
    sizes = set()
    for array, axis in zip(arrays, axes, strict=True):
        if axis is not None:
            shape = np.shape(array)
            if not isinstance(axis, int | np.integer):
                raise ShapeError(
                    f"vmap: in_axes holds whole numbers and None, such as 0 or (0, None), not {axis!r:.60}"
                )
            if not -len(shape) <= axis < len(shape):
                raise ShapeError(f"vmap: an argument of shape {shape} has no axis {axis} to map over")
            sizes.add(shape[axis])
    if not sizes:
        raise ShapeError("vmap: no argument is mapped over; give at least one an axis in in_axes")
    if len(sizes) > 1:
        raise ShapeError(
            f"vmap: the mapped axes have different sizes {sorted(sizes)}; an argument that all examples share has None in in_axes"
        )
    return int(sizes.pop())


def _spread(out_axes: Any, result: Any, outputs: Sequence[Any]) -> list[Any]:
    if isinstance(out_axes, dict | tuple | list):
        return _flatten_axes(out_axes, result)
    return [out_axes] * len(outputs)


def _batch_out(trace: BatchTrace, part: Any, axis: int | None) -> Any:
    own = isinstance(part, Traced) and part.owner is trace
    if axis is None:
        if own and part.data:
            raise ShapeError("vmap: out_axes is None for a result that differs along the batch")
        return part.value if own else part
    value = part.value if own else part
    if not (own and part.data):
        value = np.broadcast_to(value, (trace.size, *np.shape(value)))
    if type(value) is np.ndarray and not value.flags.writeable:  # one member that stands for all of them
        value = value.copy()
    ndim = len(value.shape)
    if not isinstance(axis, int | np.integer) or not -ndim <= axis < ndim:
        raise ShapeError(
            f"vmap: out_axes={axis!r:.60} is no place for the batch axis of results of shape {value.shape[1:]}; write a whole "
            f"number from {-ndim} to {ndim - 1}"
        )
    return value if axis == 0 else np.moveaxis(value, 0, axis)

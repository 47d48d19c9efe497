"""Owns forward mode: every value carries a tangent, and each operation pushes it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import Trace, Traced, compute
from chainrule.tracing.lift import as_input
from chainrule.tracing.record import call, close_over
from chainrule.tracing.scipy_functions import watch_scipy
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.traced_number import as_number
from chainrule.transforms.rules import push


class ForwardTrace(Trace):
    """Carries (value, tangent) pairs; a tangent of None is zero."""

    __slots__ = ()

    def __init__(self) -> None:
        watch_scipy()
        super().__init__()

    def constant(self, value: Array) -> TracedArray:
        return TracedArray(self, value, None)

    def as_number(self, traced: Traced) -> Any:
        return as_number(traced)

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        values: list[Any] = []
        tangents: list[Any] = []
        for operand in operands:
            if isinstance(operand, Traced) and operand.owner is self:
                values.append(operand.value)
                tangents.append(operand.data)
            else:
                values.append(operand)
                tangents.append(None)
        out = compute(primitive, values, parameters)
        if primitive.is_constant:
            return out
        moves = any(tangent is not None for tangent in tangents)
        tangent = push(primitive, out, values, tangents, parameters) if moves else None
        if type(out) is tuple:
            parts = tangent if tangent is not None else (None,) * len(out)
            return tuple(TracedArray(self, value, part) for value, part in zip(out, parts, strict=True))
        return TracedArray(self, out, tangent)


def pushforward(
    function: Callable[..., Any], inputs: Sequence[Array], tangents: Sequence[Array]
) -> tuple[list[Any], list[Array]]:
    """Run `function` (arrays in, list of results out) and return its results with their tangents."""
    trace = ForwardTrace()
    traced = [TracedArray(trace, value, tangent) for value, tangent in zip(inputs, tangents, strict=True)]
    for each in traced:
        as_input(each)
    try:
        results = [close_over(trace, part) for part in call(function, traced)]
    finally:
        trace.close()
    values, moved = [], []
    for part in results:
        own = isinstance(part, Traced) and part.owner is trace
        values.append(part.value if own else part)
        moved.append(part.data if own and part.data is not None else _standstill(values[-1]))
    return values, moved


def _standstill(value: Array) -> Array:
    """Return the tangent of a result that depends on no input: a zero of its shape, and a number where it is one."""
    zero = np.zeros_like(value, dtype=_float_of(value))
    return zero if isinstance(value, np.ndarray | Traced) else zero[()]


def _float_of(value: Array) -> Any:
    dtype = value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)

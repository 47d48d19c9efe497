"""Owns a trace in which the result of every operation is off by roundings: those of derivatives too, which are operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import Trace, Traced, compute
from chainrule.tracing.record import close_over
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.traced_number import as_number

ROUNDINGS = 64
"""How many of them, at most."""
SELDOM = 0.25
"""How often a result is disturbed, where all numbers of an array are disturbed alike."""


class RoughTrace(Trace):
    """Computes as NumPy does, and multiplies each number by 1 and a few roundings, drawn from `rng`.

    alike: all numbers of an array by the same ones, so that equal elements stay equal, and only where SELDOM says so: the
        variance of equal elements stays zero in some runs.
    """

    __slots__ = ("rng", "alike")

    def __init__(self, rng: np.random.Generator, alike: bool) -> None:
        super().__init__()
        self.rng = rng
        self.alike = alike

    def input(self, value: Any) -> Any:
        """Return an argument as a traced value, disturbed; of what is no number the value itself."""
        if isinstance(value, float | int):
            return as_number(self.constant(np.asarray(self.rough(value))[()]))
        if not isinstance(value, np.ndarray | np.generic):
            return value
        array = np.array(value, value.dtype.newbyteorder("="))[()]
        return self.constant(self.rough(array))

    def rough(self, value: Any) -> Any:
        dtype = np.asarray(value).dtype
        if dtype.kind not in "fc" or (self.alike and self.rng.random() > SELDOM):
            return value
        shape = () if self.alike else np.shape(value)
        noise = self.rng.uniform(-ROUNDINGS, ROUNDINGS, shape) * np.finfo(dtype).eps
        if dtype.kind == "c":  # roundings are of the size of the number, not of each part
            noise = noise + 1j * self.rng.uniform(-ROUNDINGS, ROUNDINGS, shape) * np.finfo(dtype).eps
        return (value * (1 + noise)).astype(dtype)

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        if primitive.expansion is not None:  # as native code, which has no operation of its own for it
            expanded = primitive.expansion(*operands, **parameters)
            if expanded is not NotImplemented:
                return expanded
        values = [x.value if isinstance(x, Traced) and x.owner is self else x for x in operands]
        out = compute(primitive, values, parameters)
        if type(out) is tuple:
            return tuple(self.constant(self.rough(part)) for part in out)
        return self.constant(self.rough(out))

    def constant(self, value: Array) -> TracedArray:
        return TracedArray(self, value, None)

    def as_number(self, traced: Traced) -> Any:
        return as_number(traced)


def roughly(
    over: Callable[[dict[str, Any]], Callable[..., Any]], around: dict[str, Any], rng: np.random.Generator, alike: bool
) -> Callable[..., Any]:
    """Return a function of the arrays around it, `over(around)`, computed with more roundings than it has."""

    def computed(*arguments: Any) -> Any:
        trace = RoughTrace(rng, alike)
        fun = over({name: trace.input(array) for name, array in around.items()})
        return _plain(fun(*map(trace.input, arguments)), trace)

    return computed


def _plain(tree: Any, trace: RoughTrace) -> Any:
    """Return nested results without the trace."""
    if isinstance(tree, dict):
        return {key: _plain(part, trace) for key, part in tree.items()}
    if isinstance(tree, tuple | list):
        return type(tree)(_plain(part, trace) for part in tree)
    value = close_over(trace, tree)
    return value.value if isinstance(value, Traced) else value

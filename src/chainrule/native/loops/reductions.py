"""Owns reductions on lanes: where one starts, how two totals become one, and how the lanes of a vector do."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.native.machine.text import Body
from chainrule.native.vectors.instructions import ELEMENTS, REALS, larger, smaller, write_constant
from chainrule.native.vectors.lanes import Lanes

IDENTITY = {"sum": 0.0, "prod": 1.0, "max": -np.inf, "min": np.inf}


def combine(lanes: Lanes, how: str, dtype: np.dtype[Any], x: str, y: str) -> str:
    """Write one step of a reduction: the sum, product, maximum or minimum of two values."""
    if dtype in REALS:
        operation = {"sum": lanes.add, "prod": lanes.mul}.get(how)
        return operation(x, y) if operation else (larger if how == "max" else smaller)(lanes, x, y)
    if how in ("sum", "prod"):
        return lanes.bitwise("add" if how == "sum" else "mul", x, y)
    return lanes.choose(lanes.compare_whole("sgt" if how == "max" else "slt", x, y), x, y, lanes.integer)


def accumulate(lanes: Lanes, how: str, dtype: np.dtype[Any], before: str, own: str, *factors: str) -> str:
    """Write one step of what runs along a line; in a recurrence, a factor goes with what came before."""
    if not factors:
        return combine(lanes, how, dtype, before, own)
    (factor,) = factors
    return combine(lanes, "sum", dtype, own, combine(lanes, "prod", dtype, factor, before))


def horizontal(body: Body, how: str, dtype: np.dtype[Any], vector: str, width: int) -> str:
    """Write the reduction of the lanes of a vector, in halves."""
    element = ELEMENTS[dtype]
    while width > 1:
        half = width // 2
        kind = f"<{width} x {element}>"
        low, high = (
            body.let(
                f"shufflevector {kind} {vector}, {kind} poison, <{half} x i32> <{', '.join(f'i32 {k}' for k in places)}>"
            )
            for places in (range(half), range(half, width))
        )
        if half == 1:
            low = body.let(f"extractelement <1 x {element}> {low}, i32 0")
            high = body.let(f"extractelement <1 x {element}> {high}, i32 0")
        vector = combine(Lanes(body, half, REALS.get(dtype, "double")), how, dtype, low, high)
        width = half
    return vector


def identity_of(how: str, dtype: np.dtype[Any]) -> Any:
    """Return the number with which a reduction starts."""
    if dtype in REALS or how in ("sum", "prod"):
        return IDENTITY[how]
    return -(1 << 63) if how == "max" else (1 << 63) - 1


def identity(lanes: Lanes, how: str, dtype: np.dtype[Any]) -> str:
    """Return the number with which a reduction starts, as a constant."""
    return write_constant(lanes, identity_of(how, dtype), dtype)

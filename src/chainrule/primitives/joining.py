"""Owns stack: separate values become one array. Nested lists of traced values are lifted with it."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Linear


def _stack(*operands: Array) -> Array:
    if any(isinstance(operand, np.ndarray) for operand in operands):
        return np.stack([np.asarray(operand) for operand in operands])
    return np.array(operands)


def _stack_batch(batched: tuple[bool, ...], *operands: Array) -> Array:
    size = next(np.shape(operand)[0] for operand, flag in zip(operands, batched, strict=True) if flag)
    rows = [
        operand if flag else np.broadcast_to(operand, (size, *np.shape(operand)))
        for operand, flag in zip(operands, batched, strict=True)
    ]
    return np.stack(rows, axis=1)


STACK = Linear(
    name="stack",
    value=_stack,
    transpose=lambda ct, index, *operands: ct[index],
    rule="a part of an array passes its sensitivity to where it came from",
    batch=_stack_batch,
)

"""Owns stack: separate values become one array. Nested lists of traced values are lifted with it."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Linear
from chainrule.primitives.shape import batch_size, with_batch


def _stack(*operands: Array) -> Array:
    if any(isinstance(operand, np.ndarray) for operand in operands):
        return np.stack([np.asarray(operand) for operand in operands])
    return np.array(operands)


def _stack_batch(batched: tuple[bool, ...], *operands: Array) -> Array:
    size = batch_size(batched, operands)
    return np.stack([with_batch(x, flag, size) for flag, x in zip(batched, operands, strict=True)], axis=1)


STACK = Linear(
    name="stack",
    value=_stack,
    transpose=lambda ct, index, *operands: ct[index],
    transposes=lambda ct, *operands: tuple(ct),
    rule="a part of an array passes its sensitivity to where it came from",
    batch=_stack_batch,
)

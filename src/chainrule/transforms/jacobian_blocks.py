"""Owns the blocks of a Jacobian: all sweeps of one mode, batched, and their results cut up by result and argument.

The block of a result y and an input x has the shape y.shape + x.shape. There is a row of blocks for each result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.core.primitive import Array
from chainrule.primitives.shape import cast
from chainrule.transforms.batch import vmap
from chainrule.transforms.forward import pushforward

Function: TypeAlias = Callable[..., Any]


def _basis(values: Sequence[Array]) -> list[Array]:
    """Return one stacked array for each value: the unit vectors of all of them together."""
    sizes = [int(np.size(value)) for value in values]
    total, start, stacked = sum(sizes), 0, []
    for value, size in zip(values, sizes, strict=True):
        unit = np.zeros((total, size), dtype=value.dtype if value.dtype.kind in "fc" else np.float64)
        unit[start : start + size] = np.eye(size)
        stacked.append(unit.reshape((total, *np.shape(value))))
        start += size
    return stacked


def reverse_blocks(values: Sequence[Array], pullback: Function, inputs: Sequence[Array]) -> list[list[Array]]:
    """Return the blocks by reverse mode: one sweep for each entry of the results, whose pullback is given."""
    units = _basis(values)
    if not sum(np.size(value) for value in values):
        pulled = turned = pullback(values)
    else:
        sweep = vmap(lambda *cts: pullback(cts))
        pulled = turned = sweep(*units)
        if any(map(_is_complex, values)) and not all(map(_is_complex, pulled)):
            # A real argument gets the real part only; those of the sensitivities times i are the imaginary parts.
            turned = sweep(*(1j * unit if _is_complex(unit) else unit for unit in units))
    blocks, start = [], 0
    for value in values:
        rows = slice(start, start + int(np.size(value)))
        row = []
        for part, other, argument in zip(pulled, turned, inputs, strict=True):
            is_half = _is_complex(value) and not _is_complex(part)
            block = part[rows] + 1j * other[rows] if is_half else np.conjugate(part[rows])
            kind = np.result_type(argument, np.complex64) if is_half else argument.dtype
            row.append(np.reshape(cast(block, kind), (*np.shape(value), *np.shape(argument))))
        blocks.append(row)
        start = rows.stop
    return blocks


def _is_complex(value: Array) -> bool:
    return bool(value.dtype.kind == "c")


def forward_blocks(function: Function, inputs: Sequence[Array]) -> list[list[Array]]:
    """Return the blocks by forward mode: one sweep for each entry of the inputs.

    function: arrays in, list of results out.
    """
    units = _basis(inputs)
    moved = vmap(lambda *tangents: pushforward(function, inputs, tangents)[1])(*units)
    blocks = []
    for tangent in moved:
        row, start = [], 0
        for value in inputs:
            size = int(np.size(value))
            block = np.moveaxis(tangent[start : start + size], 0, -1)
            row.append(np.reshape(block, (*np.shape(tangent)[1:], *np.shape(value))))
            start += size
        blocks.append(row)
    return blocks

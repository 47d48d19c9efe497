"""Owns the rules of reading the diagonals of matrices and of matrices with a given diagonal: each is the other's transpose."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, Linear
from chainrule.core.trace import bind
from chainrule.primitives.shape import MOVES


def _length(rows: int, columns: int, offset: int) -> int:
    return max(min(rows - max(-offset, 0), columns - max(offset, 0)), 0)


def _positions(rows: int, columns: int, offset: int) -> tuple[Array, Array]:
    along = np.arange(_length(rows, columns, offset))
    return along + max(-offset, 0), along + max(offset, 0)


def _read(x: Array, offset: int) -> Array:
    rows, columns = _positions(x.shape[-2], x.shape[-1], offset)
    return x[..., rows, columns]


DIAGONAL: Linear = Linear(
    name="diagonal",
    value=lambda x, offset: x.diagonal(offset, -2, -1).copy(),
    transpose=lambda ct, index, x, offset: bind(
        DIAGONAL_MATRIX, (ct,), {"rows": x.shape[-2], "columns": x.shape[-1], "offset": offset}
    ),
    rule=MOVES,
    batch=lambda batched, x, offset: bind(DIAGONAL, (x,), {"offset": offset}),
    expansion=_read,
)
"""The diagonals of the matrices in the last two axes."""


def _placed(x: Array, rows: int, columns: int, offset: int) -> Array:
    out = np.zeros((*x.shape[:-1], rows, columns), x.dtype)
    first, step = (offset if offset >= 0 else -offset * columns), columns + 1
    flat = out.reshape((*x.shape[:-1], rows * columns))
    flat[..., first : first + x.shape[-1] * step : step] = x
    return out


def _gathered(x: Array, rows: int, columns: int, offset: int) -> Array:
    """Read every element of the matrices from the diagonals, or from a zero behind them."""
    places = np.full((rows, columns), -1)
    places[_positions(rows, columns, offset)] = np.arange(x.shape[-1])
    zero = np.zeros((*x.shape[:-1], 1), x.dtype)
    return np.concatenate([x, zero], axis=-1)[..., places]


DIAGONAL_MATRIX: Linear = Linear(
    name="diagonal_matrix",
    value=_placed,
    transpose=lambda ct, index, x, rows, columns, offset: bind(DIAGONAL, (ct,), {"offset": offset}),
    rule=MOVES,
    batch=lambda batched, x, **parameters: bind(DIAGONAL_MATRIX, (x,), parameters),
    expansion=_gathered,
)
"""Matrices of `rows` rows and `columns` columns with the last axis on a diagonal, and zeros elsewhere."""

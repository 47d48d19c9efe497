"""Owns what NumPy's functions of diagonals and triangles of matrices do with traced arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.errors import ShapeError
from chainrule.primitives.diagonals import DIAGONAL, DIAGONAL_MATRIX
from chainrule.primitives.shape import WHERE
from chainrule.tracing.numpy_functions.arguments import all_axes
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.numpy_functions.reduction import sum as total
from chainrule.tracing.numpy_functions.shape import moveaxis
from chainrule.user_code import where


def diagonal(a: Any, offset: int = 0, axis1: Any = 0, axis2: Any = 1) -> Array:
    """np.diagonal."""
    x = as_array(a)
    if x.ndim < 2:
        raise ShapeError(f"np.diagonal: an array with {x.ndim} axes has no diagonal{where()}")
    x = moveaxis(x, all_axes((axis1, axis2), x.ndim, "diagonal"), (-2, -1))
    return bind(DIAGONAL, (x,), {"offset": operator.index(offset)})


def diag(v: Any, k: int = 0) -> Array:
    """np.diag."""
    x = as_array(v)
    if x.ndim == 2:
        return np.diagonal(x, k)
    if x.ndim != 1:
        raise ShapeError(f"np.diag takes one or two axes, not {x.ndim}{where()}")
    offset = operator.index(k)
    size = x.shape[0] + abs(offset)
    return bind(DIAGONAL_MATRIX, (x,), {"rows": size, "columns": size, "offset": offset})


def diagflat(v: Any, k: int = 0) -> Array:
    """np.diagflat."""
    return diag(np.ravel(as_array(v)), k)


def trace(a: Any, offset: int = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None) -> Array:
    """np.trace."""
    return total(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype, out=out)


def _triangle(name: str, m: Any, k: int) -> tuple[Array, Array, Array]:
    """Return an array, the zero of its type and the mask of what is on and below a diagonal; a vector stands for rows of it."""
    x = as_array(m)
    if not x.ndim:
        raise ShapeError(f"np.{name}: a number has no triangle{where()}")
    below = np.tri(x.shape[-2:][0], x.shape[-1], k, dtype=bool)
    return x, False if x.dtype.kind == "b" else 0, below


def tril(m: Any, k: int = 0) -> Array:
    """np.tril."""
    x, zero, below = _triangle("tril", m, k)
    return bind(WHERE, (x, zero, below))


def triu(m: Any, k: int = 0) -> Array:
    """np.triu."""
    x, zero, below = _triangle("triu", m, k - 1)
    return bind(WHERE, (zero, x, below))


DIAGONALS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.diagonal: diagonal,
    np.diag: diag,
    np.diagflat: diagflat,
    np.trace: trace,
    np.tril: tril,
    np.triu: triu,
}
"""NumPy's function to ours, which has the same signature."""

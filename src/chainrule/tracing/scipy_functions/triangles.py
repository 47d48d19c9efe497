"""Owns the matrices of which SciPy reads a part: what the rest would be, so that only the part has a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.primitives.products import adjoint, swapped
from chainrule.tracing.scipy_functions.operands import as_floats


def square(value: Any) -> Array:
    """Return a value as square matrices of floating point numbers."""
    (a,) = as_floats(value)
    require_square(a)
    return a


def require_square(a: Array) -> None:
    """Raise what SciPy raises of arrays that are no square matrices."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"expected square matrix, but the shape is {a.shape}")


def triangle(a: Array, lower: bool, offset: int = 0) -> Array:
    """Return the lower or upper triangle, without as many diagonals as `offset` says."""
    return np.tril(a, -offset) if lower else np.triu(a, offset)


def diagonal_part(a: Array) -> Array:
    """Return matrices without what is off their diagonals."""
    return np.where(np.eye(a.shape[-1], dtype=bool), a, 0)


def symmetric(a: Array, lower: bool) -> Array:
    """Return the symmetric matrices of which one triangle is given."""
    strict = triangle(a, lower, 1)
    return strict + swapped(strict) + diagonal_part(a)


def hermitian(a: Array, lower: bool) -> Array:
    """Return the Hermitian matrices of which one triangle is given."""
    strict = triangle(a, lower, 1)
    return strict + adjoint(strict) + diagonal_part(np.real(a))


def with_unit_diagonal(a: Array) -> Array:
    """Return triangular matrices with ones on the diagonal."""
    return np.where(np.eye(a.shape[-1], dtype=bool), 1, a)

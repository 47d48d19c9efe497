"""Owns factorizations of matrices as terms: factored once, a matrix and its transpose solve systems and have a determinant."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.core.primitive import Array, General
from chainrule.passes.places import ONCE


def _lu(a: Array) -> tuple[Array, Array, Array]:
    size = a.shape[-1]
    lu: np.ndarray[Any, Any] = np.array(a)
    pivots = np.zeros(a.shape[:-1], np.int64)
    sign = np.ones(a.shape[:-2], a.dtype)
    for stack in np.ndindex(a.shape[:-2]):
        matrix = lu[stack]
        for k in range(size):
            pivot = k + int(np.argmax(np.abs(matrix[k:, k])))
            pivots[(*stack, k)] = pivot
            if pivot != k:
                matrix[[k, pivot]] = matrix[[pivot, k]]
                sign[stack] *= -1
            if matrix[k, k] != 0:
                matrix[k + 1 :, k] /= matrix[k, k]
                matrix[k + 1 :, k + 1 :] -= np.outer(matrix[k + 1 :, k], matrix[k, k + 1 :])
    return np.swapaxes(lu, -1, -2).copy(), pivots, sign[()]


def _lu_solve(lu: Array, pivots: Array, b: Array, *, transposed: bool) -> Array:
    size = lu.shape[-1]
    packed = np.swapaxes(lu, -1, -2)
    matrix = np.matmul(np.tril(packed, -1) + np.eye(size), np.triu(packed))
    for stack in np.ndindex(lu.shape[:-2]):
        for k in range(size)[::-1]:
            pivot = pivots[(*stack, k)]
            matrix[stack][[k, pivot]] = matrix[stack][[pivot, k]]
    return np.linalg.solve(np.swapaxes(matrix, -1, -2) if transposed else matrix, b).astype(lu.dtype)


def _triangular_solve(lower: Array, b: Array, *, transposed: bool) -> Array:
    return np.linalg.solve(np.swapaxes(lower, -1, -2) if transposed else lower, b)


LU = General(name="lu", value=_lu, push=None, rule=ONCE)
"""The LU decomposition of square matrices with partial pivoting, as LAPACK packs it.

The results: both factors in one matrix, stored by columns (the transpose of how they are written); the row that each row
was exchanged with; 1, or -1 where the number of exchanges is odd.
"""

LU_SOLVE = General(name="lu_solve", value=_lu_solve, push=None, rule=ONCE)
"""The solution of `A x = b`, or of the `transposed` system, by the decomposition of A. `b` is a vector if it has one axis."""

TRIANGULAR_SOLVE = General(name="triangular_solve", value=_triangular_solve, push=None, rule=ONCE)
"""The solution of `L x = b`, or of the `transposed` system, for lower triangular matrices."""

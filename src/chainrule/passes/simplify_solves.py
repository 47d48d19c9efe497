"""Owns how linear systems, inverses and determinants are simplified: a matrix is factored once for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.passes.factors import LU, LU_SOLVE, TRIANGULAR_SOLVE
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import FLOAT32, FLOAT64, INT64, Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.comparison import SIGN
from chainrule.primitives.decompositions import CHOLESKY
from chainrule.primitives.exponential import LOG
from chainrule.primitives.indexing import INDEX
from chainrule.primitives.joining import STACK
from chainrule.primitives.reduction import PROD
from chainrule.primitives.shape import TRANSPOSE


def solve(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Solve by the factors of the matrix: for a Cholesky factor these are itself."""
    matrix, b = operands
    if not _is_factored(matrix, dtype) or b.dtype != dtype or 0 in shape:
        return None
    return _solved(s, matrix, b, shape)


def inverse(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Solve for the unit vectors."""
    (matrix,) = operands
    if not _is_factored(matrix, dtype):
        return None
    return _solved(s, matrix, s.broadcast(s.terms.constant(np.eye(shape[-1], dtype=dtype)), shape), shape)


def determinant(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Multiply the diagonal of the factors."""
    if not _is_factored(operands[0], dtype):
        return None
    diagonal, sign = _diagonal(s, operands[0])
    return s.binary(a.MULTIPLY, sign, _product(s, diagonal))


def log_determinant(s: Simplifier, matrix: Term) -> tuple[Term, Term] | None:
    """Return the sign of the determinant and the logarithm of its magnitude."""
    if not _is_factored(matrix, matrix.dtype):
        return None
    diagonal, sign = _diagonal(s, matrix)
    shape, dtype = diagonal.shape, diagonal.dtype
    sign = s.binary(a.MULTIPLY, sign, _product(s, s.apply(SIGN, (diagonal,), {}, shape, dtype)))
    sizes = s.apply(a.ABSOLUTE, (diagonal,), {}, shape, dtype)
    return sign, s.sum(s.apply(LOG, (sizes,), {}, shape, dtype), len(shape) - 1)


def cofactors(
    s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
) -> Term | None:
    """Write the cofactors of small matrices as products: these need no quotient, and singular matrices have them too."""
    (matrix,) = operands
    size = shape[-1]
    if size not in (2, 3) or not _is_factored(matrix, dtype):
        return None
    stack = shape[:-2]

    def entry(row: int, column: int) -> Term:
        template = {"template": (Ellipsis, row % size, column % size)}
        return s.apply(INDEX, (matrix,), template, stack, dtype)

    def cofactor(row: int, column: int) -> Term:
        if size == 2:
            other = entry(row + 1, column + 1)
            return other if row == column else s.apply(a.NEGATIVE, (other,), {}, stack, dtype)
        products = [
            s.binary(a.MULTIPLY, entry(row + 1, column + one), entry(row + 2, column + two))
            for one, two in ((1, 2), (2, 1))
        ]
        return s.binary(a.SUBTRACT, *products)

    found = [cofactor(row, column) for row in range(size) for column in range(size)]
    together = s.apply(STACK, found, {}, (size * size, *stack), dtype)
    return s.reshape(s.transpose(together, (*range(1, len(stack) + 1), 0)), shape)


def _is_factored(matrix: Term, dtype: Any) -> bool:
    return dtype in (FLOAT64, FLOAT32) and matrix.dtype == dtype and 0 not in matrix.shape


def _base(matrix: Term) -> tuple[Term, bool]:
    """Return the matrix that is factored, and whether what is wanted is its transpose."""
    rank = len(matrix.shape)
    swapped = (*range(rank - 2), rank - 1, rank - 2)
    if matrix.primitive is TRANSPOSE and tuple(matrix.parameters["axes"]) == swapped:
        return matrix.operands[0], True
    return matrix, False


def _factors(s: Simplifier, matrix: Term) -> tuple[Term, Term, Term]:
    """Return the packed factors of a matrix, the exchanges of rows, and their sign."""
    kinds = ((matrix.shape, matrix.dtype), (matrix.shape[:-1], INT64), (matrix.shape[:-2], matrix.dtype))
    packed, pivots, sign = s.terms.apply_several(LU, (matrix,), {}, kinds)
    return packed, pivots, sign


def _solved(s: Simplifier, matrix: Term, b: Term, shape: Shape) -> Term | None:
    base, transposed = _base(matrix)
    columns = (1,) if len(b.shape) == 1 else b.shape[-1:]
    stack = base.shape[:-2]
    if stack and shape != (*stack, base.shape[-1], *columns):
        return None
    b = b if b.shape == shape else s.broadcast(b, shape)
    if base.primitive is CHOLESKY and not base.parameters.get("upper"):
        return s.apply(TRIANGULAR_SOLVE, (base, b), {"transposed": transposed}, shape, b.dtype)
    packed, pivots, _ = _factors(s, base)
    return s.apply(LU_SOLVE, (packed, pivots, b), {"transposed": transposed}, shape, b.dtype)


def _diagonal(s: Simplifier, matrix: Term) -> tuple[Term, Term]:
    """Return the diagonal of the upper factor, and the sign of the exchanges."""
    packed, _, sign = _factors(s, _base(matrix)[0])
    *stack, size, _ = packed.shape
    rows = s.reshape(packed, (*stack, size * size))
    template = (*(slice(None),) * len(stack), slice(None, None, size + 1))
    return s.apply(INDEX, (rows,), {"template": template}, (*stack, size), packed.dtype), sign


def _product(s: Simplifier, x: Term) -> Term:
    return s.apply(PROD, (x,), {"axis": (len(x.shape) - 1,), "keepdims": False}, x.shape[:-1], x.dtype)

"""Owns what SciPy's linear systems and inverses do with traced arrays.

Arguments that let LAPACK overwrite its operands are taken and have no meaning: a traced value is not overwritten. Whether
elements are finite (`check_finite`) is not checked, since that would be a decision on values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.primitives.decompositions import CHOLESKY, MATRIX_RANK
from chainrule.primitives.matrix_factors import ORDER_OF_EXCHANGES
from chainrule.primitives.products import adjoint, swapped
from chainrule.primitives.shape import cast
from chainrule.tracing.numpy_functions import factorizations
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.tracing.scipy_functions.special_matrices import toeplitz
from chainrule.tracing.scipy_functions.triangles import (
    diagonal_part,
    hermitian,
    require_square,
    square,
    symmetric,
    triangle,
    with_unit_diagonal,
)

_GENERAL = (None, "general", "gen", "banded")
_POSITIVE = ("pos", "positive definite")


def _as_read(a: Array, assume_a: str | None, lower: bool) -> Array:
    """Return matrices as SciPy reads them, of which it is told the structure."""
    if assume_a in _GENERAL:
        return a
    if assume_a == "diagonal":
        return diagonal_part(a)
    if assume_a == "tridiagonal":
        return np.triu(np.tril(a, 1), -1)
    if assume_a in ("upper triangular", "lower triangular"):
        return triangle(a, assume_a == "lower triangular")
    if assume_a in ("sym", "symmetric"):
        return symmetric(a, lower)
    if assume_a in ("her", "hermitian", *_POSITIVE):
        return hermitian(a, lower)
    raise ValueError(f"{assume_a} is not a recognized matrix structure")


def _solved(b: Array, *matrices: Array) -> Array:
    """Solve with one matrix after the other. A vector is one for all matrices of a stack."""
    if b.ndim == 1 and any(each.ndim > 2 for each in matrices):
        return _solved(b[:, None], *matrices)[..., 0]
    for each in matrices:
        b = np.linalg.solve(each, b)
    return b


def _by_factor(factor: Array, lower: bool) -> tuple[Array, Array]:
    """Return the matrices with which to solve, for a Cholesky factor."""
    return (factor, adjoint(factor)) if lower else (adjoint(factor), factor)


def _system(a: Any, b: Any) -> tuple[Array, Array]:
    """Return the operands of a system, of one type."""
    a, b = as_floats(a, b)
    require_square(a)
    b = np.atleast_1d(b)
    if b.shape[max(b.ndim - 2, 0)] != a.shape[-1]:
        raise ValueError(f"incompatible shapes: a {a.shape} and b {b.shape}")
    return a, b


def _solved_system(a: Any, b: Any) -> Array:
    a, b = _system(a, b)
    return _solved(b, a)


def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    """scipy.linalg.solve."""
    a, b = as_floats(np.atleast_2d(as_array(a)), b)
    b = np.atleast_1d(b)
    if a.size == 1 and b.shape[max(b.ndim - 2, 0) : max(b.ndim - 1, 1)] != (1,):
        return b / np.reshape(a, ())
    a, b = _system(a, b)
    if assume_a in _POSITIVE:
        return _solved(b, *_by_factor(bind(CHOLESKY, (a,), {"upper": not lower}), lower))
    a = _as_read(a, assume_a, lower)
    if transposed and a.dtype.kind == "c":
        raise NotImplementedError(  # as SciPy does, which has no such driver of LAPACK
            "scipy.linalg.solve can currently not solve a^T x = b or a^H x = b for complex matrices."
        )
    return _solved(b, swapped(a) if transposed else a)


def inv(
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: str | None = None,
    lower: bool = False,
) -> Any:
    """scipy.linalg.inv."""
    a = square(a)
    if assume_a in _POSITIVE:
        identity = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
        return _solved(identity, *_by_factor(bind(CHOLESKY, (a,), {"upper": not lower}), lower))
    return np.linalg.inv(_as_read(a, assume_a, lower))


def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.det: in double precision."""
    a = square(a)
    return np.linalg.det(cast(a, np.result_type(a, np.float64)))


def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """scipy.linalg.solve_triangular."""
    a, b = _system(a, b)
    a = triangle(a, lower)
    return _solved(b, _transposed(with_unit_diagonal(a) if unit_diagonal else a, trans))


def _transposed(a: Array, trans: Any) -> Array:
    kind = {"N": 0, "T": 1, "C": 2}.get(trans, trans)
    if kind not in (0, 1, 2):
        raise ValueError(f"trans={trans!r} is none of 0, 1, 2")
    return (a, swapped(a), adjoint(a))[kind] if kind else a


def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.cholesky."""
    return bind(CHOLESKY, (square(a),), {"upper": not lower})


def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.cho_factor: the other triangle, which nobody is to read, is left as it is."""
    a = square(a)
    return bind(CHOLESKY, (a,), {"upper": not lower}) + triangle(a, not lower, 1), lower


def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.cho_solve."""
    c, lower = c_and_lower
    c, b = _system(c, b)
    return _solved(b, *_by_factor(triangle(c, lower), lower))


def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.lu_solve."""
    lu, pivots = lu_and_piv
    lu, b = _system(lu, b)
    order = bind(ORDER_OF_EXCHANGES, (as_array(pivots),))
    lower, upper = with_unit_diagonal(np.tril(lu)), np.triu(lu)
    if b.ndim == 1 and lu.ndim > 2:
        return lu_solve(lu_and_piv, b[:, None], trans)[..., 0]
    if not trans:
        return _solved(_in_order(b, order), lower, upper)
    back = _solved(b, _transposed(upper, trans), _transposed(lower, trans))
    return _in_order(back, np.argsort(order, axis=-1))


def _in_order(b: Array, order: Array) -> Array:
    """Return the rows of `b` in an order: one for each member of a stack."""
    if order.ndim == 1:
        return np.take(b, order, axis=max(b.ndim - 2, 0))
    stack = np.broadcast_shapes(order.shape[:-1], b.shape[:-2])
    b = np.broadcast_to(b, (*stack, *b.shape[-2:]))
    return np.take_along_axis(b, np.broadcast_to(order[..., None], b.shape), axis=-2)


def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.pinv."""
    (a,) = as_floats(a)
    if atol:
        return NotImplemented
    tolerance = max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    out = factorizations.pinv(a, tolerance)
    return (out, bind(MATRIX_RANK, (a,), {"rtol": tolerance})) if return_rank else out


def pinvh(
    a: Any,
    atol: Any = None,
    rtol: Any = None,
    lower: bool = True,
    return_rank: bool = False,
    check_finite: bool = True,
) -> Any:
    """scipy.linalg.pinvh."""
    return pinv(hermitian(square(a), lower), atol=atol, rtol=rtol, return_rank=return_rank)


def lstsq(
    a: Any,
    b: Any,
    cond: Any = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    lapack_driver: str | None = None,
) -> Any:
    """scipy.linalg.lstsq."""
    a, b = as_floats(a, b)
    if a.ndim != 2 or lapack_driver == "gelsy":
        return NotImplemented
    if b.shape[0] != a.shape[0]:
        raise ValueError(f"Shape mismatch: a and b should have the same number of rows ({a.shape[0]} != {b.shape[0]}).")
    solution, residuals, rank, s = factorizations.lstsq(a, b, np.finfo(a.dtype).eps if cond is None else cond)
    return solution, np.reshape(residuals, ()) if b.ndim == 1 and residuals.size else residuals, rank, s


def solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """scipy.linalg.solve_banded, as a full matrix."""
    below, above = l_and_u
    ab, b = as_floats(ab, b)
    if below + above + 1 != ab.shape[-2]:
        raise ValueError(
            f"invalid values for the number of lower and upper diagonals: l+u+1 ({below + above + 1}) does not "
            f"equal ab.shape[-2] ({ab.shape[-2]})"
        )
    return _solved_system(_from_bands(ab, above), b)


def solveh_banded(
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> Any:
    """scipy.linalg.solveh_banded, as a full matrix."""
    ab, b = as_floats(ab, b)
    return solve(_from_bands(ab, 0 if lower else ab.shape[-2] - 1), b, lower=lower, assume_a="pos")


def _from_bands(bands: Array, above: int) -> Array:
    """Return the matrices of which the diagonals are given as rows, the highest first: element (i, j) is in row above + i - j."""
    count, size = bands.shape[-2:]
    columns = np.arange(size)
    rows = above + columns[:, None] - columns
    is_given = (rows >= 0) & (rows < count)
    return np.where(is_given, bands[..., np.where(is_given, rows, 0), columns], 0)


def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """scipy.linalg.solve_toeplitz, as a full matrix."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return _solved_system(toeplitz(c, r), b)


def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """scipy.linalg.matmul_toeplitz, as a full matrix."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return np.matmul(toeplitz(c, r), *as_floats(x))


LINEAR_SYSTEMS: dict[str, Callable[..., Any]] = {
    "solve": solve,
    "inv": inv,
    "det": det,
    "solve_triangular": solve_triangular,
    "cholesky": cholesky,
    "cho_factor": cho_factor,
    "cho_solve": cho_solve,
    "lu_solve": lu_solve,
    "pinv": pinv,
    "pinvh": pinvh,
    "lstsq": lstsq,
    "solve_banded": solve_banded,
    "solveh_banded": solveh_banded,
    "solve_toeplitz": solve_toeplitz,
    "matmul_toeplitz": matmul_toeplitz,
}
"""Functions of scipy.linalg to ours, which have the same parameters."""

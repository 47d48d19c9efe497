"""Owns what NumPy's inverses, linear systems, determinants and factorizations do with traced arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind, innermost
from chainrule.errors import NoRuleError, ShapeError
from chainrule.primitives.decompositions import CHOLESKY, EIGH, EIGVALSH, MATRIX_RANK, QR, SINGULAR_VALUES, SVD
from chainrule.primitives.decompositions import hermitian as hermitian_matrices
from chainrule.primitives.eigenvalues import EIG, EIGVALS
from chainrule.primitives.products import MATMUL, adjoint
from chainrule.primitives.shape import cast
from chainrule.primitives.solves import DET, INV, PINV, SLOGDET, SOLVE
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def _results_of(function: Callable[..., Any]) -> Any:
    """Return the class of a function's results, which NumPy does not export."""
    return type(function(np.eye(1)))


SlogdetResult = _results_of(np.linalg.slogdet)
EighResult = _results_of(np.linalg.eigh)
EigResult = _results_of(np.linalg.eig)
SVDResult = _results_of(np.linalg.svd)
QRResult = _results_of(np.linalg.qr)


def inv(a: Any) -> Array:
    """np.linalg.inv."""
    return bind(INV, (as_array(a),))


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """np.linalg.pinv."""
    tolerance = rcond if rtol is None else rtol
    a = as_array(a)
    if hermitian:  # one triangle is read, and so has the derivative
        a = hermitian_matrices(a, False)
    return bind(PINV, (a,), {"rcond": tolerance, "hermitian": hermitian})


def solve(a: Any, b: Any) -> Array:
    """np.linalg.solve."""
    return bind(SOLVE, (as_array(a), as_array(b)))


def tensorinv(a: Any, ind: int = 2) -> Array:
    """np.linalg.tensorinv."""
    a = as_array(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    rows = math.prod(a.shape[ind:])
    return np.reshape(inv(np.reshape(a, (rows, -1))), a.shape[ind:] + a.shape[:ind])


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Array:
    """np.linalg.tensorsolve."""
    a, b = as_array(a), as_array(b)
    if axes is not None:
        kept = [axis for axis in range(a.ndim) if axis not in axes]
        a = np.transpose(a, [*kept, *axes])
    shape = a.shape[b.ndim - a.ndim :] if a.ndim > b.ndim else ()
    size = math.prod(shape)
    return np.reshape(solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Array, Array, Any, Array]:
    """np.linalg.lstsq, through the pseudo-inverse: the least-squares solution of least norm."""
    a, b = as_array(a), as_array(b)
    common = np.result_type(*(each.dtype if each.dtype.kind in "fc" else np.float64 for each in (a, b)))
    a, b = cast(a, common), cast(b, common)
    rows, columns = a.shape
    tolerance = np.finfo(common).eps * max(rows, columns) if rcond is None else rcond
    solution = np.matmul(pinv(a, tolerance), b)
    s = svdvals(a)
    rank = bind(MATRIX_RANK, (a,), {"rtol": tolerance})
    count = cast(rank, np.int32)
    if rows <= columns or not _is_for_all(rank, columns):
        return solution, np.zeros(0, s.dtype), count, s
    rest = b - np.matmul(a, solution)
    residuals = np.sum(np.real(np.conjugate(rest) * rest), axis=0)
    return solution, np.reshape(residuals, (-1,)), count, s


def _is_for_all(rank: Any, columns: int) -> bool:
    """Whether a matrix has full rank: on this the shape of the residuals depends, so that a batch has to agree."""
    batch = np.shape(innermost(rank).value) if isinstance(rank, Traced) else ()
    while np.shape(rank) != batch:
        rank = rank.value
    is_full = bool(np.all(np.equal(rank, columns)))
    if not is_full and np.shape(rank) and bool(np.any(np.equal(rank, columns))):
        raise ShapeError(
            "vmap: np.linalg.lstsq gives residuals for the members of the batch that have full rank only; for the solutions "
            f"write np.linalg.pinv(a) @ b{where()}"
        )
    return is_full


def det(a: Any) -> Array:
    """np.linalg.det."""
    return bind(DET, (as_array(a),))


def slogdet(a: Any) -> Any:
    """np.linalg.slogdet."""
    return SlogdetResult(*bind(SLOGDET, (as_array(a),)))


def matrix_power(a: Any, n: Any) -> Array:
    """np.linalg.matrix_power, by repeated squaring."""
    a = as_array(a)
    exponent = operator.index(n)
    if exponent == 0:
        return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    power = inv(a) if exponent < 0 else a
    result = None
    exponent = abs(exponent)
    while True:
        exponent, is_odd = divmod(exponent, 2)
        if is_odd:
            result = power if result is None else bind(MATMUL, (result, power))
        if not exponent:
            return result
        power = bind(MATMUL, (power, power))


def cholesky(a: Any, /, *, upper: bool = False) -> Array:
    """np.linalg.cholesky."""
    return bind(CHOLESKY, (as_array(a),), {"upper": upper})


def qr(a: Any, mode: str = "reduced") -> Any:
    """np.linalg.qr: the factors, or R alone."""
    if mode not in ("reduced", "complete", "r"):
        raise NoRuleError(
            f'np.linalg.qr(mode="{mode}") has no derivative rule: it gives what LAPACK computes with; '
            f'use mode="reduced"{where()}'
        )
    q, r = bind(QR, (as_array(a),), {} if mode == "r" else {"mode": mode})
    return r if mode == "r" else QRResult(q, r)


def _triangle(uplo: str) -> str:
    if uplo.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return uplo.upper()


def eigh(a: Any, UPLO: str = "L") -> Any:
    """np.linalg.eigh."""
    return EighResult(*bind(EIGH, (as_array(a),), {"uplo": _triangle(UPLO)}))


def eigvalsh(a: Any, UPLO: str = "L") -> Array:
    """np.linalg.eigvalsh."""
    return bind(EIGVALSH, (as_array(a),), {"uplo": _triangle(UPLO)})


def eig(a: Any) -> Any:
    """np.linalg.eig."""
    return EigResult(*bind(EIG, (as_array(a),)))


def eigvals(a: Any) -> Array:
    """np.linalg.eigvals."""
    return bind(EIGVALS, (as_array(a),))


def svdvals(x: Any, /) -> Array:
    """np.linalg.svdvals."""
    return bind(SINGULAR_VALUES, (as_array(x),))


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """np.linalg.svd: values alone, thin factors or full ones."""
    a = as_array(a)
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    if not compute_uv:
        return svdvals(a)
    return SVDResult(*bind(SVD, (a,), {"full": full_matrices and a.shape[-2] != a.shape[-1]}))


def _svd_of_hermitian(a: Array, compute_uv: bool) -> Any:
    """Return the decomposition that NumPy makes of eigenvalues, with the signs of its vectors: it reads one triangle."""
    if not compute_uv:
        return np.flip(np.sort(np.abs(eigvalsh(a)), axis=-1), axis=-1)
    values, vectors = eigh(a)
    order = np.flip(np.argsort(np.abs(values), axis=-1), axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    u = np.take_along_axis(vectors, order[..., None, :], axis=-1)
    return SVDResult(u, np.abs(ordered), adjoint(u * np.sign(ordered)[..., None, :]))


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """np.linalg.matrix_rank: a count, whose derivative is zero."""
    options = {"tol": tol} if rtol is None else {"tol": tol, "rtol": rtol}
    return bind(MATRIX_RANK, (as_array(A),), {**options, "hermitian": hermitian})

"""Owns what SciPy's factorizations of matrices do with traced arrays. Vectors whose sign is arbitrary have that of NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import bind
from chainrule.primitives.decompositions import CHOLESKY
from chainrule.primitives.matrix_factors import EXCHANGES, LU, POLAR
from chainrule.primitives.products import adjoint, swapped
from chainrule.primitives.shape import cast
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.tracing.scipy_functions.triangles import hermitian, square


def _of_pair(a: Any, b: Any, lower: bool, kind: int) -> tuple[Array, Array, Array]:
    """Return the Hermitian matrix with the eigenvalues of a generalized problem, and two matrices, of which one maps its vectors.

    With B = L L^H: L^-1 A L^-H for A v = w B v, L^H A L for A B v = w v and for B A v = w v; v is L^-H y, or L y in the last.
    """
    a, b = as_floats(a, b)
    if square(a).shape[-2:] != square(b).shape[-2:]:
        raise ValueError(f"wrong b dimensions {b.shape}, should be {a.shape}")
    factor = bind(CHOLESKY, (b,), {"upper": not lower})
    factor = factor if lower else adjoint(factor)
    a = hermitian(a, lower)
    if kind == 1:
        a = adjoint(np.linalg.solve(factor, adjoint(np.linalg.solve(factor, a))))
    else:
        a = np.matmul(np.matmul(adjoint(factor), a), factor)
    return a, factor, adjoint(factor)


def eigh(
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: Any = None,
) -> Any:
    """scipy.linalg.eigh, of pairs of matrices too."""
    if subset_by_value is not None:
        return NotImplemented
    if type not in (1, 2, 3):
        raise ValueError('"type" keyword only accepts 1, 2, and 3.')
    if b is None:
        a = square(a)
    else:
        a, factor, back = _of_pair(a, b, lower, type)
    chosen = slice(None)
    if subset_by_index is not None:
        low, high = (int(each) for each in subset_by_index)
        if not 0 <= low <= high < a.shape[-1]:
            raise ValueError(
                f"Requested eigenvalue indices are not valid. Valid range is [0, {a.shape[-1] - 1}] and start <= end, but "
                f"start={low}, end={high} is given"
            )
        chosen = slice(low, high + 1)
    side: Literal["L", "U"] = "L" if lower else "U"
    if eigvals_only:
        return np.linalg.eigvalsh(a, side)[..., chosen]
    values, vectors = np.linalg.eigh(a, side)
    if b is not None:
        vectors = np.matmul(factor, vectors) if type == 3 else np.linalg.solve(back, vectors)
    return values[..., chosen], vectors[..., chosen]


def eigvalsh(a: Any, b: Any = None, **options: Any) -> Any:
    """scipy.linalg.eigvalsh."""
    return eigh(a, b, eigvals_only=True, **options)


def eig(
    a: Any,
    b: Any = None,
    left: bool = False,
    right: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    """scipy.linalg.eig: eigenvalues, which are complex, and right eigenvectors."""
    if left or homogeneous_eigvals or b is not None:
        return NotImplemented
    if not right:
        return eigvals(a)
    values, vectors = np.linalg.eig(square(a))
    return _complex(values), vectors


def _complex(values: Array) -> Array:
    return cast(values, np.result_type(values, np.complex64))


def eigvals(
    a: Any, b: Any = None, overwrite_a: bool = False, check_finite: bool = True, homogeneous_eigvals: bool = False
) -> Any:
    """scipy.linalg.eigvals, also of pairs of matrices, of which the second is regular."""
    if homogeneous_eigvals:
        return NotImplemented
    a = square(a) if b is None else np.linalg.solve(*(square(each) for each in as_floats(b, a)))
    return _complex(np.linalg.eigvals(a))


def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """scipy.linalg.svd."""
    (a,) = as_floats(a)
    return tuple(np.linalg.svd(a, full_matrices)) if compute_uv else np.linalg.svdvals(a)


def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.svdvals."""
    return svd(a, compute_uv=False)


def _rank(s: Array, shape: tuple[int, ...], rcond: Any) -> int:
    """Return how many singular values are above the bound: on this the shape of a result depends."""
    tolerance = np.finfo(s.dtype).eps * max(shape[-2:]) if rcond is None else rcond
    return int(np.sum(s > np.max(s, initial=0) * tolerance))


def orth(A: Any, rcond: Any = None) -> Any:
    """scipy.linalg.orth: the left singular vectors of the range."""
    (a,) = as_floats(A)
    u, s, _ = np.linalg.svd(a, full_matrices=False)
    return u[..., : _rank(s, a.shape, rcond)]


def null_space(
    A: Any,
    rcond: Any = None,
    *,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """scipy.linalg.null_space: the right singular vectors of zero."""
    (a,) = as_floats(A)
    _, s, vh = np.linalg.svd(a, full_matrices=True)
    return adjoint(vh[..., _rank(s, a.shape, rcond) :, :])


def qr(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """scipy.linalg.qr, without pivoting."""
    if mode not in ("full", "qr", "r", "economic", "raw"):
        raise ValueError("Mode argument should be one of ['full', 'r', 'economic', 'raw']")
    if pivoting or mode == "raw":
        return NotImplemented
    (a,) = as_floats(a)
    q, r = np.linalg.qr(a, "reduced" if mode == "economic" else "complete")
    return (r,) if mode == "r" else (q, r)


def rq(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", check_finite: bool = True) -> Any:
    """scipy.linalg.rq, of matrices with at least as many columns as rows: QR of the elements from the last to the first."""
    if mode not in ("full", "r", "economic"):
        raise ValueError("Mode argument should be one of ['full', 'r', 'economic']")
    (a,) = as_floats(a)
    if a.shape[-2] > a.shape[-1] or (mode != "economic" and a.shape[-2] != a.shape[-1]):
        return NotImplemented
    q, r = np.linalg.qr(swapped(np.flip(a, axis=(-2, -1))))
    upper = np.flip(swapped(r), axis=(-2, -1))
    return upper if mode == "r" else (upper, np.flip(swapped(q), axis=(-2, -1)))


def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """scipy.linalg.lu."""
    (a,) = as_floats(a)
    p, lower, upper = bind(LU, (a,))
    if permute_l:
        return np.matmul(p, lower), upper
    return np.argmax(p, axis=-1) if p_indices else p, lower, upper


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.lu_factor."""
    (a,) = as_floats(a)
    p, lower, upper = bind(LU, (a,))
    rows, columns = a.shape[-2:]
    size = min(rows, columns)
    pivots = bind(EXCHANGES, (np.argmax(p, axis=-2),))[..., :size]
    # The factors are above one another in one matrix: what sticks out is the rest of the longer one.
    packed = np.tril(lower[..., :size, :], -1) + upper[..., :, :size]
    if rows > columns:
        packed = np.concatenate([packed, lower[..., size:, :]], axis=-2)
    elif rows < columns:
        packed = np.concatenate([packed, upper[..., :, size:]], axis=-1)
    return packed, pivots


def polar(a: Any, side: str = "right") -> Any:
    """scipy.linalg.polar."""
    if side not in ("right", "left"):
        raise ValueError("`side` must be either 'right' or 'left'")
    (a,) = as_floats(a)
    is_wide = a.shape[-2] < a.shape[-1]
    u, p = bind(POLAR, (adjoint(a) if is_wide else a,))
    # The Hermitian factor of the longer side has the same eigenvalues, and zeros.
    if is_wide == (side == "right"):
        p = np.matmul(np.matmul(u, p), adjoint(u))
    return adjoint(u) if is_wide else u, p


def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """scipy.linalg.orthogonal_procrustes: the polar factor of A^H B, and the sum of its singular values."""
    a, b = as_floats(A, B)
    if a.ndim < 2 or a.shape != b.shape:
        raise ValueError(f"the shapes of A and B differ ({a.shape} vs {b.shape})")
    u, p = bind(POLAR, (np.matmul(adjoint(a), b),))
    return u, np.real(np.einsum("...ii->...", p))


MATRIX_FACTORS: dict[str, Callable[..., Any]] = {
    "eigh": eigh,
    "eigvalsh": eigvalsh,
    "eig": eig,
    "eigvals": eigvals,
    "svd": svd,
    "svdvals": svdvals,
    "orth": orth,
    "null_space": null_space,
    "qr": qr,
    "rq": rq,
    "lu": lu,
    "lu_factor": lu_factor,
    "polar": polar,
    "orthogonal_procrustes": orthogonal_procrustes,
}
"""Functions of scipy.linalg to ours, which have the same parameters."""

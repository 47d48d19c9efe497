"""Owns the list of NumPy's functions of linear algebra, and the second names that np.linalg gives some of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.tracing.numpy_functions.factorizations import (
    cholesky,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    inv,
    lstsq,
    matrix_power,
    matrix_rank,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    svdvals,
    tensorinv,
    tensorsolve,
)
from chainrule.tracing.numpy_functions.norms import cond, matrix_norm, norm, vector_norm
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.numpy_functions.products import (
    cross,
    dot,
    einsum,
    einsum_path,
    inner,
    kron,
    matmul,
    matvec,
    multi_dot,
    outer,
    tensordot,
    vdot,
    vecdot,
    vecmat,
)
from chainrule.user_code import where

# Names of the array API that NumPy 2 gives in np.linalg


def linalg_outer(x1: Any, x2: Any, /) -> Array:
    """np.linalg.outer: of two vectors."""
    x1, x2 = as_array(x1), as_array(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are {x1.ndim=} and {x2.ndim=}.")
    return outer(x1, x2)


def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Array:
    """np.linalg.tensordot."""
    return tensordot(x1, x2, axes)


def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """np.linalg.cross."""
    x1, x2 = as_array(x1), as_array(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ShapeError(
            f"np.linalg.cross: vectors of {x1.shape[axis]} and {x2.shape[axis]} dimensions have no vector product; give both "
            f"three dimensions, or write x[0] * y[1] - x[1] * y[0]{where()}"
        )
    return cross(x1, x2, axis=axis)


def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """np.linalg.trace: of the matrices in the last two axes."""
    return np.sum(linalg_diagonal(x, offset=offset), axis=-1, dtype=dtype)


def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Array:
    """np.linalg.diagonal: of the matrices in the last two axes."""
    return np.diagonal(as_array(x), offset, axis1=-2, axis2=-1)


def matrix_transpose(x: Any, /) -> Array:
    """np.linalg.matrix_transpose."""
    return np.swapaxes(as_array(x), -1, -2)


# In NumPy 2.2 and later.
_LATER: dict[str, Callable[..., Any]] = {"matvec": matvec, "vecmat": vecmat}

LINEAR_ALGEBRA: dict[Callable[..., Any], Callable[..., Any]] = {
    np.dot: dot,
    np.matmul: matmul,
    np.inner: inner,
    np.outer: outer,
    np.vdot: vdot,
    np.vecdot: vecdot,
    np.tensordot: tensordot,
    np.einsum: einsum,
    np.einsum_path: einsum_path,
    np.kron: kron,
    np.cross: cross,
    np.matrix_transpose: matrix_transpose,
    np.linalg.matmul: matmul,
    np.linalg.outer: linalg_outer,
    np.linalg.vecdot: vecdot,
    np.linalg.tensordot: linalg_tensordot,
    np.linalg.cross: linalg_cross,
    np.linalg.trace: linalg_trace,
    np.linalg.diagonal: linalg_diagonal,
    np.linalg.matrix_transpose: matrix_transpose,
    np.linalg.multi_dot: multi_dot,
    np.linalg.matrix_power: matrix_power,
    np.linalg.inv: inv,
    np.linalg.pinv: pinv,
    np.linalg.solve: solve,
    np.linalg.lstsq: lstsq,
    np.linalg.tensorinv: tensorinv,
    np.linalg.tensorsolve: tensorsolve,
    np.linalg.det: det,
    np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky,
    np.linalg.qr: qr,
    np.linalg.eigh: eigh,
    np.linalg.eigvalsh: eigvalsh,
    np.linalg.eig: eig,
    np.linalg.eigvals: eigvals,
    np.linalg.svd: svd,
    np.linalg.svdvals: svdvals,
    np.linalg.matrix_rank: matrix_rank,
    np.linalg.norm: norm,
    np.linalg.vector_norm: vector_norm,
    np.linalg.matrix_norm: matrix_norm,
    np.linalg.cond: cond,
    **{getattr(np, name): function for name, function in _LATER.items() if hasattr(np, name)},
}
"""NumPy's function to ours, which has the same signature."""

"""Owns the matrices that SciPy puts together of the elements of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.primitives.products import conjugate
from chainrule.tracing.numpy_functions.operands import as_array


def _vector(value: Any) -> Array:
    return np.atleast_1d(as_array(value))


def _joined(first: Array, second: Array) -> Array:
    """Return vectors one behind the other, for each member of a stack."""
    stack = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    parts = [
        each if each.ndim == 1 + len(stack) else np.broadcast_to(each, (*stack, each.shape[-1]))
        for each in (first, second)
    ]
    return np.concatenate(parts, axis=-1)


def toeplitz(c: Any, r: Any = None) -> Any:
    """scipy.linalg.toeplitz: constant along the diagonals."""
    c = _vector(c)
    r = conjugate(c) if r is None else _vector(r)
    rows, columns = np.arange(c.shape[-1]), np.arange(r.shape[-1])
    return _joined(np.flip(c, axis=-1), r[..., 1:])[..., rows.size - 1 - rows[:, None] + columns]


def circulant(c: Any) -> Any:
    """scipy.linalg.circulant."""
    c = _vector(c)
    places = np.arange(c.shape[-1])
    return c[..., (places[:, None] - places) % max(places.size, 1)]


def hankel(c: Any, r: Any = None) -> Any:
    """scipy.linalg.hankel: constant along the other diagonals."""
    c = np.ravel(as_array(c))
    r = np.zeros_like(c) if r is None else np.ravel(as_array(r))
    return _joined(c, r[1:])[np.arange(c.size)[:, None] + np.arange(r.size)]


def block_diag(*arrs: Any) -> Any:
    """scipy.linalg.block_diag."""
    blocks = [np.atleast_2d(as_array(each)) for each in arrs]
    stack = np.broadcast_shapes(*(each.shape[:-2] for each in blocks))
    width, rows, before = sum(each.shape[-1] for each in blocks), [], 0
    for block in blocks:
        whole = np.broadcast_to(block, (*stack, *block.shape[-2:]))
        sides = [np.zeros((*whole.shape[:-1], count)) for count in (before, width - before - block.shape[-1])]
        before += block.shape[-1]
        rows.append(np.concatenate([sides[0].astype(block.dtype), whole, sides[1].astype(block.dtype)], axis=-1))
    return np.concatenate(rows, axis=-2)


def companion(a: Any) -> Any:
    """scipy.linalg.companion: the matrix whose characteristic polynomial has these coefficients."""
    a = _vector(a)
    if a.shape[-1] < 2:
        raise ValueError("The length of `a` along the last axis must be at least 2.")
    first = -a[..., 1:] / a[..., :1]
    size = first.shape[-1]
    below = np.broadcast_to(np.eye(size - 1, size), (*first.shape[:-1], size - 1, size))
    return np.concatenate([first[..., None, :], below.astype(first.dtype)], axis=-2)


def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """scipy.linalg.convolution_matrix: of vectors."""
    a = _vector(a)
    if n <= 0:
        raise ValueError("n must be a positive integer.")
    if mode not in ("full", "valid", "same"):
        raise ValueError("'mode' argument must be one of ('full', 'valid', 'same')")
    size = a.shape[-1]
    whole = _joined(a, np.zeros((*a.shape[:-1], n)).astype(a.dtype))
    places = np.arange(size + n - 1)[:, None] - np.arange(n)
    cut = 0 if mode == "full" else min(n, size) - 1
    first, last = (cut // 2, cut - cut // 2) if mode == "same" else (cut, cut)
    places = places[first : len(places) - last]
    return whole[..., np.where((places >= 0) & (places < size), places, size)]


def fiedler(a: Any) -> Any:
    """scipy.linalg.fiedler: the distances between numbers."""
    a = _vector(a)
    return np.abs(a[..., :, None] - a[..., None, :])


def leslie(f: Any, s: Any) -> Any:
    """scipy.linalg.leslie: fecundities in the first row, survival coefficients below the diagonal."""
    f, s = _vector(f), _vector(s)
    size = s.shape[-1]
    if f.shape[-1] != size + 1 or not size:
        raise ValueError(
            "Incorrect lengths for f and s. The length of s along the last axis must be one less than that of f, and at least 1."
        )
    survival = s[..., :, None] * np.eye(size, size + 1, dtype=s.dtype)
    first = np.broadcast_to(f[..., None, :], (*np.broadcast_shapes(f.shape[:-1], s.shape[:-1]), 1, size + 1))
    return np.concatenate([first, np.broadcast_to(survival, (*first.shape[:-2], size, size + 1))], axis=-2)


def diagsvd(s: Any, M: int, N: int) -> Any:
    """scipy.linalg.diagsvd: a matrix of singular values."""
    s = _vector(s)
    size = s.shape[-1]
    if size not in (M, N):
        raise ValueError("Length of s must be M or N.")
    whole = (
        s[..., :, None] * np.eye(size, N, dtype=s.dtype)
        if size == M
        else s[..., None, :] * np.eye(M, size, dtype=s.dtype)
    )
    return whole


def khatri_rao(a: Any, b: Any) -> Any:
    """scipy.linalg.khatri_rao: the Kronecker products of the columns."""
    a, b = as_array(a), as_array(b)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(f"The number of columns of a {a.shape} and b {b.shape} must be equal.")
    products = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(products, (*products.shape[:-3], -1, a.shape[-1]))


SPECIAL_MATRICES: dict[str, Callable[..., Any]] = {
    "toeplitz": toeplitz,
    "circulant": circulant,
    "hankel": hankel,
    "block_diag": block_diag,
    "companion": companion,
    "convolution_matrix": convolution_matrix,
    "fiedler": fiedler,
    "leslie": leslie,
    "diagsvd": diagsvd,
    "khatri_rao": khatri_rao,
}
"""Functions of scipy.linalg to ours, which have the same parameters."""

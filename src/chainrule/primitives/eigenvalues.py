"""Owns the rules of eigenvalues and eigenvectors of square matrices that need not be symmetric."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, General
from chainrule.core.trace import bind
from chainrule.primitives.decompositions import INVERSE_GAPS
from chainrule.primitives.products import conjugate


def _push_eig(out: tuple[Array, Array], tangents: tuple[Array, ...], a: Array) -> tuple[Array, Array]:
    # Magnus (1985), "On differentiating eigenvalues and eigenvectors"; LAPACK makes each vector one of length 1 whose largest
    # entry is real, which settles the part of the tangent along the vector itself.
    values, vectors = out
    t = np.linalg.solve(vectors, np.matmul(tangents[0], vectors))
    moved = np.matmul(vectors, bind(INVERSE_GAPS, (values,)) * t)
    along = -np.sum(np.real(conjugate(vectors) * moved), axis=-2, keepdims=True)
    if np.dtype(vectors.dtype).kind == "c" and vectors.shape[-1]:  # of no entries none is the largest
        largest = np.argmax(np.abs(vectors), axis=-2, keepdims=True)
        turned, length = np.take_along_axis(moved, largest, -2), np.take_along_axis(vectors, largest, -2)
        along = along - 1j * np.imag(turned) / np.real(length)
    return np.einsum("...ii->...i", t), moved + vectors * along


EIG: General = General(
    name="eig",
    value=lambda a: tuple(np.linalg.eig(a)),
    push=_push_eig,
    rule="eigenvector rule",
    batch=lambda batched, a: tuple(np.linalg.eig(a)),
)
"""Eigenvalues and right eigenvectors. They are complex, or real where those of NumPy are: before 2.5, if no part is imaginary."""


def _push_eigvals(out: Array, tangents: tuple[Array, ...], a: Array) -> Array:
    values, vectors = np.linalg.eig(a)
    t = np.linalg.solve(vectors, np.matmul(tangents[0], vectors))
    slopes = np.einsum("...ii->...i", t)
    if not slopes.shape[-1]:  # among no eigenvalues none is the nearest
        return slopes
    order = np.argmin(np.abs(out[..., :, None] - values[..., None, :]), axis=-1)
    return np.take_along_axis(slopes, order, -1)


EIGVALS = General(
    name="eigvals",
    value=lambda a: np.linalg.eigvals(a),
    push=_push_eigvals,
    rule="eigenvalue rule",
    batch=lambda batched, a: np.linalg.eigvals(a),
)
"""Eigenvalues. Functions symmetric in repeated ones still have the right derivative, where there are as many eigenvectors."""

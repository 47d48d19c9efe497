"""Owns the rules of matrix factorizations: Cholesky, QR, eigenvalues of Hermitian matrices and singular values.

The rules of factors assume that the factors are differentiable: vectors of repeated eigenvalues or singular values are
not, and raise.
Complex vectors are determined up to a phase; the rules move them so that the phase of each does not turn. The vectors that fill
up the factors of a matrix that is not square are determined up to a rotation; the rules move them so that they do not turn among
themselves. Where a result depends on neither, as projections do not, its derivative does not either.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from chainrule.core.primitive import Array, General, Piecewise
from chainrule.core.trace import bind
from chainrule.errors import NotDifferentiableError
from chainrule.primitives.products import adjoint, conjugate, swapped
from chainrule.primitives.steps import STEP
from chainrule.user_code import where


def _lower(size: int, offset: int = 0) -> Array:
    return np.tri(size, k=offset, dtype=bool)


def hermitian(t: Array, from_upper: bool) -> Array:
    """Return the Hermitian matrices that agree with `t` in one triangle, the only one that LAPACK reads."""
    below = _lower(t.shape[-1], -1)
    strict = np.where(below.T if from_upper else below, t, 0)
    diagonal = np.real(np.where(np.eye(t.shape[-1], dtype=bool), t, 0))
    return strict + adjoint(strict) + diagonal


def _transposed_hermitian(ct: Array, from_upper: bool) -> Array:
    """Return the transpose of `hermitian`: what each entry that it reads has at its two places, together."""
    below = _lower(ct.shape[-1], -1)
    diagonal = np.real(np.where(np.eye(ct.shape[-1], dtype=bool), ct, 0))
    return np.where(below.T if from_upper else below, ct + adjoint(ct), 0) + diagonal


def _halved(lower: Array) -> Array:
    """Return the mask of a lower triangle with a half on the diagonal, in the precision of a factor."""
    size = lower.shape[-1]
    halved: Array = (_lower(size) - 0.5 * np.eye(size)).astype(np.dtype(lower.dtype).type(0).real.dtype)
    return halved


def _push_cholesky(out: Array, tangents: tuple[Array, ...], a: Array, upper: bool = False) -> Array:
    # Murray (2016), "Differentiation of the Cholesky decomposition", (8).
    factor = adjoint(out) if upper else out
    t = hermitian(tangents[0], upper)
    half_way = np.linalg.solve(factor, t)
    middle = adjoint(np.linalg.solve(factor, adjoint(half_way)))
    moved = np.matmul(factor, _halved(factor) * middle)
    return adjoint(moved) if upper else moved


def _pull_cholesky(out: Array, ct: Array, a: Array, upper: bool = False) -> tuple[Array]:
    # Murray (2016), (10).
    factor, ct = (adjoint(out), adjoint(ct)) if upper else (out, ct)
    back = adjoint(factor)
    half_way = np.linalg.solve(back, _halved(factor) * np.matmul(back, ct))
    return (_transposed_hermitian(adjoint(np.linalg.solve(back, adjoint(half_way))), upper),)


CHOLESKY = General(
    name="cholesky",
    value=lambda a, upper=False: np.linalg.cholesky(a, upper=upper),
    push=_push_cholesky,
    # The transpose of the push would solve with zeros first, which costs as much as the systems themselves.
    pull=_pull_cholesky,
    rule="Cholesky rule",
    batch=lambda batched, a, upper=False: np.linalg.cholesky(a, upper=upper),
)
"""Cholesky factors. As NumPy does, the rule reads one triangle of the matrix: the gradient is zero in the other."""


def _inverse_gaps(values: Array) -> Array:
    size = values.shape[-1]
    diagonal = np.eye(size, dtype=bool)
    gaps = np.where(diagonal, 1, values[..., None, :] - values[..., :, None])
    scale = np.max(np.abs(values), axis=-1, initial=0)[..., None, None]
    if np.any(np.abs(gaps) <= np.where(diagonal, -1, size * np.finfo(values.dtype).eps * scale)):
        raise NotDifferentiableError(
            "eigenvectors and singular vectors have no derivative where eigenvalues or singular values repeat "
            "(or, for matrices that are not square, where a singular value is zero); for the values alone, use "
            f"np.linalg.eigvalsh(a) or np.linalg.svd(a, compute_uv=False){where()}"
        )
    return np.where(diagonal, 0, 1 / gaps)


def _push_inverse_gaps(out: Array, tangents: tuple[Array, ...], values: Array) -> Array:
    t = tangents[0]
    return -out * out * (t[..., None, :] - t[..., :, None])


INVERSE_GAPS: General = General(
    name="inverse_gaps",
    value=_inverse_gaps,
    push=_push_inverse_gaps,
    rule="reciprocal rule",
    batch=lambda batched, values: bind(INVERSE_GAPS, (values,)),
)
"""1 / (v_j - v_i) off the diagonal, 0 on it. Raises NotDifferentiableError where two values agree."""


def _push_eigenvalues(out: Array, tangents: tuple[Array, ...], a: Array, uplo: Literal["L", "U"] = "L") -> Array:
    _, vectors = np.linalg.eigh(a, UPLO=uplo)
    moved = np.matmul(hermitian(tangents[0], uplo == "U"), vectors)
    return np.real(np.einsum("...ij,...ij->...j", conjugate(vectors), moved))


def _pull_eigenvalues(out: Array, ct: Array, a: Array, uplo: Literal["L", "U"] = "L") -> tuple[Array]:
    _, vectors = np.linalg.eigh(a, UPLO=uplo)
    return (_transposed_hermitian(np.matmul(vectors * ct[..., None, :], adjoint(vectors)), uplo == "U"),)


EIGVALSH = General(
    name="eigvalsh",
    value=lambda a, uplo="L": np.linalg.eigvalsh(a, UPLO=uplo),
    push=_push_eigenvalues,
    pull=_pull_eigenvalues,
    rule="eigenvalue rule",
    batch=lambda batched, a, uplo="L": np.linalg.eigvalsh(a, UPLO=uplo),
)
"""Eigenvalues of Hermitian matrices. Functions symmetric in repeated ones still have the right derivative."""


def _push_eigenvectors(
    out: tuple[Array, Array], tangents: tuple[Array, ...], a: Array, uplo: str = "L"
) -> tuple[Array, Array]:
    # Magnus (1985), "On differentiating eigenvalues and eigenvectors".
    values, vectors = out
    t = np.matmul(np.matmul(adjoint(vectors), hermitian(tangents[0], uplo == "U")), vectors)
    return np.real(np.einsum("...ii->...i", t)), np.matmul(vectors, bind(INVERSE_GAPS, (values,)) * t)


def _pull_eigenvectors(out: tuple[Array, Array], ct: tuple[Array, Array], a: Array, uplo: str = "L") -> tuple[Array]:
    values, vectors = out
    back = adjoint(vectors)
    identity = np.eye(values.shape[-1], dtype=bool)
    middle = np.where(identity, ct[0][..., None, :], bind(INVERSE_GAPS, (values,)) * np.matmul(back, ct[1]))
    return (_transposed_hermitian(np.matmul(np.matmul(vectors, middle), back), uplo == "U"),)


EIGH = General(
    name="eigh",
    value=lambda a, uplo="L": tuple(np.linalg.eigh(a, UPLO=uplo)),
    push=_push_eigenvectors,
    pull=_pull_eigenvectors,
    rule="eigenvector rule",
    batch=lambda batched, a, uplo="L": tuple(np.linalg.eigh(a, UPLO=uplo)),
)
"""Eigenvalues and eigenvectors of Hermitian matrices."""


def _push_singular_values(out: Array, tangents: tuple[Array, ...], a: Array) -> Array:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.real(np.einsum("...ij,...ij->...j", conjugate(u), np.matmul(tangents[0], adjoint(vh))))


SINGULAR_VALUES = General(
    name="singular_values",
    value=lambda a: np.linalg.svd(a, compute_uv=False),
    push=_push_singular_values,
    rule="singular value rule",
    batch=lambda batched, a: np.linalg.svd(a, compute_uv=False),
)
"""Singular values, largest first."""


def _filled(tangent: Array, vectors: Array) -> Array:
    """Return the tangent of orthonormal columns of which the first have `tangent`: the others stay orthogonal to them."""
    known = tangent.shape[-1]
    if vectors.shape[-1] == known:
        return tangent
    turn = np.matmul(adjoint(tangent), vectors[..., known:])
    return np.concatenate([tangent, -np.matmul(vectors[..., :known], turn)], axis=-1)


def _push_svd(
    out: tuple[Array, Array, Array], tangents: tuple[Array, ...], a: Array, full: bool = False
) -> tuple[Array, Array, Array]:
    # Townsend (2016), "Differentiating the singular value decomposition"; Wan and Zhang (2019) for the complex phases.
    if full:
        s = out[1]
        size = s.shape[-1]
        thin = (out[0][..., :size], s, out[2][..., :size, :])
        u_tangent, s_tangent, vh_tangent = _push_svd(thin, tangents, a)
        return _filled(u_tangent, out[0]), s_tangent, adjoint(_filled(adjoint(vh_tangent), adjoint(out[2])))
    u, s, vh = out
    t = tangents[0]
    v = adjoint(vh)
    rows, columns = a.shape[-2:]
    middle = np.matmul(np.matmul(adjoint(u), t), v)
    squares = s * s
    if rows != columns:  # the vectors outside the factors belong to the singular value 0
        squares = np.concatenate([squares, np.zeros((*s.shape[:-1], 1), s.dtype)], axis=-1)
    gaps = bind(INVERSE_GAPS, (squares,))[..., : s.shape[-1], : s.shape[-1]]
    scaled_right = s[..., None, :] * middle
    scaled_left = s[..., :, None] * middle
    u_turn = gaps * (scaled_right + adjoint(scaled_right))
    v_turn = gaps * (scaled_left + adjoint(scaled_left))
    if np.dtype(a.dtype).kind == "c":
        reciprocal = 1 / np.where(np.equal(s, 0), 1, s)
        phases = 1j * np.imag(np.einsum("...ii->...i", middle)) * reciprocal
        u_turn = u_turn + np.eye(s.shape[-1], dtype=s.dtype) * phases[..., None, :]
    u_tangent, v_tangent = np.matmul(u, u_turn), np.matmul(v, v_turn)
    if rows > columns:
        moved = np.matmul(t, v)
        u_tangent = u_tangent + (moved - np.matmul(u, middle)) / s[..., None, :]
    elif rows < columns:
        moved = np.matmul(adjoint(t), u)
        v_tangent = v_tangent + (moved - np.matmul(v, adjoint(middle))) / s[..., None, :]
    return u_tangent, np.real(np.einsum("...ii->...i", middle)), adjoint(v_tangent)


SVD = General(
    name="svd",
    value=lambda a, full=False: tuple(np.linalg.svd(a, full_matrices=full)),
    push=_push_svd,
    rule="singular value decomposition rule",
    batch=lambda batched, a, full=False: tuple(np.linalg.svd(a, full_matrices=full)),
)
"""The singular value decomposition (U, s, V^H), thin or with square U and V."""


def _push_qr(
    out: tuple[Array, Array], tangents: tuple[Array, ...], a: Array, mode: Literal["reduced", "complete"] = "reduced"
) -> tuple[Array, Array]:
    # Walter, Lehmann and Lamour (2012), "On evaluating higher-order derivatives of the QR decomposition".
    q, r = out
    if mode == "complete" and a.shape[-2] > a.shape[-1]:
        size = a.shape[-1]
        q_tangent, r_tangent = _push_qr((q[..., :size], r[..., :size, :]), tangents, a)
        return _filled(q_tangent, q), np.concatenate([r_tangent, np.zeros_like(r[..., size:, :])], axis=-2)
    size = min(a.shape[-2:])
    t, t_rest = tangents[0][..., :size], tangents[0][..., size:]
    square = r[..., :size]
    moved = swapped(np.linalg.solve(swapped(square), swapped(t)))
    turned = np.matmul(adjoint(q), moved)
    below = np.where(_lower(size, -1), turned, 0)
    turn = below - adjoint(below)
    if np.dtype(a.dtype).kind == "c":
        turn = turn + 1j * np.imag(np.where(np.eye(size, dtype=bool), turned, 0))
    q_tangent = moved + np.matmul(q, turn - turned)
    r_tangent = np.matmul(turned - turn, square)
    if a.shape[-1] == size:
        return q_tangent, r_tangent
    rest = np.matmul(adjoint(q_tangent), a[..., size:]) + np.matmul(adjoint(q), t_rest)
    return q_tangent, np.concatenate([r_tangent, rest], axis=-1)


QR = General(
    name="qr",
    value=lambda a, mode="reduced": tuple(np.linalg.qr(a, mode)),
    push=_push_qr,
    rule="QR rule",
    batch=lambda batched, a, mode="reduced": tuple(np.linalg.qr(a, mode)),
)
"""The QR decomposition, reduced or complete, of matrices whose leading columns are independent."""

MATRIX_RANK: Piecewise = Piecewise(
    name="matrix_rank",
    value=np.linalg.matrix_rank,
    rule=STEP,
    batch=lambda batched, a, **parameters: bind(MATRIX_RANK, (a,), parameters),
)

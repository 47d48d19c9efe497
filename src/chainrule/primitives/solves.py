"""Owns the rules of inverses, linear systems and determinants."""

from __future__ import annotations

import numpy as np

from chainrule.core.primitive import Array, General, Piecewise
from chainrule.core.trace import Traced, bind, innermost
from chainrule.errors import NoRuleError
from chainrule.primitives.products import adjoint, conjugate, swapped
from chainrule.primitives.shape import aligned, unbroadcast
from chainrule.primitives.steps import STEP
from chainrule.user_code import where


def _push_inverse(out: Array, tangents: tuple[Array, ...], a: Array) -> Array:
    return -np.matmul(np.matmul(out, tangents[0]), out)


def _pull_inverse(out: Array, ct: Array, a: Array) -> tuple[Array]:
    back = adjoint(out)
    return (-np.matmul(np.matmul(back, ct), back),)


INV = General(
    name="inv",
    value=np.linalg.inv,
    push=_push_inverse,
    pull=_pull_inverse,
    rule="inverse rule",
    batch=lambda batched, a: np.linalg.inv(a),
)
"""Inverses of square matrices: d(A^-1) = -A^-1 dA A^-1."""


def _check_rank(out: Array, a: Array) -> None:
    """Raise where singular values that are not zero were cut off: the rule has no terms for them."""
    whole, inverse = (innermost(each).value if isinstance(each, Traced) else each for each in (a, out))
    if not isinstance(whole, np.ndarray) or not isinstance(inverse, np.ndarray):
        return
    cut = np.max(np.abs(whole - whole @ inverse @ whole), initial=0.0)
    if cut > np.sqrt(np.finfo(whole.dtype).eps) * np.max(np.abs(whole), initial=0.0):
        raise NoRuleError(
            "a pseudo-inverse (np.linalg.pinv, np.linalg.lstsq) that cuts off singular values which are not zero has no "
            "derivative rule; lower rcond, or take what is kept of u, s, vh = np.linalg.svd(a, full_matrices=False)"
            f"{where()}"
        )


def _push_pseudoinverse(out: Array, tangents: tuple[Array, ...], a: Array, **parameters: object) -> Array:
    _check_rank(out, a)
    # Golub and Pereyra (1973), "The differentiation of pseudo-inverses and nonlinear least squares problems", (4.12).
    t = tangents[0]
    t_adjoint = adjoint(t)
    in_range = np.matmul(np.matmul(out, t), out)
    from_left = np.matmul(np.matmul(out, adjoint(out)), t_adjoint)
    from_right = np.matmul(t_adjoint, np.matmul(adjoint(out), out))
    left_rest = from_left - np.matmul(np.matmul(from_left, a), out)
    right_rest = from_right - np.matmul(out, np.matmul(a, from_right))
    return left_rest + right_rest - in_range


PINV = General(
    name="pinv",
    value=np.linalg.pinv,
    push=_push_pseudoinverse,
    rule="pseudo-inverse rule",
    batch=lambda batched, a, **parameters: np.linalg.pinv(a, **parameters),
)
"""Pseudo-inverses. The rule holds where the rank does not change; elsewhere the pseudo-inverse is not continuous."""


def _solve_vectors(a: Array, b: Array) -> Array:
    """Solve for the vectors in the last axis of `b`."""
    return np.linalg.solve(a, b) if b.ndim == 1 else np.linalg.solve(a, b[..., None])[..., 0]


def _push_solve(out: Array, tangents: tuple[Array | None, Array | None], a: Array, b: Array) -> Array:
    a_tangent, b_tangent = tangents
    is_vector = b.ndim == 1
    side: Array = b_tangent
    if a_tangent is not None:
        moved = np.matmul(a_tangent, out[..., None])[..., 0] if is_vector else np.matmul(a_tangent, out)
        side = -moved if side is None else side - moved
    return _solve_vectors(a, side) if is_vector else np.linalg.solve(a, side)


def _pull_solve(out: Array, ct: Array, a: Array, b: Array) -> tuple[Array, Array]:
    if b.ndim == 1:
        side = _solve_vectors(adjoint(a), ct)
        a_cotangent = -(side[..., :, None] * conjugate(out)[..., None, :])
    else:
        side = np.linalg.solve(adjoint(a), ct)
        a_cotangent = -np.matmul(side, adjoint(out))
    return unbroadcast(a_cotangent, a.shape), unbroadcast(side, b.shape)


def _batched_solve(batched: tuple[bool, bool], a: Array, b: Array) -> Array:
    a_batched, b_batched = batched
    a_ndim, b_ndim = a.ndim - a_batched, b.ndim - b_batched
    if b_ndim == 1:
        if a_ndim == 2 and not a_batched:
            return swapped(np.linalg.solve(a, b.T))  # one factorization for the whole batch
        b = b[..., None] if b_batched else b[:, None]
    ndim = max(a_ndim, b_ndim, 2)
    out = np.linalg.solve(aligned(a, a_batched, ndim), aligned(b, b_batched, ndim))
    return out[..., 0] if b_ndim == 1 else out


SOLVE = General(
    name="solve",
    value=np.linalg.solve,
    push=_push_solve,
    # Transposing the push would need a solve that is linear in `b` alone; this is that transpose, written down.
    pull=_pull_solve,
    rule="linear system rule",
    batch=_batched_solve,
)
"""Solutions x of A x = b: A dx = db - dA x. `b` is one vector only if it has one axis, as in NumPy 2."""


def _others_product(values: Array, count: int) -> Array:
    """Return, for each index (or pair of indices, for count 2), the product of all values but those."""
    size = values.shape[-1]
    identity = np.eye(size, dtype=bool)
    left_out = identity if count == 1 else identity[:, None, :] | identity[None, :, :]
    spread = values[..., None, :] if count == 1 else values[..., None, None, :]
    return np.prod(np.where(left_out, 1, spread), axis=-1)


def _cofactor(a: Array) -> Array:
    """Return det(A) A^-T, which is a polynomial in the entries of A and so exists for singular matrices too.

    Those are computed through the singular values, of which no quotient is taken. Where an entry is not finite there are none.
    """
    if not np.all(np.isfinite(a)):
        # LAPACK may look for the singular values of such a matrix without end.
        is_finite = np.all(np.isfinite(a), axis=(-2, -1), keepdims=True)
        return np.where(is_finite, _cofactor(np.where(is_finite, a, 0)), np.nan)
    limit = np.finfo(np.result_type(a, np.float32)).eps ** -0.5
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        condition = np.array(np.inf)
    else:
        norms = np.linalg.norm([a, inverse], 1, axis=(-2, -1)) if a.size else np.zeros((2, 1))
        condition = norms[0] * norms[1]
    if np.any(condition >= limit):
        u, s, vh = np.linalg.svd(a)
        phase = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
        return phase * np.matmul(np.conjugate(u) * _others_product(s, 1)[..., None, :], np.conjugate(vh))
    return swapped(np.linalg.det(a)[..., None, None] * inverse)


def _nearly_singular(a: Array) -> Array:
    """Return a mask of the matrices with which one should not divide; its last two axes have length one."""
    if not a.size:
        return np.zeros((*a.shape[:-2], 1, 1), dtype=bool)
    finite = np.where(np.isfinite(a), a, 1)  # LAPACK may look for the singular values of what is not finite without end
    s = np.linalg.svd(finite, compute_uv=False)
    return (s[..., -1] <= np.finfo(s.dtype).eps ** 0.25 * s[..., 0])[..., None, None]


NEARLY_SINGULAR: Piecewise = Piecewise(
    name="nearly_singular",
    value=_nearly_singular,
    rule=STEP,
    batch=lambda batched, a: bind(NEARLY_SINGULAR, (a,)),
)


def _push_cofactor(out: Array, tangents: tuple[Array, ...], a: Array) -> Array:
    """Differentiate the cofactors: by the inverse where there is one, else in the singular vectors' coordinates.

    There A is diagonal, and the derivative of each cofactor is a sum of products of the other diagonal entries. Both
    forms are computed, each with the other's matrices replaced, so that stacks may mix regular and singular matrices.
    """
    t = tangents[0]
    size = a.shape[-1]
    identity = np.eye(size, dtype=bool)
    singular = bind(NEARLY_SINGULAR, (a,))
    inverse = np.linalg.inv(np.where(singular, identity, a))
    growth = np.einsum("...ij,...ji->...", inverse, t)[..., None, None]
    regular = growth * out - np.matmul(swapped(np.matmul(t, inverse)), out)

    u, s, vh = np.linalg.svd(np.where(singular, a, np.diag(np.arange(1, size + 1)).astype(a.dtype)))
    phase = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    coordinates = np.matmul(np.matmul(adjoint(u), t), adjoint(vh))
    pairs = np.where(identity, 0, _others_product(s, 2))
    diagonal = np.einsum("...ij,...jj->...i", pairs, coordinates)
    changes = identity * diagonal[..., None, :] - swapped(pairs * coordinates)
    direct = phase * np.matmul(np.matmul(conjugate(u), changes), conjugate(vh))
    return np.where(singular, direct, regular)


COFACTOR: General = General(
    name="cofactor",
    value=_cofactor,
    push=_push_cofactor,
    rule="cofactor rule",
    batch=lambda batched, a: bind(COFACTOR, (a,)),
)
"""The matrices of cofactors of square matrices: the gradient of the determinant."""

DET = General(
    name="det",
    value=np.linalg.det,
    push=lambda out, tangents, a: np.einsum("...ij,...ij->...", bind(COFACTOR, (a,)), tangents[0]),
    pull=lambda out, ct, a: (ct[..., None, None] * conjugate(bind(COFACTOR, (a,))),),
    rule="Jacobi's formula",
    batch=lambda batched, a: np.linalg.det(a),
)
"""Determinants. The rule is exact for singular matrices too: it takes the cofactors, not the inverse."""


def _push_log_determinant(out: tuple[Array, Array], tangents: tuple[Array, ...], a: Array) -> tuple[Array, Array]:
    change = np.einsum("...ij,...ji->...", np.linalg.inv(a), tangents[0])
    sign = out[0]
    if sign.dtype.kind != "c":
        return np.zeros(sign.shape, sign.dtype), change
    return sign * 1j * np.imag(change), np.real(change)


def _pull_log_determinant(out: tuple[Array, Array], ct: tuple[Array, Array], a: Array) -> tuple[Array]:
    sign, change = out[0], ct[1]
    if sign.dtype.kind == "c":
        change = change + 1j * np.real(conjugate(ct[0]) * sign * 1j)
    return (change[..., None, None] * adjoint(np.linalg.inv(a)),)


SLOGDET = General(
    name="slogdet",
    value=lambda a: tuple(np.linalg.slogdet(a)),
    push=_push_log_determinant,
    pull=_pull_log_determinant,
    rule="Jacobi's formula",
    batch=lambda batched, a: tuple(np.linalg.slogdet(a)),
)
"""Signs (complex: phases) and logarithms of the absolute values of determinants."""

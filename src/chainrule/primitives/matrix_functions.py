"""Owns the rules of functions of square matrices: the exponential, the logarithm and the square root.

The derivative of such a function f at A along E is a block of f of a matrix of twice the size, and so is written in f itself:
f([[A, E], [0, A]]) = [[f(A), L], [0, f(A)]] with L = L(A, E), the Frechet derivative, which is linear in E. Its transpose is
L(A^T, ct). Source: Higham (2008), "Functions of Matrices", theorem 3.6 and section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from chainrule.core.primitive import Array, General
from chainrule.core.trace import bind
from chainrule.primitives.matrix_equations import SYLVESTER, for_each_matrix
from chainrule.primitives.products import adjoint, conjugate, swapped


def derivative_along(function: Callable[[Array], Array], a: Array, direction: Array) -> Array:
    """Return the derivative of a function of matrices at `a` along `direction`: a block of its value."""
    size = a.shape[-1]
    upper = np.concatenate([a, direction], axis=-1)
    lower = np.concatenate([np.zeros_like(a), a], axis=-1)
    return function(np.concatenate([upper, lower], axis=-2))[..., :size, size:]


def _back(function: Callable[[Array], Array], a: Array, ct: Array) -> Array:
    """Return the conjugate transpose of the derivative, applied to `ct`.

    It is taken at the transpose, not at the adjoint: on a branch cut, f(A^H) is not f(A)^H.
    """
    return conjugate(derivative_along(function, swapped(a), conjugate(ct)))


def _exponential(a: Array) -> Array:
    exponential: Array = bind(EXPM, (a,))
    return exponential


EXPM: General = General(
    name="expm",
    value=lambda a: scipy.linalg.expm(a),
    push=lambda out, tangents, a: derivative_along(_exponential, a, tangents[0]),
    pull=lambda out, ct, a: (_back(_exponential, a, ct),),
    rule="derivative of the matrix exponential",
    batch=lambda batched, a: _exponential(a),
)
"""Exponentials of square matrices, I + A + A^2/2! + A^3/3! + ...: scaling and squaring, by SciPy."""


def _logarithm(a: Array, depth: int = 0) -> Array:
    """Return the logarithm of one matrix, which is made of 2^depth blocks of equal matrices on the diagonal and zeros below.

    Such a matrix has all eigenvalues several times, and rounding would part them, on a branch cut to both of its sides. So its
    blocks are made triangular first: equal eigenvalues stay equal.
    """
    if not depth:
        return _repeatable(scipy.linalg.logm, a)
    count = 2**depth
    size = len(a) // count
    block = a[:size, :size]
    t, z = scipy.linalg.schur(block.astype(np.result_type(block, np.float64)))
    if np.any(np.tril(t, -1)):
        t, z = scipy.linalg.rsf2csf(t, z)
    turn = np.kron(np.eye(count), z)
    turned = np.triu(turn.conj().T @ a @ turn)
    for start in range(0, len(a), size):
        turned[start : start + size, start : start + size] = t
    return turn @ _repeatable(scipy.linalg.logm, turned) @ turn.conj().T


def _repeatable(function: Callable[[Array], Array], a: Array) -> Array:
    """Call a function of SciPy's that estimates norms by random numbers: always by the same ones, and as if none were drawn."""
    state = np.random.get_state()  # noqa: NPY002  (this is the generator that SciPy draws from)
    np.random.seed(0)  # noqa: NPY002
    try:
        return function(a)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _deeper(depth: int) -> Callable[[Array], Array]:
    return lambda whole: bind(LOGM, (whole,), {"depth": depth + 1})


def _push_logarithm(out: Array, tangents: tuple[Array, ...], a: Array, depth: int = 0) -> Array:
    tangent = derivative_along(_deeper(depth), a, tangents[0])
    return np.real(tangent) if out.dtype.kind != "c" and tangent.dtype.kind == "c" else tangent


def _pull_logarithm(out: Array, ct: Array, a: Array, depth: int = 0) -> tuple[Array]:
    if not depth:
        return (_back(_deeper(depth), a, ct),)
    # The transpose of a doubled matrix has its zeros above. With the order of its blocks reversed they are below again.
    size = a.shape[-1]
    order = np.reshape(np.flip(np.reshape(np.arange(size), (2**depth, -1)), axis=0), -1)
    places = (Ellipsis, order[:, None], order)
    return (_back(_deeper(depth), a[places], ct[places])[places],)


LOGM: General = General(
    name="logm",
    value=lambda a, depth=0: for_each_matrix(lambda each: _logarithm(each, depth), a),
    push=_push_logarithm,
    pull=_pull_logarithm,
    rule="derivative of the matrix logarithm",
    batch=lambda batched, a, **parameters: bind(LOGM, (a,), parameters),
)
"""Principal logarithms of square matrices: real where the imaginary part vanishes, else complex.

depth: how often the matrix was doubled for a derivative.
"""


def _pull_square_root(out: Array, ct: Array, a: Array) -> tuple[Array]:
    back = adjoint(out)
    return (bind(SYLVESTER, (back, back, ct)),)


SQRTM: General = General(
    name="sqrtm",
    value=lambda a: for_each_matrix(scipy.linalg.sqrtm, a),
    push=lambda out, tangents, a: bind(SYLVESTER, (out, out, tangents[0])),
    pull=_pull_square_root,
    rule="derivative of the matrix square root",
    batch=lambda batched, a: bind(SQRTM, (a,)),
)
"""Principal square roots X of square matrices: X dX + dX X = dA. Real where the imaginary part vanishes, else complex."""

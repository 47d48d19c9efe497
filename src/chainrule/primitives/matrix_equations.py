"""Owns the rules of matrix equations: Sylvester's, A X + X B = Q, to which roots and Lyapunov's equation lead, and Riccati's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import scipy

from chainrule.core.primitive import Array, General
from chainrule.core.trace import bind
from chainrule.primitives.products import adjoint
from chainrule.primitives.shape import aligned_together, unbroadcast


def for_each_matrix(function: Callable[..., Array], *stacks: Array) -> Array:
    """Apply a function of matrices to all those of stacks, which are broadcast: SciPy before 1.17 takes one at a time."""
    if all(each.ndim == 2 for each in stacks):
        return function(*stacks)
    stack = np.broadcast_shapes(*(each.shape[:-2] for each in stacks))
    spread = [np.broadcast_to(each, (*stack, *each.shape[-2:])) for each in stacks]
    if 0 in stack:
        return np.zeros((*stack, spread[0].shape[-2], spread[-1].shape[-1]), np.result_type(*stacks, np.float32))
    parts = np.stack([function(*(each[place] for each in spread)) for place in np.ndindex(stack)])
    return np.reshape(parts, (*stack, *parts.shape[1:]))


def _push_sylvester(out: Array, tangents: Sequence[Array | None], a: Array, b: Array, q: Array) -> Array:
    a_tangent, b_tangent, side = tangents
    if a_tangent is not None:
        moved = np.matmul(a_tangent, out)
        side = -moved if side is None else side - moved
    if b_tangent is not None:
        moved = np.matmul(out, b_tangent)
        side = -moved if side is None else side - moved
    return bind(SYLVESTER, (a, b, side))


def _pull_sylvester(out: Array, ct: Array, a: Array, b: Array, q: Array) -> tuple[Array, Array, Array]:
    side = bind(SYLVESTER, (adjoint(a), adjoint(b), ct))
    back = adjoint(out)
    return (
        unbroadcast(-np.matmul(side, back), a.shape),
        unbroadcast(-np.matmul(back, side), b.shape),
        unbroadcast(side, q.shape),
    )


SYLVESTER: General = General(
    name="sylvester",
    value=lambda a, b, q: for_each_matrix(scipy.linalg.solve_sylvester, a, b, q),
    push=_push_sylvester,
    # Transposing the push would need a rule that is linear in `q` alone; this is that transpose, written down.
    pull=_pull_sylvester,
    rule="Sylvester equation rule",
    batch=lambda batched, *operands: bind(SYLVESTER, aligned_together(batched, operands)),
)
"""Solutions X of A X + X B = Q: A dX + dX B = dQ - dA X - X dB. Stacks of matrices are broadcast."""


def _sum_of(terms: Sequence[tuple[Array | None, Callable[[Array], Array]]]) -> Array:
    """Return the sum of what each tangent that there is adds."""
    total: Any = 0.0
    for tangent, added in terms:
        if tangent is not None:
            total = total + added(tangent)
    return cast(Array, total)


def _hermitian_part(a: Array) -> Array:
    return 0.5 * (a + adjoint(a))


def _push_riccati(out: Array, tangents: Sequence[Array | None], a: Array, b: Array, q: Array, r: Array) -> Array:
    # With K = R^-1 B^H X and the closed loop C = A - B K: C^H dX + dX C = -(dA^H X + X dA + dQ - X dB K - K^H dB^H X + K^H dR K).
    gain = np.linalg.solve(_hermitian_part(r), np.matmul(adjoint(b), out))
    loop = a - np.matmul(b, gain)
    side = _change(tangents, out, gain)
    return bind(SYLVESTER, (adjoint(loop), loop, -side))


def _change(tangents: Sequence[Array | None], left: Array, gain: Array) -> Array:
    """Return what tangents of A, B, Q and R add to Riccati's equation, where X, or X times the closed loop, is `left`."""
    a_tangent, b_tangent, q_tangent, r_tangent = tangents
    back = adjoint(left)
    return _sum_of(
        (
            (a_tangent, lambda t: np.matmul(adjoint(t), left) + np.matmul(back, t)),
            (
                b_tangent,
                lambda t: -np.matmul(np.matmul(back, t), gain) - np.matmul(adjoint(gain), np.matmul(adjoint(t), left)),
            ),
            (q_tangent, _hermitian_part),
            (r_tangent, lambda t: np.matmul(np.matmul(adjoint(gain), _hermitian_part(t)), gain)),
        )
    )


def _push_discrete_riccati(
    out: Array, tangents: Sequence[Array | None], a: Array, b: Array, q: Array, r: Array
) -> Array:
    # With K = (R + B^H X B)^-1 B^H X A and C = A - B K: dX - C^H dX C is the same as above, with X C in place of X.
    moved = np.matmul(adjoint(b), out)
    gain = np.linalg.solve(_hermitian_part(r) + np.matmul(moved, b), np.matmul(moved, a))
    loop = a - np.matmul(b, gain)
    side = _change(tangents, np.matmul(out, loop), gain)
    # Gajic and Qureshi (1995): a Moebius map makes a continuous equation of it. The loop is stable: no eigenvalue is -1.
    identity = np.eye(a.shape[-1], dtype=a.dtype)
    inverse = np.linalg.inv(loop + identity)
    turned = np.matmul(loop - identity, inverse)
    return bind(SYLVESTER, (adjoint(turned), turned, -2 * np.matmul(np.matmul(adjoint(inverse), side), inverse)))


def _riccati(name: str) -> Callable[[Array, Array, Array, Array], Array]:
    def value(a: Array, b: Array, q: Array, r: Array) -> Array:
        solve = getattr(scipy.linalg, name)
        return for_each_matrix(lambda a, b, r, q: solve(a, b, q, r), a, b, _hermitian_part(r), _hermitian_part(q))

    return value


RICCATI: General = General(
    name="riccati",
    value=_riccati("solve_continuous_are"),
    push=_push_riccati,
    rule="Riccati equation rule",
    batch=lambda batched, *operands: bind(RICCATI, aligned_together(batched, operands)),
)
"""Solutions X of A^H X + X A - X B R^-1 B^H X + Q = 0 whose closed loop is stable. Of Q and R
the Hermitian parts are taken."""

DISCRETE_RICCATI: General = General(
    name="discrete_riccati",
    value=_riccati("solve_discrete_are"),
    push=_push_discrete_riccati,
    rule="discrete Riccati equation rule",
    batch=lambda batched, *operands: bind(DISCRETE_RICCATI, aligned_together(batched, operands)),
)
"""Solutions X of A^H X A - X - A^H X B (R + B^H X B)^-1 B^H X A + Q = 0 whose closed loop is stable. Of Q and R
the Hermitian parts are taken."""

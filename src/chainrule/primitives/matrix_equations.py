"""Owns the rule of Sylvester's equation A X + X B = Q, which the square root of a matrix and Lyapunov's equation come down to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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

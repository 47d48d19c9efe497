"""Owns the rules of factors that SciPy alone has: those of elimination (LU) and the polar decomposition."""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array, General, Piecewise
from chainrule.core.trace import bind
from chainrule.primitives.matrix_equations import SYLVESTER
from chainrule.primitives.products import adjoint, swapped
from chainrule.primitives.steps import STEP


def _padded(factor: Array, size: int) -> Array:
    """Return a lower factor as a square matrix of that size: with the columns of the identity at the right."""
    missing = size - factor.shape[-1]
    if not missing:
        return factor
    columns = np.broadcast_to(np.eye(size, missing, -(size - missing)), (*factor.shape[:-1], missing))
    return np.concatenate([factor, columns.astype(factor.dtype)], axis=-1)


def _push_lu(out: tuple[Array, Array, Array], tangents: tuple[Array, ...], a: Array) -> tuple[Array, Array, Array]:
    # With P^T A = L U: L^-1 P^T dA U^-1 = L^-1 dL + dU U^-1, of which the one is below the diagonal and the other on or above it.
    # A matrix that is not square has square factors beside the identity's columns (of L) or rows (of U).
    p, lower, u = out
    rows, columns = a.shape[-2:]
    left, right = _padded(lower, rows), swapped(_padded(swapped(u), columns))
    moved = np.linalg.solve(left, np.matmul(swapped(p), tangents[0]))
    turned = swapped(np.linalg.solve(swapped(right), swapped(moved)))
    size = min(rows, columns)
    below = np.where(np.tri(rows, columns, -1, dtype=bool), turned, 0)
    l_tangent = np.matmul(left, below[..., :size])
    u_tangent = np.matmul((turned - below)[..., :size, :], right)
    return np.zeros(p.shape, p.dtype), l_tangent, u_tangent


LU: General = General(
    name="lu_decomposition",
    value=lambda a: tuple(scipy.linalg.lu(a)),
    push=_push_lu,
    rule="LU rule",
    batch=lambda batched, a: bind(LU, (a,)),
)
"""The factors P, L, U of A = P L U: rows exchanged, lower triangular with ones on the diagonal, upper triangular."""


def _exchanges(order: Array) -> Array:
    """Return which row each row was exchanged with, one after the other, so that the rows are in that order."""
    pivots = np.empty(order.shape, np.int32)
    for stack in np.ndindex(order.shape[:-1]):
        rows = list(range(order.shape[-1]))
        for place, row in enumerate(order[stack]):
            pivot = rows.index(row)
            rows[place], rows[pivot] = rows[pivot], rows[place]
            pivots[(*stack, place)] = pivot
    return pivots


EXCHANGES: Piecewise = Piecewise(
    name="exchanges", value=_exchanges, rule=STEP, batch=lambda batched, order: bind(EXCHANGES, (order,))
)
"""The exchanges of rows, as LAPACK notes them, that lead to an order."""


def _order(pivots: Array) -> Array:
    """Return the order of rows after each was exchanged with another."""
    order = np.empty(pivots.shape, np.int64)
    for stack in np.ndindex(pivots.shape[:-1]):
        rows = list(range(pivots.shape[-1]))
        for place, pivot in enumerate(pivots[stack]):
            rows[place], rows[pivot] = rows[pivot], rows[place]
        order[stack] = rows
    return order


ORDER_OF_EXCHANGES: Piecewise = Piecewise(
    name="order_of_exchanges",
    value=_order,
    rule=STEP,
    batch=lambda batched, pivots: bind(ORDER_OF_EXCHANGES, (pivots,)),
)
"""The order of rows that exchanges, as LAPACK notes them, lead to."""


def _polar(a: Array) -> tuple[Array, Array]:
    w, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.matmul(w, vh), np.matmul(adjoint(vh) * s[..., None, :], vh)


def _push_polar(out: tuple[Array, Array], tangents: tuple[Array, ...], a: Array) -> tuple[Array, Array]:
    # Higham (2008), "Functions of Matrices", section 8.2: with W = U^H dU, W P + P W = U^H dA - dA^H U.
    u, p = out
    t = tangents[0]
    inside = np.matmul(adjoint(u), t)
    turn = bind(SYLVESTER, (p, p, inside - adjoint(inside)))
    u_tangent = np.matmul(u, turn)
    if a.shape[-2] != a.shape[-1]:
        outside = t - np.matmul(u, inside)
        u_tangent = u_tangent + swapped(np.linalg.solve(swapped(p), swapped(outside)))
    return u_tangent, inside - np.matmul(turn, p)


POLAR: General = General(
    name="polar",
    value=_polar,
    push=_push_polar,
    rule="polar decomposition rule",
    batch=lambda batched, a: bind(POLAR, (a,)),
)
"""The factors U, P of A = U P, of matrices with at least as many rows as columns: orthonormal columns, and Hermitian."""

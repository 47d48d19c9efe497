"""Proves that compiled Hessians, and Jacobians of batches, are those of the engine where every axis has the same length.

There a stack of matrices, a batch, the rows and the columns cannot be told apart by their lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

SIZE = 4
FIRST, SECOND = np.array([0, -1, 2, 2]), np.array([3, 1, 0, -2])
RNG = np.random.default_rng(0)


def positive(a: Any) -> Any:
    """Return a positive definite matrix."""
    return a @ a.T * 0.1 + np.diag(1.0 + np.arange(SIZE))


def written(a: Any) -> Any:
    out = a * 1.0
    out[FIRST] = np.sin(a[0])
    np.add.at(out, (slice(None), SECOND), np.cos(a))
    return out


def filled(a: Any) -> Any:
    out = np.zeros((SIZE, SIZE), like=a)
    for row in range(SIZE):
        for column in range(SIZE):
            out[row, column] = a[row, column] + (out[row, column - 1] * a[0, column] if column else 0)
    return out


def triangular(a: Any) -> Any:
    factor = np.linalg.cholesky(positive(a))
    return np.linalg.solve(factor.T, a) + np.linalg.solve(factor, a)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "inverse": lambda a: np.linalg.inv(positive(a)),
    "system": lambda a: np.linalg.solve(positive(a), a),
    "transposed system": lambda a: np.linalg.solve(positive(a).T, a[0]),
    "Cholesky factor": lambda a: np.linalg.cholesky(positive(a)),
    "triangular systems": triangular,
    "determinants": lambda a: np.linalg.det(positive(a)[:3, :3]) + np.linalg.slogdet(positive(a))[1],
    "rows and columns": lambda a: a[FIRST] * a[:, SECOND],
    "pairs": lambda a: a[FIRST, SECOND] + a[FIRST[:, None], SECOND],
    "written": written,
    "filled": filled,
    "rolled": lambda a: np.roll(a, 1, 0) * np.roll(a, (1, -1), (0, 1)),
    "joined": lambda a: np.concatenate([a[:2], a, a[1:]])[1:5] * a,
    "Einstein sums": lambda a: np.einsum("ij,jk,kl->il", a, np.sin(a), a) + np.einsum("ij,k->jki", a, a[0])[0],
    "products with stacks": lambda a: np.stack([a, a.T, a * 2, a]) @ a + a @ np.stack([a, a.T, a * 2, a]),
    "a vector and columns": lambda a: a[0] @ np.stack([a, a.T, a, a])[:, :, :1],
}  # fmt: skip


def derivatives(fun: Callable[[Any], Any]) -> list[tuple[Callable[..., Any], tuple[int, ...]]]:
    """Return what is compared, and the shape of the argument."""
    return [
        (cr.hessian(lambda a: np.sum(np.sin(fun(a)))), (SIZE, SIZE)),
        (cr.vmap(cr.jacobian(fun)), (SIZE, SIZE, SIZE)),
    ]


@pytest.mark.parametrize("fun", FUNCTIONS.values(), ids=FUNCTIONS)
def test_derivatives_of_batches_and_second_derivatives(fun):
    for derivative, shape in derivatives(fun):
        compiled = cr.jit(derivative)
        for a in (RNG.standard_normal(shape), RNG.standard_normal(shape)):
            for _ in range(2):
                found = compiled(a)
            np.testing.assert_allclose(found, derivative(a), rtol=1e-8, atol=1e-9)

"""Proves that linear systems and factorizations are LAPACK's in native code: factored once, and refused as by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Function = Callable[..., Any]


def matrices(size: int, *stack: int, seed: int = 0) -> np.ndarray:
    """Return well-conditioned symmetric positive definite matrices."""
    rows = np.random.default_rng(seed).standard_normal((*stack, size, size))
    return rows @ np.swapaxes(rows, -1, -2) / size + np.eye(size)


def vectors(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape)


def through_cholesky(a: Any, b: Any) -> Any:
    factor = np.linalg.cholesky(a)
    return np.sum(np.linalg.solve(factor.T, np.linalg.solve(factor, b)) ** 2)


ONE: dict[str, Function] = {
    "inverse": lambda a: np.sum(np.sin(np.linalg.inv(a))),
    "inverse of the transpose": lambda a: np.sum(np.sin(np.linalg.inv(np.swapaxes(a, -1, -2) * 1.5))),
    "logarithm of the determinant": lambda a: np.sum(np.linalg.slogdet(a)[1]),
    "Cholesky factor": lambda a: np.sum(np.sin(np.linalg.cholesky(a))),
}
TWO: dict[str, Function] = {
    "system": lambda a, b: np.sum(np.sin(np.linalg.solve(a, b))),
    "transposed system": lambda a, b: np.sum(np.sin(np.linalg.solve(a.T, b))),
    "both": lambda a, b: np.sum(np.linalg.solve(a, np.linalg.solve(a.T, b)) * b),
    "system and determinant": lambda a, b: np.sum(b * np.linalg.solve(a, b)) + np.linalg.slogdet(a)[1],
    "through Cholesky": through_cholesky,
}


def check(fun: Function, *args: np.ndarray, rtol: float = 1e-9) -> Any:
    """Compare compiled values and gradients with those of the engine; nothing may be left to NumPy."""
    slopes = cr.value_and_grad(fun, argnums=tuple(range(len(args))))
    step = cr.jit(slopes)
    for _ in range(3):
        value, gradients = step(*args)
    expected, others = slopes(*args)
    np.testing.assert_allclose(value, expected, rtol=rtol)
    for gradient, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(gradient, other, rtol=rtol, atol=rtol)
    plan = step.explain_plan(*args)
    assert not plan.fallbacks
    return plan


@pytest.mark.parametrize("size", [1, 2, 5, 40])
@pytest.mark.parametrize("fun", ONE.values(), ids=ONE)
def test_functions_of_one_matrix(fun, size):
    check(fun, matrices(size) + 0.1 * vectors(size, size))


@pytest.mark.parametrize("columns", [(), (1,), (3,)])
@pytest.mark.parametrize("size", [1, 2, 5, 40])
@pytest.mark.parametrize("fun", TWO.values(), ids=TWO)
def test_systems(fun, size, columns):
    check(fun, matrices(size) + 0.1 * vectors(size, size), vectors(size, *columns))


@pytest.mark.parametrize("fun", ONE.values(), ids=ONE)
def test_stacks_of_matrices(fun):
    check(fun, matrices(4, 3, 2))


def test_stacks_of_systems():
    check(TWO["system"], matrices(4, 7), vectors(7, 4, 2))
    check(TWO["system"], matrices(4), vectors(7, 4, 2))
    check(TWO["system"], matrices(4), vectors(4, 4, 4))  # one matrix for a stack of as many
    check(through_cholesky, matrices(4), vectors(4, 4, 4))


def test_matrices_that_do_not_lie_in_order():
    check(lambda a: np.sum(np.sin(np.linalg.inv(a[::2, 1::2]))), vectors(8, 8))


def test_single_precision():
    check(TWO["system"], matrices(6).astype(np.float32), vectors(6).astype(np.float32), rtol=2e-4)


@pytest.mark.parametrize("size", [2, 3])
def test_small_cofactors_need_no_quotient(size):
    check(lambda a: np.sum(np.linalg.det(a) ** 2), vectors(5, size, size))
    singular = np.ones((size, size))
    slope = cr.jit(cr.grad(np.linalg.det))
    for _ in range(3):
        np.testing.assert_allclose(slope(singular), cr.grad(np.linalg.det)(singular), atol=1e-15)


def test_a_system_and_its_gradient_share_their_factors():
    plan = check(TWO["system"], matrices(20), vectors(20))
    assert sum("lu(" in line for step in plan.steps for line in step.computes) == 1


@pytest.mark.parametrize(
    ("fun", "good", "bad", "message"),
    [
        (lambda a: np.linalg.inv(a), matrices(3), np.ones((3, 3)), "Singular matrix"),
        (lambda a: np.linalg.solve(a, np.ones(3)), matrices(3), np.zeros((3, 3)), "Singular matrix"),
        (lambda a: np.linalg.inv(a), matrices(3, 4), np.ones((4, 3, 3)), "Singular matrix"),
        (lambda a: np.linalg.cholesky(a), matrices(3), -np.eye(3), "not positive definite"),
    ],
    ids=["inverse", "system", "stack", "Cholesky"],
)
def test_what_lapack_refuses_raises_numpys_error(fun, good, bad, message):
    step = cr.jit(fun)
    for _ in range(3):
        step(good)
    with pytest.raises(np.linalg.LinAlgError, match=message):
        step(bad)
    np.testing.assert_allclose(step(good), fun(good), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("bad", [np.ones((3, 3)), np.full((3, 3), np.nan)], ids=["singular", "not finite"])
def test_determinants_of_what_cannot_be_solved_are_numpys(bad):
    determinant, logarithm = cr.jit(np.linalg.det), cr.jit(np.linalg.slogdet)
    with np.errstate(all="ignore"):
        for _ in range(3):
            np.testing.assert_array_equal(determinant(bad), np.linalg.det(bad))
            found = logarithm(bad)
        np.testing.assert_array_equal(found[1], np.linalg.slogdet(bad)[1])

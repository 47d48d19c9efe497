"""Proves that scipy.linalg's systems, inverses and Cholesky factors of traced arrays are SciPy's, with the limits as derivatives.

Where SciPy reads one triangle of a matrix, the other one has no derivative.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order, same

import chainrule as cr

A = np.array([[4.0, 1.0, 0.5], [0.7, 3.0, -0.4], [0.2, -0.9, 5.0]])
Z = A + 1j * np.array([[0.5, 0.2, -0.1], [0.3, 0.4, 0.6], [-0.7, 0.1, 0.2]])
B = np.array([1.0, -2.0, 0.5])
M = np.array([[1.0, 0.5], [-2.0, 0.1], [0.3, 4.0]])
TALL = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25], [1.5, 1.0]])
BANDS = np.array([[0.0, 1.0, 0.5], [4.0, 3.0, 5.0], [0.7, -0.4, 0.0]])
LOWER_FACTOR = linalg.cho_factor(A, lower=True)[0]

SYSTEMS = {
    "solve": (linalg.solve, A, B),
    "of several sides": (linalg.solve, A, M),
    "transposed": (lambda a, b: linalg.solve(a, b, transposed=True), A, B),
    "complex": (linalg.solve, Z, B + 0j),
    "diagonal": (lambda a, b: linalg.solve(a, b, assume_a="diagonal"), A, B),
    "tridiagonal": (lambda a, b: linalg.solve(a, b, assume_a="tridiagonal"), A, B),
    "upper triangular": (lambda a, b: linalg.solve(a, b, assume_a="upper triangular"), A, B),
    "lower triangular": (lambda a, b: linalg.solve(a, b, assume_a="lower triangular"), A, M),
    "symmetric": (lambda a, b: linalg.solve(a, b, assume_a="sym"), A, B),
    "symmetric by the lower triangle": (lambda a, b: linalg.solve(a, b, lower=True, assume_a="sym"), A, B),
    "positive definite": (lambda a, b: linalg.solve(a, b, assume_a="pos"), A, B),
    "positive definite by the lower triangle": (lambda a, b: linalg.solve(a, b, lower=True, assume_a="pos"), A, M),
    "general": (lambda a, b: linalg.solve(a, b, assume_a="gen", check_finite=False, overwrite_a=True), A, B),
    "one number for all": (linalg.solve, A[:1, :1], M),
    "triangular": (linalg.solve_triangular, A, B),
    "triangular, lower": (lambda a, b: linalg.solve_triangular(a, b, lower=True), A, M),
    "triangular, transposed": (lambda a, b: linalg.solve_triangular(a, b, trans="T"), A, B),
    "triangular, adjoint": (lambda a, b: linalg.solve_triangular(a, b, 2, lower=True), Z, B + 0j),
    "triangular with unit diagonal": (lambda a, b: linalg.solve_triangular(a, b, unit_diagonal=True), A, B),
    "Cholesky": (lambda c, b: linalg.cho_solve((c, True), b), LOWER_FACTOR, B),
    "Cholesky, upper": (lambda c, b: linalg.cho_solve((c, False), b), LOWER_FACTOR.T, M),
    "Cholesky of a matrix": (lambda a, b: linalg.cho_solve(linalg.cho_factor(a), b), A, B),
    "LU": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), A[[1, 0, 2]], M),
    "LU, transposed": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, trans=1), A[[1, 2, 0]], B),
    "LU, adjoint": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, trans=2), Z[[1, 2, 0]], M + 0j),
    "bands": (lambda ab, b: linalg.solve_banded((1, 1), ab, b), BANDS, B),
    "bands of a Hermitian matrix": (lambda ab, b: linalg.solveh_banded(ab, b), BANDS[:2], B),
    "bands of a Hermitian matrix, lower": (lambda ab, b: linalg.solveh_banded(ab, b, lower=True), BANDS[1:], M),
    "Toeplitz": (lambda c, b: linalg.solve_toeplitz(c, b), A[0], B),
    "Toeplitz, not symmetric": (lambda c, b: linalg.solve_toeplitz((c, A[0] + 0.5), b), A[0], M),
    "product with a Toeplitz matrix": (lambda c, b: linalg.matmul_toeplitz((c, A[0]), b), A[0], M),
}
OF_ONE = {
    "inv": (linalg.inv, A),
    "inv, symmetric": (lambda a: linalg.inv(a, assume_a="sym"), A),
    "inv, positive definite": (lambda a: linalg.inv(a, assume_a="pos", lower=True), A),
    "det": (linalg.det, A),
    "det, complex": (linalg.det, Z),
    "cholesky": (linalg.cholesky, A),
    "cholesky, lower": (lambda a: linalg.cholesky(a, lower=True), A),
    # What is in the other triangle differs between versions of SciPy.
    "cho_factor": (lambda a: np.triu(linalg.cho_factor(a)[0]), A),
    "cho_factor, lower": (lambda a: np.tril(linalg.cho_factor(a, True)[0]), A),
    "pinv": (linalg.pinv, TALL),
    "pinv, wide": (lambda a: linalg.pinv(a, return_rank=True)[0], TALL.T),
    "pinvh": (linalg.pinvh, A),
    "pinvh of the upper triangle": (lambda a: linalg.pinvh(a, lower=False), A),
}
CALLS = {**SYSTEMS, **OF_ONE}
named = pytest.mark.parametrize("name", CALLS)


@named
def test_values_and_derivatives(name):
    call, *operands = CALLS[name]
    check_call(call, *operands)


@named
def test_a_batch_is_a_loop(name):
    call, *operands = CALLS[name]
    check_batch(call, *operands)


@pytest.mark.parametrize("name", ["symmetric", "positive definite", "triangular, lower", "LU", "cholesky", "pinvh"])
def test_compiled_code_agrees(name):
    call, *operands = CALLS[name]
    check_compiled(call, *operands)


@pytest.mark.parametrize("name", ["solve", "positive definite", "Cholesky", "LU", "cholesky", "pinvh"])
def test_second_order(name):
    call, *operands = CALLS[name]
    check_second_order(call, *operands)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: linalg.solve(a, B),
        lambda a: linalg.solve(a, M),
        lambda a: linalg.solve_triangular(a, B),
        lambda a: linalg.lu_solve(linalg.lu_factor(a), M),
        lambda a: linalg.cho_solve(linalg.cho_factor(a), B),
        linalg.inv,
        linalg.det,
        linalg.cholesky,
    ],
)
def test_stacks_of_matrices(call):
    stack = np.stack([A, 2 * A])
    plain = np.stack([call(A), call(2 * A)])
    same(cr.vjp(call, stack)[0], plain)


def test_least_squares():
    b = np.array([1.0, 0.5, -2.0, 3.0])
    check_call(lambda a: linalg.lstsq(a, b)[:2], TALL)
    check_call(lambda a: linalg.lstsq(a, M[:2])[0], TALL.T)
    check_call(lambda side: linalg.lstsq(TALL, side)[:2], TALL @ M[:2] + 1)
    _, _, rank, s = linalg.lstsq(TALL, b)
    found = cr.vjp(lambda a: linalg.lstsq(a, b)[2:], TALL)[0]
    assert found[0] == rank
    np.testing.assert_allclose(found[1], s)


def test_the_triangle_that_is_not_read_has_no_derivative():
    def last(call):
        return cr.grad(lambda a: np.sum(call(a)))(A)

    strictly_above = np.triu_indices(3, 1)
    assert not last(lambda a: linalg.cholesky(a, lower=True))[strictly_above].any()
    assert not last(lambda a: linalg.solve(a, B, assume_a="pos", lower=True))[strictly_above].any()
    assert not last(lambda a: linalg.solve_triangular(a, B, lower=True))[strictly_above].any()
    np.testing.assert_array_equal(last(lambda a: linalg.cho_factor(a, lower=True)[0])[strictly_above], 1)


def test_errors_are_those_of_scipy():
    def gradient(call, a):
        return cr.grad(lambda a: np.sum(call(a)))(a)

    singular = np.ones((2, 2))
    for call in (linalg.inv, lambda a: linalg.solve(a, B[:2]), lambda a: linalg.solve_triangular(a * 0, B[:2])):
        with pytest.raises(np.linalg.LinAlgError):
            gradient(call, singular)
    with pytest.raises(np.linalg.LinAlgError):
        gradient(linalg.cholesky, -np.eye(2))
    with pytest.raises(ValueError, match="incompatible shapes"):
        gradient(lambda a: linalg.solve(a, B), singular)
    with pytest.raises(ValueError, match="square"):
        gradient(linalg.inv, TALL)
    with pytest.raises(ValueError, match="structure"):
        gradient(lambda a: linalg.solve(a, B, assume_a="nice"), A)
    with pytest.raises(NotImplementedError, match="complex"):
        cr.vjp(lambda a: linalg.solve(a, B, transposed=True), Z)


def test_a_system_of_one_equation():
    for b in (1.5, [1.5], np.array([1.5, 2.0])):
        found, wanted = (
            cr.vjp(lambda a, b=b: linalg.solve(a, b), np.array([[2.5]]))[0],
            linalg.solve([[2.5]], b),
        )
        np.testing.assert_allclose(found, wanted, strict=True)

"""Proves that systems, inverses and determinants are terms of one factorization of each matrix, with NumPy's values."""

from __future__ import annotations

import numpy as np
import pytest
from tests.passes.recorded import evaluate, terms_of

import chainrule as cr
from chainrule.passes.factors import LU, TRIANGULAR_SOLVE
from chainrule.passes.terms import live

A = np.random.default_rng(0).standard_normal((4, 4))
B = np.random.default_rng(1).standard_normal((4, 3))
STACK = A + np.arange(3.0)[:, None, None] * np.eye(4)[::-1]


def positive(a):
    return a @ np.swapaxes(a, -1, -2) + np.eye(4)


FUNCTIONS = {
    "system": lambda a, b: np.linalg.solve(a * 2, b),
    "transposed system": lambda a, b: np.linalg.solve((a * 2).T, b[:, 0]),
    "inverse": lambda a, b: np.linalg.inv(a * 2),
    "determinant": lambda a, b: np.linalg.det(a * 2) * b,
    "sign and logarithm": lambda a, b: np.linalg.slogdet(a * 2)[0] * np.linalg.slogdet(a * 2)[1] * b,
    "triangular system": lambda a, b: np.linalg.solve(np.linalg.cholesky(positive(a)), b),
    "transposed triangular system": lambda a, b: np.linalg.solve(np.linalg.cholesky(positive(a)).T, b),
    "gradient": cr.grad(lambda a, b: np.sum(np.linalg.solve(a * 2, b) ** 2) + np.linalg.slogdet(a * 2)[1]),
}


@pytest.mark.parametrize("fun", FUNCTIONS.values(), ids=FUNCTIONS)
def test_values_are_numpys(fun):
    (found,) = evaluate(terms_of(fun, A, B), [A, B])
    np.testing.assert_allclose(found, fun(A, B), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("fun", [np.linalg.inv, np.linalg.det], ids=["inverse", "determinant"])
def test_stacks(fun):
    def doubled(a):
        return fun(a * 2)

    (found,) = evaluate(terms_of(doubled, STACK), [STACK])
    np.testing.assert_allclose(found, doubled(STACK), rtol=1e-10)


def test_a_matrix_is_factored_once():
    names = [term.primitive for term in live(terms_of(FUNCTIONS["gradient"], A, B))]
    assert names.count(LU) == 1


def test_a_cholesky_factor_is_not_factored_again():
    names = [term.primitive for term in live(terms_of(FUNCTIONS["triangular system"], A, B))]
    assert names.count(LU) == 0
    assert names.count(TRIANGULAR_SOLVE) == 1

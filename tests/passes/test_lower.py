"""Proves what is decided while the terms of a graph are made."""

from __future__ import annotations

import numpy as np
import pytest
from tests.passes.recorded import evaluate, terms_of

import chainrule as cr
from chainrule.passes.terms import live
from chainrule.primitives.decompositions import EIGH, EIGVALSH, SINGULAR_VALUES, SVD

A = np.random.default_rng(0).standard_normal((4, 3))


def singular_values(a):
    return np.sum(np.linalg.svdvals(a) ** 3)


def eigenvalues(a):
    return np.sum(np.linalg.eigvalsh(a @ a.T) ** 2)


@pytest.mark.parametrize(
    ("fun", "both", "alone"),
    [(singular_values, SVD, SINGULAR_VALUES), (eigenvalues, EIGH, EIGVALSH)],
    ids=["singular values", "eigenvalues"],
)
def test_values_come_with_the_vectors_that_their_gradient_needs(fun, both, alone):
    made = terms_of(cr.value_and_grad(fun), A)
    names = [term.primitive for term in live(made)]
    assert names.count(alone) == 0
    assert names.count(both) >= 1  # one for each result that is read
    value, gradient = evaluate(made, [A])
    expected_value, expected = cr.value_and_grad(fun)(A)
    np.testing.assert_allclose(value, expected_value, rtol=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-12)


def test_values_alone_are_computed_alone():
    names = [term.primitive for term in live(terms_of(singular_values, A))]
    assert names.count(SINGULAR_VALUES) == 1
    assert names.count(SVD) == 0


def test_repeated_singular_values_have_a_gradient_compiled_too():
    nuclear = cr.jit(cr.grad(lambda a: np.linalg.norm(a, "nuc")))
    for _ in range(2):
        np.testing.assert_allclose(nuclear(np.eye(3)), np.eye(3), atol=1e-15)

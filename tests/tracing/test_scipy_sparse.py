"""Proves that products of SciPy's sparse matrices with traced arrays are SciPy's, and their derivatives those of the limit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order

import chainrule as cr

FULL = np.array([[0.5, 0.0, -1.0, 0.0], [0.0, 0.0, 0.0, 0.0], [2.0, 0.3, 0.0, 0.0]])
X = np.array([0.7, -1.2, 0.4, 2.0])
Y = np.array([0.3, 1.1, -0.6])
M = np.arange(8.0).reshape(4, 2) / 5 - 0.3
KINDS = [f"{name}_{kind}" for name in ("csr", "csc", "coo", "lil", "dia") for kind in ("array", "matrix")]


CALLS = (
    (lambda a, x: a @ x, X),
    (lambda a, x: a.dot(x), X),
    (lambda a, x: a @ x, M),
    (lambda a, y: y @ a, Y),
    (lambda a, m: m.T @ a.T, M),
    (lambda a, x: a.T @ (a @ x) ** 2, X),
)


@pytest.mark.parametrize("kind", KINDS)
def test_products_from_both_sides(kind):
    a = getattr(scipy.sparse, kind)(FULL)
    for call, operand in CALLS:
        check_call(lambda x, call=call: call(a, x), operand)


def test_all_that_derivatives_can_do():
    a = scipy.sparse.csr_array(FULL)
    for call, operand in CALLS:
        check_batch(lambda x, call=call: call(a, x), operand)
    check_compiled(lambda x: a @ x, X)
    check_compiled(lambda m: m.T @ a.T, M)
    check_second_order(lambda x: (a @ x) ** 3, X)


def test_the_older_kind_multiplies_by_a_star():
    a = scipy.sparse.csr_matrix(FULL)
    check_call(lambda x: a * x, X)
    check_call(lambda y: y * a, Y)


def test_elements_that_are_stored_twice_and_types():
    a = scipy.sparse.coo_array(([1.0, 2.0, 4.0], ([0, 0, 2], [1, 1, 3])), shape=(3, 4))
    check_call(lambda x: a @ x, X)
    check_call(lambda x: scipy.sparse.csr_array(FULL > 0) @ x, X)
    check_call(lambda x: scipy.sparse.csr_array(FULL * 1j) @ x, X)
    check_call(lambda x: scipy.sparse.csr_array(FULL) @ [x[0], 1.0, x[1], 2.0], X)
    single = scipy.sparse.csr_array(FULL.astype(np.float32))
    assert cr.vjp(lambda x: single @ x, X.astype(np.float32))[0].dtype == np.float32


def test_lengths_that_do_not_fit():
    with pytest.raises(ValueError, match=r"of shape \(3, 4\) does not multiply an array of shape \(3,\)"):
        cr.vjp(lambda y: scipy.sparse.csr_array(FULL) @ y, Y)

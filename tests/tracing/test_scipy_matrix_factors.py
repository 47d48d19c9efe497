"""Proves that scipy.linalg's factorizations of traced arrays are SciPy's but for the signs of vectors, with their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order, same

import chainrule as cr

A = np.array([[4.0, 1.0, 0.5], [0.7, 3.0, -0.4], [0.2, -0.9, 5.0]])
Z = A + 1j * np.array([[0.5, 0.2, -0.1], [0.3, 0.4, 0.6], [-0.7, 0.1, 0.2]])
TALL = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25], [1.5, 1.0]])
PAIR = np.array([[2.0, 0.3, 0.1], [-0.7, 3.0, 0.4], [0.6, 0.5, 2.5]])


def sizes(call):
    """Return a call without the signs of its vectors, which no two routines agree on."""

    def function(*operands):
        found = call(*operands)
        return tuple(np.abs(part) for part in found)

    return function


CALLS = {
    "eigh": (sizes(linalg.eigh), A),
    "eigh of the upper triangle": (sizes(lambda a: linalg.eigh(a, lower=False)), A),
    "eigh, complex": (sizes(linalg.eigh), Z),
    "eigh of a pair": (sizes(linalg.eigh), A, PAIR),
    "eigh of a pair by the upper triangles": (sizes(lambda a, b: linalg.eigh(a, b, lower=False)), A, PAIR),
    "eigh of a product": (sizes(lambda a, b: linalg.eigh(a, b, type=2)), A, PAIR),
    "eigh of another product": (sizes(lambda a, b: linalg.eigh(a, b, type=3)), A, PAIR),
    "eigh of a subset": (sizes(lambda a: linalg.eigh(a, subset_by_index=[1, 2])), A),
    "eigh, values": (lambda a: linalg.eigh(a, eigvals_only=True), A),
    "eigvalsh": (linalg.eigvalsh, A),
    "eigvalsh of a pair": (lambda a, b: linalg.eigvalsh(a, b, lower=False), A, PAIR),
    "eig, values": (lambda a: linalg.eig(a)[0], A),
    "eigvals": (linalg.eigvals, A),
    "eigvals of a pair": (linalg.eigvals, A, PAIR),
    "svd": (sizes(linalg.svd), A),
    "svd, thin": (sizes(lambda a: linalg.svd(a, full_matrices=False)), TALL),
    "svd, values": (lambda a: linalg.svd(a, compute_uv=False), TALL),
    "svdvals": (linalg.svdvals, TALL),
    "qr": (linalg.qr, A),
    "qr, economic": (lambda a: linalg.qr(a, mode="economic"), TALL),
    "qr, r": (lambda a: linalg.qr(a, mode="r")[0], TALL),
    "rq": (linalg.rq, A),
    "rq, economic": (lambda a: linalg.rq(a, mode="economic"), TALL.T),
    "lu": (linalg.lu, A[[1, 2, 0]]),
    "lu of a tall matrix": (linalg.lu, TALL),
    "lu of a wide matrix": (lambda a: linalg.lu(a, permute_l=True), TALL.T),
    "lu, complex": (lambda a: linalg.lu(a, p_indices=True), Z),
    "lu_factor": (linalg.lu_factor, A[[1, 2, 0]]),
    "lu_factor of a tall matrix": (linalg.lu_factor, TALL),
    "lu_factor of a wide matrix": (linalg.lu_factor, TALL.T),
    "polar": (linalg.polar, A),
    "polar, left": (lambda a: linalg.polar(a, "left"), TALL),
    "polar of a wide matrix": (linalg.polar, TALL.T),
    "polar, left, of a wide matrix": (lambda a: linalg.polar(a, side="left"), TALL.T),
    "polar, complex": (linalg.polar, Z),
    "polar of equal singular values": (linalg.polar, np.eye(2)),
    "Procrustes": (linalg.orthogonal_procrustes, TALL, TALL @ PAIR[:2, :2] + 0.1),
    "orth": (lambda a: np.abs(linalg.orth(a)), TALL),
    "null_space": (lambda a: np.abs(linalg.null_space(a)), A[:2]),
}
named = pytest.mark.parametrize("name", CALLS)


@named
def test_values_and_derivatives(name):
    call, *operands = CALLS[name]
    check_call(call, *operands)


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("orth", "null_space")])
def test_a_batch_is_a_loop(name):
    call, *operands = CALLS[name]
    check_batch(call, *operands)


@pytest.mark.parametrize("name", ["eigvalsh of a pair", "lu", "polar"])
def test_compiled_code_agrees(name):
    call, *operands = CALLS[name]
    check_compiled(call, *operands)


@pytest.mark.parametrize("name", ["eigvalsh of a pair", "lu", "lu_factor of a tall matrix", "polar"])
def test_second_order(name):
    call, *operands = CALLS[name]
    check_second_order(call, *operands)


@pytest.mark.parametrize("call", [linalg.eigvalsh, linalg.lu, linalg.lu_factor, linalg.polar, linalg.svdvals])
def test_stacks_of_matrices(call):
    stack = np.stack([A, 2 * A])
    same(cr.vjp(call, stack)[0], call(stack))


def test_what_has_no_rule_says_so():
    for call in (lambda a: linalg.qr(a, pivoting=True)[1], lambda a: linalg.eigh(a, subset_by_value=[0, 1])[0]):
        with pytest.raises(cr.errors.TracingError, match=r"scipy\.linalg"):
            cr.grad(lambda a, f=call: np.sum(f(a)))(A)

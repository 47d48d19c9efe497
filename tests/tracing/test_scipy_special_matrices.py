"""Proves that scipy.linalg's matrices that are put together of traced elements are SciPy's, with the limits as derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from tests.tracing.against_scipy import check_batch, check_call, check_compiled

import chainrule as cr

X = np.array([1.5, -0.5, 2.0])
Y = np.array([0.25, 3.0, -1.0, 0.5])
Z = X + 1j * Y[:3]
M = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]])

CALLS = {
    "toeplitz": (linalg.toeplitz, X),
    "toeplitz, complex": (linalg.toeplitz, Z),
    "toeplitz of two vectors": (linalg.toeplitz, X, Y),
    "circulant": (linalg.circulant, X),
    "hankel": (linalg.hankel, X),
    "hankel of two vectors": (linalg.hankel, X, Y),
    "block_diag": (linalg.block_diag, X, M, np.array(2.0)),
    "companion": (linalg.companion, X),
    "convolution_matrix": (lambda a: linalg.convolution_matrix(a, 4), X),
    "convolution_matrix, same": (lambda a: linalg.convolution_matrix(a, 4, mode="same"), X),
    "convolution_matrix, valid": (lambda a: linalg.convolution_matrix(a, 2, "valid"), Y),
    "fiedler": (linalg.fiedler, X),
    "leslie": (linalg.leslie, Y, X),
    "diagsvd": (lambda s: linalg.diagsvd(s, 3, 5), X),
    "diagsvd of a tall matrix": (lambda s: linalg.diagsvd(s, 4, 3), X),
    "khatri_rao": (linalg.khatri_rao, M, M[:2] + 0.5),
}
named = pytest.mark.parametrize("name", CALLS)


@named
def test_values_and_derivatives(name):
    call, *operands = CALLS[name]
    if name == "fiedler":  # which has a kink where a number meets itself: its derivative there is zero
        call = lambda x: linalg.fiedler(x)[np.triu_indices(3, 1)]  # noqa: E731
    check_call(call, *operands)


@named
def test_a_batch_is_a_loop(name):
    call, *operands = CALLS[name]
    check_batch(call, *operands)


@pytest.mark.parametrize("name", ["toeplitz of two vectors", "block_diag", "convolution_matrix"])
def test_compiled_code_agrees(name):
    call, *operands = CALLS[name]
    check_compiled(call, *operands)


def test_wrong_lengths_are_refused():
    for call in (lambda x: linalg.leslie(x, X), lambda x: linalg.diagsvd(x, 4, 5), lambda x: linalg.companion(x[:1])):
        with pytest.raises(ValueError, match=r"[Ll]ength"):
            cr.vjp(call, X)

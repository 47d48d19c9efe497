"""Proves that Einstein sums become products and sums of native code, with NumPy's values and the engine's gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

SIZES = dict(zip("abcdijklmn", (2, 3, 4, 5, 30, 7, 6, 20, 1, 40), strict=True))
NATIVE = (
    "ij,jk->ik", "ij,kj->ik", "ji,jk->ki", "ij,j->i", "ij,i->j", "i,j->ij", "i,i->", "i,j->", "ij,ij->", "ij,ij->ij",
    "ij->", "ij->j", "ijk->kij", "nij,nj->ni", "aij,ajk->aik", "abik,cbkd->abcid", "ni,ij,nj->n", "i,ij,j->",
    "ab,bc,cd,da->", "a,ab,abc->c", "ij,k->", "im,mj->ij", "ijk,jil->kl", "i,i,i->i",
    "ajin,bj->abin", "bj,ajin->ainb", "ajin,abj->abin", "ajin,ajb->inab", "ajkin,jkb->abin", "ajkin,kjb->abin",
)  # fmt: skip
BY_NUMPY = ("ii->i", "ii,ij->j")


def summed(subscripts: str) -> tuple[Callable[..., Any], list[np.ndarray]]:
    """Return a function of a sum that is not linear in it, and its arguments."""
    terms = subscripts.split("->")[0].split(",")
    rng = np.random.default_rng(len(subscripts))
    factors = [rng.uniform(-0.5, 0.5, [SIZES[letter] for letter in letters]) for letters in terms]
    return lambda *factors: np.sum(np.sin(np.einsum(subscripts, *factors))), factors


@pytest.mark.parametrize("subscripts", NATIVE + BY_NUMPY)
def test_compiled_sums_and_their_gradients_are_those_of_the_engine(subscripts):
    fun, factors = summed(subscripts)
    slope = cr.value_and_grad(fun, argnums=tuple(range(len(factors))))
    step = cr.jit(slope)
    for _ in range(3):
        value, gradients = step(*factors)
    expected, others = slope(*factors)
    np.testing.assert_allclose(value, expected, rtol=1e-11)
    for gradient, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(gradient, other, rtol=1e-10, atol=1e-12)
    by_numpy = {each.what for each in step.explain_plan(*factors).fallbacks}
    assert by_numpy == ({"einsum"} if subscripts in BY_NUMPY else set())


@pytest.mark.parametrize(("n", "i", "j"), [(64, 20, 9), (100, 12, 9), (200, 9, 5), (40, 40, 7)])
def test_what_is_read_again_is_kept_where_loops_over_rows_are_done_first(n, i, j):
    """Loops over the same rows run together, and one that was to come last may be done before others that read the same."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(n, i)), rng.normal(size=(i, j)), rng.normal(size=(n, j))
    slope = cr.grad(lambda *factors: np.sum(np.sin(np.einsum("ni,ij,nj->n", *factors))), (0, 1, 2))
    step = cr.jit(slope)
    for _ in range(3):
        found = step(*factors)
    for gradient, wanted in zip(found, slope(*factors), strict=True):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-10, atol=1e-10)


def test_a_factor_that_is_broadcast_stays_with_numpy():
    step = cr.jit(lambda x, y: np.einsum("ij,jk->ik", x, y))
    x, y = np.ones((4, 1)), np.arange(6.0).reshape(3, 2)
    for _ in range(3):
        np.testing.assert_allclose(step(x, y), np.einsum("ij,jk->ik", x, y))


def test_a_factor_is_multiplied_where_it_lies_where_its_first_axis_is_kept():
    step = cr.jit(cr.value_and_grad(lambda w, x: np.sum(np.einsum("nchw,oc->nohw", x, w) ** 2)))
    w, x = np.ones((8, 3)), np.ones((4, 3, 30, 30))
    text = str(step.explain_plan(w, x))
    assert "matrix product (BLAS) over 4 × 8 × 900" in text
    assert "transpose(0, 2, 3, 1)" not in text


def test_a_factor_is_copied_once_for_a_sum_and_its_gradient():
    """Both read the copy, one as it lies and one as its transpose."""
    rng = np.random.default_rng(0)
    weights, pictures = rng.normal(size=(8, 3)), rng.normal(size=(4, 3, 28, 28))

    def response(weights, pictures):
        return np.sum(np.tanh(np.einsum("oc,bchw->bohw", weights, pictures[:, :, 1:27, 2:28])))

    slope = cr.grad(response)
    step = cr.jit(slope)
    for _ in range(3):
        found = step(weights, pictures)
    np.testing.assert_allclose(found, slope(weights, pictures), rtol=1e-10)
    plan = str(step.explain_plan(weights, pictures))
    assert plan.count("pictures[:, :, 1:27, 2:28]") == 1

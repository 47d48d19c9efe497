"""Diagonals: where they are found, that the values stay, and what infinite numbers do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.passes.recorded import evaluate, simplified

import chainrule as cr
from chainrule.passes.diagonals import HANDLERS, reveal_diagonals
from chainrule.passes.terms import Term, live
from chainrule.primitives.indexing import INDEX_ADD, INDEX_SET
from chainrule.primitives.shape import RESHAPE, TRANSPOSE

RNG = np.random.default_rng(0)


def check(fun: Callable[..., Any], *args: Any, exact: bool = True) -> tuple[Term, ...]:
    """Assert that the values of a function stay what they are; return its terms."""
    simplifier, before = simplified(fun, *args)
    after = reveal_diagonals(simplifier, before)
    for one, other, out, plain in zip(evaluate(before, args), evaluate(after, args), after, before, strict=True):
        assert (out.shape, out.dtype) == (plain.shape, plain.dtype)
        if exact:
            np.testing.assert_array_equal(other, one)
        else:
            np.testing.assert_allclose(other, one, rtol=1e-13, atol=1e-13)
    return after


def computed(outputs: Sequence[Term], least: int) -> list[Term]:
    """Return the terms of at least so many elements that are more than the dense form of diagonals."""
    assembly = (INDEX_SET, RESHAPE, TRANSPOSE)
    return [term for term in live(outputs) if term.size >= least and term.primitive and term.primitive not in assembly]


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rolled(x: Any) -> Any:
    return np.sum(100 * (np.roll(x, -1) - x**2) ** 2 + (1 - x) ** 2)


def joined(x: Any) -> Any:
    return np.concatenate([x[:1], x[1:] * x[:-1]])


DIAGONAL = {
    "rosenbrock": cr.hessian(rosenbrock),
    "rolled": cr.hessian(rolled),
    "differences": cr.hessian(lambda x: np.sum(np.diff(x) ** 4)),
    "products": cr.hessian(lambda x: np.sum(np.exp(x) * np.sin(x))),
    "elementwise": cr.jacobian(lambda x: np.sin(x) * x),
    "quotient": cr.jacobian(lambda x: np.sin(x) / (2 + x)),
    "neighbors": cr.jacobian(lambda x: x[1:] * x[:-1]),
    "joined": cr.jacobian(joined),
    "padded": cr.jacobian(lambda x: np.pad(x * x, (2, 1))),
    "choice": cr.jacobian(lambda x: np.where(x > 0, x**2, 0.1 * x)),
    "forward": cr.jacobian(lambda x: np.tanh(x) * x, mode="forward"),
    "reverse": cr.jacobian(lambda x: np.tanh(x) * x, mode="reverse"),
    "in a matrix": cr.jacobian(lambda x: np.tanh(x.reshape(2, -1))),
    "assigned": cr.jacobian(lambda x: np.append(x[2:] ** 2, x[:2] ** 3)),
    "three": cr.jacobian(lambda x: x[2:] * x[1:-1] * x[:-2]),
}


@pytest.mark.parametrize("name", DIAGONAL)
@pytest.mark.parametrize("n", [24, 64, 100])
def test_only_diagonals_are_computed(name: str, n: int) -> None:
    after = check(DIAGONAL[name], RNG.uniform(0.5, 1.5, n), exact=False)
    assert not computed(after, n * n // 2)
    assert after[0].size >= n * (n - 2)


@pytest.mark.parametrize("name", DIAGONAL)
@pytest.mark.parametrize("n", [8, 10, 12, 17, 33, 65])
def test_values_stay(name: str, n: int) -> None:
    n += n % 2
    check(DIAGONAL[name], RNG.uniform(0.5, 1.5, n), exact=name not in ("rolled",))


@pytest.mark.parametrize("name", DIAGONAL)
def test_compiled_is_eager(name: str) -> None:
    x = RNG.uniform(0.5, 1.5, 40)
    compiled = cr.jit(DIAGONAL[name])
    compiled(x)
    np.testing.assert_allclose(compiled(x), DIAGONAL[name](x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [10, 50, 200])
def test_a_diagonal_times_a_matrix_is_rows_that_are_scaled(n: int) -> None:
    w, b = RNG.normal(size=(n, n)), RNG.normal(size=n)
    after = check(cr.jacobian(lambda x: np.tanh(w @ x + b)), RNG.normal(size=n))
    assert max(term.size for term in live(after)) <= n * n
    assert not [term for term in live(after) if len(term.shape) == 4]


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (9, 64)])
def test_rectangles(shape: tuple[int, int]) -> None:
    w = RNG.normal(size=shape)
    check(cr.jacobian(lambda x: np.tanh(w @ x)), RNG.normal(size=shape[1]))
    check(cr.jacobian(lambda x: np.tanh(w @ x), mode="forward"), RNG.normal(size=shape[1]))
    check(cr.jacobian(lambda x: np.exp(x)[: shape[0] // 2]), RNG.normal(size=shape[0]))


def test_dense_derivatives_keep_their_values() -> None:
    w1, w2, x = RNG.normal(size=(16, 16)), RNG.normal(size=(16, 16)), RNG.normal(size=16)
    y = np.sign(RNG.normal(size=16))
    check(cr.jacobian(lambda x: w2 @ np.tanh(w1 @ x)), x)
    check(cr.hessian(lambda w: np.mean(np.logaddexp(0, -y * (w1 @ w)))), x, exact=False)
    check(cr.hessian(lambda x: 0.5 * x @ w1 @ x + np.sum(np.exp(x))), x)
    check(cr.hessian(lambda x: x @ w1 @ x - np.sum(np.exp(x) * np.sin(x) * x)), x, exact=False)
    check(cr.jacobian(lambda x: np.exp(x) / np.sum(np.exp(x))), x)
    check(cr.jacobian(np.cumsum), x)
    check(cr.jacobian(lambda x: np.sort(x) * x), x)
    check(cr.jacobian(lambda x: (w1 * x) ** 2), x)
    check(cr.jacobian(lambda a: np.tanh(a) @ w1), RNG.normal(size=(4, 16)), exact=False)


def test_a_sum_with_a_dense_array_adds_diagonals_in_its_memory() -> None:
    w, x = RNG.normal(size=(40, 40)), RNG.normal(size=40)
    after = check(lambda x: np.eye(40) * x * x * x * x + np.outer(x, w[0]), x)
    assert [term for term in live(after) if term.primitive is INDEX_ADD]
    check(lambda x: np.eye(40) * x * x * x * x - np.outer(x, w[0]), x)
    check(lambda x: np.outer(x, w[0]) - np.eye(40) * x * x * x * x, x)


@pytest.mark.parametrize(
    "fun",
    [
        lambda e, x: e.T * x,
        lambda e, x: (e * x)[:, ::-1],
        lambda e, x: (e * x)[3:9],
        lambda e, x: (e * x)[3],
        lambda e, x: (e * x)[:, 2],
        lambda e, x: np.sum(e * x),
        lambda e, x: np.sum(e * x, axis=0),
        lambda e, x: np.sum(e * x, axis=1, keepdims=True),
        lambda e, x: np.sum(e * x, axis=(0, 1), keepdims=True),
        lambda e, x: (e * x) @ np.outer(x, x),
        lambda e, x: np.outer(x, x) @ (e * x),
        lambda e, x: (e * x) @ (e * x),
        lambda e, x: (e * x) * (e.T * x),
        lambda e, x: (e * x) * np.outer(x, x),
        lambda e, x: (e * x) / (2 + x[:, None] ** 2),
        lambda e, x: e * x - x,
        lambda e, x: np.exp(e * x),
        lambda e, x: np.linalg.slogdet(e * x + np.eye(16) * 3)[1],
        lambda e, x: np.roll(e * x, (3, -2), axis=(0, 1)),
        lambda e, x: np.roll(e * x, 3),
        lambda e, x: np.concatenate([e * x, np.zeros((16, 3)), e * x], axis=1),
        lambda e, x: np.concatenate([e * x, np.outer(x, x)], axis=0),
        lambda e, x: np.pad(e * x, ((1, 2), (3, 4))),
        lambda e, x: (e * x)[:, None, :] * x[:, None],
        lambda e, x: np.sum((e * x)[:, None, :] * x[:4, None], axis=1),
        lambda e, x: ((e * x)[:, None, :] * x[:3, None])[:, 1, :],
        lambda e, x: np.transpose((e * x)[:, None, :] * x[:3, None], (1, 2, 0)),
        lambda e, x: np.transpose((e * x)[:, None, :] * x[:3, None], (2, 0, 1)).reshape(16, 48),
        lambda e, x: np.broadcast_to(e * x, (3, 16, 16)) * x,
        lambda e, x: (e * x).reshape(4, 4, 16),
        lambda e, x: (e * x).reshape(16, 4, 4) * x[:4],
        lambda e, x: (e * x).reshape(16, 4, 4) * x[:4, None],
        lambda e, x: (e * x).reshape(16, 4, 4).sum(axis=2),
        lambda e, x: (e * x).reshape(8, 32),
        lambda e, x: np.where(x > 0, e * x, 0) + np.where(x[:, None] > 0, 0.0, e),
        lambda e, x: np.where(e > 0, e * x, x),
        lambda e, x: np.abs(e * x) + (e * x) ** 2,
        lambda e, x: (e * x).astype(np.float32) * 2,
    ],
)
@pytest.mark.parametrize("offset", [0, 1, -2, None])
def test_operations(fun: Callable[..., Any], offset: int | None) -> None:
    constant = np.eye(16, k=offset) if offset is not None else 2 * np.eye(16) - np.eye(16, k=1)
    check(lambda x: fun(np.array(constant), x), RNG.normal(size=16), exact=False)


def test_what_is_not_diagonal_stays_as_it_is() -> None:
    w = RNG.normal(size=(16, 16))
    for fun in (
        lambda x: w @ x,
        lambda x: np.outer(x, x),
        lambda x: x * np.ones((16, 16)),
        lambda x: x * np.eye(4, 16)[:, :1],
    ):
        simplifier, before = simplified(fun, RNG.normal(size=16))
        count = len(simplifier.terms.all)
        assert reveal_diagonals(simplifier, before) == before
        assert len(simplifier.terms.all) == count


def test_small_arrays_stay_as_they_are() -> None:
    simplifier, before = simplified(lambda x: np.eye(7) * x, RNG.normal(size=7))
    assert reveal_diagonals(simplifier, before) == before


def test_structural_zeros_stay_zero() -> None:
    x = np.ones(20)
    x[3], x[5] = np.inf, np.nan
    simplifier, before = simplified(cr.jacobian(lambda x: x**2), np.ones(20))
    (dense,) = evaluate(before, [x])
    (sparse,) = evaluate(reveal_diagonals(simplifier, before), [x])
    off = ~np.eye(20, dtype=bool)
    assert np.isnan(dense[off]).any()
    assert not sparse[off].any()
    np.testing.assert_array_equal(np.diag(sparse), 2 * x)


GRADIENTS = {
    "diagonal": lambda x: np.sum(np.diagonal(np.sqrt(x))),
    "trace": lambda x: np.trace(np.sqrt(x)),
    "einsum": lambda x: np.sum(np.einsum("ii->i", np.sqrt(x)) ** 2),
    "masked": lambda x: np.sum(np.eye(len(x)) * np.sqrt(x)),
    "divided": lambda x: np.sum(np.eye(len(x)) / x),
    "one element": lambda x: np.sqrt(x)[0, 0],
    "constant": lambda x: np.sum(np.array(np.eye(8)) * np.where(np.arange(64).reshape(8, 8) == 9, np.inf, 2.0) * x),
    "constant divisor": lambda x: np.sum(
        np.array(np.eye(8)) / np.where(np.arange(64).reshape(8, 8) == 11, 0.0, 2.0) * x
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", GRADIENTS)
def test_what_only_zeros_meet_is_infinite_as_in_numpy(name: str) -> None:
    x = np.full((8, 8), 4.0)
    x[0, 1] = x[5, 2] = 0.0
    for fun in (GRADIENTS[name], cr.grad(GRADIENTS[name])):
        compiled = cr.jit(fun)
        for _ in range(3):
            np.testing.assert_array_equal(compiled(x), fun(x))


def test_every_handler_is_of_a_primitive_of_its_own() -> None:
    assert len(HANDLERS) == len({primitive.name for primitive in HANDLERS})


def banded(choices: list[int], x: Any) -> Any:
    """Return a random function of a vector in which each result depends on a few neighbors."""
    y, z = x, x
    for choice in choices:
        kind, k = choice % 9, 1 + choice // 9 % 3
        if kind == 0:
            y = y * x[: y.shape[0]]
        elif kind == 1:
            y = y[k:] - y[:-k]
        elif kind == 2:
            y = np.sin(y) + 0.5 * y
        elif kind == 3:
            y = np.roll(y, k)
        elif kind == 4:
            y = np.concatenate([y[k:], z[:k]])
        elif kind == 5:
            y = np.pad(y, (k, 0))
        elif kind == 6:
            y = np.where(y > 0.2, y * y, z[: y.shape[0]]) if z.shape[0] >= y.shape[0] else y / 2
        elif kind == 7:
            z = y
        else:
            y = y[1:] / (1.5 + y[:-1] ** 2)
        if not 6 <= y.shape[0] <= x.shape[0]:
            y = x[:6]
    return y


@settings(deadline=None, max_examples=150)
@given(
    st.integers(8, 65),
    st.lists(st.integers(0, 26), min_size=1, max_size=7),
    st.sampled_from(["forward", "reverse", "hessian"]),
)
def test_random_banded_programs(n: int, choices: list[int], mode: str) -> None:
    x = np.random.default_rng(n).uniform(0.1, 1.0, n)
    if mode == "hessian":
        check(cr.hessian(lambda x: np.sum(banded(choices, x) ** 2)), x, exact=False)
    else:
        check(cr.jacobian(lambda x: banded(choices, x), mode=mode), x, exact=False)

"""Compiled matrix products are NumPy's for every layout and stack, with the same bits on any number of threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.native.agreement import agree, check, eagerly, rounded

import chainrule as cr
from chainrule.native.machine.machine import available
from chainrule.native.plan import NUMPY, PRODUCT
from chainrule.native.threads.threads import number_of_threads, set_number_of_threads
from chainrule.native.writing.products import can_multiply

pytestmark = pytest.mark.skipif(not available(), reason="needs llvmlite")

TYPES = ("float64", "float32")
JUDGE = rounded(1e-12, 2e-5)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Leave the number of threads as it was."""
    before = number_of_threads()
    yield
    set_number_of_threads(before)


def normal(*shape: int, dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(shape).standard_normal(shape).astype(dtype)


def check_product(fun: Callable[..., Any], *args: np.ndarray, by_blas: int = 1, by_numpy: int = 0) -> None:
    """Compare with NumPy, count what BLAS computes, and ask for the same bits on any number of threads."""
    compiled: Any = check(fun, args, judge=JUDGE, fewest=3)
    plan = compiled.explain_plan(*args)
    assert (plan.count(PRODUCT), plan.count(NUMPY)) == (by_blas, by_numpy), str(plan)
    results = []
    for number in (1, 2, 3, 2):
        set_number_of_threads(number)
        results += [eagerly(compiled, *args) for _ in range(2)]
    for result in results:
        agree(result, results[0])


# --- one product


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("left", "right"), list(itertools.product((False, True), repeat=2)))
@pytest.mark.parametrize(
    ("rows", "inner", "columns"),
    [
        (33, 27, 31), (70, 70, 70), (3, 100, 70), (130, 2, 128), (257, 129, 65), (96, 97, 110), (40, 1200, 30), (400, 300, 7),
        (5, 300, 700), (300, 280, 260),
    ],
)  # fmt: skip
def test_transposes_of_operands(rows: int, inner: int, columns: int, left: bool, right: bool, dtype: str) -> None:
    x = normal(*((inner, rows) if left else (rows, inner)), dtype=dtype)
    y = normal(*((columns, inner) if right else (inner, columns)), dtype=dtype)
    check_product(lambda x, y: (x.T if left else x) @ (y.T if right else y), x, y)


@pytest.mark.parametrize("dtype", TYPES)
def test_sizes_up_to_70(dtype: str) -> None:
    rng = np.random.default_rng(7)
    for rows, inner, columns in rng.integers(1, 71, (25, 3)):
        x, y = normal(rows, inner, dtype=dtype), normal(inner, columns, dtype=dtype)
        check(lambda x, y: x @ y, (x, y), judge=JUDGE, fewest=3)
        check(
            lambda x, y: x.T @ y.T,
            (normal(inner, rows, dtype=dtype), normal(columns, inner, dtype=dtype)),
            judge=JUDGE,
            fewest=3,
        )


def test_a_product_of_what_a_loop_computes() -> None:
    check_product(lambda x, y: np.tanh(x) @ np.exp(y).T + 1.0, normal(90, 60), normal(50, 60))


def test_a_matrix_times_itself() -> None:
    check_product(lambda x: x.T @ x, normal(500, 60))
    check_product(lambda x: (x @ x) @ x.T, normal(120, 120), by_blas=2)


# --- parts of arrays


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "part",
    [
        lambda x: x[5:105, 7:107], lambda x: x[:100, 20:120].T, lambda x: x[::2][:100, :100], lambda x: x.T[3:103, ::2][:, :100],
    ],
)  # fmt: skip
def test_parts_that_blas_reads_where_they_are(part: Callable[[Any], Any], dtype: str) -> None:
    x, y = normal(240, 230, dtype=dtype), normal(100, 100, dtype=dtype)
    check_product(lambda x, y: part(x) @ y, x, y)
    check_product(lambda x, y: y @ part(x), x, y)
    check_product(lambda x, y: part(x) @ part(x) + y, x, y)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "part",
    [
        lambda x: x[:200:2, :200:2], lambda x: x[:100, 99::-1], lambda x: x[99::-1, :100],
        lambda x: np.flip(x[:100, :100]).T, lambda x: np.broadcast_to(x[0, :100], (100, 100)),
        lambda x: np.broadcast_to(x[:100, :1], (100, 100)),
    ],
)  # fmt: skip
def test_parts_that_are_copied(part: Callable[[Any], Any], dtype: str) -> None:
    x, y = normal(240, 230, dtype=dtype), normal(100, 100, dtype=dtype)
    check_product(lambda x, y: part(x) @ y, x, y)
    check_product(lambda x, y: y @ part(x), x, y)
    check_product(lambda x, y: (part(x) @ part(x), np.sin(part(x)) + y), x, y)
    check_product(lambda x, y: (part(x), part(x)[1:50], part(x) @ y, y @ part(x)), x, y, by_blas=2)


def test_a_part_of_a_stack_that_is_copied() -> None:
    check_product(lambda x, y: np.transpose(x, (1, 0, 2)) @ y, normal(60, 5, 50), normal(50, 40))
    check_product(lambda x, y: np.transpose(x, (2, 0, 1)) @ y, normal(60, 50, 5), normal(50, 40))
    check_product(lambda x, y: np.moveaxis(x, 0, -1) @ y, normal(50, 4, 60), normal(50, 40))
    check_product(lambda x, y: (np.tanh(x)[::-1, ::2, ::2] @ y, np.tanh(x)), normal(3, 100, 100), normal(50, 40))


def test_one_view_as_a_left_and_as_a_right_matrix() -> None:
    args = normal(20, 150), normal(20, 60), normal(200, 150)
    check_product(lambda x, y, z: (x.T @ y, z @ x.T), *args, by_blas=2)
    check_product(lambda x, y, z: (z @ x.T, np.sin(x.T), x.T @ y), *args, by_blas=2)
    check_product(lambda x, y, z: (x.T @ (z @ x.T)[:20], x.T @ y), *args, by_blas=3)


def test_what_numpy_computes_is_read_where_it_is() -> None:
    check(
        lambda x, y: np.linalg.qr(x)[0] @ y + np.linalg.qr(x)[0][::-1] @ y, (normal(80, 60), normal(60, 50)), fewest=3
    )


def test_a_small_view_that_blas_cannot_read() -> None:
    check(lambda x, y: (x[::-1, ::-1] @ y, x[::-1, ::-1] * 2), (normal(4, 4), normal(4, 3000)), judge=JUDGE, fewest=3)


def test_arrays_that_a_function_closes_over() -> None:
    data = normal(200, 220)
    for part in (data, data.T, data[:100, ::2][:, :100], data[::-1], np.asfortranarray(data)):
        check(lambda x, part=part: part @ x[: part.shape[1], :50], (normal(220, 60),), judge=JUDGE, fewest=3)


# --- stacks


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((5, 40, 30), (5, 30, 35)), ((40, 30), (5, 30, 35)), ((5, 40, 30), (30, 35)), ((2, 3, 40, 30), (30, 35)),
        ((2, 1, 40, 30), (1, 3, 30, 35)), ((2, 3, 40, 30), (3, 30, 35)), ((2, 3, 40, 30), (2, 1, 30, 35)),
        ((1, 1, 40, 30), (4, 1, 30, 35)), ((3, 40, 30), (2, 1, 30, 35)), ((600, 30, 20), (600, 20, 30)),
        ((600, 1, 200), (200, 100)), ((4, 300, 20), (4, 20, 30)), ((3, 200, 30), (30, 40)),
        ((3, 300, 200), (3, 200, 100)), ((300, 200), (2, 200, 100)), ((7, 1, 200), (7, 200, 100)),
        ((2, 2, 1, 150), (2, 150, 120)),
    ],
)  # fmt: skip
def test_stacks(left: tuple[int, ...], right: tuple[int, ...], dtype: str) -> None:
    x, y = normal(*left, dtype=dtype), normal(*right, dtype=dtype)
    small = left[-2] * left[-1] * right[-1] <= 16_384
    check_product(lambda x, y: x @ y, x, y, by_blas=0 if small else 1)
    x, y = np.swapaxes(x, -1, -2).copy(), np.swapaxes(y, -1, -2).copy()
    check_product(lambda x, y: np.swapaxes(x, -1, -2) @ np.swapaxes(y, -1, -2), x, y, by_blas=0 if small else 1)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((4,), (5, 4, 1)), ((4,), (5, 4, 3)), ((3, 4), (5, 4, 1)), ((5, 3, 4), (4, 1)), ((5, 3, 4), (5, 4, 1)),
        ((5, 1, 4), (5, 4, 1)), ((2, 5, 3, 4), (5, 4, 1)), ((5, 3, 4), (4,)), ((2, 2, 1), (2, 1, 1)),
    ],
)  # fmt: skip
def test_stacks_with_vectors_and_columns(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    check_product(lambda x, y: x @ y, normal(*left), normal(*right), by_blas=0)


def test_stacks_that_are_broadcast_or_parts_of_arrays() -> None:
    x, y = normal(6, 50, 40), normal(40, 30)
    check_product(lambda x, y: np.broadcast_to(x[:1], (4, 50, 40)) @ y, x, y)
    check_product(lambda x, y: x[::2] @ np.broadcast_to(y, (3, 40, 30)), x, y)
    check_product(lambda x, y: x[::-1] @ y, x, y)
    check_product(lambda x, y: x[:, 3:43] @ y, x, y)
    check_product(lambda x, y: np.transpose(x, (1, 0, 2))[:, :, :40] @ y, normal(50, 40, 40), y)
    check_product(lambda x, y: np.transpose(x, (0, 2, 1)) @ np.stack([y, 2 * y], axis=1)[:, 0], normal(6, 40, 50), y)


def test_rows_of_a_stack_are_rows_of_one_product() -> None:
    fun = cr.jit(lambda x, y: x @ y)
    x, y = normal(30, 40, 50), normal(50, 60)
    for _ in range(3):
        got = fun(x, y)
    whole = cr.jit(lambda x, y: x @ y)
    for _ in range(3):
        wanted = whole(x.reshape(1200, 50), y)
    agree(got.reshape(1200, 60), wanted)


# --- pieces


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("rows", "inner", "columns"),
    [
        (97, 110, 100), (1000, 33, 47), (47, 33, 1000), (129, 784, 256), (785, 128, 250), (20, 900, 90), (640, 500, 390),
        (1001, 700, 730), (48, 1000, 48), (96, 200, 95),
    ],
)  # fmt: skip
def test_pieces(rows: int, inner: int, columns: int, dtype: str) -> None:
    x, y = normal(rows, inner, dtype=dtype), normal(inner, columns, dtype=dtype)
    check_product(lambda x, y: x @ y, x, y)
    if rows * inner * columns < 1e8:
        check_product(lambda x, y: x.T @ y.T, x.T.copy(), y.T.copy())


def test_products_in_a_program_with_gradients() -> None:
    def loss(w: Any, v: Any, x: Any) -> Any:
        return np.sum(np.tanh(np.tanh(x @ w) @ v) ** 2)

    args = normal(70, 80) / 8, normal(80, 60) / 8, normal(300, 70)
    compiled: Any = check(cr.value_and_grad(loss, argnums=(0, 1, 2)), args, judge=rounded(1e-11), fewest=3)
    assert compiled.explain_plan(*args).count(PRODUCT) == 6
    results = []
    for number in (1, 2):
        set_number_of_threads(number)
        results.append(compiled(*args))
    agree(results[1], results[0])


def test_the_gradient_of_a_stack() -> None:
    def loss(q: Any, m: Any, x: Any) -> Any:
        return np.sum(np.sin((x - m[:, None, :]) @ q))

    check(
        cr.value_and_grad(loss, argnums=(0, 1)),
        (normal(9, 12, 12), normal(9, 12), normal(300, 12)),
        judge=rounded(1e-11),
    )


# --- what is converted first


CONVERTED = {
    "a small product": lambda a, x: a[:4, :4] @ x[:4, :4],
    "a large product": lambda a, x: x @ a,
    "a vector": lambda a, x: x @ a[0],
    "complex numbers": lambda a, x: np.abs(a[:4, :4] @ (x[:4, :4] + 1j)),
    "a joined array": lambda a, x: np.concatenate([a, x]),
    "a stack": lambda a, x: np.stack([a, x]),
    "a linear system": lambda a, x: np.linalg.solve(x[:4, :4] + 9 * np.eye(4), a[:4, :4]),
}


@pytest.mark.parametrize("dtype", ["int64", "bool", "float32"])
@pytest.mark.parametrize("name", CONVERTED)
def test_operands_of_another_type_are_converted_here(name: str, dtype: str) -> None:
    whole = (normal(40, 40) * 3).astype(dtype)

    def program(x: Any) -> Any:
        return np.sum(CONVERTED[name](whole, x) ** 2)

    compiled: Any = check(cr.value_and_grad(program), (normal(40, 40),), judge=JUDGE, fewest=3)
    assert compiled.explain_plan(normal(40, 40)).count(NUMPY) == 0


# --- what is not finite


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("size", [40, 130])
def test_rows_that_are_not_finite(size: int, dtype: str) -> None:
    x, y = normal(size, size, dtype=dtype), normal(size, size, dtype=dtype)
    x[3], x[7, 5], x[11] = np.nan, np.inf, -np.inf
    y[:, 2], y[4, 9] = 0, np.nan
    check_product(lambda x, y: x @ y, x, y)
    check_product(lambda x, y: x.T @ y.T, x, y)


# --- what BLAS can read


def test_what_blas_can_read() -> None:
    assert can_multiply((30, 1), (20, 30))
    assert can_multiply((1, 20), (20, 30))
    assert can_multiply((64, 1), (20, 30))
    assert can_multiply((7, 1), (1, 30))
    assert can_multiply((5, 3), (20, 1))
    assert not can_multiply((0, 1), (20, 30))
    assert not can_multiply((1, 0), (20, 30))
    assert not can_multiply((60, 2), (20, 30))
    assert not can_multiply((-30, 1), (20, 30))
    assert not can_multiply((1 << 31, 1), (20, 30))
    assert can_multiply((999, 0, 30, 1), (4, 5, 20, 30))


def test_a_view_and_its_transpose_are_both_copied_for_a_product():
    def turned(x):
        y = np.reshape(np.ravel(x)[::-1], x.shape)
        return y @ y.T

    check(turned, *((np.random.default_rng(seed).normal(size=(40, 40)),) for seed in range(3)))

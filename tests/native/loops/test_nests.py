"""Proves that loops give NumPy's results in every order of their axes, at lengths around the widths of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.native.jit import Jitted
from chainrule.native.threads.threads import number_of_threads, set_number_of_threads

LENGTHS = (1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 65)
RNG = np.random.default_rng(0)


def _parts(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


def agree(fun: Any, *args: Any, tolerance: float = 1e-13) -> None:
    compiled = cr.jit(fun)
    for _ in range(3):
        for found, wanted in zip(_parts(compiled(*args)), _parts(fun(*args)), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("columns", LENGTHS)
@pytest.mark.parametrize("rows", LENGTHS)
def test_sums_along_either_axis(rows, columns):
    x, left, right = RNG.normal(size=(rows, columns)), RNG.normal(size=rows), RNG.normal(size=columns)
    agree(lambda x, r: np.sum(x * r, axis=1), x, right)
    agree(lambda x, r: np.sum(x * r[:, None], axis=0), x, left)
    agree(lambda x: np.sum(x, axis=(0, 1)), x)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("reduce", [np.sum, np.prod, np.max, np.min])
def test_three_axes(axis, reduce):
    agree(lambda x: reduce(np.cos(x), axis=axis), RNG.normal(size=(9, 17, 21)))


@pytest.mark.parametrize("axis", [0, 1])
def test_what_does_not_depend_on_the_loop_is_written_before_it(axis):
    # The integer is converted, and the function of it has a slow path of its own, in front of all loops.
    agree(lambda n, x: np.max(np.hypot(n, x), axis=axis), np.array(3), RNG.normal(size=(5, 63)))
    agree(lambda n, x: np.sum(np.sin(n) * x, axis=axis), np.array(3), RNG.normal(size=(20, 63)))


def test_a_transposed_array_and_a_slice_are_read_in_place():
    x = RNG.normal(size=(33, 65))
    agree(lambda x: np.sum(x.T * 2, axis=1) + np.sum(x[::2, ::-1], axis=0), x)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_])
def test_other_types(dtype):
    x = RNG.integers(0, 2, size=(19, 37)).astype(dtype)
    agree(lambda x: np.sum(x, axis=0), x)
    agree(lambda x: np.sum(x, axis=1), x)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8, 12, 16, 20, 33])
@pytest.mark.parametrize("rows", [1, 2, 9, 70])
def test_totals_of_short_rows_beside_what_is_stored(rows, columns, dtype):
    """Totals of columns, of rows and of everything, in one loop with values; neighbors begin and end within a column."""
    tolerance = 1e-12 if dtype is np.float64 else 2e-4
    x, y = RNG.normal(size=(rows, columns)).astype(dtype), RNG.normal(size=(4, rows, columns)).astype(dtype)
    weights, each = RNG.normal(size=columns).astype(dtype), RNG.normal(size=(rows, 1)).astype(dtype)

    def matrix(x, weights, each):
        z = weights * x * each
        slope = np.sum(z[1:] * x[:-1], axis=0)
        return z, np.sum(z, axis=0), np.sum(z, axis=1), np.sum(z), np.max(z, axis=0), np.min(z), slope

    def stack(x, y, weights, each):
        z = weights * x * each * y
        return z, np.sum(z, axis=(0, 2)), np.sum(z, axis=1), np.max(z, axis=(1, 2)), np.sum(z, axis=0), np.sum(z)

    agree(matrix, x, weights, each, tolerance=tolerance)
    agree(stack, x, y, weights, each, tolerance=tolerance)

    def bells(weights, x):
        return np.sum(np.exp(-0.1 * np.sum((x - weights) ** 2, axis=-1)) * each[:, 0])

    agree(cr.grad(bells, (0, 1)), weights, x, tolerance=tolerance)


@pytest.mark.parametrize("rows", [2, 3, 16, 50])
def test_few_long_rows_have_the_same_bits_on_any_number_of_threads(rows):
    x, center = RNG.normal(size=(rows, 900, 20)), RNG.normal(size=(rows, 1, 20))

    def fun(x, center):
        moved = np.tanh(x - center)
        return moved, np.sum(moved**2, axis=2), np.sum(moved, axis=1), np.max(moved, axis=0), np.sum(np.exp(moved))

    agree(fun, x, center)
    compiled, before, found = cr.jit(fun), number_of_threads(), []
    try:
        for count in (1, 1, 2, 3):
            set_number_of_threads(count)
            found.append(compiled(x, center))
    finally:
        set_number_of_threads(before)
    for result in found[2:]:
        for part, wanted in zip(result, found[1], strict=True):
            np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize("columns", [1, 3, 8, 17, 40, 70])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 7, 9, 18])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_small_products_take_several_rows_at_once(rows, columns, dtype):
    """Blocks of rows, those that are left, and every transpose of either matrix."""
    tolerance = 1e-13 if dtype is np.float64 else 2e-5
    x, y = RNG.normal(size=(rows, 11)).astype(dtype), RNG.normal(size=(11, columns)).astype(dtype)
    agree(lambda x, y: x @ y, x, y, tolerance=tolerance)
    agree(lambda x, y: x @ y.T, x, y.T.copy(), tolerance=tolerance)
    agree(lambda x, y: x.T @ y, x.T.copy(), y, tolerance=tolerance)
    agree(lambda x, y: x.T @ y[:, 0], x.T.copy(), y, tolerance=tolerance)


def test_a_row_does_not_depend_on_the_block_that_it_is_in():
    """The sums of a row are taken in one order: its bits are the same in a block of rows and alone."""
    x, y = RNG.normal(size=(11, 33)), RNG.normal(size=(33, 20))
    product = cr.jit(lambda x, y: x @ y)
    for _ in range(3):
        whole, last = product(x, y), product(x[8:], y)
    np.testing.assert_array_equal(whole[8:], last)


def test_what_lies_across_is_copied_before_it_is_read_often():
    plan = cr.jit(lambda x, y: x @ y.T).explain_plan(np.ones((32, 16)), np.ones((16, 16)))
    assert [step.space for step in plan.steps] == [(1, 16, 16), (32, 16, 16)]
    few = cr.jit(lambda x, y: x @ y.T).explain_plan(np.ones((2, 16)), np.ones((16, 16)))
    assert [step.space for step in few.steps] == [(2, 16, 16)]


@pytest.mark.parametrize("columns", [128, 200, 1003])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_many_columns_are_summed_tile_by_tile(columns, dtype):
    x, y = RNG.normal(size=(3, 21, columns)).astype(dtype), RNG.normal(size=columns).astype(dtype)
    agree(lambda x, y: np.sum(x[0] * y, axis=0), x, y, tolerance=1e-4 if dtype == np.float32 else 1e-13)
    agree(lambda x: (np.max(x[:, 1:], axis=1), np.sum(x[0, :, 3:] ** 2, axis=0)), x, tolerance=1e-4)


@pytest.mark.parametrize("count", [3, 5, 9, 17, 33, 65, 100, 130, 1003])
@pytest.mark.parametrize("length", [2, 5, 16, 33, 70])
@pytest.mark.parametrize(
    "fun",
    [
        lambda x: np.sum(x, axis=0),
        lambda x: np.sum(x.T, axis=1),
        lambda x: np.prod(x, axis=0),
        lambda x: np.sum(x * x, axis=0),
        lambda x: np.sum(x[1:] + x[:-1], axis=0),
    ],
    ids=["columns", "rows", "products", "squares", "neighbors"],
)
def test_equal_rows_and_columns_have_equal_totals(fun, length, count):
    column = np.random.default_rng(1).standard_normal((length, 1))
    x = np.broadcast_to(column, (length, count)).copy()
    compiled = cr.jit(fun)
    for _ in range(2):
        totals = compiled(x)
    np.testing.assert_allclose(totals, fun(x), rtol=1e-12)
    assert np.unique(totals).size == 1


def test_one_function_serves_loops_of_any_length():
    """Loops along one axis that do the same share their code, whatever their lengths; those of fewer rows have their own."""

    def fun(*parts):
        return tuple(np.sin(part) * part for part in parts)

    parts = [RNG.normal(size=length) for length in (40, 57, 64, 301, 17, 23)]
    agree(fun, *parts)
    jitted = Jitted(fun)
    jitted.function = cr.jit(jitted.fun)
    for _ in range(2):
        jitted(*parts)
    (specialization,) = jitted.specializations.values()
    text = specialization.variants[0].program.module.text()
    assert text.count("define internal void @loop") == 2

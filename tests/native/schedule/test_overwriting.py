"""Arrays that programs update place by place: compiled code overwrites them where nobody reads the old ones, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Fun = Callable[[Any], Any]
ROWS, COLUMNS = 12, 20


def _triangular_factors(x: Any) -> Any:
    A = x[:, :ROWS] + 9 * np.eye(ROWS)
    for i in range(ROWS):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, ROWS):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return A


def _elimination(x: Any) -> Any:
    A = x.copy()
    for k in range(ROWS - 1):
        A[k + 1 :] -= np.outer(A[k + 1 :, k] / (A[k, k] + 9), A[k])
    return A


def _waves(x: Any) -> Any:
    speed, height = x.copy(), np.sin(x)
    for _ in range(4):
        speed[1:, :] -= 0.5 * (height[1:, :] - height[:-1, :])
        height[:-1, 1:] -= 0.7 * (speed[1:, 1:] - speed[:-1, :-1])
        height[0, :] = x[1, :]
    return speed * height


def _sweeps(x: Any) -> Any:
    A = x.copy()
    for _ in range(2):
        for i in range(1, ROWS - 1):
            A[i, 1:-1] = (A[i - 1, :-2] + A[i, 1:-1] + A[i + 1, 2:]) / 3
    return A


def _shifts_itself(x: Any) -> Any:
    A = x * 2
    A[1:] = A[:-1] * x[1:]
    A[:, 1:] += A[:, :-1]
    A[::-1] *= A
    return A


def _reads_old_rows_later(x: Any) -> Any:
    A, rows = x * 1.5, []
    for i in range(ROWS):
        rows.append(A[i].copy())
        A[i] = np.tanh(A[i - 1] + A[i])
    return np.stack(rows) * A


def _keeps_old_arrays(x: Any) -> Any:
    first = x * 3
    second = first.copy()
    second[2:5] = 1.0
    third = second.copy()
    third[:, 3] = first[:, 4] * second[:, 2]
    return first + second * third


def _returns_a_view_of_what_is_updated_later(x: Any) -> Any:
    first = x * 2
    first.T[0] -= 0.5 * first.T[-1]
    second = first.reshape(-1) * 1.0
    second[3] = first[0, 0]
    flat = first.reshape(-1)
    first[1:4] = np.tanh(first[1:4])
    return np.concatenate([flat, second]) * np.concatenate([first.ravel(), flat])


def _reads_a_part_in_another_shape_later(x: Any) -> Any:
    A = x * 1.0
    part = A[0:2].copy().T
    part *= 2
    A[0] -= part.sum()
    rest = A[2:4].reshape(-1)
    A[0:4] = 0.5
    return A + np.sum(np.abs(part)) + rest[:COLUMNS] * rest[COLUMNS:]


def _writes_through_a_transpose(x: Any) -> Any:
    A = x * 1.0
    part = A[0:2].T
    part *= 2
    A[0] -= part.sum()
    return np.abs(A) + 0.3


def _at_computed_places(x: Any) -> Any:
    A, places = x.copy(), np.array([3, 1, 3, 0])
    for k in range(3):
        A[places] = A[places + k] * 0.5
        A[k] += A[places].sum(axis=0)
    return A


def _through_views(x: Any) -> Any:
    A = x.copy()
    row, columns = A[2], A.T
    row[1:] -= A[3, :-1]
    columns[4] *= 2
    A[2:4][1, ::2] = row[::2]
    flat = A.reshape(-1)
    flat[5:25] += flat[30:50]
    return A * row


PROGRAMS: tuple[Fun, ...] = (
    _triangular_factors, _elimination, _waves, _sweeps, _shifts_itself, _reads_old_rows_later, _keeps_old_arrays,
    _at_computed_places, _through_views, _returns_a_view_of_what_is_updated_later,
    _reads_a_part_in_another_shape_later, _writes_through_a_transpose,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_updates_are_those_of_plain_numpy(program: Fun) -> None:
    """Value and gradient, compiled fast and well, are those of the same program without jit."""

    def total(x: Any) -> Any:
        return np.sum(np.cos(program(x)))

    x = np.random.default_rng(0).uniform(0.1, 1, (ROWS, COLUMNS))
    plain = program(x.copy())
    compiled = cr.jit(cr.value_and_grad(total))
    value, slope = cr.value_and_grad(total)(x)
    np.testing.assert_allclose(value, np.sum(np.cos(plain)), rtol=1e-13)
    for _ in range(3):
        found, found_slope = compiled(x)
        np.testing.assert_allclose(found, value, rtol=1e-12)
        np.testing.assert_allclose(found_slope, slope, rtol=1e-10, atol=1e-12)
    single = x.astype(np.float32)
    compiled_single = cr.jit(cr.grad(total))
    for _ in range(3):
        found_slope = compiled_single(single)
        assert found_slope.dtype == np.float32
        np.testing.assert_allclose(found_slope, slope, rtol=2e-3, atol=2e-3)
    straight = cr.jit(program)
    for _ in range(3):
        np.testing.assert_allclose(straight(x), plain, rtol=1e-13)


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_of_updates_agree_with_the_limit(program: Fun) -> None:
    """The slope along a direction is that of the difference quotient."""

    def total(x: Any) -> Any:
        return np.sum(np.cos(program(x)))

    rng = np.random.default_rng(1)
    x, direction = rng.uniform(0.1, 1, (ROWS, COLUMNS)), rng.standard_normal((ROWS, COLUMNS))
    step = 1e-6
    quotient = (total(x + step * direction) - total(x - step * direction)) / (2 * step)
    np.testing.assert_allclose(np.sum(cr.grad(total)(x) * direction), quotient, rtol=1e-6)
    np.testing.assert_allclose(cr.jvp(total, (x,), (direction,))[1], quotient, rtol=1e-6)


def test_results_that_are_views_are_not_overwritten() -> None:
    """An array that is returned, in another shape, is there still when an update of it has been computed."""

    def fun(x: Any) -> Any:
        first = np.where(x > 0.5, 0.5, x)
        first.T[0] -= 0.5 * first.T[-1]
        second = first * 1.0
        second.T[0] -= 0.5 * second.T[-1]
        row, corner = second[3].copy(), second[:2, :20].T.copy()
        second[2:5] *= 3
        return first, second, row, corner

    x = np.random.default_rng(2).standard_normal((15, 40))
    compiled = cr.jit(fun)
    for _ in range(3):
        for found, expected in zip(compiled(x), fun(x), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_an_update_through_a_slice_is_one_assignment() -> None:
    """`y[1:] -= v` assigns once: Python assigns the view again, which is there already."""

    def fun(x: Any) -> Any:
        y = x * 2
        y[1:] -= x[:-1]
        return y

    computed = "\n".join(text for step in cr.jit(fun).explain_plan(np.ones(100)).steps for text in step.computes)
    assert computed.count("set_at") == 1
    assert "scatter" not in computed


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_updates_need_no_numpy(dtype: Any) -> None:
    """Numbers and rows are written by native code in either precision, forth and back."""

    def fun(x: Any) -> Any:
        y = x * 2
        y[0] = 1
        y[1:] *= y[:-1]
        y[3, 1:] = y[2, :-1]
        return np.sum(np.sin(y))

    assert not cr.jit(cr.grad(fun)).explain_plan(np.ones((9, 30), dtype)).fallbacks


def test_a_long_chain_of_values_that_are_used_twice_is_assigned() -> None:
    """What is assigned may depend on what is overwritten in as many ways as its values are combined."""

    def fun(x: Any) -> Any:
        A = np.sin(x)
        A[0] = 0.5
        y = A[1:]
        for _ in range(35):
            y = 0.5 * (y * y + y)
        A[1:] = y
        return A

    x = np.random.default_rng(3).uniform(0, 1, (9, 30))
    compiled = cr.jit(fun)
    for _ in range(3):
        np.testing.assert_allclose(compiled(x), fun(x), rtol=1e-12)


def test_the_plan_says_what_is_overwritten() -> None:
    """A step that overwrites an array writes no more than what is assigned."""

    def fun(x: Any) -> Any:
        y = np.sin(x)
        y[0] = 1.0
        y[1:3] *= 2
        return y

    plan = cr.jit(fun).explain_plan(np.ones((50, 40)))
    assert [step.writes for step in plan.steps] == [50 * 40 * 8, 2 * 40 * 8]
    assert any("overwrite" in note for note in plan.notes)


def test_arrays_without_elements_cost_nothing() -> None:
    """Sums, products and joins of empty slices are known."""

    def fun(x: Any) -> Any:
        return np.concatenate([x[:0], x * (x[:0] @ x[:0] + np.sum(x[5:5] ** 2) + 1)]) + np.prod(x[:0])

    plan = cr.jit(fun).explain_plan(np.ones(100))
    assert not plan.fallbacks
    assert [step.computes for step in plan.steps] == [("result = x + 1",)]

"""Selections by masks in compiled code: the same as NumPy's for any number of elements, on one path, without leaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Fun = Callable[[Any], Any]


def _huber(x: Any) -> Any:
    far = np.abs(x) > 1
    return np.sum(0.5 * x[~far] ** 2) + np.sum(np.abs(x[far]) - 0.5)


def _safe_log(x: Any) -> Any:
    positive = x > 0
    y = np.zeros_like(x)
    y[positive] = np.log(x[positive])
    y[~positive] = x[~positive] ** 3
    return np.sum(y * y)


def _in_place(x: Any) -> Any:
    y = x * 2
    y[y < 0] = 0.0
    y[y > 1] -= x[0]
    y[y > 2] *= 0.5
    return np.sum(y**2)


def _by_a_value(x: Any) -> Any:
    chosen = x[x > 0]
    return np.sum(np.sqrt(chosen) * x[1] / (x[2] ** 2 + chosen))


def _leaves_a_copy(x: Any) -> Any:
    chosen = x[x > 0]
    same = chosen
    chosen *= 3
    return np.sum(same) + np.sum(x)


def _of_rows(x: Any) -> Any:
    rows = np.reshape(x, (-1, 4))
    chosen = rows[rows[:, 0] > 0]
    distances = np.sqrt(np.sum((chosen - rows[0]) ** 2, axis=1) + 1)
    return np.sum(distances) + np.sum(np.mean(chosen, axis=0) ** 2) + np.sum(np.tanh(chosen @ x[:4]))


def _by_places(x: Any) -> Any:
    y, below = x * 1.0, np.where(x < 0)[0]
    y[np.where(y > 1)] = 1.0
    y[below] *= -0.5
    y[below] = np.sqrt(y[below])
    return np.sum(y**3)


def _two_masks(x: Any) -> Any:
    return np.sum(x[x > 0]) * np.mean(x[x < 0] ** 2) + np.max(x[x < 0.5]) - np.min(x[x > -0.5])


def _columns(x: Any) -> Any:
    rows = np.reshape(x, (4, 6))
    mask = rows[1] > 0
    chosen = rows[:, mask] - np.mean(rows, axis=1, keepdims=True)
    scales = np.sqrt(np.sum(chosen**2, axis=0) + 1) + np.max(chosen * chosen, axis=0)
    return np.sum(scales) + np.sum(np.sum(chosen, axis=1) ** 3) + np.sum((chosen @ rows[2, mask]) ** 2)


def _assigned_parts(x: Any) -> Any:
    y, first = np.reshape(x, (2, 3, 4)) * 1.5, np.reshape(x, (2, 3, 4))[0, :, 0] > 0
    y[:, first] *= 0.5
    y[1, first, 2] = 0.25
    y[0, first, 1:] -= x[:3]
    y[..., y[0, 0] < 0] = -1.0
    y[:, first, None] = np.sin(y[:, first, None])
    return np.sum(y**3)


def _parts_of_masked_rows(x: Any) -> Any:
    rows = np.reshape(x, (6, 4))
    mask = rows[:, 1] > 0
    total = (
        np.sum(rows[mask, 0] * rows[mask, -1])
        + np.sum(np.mean(rows[mask, 1:3] ** 2, axis=0))
        + np.mean(rows[mask, ::-2])
    )
    by_place = np.sum(rows[np.flatnonzero(mask), 2] ** 2) + np.sum(rows[mask, None] * rows[mask, None, :])
    return total + by_place + np.sum(rows[mask, 1:] - x[None, :3]) + np.var(rows[..., rows[0] > 0])


def _two_axes_of_three(x: Any) -> Any:
    y = np.reshape(x, (2, 3, 4))
    mask = y[1] > 0
    return np.sum(np.exp(y[:, mask]).sum(axis=1) ** 2) + np.sum(np.tanh(y[:, mask] * np.reshape(x[:2], (2, 1))))


OPEN: tuple[Fun, ...] = (
    lambda x: np.sum(x[x > 0] ** 2),
    lambda x: x[x > 0].mean() + (2 - x[x < 1]).var() + np.prod(1 + x[x > 1] / 50),
    lambda x: np.sum(np.maximum(x[x > 0], 0.5)) + np.sum(1 / x[x > 0.1]) + np.sum(2.0 ** x[x < 0]),
    lambda x: np.sum(x[x > 0]) / x[x > 0].size,
    lambda x: np.dot(x[x > 0], x[x > 0] * 3),
    lambda x: (lambda mask: np.dot(x[mask], np.sin(x[mask])) + np.sum(x[mask] > 1) * x[0])(x > 0),
    lambda x: (lambda mask: np.sum(np.where(x[mask] > 1, x[mask], x[mask] ** 2)))(x > 0),
    lambda x: np.sum(np.clip(x[x > 0], 0.2, 1.0)) + np.count_nonzero(x[x > 0] > 1) * x[3],
    lambda x: np.sum(abs(-x[x < 0])) + np.sum(x[(x > 0) & (x < 1)]),
    lambda x: np.sum(x[np.where(x > 0)] ** 2) + np.sum(np.tanh(x[np.flatnonzero(x < 0)])),
    lambda x: np.sum(x[(x > 0).nonzero()]) * np.mean(np.reshape(x, (4, 6))[np.nonzero(np.reshape(x, (4, 6)) > 0)]),
    _columns,
    _assigned_parts,
    _parts_of_masked_rows,
    _two_axes_of_three,
    _by_places,
    _huber,
    _safe_log,
    _in_place,
    _by_a_value,
    _leaves_a_copy,
    _of_rows,
    _two_masks,
)

SETTLED: tuple[Fun, ...] = (
    lambda x: np.sum(x[x > 0]) / len(x[x > 0]),
    lambda x: np.sum(np.sort(x[x > 0])[:3]),
    lambda x: np.sum(np.concatenate([x[x > 0], x[x < 0] ** 2])),
    lambda x: sum(each**2 for each in x[x > 0]),
    lambda x: x[x > 0][0] ** 2 + np.sum(x[x > 0][1:]),
    lambda x: np.sum(x[x > 0] * np.arange(x[x > 0].shape[0])),
    lambda x: np.sum(np.cumsum(x[x > 0])) + np.std(x[x > 0]) + np.sum(x[x > 0, None]),
    lambda x: np.sum(np.outer(x[x > 0], x[x < 0])),
    lambda x: np.sum(x[np.where(x > 0)[0][:3]]) + np.sum(x[1 + np.nonzero(x[1:] > 0)[0]] * 2),
    lambda x: (
        np.sum(np.reshape(x, (4, 6))[np.nonzero(np.reshape(x, (4, 6)) > 0)[0]]) + len(np.flatnonzero(x > 0)) * x[0]
    ),
    lambda x: sum(x[int(place)] for place in np.flatnonzero(x > 0)) + np.sum(np.where(x > 0)[0] * x[0]),
    lambda x: np.sum(np.where([x[x > 0]], 1, 2)) + np.sum(np.add(x[x > 0], 1, out=x[x > 0])),
    lambda x: np.sum(np.reshape(x, (2, 3, 4))[0, :, x[:4] > 0] ** 2),
    lambda x: np.sum(x[x > 0] @ np.ones((x[x > 0].shape[0], 2))) + np.sum(np.add.reduce(x[x > 0])),
)


def _draw(seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal(24)


def _agree(ours: Any, expected: Any, tolerance: float = 1e-12) -> None:
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
        assert np.result_type(one) == np.result_type(other)


@pytest.mark.parametrize("fun", OPEN)
def test_any_number_of_elements_takes_one_path(fun: Fun) -> None:
    """Values and gradients are those of NumPy's selections, and no call records a path for its number of elements."""
    compiled = cr.jit(cr.value_and_grad(fun))
    for seed in range(6):
        x = _draw(seed)
        _agree(compiled(x), cr.value_and_grad(fun)(x))
    paths = compiled.explain_plan(_draw(0)).paths
    assert len(paths) == 1 or not any("count" in str(path) or "is 1" in str(path) for path in paths)
    assert len(paths) <= 2  # that of extremes which exist is a decision


@pytest.mark.parametrize("fun", OPEN)
def test_selections_have_derivatives_in_every_mode(fun: Fun) -> None:
    """Forward mode, batches of gradients and second derivatives, compiled, are those of the plain function."""
    x, v = _draw(1), _draw(2)
    _agree(cr.jit(lambda x, v: cr.jvp(fun, (x,), (v,)))(x, v), cr.jvp(fun, (x,), (v,)))
    _agree([cr.jit(cr.hessian(fun))(x)], [cr.hessian(fun)(x)], 1e-10)
    if fun is not _two_masks:  # whether there is a largest element is a decision, and each member of a batch may differ
        many = np.stack([_draw(seed) for seed in range(3)])
        expected = np.stack([cr.grad(fun)(each) for each in many])
        _agree([cr.vmap(cr.grad(fun))(many), cr.jit(cr.vmap(cr.grad(fun)))(many)], [expected, expected])


@pytest.mark.parametrize("fun", SETTLED)
def test_what_asks_for_the_shape_still_works(fun: Fun) -> None:
    """A selection whose number of elements matters becomes a plain array."""
    compiled = cr.jit(cr.value_and_grad(fun))
    for seed in range(3):
        _agree(compiled(_draw(seed)), cr.value_and_grad(fun)(_draw(seed)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_what_is_not_selected_gets_nowhere(bad: float) -> None:
    """Elements outside of the domain that the mask leaves out touch neither values nor derivatives, other inputs' included."""

    def fun(x: Any, scale: Any) -> Any:
        good = x > 0.5
        return np.sum(np.log(x[good]) * scale / np.sqrt(x[good] - 0.5)) + np.mean(np.arccos(x[good] * scale))

    x = np.array([0.75, bad if bad != np.inf else -np.inf, 0.6, bad if bad != np.inf else np.nan])
    with np.errstate(all="raise"):
        expected = cr.value_and_grad(fun, (0, 1))(x, 0.9)
        compiled = cr.jit(cr.value_and_grad(fun, (0, 1)))
        for _ in range(3):
            value, (slope, by_scale) = compiled(x, 0.9)
            _agree([value, slope, by_scale], [expected[0], *expected[1]])


def test_selections_of_nothing() -> None:
    """A sum of no elements is 0, a mean NaN, and a largest element NumPy's error."""
    compiled = cr.jit(lambda x: np.sum(x[x > 0] ** 2))
    assert [compiled(np.full(3, value)) for value in (1.0, -1.0, -1.0)] == [3.0, 0.0, 0.0]
    largest = cr.jit(lambda x: np.max(x[x > 0]))
    assert [largest(np.full(3, value)) for value in (1.0, 2.0, 3.0)] == [1.0, 2.0, 3.0]
    for _ in range(3):
        with pytest.raises(ValueError, match="zero-size"):
            largest(np.full(3, -1.0))


def test_selections_keep_their_precision() -> None:
    """Single precision stays single, with Python numbers and with single-precision inputs beside it."""

    def fun(x: Any, scale: Any) -> Any:
        mask = x > 0
        return np.sum(x[mask] ** 2 * 1.5 - scale * x[mask])

    x, scale = _draw(3).astype(np.float32), np.float32(0.5)
    compiled = cr.jit(cr.value_and_grad(fun, (0, 1)))
    for _ in range(3):
        value, slopes = compiled(x, scale)
        expected, expected_slopes = cr.value_and_grad(fun, (0, 1))(x, scale)
        _agree([value, *slopes], [expected, *expected_slopes], 1e-5)


def test_masks_that_are_inputs_may_change() -> None:
    """A mask that is an argument selects as many elements as it likes."""
    compiled = cr.jit(cr.value_and_grad(lambda x, mask: np.sum(np.exp(x[mask]))))
    x = _draw(4)
    for seed in range(5):
        mask = np.random.default_rng(seed).random(24) > 0.3 * seed
        _agree(compiled(x, mask), [np.sum(np.exp(x[mask])), np.where(mask, np.exp(x), 0)])
    assert len(compiled.explain_plan(x, x > 0).paths) == 1


def test_the_square_of_selected_truth_values_is_as_narrow_as_numpys() -> None:
    def squares(x):
        return np.logical_xor(x[x > 0], 1.0) ** 2, (x[x > 0] > 1) ** 3, x[x > 0] ** 2

    compiled = cr.jit(squares)
    for x in (np.array([0.5, -1.0, 2.0]), np.array([-1.0, -2.0, -3.0]), np.array([1.0, 2.0, -1.0])) * 2:
        for found, wanted in zip(compiled(x), squares(x), strict=True):
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted)


def _fractal(c: Any) -> Any:
    z = np.zeros_like(c) + 0j
    for _ in range(3):
        inside = np.abs(z) < 2
        z[inside] = z[inside] ** 2 + c[inside] * (1 + 0.5j)
    return np.sum(np.angle(z[z.imag > 0.1])) + np.abs(np.sum(z[z.imag < 0.1]))


def test_complex_numbers_are_selected_too() -> None:
    """Each member of a batch may select its own number of complex numbers, and compiled code has one path for all."""
    c = np.random.default_rng(0).uniform(-1, 1, size=(4, 6))
    expected = [cr.grad(_fractal)(row) for row in c]
    cr.check_grad(_fractal, c[0])
    np.testing.assert_allclose(cr.vmap(cr.grad(_fractal))(c), expected)
    compiled = cr.jit(cr.grad(_fractal))
    np.testing.assert_allclose([compiled(row) for row in c], expected)
    assert len(compiled.explain_plan(c[0]).paths) == 1

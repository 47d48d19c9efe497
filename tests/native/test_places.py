"""Proves that reads and writes at computed places are native, equal to NumPy's, and never outside of their arrays."""

from __future__ import annotations

import numpy as np
import pytest
from tests.native.agreement import agree, check, within

import chainrule as cr

ROWS, COLUMNS = 40, 30
RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((ROWS, COLUMNS))
PLACES = RNG.integers(-COLUMNS, COLUMNS, 25)


def written(x, places):
    out = x * 1.0
    out[places] = np.sin(out[places]) * 2
    return np.sum(out**2)


def added(x, places):
    out = np.zeros(ROWS, like=x)
    np.add.at(out, places, x[: len(places), 0])
    return np.sum(out**2)


FUNCTIONS = {
    "rows": lambda x, places: np.sum(np.tanh(x[places]) ** 2),
    "columns": lambda x, places: np.sum(np.tanh(x[:, places]) ** 2),
    "one of each row": lambda x, places: np.sum(np.exp(x)[np.arange(len(places)), places]),
    "both axes": lambda x, places: np.sum(x[places, places] ** 3),
    "a slice, a new axis and places": lambda x, places: np.sum(x[2:15, places, None] ** 3),
    "apart": lambda x, places: np.sum(x.reshape(10, 4, COLUMNS)[0, :, places] ** 3),
    "one place": lambda x, places: np.sum(x[places[0]] ** 2),
    "of another type": lambda x, places: np.sum(x[places.astype(np.int32)] ** 2),
    "a matrix of places": lambda x, places: np.sum(x[places.reshape(5, 5)] ** 2),
    "frozen": lambda x, places: np.sum(x[[0, -1, 0]] ** 2),
    "written": written,
    "added": added,
}


@pytest.mark.parametrize("fun", FUNCTIONS.values(), ids=FUNCTIONS)
def test_native_code_reads_and_writes_where_numpy_does(fun):
    step = cr.jit(cr.value_and_grad(fun))
    for places in (PLACES, PLACES[::-1], np.zeros_like(PLACES), PLACES % 7):
        value, slope = step(TABLE, places)
        expected, gradient = cr.value_and_grad(fun)(TABLE, places)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        np.testing.assert_allclose(slope, gradient, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "of another type"])
def test_numpy_is_not_asked(name):
    assert not cr.jit(cr.value_and_grad(FUNCTIONS[name])).explain_plan(TABLE, PLACES).fallbacks


@pytest.mark.parametrize("bad", [ROWS, -ROWS - 1, 2**62, -(2**62)])
@pytest.mark.parametrize("fun", [FUNCTIONS["rows"], written, added], ids=["read", "written", "added"])
def test_a_place_outside_raises_what_it_raises_without_jit(fun, bad):
    step = cr.jit(cr.value_and_grad(fun))
    for _ in range(3):
        step(TABLE, PLACES)
    wrong = PLACES.copy()
    wrong[7] = bad
    with pytest.raises(cr.errors.ShapeError, match="out of bounds"):
        step(TABLE, wrong)
    np.testing.assert_allclose(step(TABLE, PLACES)[0], fun(TABLE, PLACES), rtol=1e-12)


def test_places_are_checked_before_a_decision_reads_there():
    def fun(x, places):
        return np.sum(x) if x[places[0], places[1]] > 0 else np.sum(x**2)

    step = cr.jit(fun)
    for _ in range(3):
        step(TABLE, np.array([1, 2]))
    with pytest.raises(IndexError, match="out of bounds"):
        step(TABLE, np.array([2**60, 2]))


def test_of_values_for_one_place_the_last_is_kept_and_all_are_added():
    values = np.arange(1.0, 1001.0)
    places = np.tile([3, 5], 500)

    def both(x, places, values):
        last, total = x * 1.0, x * 1.0
        last[places] = values
        np.add.at(total, places, values)
        return last, total

    step = cr.jit(both)
    for _ in range(3):
        last, total = step(np.zeros(ROWS), places, values)
    assert (last[3], last[5], total[3], total[5]) == (999.0, 1000.0, 250_000.0, 250_500.0)
    assert np.count_nonzero(last) == np.count_nonzero(total) == 2


def test_an_array_that_is_rolled_is_read_where_it_is():
    def fun(x):
        return np.sum((np.roll(x, 1, 0) - 2 * x + np.roll(x, (2, -3), (0, 1))) ** 2 * x)

    step = cr.jit(cr.value_and_grad(fun))
    for _ in range(3):
        value, slope = step(TABLE)
    expected, gradient = cr.value_and_grad(fun)(TABLE)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(slope, gradient, rtol=1e-11, atol=1e-13)
    assert not step.explain_plan(TABLE).fallbacks


def test_what_is_joined_is_written_once_where_there_are_many_parts():
    def fun(x):
        for _ in range(12):
            x = x + 0.1 * (np.roll(x, 1, 0) + np.roll(x, -1, 1))
        return np.sum(x**2)

    step = cr.jit(cr.grad(fun))
    for _ in range(3):
        slope = step(TABLE)
    np.testing.assert_allclose(slope, cr.grad(fun)(TABLE), rtol=1e-11)
    assert not step.explain_plan(TABLE).fallbacks


@pytest.mark.parametrize("step", [1, 2, 3, 5, -1, -2, -3, -7])
@pytest.mark.parametrize("start", [None, 1, 4, -2])
@pytest.mark.parametrize(
    "fun",
    [
        lambda x: np.pad(x, (5, 9)),
        lambda x: np.concatenate([x[:7], x, x[3:]]),
        lambda x: np.roll(x, 5) + np.roll(x, -3),
        cr.grad(lambda x: np.sum(x[3:9] ** 2) + np.sum(x[20:] ** 3)),
    ],
    ids=["padded", "joined", "rolled", "placed"],
)
def test_parts_are_found_by_any_step(fun, start, step):
    x = np.arange(1.0, 41.0)
    compiled = cr.jit(lambda x: fun(x)[start::step] * 2)
    for _ in range(3):
        found = compiled(x)
    np.testing.assert_array_equal(found, fun(x)[start::step] * 2)


def test_counts_take_one_path_as_long_as_the_places_are_below_their_number() -> None:
    def total(w, places):
        return np.sum(np.bincount(places, weights=w, minlength=6) ** 2), np.bincount(places)

    rng = np.random.default_rng(4)
    calls = [(rng.normal(size=30), rng.integers(0, end, 30)) for end in (6, 2, 6, 9, 1, 5)]
    check(total, *calls)
    slope = cr.jit(cr.grad(lambda w, places: np.sum(np.bincount(places, weights=w, minlength=6) ** 2)))
    for w, places in [calls[0], calls[2], calls[5]] * 2:
        agree(slope(w, places), slope.__wrapped__(w, places), within(16))
    assert len(slope.explain_plan(*calls[0]).paths) == 1
    for places in (np.array([1, -1]), np.array([1.0, 2.0]), np.ones((2, 1), int)):
        with pytest.raises((TypeError, ValueError)):
            slope(np.ones(2), places)

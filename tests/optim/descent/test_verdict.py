"""Proves that every descent ends in a clear status or error within its steps, and that its message says why, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import (
    LBFGS,
    Adam,
    AdamW,
    Box,
    ClipNorm,
    GradientDescent,
    Maximize,
    Momentum,
    Status,
    WeightDecay,
    schedules,
)


def parabola(x: Any) -> Any:
    return x**2


# --- the lesson: x² from 5


@pytest.mark.parametrize("steps", [10, 1000])
@pytest.mark.parametrize(
    ("rate", "status", "words"),
    [
        (0.001, Status.STEPS_EXHAUSTED, "too slow: the learning rate 0.001 is far below the stable bound 2/λmax = 1.0"),
        (0.1, None, ""),
        (1.0, Status.STALLED, "oscillating: every step undoes the one before"),
        (
            1.1,
            Status.DIVERGED,
            "the learning rate 1.1 is above the stable bound 2/λmax = 1.0 (λmax = 2.0 at the start); try 0.5",
        ),
    ],
)
def test_rates_are_called_what_they_are(rate: float, steps: int, status: Status | None, words: str) -> None:
    found = cr.minimize(parabola, 5.0, GradientDescent(rate), steps=steps)
    assert found.status is (status or (Status.CONVERGED if steps > 100 else Status.STEPS_EXHAUSTED))
    assert words in found.message
    assert found.message.startswith(found.status.name.lower().replace("_", " "))
    if rate == 0.1:
        assert not any(word in found.message for word in ("slow", "oscillating", "diverg", "try"))


def test_a_leap_over_the_minimum_that_is_made_good_again_is_no_divergence() -> None:
    found = cr.minimize(lambda x: np.sum(x**2), np.array([0.003, 0.003]), Adam(0.1), steps=30)
    assert found.fun > found.losses[0]
    assert found.losses[-1] < found.losses.max() / 10
    assert found.status is Status.STEPS_EXHAUSTED
    assert "more than the 1.8e-05 at the start: a step was too long" in found.message


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 9])
def test_values_that_grow_are_a_divergence_however_few_are_kept(record: bool, steps: int) -> None:
    assert cr.minimize(parabola, 5.0, GradientDescent(1.1), steps=steps, record=record).status is Status.DIVERGED


def test_the_steps_that_are_left_are_counted() -> None:
    found = cr.minimize(parabola, 5.0, GradientDescent(0.01), steps=200)
    left = int(found.message.split("about ")[1].split(" ")[0].replace(",", ""))
    assert cr.minimize(parabola, 5.0, GradientDescent(0.01), steps=200 + left).success
    assert not cr.minimize(parabola, 5.0, GradientDescent(0.01), steps=200 + left - 3).success


@pytest.mark.parametrize(("fun", "start"), [(lambda x: x**4, 1.0), (lambda x: np.exp(-x), 0.0)])
def test_a_descent_that_slows_down_gets_a_number_of_steps_that_are_not_enough(fun: Any, start: float) -> None:
    # It was said to take about 4,734 more on x^4, where it takes 677,593.
    found = cr.minimize(fun, start, GradientDescent(0.1), steps=1000)
    assert "it slows down, and takes more than " in found.message
    more = int(found.message.split("more than ")[1].split(" ")[0].replace(",", ""))
    assert more > 1000
    assert not cr.minimize(fun, start, GradientDescent(0.1), steps=1000 + more).success


def test_no_steps_are_counted_where_the_gradient_only_goes_up_and_down() -> None:
    found = cr.minimize(np.max, np.array([1.0, 2.0]), GradientDescent(0.1), steps=1000)
    assert found.message == "steps exhausted: the gradient still has norm 0.707 after 1,000 steps"


def test_momentum_has_its_own_bound() -> None:
    found = cr.minimize(parabola, 5.0, Momentum(2.0, momentum=0.5), steps=50)
    assert found.status is Status.DIVERGED
    assert "above the stable bound 2(1 + momentum)/λmax = 1.5" in found.message


def test_the_bound_of_many_variables() -> None:
    scales = np.linspace(1, 50, 400)
    found = cr.minimize(lambda x: np.sum(scales * x**2) / 2, np.ones(400), GradientDescent(0.05), steps=100)
    assert found.status is Status.DIVERGED
    assert "above the stable bound 2/λmax = 0.04" in found.message
    assert float(found.message.split("(λmax = ")[1].split(" ")[0]) == pytest.approx(50, rel=1e-3)


@pytest.mark.parametrize(
    "method", [Adam(100.0), ClipNorm(GradientDescent(9.0), 1e9), Adam(schedules.Constant(9.0)), Adam(1e200)]
)
def test_methods_without_a_bound_are_advised_as_well(method: Any) -> None:
    found = cr.minimize(lambda x: np.exp(x * x / 10), 5.0, method, steps=30)
    assert found.status in (Status.DIVERGED, Status.STALLED, Status.NOT_FINITE)
    assert "try a smaller learning rate" in found.message
    assert "e+" not in found.message.split("such as")[-1]  # a tenth of a rate that is far too large is no advice


@pytest.mark.parametrize(
    ("schedule", "largest"),
    [
        (schedules.Step(1.3, 500), 1.3),
        (schedules.WarmUp(2.0, 100), 2.0),
        (lambda step: 1.2, 1.2),
        (schedules.OneCycle(30.0, 90), 30.0),
    ],
)
def test_the_largest_rate_of_a_schedule_is_held_against_the_bound(schedule: Any, largest: float) -> None:
    found = cr.minimize(parabola, 5.0, GradientDescent(schedule), steps=200)
    assert found.status is Status.DIVERGED
    assert "; the schedule's largest learning rate" in found.message
    assert "is above the stable bound 2/λmax = 1.0 (λmax = 2.0 at the start); try 0.5" in found.message
    assert float(found.message.split("learning rate ")[1].split(" ")[0]) == pytest.approx(largest, rel=0.01)


# --- where the gradient vanishes


@pytest.mark.parametrize(
    ("fun", "start", "method", "words"),
    [
        (lambda x: x[0] ** 2 - x[1] ** 2, np.zeros(2), GradientDescent(0.1),
         "it is a saddle, not a minimum: the curvature goes from λmin = -2.0 to λmax = 2.0; a start beside it leads away"),
        (lambda x: x[0] ** 2 - x[1] ** 2, np.array([1.0, 0.0]), GradientDescent(0.1), "it is a saddle, not a minimum"),
        (lambda x: x[0] ** 2 - x[1] ** 2, np.array([1.0, 0.0]), Maximize(Adam(0.1)), ""),
        (lambda x: x[0] ** 2 - x[1] ** 2, np.zeros(2), LBFGS(), "it is a saddle, not a minimum"),
        (np.cos, 0.0, GradientDescent(0.1), "it is a maximum, not a minimum: the curvature is -1.0"),
        (np.cos, 0.0, Maximize(GradientDescent(0.1)), ""),
        (np.cos, np.pi, Maximize(GradientDescent(0.1)), "it is a minimum, not a maximum: the curvature is 1.0"),
        (lambda x: np.sum(x**2) - 1.5 * np.sum(x) ** 2 / 50, np.zeros(50), GradientDescent(0.1), "λmin = -1.0 to λmax = 2.0"),
        (lambda x: x**3, 0.0, GradientDescent(0.1), "the curvature is 0 there, too, so that it need not be a minimum"),
        (lambda x: np.maximum(x, 0), -1.0, GradientDescent(0.1), "where a function is flat, start elsewhere"),
        (lambda x: 1e-12 * x**2, 5.0, GradientDescent(0.1), "less than tol = 1e-08; with a smaller one it goes on"),
        (lambda x: 1 / (1 + np.exp(-x)), 50.0, GradientDescent(0.1), "nearly flat: start elsewhere, or multiply it"),
        (lambda x: (x - 3) ** 2, 0.0, Box(GradientDescent(0.1), -1.0, 1.0), "the gradient within the box has norm 0"),
        (lambda x: -(x**2), 0.0, Box(GradientDescent(0.1), -1.0, 1.0), ""),
        (parabola, 5.0, GradientDescent(0.1), ""),
        (parabola, 0.0, GradientDescent(0.1), ""),
        (lambda x: x[0] ** 2, np.ones(2), GradientDescent(0.1), ""),  # a valley
    ],
)  # fmt: skip
def test_what_is_no_minimum_is_said_to_be_none(fun: Any, start: Any, method: Any, words: str) -> None:
    found = cr.minimize(fun, start, method, steps=1000)
    if words:
        assert found.success
        assert words in found.message
        assert found.message.endswith(("away", "goes on", "elsewhere", "number", "step", "steps"))
    else:
        assert not any(word in found.message for word in ("saddle", "curvature", "tol", "a start"))


@pytest.mark.parametrize("method", [AdamW(0.1), Maximize(Maximize(WeightDecay(Momentum(0.05), 0.1)))])
def test_weight_decay_is_blamed(method: Any) -> None:
    found = cr.minimize(lambda x: (x[0] - 1) ** 2 + 2 * x[1] ** 2, np.array([5.0, -3.0]), method, steps=300)
    assert found.status is Status.STALLED
    assert "weight decay pulls x away" in found.message
    assert "learning rate" not in found.message


def test_no_gradient_at_all_has_converged_whatever_the_tolerance() -> None:
    found = cr.minimize(lambda x: (x - 1) ** 2, 5.0, GradientDescent(0.5), tol=0, steps=50)
    assert found.message == "converged: the gradient has norm 0 after 50 steps"


@pytest.mark.parametrize("method", [GradientDescent(0.1), LBFGS()])
def test_a_gradient_whose_square_vanishes_is_not_called_none(method: Any) -> None:
    found = cr.minimize(lambda x: 1e-300 * x**2, 5.0, method)
    assert found.success
    assert found.message.startswith("converged: the gradient is shorter than 1e-162 at the start")
    assert "has norm 0 " in cr.minimize(lambda x: 0 * x, 5.0, method).message


def test_the_precision_of_x_is_blamed() -> None:
    found = cr.minimize(lambda x: np.sum((x - 1 / 3) ** 2), np.zeros(2, np.float32), steps=1000, tol=1e-12)
    assert found.status is Status.STALLED
    assert found.message.endswith("x is less precise than float64: give x0 as float64, or a larger tol")


def test_a_curvature_that_grows_is_named() -> None:
    found = cr.minimize(lambda x: x**4 - x, 0.1, GradientDescent(5.0), steps=500)
    assert found.status is Status.DIVERGED
    assert "below the stable bound" in found.message
    assert "the curvature grows on the way; try 0.5" in found.message


# --- hostile functions


def jump(x: Any) -> Any:
    return np.where(x > 1, x**2, x**2 + 5)


@pytest.mark.parametrize(
    ("fun", "start", "method", "status", "words"),
    [
        (np.log, -1.0, GradientDescent(0.1), Status.NOT_FINITE, "the function is nan at the start"),
        (lambda x: np.sqrt(x), 0.5, GradientDescent(1.0), Status.NOT_FINITE, "the function is nan after 1 step"),
        (lambda x: np.sqrt(np.abs(x) - x), 0.0, GradientDescent(1.0), Status.NOT_FINITE, "the gradient is nan"),
        (lambda x: 3.0, 5.0, GradientDescent(0.1), Status.CONVERGED, "norm 0 at the start"),
        (lambda x: 3, 5.0, GradientDescent(0.1), Status.CONVERGED, "norm 0 at the start"),
        (lambda x: -x, 5.0, GradientDescent(0.1), Status.STEPS_EXHAUSTED, "as large as at the start; it may have no minimum"),
        (lambda x: -(x**2), 5.0, GradientDescent(0.1), Status.DIVERGED, "it has no minimum that way"),
        (lambda x: -(x**4), 5.0, GradientDescent(0.1), Status.DIVERGED, "the function is -inf after"),
        (lambda x: np.abs(x), 5.03, GradientDescent(0.1), Status.STALLED, "oscillating"),
        (lambda x: np.sum(np.abs(x)), np.array([1.03, 2.01]), GradientDescent(0.1), Status.STALLED, "oscillating"),
        (jump, 5.0, GradientDescent(0.1), Status.CONVERGED, "converged"),
        (lambda x: np.floor(x), 5.5, GradientDescent(0.1), Status.CONVERGED, "norm 0 at the start"),
        (lambda x: x**4, 5.0, GradientDescent(0.1), Status.DIVERGED, "above the stable bound"),
        (lambda x: 1e6 + 1e-9 * x, 5.0, GradientDescent(0.1), Status.CONVERGED, "converged"),
        (lambda x: 1e6 + 1e-6 * x, 5.0, GradientDescent(1e-6), Status.STALLED, "no longer change the function"),
        (lambda x: 1e200 * x**2, 1e10, GradientDescent(0.1), Status.NOT_FINITE, "longer than 1e154"),
    ],
)  # fmt: skip
def test_hostile_functions_end_in_a_status(fun: Any, start: Any, method: Any, status: Status, words: str) -> None:
    for record in (True, False):
        found = cr.minimize(fun, start, method, steps=1000, record=record)
        assert found.nit <= 1000
        if record:
            assert found.status is status
            assert words in found.message
            assert str(found)
    assert np.all(np.isfinite(found.x))


def test_the_best_point_is_returned_where_numbers_end() -> None:
    found = cr.minimize(lambda x: np.sqrt(x - 1), 9.0, GradientDescent(5.0), steps=100)
    assert found.status is Status.NOT_FINITE
    assert found.nit > 2
    assert found.fun == np.nanmin(found.losses)
    assert found.fun == pytest.approx(np.sqrt(found.x - 1))
    assert found.jac == pytest.approx(0.5 / np.sqrt(found.x - 1))


def test_what_the_function_raises_comes_through() -> None:
    def fun(x: Any) -> Any:
        if x < 2:
            raise ArithmeticError("below two")
        return x**2

    for steps in (15, 1000):
        with pytest.raises(ArithmeticError, match="below two"):
            cr.minimize(fun, 5.0, steps=steps)


@pytest.mark.parametrize("fun", [lambda x: x, lambda x: 1j * np.sum(x), lambda x: None, lambda x: (x[0], x[1])])
def test_results_that_are_no_real_number_are_refused(fun: Any) -> None:
    with pytest.raises(cr.NotScalarError):
        cr.minimize(fun, np.ones(3))


def test_results_may_change_their_precision() -> None:
    def fun(x: Any) -> Any:
        value = np.sum(x**2)
        return value.astype(np.float32) if value < 3 else value

    found = cr.minimize(fun, np.array([3.0, 4.0]), tol=1e-6)
    assert found.success
    assert found.losses.dtype == np.float64


def test_random_functions_run_as_they_are() -> None:
    dice = np.random.default_rng(0)
    seen = cr.minimize(lambda x: x**2 + dice.normal(), 5.0, steps=60, tol=0)
    noise = seen.losses - seen.path**2
    assert len(np.unique(noise)) > 50

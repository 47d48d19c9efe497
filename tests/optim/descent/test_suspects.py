"""Proves that a descent that no learning rate helps says what is wrong: with the function, its gradient, or the method."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

import chainrule as cr
from chainrule.optim import (
    LBFGS,
    Adagrad,
    Adam,
    AdamW,
    Batches,
    ClipNorm,
    ClipValue,
    ConjugateGradient,
    GradientDescent,
    Lion,
    Maximize,
    Momentum,
    Newton,
    RMSprop,
    Status,
    schedules,
)
from chainrule.optim.descent.suspects import is_another_each_time
from chainrule.optim.descent.task import Task

DATA = np.random.default_rng(0).normal(size=(40, 3))
TARGET = DATA @ np.array([1.0, -2.0, 3.0])


def squares(w: Any) -> Any:
    return np.mean((DATA @ w - TARGET) ** 2)


def valley(x: Any) -> Any:
    return 0.5 * (x[0] ** 2 + 100 * x[1] ** 2)


# --- gradients that are 0


def network(p: Any) -> Any:
    return np.mean((np.maximum(DATA @ p["in"] + p["bias"], 0) @ p["out"] + p["last"] - TARGET) ** 2)


def dead() -> Any:
    return {"in": np.zeros((3, 4)), "bias": np.full(4, -1.0), "out": np.ones(4), "last": 0.0}


def test_dead_units_are_named_though_the_rest_has_converged() -> None:
    found = cr.minimize(network, dead())
    assert found.success
    assert "the gradient of p['bias'], p['in'], p['out'] is exactly 0: dead unit in maximum, " in found.message
    assert f"test_suspects.py:{network.__code__.co_firstlineno + 1} (" in found.message


@pytest.mark.parametrize(
    ("fun", "words"),
    [
        (lambda w: squares(np.round(w)), "rounding in rint"),
        (lambda w: squares(cr.stop_gradient(w)), "exactly 0: stop_gradient"),
        (lambda w: np.mean((DATA @ w > 0) == (TARGET > 0)), "comparison in equal"),
        (lambda w: squares(np.zeros(3)), "unused (the function does not read it)"),
    ],
)
def test_what_detaches_a_gradient_is_named(fun: Any, words: str) -> None:
    assert words in cr.minimize(fun, np.array([0.5, 0.3, 0.2])).message


@pytest.mark.parametrize(
    ("fun", "start"),
    [(squares, np.array([1.0, -2.0, 3.0])), (lambda x: (x - 1) ** 2, 1.0), (lambda x: np.sum(np.abs(x)), np.zeros(2))],
)
def test_a_minimum_is_left_in_peace(fun: Any, start: Any) -> None:
    assert "exactly 0" not in cr.minimize(fun, start, tol=1e-12).message


def test_a_step_that_kills_the_units_is_blamed_on_the_learning_rate() -> None:
    # It was "converged", and nothing more.
    positive, total = np.abs(DATA), np.abs(DATA).sum(1)

    def small(w: Any) -> Any:
        return np.mean((2 * np.maximum(positive @ w, 0) - total) ** 2)

    found = cr.minimize(small, np.full(3, 0.7), GradientDescent(1.0))
    assert found.success
    assert found.fun > found.losses[0]
    assert (
        "at the start: a step was too long and has left the way; the learning rate 1.0 is above the stable bound"
        in found.message
    )
    assert "dead unit in maximum" in found.message


# --- gradients that are wrong, and functions that change


@cr.custom_vjp
def turned(x: Any) -> Any:
    return x**2


turned.defvjp(lambda x: (x**2, x), lambda x, ct: (-2 * x * ct,))


@pytest.mark.parametrize("method", [GradientDescent(0.1), Adam(0.1)])
def test_a_gradient_of_the_wrong_sign_is_told_from_a_rate_that_is_too_large(method: Any) -> None:
    found = cr.minimize(lambda w: np.sum(turned(w - 1)), np.zeros(3), method, steps=100)
    assert found.status is Status.DIVERGED
    assert "the slope is -3.46 by the limit definition and 3.46 by the rules; ask cr.check_grad" in found.message
    assert "learning rate" not in found.message


@pytest.mark.parametrize("rate", [0.001, 0.1])
def test_a_gradient_that_is_detached_is_not_blamed_on_long_steps(rate: float) -> None:
    found = cr.minimize(lambda x: np.sum(cr.stop_gradient(x) ** 2 + x), np.ones(2), GradientDescent(rate), steps=60)
    assert "the gradient is not that of the function" in found.message
    assert "learning rate" not in found.message


def test_sums_in_another_order_are_no_random_numbers() -> None:
    calls = itertools.count()
    task = Task(lambda x: x * (1 + 1e-15 * (next(calls) % 2)), 1.0, GradientDescent(0.1), 10, 1e-8)
    assert not is_another_each_time(task, 1.0)


def test_a_rate_that_is_too_large_is_not_blamed_on_the_gradient() -> None:
    message = cr.minimize(squares, np.zeros(3), GradientDescent(3.0), steps=100).message
    assert "above the stable bound" in message
    assert "limit definition" not in message


@pytest.mark.parametrize("rate", [0.1, 1e-3])
def test_random_numbers_are_named(rate: float) -> None:
    random = np.random.default_rng(1)
    found = cr.minimize(lambda w: squares(w + random.normal(size=3)), np.zeros(3), GradientDescent(rate), steps=60)
    assert "the function returns another value at every call" in found.message
    assert "at this pace" not in found.message


# --- steps that are too short, or swing


@pytest.mark.parametrize("method", [Adam(1e-6), RMSprop(1e-6), Adagrad(1e-6), Lion(1e-6)])
def test_methods_without_a_bound_are_told_that_they_creep(method: Any) -> None:
    message = cr.minimize(squares, np.zeros(3), method, steps=200).message
    assert message.endswith("nearly that of the start: take more steps, or a larger learning rate, such as 1e-05")


def test_a_gradient_that_is_always_clipped_is_named() -> None:
    message = cr.minimize(squares, np.zeros(3), ClipNorm(GradientDescent(0.1), 1e-3), steps=200).message
    assert message.endswith("every gradient was longer than the 0.001 that ClipNorm lets through: raise that")
    assert "ClipNorm" not in cr.minimize(squares, np.zeros(3), ClipNorm(GradientDescent(0.1), 1.0), steps=50).message


@pytest.mark.parametrize("momentum", [0.99, 0.999])
def test_a_momentum_that_is_too_large_is_not_blamed_on_the_rate(momentum: float) -> None:
    # "try a smaller learning rate" was the advice, which is as slow.
    message = cr.minimize(valley, np.ones(2), Momentum(0.01, momentum=momentum), steps=500).message
    assert "so large a momentum swings for long at every rate" in message
    assert "smaller learning rate" not in message
    rate, better = (float(part.split(")")[0]) for part in message.split("Momentum(")[1].split(", momentum="))
    assert cr.minimize(valley, np.ones(2), Momentum(rate, momentum=better), steps=500).success
    assert "momentum" not in cr.minimize(valley, np.ones(2), Momentum(0.01, momentum=0.7), steps=20).message


def test_a_schedule_that_falls_too_fast_is_named() -> None:
    falling = GradientDescent(schedules.Exponential(0.01, 0.5))
    message = cr.minimize(squares, np.zeros(3), falling, steps=500).message
    assert message.endswith("to 3.055e-153: one that falls more slowly goes on")
    assert "learning rate from 0.01 to" in message
    slowly = GradientDescent(schedules.Exponential(0.1, 0.999))
    assert "falls" not in cr.minimize(squares, np.zeros(3), slowly, steps=2000, tol=0).message


def test_a_rate_at_the_bound_oscillates_though_the_function_still_falls() -> None:
    message = cr.minimize(valley, np.ones(2), GradientDescent(0.02), steps=300).message
    assert "oscillating: the learning rate 0.02 is at the stable bound 2/λmax = 0.02" in message


@pytest.mark.parametrize(("rate", "status"), [(0.1, Status.DIVERGED), (4e-13, Status.STEPS_EXHAUSTED)])
def test_features_of_different_scales_are_named(rate: float, status: Status) -> None:
    def scaled(w: Any) -> Any:
        return np.mean((DATA[:, 0] * (w[0] - 1) + 1e6 * DATA[:, 1] * (w[1] - 1e-6)) ** 2)

    found = cr.minimize(scaled, np.zeros(2), GradientDescent(rate))
    assert found.status is status
    assert (
        "so that a rate for the steepest direction is far too slow for the flattest: bring the parts of x"
        in found.message
    )


def test_weight_decay_is_blamed_where_steps_still_go_to_and_fro() -> None:
    found = cr.minimize(squares, np.zeros(3), AdamW(0.05, weight_decay=10.0), steps=500)
    assert found.message.endswith(
        "weight decay pulls x away from where the gradient vanishes: with less of it, or none, it goes on"
    )


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (GradientDescent(0.1), "wrap the method in cr.optim.Maximize; if x has bounds, in cr.optim.Box"),
        (Maximize(GradientDescent(0.1)), "leave cr.optim.Maximize out"),
    ],
)
def test_a_function_without_an_end_is_asked_which_way_was_meant(method: Any, words: str) -> None:
    sign = 1 if isinstance(method, Maximize) else -1
    assert words in cr.minimize(lambda w: sign * squares(w), np.zeros(3), method, steps=300).message


# --- solvers


SOLVERS = [LBFGS(), ConjugateGradient(), Newton()]


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_steps_of_a_solver_are_exhausted_where_it_says_so(solver: Any) -> None:
    # Newton's steps that are tried and not taken are steps: it was "stalled", with SciPy's words.
    found = cr.minimize(
        lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, np.array([-1.2, 1.0]), solver, steps=3
    )
    assert found.status is Status.STEPS_EXHAUSTED
    assert "says" not in found.message
    straight = cr.minimize(np.sum, np.zeros(2), solver, steps=20)
    assert "as large as at the start; it may have no minimum that way" in straight.message


@pytest.mark.parametrize("solver", [LBFGS(), ConjugateGradient()])
def test_a_gradient_of_the_wrong_sign_is_told_from_a_solver_that_is_at_its_end(solver: Any) -> None:
    message = cr.minimize(lambda w: np.sum(turned(w - 1)), np.zeros(3), solver).message
    assert (
        "says: no step in a direction that leads down makes the function less; the gradient is not that of the func"
        in message
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_rounding_is_named_where_it_ends_a_solver(solver: Any) -> None:
    found = cr.minimize(lambda x: 1e8 + np.sum((DATA @ x - TARGET - 1) ** 2), np.zeros(3), solver)
    assert found.status is Status.STALLED
    assert "rounding hides what shorter steps would gain; a larger tol, such as " in found.message
    tol = float(found.message.split("such as ")[1].split(",")[0])
    assert cr.minimize(lambda x: 1e8 + np.sum((DATA @ x - TARGET - 1) ** 2), np.zeros(3), solver, tol=tol).success


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_at_the_end_of_a_domain_say_what_copes(solver: Any) -> None:
    message = cr.minimize(lambda x: np.sum(np.sqrt(x)) + np.sum((x - 0.1) ** 2), np.full(3, 0.5), solver).message
    assert message.endswith("such as cr.optim.Adam(0.1), gets nearer")


def test_a_solver_that_falls_without_end_is_asked_for_the_other_way() -> None:
    message = cr.minimize(lambda x: -np.sum(x**2), np.array([1.0, 0.5]), LBFGS()).message
    assert "it has no minimum that way; if it is to be maximized, minimize its negative" in message


# --- functions that are hardly those that were meant


COLUMN = TARGET[:, None]


@pytest.mark.parametrize("method", [GradientDescent(0.1), LBFGS()])
def test_labels_that_meet_each_prediction_are_named(method: Any) -> None:
    found = cr.minimize(lambda w: np.mean((DATA @ w - COLUMN) ** 2), np.zeros(3), method)
    assert found.success
    assert found.message.endswith("each with each; if they belong together one by one, write COLUMN.ravel()")
    assert "DATA @ w of shape (40,) and COLUMN of shape (40, 1) make (40, 40) in subtract, line " in found.message


def test_labels_that_meet_each_prediction_are_named_in_batches() -> None:
    batches = Batches((DATA, COLUMN), 8)
    message = cr.minimize(lambda w, x, y: np.mean((x @ w - y) ** 2), np.zeros(3), batches=batches).message
    assert "of shape (8,) and y of shape (8, 1) make (8, 8)" in message


@pytest.mark.parametrize(
    "fun",
    [
        squares,
        lambda w: np.mean((DATA @ w[:, None] - COLUMN) ** 2),
        lambda w: np.sum((w[:, None] - w) ** 2),  # pairs
        lambda w: -np.sum(np.log(np.sum(np.exp(-((COLUMN[:3] - w) ** 2)), axis=0))),  # a density
    ],
)
def test_what_is_meant_to_be_crossed_is_left_in_peace(fun: Any) -> None:
    message = cr.minimize(fun, np.array([0.1, 0.2, 0.4]), steps=50).message
    assert "each with each" not in message


def test_units_that_are_copies_of_one_another_are_named() -> None:
    def loss(p: Any) -> Any:
        return np.mean((np.tanh(DATA @ p["in"]) @ p["out"] - TARGET) ** 2)

    message = cr.minimize(loss, {"in": np.ones((3, 4)), "out": np.ones(4)}, steps=50).message
    assert "the 4 columns of p['in'] are equal, and so are their gradients" in message
    start = {"in": np.random.default_rng(0).normal(size=(3, 4)), "out": np.ones(4)}
    assert "are equal" not in cr.minimize(loss, start, steps=50).message


# --- what holds x, or is never felt


@pytest.mark.parametrize("factor", [100.0, 1e4])
def test_a_penalty_that_outweighs_the_loss_is_named(factor: float) -> None:
    # It was "converged", and nothing more.
    def loss(w: Any) -> Any:
        return squares(w) + factor * np.sum(w**2)

    found = cr.minimize(loss, np.zeros(3), GradientDescent(0.5 / factor), steps=2000)
    assert found.success
    assert "factor * np.sum(w**2), which reads no data, bends " in found.message
    assert found.message.endswith(
        "times more than the rest along the way on which that would become smaller: give it a smaller factor"
    )


def test_a_penalty_with_kinks_that_outweighs_the_loss_is_named() -> None:
    found = cr.minimize(lambda w: squares(w) + 1e4 * np.sum(np.abs(w)), np.full(3, 0.1), Adam(0.01), steps=300)
    assert "1e4 * np.sum(np.abs(w)), which reads no data, pulls " in found.message


@pytest.mark.parametrize("batches", [None, Batches((DATA, TARGET), size=8, epochs=20)])
def test_a_penalty_is_named_in_batches_too_and_a_modest_one_is_left_in_peace(batches: Any) -> None:
    def loss(w: Any, rows: Any = DATA, targets: Any = TARGET) -> Any:
        return np.mean((rows @ w - targets) ** 2) + 100 * np.sum(w**2)

    def modest(w: Any, rows: Any = DATA, targets: Any = TARGET) -> Any:
        return np.mean((rows @ w - targets) ** 2) + 1e-3 * np.sum(w**2)

    for fun, is_named in ((loss, True), (modest, False)):
        found = cr.minimize(fun, np.zeros(3), GradientDescent(0.004), batches=batches)
        assert ("100 * np.sum(w**2), which reads no data" in found.message) is is_named


@pytest.mark.parametrize("method", [GradientDescent(0.3), Maximize(GradientDescent(0.3))])
def test_a_penalty_that_the_fit_needs_is_left_in_peace(method: Any) -> None:
    sign = -1 if isinstance(method, Maximize) else 1
    labels = TARGET + 3 * np.random.default_rng(5).normal(size=40)
    found = cr.minimize(lambda w: sign * (np.mean((DATA @ w - labels) ** 2) + 0.01 * np.sum(w**2)), np.zeros(3), method)
    assert found.success
    assert "reads no data" not in found.message


def test_a_gradient_that_vanishes_through_layers_is_named_with_its_line() -> None:
    random = np.random.default_rng(1)
    start = {"layers": [random.normal(size=(3, 3)) for _ in range(30)], "last": np.ones(3)}

    def deep(p: Any) -> Any:
        h = DATA
        for weights in p["layers"]:
            h = 1 / (1 + np.exp(-(h @ weights)))
        return np.mean((h @ p["last"] - TARGET) ** 2)

    message = cr.minimize(deep, start, GradientDescent(0.1), steps=30).message
    assert "the gradient of p['layers'][0], p['layers'][1]" in message
    assert "less than a billionth of that of p['last']: on its way there it vanishes in " in message
    assert f"test_suspects.py:{deep.__code__.co_firstlineno + 3}, 30 times a factor of about 0." in message


def test_a_gradient_that_is_nothing_but_rounding_has_not_vanished() -> None:
    centered, labels = DATA - DATA.mean(0), TARGET - TARGET.mean()
    fun = lambda p: np.mean((centered @ p["w"] + p["b"] - labels) ** 2)  # noqa: E731
    assert "billionth" not in cr.minimize(fun, {"w": np.zeros(3), "b": 0.0}, GradientDescent(0.1)).message


def test_parts_that_cancel_are_not_blamed_on_what_lies_behind_them() -> None:
    # Half of the samples pull up, and half down: the gradient of b was "exactly 0: dead unit in maximum".
    sides = np.tile([1.0, -1.0], 20)
    rows = np.repeat(np.random.default_rng(2).normal(size=(20, 3)), 2, axis=0)

    def hinge(p: Any) -> Any:
        return np.mean(np.maximum(0, 1 - sides * (rows @ p["w"] + p["b"]))) + np.sum(p["w"] ** 2)

    start = {"w": np.array([2.0, 1.0, -3.0]), "b": 0.0}
    assert np.any(1 - sides * (rows @ start["w"]) < 0)
    assert "dead unit" not in cr.minimize(hinge, start, GradientDescent(0.01), steps=50).message


def test_a_loss_of_0_is_a_minimum_though_its_units_rest() -> None:
    found = cr.minimize(lambda w: np.mean(np.maximum(0, 1 - np.abs(DATA[:, 0]) * w)), 1e4, GradientDescent(0.1))
    assert found.success
    assert "exactly 0" not in found.message


def test_saturation_is_named_though_other_samples_fit() -> None:
    # The larger share of the zeros is that of samples that fit exactly: nothing was said.
    labels = (TARGET > -2).astype(float)
    assert labels.mean() > 0.5
    message = cr.minimize(
        lambda p: np.mean((expit(DATA @ p["w"] + p["b"]) - labels) ** 2), {"w": np.zeros(3), "b": 50.0}
    ).message
    assert "is exactly 0: saturation in expit" in message


# --- jumps, and functions without an end


@pytest.mark.parametrize("rate", [1e-2, 1e-3])
def test_a_jump_on_the_way_is_named_and_no_rate_is_blamed(rate: float) -> None:
    # It was "a step was too long".
    def steps_up(w: Any) -> Any:
        return np.sum((w - 1) ** 2) + np.where(w[0] > 0.5, 10.0, 0.0)

    message = cr.minimize(steps_up, np.zeros(2), GradientDescent(rate), steps=int(3 / rate)).message
    assert "the function jumps by 10, of which its gradient shows nothing, in greater" in message
    assert f"test_suspects.py:{steps_up.__code__.co_firstlineno + 1}: no learning rate helps" in message
    assert "too long" not in message


def test_a_leap_over_a_hill_is_no_jump() -> None:
    message = cr.minimize(lambda x: np.sin(50 * x) + 0.01 * x**2, 2.0, GradientDescent(0.1), steps=200).message
    assert "jump" not in message
    assert "the learning rate 0.1 is above the stable bound 2/λmax = 0.00158" in message


def test_a_loss_that_falls_forever_is_not_told_to_fall_faster() -> None:
    # Labels of -1 and 1 where 0 and 1 are meant: it was "too slow".
    labels = np.sign(TARGET)

    def entropy(w: Any) -> Any:
        return np.mean(np.logaddexp(0, DATA @ w) - labels * (DATA @ w))

    found = cr.minimize(entropy, np.zeros(3), GradientDescent(0.5), steps=500)
    assert found.status is Status.STEPS_EXHAUSTED
    assert (
        "it may have no minimum that way; if it is a loss, look for a wrong sign, or labels out of range"
        in found.message
    )
    assert "too slow" not in found.message


# --- what helps is what is advised


def test_a_rate_for_where_the_descent_is_now_is_not_one_for_the_start() -> None:
    labels = (TARGET > 0).astype(float)

    def logistic(w: Any) -> Any:
        return np.mean(np.logaddexp(0, 4 * DATA @ w) - labels * (4 * DATA @ w))

    message = cr.minimize(logistic, np.zeros(3), GradientDescent(0.2), steps=2000).message
    advised, bound = (
        float(part.split()[0].rstrip(",;"))
        for part in (message.split("go on from there with ")[1].split(":")[0], message.split("no rate above ")[1])
    )
    assert advised > bound == pytest.approx(cr.learning_rate(logistic, np.zeros(3)).bound, rel=1e-3)


def test_a_narrow_valley_is_named_where_the_rate_is_as_good_as_any() -> None:
    message = cr.minimize(lambda x: x[0] ** 2 + 1e5 * x[1] ** 2, np.ones(2), GradientDescent(9e-6), steps=200).message
    assert "the curvature goes from 2.0 to 2e+05" in message
    assert "cr.optim.LBFGS()" in message


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (
            ClipValue(GradientDescent(0.01), 1e-3),
            "every gradient was longer than the 0.001 that ClipValue lets through of each entry",
        ),
        (Adam(0.01, eps=1e3), "eps = 1000.0 is larger than the gradient, and divides the steps: take the usual 1e-8"),
    ],
)
def test_settings_that_shorten_every_step_are_named(method: Any, words: str) -> None:
    assert words in cr.minimize(squares, np.zeros(3), method, steps=200).message


def test_rounding_at_the_minimum_asks_for_a_larger_tol_and_no_other_rate() -> None:
    message = cr.minimize(squares, np.zeros(3), GradientDescent(0.2), steps=3000, tol=1e-17).message
    assert "x is as near as rounding lets it come: a larger tol, such as " in message
    tol = float(message.split("such as ")[1].split(",")[0])
    assert cr.minimize(squares, np.zeros(3), GradientDescent(0.2), steps=3000, tol=tol).success


def test_a_gradient_that_still_falls_has_not_stalled_though_the_function_shows_no_step() -> None:
    # Near a minimum whose value is not 0 the function is level to rounding long before the gradient is: it was "stalled".
    found = cr.minimize(lambda x: 1 + (x - 1) ** 2, 0.0, GradientDescent(0.1), steps=80)
    assert found.status is Status.STEPS_EXHAUSTED
    assert "at this pace it takes about 6 more" in found.message


def test_a_learning_rate_of_0_for_a_part_of_x_is_named() -> None:
    fun = lambda p: squares(p["w"]) + (p["b"] - 1) ** 2  # noqa: E731
    found = cr.minimize(fun, {"w": np.zeros(3), "b": 0.0}, GradientDescent({"w": 0.1, "b": 0.0}), steps=400)
    assert "a learning rate of 0 holds parts of x still, whose gradient counts all the same" in found.message


def test_solvers_name_a_penalty_that_outweighs_the_loss() -> None:
    found = cr.minimize(lambda w: squares(w) + 1e3 * np.sum(w**2), np.ones(3), LBFGS(), tol=1e-6)
    assert "1e3 * np.sum(w**2), which reads no data, bends " in found.message


def test_a_penalty_on_complex_numbers_is_named_without_a_warning() -> None:
    goal = np.array([1 + 1j, 2j])
    found = cr.minimize(
        lambda z: np.sum(np.abs(z - goal) ** 2) + 1e3 * np.sum(np.abs(z) ** 2),
        np.zeros(2, complex),
        GradientDescent(5e-4),
    )
    assert "which reads no data, bends 1e+03 times more than the rest" in found.message

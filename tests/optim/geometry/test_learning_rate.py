"""Proves that bounds, best rates and verdicts are right: on quadratics, by descents that do what was said of them."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.optim import (
    LBFGS,
    Adam,
    Batches,
    ClipNorm,
    GradientDescent,
    Maximize,
    Momentum,
    Nesterov,
    Newton,
    RMSprop,
    WeightDecay,
    problems,
)
from chainrule.optim.geometry.measured_rates import with_rate

ZERO = np.zeros(2)


def bowl(curvatures):
    return lambda x: np.sum(curvatures * x**2) / 2


def square(x):
    return x**2


def ends(fun, x, method, steps=400):
    """Return the distances from 0 at the start and at the end of a descent."""
    memory = method.init(x)
    start = np.linalg.norm(x)
    slope = cr.grad(fun)
    for _ in range(steps):
        x, memory = method.update(slope(x), memory, x)
    return start, np.linalg.norm(x)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0.0, math.pi), st.floats(1e-3, 2.2))
def test_verdicts_come_true(first, second, angle, share):
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.diag([first, second]) @ turn.T
    start = turn @ np.ones(2)
    rate = share / max(first, second)
    rates = cr.learning_rate(lambda x: x @ matrix @ x / 2, start)
    steps, verdict = rates.steps_at(rate), rates.verdict(rate)
    assume(abs(share - 2) > 1e-3)
    assert (verdict == "diverging") == (share > 2)
    assert math.isinf(steps) == (verdict == "diverging")
    if verdict == "diverging":
        return
    step = np.eye(2) - rate * matrix
    norms = [
        np.linalg.norm(matrix @ np.linalg.matrix_power(step, int(count)) @ start)
        for count in (max(steps - 1, 0), steps)
    ]
    assert norms[1] <= 1.001e-6
    assert norms[0] > 0.999e-6 or steps == 0
    paces = [
        math.log(1e-6) / math.log(np.max(np.abs(np.linalg.eigvalsh(np.eye(2) - h * matrix))) + 1e-9)
        for h in (rate, rates.best)
    ]
    allowed = 10 * max(paces[1], 30)
    assume(abs(paces[0] - allowed) > 1e-3 * allowed)
    assert (verdict == "right") == (paces[0] < allowed)


def test_the_lesson_before_running():
    rates = cr.learning_rate(square, 5.0)
    assert (rates.largest, rates.smallest, rates.bound, rates.best, rates.steps) == (2.0, 2.0, 1.0, 0.5, 1.0)
    assert [rates.verdict(rate) for rate in (0.001, 0.1, 1.0, 1.1)] == ["too slow", "right", "oscillating", "diverging"]
    assert "about 73 steps" in rates.describe(0.1)
    assert "keeps 80%" in rates.describe(0.1)
    assert "8,051 steps" in rates.describe(0.001)
    assert "as far away as before" in rates.describe(1.0)
    assert "1.2 times" in rates.describe(1.1)
    assert rates.describe(1.1).endswith("Try 0.5.")
    assert "straight to the minimum" in rates.describe(0.5)


def test_the_lesson_after_running():
    rates = cr.learning_rate(square, 5.0, tol=1e-8)
    found = cr.minimize(square, 5.0, GradientDescent(0.1), 1000, 1e-8)
    assert rates.steps_at(0.1) == found.nit
    assert not cr.minimize(square, 5.0, GradientDescent(1.0), 1000).success
    assert not cr.minimize(square, 5.0, GradientDescent(1.1), 1000).success


@pytest.mark.parametrize("condition", [1.0, 10.0, 1e4, 1e8])
@pytest.mark.parametrize("size", [2, 100])
def test_quadratics_of_known_spectrum(size, condition):
    values = np.geomspace(1, condition, size)
    rates = cr.learning_rate(bowl(values), np.ones(size))
    assert rates.bound == pytest.approx(2 / condition)
    assert rates.best == pytest.approx(2 / (condition + 1), rel=1e-6)
    assert rates.converged
    rate, momentum = rates.best_momentum
    root = math.sqrt(condition)
    assert rate == pytest.approx(4 / (root + 1) ** 2, rel=1e-6)
    assert momentum == pytest.approx(((root - 1) / (root + 1)) ** 2, rel=1e-6, abs=1e-12)


def test_many_variables():
    rates = cr.learning_rate(bowl(np.linspace(1, 100, 10_000)), np.ones(10_000))
    assert rates.bound == pytest.approx(0.02, rel=1e-4)
    assert rates.best == pytest.approx(2 / 101, rel=1e-4)
    assert "at most about" in rates.describe(0.01)
    assert "Lanczos" in rates.how


@pytest.mark.parametrize("method", [GradientDescent(1.0), Momentum(1.0, 0.5), Momentum(1.0, 0.9), Nesterov(1.0, 0.9)])
def test_the_steps_of_many_variables_are_at_most_those_said(method):
    # With momentum they were those of one end of the spectrum, fewer than it takes; and above the bound they had an end.
    values, start = np.geomspace(1, 10, 300), np.random.default_rng(3).standard_normal(300)
    rates = cr.learning_rate(bowl(values), start, method)
    for rate in (rates.best, 0.3 * rates.bound):
        found = cr.minimize(bowl(values), start, dataclasses.replace(method, learning_rate=rate), tol=1e-6)
        assert found.nit <= rates.steps_at(rate) <= 1.5 * found.nit
    polyak = cr.minimize(bowl(values), start, Momentum(*rates.best_momentum), tol=1e-6)
    assert polyak.nit <= rates.momentum_steps
    assert rates.steps_at(1.01 * rates.bound) == math.inf
    assert "at most" in str(rates)


def test_many_variables_whose_lower_end_is_not_known():
    rates = cr.learning_rate(bowl(np.geomspace(1, 1e8, 2000)), np.ones(2000))
    assert not rates.converged
    assert rates.bound == pytest.approx(2e-8, rel=1e-6)
    assert rates.best == rates.bound / 2
    assert rates.steps is None
    assert any("not converged" in note for note in rates.notes)
    assert rates.verdict(3e-8) == "diverging"
    assert "not known" in rates.describe(1e-8)


@pytest.mark.parametrize("method", [GradientDescent(1.0), Momentum(1.0, momentum=0.9), Nesterov(1.0, momentum=0.9)])
def test_just_below_the_bound_descents_arrive_and_just_above_they_run_away(method):
    fun, start = bowl(np.array([1.0, 7.0])), np.array([0.5, 1.0])
    rates = cr.learning_rate(fun, start, method)
    kind = type(method)
    settings = {} if kind is GradientDescent else {"momentum": method.momentum}
    before, after = ends(fun, start, kind(0.97 * rates.bound, **settings))
    assert after < before / 10
    before, after = ends(fun, start, kind(1.03 * rates.bound, **settings))
    assert after > 10 * before


@pytest.mark.parametrize("method", [GradientDescent(1.0), Momentum(1.0, momentum=0.5), Nesterov(1.0, momentum=0.5)])
def test_no_rate_contracts_faster_than_the_best_one(method):
    rates = cr.learning_rate(bowl(np.array([1.0, 7.0, 50.0])), np.ones(3), method).rates
    others = [rates.factor(rate) for rate in np.geomspace(1e-4, rates.bound, 500)]
    assert rates.factor(rates.best) <= min(others) + 1e-6


def test_the_best_momentum_beats_the_best_rate():
    values = np.array([1.0, 1000.0])
    rates = cr.learning_rate(bowl(values), np.ones(2))
    rate, momentum = rates.best_momentum
    found = cr.minimize(bowl(values), np.ones(2), Momentum(rate, momentum), 10_000, 1e-6)
    assert found.nit == rates.momentum_steps
    assert rates.momentum_steps < rates.steps / 10


def test_verdicts_of_a_narrow_valley():
    rates = cr.learning_rate(bowl(np.array([1.0, 1e4])), np.ones(2))
    assert rates.verdict(rates.best) == "right"  # though it jumps from side to side
    assert rates.verdict(rates.bound) == "oscillating"
    assert rates.verdict(1e-6) == "too slow"
    assert f"Try {rates.best:.8g}" in rates.describe(3e-4)


@pytest.mark.parametrize(
    ("fun", "x", "bound", "note"),
    [
        (lambda x: 3 * x, 1.0, math.inf, "straight"),
        (lambda v: 3.0, ZERO, math.inf, "The gradient is 0 here"),
        (lambda x: x**4, 0.0, math.inf, "The gradient is 0 here"),
        (lambda x: -(x**2), 1.0, math.inf, "downward"),
        (lambda v: v[0] ** 2 - v[1] ** 2, np.ones(2), 1.0, "Not convex"),
        (lambda v: v[0] ** 2, np.ones(2), 1.0, "Flat in some direction"),
        (lambda x: x**4, 2.0, 2 / 48, "changes along the way"),
    ],
)
def test_functions_that_are_no_bowls(fun, x, bound, note):
    rates = cr.learning_rate(fun, x)
    assert rates.bound == pytest.approx(bound)
    assert note in " ".join(rates.notes)
    assert (rates.best is None) == math.isinf(bound)
    assert (rates.verdict(0.01) is None) == math.isinf(bound)
    assert rates.describe(0.01).startswith("0.01")


def test_what_a_flat_direction_leaves_out():
    rates = cr.learning_rate(lambda v: v[0] ** 2, np.array([5.0, 1.0]))
    assert rates.steps_at(0.1) == cr.learning_rate(square, 5.0).steps_at(0.1)


def test_a_bowl_that_is_everywhere_the_same_needs_no_warning():
    assert cr.learning_rate(problems.booth, np.array([-5.0, -5.0])).notes == ()
    later = cr.learning_rate(problems.rosenbrock, np.array([-1.2, 1.0])).later
    assert 500 < later < 1400


@pytest.mark.parametrize("method", [Adam(0.3), RMSprop(0.3), WeightDecay(GradientDescent(0.3), 1e-3)])
def test_methods_without_theory_are_measured(method):
    rates = cr.learning_rate(problems.booth, np.array([-5.0, -5.0]), method)
    assert "measured" in rates.how
    assert rates.best_momentum is None
    assert rates.verdict(rates.best) == "right"
    assert rates.verdict(1e-5) == "too slow"
    assert "on the mean of all steps" in rates.describe(rates.best)
    assert json.loads(json.dumps(rates.to_dict([0.1]), allow_nan=False))["sweep"]["rates"][0] == 1e-5


@pytest.mark.parametrize("problem", [problems.booth, problems.matyas, lambda v: np.sum(np.array([1.0, 30.0]) * v**2)])
@pytest.mark.parametrize("method", [ClipNorm(GradientDescent(0.3), 1.0), RMSprop(0.3)])
def test_the_best_measured_rate_arrives(problem, method):
    start = np.array([-5.0, 3.0])
    rates = cr.learning_rate(problem, start, method)
    found = cr.minimize(problem, start, with_rate(method, rates.best), steps=400)
    assert found.fun - cr.minimize(problem, start, LBFGS()).fun < 1e-3 * problem(start)
    longest = max(rate for rate in rates.rates.rates if rates.verdict(rate) == "right")
    assert longest < rates.bound  # what only goes to and fro is not right


@pytest.mark.parametrize(
    ("fun", "start"),
    [
        (lambda x: np.sum(np.sqrt(1 + (x - 2) ** 2)), np.zeros(3)),
        (lambda x: np.sum(np.log(np.cosh(x - 2))), np.zeros(3)),
        (problems.himmelblau, np.array([2.0, 1.0])),
    ],
)
@pytest.mark.parametrize("method", [GradientDescent(1.0), Momentum(1.0, 0.5)])
def test_where_the_curvature_grows_on_the_way_the_rate_for_both_arrives(fun, start, method):
    rates = cr.learning_rate(fun, start, method)
    assert not cr.minimize(fun, start, with_rate(method, rates.best), steps=2000, tol=1e-6).success
    (note,) = (note for note in rates.notes if "The curvature changes along the way" in note)
    rate = float(note.rpartition(" ")[2].rstrip("."))
    assert cr.minimize(fun, start, with_rate(method, rate), steps=2000, tol=1e-6).success


def test_a_measured_bound_is_next_to_that_of_theory():
    rates = cr.learning_rate(square, 5.0, ClipNorm(GradientDescent(0.3), 1e9))
    assert rates.bound == 1.0  # of 0.5, 1 and 2 the last that does not diverge
    assert rates.verdict(1.1) == "diverging"
    assert rates.verdict(0.9995) == "oscillating"


def test_the_rate_that_is_there_first():
    rates = cr.learning_rate(square, 5.0, ClipNorm(GradientDescent(0.3), 1e9)).rates
    assert rates.soonest == 0.5  # one step
    downhill = cr.learning_rate(problems.rosenbrock, np.array([-1.2, 1.0]), Adam(0.1)).rates
    lowest = np.min(downhill.losses[:, -1])
    assert downhill.losses[list(downhill.rates).index(downhill.soonest)].min() <= lowest


def test_measuring_where_no_rate_helps():
    rates = cr.learning_rate(lambda x: 0 * x + 1.0, 2.0, Adam(0.1))
    assert rates.best is None
    assert rates.rates.soonest is None
    assert rates.verdict(0.1) is None
    assert "no rate" in rates.describe(0.1)


def test_climbing_is_measured_upside_down():
    rates = cr.learning_rate(lambda x: -(x**2), 5.0, Maximize(Adam(0.1)))
    assert rates.verdict(rates.best) == "right"
    assert rates.best >= 0.1


def test_batches():
    random = np.random.default_rng(0)
    inputs = random.standard_normal((100, 3))
    targets = inputs @ np.array([1.0, 2.0, 3.0]) + 0.1 * random.standard_normal(100)

    def loss(w, x, y):
        return np.mean((x @ w - y) ** 2)

    batches = [(inputs[n : n + 10], targets[n : n + 10]) for n in range(0, 100, 10)]
    rates = cr.learning_rate(loss, np.zeros(3), batches=batches)
    whole = cr.learning_rate(loss, np.zeros(3), args=(inputs, targets))
    assert rates.bound == pytest.approx(whole.bound)
    each = [np.linalg.eigvalsh(2 * x.T @ x / 10)[-1] for x, _ in batches]
    assert rates.noise.largest == pytest.approx((min(each), max(each)))
    assert rates.noise.count == 10
    slopes = np.array([cr.grad(loss)(np.zeros(3), *batch) for batch in batches])
    mean = slopes.mean(axis=0)
    expected = np.sqrt(np.mean(np.sum((slopes - mean) ** 2, axis=1))) / np.linalg.norm(mean)
    assert rates.noise.gradient == pytest.approx(expected)
    assert "10 batches" in rates.notes[-1]
    with pytest.raises(ValueError, match="batches is empty"):
        cr.learning_rate(loss, np.zeros(3), batches=[])


def test_the_batches_of_a_stochastic_descent_are_those_of_its_first_epoch():
    rows = np.random.default_rng(5).normal(size=(21, 3))

    def loss(w, x):
        return np.mean((x @ w - 1) ** 2)

    batches = Batches(rows, 4)
    assert np.concatenate([part for (part,) in batches]).tobytes() == rows[batches.order(0)].tobytes()
    found = cr.learning_rate(loss, np.zeros(3), batches=batches)
    assert found.to_dict() == cr.learning_rate(loss, np.zeros(3), batches=list(batches)).to_dict()
    with pytest.raises(TypeError, match="batches is a list of further arguments"):
        cr.learning_rate(loss, np.zeros(3), batches=4)


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_gradients_of_any_size_have_a_norm(size):
    rates = cr.learning_rate(lambda x: size * np.sum(x**2), np.array([0.6, 0.8]), tol=2 * size * 0.5)
    assert rates.steps == rates.steps_at(0.5 / size) == 1.0
    assert cr.curvature(lambda x: size * np.sum(x**2), np.array([0.6, 0.8])).gradient_norm == pytest.approx(
        2 * size, rel=1e-12
    )


def test_losses_whose_sum_is_too_large_are_measured():
    rates = cr.learning_rate(lambda x: 1e306 * x**2, 5.0, ClipNorm(GradientDescent(0.1), 1.0))
    assert rates.best == 5.0  # one step
    assert rates.verdict(1e-5) == "too slow"
    assert "goes from 2.5e+307 to 2.49" in rates.describe(1e-5)


def test_many_batches_are_thinned_out():
    rates = cr.learning_rate(lambda x, scale: scale * x**2, 1.0, batches=[float(n) for n in range(1, 1001)])
    assert rates.bound == pytest.approx(2 / (2 * 500.5), rel=0.01)
    assert rates.noise.count == 16
    assert rates.noise.largest == pytest.approx((2.0, 2000.0))


def test_text_containers_integers_and_float32():
    assert cr.learning_rate("x^2 + 4y^2", {"x": 1, "y": 2}).bound == pytest.approx(0.25)
    assert (
        cr.learning_rate(lambda p: p["a"] ** 2 + np.sum(p["b"] ** 2), {"a": 1, "b": np.ones(2, np.float32)}).bound
        == 1.0
    )


def test_output_is_text_html_and_json():
    rates = cr.learning_rate(square, 5.0)
    assert "stable bound: 1 = 2/λmax" in str(rates)
    assert ">1 = 2/λmax</td>" in rates._repr_html_()
    data = json.loads(json.dumps(rates.to_dict([0.1, 1.1]), allow_nan=False))
    assert [row["verdict"] for row in data["verdicts"]] == ["right", "diverging"]
    json.dumps(cr.learning_rate(lambda x: 3 * x, 1.0).to_dict([0.1]), allow_nan=False)


@pytest.mark.parametrize("rate", [0, -1.0, math.nan, math.inf, "x", None, True])
def test_rates_that_are_none(rate):
    with pytest.raises(ValueError, match="a learning rate is a finite number above 0"):
        cr.learning_rate(square, 5.0).verdict(rate)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"method": Adam}, TypeError, "write Adam"),
        ({"method": 3}, TypeError, "method of descent"),
        ({"method": Newton()}, ValueError, "Newton has no learning rate"),
        ({"tol": 0}, ValueError, "tol"),
    ],
)
def test_arguments_that_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cr.learning_rate(square, 5.0, **settings)


@pytest.mark.parametrize("scale", [1e-6, 3e-6])
def test_directions_of_very_different_scale_are_named_without_warnings(scale):
    # Powers of the step's matrix overflowed with a RuntimeWarning, and the momentum was said to be 1.
    advice = cr.learning_rate(lambda x: (x[0] - 1) ** 2 + (scale * (x[1] - 1)) ** 2, np.zeros(2))
    assert any("times more in one direction than in another" in note for note in advice.notes)
    assert 0.999 < float(str(advice).split("momentum=")[1].split(")")[0]) < 1
    assert not any(
        "times more" in note for note in cr.learning_rate(lambda x: x[0] ** 2 + 9 * x[1] ** 2, np.ones(2)).notes
    )


def test_a_rate_just_above_the_bound_is_told_from_it():
    # "0.09263 is above the stable bound 0.09263; each step makes the distance 1 times as large"
    said = cr.learning_rate("x^2", 5.0).describe(1.00001)
    assert said.startswith("1.00001 is diverging")
    assert "each step makes the distance 1.00002 times as large" in said

"""Tests of gradient descent and of the loop that runs it."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import GradientDescent, Status


def parabola(x):
    return x**2


def test_ten_steps_of_the_lesson():
    found = cr.minimize(parabola, 5, GradientDescent(0.1), steps=10)
    shown = [f"{x:.4f}" for x in found.path[1:]]
    assert shown == ["4.0000", "3.2000", "2.5600", "2.0480", "1.6384", "1.3107", "1.0486", "0.8389", "0.6711", "0.5369"]
    assert (found.nit, found.nfev, found.status, found.success) == (10, 11, Status.STEPS_EXHAUSTED, False)
    np.testing.assert_allclose(found.losses, found.path**2)
    np.testing.assert_allclose(found.gradient_norms, 2 * found.path)
    assert found.x == found.path[-1]
    assert found.message == "steps exhausted: the gradient still has norm 1.07 after 10 steps"


def test_convergence_is_to_the_tolerance():
    found = cr.minimize(lambda x: (x - 3) ** 2, 0.0, tol=1e-6)
    assert found.success
    assert found.status is Status.CONVERGED
    assert found.gradient_norms[-1] <= 1e-6 < found.gradient_norms[-2]
    assert found.x == pytest.approx(3.0, abs=1e-6)
    assert type(found.x) is float


def test_a_start_at_the_minimum_takes_no_step():
    found = cr.minimize(parabola, 0.0)
    assert (found.nit, found.success, found.x) == (0, True, 0.0)


def test_arrays_are_not_changed():
    start = np.array([3.0, -4.0])
    found = cr.minimize(lambda x: np.sum(x**2), start, GradientDescent(0.25), steps=3)
    assert found.path.shape == (4, 2)
    np.testing.assert_array_equal(start, [3.0, -4.0])
    np.testing.assert_allclose(found.x, start / 8)


def test_containers_keep_their_structure():
    x = np.array([1.0, 2.0])
    found = cr.minimize(
        lambda p: np.sum((p["w"] * x + p["b"] - (3 * x + 1)) ** 2), {"w": 0, "b": np.zeros(2)}, steps=400
    )
    assert found.success
    np.testing.assert_allclose(found.x["w"] * x + found.x["b"], 3 * x + 1, atol=1e-6)
    assert len(found.path) == found.nit + 1
    assert found.path[0]["w"] == 0.0


def test_divergence_returns_the_best_point():
    found = cr.minimize(parabola, 5.0, GradientDescent(1.1), steps=10)
    assert (found.status, found.x, found.fun) == (Status.DIVERGED, 5.0, 25.0)
    assert found.message == "diverged: the function grew from 25 to 958.4 after 10 steps; try a smaller learning rate"


def test_overflow_is_divergence_without_a_warning():
    found = cr.minimize(parabola, 5.0, GradientDescent(10.0), steps=1000)
    assert found.status is Status.DIVERGED
    assert found.nit < 1000
    assert "inf" in found.message
    assert np.isfinite(found.fun)


def test_a_start_that_is_not_finite_says_so():
    found = cr.minimize(np.log, -1.0)
    assert found.status is Status.DIVERGED
    assert "at the start" in found.message


def test_control_c_returns_the_best_so_far():
    def pressed(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    found = cr.minimize(parabola, 5.0, callback=pressed)
    assert (found.status, found.nit) == (Status.INTERRUPTED, 4)
    assert found.x == pytest.approx(5 * 0.8**4)


def test_control_c_before_the_first_value_is_not_swallowed():
    def pressed(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cr.minimize(pressed, 1.0)


@pytest.mark.parametrize("stop", ["returns", "raises"])
def test_a_callback_ends_the_descent(stop):
    seen = []

    def callback(progress):
        seen.append(progress)
        if progress.step == 2:
            if stop == "raises":
                raise StopIteration
            return True
        return None

    found = cr.minimize(parabola, 5.0, callback=callback)
    assert found.status is Status.INTERRUPTED
    assert [progress.step for progress in seen] == [0, 1, 2]
    assert seen[1].x == pytest.approx(4.0)
    assert seen[1].gradient == pytest.approx(8.0)


def test_the_result_prints_well():
    shown = str(cr.minimize(parabola, 5.0, steps=2))
    assert "steps exhausted" in shown
    assert "x: 3.2" in shown
    assert "losses: 25 -> 10.24" in shown


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), "0.1", True])
def test_learning_rates_that_are_none(rate):
    with pytest.raises(ValueError, match="learning_rate is a finite number above 0"):
        GradientDescent(rate)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": -1}, ValueError, "steps is a whole number"),
        ({"tol": -1.0}, ValueError, "tol is a number"),
        ({"tol": float("nan")}, ValueError, "tol is a number"),
        ({"method": 0.1}, TypeError, "method is a method of descent"),
        ({"method": GradientDescent}, TypeError, "write GradientDescent"),
        ({"x0": "5"}, TypeError, "not a number"),
        ({"x0": []}, ValueError, "no number to start from"),
    ],
)
def test_arguments_that_do_not_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        cr.minimize(**{"fun": parabola, "x0": 5.0, **arguments})


def test_a_function_that_is_not_scalar_is_refused():
    with pytest.raises(cr.NotScalarError):
        cr.minimize(lambda x: x**2, np.ones(3))


def test_an_update_is_pure():
    method = GradientDescent(0.5)
    x, gradient = np.array([1.0, 2.0]), np.array([2.0, 4.0])
    moved, state = method.update(gradient, method.init(x), x)
    np.testing.assert_array_equal(moved, [0.0, 0.0])
    np.testing.assert_array_equal(x, [1.0, 2.0])
    assert state == ()


def test_what_is_no_function_is_refused_by_minimize_itself():
    with pytest.raises(TypeError, match="minimize takes a function"):
        cr.minimize("x^2", 5.0)

"""Tests of gradient descent and of the loop that runs it."""

import math
import pickle
import signal
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.trees import flatten
from chainrule.native.descents import step_code
from chainrule.optim import (
    LBFGS,
    Adam,
    Batches,
    Box,
    ConjugateGradient,
    GradientDescent,
    Maximize,
    Nesterov,
    Newton,
    Status,
)
from chainrule.optim.descent import bar, descend, solving, stochastic


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
    assert found.message == (
        "steps exhausted: the gradient still has norm 1.07 after 10 steps; at this pace it takes about 83 more"
    )


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
    assert found.message == (
        "diverged: the function grew from 25 to 958.4 after 10 steps; the learning rate 1.1 is above the stable bound "
        "2/λmax = 1.0 (λmax = 2.0 at the start); try 0.5"
    )


def test_overflow_is_divergence_without_a_warning():
    found = cr.minimize(parabola, 5.0, GradientDescent(10.0), steps=1000)
    assert found.status is Status.DIVERGED
    assert found.nit < 1000
    assert "inf" in found.message
    assert np.isfinite(found.fun)


def test_a_start_that_is_not_finite_says_so():
    found = cr.minimize(np.log, -1.0)
    assert found.status is Status.NOT_FINITE
    assert found.message == (
        "not finite: the function is nan at the start: outside the domain in log: the logarithm of -1 is NaN (it has a "
        "value and a derivative where u > 0); start where the function and its gradient are finite, or ask cr.why_nan"
    )


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


def test_control_c_while_compiling_comes_through_and_leaves_nothing_behind(monkeypatch):
    def pressed(*text):
        raise KeyboardInterrupt

    def fun(x):
        return (x - 1) ** 2 + 0.0

    with monkeypatch.context() as patched:
        patched.setattr("chainrule.native.descents.step_code.compile_text", pressed)
        with pytest.raises(KeyboardInterrupt):
            cr.minimize(fun, 5.0)
    for _ in range(2):
        assert cr.minimize(fun, 5.0).x == pytest.approx(1)


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


@pytest.mark.parametrize("method", [GradientDescent(0.1), Newton()])
def test_a_truth_value_of_numpy_ends_the_descent_as_well(method):
    found = cr.minimize(lambda x: np.sum(x**4), np.ones(2), method, callback=lambda now: np.all(now.x < 0.9))
    assert found.status is Status.INTERRUPTED
    assert np.all(found.x < 0.9)
    assert np.all(found.path[-2] >= 0.9)
    full = cr.minimize(parabola, 5.0, callback=lambda now: now.step)  # a number is no answer
    assert full.success


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("kind", [lambda x: x**2, lambda x: [np.sum(x**2)]])
def test_a_result_in_an_array_or_list_of_one_is_a_number(kind, record):
    for _ in range(3):
        found = cr.minimize(kind, np.array([5.0]), steps=60, record=record)
        assert (type(found.fun), found.fun) == (float, pytest.approx(float(found.x[0] ** 2)))


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
        ({"tol": -1.0}, ValueError, "tol is a finite number"),
        ({"tol": float("nan")}, ValueError, "tol is a finite number"),
        ({"method": 0.1}, TypeError, "method is a method of descent"),
        ({"method": GradientDescent}, TypeError, "write GradientDescent"),
        ({"x0": "5"}, TypeError, "not a number"),
        ({"x0": []}, ValueError, "no number to start from"),
        ({"callback": "print"}, TypeError, "callback is a function"),
        ({"batches": 32}, TypeError, "batches is cr.optim.Batches"),
        ({"args": 3.0}, TypeError, "args is a tuple of what the function takes after x"),
        ({"args": np.ones(3)}, TypeError, "args is a tuple of what the function takes after x"),
        ({"args": "ab"}, TypeError, "args is a tuple of what the function takes after x"),
        ({"tol": True}, ValueError, "tol is a finite number"),
    ],
)
def test_arguments_that_do_not_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        cr.minimize(**{"fun": parabola, "x0": 5.0, **arguments})


def test_the_order_of_bytes_is_turned():
    found = cr.minimize(lambda x: np.sum((x - 3) ** 2), np.zeros(2, ">f8"))
    assert found.success
    assert found.x.dtype.isnative


@pytest.mark.parametrize("method", [GradientDescent(0.1), LBFGS()])
def test_a_list_is_no_array(method):
    with pytest.raises(TypeError, match="unsupported operand") as caught:
        cr.minimize(lambda x: np.sum((x - 1) ** 2), [0.0, 0.0], method)
    assert caught.value.__notes__ == [
        "x0 is a list, and so is what the function is given; write np.array(x0) for an array"
    ]


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
        cr.minimize(3, 5.0)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (np.ma.array([1.0, 2.0], mask=[False, True]), "masked array"),
        (np.array([[1.0, 2.0]]).view(np.matrix), "np.matrix"),
    ],
)
def test_a_start_that_is_more_than_its_elements_is_refused_as_by_grad(start, said):
    for asked in (lambda: cr.grad(np.sum)(start), lambda: cr.minimize(np.sum, start)):
        with pytest.raises(cr.TracingError, match=said):
            asked()


# --- what it takes


def test_arguments_and_auxiliary_results():
    def loss(w, x, y):
        error = x @ w - y
        return np.mean(error**2), {"worst": np.max(np.abs(error)), "name": "least squares"}

    x = np.linspace(0, 1, 20).reshape(10, 2)
    y = x @ np.array([1.0, -2.0])
    found = cr.minimize(loss, np.zeros(2), GradientDescent(0.5), steps=50, args=(x, y), has_aux=True)
    value, aux = loss(found.x, x, y)
    assert found.fun == pytest.approx(value)
    assert found.aux == aux


@pytest.mark.parametrize(("rate", "success"), [(0.5, True), (0.1, False)])
def test_with_a_tolerance_of_zero_all_steps_are_taken(rate, success):
    found = cr.minimize(parabola, 5.0, GradientDescent(rate), steps=7, tol=0)
    assert (found.nit, found.success, found.jac == 0) == (7, success, success)


@pytest.mark.parametrize(
    "x0", [5, 5.0, np.float32(5), np.array(5.0), np.array([5.0, 1.0], np.float32), 1 + 2j, [1.0, (2.0,)]]
)
def test_points_keep_their_types(x0):
    def fun(x):
        return sum(np.sum(np.abs(leaf) ** 2) for leaf in flatten(x)[0])

    found = cr.minimize(fun, x0, steps=30)
    for end, slope, start in zip(flatten(found.x)[0], flatten(found.jac)[0], flatten(x0)[0], strict=True):
        assert type(end) is type(slope) is (float if type(start) is int else type(start))
        assert np.asarray(end).dtype == (np.float64 if type(start) is int else np.asarray(start).dtype)


def test_the_path_is_thinned_in_bounded_memory():
    found = cr.minimize(parabola, 5.0, GradientDescent(1e-5), steps=25_000)
    assert found.path.shape == (len(found.path_steps),) == (6251,)
    assert found.path_steps[:3].tolist() == [0, 4, 8]
    np.testing.assert_allclose(found.path, 5 * (1 - 2e-5) ** found.path_steps)
    assert found.losses.shape == found.gradient_norms.shape == (25_001,)
    wide = cr.minimize(lambda x: np.sum(x**2), np.ones(1 << 20), GradientDescent(1e-5), steps=30)
    assert wide.path.nbytes <= 1 << 26
    np.testing.assert_allclose(wide.path[:, 7], (1 - 2e-5) ** wide.path_steps)


def test_without_a_record_the_ends_are_known():
    x0 = np.array([-1.2, 1.0])
    loud, quiet = (
        cr.minimize(rosenbrock, x0, GradientDescent(1e-3), steps=300, record=record) for record in (True, False)
    )
    assert loud.x.tobytes() == quiet.x.tobytes()
    assert loud.fun == pytest.approx(quiet.fun)
    assert loud.losses[[0, -1]] == pytest.approx(quiet.losses)
    assert loud.gradient_norms[[0, -1]] == pytest.approx(quiet.gradient_norms)
    assert (len(quiet.path), len(quiet.path_steps)) == (0, 0)
    assert loud.status is quiet.status


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


@pytest.mark.parametrize("method", [GradientDescent(1e-3), Adam(0.05), Nesterov(1e-3)])
def test_native_steps_are_those_of_numpy(method, monkeypatch):
    x0 = np.array([-1.2, 1.0])
    native = cr.minimize(lambda x: rosenbrock(x) + 0, x0, method, steps=200)
    monkeypatch.setattr(step_code, "available", lambda: False)
    plain = cr.minimize(lambda x: rosenbrock(x) + 0.0, x0, method, steps=200)
    np.testing.assert_allclose(native.path, plain.path, rtol=1e-9)
    np.testing.assert_allclose(native.losses, plain.losses, rtol=1e-8)
    assert native.message == plain.message


def test_maximizing_climbs():
    found = cr.minimize(lambda x: 3 - (x - 1) ** 2, 5.0, Maximize(GradientDescent(0.1)))
    assert (found.status, found.fun) == (Status.CONVERGED, pytest.approx(3.0))
    far = cr.minimize(lambda x: 3 - (x - 1) ** 2, 5.0, Maximize(GradientDescent(1.1)), steps=10)
    assert (far.status, far.x) == (Status.DIVERGED, 5.0)
    assert "the function fell from -13" in far.message
    assert "stable bound 2/λmax = 1.0" in far.message


def test_a_box_converges_at_its_side():
    found = cr.minimize(parabola, 5.0, Box(GradientDescent(0.1), 2.0, 6.0))
    assert (found.status, found.x, found.jac) == (Status.CONVERGED, 2.0, 4.0)


@pytest.mark.parametrize("solver", [LBFGS(), Newton(), ConjugateGradient()])
def test_solvers_fill_the_same_record(solver):
    start = {"x": -1.2, "y": np.array([1.0])}
    seen = []
    found = cr.minimize(
        lambda p: rosenbrock([p["x"], p["y"][0]]), start, solver, tol=1e-6, steps=500, callback=seen.append
    )
    assert found.status is Status.CONVERGED
    assert (type(found.x["x"]), found.x["y"].shape) == (float, (1,))
    np.testing.assert_allclose([found.x["x"], found.x["y"][0]], 1.0, atol=1e-4)
    assert len(found.path) == len(found.losses) == len(seen) == found.nit + 1
    assert found.nfev >= found.nit
    assert found.path[0]["x"] == -1.2
    few = cr.minimize(lambda p: rosenbrock([p["x"], p["y"][0]]), start, solver, steps=2)
    assert (few.status, few.nit) == (Status.STEPS_EXHAUSTED, 2)
    stopped = cr.minimize(lambda p: rosenbrock([p["x"], p["y"][0]]), start, solver, callback=lambda progress: True)
    assert (stopped.status, stopped.nit) == (Status.INTERRUPTED, 0)


# --- results


def test_results_can_be_pickled():
    found = cr.minimize(lambda x: (x[0] - 3) ** 2 + x[1] ** 2, np.array([5.0, 1.0]), GradientDescent(1.1), steps=10)
    copy = pickle.loads(pickle.dumps(found))
    assert (copy.message, copy.status, copy.nit) == (found.message, found.status, found.nit)
    np.testing.assert_array_equal(copy.path, found.path)
    np.testing.assert_array_equal(copy.losses, found.losses)


def test_results_do_not_share_memory_with_later_ones():
    runs = [cr.minimize(parabola, start, GradientDescent(0.1), 30) for start in (5.0, 5.0, 5.0, 4.0, 3.0)]
    copies = [(found.path.copy(), found.losses.copy()) for found in runs[:4]]
    cr.minimize(parabola, 1.0, GradientDescent(0.1), 30)
    for (path, losses), found in zip(copies, runs[:4], strict=True):
        np.testing.assert_array_equal(found.path, path)
        np.testing.assert_array_equal(found.losses, losses)
    assert runs[1].path.tobytes() == runs[2].path.tobytes()
    assert runs[3].x == pytest.approx(runs[2].x * 4 / 5)


# --- Ctrl-C and the bar


def test_control_c_ends_native_steps_with_the_best_point():
    def run(steps):
        return cr.minimize(lambda x: np.sin(x) + 2e-9 * x, 5.0, GradientDescent(1e-9), steps=steps, tol=0, record=False)

    run(100)  # while it is compiled, Ctrl-C would come through
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    try:
        found = run(10**12)
    finally:
        timer.cancel()
        timer.join()
    assert found.status is Status.INTERRUPTED
    assert found.message.startswith("interrupted: stopped from the keyboard after")
    assert 0 < found.nit < 10**12


@pytest.mark.parametrize(
    ("method", "batches"),
    [(GradientDescent(0.1), None), (LBFGS(), None), (GradientDescent(0.1), Batches(np.ones(4), 2))],
)
def test_control_c_while_the_outcome_is_put_together_loses_nothing(method, batches, monkeypatch):
    modules, pressed = (descend, solving, stochastic), []

    def press(make):
        def once(*parts):
            if not pressed:
                pressed.append(True)
                raise KeyboardInterrupt
            return make(*parts)

        return once

    for module in modules:
        monkeypatch.setattr(module, "Trail", press(module.Trail))
    fun = (lambda x, rows: np.mean((x - 3 * rows) ** 2)) if batches else (lambda x: np.sum((x - 3) ** 2))
    found = cr.minimize(fun, np.zeros(2), method, batches=batches)
    assert found.message.startswith("interrupted: stopped from the keyboard after")
    assert found.x == pytest.approx([3.0, 3.0], abs=0.5)


def test_a_bar_is_drawn_on_stderr_only(capsys, monkeypatch):
    monkeypatch.setattr(bar, "PATIENCE", 0.0)
    for is_shown in (True, None, False):
        found = cr.minimize(parabola, 5.0, GradientDescent(1e-4), steps=200, progress=is_shown)
        assert found.nit == 200
        shown = capsys.readouterr()
        assert shown.out == ""
        assert ("descending" in shown.err) is (is_shown is True)


def test_values_are_thinned_after_a_million_steps():
    found = cr.minimize(lambda x: x * x * 1.5, 5.0, GradientDescent(1e-7), steps=3_000_000)
    assert len(found.losses) == len(found.gradient_norms) == 750_001
    np.testing.assert_allclose(found.losses[[0, -1]], [37.5, 1.5 * found.x**2])
    assert len(found.path) == len(found.path_steps) <= 10_000
    np.testing.assert_allclose(found.path, 5 * (1 - 3e-7) ** found.path_steps)


def test_typed_mathematics_is_minimized_by_its_variables() -> None:
    found = cr.minimize("(x - 1)^2 + 3(y + 2)^2", {"x": 0.0, "y": 0.0})
    assert found.success
    assert found.x["x"] == pytest.approx(1.0)
    assert found.x["y"] == pytest.approx(-2.0)
    assert cr.minimize("(x - 3)^2", 0).x["x"] == pytest.approx(3.0)
    with pytest.raises(cr.ParseError, match="column 3"):
        cr.minimize("x^", 1.0)
    with pytest.raises(ValueError, match="no value of y"):
        cr.minimize("x y", {"x": 1.0})


def test_a_range_is_a_start():
    assert cr.minimize(lambda x: np.sum((x - 1) ** 2), range(3), steps=1).path[0].tolist() == [0.0, 1.0, 2.0]


SOLVERS = [LBFGS(), Newton(), ConjugateGradient()]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("fun", "start", "x"),
    [
        (lambda x: x * np.log(x), 1.0, math.exp(-1)),
        (lambda x: 3 * x - np.log(x) - np.log(1 - x), 0.9, (5 - math.sqrt(13)) / 6),
    ],
)
def test_solvers_turn_back_where_the_function_is_not_defined(solver, fun, start, x):
    found = cr.minimize(fun, start, solver, steps=100)
    assert found.success, found.message
    assert found.x == pytest.approx(x)


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_say_that_there_is_no_minimum(solver):
    for fun, start in (
        (np.log, 1.0),
        (lambda x: -(x**4), 1.0),
        (lambda v: v[0] ** 2 - v[1] ** 2, np.array([1.0, 0.1])),
    ):
        found = cr.minimize(fun, start, solver, steps=50)
        assert found.status is cr.optim.Status.DIVERGED
        assert found.message.startswith("diverged: the function fell from ")
        assert ": it has no minimum that way; if it is to be maximized" in found.message


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("record", [True, False])
def test_solvers_take_points_of_no_number_and_of_several_kinds(solver, record):
    empty = cr.minimize(lambda x: np.sum(x**2), np.zeros((0, 3)), solver, record=record)
    assert (empty.success, empty.x.shape) == (True, (0, 3))
    start = {"w": np.ones((2, 3), np.float32), "b": 2.0, "c": np.float32(1), "d": np.zeros(0)}
    found = cr.minimize(
        lambda p: np.sum(p["w"] ** 2) + p["b"] ** 2 + p["c"] ** 2 + np.sum(p["d"]), start, solver, record=record
    )
    assert found.success
    assert [(type(part), np.shape(part)) for part in found.x.values()] == [
        (np.ndarray, (2, 3)), (float, ()), (np.float32, ()), (np.ndarray, (0,)),
    ]  # fmt: skip
    assert found.x["w"].dtype == found.jac["w"].dtype == np.float32
    assert len(found.path) == (found.nit + 1 if record else 0)


@pytest.mark.parametrize("solver", SOLVERS)
def test_gradients_too_long_to_be_squared_are_told(solver):
    found = cr.minimize(lambda x: 1e300 * x**2, 5.0, solver)
    assert found.status is Status.NOT_FINITE
    assert found.message.startswith("not finite: the gradient is infinite, or longer than 1e154 at the start")
    fell = cr.minimize(lambda x: -np.exp(x), 1.0, solver)
    assert fell.status is Status.DIVERGED, fell.message


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_do_not_start_where_the_function_is_not_finite(solver):
    found = cr.minimize(np.sqrt, -1.0, solver)
    assert found.status is cr.optim.Status.NOT_FINITE
    assert found.message.startswith("not finite: the function is nan at the start: outside the domain in sqrt")
    # Newton goes on to shorten its steps towards 0, until all are taken.
    ended = (Status.STALLED, Status.NOT_FINITE, Status.STEPS_EXHAUSTED)
    assert cr.minimize(np.sqrt, 1.0, solver).status in ended


def test_a_point_with_its_keys_in_another_order_is_another_problem() -> None:
    def fun(point: dict[str, float]) -> float:
        return sum((value - place) ** 2 for place, value in enumerate(point.values()))

    for order in ("ab", "ba", "ab"):
        found = cr.minimize(fun, dict.fromkeys(order, 5.0), GradientDescent(0.1), steps=200).x
        assert list(found) == list(order)
        np.testing.assert_allclose(list(found.values()), [0.0, 1.0], atol=1e-6)


def test_a_solver_that_shows_no_point_is_told():
    class Silent:
        def solve(self, start, value_and_grad, hvp, *, steps, tol, observe):
            return "done"

    with pytest.raises(TypeError, match=r"Silent has shown no point: its solve calls observe\(x, value, gradient\)"):
        cr.minimize(parabola, 5.0, Silent())

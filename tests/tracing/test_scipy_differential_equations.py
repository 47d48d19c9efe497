"""Proves that SciPy's solve_ivp and odeint take traced values, through arguments and closures: SciPy's values to the bit, and the
derivatives of the solution by its start, its parameters and its times, against differences and against formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import DOP853, odeint, solve_ivp
from scipy.optimize import minimize

import chainrule as cr
from chainrule.errors import TracingError

EXPLICIT = ("RK45", "DOP853")
METHODS = ("RK23", *EXPLICIT, "Radau", "BDF", "LSODA")
TIGHT = {"rtol": 1e-9, "atol": 1e-10}
FAIR = {"rtol": 1e-6, "atol": 1e-7}  # enough for methods of low order
RATES = np.array([1.5, 1.0, 3.0, 1.0])


def predators(t, z, a, b, c, d):
    """Lotka's and Volterra's equations."""
    x, y = z
    return [a * x - b * x * y, -c * y + d * x * y]


def predators_last(z, t, *rates):
    return predators(t, z, *rates)


def growth(k, t=1.0):
    """The solution of y' = k y t with y(0) = 1, by its formula."""
    return np.exp(k * t**2 / 2)


def grown(k, end=1.0, method="RK45", **options):
    return solve_ivp(lambda t, y: k * y * t, (0, end), [1.0], method, **{**TIGHT, **options}).y[0, -1]


def check(function, x, tolerance=1e-5, step=1e-4):
    """Check both modes, along one direction, against central differences of the fourth order, and the value against SciPy's."""
    x = np.asarray(x, dtype=float)
    along = np.cos(np.arange(x.size)).reshape(x.shape)
    near, far = (function(x + k * step * along) - function(x - k * step * along) for k in (1, 2))
    wanted = (8 * near - far) / (12 * step)
    value, found = cr.value_and_grad(function)(x)
    assert value == function(x)
    assert np.sum(found * along) == pytest.approx(wanted, rel=tolerance, abs=tolerance)
    assert cr.jvp(function, (x,), (along,))[1] == pytest.approx(np.sum(found * along), rel=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_the_derivatives_of_the_formula(method):
    options, close = (TIGHT, 1e-7) if method in ("RK45", "DOP853") else (FAIR, 1e-4)
    assert cr.grad(grown)(0.5, 1.0, method, **options) == pytest.approx(cr.grad(growth)(0.5), rel=close)
    assert cr.grad(grown, argnums=1)(0.5, 1.0, method, **options) == pytest.approx(0.5 * growth(0.5), rel=close)
    assert cr.hessian(grown)(0.5, 1.0, method, **options) == pytest.approx(cr.hessian(growth)(0.5), rel=close)


def test_a_derivative_of_third_order():
    found = cr.derivative(lambda k: grown(k, 1.0, "Radau", **FAIR), 3)(0.5)
    assert found == pytest.approx(cr.derivative(growth, 3)(0.5), rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_values_are_those_of_scipy_to_the_bit(method):
    times = np.linspace(0, 0.5, 7)

    def solved(rates, t_eval=None):
        return solve_ivp(predators, (0, 0.5), [10.0, 5.0], method, args=tuple(rates), t_eval=t_eval, dense_output=True)

    for t_eval in (None, times):
        plain = solved(RATES, t_eval)
        states, pull = cr.vjp(lambda rates, at=t_eval: solved(rates, at).y, RATES)
        assert np.array_equal(states, plain.y)
        assert np.all(np.isfinite(pull(np.ones_like(states))[0]))
        assert np.array_equal(cr.vjp(lambda rates, at=t_eval: solved(rates, at).sol(times), RATES)[0], plain.sol(times))


@pytest.mark.parametrize("method", ["RK45", "DOP853", "Radau", "LSODA"])
@pytest.mark.parametrize("ask", ["args", "closure", "start", "t_eval", "span", "dense"])
def test_what_may_be_traced(method, ask):
    options = TIGHT if method in EXPLICIT else {"rtol": 1e-7, "atol": 1e-8}

    def solved(x):
        if ask == "start":
            return solve_ivp(predators, (0, 1), x[:2], method, args=RATES, **options).y[:, -1]
        if ask == "closure":
            return solve_ivp(lambda t, z: predators(t, z, *x), (0, 1), [3.0, 2.0], method, **options).y[:, -1]
        if ask == "args":
            return solve_ivp(predators, (0, 1), [3.0, 2.0], method, args=tuple(x), **options).y[:, -1]
        if ask == "t_eval":
            return solve_ivp(predators, (0, 4), [3.0, 2.0], method, x, args=RATES, **options).y
        if ask == "span":
            return solve_ivp(lambda t, z: predators(t, z, 1.0, t, 2.0, 1.0), x[:2], [3.0, 2.0], method, **options).y[
                :, -1
            ]
        return solve_ivp(predators, (0, 3), [3.0, 2.0], method, args=tuple(x), dense_output=True, **options).sol(
            [0.5, 2.0]
        )

    at = np.array([0.5, 1.5, 2.5, 3.5]) if ask in ("t_eval", "span") else RATES
    check(lambda x: np.sum(solved(x) ** 2), at, 1e-5 if method in EXPLICIT else 1e-3)


def test_a_module_that_holds_its_parameters_has_gradients():
    class Decay:
        def __init__(self, rate):
            self.rate = rate

        def slope(self, t, y):
            return -self.rate * y

    found = cr.grad(lambda k: solve_ivp(Decay(k).slope, (0, 1), [1.0], **TIGHT).y[0, -1])(0.5)
    assert found == pytest.approx(-np.exp(-0.5), rel=1e-7)


def test_a_value_that_is_met_late_only_counts():
    def late(k):
        return solve_ivp(lambda t, y: -k * y if t > 0.5 else -0.5 * y, (0, 1), [1.0], max_step=0.05, **TIGHT).y[0, -1]

    assert cr.grad(late)(0.8) == pytest.approx(-0.5 * np.exp(-0.65), rel=1e-3)


def test_right_hand_sides_that_fill_an_array():
    def slope(t, y, k):
        out = np.zeros_like(y)
        out[0], out[1] = y[1], -k * y[0]
        return out

    def solved(k):
        return solve_ivp(slope, (0, 1), [1.0, 0.0], args=(k,), **TIGHT).y[0, -1]

    assert cr.grad(solved)(4.0) == pytest.approx(-np.sin(2.0) / 4, rel=1e-7)
    last = cr.grad(lambda k: odeint(slope, [1.0, 0.0], [0, 1.0], args=(k,), tfirst=True)[-1, 0])(4.0)
    assert last == pytest.approx(-np.sin(2.0) / 4, rel=1e-6)


def test_arguments_stay_what_they_are_where_a_right_hand_side_changes_them():
    def slope(t, y, k):
        k[1] += 1.0
        return -k[0] * y

    rates = np.array([0.5, 0.0])
    found = cr.grad(lambda k: solve_ivp(slope, (0, 1), [1.0], args=(k,), **TIGHT).y[0, -1])(rates)
    np.testing.assert_allclose(found, [-np.exp(-0.5), 0], rtol=1e-7)
    np.testing.assert_array_equal(rates, [0.5, 0.0])


def test_nothing_traced_leaves_scipys_result():
    def constant(x):
        found = solve_ivp(lambda t, y: -y, (0, 1), [1.0], "BDF", dense_output=True)
        assert type(found.y) is np.ndarray
        assert type(found.sol).__name__ == "OdeSolution"
        return x * odeint(lambda y, t: -y, [found.y[0, -1]], [0, 1.0])[-1, 0]

    assert cr.grad(constant)(2.0) == constant(1.0)


@pytest.mark.parametrize("options", [{}, {"vectorized": True}, {"jac": True}])
def test_options_of_implicit_methods(options):
    def decayed(k):
        given = {**options, "jac": (lambda t, y: [[-k]])} if "jac" in options else options
        return solve_ivp(lambda t, y: -k * y, (0, 1), [1.0], "Radau", **given, **TIGHT).y[0, -1]

    assert cr.grad(decayed)(0.5) == pytest.approx(-np.exp(-0.5), rel=1e-7)


def test_complex_states():
    def size(k):
        found = solve_ivp(lambda t, y: (-k + 2j * k) * y, (0, 1), [1.0 + 0j], **TIGHT).y[0, -1]
        return np.real(found) + np.imag(found)

    check(size, 0.5)


def test_a_network_as_the_right_hand_side():
    weights = np.random.default_rng(0).normal(size=(3, 3)) / 2

    def loss(w):
        return np.sum(solve_ivp(lambda t, y: np.tanh(w @ y), (0, 1), np.ones(3), **TIGHT).y[:, -1] ** 2)

    check(loss, weights)


def test_events_have_times_and_states_with_derivatives():
    def landing(g, method="RK45"):
        def hit(t, y):
            return y[0]

        hit.terminal = True
        return solve_ivp(lambda t, y: [y[1], -g], (0, 10), [5.0, 0.0], method, events=hit, **TIGHT)

    for method in ("RK45", "Radau", "BDF"):
        slope = cr.grad(lambda g, method=method: landing(g, method).t_events[0][0])(9.81)
        assert slope == pytest.approx(-0.5 * np.sqrt(10 / 9.81**3), rel=1e-6)
        assert cr.grad(lambda g, method=method: landing(g, method).y[1, -1])(9.81) == pytest.approx(
            -np.sqrt(10 / 9.81) / 2, rel=1e-6
        )
        assert cr.grad(lambda g, method=method: landing(g, method).t[-1])(9.81) == pytest.approx(slope)


def test_an_event_that_does_not_end_the_run():
    def crossings(g):
        return np.sum(
            solve_ivp(lambda t, y: [y[1], -g * y[0]], (0, 2), [1.0, 0.0], events=lambda t, y: y[0], **TIGHT).t_events[0]
        )

    check(crossings, 4.0)


@pytest.mark.parametrize("ask", ["args", "closure", "start", "times", "tfirst", "full_output"])
def test_odeint(ask):
    times = np.array([0.0, 0.5, 0.5, 1.5, 2.0])
    exact = {"rtol": 1e-11, "atol": 1e-12}

    def solved(x):
        if ask == "start":
            return odeint(predators_last, x[:2], times, args=tuple(RATES), **exact)
        if ask == "times":
            return odeint(predators_last, [3.0, 2.0], x, args=tuple(RATES), **exact)
        if ask == "closure":
            return odeint(lambda z, t: predators(t, z, *x), [3.0, 2.0], times, **exact)
        if ask == "tfirst":
            return odeint(predators, [3.0, 2.0], times, tuple(x), tfirst=True, **exact)
        found = odeint(predators_last, [3.0, 2.0], times, tuple(x), full_output=ask == "full_output", **exact)
        return found[0] if ask == "full_output" else found

    check(lambda x: np.sum(solved(x) ** 2), np.array([0.2, 0.5, 1.0, 2.0]) if ask == "times" else RATES)


def test_odeint_of_a_stiff_problem():
    """Robertson's reaction, of which LSODA says that it is stiff."""

    def slope(y, t, a, b, c):
        return [-a * y[0] + c * y[1] * y[2], a * y[0] - c * y[1] * y[2] - b * y[1] ** 2, b * y[1] ** 2]

    def late(logarithms):
        return odeint(slope, [1.0, 0.0, 0.0], [0.0, 4.0], tuple(np.exp(logarithms)), rtol=1e-8, atol=1e-11)[-1, 2]

    check(late, np.log([0.04, 3e7, 1e4]), 1e-4)


def test_odeint_at_one_time_only():
    assert cr.grad(lambda k: odeint(lambda y, t: -y, [k], [1.0])[0, 0])(0.5) == 1.0


def test_compiled_functions_run_through_numpy():
    compiled = cr.jit(cr.grad(grown))
    with pytest.warns(cr.errors.JitWarning, match="chooses its steps by values"):
        assert compiled(0.5) == cr.grad(grown)(0.5)
    assert compiled(0.9) == cr.grad(grown)(0.9)


def test_batches_are_refused_with_what_to_write():
    with pytest.raises(TracingError, match="in a loop") as caught:
        cr.vmap(grown)(np.array([0.5, 0.6]))
    assert "written for plain arrays" not in str(caught.value)


def test_a_run_that_failed_has_no_derivative():
    with pytest.raises(TracingError, match="odeint failed"), pytest.warns(match="Excess work"):
        cr.grad(lambda k: odeint(lambda y, t: k * y**2, [1.0], [0, 3.0], mxstep=50)[-1, 0])(1.0)


def test_a_class_of_solvers_is_taken():
    assert cr.grad(grown)(0.5, 1.0, DOP853) == pytest.approx(cr.grad(growth)(0.5), rel=1e-6)


def test_a_model_is_fitted_by_its_gradient():
    """An epidemic (Kermack and McKendrick, 1927): rates of infection and recovery, and how many are ill at first."""
    days = np.linspace(0, 20, 6)

    def slope(y, t, infection, recovery):
        healthy, ill = y
        return [-infection * healthy * ill, infection * healthy * ill - recovery * ill]

    def ill(x):
        return odeint(slope, [1 - x[2], x[2]], days, args=(x[0], x[1]))[:, 1]

    known = np.array([0.9, 0.25, 0.01])
    data = ill(known)
    loss = cr.value_and_grad(lambda x: 1e3 * np.sum((ill(x) - data) ** 2))
    found = minimize(loss, [0.8, 0.3, 0.02], jac=True, bounds=[(0.5, 1.5), (0.1, 0.5), (0.005, 0.05)])
    np.testing.assert_allclose(found.x, known, rtol=1e-3)

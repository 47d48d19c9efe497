"""Proves that SciPy's integrators take traced values, in limits, arguments and closures: SciPy's values to the bit, and the
derivatives by Leibniz's rule and the fundamental theorem of calculus, against differences and formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad, fixed_quad, nquad, quad, quad_vec
from scipy.special import digamma, gamma
from scipy.stats import norm

import chainrule as cr
from chainrule.errors import NotDifferentiableError, TracingError


def bell(t, k):
    return np.exp(-k * t * t)


INTEGRALS = {
    "closure": lambda k: quad(lambda t: bell(t, k), 0, 1)[0],
    "args": lambda k: quad(bell, 0, 1, args=(k,))[0],
    "args, not in a tuple": lambda k: quad(bell, 0, 1, k)[0],
    "upper limit, plain code": lambda k: quad(math.sin, 0, k)[0],
    "lower limit and closure": lambda k: quad(lambda t: bell(t, k), k, 2.0)[0],
    "limits in the wrong order": lambda k: quad(lambda t: bell(t, k), 2.0, k)[0],
    "to infinity": lambda k: quad(lambda t: bell(t, k), k, np.inf)[0],
    "from infinity": lambda k: quad(lambda t: np.exp(k * t), -np.inf, k)[0],
    "the whole line": lambda k: quad(lambda t: bell(t - 0.1, k), -np.inf, np.inf)[0],
    "the whole line, backward": lambda k: quad(bell, np.inf, -np.inf, args=(k,))[0],
    "nothing between": lambda k: quad(np.exp, k, 0.5)[0],
    "many waves": lambda k: quad(lambda t: np.sin(50 * k * t), 0, 1)[0],
    "points": lambda k: quad(lambda t: np.abs(t - 0.3) ** k, 0, 1, points=[0.3])[0],
    "full output": lambda k: quad(bell, 0, 1, args=(k,), full_output=True)[0],
    "complex": lambda k: np.imag(quad(lambda t: np.exp(1j * k * t), 0, k, complex_func=True)[0]),
    "dblquad": lambda k: dblquad(lambda y, x: np.exp(-k * x * y), 0, 1, lambda x: 0, lambda x: k * x)[0],
    "nquad": lambda k: nquad(lambda y, x, k: np.exp(-k * x * y), [[0, 1], [0, k]], args=(k,))[0],
    "quad_vec": lambda k: quad_vec(lambda t: np.exp(-k * t) * np.array([1.0, 2.0]), 0, k)[0].sum(),
    "quad_vec, args": lambda k: quad_vec(bell, 0, 1, args=(k,))[0],
    "quad_vec to infinity": lambda k: quad_vec(bell, k, np.inf, args=(k,))[0],
    "quad_vec from infinity": lambda k: quad_vec(bell, -np.inf, k, args=(k,))[0],
    "quad_vec, the whole line": lambda k: quad_vec(bell, -np.inf, np.inf, args=(k,))[0],
    "fixed_quad": lambda k: fixed_quad(bell, 0, k, args=(k,))[0],
}


@pytest.mark.parametrize("name", INTEGRALS)
def test_derivatives_are_those_of_the_values(name):
    integral, k, step = INTEGRALS[name], 0.5, 1e-4
    wanted = (integral(k + step) - integral(k - step)) / (2 * step)
    value, slope = cr.value_and_grad(integral)(k)
    assert value == integral(k)
    assert slope == pytest.approx(wanted, rel=1e-6)
    assert cr.jvp(integral, (k,), (1.0,))[1] == pytest.approx(slope, rel=1e-10)


@pytest.mark.parametrize("integrate", [quad, quad_vec])
def test_higher_derivatives_by_limits_and_integrand_together(integrate):
    def integral(k):
        return integrate(lambda t: np.exp(k * t), k * k, np.sin(k))[0]

    def formula(k):
        return (np.exp(k * np.sin(k)) - np.exp(k**3)) / k

    for order in (1, 2, 3):
        assert cr.derivative(integral, order)(0.5) == pytest.approx(cr.derivative(formula, order)(0.5), rel=1e-8)
    assert cr.hessian(integral)(0.5) == pytest.approx(cr.hessian(formula)(0.5), rel=1e-8)


def test_singular_ends():
    """The values are found by extrapolation there, of which there is no derivative."""
    assert cr.grad(lambda k: quad(lambda t: t ** (k - 1), 0, 1)[0])(0.5) == pytest.approx(-4.0, rel=1e-7)
    slope = cr.grad(lambda k: quad(lambda t: t ** (k - 1) * np.exp(-t), 0, np.inf)[0])(0.5)
    assert slope == pytest.approx(gamma(0.5) * digamma(0.5), rel=1e-6)


def test_a_corner_that_moves():
    assert cr.grad(lambda k: quad(lambda t: np.abs(t - k), 0, 1)[0])(0.3) == pytest.approx(-0.4, rel=1e-3)


def test_nothing_traced_leaves_scipys_result():
    def constant(x):
        found = quad(np.exp, 0, 1, full_output=True)
        assert type(found[0]) is float
        assert len(found) == 3
        return x * found[0]

    assert cr.grad(constant)(2.0) == np.e - 1


def test_what_is_refused():
    with pytest.raises(TracingError, match="write the weight into the function"):
        cr.grad(lambda k: quad(lambda t: np.exp(-k * t), 0, 1, weight="cos", wvar=2.0)[0])(0.5)
    with pytest.raises(TracingError, match="in a loop"):
        cr.vmap(lambda k: quad(bell, 0, 1, args=(k,))[0])(np.ones(2))
    with pytest.raises(NotDifferentiableError, match="split the integral"), pytest.warns(match="subdivisions"):
        cr.grad(lambda k: quad(lambda t: k * np.abs(t - np.sqrt(0.5)) ** -0.5, 0, 1)[0])(0.5)


def test_compiled_functions_run_through_numpy():
    slope = cr.grad(INTEGRALS["closure"])
    with pytest.warns(cr.errors.JitWarning, match=r"scipy\.integrate\.quad chooses its steps by values"):
        assert cr.jit(slope)(0.5) == slope(0.5)


def test_expectations_of_distributions():
    assert cr.grad(lambda k: norm.expect(lambda x: k * x * x, loc=k))(0.5) == pytest.approx(1 + 3 * 0.5**2, rel=1e-6)

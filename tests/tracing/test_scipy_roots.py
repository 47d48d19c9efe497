"""Proves that SciPy's searches for roots and minima give derivatives by what their functions close over or take by `args=`: those
of the implicit function theorem, of every order; and that what has none is refused."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize as so
from scipy.sparse.linalg import LinearOperator

import chainrule as cr
from chainrule.errors import NotDifferentiableError, TracingError

BRACKETING = ("bisect", "brenth", "brentq", "ridder", "toms748")
SYSTEMS = ("hybr", "lm", "broyden1", "broyden2", "anderson", "krylov", "diagbroyden", "df-sane")
MINIMIZERS = ("Nelder-Mead", "Powell", "CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "COBYLA", "COBYQA", "SLSQP",
              "trust-constr", "dogleg", "trust-ncg", "trust-exact", "trust-krylov")  # fmt: skip
WITH_HESSIAN = {"Newton-CG", "dogleg", "trust-ncg", "trust-exact", "trust-krylov", "trust-constr"}


def cube(x, k):
    return x * x * x - k


def cube_root(k):
    return k ** (1 / 3)


NUMBERS = {
    **{name: lambda k, name=name: getattr(so, name)(lambda x: cube(x, k), 0, 2) for name in BRACKETING},
    **{f"{name}, args": lambda k, name=name: getattr(so, name)(cube, 0, 2, args=(k,)) for name in BRACKETING},
    "a bracket that moves": lambda k: so.brentq(lambda x: cube(x, k), k / 2, 4 * k),
    "full output": lambda k: so.brentq(cube, 0, 2, args=(k,), full_output=True)[0],
    "a report": lambda k: so.brentq(cube, 0, 2, args=(k,), full_output=True)[1].root,
    "newton": lambda k: so.newton(lambda x: cube(x, k), 1.0),
    "newton, its slope": lambda k: so.newton(cube, 1.0, fprime=lambda x, k: 3 * x * x, args=(k,)),
    "newton, full output": lambda k: so.newton(cube, k, args=(k,), full_output=True)[0],
    "root_scalar": lambda k: so.root_scalar(cube, bracket=(0, 2), args=(k,)).root,
    "root_scalar, secant": lambda k: so.root_scalar(cube, x0=1.0, x1=1.2, args=(k,)).root,
    "root_scalar, newton": lambda k: so.root_scalar(lambda x: (cube(x, k), 3 * x * x), x0=1.0, fprime=True).root,
    "fixed_point": lambda k: so.fixed_point(lambda x: x - cube(x, k) / 2, 0.8),
    "fsolve": lambda k: so.fsolve(cube, 1.0, args=(k,))[0],
    "fsolve, full output": lambda k: so.fsolve(cube, 1.0, args=(k,), full_output=True)[0][0],
    "broyden1": lambda k: so.broyden1(lambda x: cube(x, k), 0.8, f_tol=1e-12),
    "newton_krylov": lambda k: so.newton_krylov(lambda x: cube(x, k), [0.8], f_tol=1e-12)[0],
    "root": lambda k: so.root(cube, 1.0, args=(k,)).x[0],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_roots_of_one_number(name):
    root = NUMBERS[name]
    value, slope = cr.value_and_grad(root)(0.5)
    assert value == root(0.5)
    assert slope == pytest.approx(cr.grad(cube_root)(0.5), rel=1e-9)
    assert cr.hessian(root)(0.5) == pytest.approx(cr.hessian(cube_root)(0.5), rel=1e-8)


def test_a_derivative_of_third_order():
    found = cr.derivative(NUMBERS["brentq"], 3)(0.5)
    assert found == pytest.approx(cr.derivative(cube_root, 3)(0.5), rel=1e-8)


def system(x, p):
    return [x[0] * np.cos(x[1]) - p[0], x[1] * x[0] - x[1] - p[1]]


@pytest.mark.parametrize("method", SYSTEMS)
def test_systems(method):
    p = np.array([1.2, 0.3])
    found = cr.jacobian(lambda p: so.root(lambda x: p[1] * x**3 + x - p, np.ones(2), method=method).x)(p)
    x = so.root(lambda x: p[1] * x**3 + x - p, np.ones(2)).x
    wanted = np.linalg.solve(np.diag(3 * p[1] * x**2 + 1), np.eye(2) - np.outer(x**3, [0, 1]))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_system_of_two_equations_that_are_coupled():
    p = np.array([4.0, 5.0])
    found = cr.jacobian(lambda p: so.fsolve(system, [1.0, 1.0], args=(p,)))(p)
    x = so.fsolve(system, [1.0, 1.0], args=(p,))
    np.testing.assert_allclose(found, np.linalg.inv(cr.jacobian(lambda x: np.stack(system(x, p)))(x)), rtol=1e-8)


def test_jacobians_that_are_given():
    def given(k, **options):
        return so.root(lambda x: x**3 + x - k, np.ones(2), **options).x[0]

    wanted = cr.grad(given)(1.0)
    assert cr.grad(lambda k: given(k, jac=cr.jacobian(lambda x: x**3 + x - k)))(1.0) == pytest.approx(wanted)
    both = cr.grad(lambda k: so.root(lambda x: (x**3 + x - k, np.diag(3 * x**2 + 1)), np.ones(2), jac=True).x[0])(1.0)
    assert both == pytest.approx(wanted)


def test_many_roots_at_once():
    found = cr.jacobian(lambda k: so.newton(lambda x: cube(x, k), np.ones(3)))(np.array([0.5, 1.0, 2.0]))
    np.testing.assert_allclose(found, np.diag(np.array([0.5, 1.0, 2.0]) ** (-2 / 3) / 3), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(("scale", "root"), [(1e-12, 0.5), (1e9, 0.5), (1.0, 0.0), (1e-9, 0.9)])
def test_roots_of_every_size(scale, root):
    def found(k):
        return so.brentq(lambda x: np.sinh(x / scale) ** 3 + x / scale - k, -scale, scale * 1.1, xtol=1e-15 * scale)

    at = np.sinh(root) ** 3 + root
    wanted = scale / (3 * np.sinh(root) ** 2 * np.cosh(root) + 1)
    assert cr.grad(found)(at) == pytest.approx(wanted, rel=1e-6)


def test_roots_without_a_derivative_are_refused():
    with pytest.raises(NotDifferentiableError, match="kink"):
        cr.grad(lambda k: so.brentq(lambda x: np.where(x > 0, x, 3 * x) - k, -1, 1))(0.0)
    with pytest.raises(NotDifferentiableError, match="no derivative"), pytest.warns(match="not making good progress"):
        cr.grad(lambda k: so.fsolve(lambda x: x * x + k + 0.1 * x, [3.0])[0])(1.0)
    with pytest.raises(TracingError, match="not making good progress"):
        cr.grad(lambda k: so.root(lambda x: x * x + k, [1.0]).x[0])(1.0)
    with pytest.raises(TracingError, match="in a loop"):
        cr.vmap(NUMBERS["brentq"])(np.array([0.5, 1.0]))


def quartic(x, p):
    return np.sum((x - p) ** 4) + np.sum((x - 1) ** 2)


@pytest.mark.parametrize("method", MINIMIZERS)
@pytest.mark.filterwarnings("ignore:Method .* does not use:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:delta_grad == 0.0:UserWarning")
def test_minima(method):
    """Of every method, with chainrule's own gradients and Hessians of a function of traced values."""
    p = np.array([2.0, 3.0])

    def minimum(p):
        hess = cr.hessian(lambda x: quartic(x, p)) if method in WITH_HESSIAN else None
        return so.minimize(
            quartic, np.zeros(2), (p,), method, cr.grad(quartic), (lambda x, p: hess(x)) if hess else None
        )

    plain = minimum(p)
    found, pull = cr.vjp(lambda p: minimum(p).x, p)
    np.testing.assert_array_equal(found, plain.x)
    curvature = 12 * (plain.x - p) ** 2
    np.testing.assert_allclose(pull(np.ones(2))[0], curvature / (curvature + 2), rtol=5e-3)
    slope = cr.grad(lambda p: minimum(p).fun)(p)
    np.testing.assert_allclose(slope, -4 * (plain.x - p) ** 3, rtol=5e-3)


@pytest.mark.parametrize("method", MINIMIZERS)
@pytest.mark.filterwarnings("ignore:Method .* does not use:RuntimeWarning")
def test_minimizers_take_compiled_functions(method):
    fun, jac, hess = (cr.jit(each) for each in (quartic, cr.grad(quartic), cr.hessian(quartic)))
    given = {"hess": hess} if method in WITH_HESSIAN else {}
    p = np.array([2.0, 3.0])
    found = so.minimize(fun, np.zeros(2), (p,), method, jac, **given)
    np.testing.assert_allclose(cr.grad(quartic)(found.x, p), 0, atol=0.02)


def test_gradients_that_come_with_the_function():
    def minimum(k, **options):
        both = cr.value_and_grad(lambda x: np.sum((x - k) ** 2))
        return so.minimize(both, [1.0], jac=True, **options).x[0]

    assert cr.grad(minimum)(0.5) == pytest.approx(1.0)
    assert cr.grad(minimum)(0.5, bounds=[(0, 3)]) == pytest.approx(1.0)
    with pytest.raises(TracingError, match="a bound holds it"):
        cr.grad(minimum)(0.5, bounds=[(0, 0.3)])


def test_hessian_products():
    def product(x, v, p):
        return cr.hvp(lambda x: quartic(x, p), (x,), (v,))

    p = np.array([2.0, 3.0])
    found = so.minimize(quartic, np.zeros(2), (p,), "Newton-CG", cr.grad(quartic), hessp=product)
    np.testing.assert_allclose(cr.grad(quartic)(found.x, p), 0, atol=1e-5)


REFUSED = {
    "minimize without a gradient": (lambda k: so.minimize(lambda x: np.sum((x - k) ** 2), [1.0]).x[0], r"jac=cr\.grad"),
    "a constraint": (
        lambda k: so.minimize(np.sum, [1.0], constraints={"type": "ineq", "fun": lambda x: x[0] - k}).x[0], "constraints",
    ),
    "a constraint that is an object": (
        lambda k: so.minimize(np.sum, [1.0], constraints=so.NonlinearConstraint(lambda x: x[0] - k, 0, 9)).x[0],
        "constraints",
    ),
    "minimize_scalar": (lambda k: so.minimize_scalar(lambda x: (x - k) ** 2).x, "minimize_scalar was given"),
    "least_squares": (lambda k: so.least_squares(lambda x: x - k, [1.0]).x[0], "sum of the squares"),
    "leastsq": (lambda k: so.leastsq(lambda x: x - k, [1.0])[0][0], "sum of the squares"),
    "curve_fit": (lambda k: so.curve_fit(lambda x, a: a * x, np.ones(3), k * np.ones(3))[0][0], "curve_fit was given"),
    "differential_evolution": (
        lambda k: so.differential_evolution(lambda x: np.sum((x - k) ** 2), [(0, 1)], maxiter=2, rng=1).x[0], "was given",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    function, said = REFUSED[name]
    with pytest.raises(TracingError, match=said):
        cr.grad(function)(0.5)


def test_nothing_traced_leaves_scipys_results():
    def constant(x):
        fitted = so.curve_fit(lambda t, a: a * t, np.arange(3.0), 2 * np.arange(3.0))[0][0]
        lowest = so.minimize(lambda y: np.sum((y - 3) ** 2), [x]).x[0]  # a start has no part in what is found
        return x * fitted * lowest * so.brentq(lambda y: y - 0.5, 0, 1)

    assert cr.grad(constant)(2.0) == pytest.approx(3.0)


def test_compiled_functions_run_through_numpy():
    slope = cr.grad(NUMBERS["brentq"])
    with pytest.warns(cr.errors.JitWarning, match=r"scipy\.optimize\.brentq chooses its steps by values"):
        assert cr.jit(slope)(0.5) == slope(0.5)


def test_a_linear_operator_among_the_options_stays_one():
    def root(k):
        inner = {"inner_M": LinearOperator((2, 2), matvec=lambda v: v)}
        return so.root(lambda x: x**3 + x - k, np.ones(2), method="krylov", options={"jac_options": inner}).x[0]

    assert cr.grad(root)(1.0) == pytest.approx(1 / (3 * root(1.0) ** 2 + 1), rel=1e-6)

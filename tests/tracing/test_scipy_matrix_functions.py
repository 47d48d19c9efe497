"""Proves that scipy.linalg's functions of traced matrices, and matrix equations, are SciPy's, with the limits as derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order, same, total

import chainrule as cr

A = np.array([[1.2, 0.3], [-0.4, 0.9]])
B = np.array([[0.7, -0.2, 0.1], [0.3, 1.1, 0.4], [0.2, -0.3, 1.6]])
Z = A + 1j * np.array([[0.1, 0.4], [-0.3, 0.2]])
NEGATIVE = np.array([[-1.0, 0.3], [0.2, 2.0]])
Q = np.array([[0.5, 1.0], [-1.5, 2.0]])
LARGE = np.eye(10) * 0.3 + np.outer(np.cos(np.arange(10.0)), np.sin(np.arange(10.0))) / 20

CALLS = {
    "expm": (linalg.expm, A),
    "expm, complex": (linalg.expm, Z),
    "expm of a large matrix": (linalg.expm, 8 * B),
    "expm of a number": (linalg.expm, np.array([0.5])),
    "sqrtm": (linalg.sqrtm, B),
    "sqrtm of a negative eigenvalue": (linalg.sqrtm, NEGATIVE),
    "whole power": (lambda a: linalg.fractional_matrix_power(a, -2), NEGATIVE),
    "cosm": (linalg.cosm, A),
    "sinm": (linalg.sinm, A),
    "sinm, complex": (linalg.sinm, Z),
    "tanm": (linalg.tanm, 0.5 * A),
    "coshm": (linalg.coshm, A),
    "sinhm": (linalg.sinhm, Z),
    "tanhm": (linalg.tanhm, A),
    "expm_frechet": (linalg.expm_frechet, A, Q),
    "Sylvester": (linalg.solve_sylvester, A, B, np.array([[1.0, 0.5, -2.0], [0.3, 1.5, 0.1]])),
    "Sylvester, complex": (linalg.solve_sylvester, Z, A + 0j, Q + 0j),
    "Lyapunov": (linalg.solve_continuous_lyapunov, A, Q),
    "Lyapunov, complex": (linalg.solve_continuous_lyapunov, Z, Q + 0j),
    "discrete Lyapunov": (linalg.solve_discrete_lyapunov, 0.5 * A, Q),
    "discrete Lyapunov, bilinear": (lambda a, q: linalg.solve_discrete_lyapunov(a, q, "bilinear"), 0.5 * Z, Q + 0j),
    "norm": (linalg.norm, B),
    "norm of rows": (lambda a: linalg.norm(a, 1, axis=1, keepdims=True), B),
    "norm, nuclear": (lambda a: linalg.norm(a, "nuc"), B),
}
named = pytest.mark.parametrize("name", CALLS)


@named
def test_values_and_derivatives(name):
    call, *operands = CALLS[name]
    check_call(call, *operands)


@named
def test_a_batch_is_a_loop(name):
    call, *operands = CALLS[name]
    check_batch(call, *operands)


@pytest.mark.parametrize("name", ["expm", "sqrtm", "cosm", "Lyapunov"])
def test_compiled_code_agrees(name):
    call, *operands = CALLS[name]
    check_compiled(call, *operands)


@pytest.mark.parametrize("name", ["expm", "sqrtm", "Sylvester", "discrete Lyapunov"])
def test_second_order(name):
    call, *operands = CALLS[name]
    check_second_order(call, *operands)


@pytest.mark.parametrize("call", [linalg.expm, linalg.logm, linalg.sqrtm, linalg.cosm])
def test_stacks_of_matrices(call):
    stack = np.stack([A, 2 * A])
    same(cr.vjp(call, stack)[0], np.stack([call(A), call(2 * A)]))


def test_discrete_lyapunov_equations_of_large_matrices_take_the_other_method():
    q = np.eye(10)
    same(cr.vjp(lambda a: linalg.solve_discrete_lyapunov(a, q), LARGE)[0], linalg.solve_discrete_lyapunov(LARGE, q))


def test_the_derivative_of_the_exponential_is_that_of_al_mohy_and_higham():
    tangent = cr.jvp(linalg.expm, (A,), (1e6 * Q,))[1]
    np.testing.assert_allclose(tangent / 1e6, linalg.expm_frechet(A, Q, compute_expm=False), rtol=1e-12)


@pytest.mark.parametrize("a", [B, Z, NEGATIVE])
def test_logarithms(a):
    """SciPy's logarithm is slow: its derivative is compared with that of its inverse."""
    value, tangent = cr.jvp(linalg.logm, (a,), (np.ones_like(a),))
    same(value, linalg.logm(a))
    back = cr.jvp(linalg.expm, (value,), (tangent,))
    np.testing.assert_allclose(back, (a, np.ones_like(a)), rtol=1e-12, atol=1e-12)


def test_powers():
    a = A.T @ A
    root, back = cr.vjp(lambda a: linalg.fractional_matrix_power(a, 0.5), a)
    np.testing.assert_allclose(root, linalg.sqrtm(a), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(back(Q)[0], cr.vjp(linalg.sqrtm, a)[1](Q)[0], rtol=1e-11, atol=1e-13)
    value, slope = cr.jvp(lambda t: linalg.fractional_matrix_power(a, t), (0.7,), (1.0,))
    np.testing.assert_allclose(value, linalg.fractional_matrix_power(a, 0.7), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(slope, linalg.logm(a) @ value, rtol=1e-12, atol=1e-14)


def test_a_cotangent_of_zeros_gives_zeros():
    for call in (linalg.expm, linalg.logm, linalg.sqrtm):
        np.testing.assert_array_equal(cr.grad(lambda a, f=call: np.sum(0 * f(a)))(A), np.zeros((2, 2)))


def test_third_derivatives_along_a_line():
    slope = cr.derivative(lambda t: total(linalg.expm)(t * A), 3)(0.5)
    np.testing.assert_allclose(slope, total(lambda a: a)(A @ A @ A @ linalg.expm(0.5 * A)), rtol=1e-12)


def test_no_random_numbers_are_drawn_from_the_users_generator():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    cr.grad(total(linalg.logm))(B)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_matrices_that_are_not_square_are_refused():
    for call in (linalg.expm, linalg.logm, linalg.sqrtm):
        with pytest.raises(ValueError, match="square"):
            cr.vjp(call, np.ones((2, 3)))


def _plant(v, dtype=float):
    """Return a system of which each matrix depends on numbers, with weights that are Hermitian."""
    turn = 1j if dtype is complex else 0.0
    a = np.array([[1.0, 0.1], [v[0], v[1]]]) + turn * v[1] * np.array([[1.0, 2.0], [0.5, -1.0]])
    b = np.array([[v[2]], [0.1]]) * (1 + 0.5 * turn)
    q = np.array([[1.0, v[3]], [v[3], 2.0]]) + turn * v[0] * np.array([[0.0, 1.0], [-1.0, 0.0]])
    return a, b, q, np.array([[v[4]]])


PLANT = np.array([0.3, 0.8, 0.4, 0.2, 0.7])


@pytest.mark.parametrize("name", ["solve_continuous_are", "solve_discrete_are"])
def test_riccati_equations(name):
    solve = getattr(linalg, name)
    for dtype in (float, complex):
        check_call(lambda v, dtype=dtype: solve(*_plant(v, dtype)), PLANT)
    check_batch(lambda v: solve(*_plant(v)), PLANT)
    check_compiled(lambda v: solve(*_plant(v)), PLANT)
    check_second_order(lambda v: solve(*_plant(v)), PLANT)
    a, b, q, r = _plant(PLANT)
    with pytest.raises(ValueError, match="symmetric"):
        cr.vjp(lambda q: solve(a, b, q, r), q + np.array([[0.0, 0.5], [0.0, 0.0]]))

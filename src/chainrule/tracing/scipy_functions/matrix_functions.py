"""Owns what SciPy's functions of matrices, and its solvers of matrix equations, do with traced arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced, bind
from chainrule.primitives.matrix_equations import DISCRETE_RICCATI, RICCATI, SYLVESTER
from chainrule.primitives.matrix_functions import EXPM, LOGM, SQRTM, derivative_along
from chainrule.primitives.products import adjoint, conjugate
from chainrule.tracing.numpy_functions.norms import norm as numpy_norm
from chainrule.tracing.scipy_functions.branches import is_anywhere
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.tracing.scipy_functions.triangles import square


def _matrices(value: Any) -> Array:
    """Return square matrices; a number is one of one row."""
    (a,) = as_floats(value)
    return square(np.reshape(a, (1, 1)) if a.ndim < 2 and a.size == 1 else a)


def expm(A: Any) -> Any:
    """scipy.linalg.expm."""
    return bind(EXPM, (_matrices(A),))


def logm(A: Any, disp: Any = True) -> Any:
    """scipy.linalg.logm."""
    return NotImplemented if disp is False else bind(LOGM, (_matrices(A),))


def sqrtm(A: Any, disp: Any = True, blocksize: Any = None) -> Any:
    """scipy.linalg.sqrtm."""
    return NotImplemented if disp is False else bind(SQRTM, (_matrices(A),))


def fractional_matrix_power(A: Any, t: Any) -> Any:
    """scipy.linalg.fractional_matrix_power: by the logarithm, unless the exponent is a whole number that is known."""
    a = _matrices(A)
    if not isinstance(t, Traced) and float(t).is_integer():
        return np.linalg.matrix_power(a, operator.index(int(t)))
    return bind(EXPM, (t * bind(LOGM, (a,)),))


def cosm(A: Any) -> Any:
    """scipy.linalg.cosm."""
    a = _matrices(A)
    return 0.5 * (expm(1j * a) + expm(-1j * a)) if a.dtype.kind == "c" else np.real(expm(1j * a))


def sinm(A: Any) -> Any:
    """scipy.linalg.sinm."""
    a = _matrices(A)
    return -0.5j * (expm(1j * a) - expm(-1j * a)) if a.dtype.kind == "c" else np.imag(expm(1j * a))


def tanm(A: Any) -> Any:
    """scipy.linalg.tanm."""
    return np.linalg.solve(cosm(A), sinm(A))


def coshm(A: Any) -> Any:
    """scipy.linalg.coshm."""
    return 0.5 * (expm(A) + expm(-_matrices(A)))


def sinhm(A: Any) -> Any:
    """scipy.linalg.sinhm."""
    return 0.5 * (expm(A) - expm(-_matrices(A)))


def tanhm(A: Any) -> Any:
    """scipy.linalg.tanhm."""
    return np.linalg.solve(coshm(A), sinhm(A))


def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    """scipy.linalg.expm_frechet."""
    a, e = as_floats(A, E)
    if square(a).shape != e.shape:
        raise ValueError("expected A and E to be the same shape")
    found = derivative_along(expm, a, e)
    return (expm(a), found) if compute_expm else found


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """scipy.linalg.solve_sylvester."""
    return bind(SYLVESTER, as_floats(a, b, q))


def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """scipy.linalg.solve_continuous_lyapunov."""
    a, q = _equation(a, q)
    return bind(SYLVESTER, (a, adjoint(a), q))


def _equation(a: Any, q: Any) -> tuple[Array, Array]:
    a, q = (square(np.atleast_2d(each)) for each in as_floats(a, q))
    if a.shape[-1] != q.shape[-1]:
        raise ValueError("Matrix a and q should have the same shape.")
    return a, q


def solve_discrete_lyapunov(a: Any, q: Any, method: str | None = None) -> Any:
    """scipy.linalg.solve_discrete_lyapunov: by its two methods."""
    a, q = _equation(a, q)
    size = a.shape[-1]
    chosen = ("bilinear" if size >= 10 else "direct") if method is None else method.lower()
    if chosen == "direct":
        products = a[..., :, None, :, None] * conjugate(a)[..., None, :, None, :]
        system = np.eye(size * size) - np.reshape(products, (*a.shape[:-2], size * size, size * size))
        rows = np.reshape(q, (*q.shape[:-2], size * size, 1))
        found = np.linalg.solve(system, rows)
        return np.reshape(found, (*found.shape[:-2], size, size))
    if chosen != "bilinear":
        raise ValueError(f"Unknown solver {method}")
    # Gajic and Qureshi (1995): a Moebius map makes a continuous equation of it, as in SciPy.
    identity = np.eye(size, dtype=a.dtype)
    inverse = np.linalg.inv(a + identity)
    moved = np.matmul(inverse, a - identity)
    side = -2 * np.matmul(np.matmul(inverse, q), adjoint(inverse))
    return bind(SYLVESTER, (moved, adjoint(moved), side))


def solve_continuous_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    """scipy.linalg.solve_continuous_are, without `e` and `s`."""
    return NotImplemented if e is not None or s is not None else bind(RICCATI, _of_riccati(a, b, q, r))


def solve_discrete_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    """scipy.linalg.solve_discrete_are, without `e` and `s`."""
    return NotImplemented if e is not None or s is not None else bind(DISCRETE_RICCATI, _of_riccati(a, b, q, r))


def _of_riccati(*operands: Any) -> tuple[Array, ...]:
    a, b, q, r = (np.atleast_2d(each) for each in as_floats(*operands))
    for each in (q, r):
        if is_anywhere(np.abs(each - adjoint(each)) > 1e-12 * np.max(np.abs(each)), undecided=False):
            raise ValueError("The q and r matrices should be symmetric/hermitian.")
    return a, b, q, r


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    """scipy.linalg.norm."""
    return numpy_norm(a, ord, axis, keepdims)


MATRIX_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "expm": expm,
    "logm": logm,
    "sqrtm": sqrtm,
    "fractional_matrix_power": fractional_matrix_power,
    "cosm": cosm,
    "sinm": sinm,
    "tanm": tanm,
    "coshm": coshm,
    "sinhm": sinhm,
    "tanhm": tanhm,
    "expm_frechet": expm_frechet,
    "solve_sylvester": solve_sylvester,
    "solve_continuous_lyapunov": solve_continuous_lyapunov,
    "solve_lyapunov": solve_continuous_lyapunov,
    "solve_discrete_lyapunov": solve_discrete_lyapunov,
    "solve_continuous_are": solve_continuous_are,
    "solve_discrete_are": solve_discrete_are,
    "norm": norm,
}
"""Functions of scipy.linalg to ours, which have the same parameters."""

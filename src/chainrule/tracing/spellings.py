"""Owns what to write in place of functions of SciPy, and of NumPy, that cannot take traced values."""

from __future__ import annotations

import numpy as np

WITH_NUMPY = "write it with NumPy's functions, or give it a rule with cr.custom_vjp"
"""What to do about a function that takes plain numbers only."""

_WINDOWS = (
    "of vectors write {of_vectors}; of more axes np.tensordot(np.lib.stride_tricks.sliding_window_view(x, y.shape), {factor}, "
    "y.ndim), with x padded by np.pad for the modes that are not 'valid'"
)
_SOLVER = "write scipy.integrate.solve_ivp(fun, t_span, y0), whose result has a derivative"
_CORNERS = (
    "take the neighbors at whole positions, i = np.floor(cr.stop_gradient(x)).astype(int), by np.take(values, i), and weight "
    "them by x - i"
)
_PIECES = (
    "with i = np.clip(np.searchsorted(s.x, x, 'right') - 1, 0, len(s.x) - 2) write "
    "np.polyval(np.take(s.c, i, axis=-1), x - np.take(s.x, i))"
)

_FORMULAS = {
    "iqr": "np.percentile(x, 75) - np.percentile(x, 25)",
    "ttest_1samp": "(np.mean(a) - popmean) / (np.std(a, ddof=1) / np.sqrt(len(a)))",
}
"""Of scipy.stats, in the names of its parameters."""

_INSTEAD = {
    "comb": "write scipy.special.binom(n, k)",
    "factorial": "write scipy.special.gamma(n + 1)",
    "diric": "write np.sin(n * x / 2) / (n * np.sin(x / 2))",
    "hankel1": "write scipy.special.jv(v, z) + 1j * scipy.special.yv(v, z)",
    "hankel2": "write scipy.special.jv(v, z) - 1j * scipy.special.yv(v, z)",
    "lambertw": "of z > 0 write scipy.special.wrightomega(np.log(z))",
    "round": "write np.rint(x)",
    "spherical_jn": "write np.sqrt(np.pi / (2 * z)) * scipy.special.jv(n + 0.5, z)",
    "spherical_yn": "write np.sqrt(np.pi / (2 * z)) * scipy.special.yv(n + 0.5, z)",
    "dot": "write a.toarray() @ x",
    "spsolve": "write np.linalg.solve(a.toarray(), b)",
    "interp1d": "write np.interp(x, xp, fp)",
    "CubicSpline": _PIECES,
    "PPoly": _PIECES,
    "RegularGridInterpolator": _CORNERS,
    "map_coordinates": _CORNERS,
    "medfilt": "write np.median(np.lib.stride_tricks.sliding_window_view(np.pad(x, n // 2), n), axis=-1)",
    "detrend": "write x - np.polyval(np.polyfit(t, x, 1), t), with t = np.arange(len(x))",
    "freqz": "write np.exp(-1j * np.outer(w, np.arange(len(b)))) @ b",
    "convolve2d": _WINDOWS.format(factor="np.flip(y)", of_vectors="np.convolve(x, y, mode)"),
    "correlate2d": _WINDOWS.format(factor="y", of_vectors="np.correlate(x, y, mode)"),
    "gaussian_filter": "write np.convolve(x, kernel, 'same') along each axis",
    **dict.fromkeys(("BDF", "DOP853", "LSODA", "RK23", "RK45", "Radau"), _SOLVER),
    **dict.fromkeys(("complex_ode", "integrate", "ode", "set_initial_value"), _SOLVER),
    "approx_fprime": "write cr.grad(f)(x)",
    "derivative": "write cr.derivative(f)(x)",
    "find_root": "write scipy.optimize.brentq(f, a, b), whose result has a derivative",
    "hessian": "write cr.hessian(f)(x)",
    "jacobian": "write cr.jacobian(f)(x)",
    "tanhsinh": "write scipy.integrate.quad(f, a, b)[0], whose result has a derivative",
    "polyfit": "write np.polyfit(x, y, n)[::-1]",
    "fit": "write np.polynomial.Polynomial(np.polyfit(x, y, n)[::-1])",
    "masked_invalid": "write np.where(np.isfinite(x), x, 0), or x[np.isfinite(x)]",
}
_NUMPYS_PACKAGES = {"linalg": np.linalg}
"""What this package of SciPy has, NumPy's has by the same name."""


def spelling_of(package: str, function: str) -> str:
    """Return what to write in place of a function of a package of SciPy, or a method of a distribution: "norm.cdf".

    >>> spelling_of("stats", "iqr")
    'write np.percentile(x, 75) - np.percentile(x, 25)'
    >>> spelling_of("linalg", "qr")
    'write np.linalg.qr(...)'
    """
    if package == "stats" and function in _FORMULAS:
        return f"write {_FORMULAS[function]}"
    name = function if package == "stats" else function.rsplit(".", 1)[-1]
    if name in _INSTEAD:
        return _INSTEAD[name]
    if hasattr(_NUMPYS_PACKAGES.get(package), name):
        return f"write np.{package}.{name}(...)"
    return WITH_NUMPY

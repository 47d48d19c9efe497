"""Owns functions of counts, and of the gamma function: factorial, comb, perm, polygamma and multigammaln of scipy.special."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.errors import NoRuleError
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.branches import is_anywhere
from chainrule.tracing.scipy_functions.operands import as_floats
from chainrule.user_code import where


def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """scipy.special.factorial of numbers, where extend="zero" means zero for negative ones."""
    if exact or extend != "zero":
        return NotImplemented
    (n,) = as_floats(n)
    is_natural = n >= 0
    return np.where(is_natural, scipy.special.gamma(np.where(is_natural, n, 0) + 1), 0.0)[()]


def _counted(function: Callable[[Array, Array], Array], total: Any, k: Any) -> Array:
    """Return the value where so many can be chosen, else zero."""
    total, k = as_floats(total, k)
    is_possible = (k <= total) & (total >= 0) & (k >= 0)
    value = function(np.where(is_possible, total, 1.0), np.where(is_possible, k, 1.0))
    return np.where(is_possible, value, 0.0)[()]


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """scipy.special.comb, not of exact integers."""
    if exact:
        return NotImplemented
    if repetition:
        total, k = as_floats(N, k)
        return np.where((k == 0) & (total >= 0), 1.0, scipy.special.binom(total + k - 1, k))[()]
    return _counted(scipy.special.binom, N, k)


def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """scipy.special.perm, not of exact integers."""
    return NotImplemented if exact else _counted(lambda total, k: scipy.special.poch(total - k + 1, k), N, k)


def polygamma(n: Any, x: Any) -> Any:
    """scipy.special.polygamma, by its second operand."""
    if holds_traced(n):
        raise NoRuleError(
            f"scipy.special.polygamma has no derivative rule in its first operand; hold it with cr.stop_gradient{where()}"
        )
    order, x = np.asarray(n), as_array(x)
    above = np.where(order == 0, 1, order)
    value = (-1.0) ** (above + 1) * scipy.special.gamma(above + 1.0) * scipy.special.zeta(above + 1, x)
    return value if np.all(order > 0) else np.where(order == 0, scipy.special.psi(x), value)[()]


def multigammaln(a: Any, d: Any) -> Any:
    """scipy.special.multigammaln."""
    if not isinstance(d, int | np.integer):
        return NotImplemented  # SciPy says what is wrong
    a = as_array(a)
    if is_anywhere(a <= 0.5 * (d - 1), undecided=False):
        raise ValueError(f"condition a > 0.5 * (d-1) = {0.5 * (d - 1):f} is not met")
    terms = scipy.special.gammaln(a[..., np.newaxis] - 0.5 * np.arange(int(d)))
    return d * (d - 1) * 0.25 * np.log(np.pi) + np.sum(terms, axis=-1)


COMBINATORICS: dict[str, Callable[..., Any]] = {
    "factorial": factorial,
    "comb": comb,
    "perm": perm,
    "polygamma": polygamma,
    "multigammaln": multigammaln,
}
"""SciPy's function to ours."""

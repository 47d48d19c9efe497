"""Owns the own methods of SciPy's distributions that no traced array gets through, and the refusal of those without a formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.errors import NoRuleError
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.spellings import spelling_of
from chainrule.user_code import where

_NUMERICAL = {
    "rv_generic._ppf": "a search for a root",
    "rv_continuous._cdf": "integration",
    "rv_continuous._entropy": "integration",
    "rv_discrete._entropy": "adding up",
    "norminvgauss_gen._sf": "integration",
    "norminvgauss_gen._isf": "a search for a root",
}
"""Methods of SciPy's base classes that a distribution without a formula has, and own ones that go through elements in a loop."""


def own(self: Any, name: str) -> Callable[..., Any]:
    """Return a method of a distribution's own; ours in place of those that no traced array gets through."""
    found: Callable[..., Any] = getattr(self, name)
    spelled = found.__qualname__
    if spelled in _NUMERICAL:
        raise NoRuleError(
            f"scipy.stats.{self.name}.{name[1:]}: SciPy finds it numerically, by {_NUMERICAL[spelled]}, which has no derivative "
            f"rule; {spelling_of('stats', f'{self.name}.{name[1:]}')}{where()}"
        )
    ours = OWN_METHODS.get(spelled)
    method = found if ours is None else partial(ours, self)
    return lambda *args: as_array(method(*args))  # some make arrays of objects


def _logarithm_of_cdf(self: Any, x: Array, *shapes: Array) -> Array:
    """Return log(cdf). The default finds the median first, from which on it goes by the other side."""
    return _logarithm(own(self, "_cdf")(x, *shapes), own(self, "_sf")(x, *shapes))


def _logarithm_of_sf(self: Any, x: Array, *shapes: Array) -> Array:
    return _logarithm(own(self, "_sf")(x, *shapes), own(self, "_cdf")(x, *shapes))


def _logarithm(probability: Array, other: Array) -> Array:
    """Return the logarithm of a probability, from that of the opposite where it is above one half."""
    is_small = np.less(probability, 0.5)
    return np.where(is_small, np.log(np.where(is_small, probability, 0.5)), np.log1p(-np.where(is_small, 0.5, other)))


def _dgamma_cdf(self: Any, x: Array, a: Array) -> Array:
    # Where it is small not as the rest of a half, of which few or no digits would be left.
    size = np.abs(x)
    return np.where(x > 0, 0.5 + 0.5 * scipy.special.gammainc(a, size), 0.5 * scipy.special.gammaincc(a, size))


def _dgamma_ppf(self: Any, q: Array, a: Array) -> Array:
    return np.sign(q - 0.5) * scipy.special.gammainccinv(a, 1 - np.abs(2 * q - 1))


def _skewnorm_logpdf(self: Any, x: Array, a: Array) -> Array:
    """SciPy's has a branch without `a` where that is zero."""
    return np.log(2) - 0.5 * x**2 - 0.5 * np.log(2 * np.pi) + scipy.special.log_ndtr(a * x)


def _log_gauss_mass(a: Any, b: Any) -> Array:
    """Return the logarithm of what the normal distribution has between two points: on the left of 0, where it is precise."""
    a, b = as_array(a), as_array(b)
    left, right = np.where(a > 0, -b, a), np.where(a > 0, -a, b)
    whole = scipy.special.log_ndtr(right)
    return whole + np.log(-np.expm1(scipy.special.log_ndtr(left) - whole))


def _truncnorm_logarithm(value: Array, other: Array) -> Array:
    """Return the logarithm of a probability, from that of the opposite where it is close to one."""
    is_large = value > -0.1
    return np.where(is_large, np.log1p(-np.exp(np.where(is_large, other, -1.0))), value)


def _truncnorm_logcdf(self: Any, x: Array, a: Array, b: Array) -> Array:
    whole = _log_gauss_mass(a, b)
    return _truncnorm_logarithm(_log_gauss_mass(a, x) - whole, _log_gauss_mass(x, b) - whole)


def _truncnorm_logsf(self: Any, x: Array, a: Array, b: Array) -> Array:
    whole = _log_gauss_mass(a, b)
    return _truncnorm_logarithm(_log_gauss_mass(x, b) - whole, _log_gauss_mass(a, x) - whole)


def _truncnorm_ppf(self: Any, q: Array, a: Array, b: Array) -> Array:
    """Return the quantile, from that end which is farther from 0: it is precise there."""
    s, mass = scipy.special, _log_gauss_mass(a, b)
    from_left = s.ndtri_exp(np.logaddexp(s.log_ndtr(a), np.log(q) + mass))
    from_right = -s.ndtri_exp(np.logaddexp(s.log_ndtr(-b), np.log1p(-q) + mass))
    return np.where(a < 0, from_left, from_right)


OWN_METHODS: dict[str, Any] = {
    "rv_continuous._logcdf": _logarithm_of_cdf,
    "rv_continuous._logsf": _logarithm_of_sf,
    "rv_generic._sf": lambda self, x, *shapes: 1.0 - own(self, "_cdf")(x, *shapes),
    "rv_generic._isf": lambda self, q, *shapes: own(self, "_ppf")(1.0 - q, *shapes),
    "dgamma_gen._cdf": _dgamma_cdf,
    "dgamma_gen._sf": lambda self, x, a: _dgamma_cdf(self, -x, a),
    "dgamma_gen._ppf": _dgamma_ppf,
    "truncnorm_gen._cdf": lambda self, x, a, b: np.exp(_truncnorm_logcdf(self, x, a, b)),
    "truncnorm_gen._logcdf": _truncnorm_logcdf,
    "truncnorm_gen._sf": lambda self, x, a, b: np.exp(_truncnorm_logsf(self, x, a, b)),
    "truncnorm_gen._logsf": _truncnorm_logsf,
    "truncnorm_gen._ppf": _truncnorm_ppf,
    "truncnorm_gen._isf": lambda self, q, a, b: -_truncnorm_ppf(self, q, -b, -a),
    "skewnorm_gen._logpdf": _skewnorm_logpdf,
    "skewnorm_gen._pdf": lambda self, x, a: np.exp(_skewnorm_logpdf(self, x, a)),
    "dgamma_gen._isf": lambda self, q, a: -_dgamma_ppf(self, q, a),
}
"""Own methods of SciPy's distributions, by class and name, to ours: those that write into plain arrays, or compute outside of a
domain what they then leave out."""

NORMAL_MASS: dict[str, Callable[..., Any]] = {"_log_gauss_mass": _log_gauss_mass}
"""A function of the module of continuous distributions to ours."""

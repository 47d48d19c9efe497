"""Owns the ufuncs that SciPy keeps to itself, by which some distributions are computed, in terms of those that have rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array


def _beta_pdf(x: Array, a: Array, b: Array) -> Array:
    s = scipy.special
    return np.exp(s.xlogy(a - 1, x) + s.xlog1py(b - 1, -x) - s.betaln(a, b))


def _binom_pmf(k: Array, n: Array, p: Array) -> Array:
    s = scipy.special
    choices = s.gammaln(n + 1) - s.gammaln(k + 1) - s.gammaln(n - k + 1)
    return np.exp(choices + s.xlogy(k, p) + s.xlog1py(n - k, -p))


def _below_n(k: Array, n: Array) -> tuple[Array, Array]:
    """Return where a count is below n, and the count, kept there."""
    return np.less(k, n), np.where(np.less(k, n), k, 0)


def _binom_cdf(k: Array, n: Array, p: Array) -> Array:
    is_below, k = _below_n(k, n)
    return np.where(is_below, scipy.special.betainc(n - k, k + 1, 1 - p), 1.0)


def _binom_sf(k: Array, n: Array, p: Array) -> Array:
    is_below, k = _below_n(k, n)
    return np.where(is_below, scipy.special.betainc(k + 1, n - k, p), 0.0)


def _nbinom_pmf(k: Array, n: Array, p: Array) -> Array:
    s = scipy.special
    return np.exp(s.gammaln(n + k) - s.gammaln(k + 1) - s.gammaln(n) + s.xlogy(n, p) + s.xlog1py(k, -p))


def _cosine_cdf(x: Array) -> Array:
    return (np.pi + x + np.sin(x)) / (2 * np.pi)


def _skewnorm_cdf(x: Array, loc: Array, scale: Array, a: Array) -> Array:
    y = (x - loc) / scale
    return scipy.special.ndtr(y) - 2 * scipy.special.owens_t(y, a)


PRIVATE_UFUNCS: dict[str, Callable[..., Any]] = {
    "_beta_pdf": _beta_pdf,
    "_beta_ppf": lambda q, a, b: scipy.special.betaincinv(a, b, q),
    "_binom_cdf": _binom_cdf,
    "_binom_pmf": _binom_pmf,
    "_binom_sf": _binom_sf,
    "_cauchy_isf": lambda q, loc, scale: loc + scale * np.tan(np.pi * (0.5 - q)),
    "_cauchy_ppf": lambda q, loc, scale: loc + scale * np.tan(np.pi * (q - 0.5)),
    "_cosine_cdf": _cosine_cdf,
    "_nbinom_cdf": lambda k, n, p: scipy.special.betainc(n, k + 1, p),
    "_nbinom_kurtosis_excess": lambda n, p: 6 / n + p**2 / (n * (1 - p)),
    "_nbinom_mean": lambda n, p: n * (1 - p) / p,
    "_nbinom_pmf": _nbinom_pmf,
    "_nbinom_sf": lambda k, n, p: scipy.special.betainc(k + 1, n, 1 - p),
    "_nbinom_skewness": lambda n, p: (2 - p) / np.sqrt(n * (1 - p)),
    "_nbinom_variance": lambda n, p: n * (1 - p) / p**2,
    "_skewnorm_cdf": _skewnorm_cdf,
}
"""SciPy's ufunc, by its name, to ours."""

"""Owns the densities of the gamma, beta, Student and Fisher distributions: the slopes of their distribution functions.

Source: Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions" (1994, 1995), chapters 17, 25, 28 and 27.
"""

from __future__ import annotations

import numpy as np
import scipy

from chainrule.core.primitive import Array


def gamma_density(a: Array, x: Array) -> Array:
    """Return the density of the gamma distribution of shape `a`, of which gammainc is the integral."""
    return np.exp(scipy.special.xlogy(a - 1, x) - x - scipy.special.gammaln(a))


def beta_density(a: Array, b: Array, x: Array) -> Array:
    """Return the density of the beta distribution, of which betainc is the integral."""
    return np.exp(scipy.special.xlogy(a - 1, x) + scipy.special.xlog1py(b - 1, -x) - scipy.special.betaln(a, b))


def student_density(df: Array, t: Array) -> Array:
    """Return the density of Student's distribution, of which stdtr is the integral."""
    return (1 + t**2 / df) ** (-(df + 1) / 2) / (np.sqrt(df) * scipy.special.beta(df / 2, 0.5))


def ratio_density(dfn: Array, dfd: Array, x: Array) -> Array:
    """Return the density of Fisher's ratio of two variances, a beta distribution seen through dfn x / (dfd + dfn x)."""
    whole = dfd + dfn * x
    return beta_density(dfn / 2, dfd / 2, dfn * x / whole) * dfn * dfd / whole**2

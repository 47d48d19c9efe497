"""Owns the derivatives of the gamma and beta distributions, of any order, by the parameters that give them their shape.

A density is exp(L): its derivatives by the parameters are the density times complete Bell polynomials of those of L, which are
polygamma functions. The distribution function's are the integrals of these over a tail. With the logarithm of the point (for the
beta distribution of its odds) as the variable, exp(L) only falls on the way from the point to the end of the tail that lies away
from the mode, and the rule of Gauss and Legendre takes the integral to the last digits. Before, a step of the recurrence takes
the parameter away from 0, where what would be integrated cancels.

Source: Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions" (1994, 1995), chapters 17 and 25; Olver et al.,
"NIST Digital Library of Mathematical Functions", 5.15, 8.8.5 and 8.17.20; Comtet, "Advanced Combinatorics" (1974), 3.3.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import scipy

from chainrule.core.primitive import Array, Elementwise
from chainrule.core.trace import apply
from chainrule.primitives.densities import beta_density, gamma_density
from chainrule.primitives.special import MIDDLE, UNIT

Slope: TypeAlias = Callable[[int, int], Array]
"""The derivative of L, so many times by the first parameter and so many times by the second."""

# The integrand has fallen to exp(-_DEPTH) of its first value where the integral is cut off.
_DEPTH = 45.0
_POINTS = 96
# Newton's steps to the end of the tail: each halves, at the least, what is too much of it.
_STEPS = 12
# Bell polynomials of higher orders take too long, and nobody asks for them.
_MAX_ORDER = 12


def _bell(i: int, j: int, slope: Slope) -> Array:
    """Return the derivative of exp(L), `i` times by the first parameter and `j` times by the second, divided by exp(L)."""
    if min(i, j) < 0:
        return 0.0
    if i == j == 0:
        return 1.0
    if i == 0:
        return _bell(j, 0, lambda p, q: slope(q, p))
    return sum(
        math.comb(i - 1, p) * math.comb(j, q) * _bell(i - 1 - p, j - q, slope) * slope(p + 1, q)
        for p in range(i)
        for q in range(j + 1)
    )


def _polygamma(n: int, x: Array) -> Array:
    # SciPy's own computes its psi too, for every n.
    return scipy.special.psi(x) if n == 0 else scipy.special.polygamma(n, x)


def _gamma_slope(a: Array, log_x: Array) -> Slope:
    """Return the derivatives of a log x - log gamma(a)."""
    return lambda p, q: (log_x if p == 1 else 0.0) - _polygamma(p - 1, a)


def _beta_slope(a: Array, b: Array, log_x: Array, log_y: Array, step: int = 0) -> Slope:
    """Return the derivatives of a log x + b log y + log gamma(a + b) - log gamma(a + step) - log gamma(b)."""

    def slope(p: int, q: int) -> Array:
        both = _polygamma(p + q - 1, a + b)
        if p and q:
            return both
        return both - _polygamma(p + q - 1, a + step if p else b) + ((log_x if p else log_y) if p + q == 1 else 0.0)

    return slope


@functools.cache
def _rule() -> tuple[Array, Array]:
    # Computed by the first who needs it: it takes longer than a good part of the import.
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return (points + 1) / 2, weights / 2


def _tail(fall: Callable[[Array], Array], steepness: Callable[[Array], Array], end: Array) -> tuple[Array, Array]:
    """Return points and weights of the integral over v from 0 to infinity of exp(-fall(v)) times what grows slowly.

    fall: convex, of derivative `steepness`. At `end` it is _DEPTH or more: Newton's steps take that back.
    """
    for _ in range(_STEPS):
        end = end - (fall(end) - _DEPTH) / steepness(end)
    points, weights = _rule()
    v = end * points
    return v, end * weights * np.exp(-fall(v))


def _gamma_below(n: int, a: Array, x: Array) -> Array:
    """Return the derivative of gammainc(a, x) by `a`, `n` times, where x <= a + 1."""
    c, log_x = a + 1, np.log(x)
    v, weights = _tail(
        lambda v: c * v + x * np.expm1(-v),
        lambda v: c - x * np.exp(-v),
        (_DEPTH + x) / c,
    )
    step = np.exp(a * log_x - x - scipy.special.gammaln(c))
    integral = np.sum(weights * _bell(n, 0, _gamma_slope(c, log_x - v)), axis=-1, keepdims=True)
    return step * (_bell(n, 0, _gamma_slope(c, log_x)) + x * integral)


def _gamma_above(n: int, a: Array, x: Array) -> Array:
    """Return the derivative of gammainc(a, x) by `a`, `n` times, where x > a."""
    depth = _DEPTH / x
    v, weights = _tail(
        lambda v: x * np.expm1(v) - a * v,
        lambda v: x * np.exp(v) - a,
        np.log1p(depth + np.sqrt(2 * depth)),
    )
    integral = np.sum(weights * _bell(n, 0, _gamma_slope(a, np.log(x) + v)), axis=-1, keepdims=True)
    return -np.exp(a * np.log(x) - x - scipy.special.gammaln(a)) * integral


def _beta_below(i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    """Return the derivative of betainc(a, b, x), `i` times by `a` and `j` times by `b`, where x <= (a + 1) / (a + b + 1)."""
    c, log_x, log_y = a + 1, np.log(x), np.log1p(-x)
    v, weights = _tail(
        lambda v: c * v + (c + b) * np.log1p(x * np.expm1(-v)),
        lambda v: c - (c + b) * x * np.exp(-v) / (1 + x * np.expm1(-v)),
        (_DEPTH - (c + b) * log_y) / c,
    )
    rest = np.log1p(x * np.expm1(-v))
    step = np.exp(a * log_x + b * log_y - scipy.special.betaln(a, b)) / a
    integral = np.sum(weights * _bell(i, j, _beta_slope(c, b, log_x - v - rest, log_y - rest)), axis=-1, keepdims=True)
    return step * (_bell(i, j, _beta_slope(a, b, log_x, log_y, step=1)) + (a + b) * x * integral)


def _beta_above(i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    return -_beta_below(j, i, b, a, 1 - x)


def _gamma_density(n: int, a: Array, x: Array) -> Array:
    return gamma_density(a, x) * _bell(n, 0, _gamma_slope(a, np.log(x)))


def _beta_density(i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    return beta_density(a, b, x) * _bell(i, j, _beta_slope(a, b, np.log(x), np.log1p(-x)))


def _by_cases(
    cases: tuple[tuple[Callable[..., Array], Array], ...], orders: tuple[Array, ...], *operands: Array
) -> Array:
    """Return what the function of each case makes of the elements of the case, of the same orders at a time; elsewhere NaN."""
    dtype = np.result_type(np.result_type(*operands), np.float32)
    shape = np.broadcast_shapes(*map(np.shape, (*orders, *operands)))
    whole = np.array([np.broadcast_to(np.rint(each), shape).ravel() for each in orders])
    columns = [np.broadcast_to(each, shape).astype(float).reshape(-1, 1) for each in operands]
    out = np.full(whole.shape[1], np.nan)
    for compute, case in cases:
        inside = np.broadcast_to(case, shape).ravel() & np.all(np.abs(whole) <= _MAX_ORDER, axis=0)
        for order in np.unique(whole[:, inside], axis=1).T:
            chosen = inside & np.all(whole == order[:, None], axis=0)
            out[chosen] = compute(*map(int, order), *(each[chosen] for each in columns))[:, 0]
    with np.errstate(all="ignore"):
        result = np.empty_like(sum((*orders, *operands)), dtype)  # in the order that NumPy gives to results
    result[...] = out.reshape(shape)
    return result[()]


def _zero(*operands: Array) -> Array:
    return np.zeros(operands[-1].shape)


def _of_gamma(n: Array, a: Array, x: Array) -> Array:
    with np.errstate(all="ignore"):
        shaped = (a > 0) & (a < np.inf)
        inside, low = shaped & (x > 0) & (x < np.inf), np.less_equal(x, a + 1)
        cases = (
            (_gamma_below, inside & low),
            (_gamma_above, inside & ~low),
            (_zero, shaped & ((x == 0) | (x == np.inf))),
        )
        return _by_cases(cases, (n,), a, x)


def _of_gamma_density(n: Array, a: Array, x: Array) -> Array:
    with np.errstate(all="ignore"):
        shaped = (a > 0) & (a < np.inf)
        cases = (
            (_gamma_density, shaped & (x > 0) & (x < np.inf)),
            (_zero, shaped & (((x == 0) & (a > 1)) | (x == np.inf))),
        )
        return _by_cases(cases, (n,), a, x)


def _of_beta(i: Array, j: Array, a: Array, b: Array, x: Array) -> Array:
    with np.errstate(all="ignore"):
        shaped = (a > 0) & (b > 0) & (a + b < np.inf)
        inside, low = shaped & (x > 0) & (x < 1), np.less_equal(x * (a + b + 2), a + 1)
        cases = ((_beta_below, inside & low), (_beta_above, inside & ~low), (_zero, shaped & ((x == 0) | (x == 1))))
        return _by_cases(cases, (i, j), a, b, x)


def _of_beta_density(i: Array, j: Array, a: Array, b: Array, x: Array) -> Array:
    with np.errstate(all="ignore"):
        shaped = (a > 0) & (b > 0) & (a + b < np.inf)
        ends = ((x == 0) & (a > 1)) | ((x == 1) & (b > 1))
        return _by_cases(((_beta_density, shaped & (x > 0) & (x < 1)), (_zero, shaped & ends)), (i, j), a, b, x)


GAMMA_RULE = "gamma distribution rule"
BETA_RULE = "beta distribution rule"
# Around a whole number, to which the functions round it: the order of the derivative.
_ONCE = (0.6, 1.4)

GAMMA_DENSITY_BY_SHAPE: Elementwise = Elementwise(
    name="gamma_density_by_shape",
    value=_of_gamma_density,
    partials=(
        None,
        lambda out, n, a, x: apply(GAMMA_DENSITY_BY_SHAPE, n + 1, a, x),
        lambda out, n, a, x: out * ((a - 1) / x - 1) + np.rint(n) * apply(GAMMA_DENSITY_BY_SHAPE, n - 1, a, x) / x,
    ),
    rule=GAMMA_RULE,
    domain=(_ONCE, MIDDLE, MIDDLE),
)
"""The density of the gamma distribution, differentiated `n` times by its shape `a`."""

GAMMAINC_BY_SHAPE: Elementwise = Elementwise(
    name="gammainc_by_shape",
    value=_of_gamma,
    partials=(
        None,
        lambda out, n, a, x: apply(GAMMAINC_BY_SHAPE, n + 1, a, x),
        lambda out, n, a, x: apply(GAMMA_DENSITY_BY_SHAPE, n, a, x),
    ),
    rule=GAMMA_RULE,
    domain=(_ONCE, MIDDLE, MIDDLE),
)
"""gammainc(a, x), differentiated `n` times, at least once, by `a`."""

BETA_DENSITY_BY_SHAPES: Elementwise = Elementwise(
    name="beta_density_by_shapes",
    value=_of_beta_density,
    partials=(
        None,
        None,
        lambda out, i, j, a, b, x: apply(BETA_DENSITY_BY_SHAPES, i + 1, j, a, b, x),
        lambda out, i, j, a, b, x: apply(BETA_DENSITY_BY_SHAPES, i, j + 1, a, b, x),
        lambda out, i, j, a, b, x: (
            out * ((a - 1) / x - (b - 1) / (1 - x))
            + np.rint(i) * apply(BETA_DENSITY_BY_SHAPES, i - 1, j, a, b, x) / x
            - np.rint(j) * apply(BETA_DENSITY_BY_SHAPES, i, j - 1, a, b, x) / (1 - x)
        ),
    ),
    rule=BETA_RULE,
    domain=(_ONCE, _ONCE, MIDDLE, MIDDLE, UNIT),
)
"""The density of the beta distribution, differentiated `i` times by its shape `a` and `j` times by `b`."""

BETAINC_BY_SHAPES: Elementwise = Elementwise(
    name="betainc_by_shapes",
    value=_of_beta,
    partials=(
        None,
        None,
        lambda out, i, j, a, b, x: apply(BETAINC_BY_SHAPES, i + 1, j, a, b, x),
        lambda out, i, j, a, b, x: apply(BETAINC_BY_SHAPES, i, j + 1, a, b, x),
        lambda out, i, j, a, b, x: apply(BETA_DENSITY_BY_SHAPES, i, j, a, b, x),
    ),
    rule=BETA_RULE,
    domain=(_ONCE, _ONCE, MIDDLE, MIDDLE, UNIT),
)
"""betainc(a, b, x), differentiated `i` times by `a` and `j` times by `b`, at least once in all."""

BY_SHAPE: tuple[Elementwise, ...] = (
    GAMMAINC_BY_SHAPE, GAMMA_DENSITY_BY_SHAPE, BETAINC_BY_SHAPES, BETA_DENSITY_BY_SHAPES,
)  # fmt: skip


def gammainc_by_shape(a: Array, x: Array) -> Array:
    """Return the derivative of gammainc(a, x) by `a`."""
    return apply(GAMMAINC_BY_SHAPE, 1, a, x)


def betainc_by_first(a: Array, b: Array, x: Array) -> Array:
    """Return the derivative of betainc(a, b, x) by `a`."""
    return apply(BETAINC_BY_SHAPES, 1, 0, a, b, x)


def betainc_by_second(a: Array, b: Array, x: Array) -> Array:
    """Return the derivative of betainc(a, b, x) by `b`."""
    return apply(BETAINC_BY_SHAPES, 0, 1, a, b, x)


def student_by_freedom(df: Array, t: Array) -> Array:
    """Return the derivative of stdtr(df, t) by `df`.

    Beyond |t| lies half of what betainc(df / 2, 1 / 2, x) says, where x = df / (df + t^2).
    """
    whole = df + t**2
    x = df / whole
    by_x = beta_density(df / 2, 0.5, x) * t**2 / whole**2
    return -np.sign(t) / 2 * (betainc_by_first(df / 2, 0.5, x) / 2 + by_x)


def ratio_by_first(dfn: Array, dfd: Array, x: Array) -> Array:
    """Return the derivative of fdtr(dfn, dfd, x) by `dfn`: it is betainc(dfn / 2, dfd / 2, dfn x / (dfd + dfn x))."""
    whole = dfd + dfn * x
    point = dfn * x / whole
    return betainc_by_first(dfn / 2, dfd / 2, point) / 2 + beta_density(dfn / 2, dfd / 2, point) * x * dfd / whole**2


def ratio_by_second(dfn: Array, dfd: Array, x: Array) -> Array:
    """Return the derivative of fdtr(dfn, dfd, x) by `dfd`."""
    whole = dfd + dfn * x
    point = dfn * x / whole
    return betainc_by_second(dfn / 2, dfd / 2, point) / 2 - beta_density(dfn / 2, dfd / 2, point) * x * dfn / whole**2

"""Owns distributions of several variables: scipy.stats' multivariate normal, Student, Dirichlet and multinomial ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.core.trace import Traced
from chainrule.errors import NoRuleError, ShapeError
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.branches import is_anywhere
from chainrule.tracing.spellings import WITH_NUMPY
from chainrule.user_code import where


def _points(x: Any, dim: int) -> Array:
    """Return points as rows, as SciPy reads them."""
    x = as_array(x)
    if not x.ndim:
        return np.reshape(x, (1, 1))
    if x.ndim == 1:
        return np.reshape(x, (-1, 1) if dim == 1 else (1, -1))
    return x


def _place_and_matrix(mean: Any, matrix: Any) -> tuple[Array, Array]:
    """Return a vector and a square matrix, of which either may have been given as a number or left out."""
    matrix = as_array(1.0 if matrix is None else matrix)
    given = None if mean is None else as_array(mean)
    dim = given.size if given is not None else (1 if matrix.ndim < 2 else matrix.shape[0])
    place = np.zeros(dim) if given is None else np.reshape(given, (dim,))
    if dim == 1:
        matrix = np.reshape(matrix, (1, 1))
    elif not matrix.ndim:
        matrix = matrix * np.eye(dim)
    elif matrix.ndim == 1:
        matrix = np.diag(matrix)
    if matrix.shape != (dim, dim):
        raise ShapeError(f"scipy.stats: a matrix of shape {matrix.shape} does not fit a mean of length {dim}{where()}")
    return place, matrix


def _distances(deviations: Array, matrix: Array) -> tuple[Array, Array]:
    """Return d @ inverse(matrix) @ d of each row, and the logarithm of the determinant of a positive definite matrix."""
    factor = np.linalg.cholesky(matrix)
    rows = np.reshape(deviations, (-1, matrix.shape[0]))
    white = np.linalg.solve(factor, rows.T)
    squares = np.reshape(np.sum(white**2, axis=0), deviations.shape[:-1])
    return squares, 2 * np.sum(np.log(np.diagonal(factor)))


def _squeezed(value: Array) -> Array:
    return np.squeeze(value)[()]


def _normal_logpdf(self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """multivariate_normal.logpdf."""
    if not holds_traced(cov):  # as SciPy has it, which takes singular ones and its own kinds of covariance
        place = None if mean is None else as_array(mean)
        plain = None if place is None else np.zeros(place.shape)
        dim, zero, covariance = self._process_parameters(plain, cov, allow_singular)
        place = zero if place is None else np.reshape(place, zero.shape) if place.size == zero.size else place + zero
        return _of_covariance(self, _points(x, dim), place, covariance)
    place, matrix = _place_and_matrix(mean, cov)
    squares, logdet = _distances(_points(x, place.size) - place, matrix)
    return _squeezed(-0.5 * (place.size * np.log(2 * np.pi) + logdet + squares))


def _of_covariance(distribution: Any, points: Array, place: Array, covariance: Any) -> Array:
    """Return the logarithm of the density, by what SciPy knows of a plain covariance."""
    out = distribution._logpdf(points, place, covariance)
    if np.any(covariance.rank < points.shape[-1]):
        out = np.where(covariance._support_mask(points - place), out, -np.inf)
    return _squeezed(out)


def _normal_pdf(self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """multivariate_normal.pdf."""
    return np.exp(_normal_logpdf(self, x, mean, cov, allow_singular))


def _normal_entropy(self: Any, mean: Any = None, cov: Any = 1) -> Any:
    """multivariate_normal.entropy: of the covariance alone."""
    if not holds_traced(cov):
        return NotImplemented if mean is None else self.entropy(np.zeros(as_array(mean).shape), cov)
    place, matrix = _place_and_matrix(mean, cov)
    logdet = _distances(np.reshape(place, (1, -1)), matrix)[1]
    return 0.5 * (place.size * (np.log(2 * np.pi) + 1) + logdet)


def _frozen_normal(
    self: Any,
    mean: Any = None,
    cov: Any = 1,
    allow_singular: bool = False,
    seed: Any = None,
    maxpts: Any = None,
    abseps: Any = 1e-5,
    releps: Any = 1e-5,
) -> None:
    """Freeze a multivariate normal distribution; its densities are those of this one, whatever they are asked of."""
    self.allow_singular = allow_singular
    for name, method in (("logpdf", _normal_logpdf), ("pdf", _normal_pdf)):
        given = {"mean": mean, "cov": cov, "allow_singular": allow_singular}
        setattr(self, name, partial(method, scipy.stats.multivariate_normal, **given))
    self.entropy = partial(_normal_entropy, scipy.stats.multivariate_normal, mean, cov)
    for name in ("cdf", "logcdf", "rvs"):
        setattr(self, name, partial(_refuse, name))


def _refuse(name: str, *args: Any, **kwargs: Any) -> None:
    raise NoRuleError(
        f"scipy.stats.multivariate_normal.{name} of a traced mean or covariance has no derivative rule yet; {WITH_NUMPY}{where()}"
    )


def _frozen_normal_logpdf(self: Any, x: Any) -> Any:
    """multivariate_normal(mean, cov).logpdf."""
    return _of_covariance(self._dist, _points(x, self.dim), self.mean, self.cov_object)


def _frozen_normal_pdf(self: Any, x: Any) -> Any:
    """multivariate_normal(mean, cov).pdf."""
    return np.exp(_frozen_normal_logpdf(self, x))


def _student_logpdf(self: Any, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
    """multivariate_t.logpdf."""
    if not isinstance(df, Traced) and np.isposinf(df):
        return _normal_logpdf(scipy.stats.multivariate_normal, x, loc, shape)
    gammaln = scipy.special.gammaln
    place, matrix = _place_and_matrix(loc, shape)
    dim = place.size
    squares, logdet = _distances(_points(x, dim) - place, matrix)
    half = 0.5 * (df + dim)
    constant = gammaln(half) - gammaln(0.5 * df) - dim / 2.0 * np.log(df * np.pi) - 0.5 * logdet
    return _squeezed(constant - half * np.log1p(squares / df))


def _student_pdf(self: Any, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False) -> Any:
    """multivariate_t.pdf."""
    return np.exp(_student_logpdf(self, x, loc, shape, df))


def _dirichlet_logpdf(self: Any, x: Any, alpha: Any) -> Any:
    """dirichlet.logpdf."""
    x, alpha = as_array(x), as_array(alpha)
    if x.shape[0] == alpha.shape[0] - 1:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    if x.shape[0] != alpha.shape[0]:
        raise ShapeError(
            f"scipy.stats.dirichlet: x of shape {x.shape} does not fit alpha of shape {alpha.shape}{where()}"
        )
    if is_anywhere(alpha <= 0, undecided=False):
        raise ValueError("All parameters must be greater than 0")  # as SciPy says it, and what follows
    if is_anywhere((x < 0) | (x > 1) | (np.abs(np.sum(x, axis=0) - 1) > 1e-9), undecided=False):
        raise ValueError("The input vector 'x' must lie within the normal simplex.")
    gammaln = scipy.special.gammaln
    constant = gammaln(np.sum(alpha)) - np.sum(gammaln(alpha))
    return _squeezed(constant + np.sum(scipy.special.xlogy(alpha - 1, x.T), axis=-1))


def _dirichlet_pdf(self: Any, x: Any, alpha: Any) -> Any:
    """dirichlet.pdf."""
    return np.exp(_dirichlet_logpdf(self, x, alpha))


def _dirichlet_entropy(self: Any, alpha: Any) -> Any:
    """dirichlet.entropy."""
    alpha = as_array(alpha)
    if is_anywhere(alpha <= 0, undecided=False):
        raise ValueError("All parameters must be greater than 0")
    gammaln, psi = scipy.special.gammaln, scipy.special.psi
    total = np.sum(alpha)
    constant = np.sum(gammaln(alpha)) - gammaln(total)
    return constant + (total - alpha.shape[0]) * psi(total) - np.sum((alpha - 1) * psi(alpha))


def _multinomial_logpmf(self: Any, x: Any, n: Any, p: Any) -> Any:
    """multinomial.logpmf, by probabilities that add up to one: SciPy takes others for such, of which the last is the rest."""
    if holds_traced(x) or holds_traced(n):
        return NotImplemented
    p = cast(as_array(p), np.float64)
    x, n = np.asarray(x), np.asarray(n)
    if not x.ndim or x.shape[-1] != p.shape[-1]:
        raise ShapeError(f"scipy.stats.multinomial: counts of shape {x.shape} do not fit p of shape {p.shape}{where()}")
    if is_anywhere(np.abs(np.sum(p, axis=-1) - 1) > 10 * np.finfo(float).eps, undecided=False):
        raise ValueError(
            "scipy.stats.multinomial: the probabilities do not add up to 1; write p / np.sum(p, axis=-1, keepdims=True)"
        )
    is_possible = np.all((x >= 0) & (x == np.floor(x)), axis=-1) & (np.sum(x, axis=-1) == n)
    gammaln = scipy.special.gammaln
    counts = np.where(is_possible[..., None], x, 0)
    value = gammaln(n + 1.0) + np.sum(scipy.special.xlogy(counts, p) - gammaln(counts + 1.0), axis=-1)
    is_good = np.logical_and(np.all(np.logical_and(p >= 0, p <= 1), axis=-1), n >= 0)
    return np.where(is_good, np.where(is_possible, value, -np.inf), np.nan)[()]


def _multinomial_pmf(self: Any, x: Any, n: Any, p: Any) -> Any:
    """multinomial.pmf."""
    found = _multinomial_logpmf(self, x, n, p)
    return found if found is NotImplemented else np.exp(found)


MULTIVARIATE: dict[str, Callable[..., Any]] = {
    "multivariate_normal_gen.logpdf": _normal_logpdf,
    "multivariate_normal_gen.pdf": _normal_pdf,
    "multivariate_normal_gen.entropy": _normal_entropy,
    "multivariate_normal_frozen.__init__": _frozen_normal,
    "multivariate_normal_frozen.logpdf": _frozen_normal_logpdf,
    "multivariate_normal_frozen.pdf": _frozen_normal_pdf,
    "multivariate_t_gen.logpdf": _student_logpdf,
    "multivariate_t_gen.pdf": _student_pdf,
    "dirichlet_gen.logpdf": _dirichlet_logpdf,
    "dirichlet_gen.pdf": _dirichlet_pdf,
    "dirichlet_gen.entropy": _dirichlet_entropy,
    "multinomial_gen.logpmf": _multinomial_logpmf,
    "multinomial_gen.pmf": _multinomial_pmf,
}
"""SciPy's method to ours."""

"""Owns what NumPy's polynomials do with traced arrays: coefficients stand from the highest power down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.primitive import Array
from chainrule.errors import ShapeError
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import lift
from chainrule.tracing.numpy_functions.calculus import convolve
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.user_code import where


def polyval(p: Any, x: Any) -> Array:
    """np.polyval, by Horner's rule."""
    coefficients, point = as_array(p), lift(x)
    result = np.zeros_like(point)
    for position in range(coefficients.shape[0]):
        result = result * point + coefficients[position]
    return result


def vander(x: Any, N: Any = None, increasing: bool = False) -> Array:
    """np.vander."""
    points = as_array(x)
    count = points.shape[0] if N is None else int(N)
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    return points[:, None] ** powers


def _same_length(a: Any, b: Any) -> tuple[Array, Array]:
    x, y = np.atleast_1d(as_array(a)), np.atleast_1d(as_array(b))
    length = max(x.shape[0], y.shape[0])
    return np.pad(x, (length - x.shape[0], 0)), np.pad(y, (length - y.shape[0], 0))


def polyadd(a1: Any, a2: Any) -> Array:
    """np.polyadd."""
    x, y = _same_length(a1, a2)
    return x + y


def polysub(a1: Any, a2: Any) -> Array:
    """np.polysub."""
    x, y = _same_length(a1, a2)
    return x - y


def polymul(a1: Any, a2: Any) -> Array:
    """np.polymul, which leaves out leading zeros of the factors."""
    return convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


def _without_leading_zeros(a: Any) -> Array:
    x = np.atleast_1d(as_array(a))
    rest = np.trim_zeros(x, "f")
    return rest if rest.shape[0] else np.zeros_like(x, shape=1)


def polydiv(u: Any, v: Any) -> tuple[Array, Array]:
    """np.polydiv: the quotient and the remainder, by long division."""
    x, y = np.atleast_1d(as_array(u)) + 0.0, np.atleast_1d(as_array(v)) + 0.0
    steps, length = x.shape[0] - y.shape[0] + 1, y.shape[0]
    dtype = np.result_type(x.dtype, y.dtype)
    rest = [cast(x[place], dtype) for place in range(x.shape[0])]
    quotient = []
    for step in range(steps):
        quotient.append(rest[step] * (1.0 / y[0]))
        for place in range(length):
            rest[step + place] = rest[step + place] - quotient[step] * y[place]
    while len(rest) > 1 and np.allclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return np.stack(quotient) if quotient else np.zeros(1, dtype), np.stack(rest)


def polyder(p: Any, m: int = 1) -> Array:
    """np.polyder."""
    x = np.atleast_1d(as_array(p))
    for _ in range(m):
        degree = x.shape[0] - 1
        x = x[:-1] * np.arange(degree, 0, -1)
    return x


def polyint(p: Any, m: int = 1, k: Any = None) -> Array:
    """np.polyint."""
    x = np.atleast_1d(as_array(p))
    constants = np.broadcast_to(as_array(0.0 if k is None else k), (m,))
    for order in range(m):
        x = np.concatenate([x / np.arange(x.shape[0], 0, -1), constants[order : order + 1]])
    return x


def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """np.polyfit: the coefficients of least squares; with `full` how they were found, with `cov` their covariances."""
    left, right = vander(x, int(deg) + 1), as_array(y)
    count, order = left.shape
    if w is not None:
        weights = as_array(w)
        left, right = left * weights[:, None], np.transpose(np.transpose(right) * weights)
    scale = np.sqrt(np.sum(np.square(left), axis=0))
    left = left / scale
    if rcond is None:
        rcond = count * np.finfo(left.dtype).eps
    solution, residuals, rank, values = np.linalg.lstsq(left, right, rcond)
    solution = np.transpose(np.transpose(solution) / scale)
    if full:
        return solution, residuals, rank, values, rcond
    if not cov:
        return solution
    covariances = np.linalg.inv(np.matmul(np.transpose(left), left)) / np.outer(scale, scale)
    if right.ndim > 1:
        covariances = covariances[:, :, None]
    if cov == "unscaled":
        return solution, covariances
    if count <= order:
        raise ShapeError(
            f"np.polyfit: cov=True takes more than {order} points, not {count}; write cov='unscaled'{where()}"
        )
    return solution, covariances * (residuals / (count - order))


def roots(p: Any) -> Array:
    """np.roots: the eigenvalues of the companion matrix."""
    x = np.atleast_1d(as_array(p))
    if x.ndim != 1:
        raise ShapeError(f"np.roots takes a vector of coefficients, not shape {x.shape}{where()}")
    places = np.flatnonzero(x)
    if not places.shape[0]:
        return np.array([])
    first, last = int(places[0]), int(places[-1])
    at_zero = x.shape[0] - last - 1
    x = x[first : last + 1]
    degree = x.shape[0] - 1
    if not degree:
        return np.zeros(at_zero)
    companion = np.concatenate([np.reshape(-x[1:] / x[0], (1, degree)), np.eye(degree, dtype=x.dtype)[:-1]])
    found = np.linalg.eigvals(companion)
    if found.dtype.kind == "c" and x.dtype.kind != "c" and not np.any(np.imag(found)):
        found = np.real(found)  # NumPy's eigenvalues are complex from 2.5 on, and its roots are not
    return np.concatenate([found, np.zeros(at_zero, found.dtype)])


def poly(seq_of_zeros: Any) -> Array:
    """np.poly: of zeros, or of a matrix, whose characteristic polynomial it is."""
    zeros = np.atleast_1d(as_array(seq_of_zeros))
    if zeros.ndim == 2:
        zeros = np.linalg.eigvals(zeros)
    zeros = cast(zeros, np.mintypecode(zeros.dtype.char))
    result = np.ones(1, zeros.dtype)
    for place in range(zeros.shape[0]):
        result = convolve(result, np.stack([np.ones((), zeros.dtype), -zeros[place]]))
    is_real = zeros.dtype.kind == "c" and bool(np.all(np.sort(zeros) == np.sort(np.conjugate(zeros))))
    return np.real(result) if is_real else result


def _in_powers(x: Array, c: Array, of_each: bool) -> Array:
    """Return the polynomial with coefficients from the lowest up. of_each: at each point for each of their further indices."""
    return polyval(np.flip(np.reshape(c, c.shape + (1,) * x.ndim) if of_each else c, 0), x)


def polyval2d(x: Any, y: Any, c: Any) -> Array:
    """np.polynomial.polynomial.polyval2d."""
    x, y, c = as_array(x), as_array(y), as_array(c)
    if x.shape != y.shape:
        raise ShapeError(f"polyval2d: x has shape {x.shape} and y has shape {y.shape}{where()}")
    return _in_powers(y, _in_powers(x, c, True), False)


def polygrid2d(x: Any, y: Any, c: Any) -> Array:
    """np.polynomial.polynomial.polygrid2d."""
    x, y, c = as_array(x), as_array(y), as_array(c)
    return _in_powers(y, _in_powers(x, c, True), True)


POLYNOMIALS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.polyval: polyval,
    np.polynomial.polynomial.polyval2d: polyval2d,
    np.polynomial.polynomial.polygrid2d: polygrid2d,
    np.vander: vander,
    np.polyadd: polyadd,
    np.polysub: polysub,
    np.polymul: polymul,
    np.polydiv: polydiv,
    np.polyder: polyder,
    np.polyint: polyint,
    np.polyfit: polyfit,
    np.roots: roots,
    np.poly: poly,
}
"""NumPy's function to ours, which has the same signature."""

"""Owns interpolators of scipy.interpolate at traced points, and cubic splines through traced values.

What an interpolator knows of its data is a constant: a table of polynomials, or of values, of which each point takes one piece.
A cubic spline is linear in the values that it goes through, so those through the unit vectors give all others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import factorial, prod
from typing import Any

import numpy as np
import scipy

from chainrule.core.primitive import Array
from chainrule.errors import NoRuleError
from chainrule.primitives.indexing import index
from chainrule.primitives.shape import cast
from chainrule.tracing.lift import holds_traced
from chainrule.tracing.numpy_functions.operands import as_array
from chainrule.tracing.scipy_functions.branches import is_anywhere
from chainrule.user_code import where


def _piece(x: Array, knots: Array) -> Array:
    """Return which interval between knots, which ascend, each number is in; the first or last where it is beyond them."""
    return np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)


def _is_beyond(x: Array, knots: Array) -> Array:
    return np.logical_or(x < knots[0], x > knots[-1])


def _polynomial(x: Array, coefficients: Array, knots: Array, order: int) -> Array:
    """Return a derivative of piecewise polynomials, of which the highest power comes first, at points of any shape."""
    piece = _piece(x, knots)
    extra = coefficients.ndim - 2
    t = np.reshape(x - index(knots, piece), (*x.shape, *(1,) * extra))
    degree = coefficients.shape[0] - 1
    out: Any = np.zeros((*x.shape, *coefficients.shape[2:]), coefficients.dtype)
    for place in range(degree - order + 1):
        factor = prod(range(degree - place - order + 1, degree - place + 1))
        out = out * t + factor * index(coefficients[place], piece)
    return out


def _evaluated(x: Any, coefficients: Array, knots: Array, order: int, extrapolate: Any, axis: int) -> Array:
    """Return what SciPy's piecewise polynomials are at points: with the axes of the points in place of that of the data."""
    x = cast(as_array(x), np.float64)
    if knots[0] > knots[-1]:
        x_ascending, knots = -x, -knots
        powers = np.arange(coefficients.shape[0])[::-1].reshape(-1, *(1,) * (coefficients.ndim - 1))
        coefficients, sign = coefficients * (-1.0) ** powers, (-1.0) ** order
    else:
        x_ascending, sign = x, 1.0
    if extrapolate == "periodic":
        x_ascending = knots[0] + (x_ascending - knots[0]) % (knots[-1] - knots[0])
    out = sign * _polynomial(x_ascending, coefficients, knots, order)
    if not extrapolate:
        beyond = np.reshape(_is_beyond(x_ascending, knots), (*x.shape, *(1,) * (out.ndim - x.ndim)))
        out = np.where(beyond, np.nan, out)
    return out if not axis else np.moveaxis(out, tuple(range(x.ndim)), tuple(range(axis, axis + x.ndim)))


def piecewise_polynomial(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """Return what a PPoly is at points: CubicSpline, PchipInterpolator and Akima1DInterpolator are of this kind."""
    if not isinstance(self, scipy.interpolate.PPoly) or nu < 0:
        return NotImplemented
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    return _evaluated(x, self.c, self.x, nu, extrapolate, self.axis)


def b_spline(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """Return what a BSpline is at points, by its polynomials between the inner knots."""
    if nu < 0:
        return NotImplemented
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    knots = self.t[self.k : len(self.t) - self.k]
    plain = scipy.interpolate.BSpline(self.t, self.c, self.k)
    # Taylor's polynomial at the left knot of each piece is the piece.
    orders = range(self.k, -1, -1)
    coefficients = np.stack([plain(knots[:-1], order) / factorial(order) for order in orders])
    return _evaluated(x, coefficients, knots, nu, extrapolate, self.axis)


def univariate_spline(self: Any, x: Any, nu: int = 0, ext: Any = None) -> Any:
    """Return what a UnivariateSpline is at points, where it goes on beyond its ends."""
    if (self.ext if ext is None else ext) not in (0, "extrapolate"):
        return NotImplemented
    return scipy.interpolate.BSpline(*self._eval_args)(x, nu)


def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """scipy.interpolate.splev, of splines that go on beyond their ends."""
    if ext != 0 or (isinstance(tck, tuple) and isinstance(tck[1], list)):  # a curve has a list of coefficients
        return NotImplemented
    return (scipy.interpolate.BSpline(*tck) if isinstance(tck, tuple) else tck)(x, der)


def interpolated(self: Any, x: Any) -> Any:
    """Return what an interp1d is at points: linear ones, and splines."""
    if not isinstance(self, scipy.interpolate.interp1d) or self._kind not in ("linear", "spline"):
        return NotImplemented
    points = cast(as_array(x), np.float64)
    flat = np.reshape(points, (-1,))
    if self._kind == "spline":
        out = self._spline(flat)
    else:
        slopes = np.diff(self._y, axis=0) / np.diff(self.x)[:, None]
        out = _polynomial(flat, np.stack([slopes, self._y[:-1]]), self.x, 0)
    if not self._extrapolate:
        below, above = flat < self.x[0], flat > self.x[-1]
        if self.bounds_error and is_anywhere(np.logical_or(below, above), undecided=False):
            raise ValueError(
                f"A value in x_new is outside of the interpolation range, from {self.x[0]} to {self.x[-1]}."
            )
        out = np.where(below[:, None], self._fill_value_below, out)
        out = np.where(above[:, None], self._fill_value_above, out)
    return self._finish_y(out, points.shape)


def on_grid(self: Any, xi: Any, method: str | None = None, *, nu: Any = None) -> Any:
    """Return what a RegularGridInterpolator is at points, by the linear method: a mean of the corners around each."""
    if (self.method if method is None else method) != "linear" or nu is not None:
        return NotImplemented
    grid, values = self.grid, self.values
    count = len(grid)
    if isinstance(xi, tuple):
        xi = np.stack(np.broadcast_arrays(*map(as_array, xi)), axis=-1)
    xi = cast(as_array(xi), np.float64)
    if xi.ndim == 1:
        xi = np.reshape(xi, (-1, count) if count > 1 else (-1, 1))
    if xi.shape[-1] != count:
        raise ValueError(
            f"The requested sample points xi have dimension {xi.shape[-1]} but this RegularGridInterpolator has dimension {count}"
        )
    places, shares, beyond = [], [], []
    out: Any = 0.0
    flat: Any
    weight: Any
    for axis, line in enumerate(grid):
        x = xi[..., axis]
        beyond.append(_is_beyond(x, line))
        if self.bounds_error and is_anywhere(beyond[-1], undecided=False):
            raise ValueError(f"One of the requested xi is out of bounds in dimension {axis}")
        piece = _piece(x, line)
        places.append(piece)
        shares.append((x - index(line, piece)) / index(np.diff(line), piece))
    table = np.reshape(values, (-1, *values.shape[count:]))
    widened = (..., *(None,) * (values.ndim - count))
    for corner in product((0, 1), repeat=count):
        flat, weight = 0, 1.0
        for step, place, share, length in zip(corner, places, shares, values.shape[:count], strict=True):
            flat = flat * length + place + step
            weight = weight * (share if step else 1 - share)
        out = out + weight[widened] * index(table, flat)
    if not self.bounds_error and self.fill_value is not None:
        anywhere = beyond[0]
        for each in beyond[1:]:
            anywhere = np.logical_or(anywhere, each)
        out = np.where(anywhere[widened], self.fill_value, out)
    return out


def cubic_spline(self: Any, x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> Any:
    """Make a CubicSpline through traced values at constant places."""
    kinds = [bc_type] * 2 if isinstance(bc_type, str) else bc_type
    if holds_traced(x) or not set(kinds) <= {"not-a-knot", "natural", "clamped"}:
        return NotImplemented
    y = np.moveaxis(as_array(y), axis, 0)
    type(self).__init__(self, x, np.zeros(y.shape), 0, bc_type, extrapolate)
    units = scipy.interpolate.CubicSpline(x, np.eye(y.shape[0]), bc_type=bc_type)
    self._c = np.tensordot(units.c, y, ((2,), (0,)))
    self.axis = axis % y.ndim
    self.__class__ = _traced_spline()
    return None


@cache
def _traced_spline() -> type:
    """Return the class of cubic splines through traced values: its points may be plain.

    It is made when it is first needed, since its base is loaded by programs that use it only.
    """

    class TracedCubicSpline(scipy.interpolate.CubicSpline):  # type: ignore[misc]
        c = property(lambda self: self._c)

        def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
            return piecewise_polynomial(self, x, nu, extrapolate)

        def _refuse(self, *args: Any, **kwargs: Any) -> Any:
            raise NoRuleError(
                "a CubicSpline through traced values has values and derivatives, spline(x, nu), and coefficients, spline.c; "
                f"its integrals and roots have no rule: write them with spline.c{where()}"
            )

        integrate = antiderivative = solve = roots = _refuse

    return TracedCubicSpline


INTERPOLATION: dict[str, Callable[..., Any]] = {
    "PPoly.__call__": piecewise_polynomial,
    "BSpline.__call__": b_spline,
    "CubicSpline.__init__": cubic_spline,
    "UnivariateSpline.__call__": univariate_spline,
    "splev": splev,
    "interp1d.__call__": interpolated,
    "RegularGridInterpolator.__call__": on_grid,
}
"""SciPy's methods to ours."""

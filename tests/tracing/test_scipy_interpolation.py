"""Proves that interpolators of scipy.interpolate take traced points, and cubic splines traced values: SciPy's values, the limit's
derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.interpolate as si
from tests.tracing.against_scipy import check_batch, check_call, check_compiled, check_second_order

import chainrule as cr

KNOTS = np.array([0.0, 0.4, 1.0, 1.7, 2.2, 3.0])
V = np.array([1.0, -0.5, 0.3, 2.0, 0.4, -1.0])
TABLE = np.stack([V, V**2, V[::-1]], axis=1)
X = np.array([0.2, 1.1, 2.95, 1.9, -0.3, 3.4])  # the last two are beyond the ends
PERIODIC = np.append(V[:-1], V[0])
SPLINES = {
    "CubicSpline": si.CubicSpline(KNOTS, V),
    "natural": si.CubicSpline(KNOTS, V, bc_type="natural"),
    "periodic": si.CubicSpline(KNOTS, PERIODIC, bc_type="periodic"),
    "of columns": si.CubicSpline(KNOTS, TABLE),
    "of rows": si.CubicSpline(KNOTS, TABLE.T, axis=1),
    "PchipInterpolator": si.PchipInterpolator(KNOTS, V),
    "Akima1DInterpolator": si.Akima1DInterpolator(KNOTS, V, extrapolate=True),
    "descending": si.PPoly(si.CubicSpline(KNOTS, V).c[:, ::-1], KNOTS[::-1]),
    "antiderivative": si.CubicSpline(KNOTS, V).antiderivative(),
    "BSpline": si.make_interp_spline(KNOTS, V),
    "BSpline of columns": si.make_interp_spline(KNOTS, TABLE, k=5),
    "BSpline of rows": si.make_interp_spline(KNOTS, TABLE.T, axis=1),
    "BSpline of complex values": si.make_interp_spline(KNOTS, V + 1j * V[::-1]),
    "UnivariateSpline": si.UnivariateSpline(KNOTS, V, s=0.5),
    "splev": lambda x: si.splev(x, si.splrep(KNOTS, V)),
    "interp1d": si.interp1d(KNOTS, V, fill_value="extrapolate"),
    "interp1d of rows": si.interp1d(KNOTS, TABLE.T, bounds_error=False, fill_value=0.5),
    "interp1d with two ends": si.interp1d(KNOTS, TABLE, axis=0, bounds_error=False, fill_value=(-1.0, 2.0)),
    "interp1d, cubic": si.interp1d(KNOTS, TABLE, "cubic", axis=0, fill_value="extrapolate"),
}


@pytest.mark.parametrize("name", SPLINES)
def test_values_and_derivatives_at_points(name):
    spline = SPLINES[name]
    for x in (X, X.reshape(3, 2), X[1]):
        check_call(spline, x)
    if name != "splev":  # which refuses to compute nothing
        check_call(spline, X[:0])
    check_batch(spline, X)


def test_all_that_derivatives_can_do():
    check_compiled(SPLINES["CubicSpline"], X)
    check_second_order(SPLINES["CubicSpline"], X)
    check_second_order(SPLINES["BSpline of rows"], X)


def test_values_at_knots_and_ends():
    for name in ("CubicSpline", "BSpline", "periodic", "interp1d", "UnivariateSpline"):
        found = cr.vjp(SPLINES[name], KNOTS)[0]
        np.testing.assert_allclose(found, SPLINES[name](KNOTS), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "name", ["CubicSpline", "of rows", "BSpline", "BSpline of rows", "UnivariateSpline", "descending"]
)
def test_derivatives_of_splines(name):
    for order in (1, 2):
        check_call(lambda x, order=order: SPLINES[name](x, order), X)


def test_where_a_spline_does_not_go_on():
    for spline in (si.CubicSpline(KNOTS, V, extrapolate=False), si.make_interp_spline(KNOTS, V)):
        call = lambda x, spline=spline: spline(x, extrapolate=False)  # noqa: E731
        np.testing.assert_allclose(cr.vjp(call, X)[0], call(X), rtol=1e-12)
        assert np.all(np.isfinite(cr.grad(lambda x, call=call: np.nansum(call(x)))(X)))
    with pytest.raises(ValueError, match="outside of the interpolation range"):
        cr.vjp(si.interp1d(KNOTS, V), X)
    with pytest.raises(cr.ChainruleError, match=r"scipy\.interpolate"):
        cr.vjp(lambda x: si.UnivariateSpline(KNOTS, V, ext=1)(x), X)


@pytest.mark.parametrize("ends", ["not-a-knot", "natural", "clamped", ("natural", "clamped")])
def test_cubic_splines_through_traced_values(ends):
    check_call(lambda v: si.CubicSpline(KNOTS, v, bc_type=ends)(X), V)
    check_batch(lambda v: si.CubicSpline(KNOTS, v, bc_type=ends)(X), V)


def test_what_cubic_splines_through_traced_values_can_do():
    check_call(lambda v: si.CubicSpline(KNOTS, v)(v, 1), V)
    check_call(lambda v: si.CubicSpline(KNOTS, v)(0.7), TABLE)
    check_call(lambda v: si.CubicSpline(KNOTS, v.T, axis=1)(X.reshape(2, 3)), TABLE)
    check_compiled(lambda v: si.CubicSpline(KNOTS, v)(X), V)
    assert isinstance(si.CubicSpline(KNOTS, V), si.CubicSpline)
    with pytest.raises(cr.ChainruleError, match=r"scipy\.interpolate\.CubicSpline"):
        cr.vjp(lambda k: si.CubicSpline(k, V)(X), KNOTS)


GRID = (np.array([0.0, 1.0, 2.5]), np.array([-1.0, 0.0, 0.7, 2.0]), np.array([0.0, 0.5]))
CUBE = np.random.default_rng(0).normal(size=(3, 4, 2))
POINTS = np.array([[0.3, 0.2, 0.1], [1.9, 1.5, 0.4]])


def test_regular_grids():
    three, two = si.RegularGridInterpolator(GRID, CUBE), si.RegularGridInterpolator(GRID[:2], CUBE)
    for call in (
        three,
        lambda x: three(x[0]),
        lambda x: three((x[:, 0], x[:, 1], 0.2)),
        lambda x: three(x[None]),
        lambda x: two(x[:, :2]),
        lambda x: si.RegularGridInterpolator(GRID[:1], CUBE)(x[:, 0]),
    ):
        check_call(call, POINTS)
    check_compiled(three, POINTS)
    check_batch(three, POINTS)
    check_second_order(three, POINTS)


def test_beyond_a_grid():
    outside = POINTS + np.array([0.0, 3.0, 0.0])
    for fill in (None, 9.0):
        check_call(si.RegularGridInterpolator(GRID, CUBE, bounds_error=False, fill_value=fill), outside)
    with pytest.raises(ValueError, match="out of bounds in dimension 1"):
        cr.vjp(si.RegularGridInterpolator(GRID, CUBE), outside)


def test_axes_given_as_a_range():
    check_call(lambda x: np.moveaxis(x, range(2), range(1, 3)), CUBE)


@pytest.mark.parametrize("name", ["integrate", "antiderivative", "roots", "solve"])
def test_what_a_spline_through_traced_values_has_no_rule_for_says_what_there_is(name):
    places = np.arange(5.0)
    with pytest.raises(cr.NoRuleError, match=r"spline\.c"):
        cr.grad(lambda y: getattr(si.CubicSpline(places, y), name)(1.0, 2.0))(places**2)

"""Proves that trapezoid, simpson and their kin of SciPy take traced samples, points and distances: SciPy's values, the limit's
derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate as si
from tests.tracing.against_scipy import check_batch, check_call, check_compiled

import chainrule as cr

X = np.array([0.0, 0.3, 0.5, 0.9, 1.4])
Y = np.array([1.0, -0.5, 0.3, 2.0, 0.4])
TABLE = np.outer(Y, [1.0, 2.0, -0.5, 0.3]) + X[:, None]
INITIAL = {"cumulative_trapezoid": {"initial": 0}, "cumulative_simpson": {"initial": 0}}
BY_POINTS = ("trapezoid", "simpson", "cumulative_trapezoid", "cumulative_simpson")
NAMES = (*BY_POINTS, "romb")


@pytest.mark.parametrize("name", NAMES)
def test_samples(name):
    function = getattr(si, name)
    check_call(function, Y)
    check_call(lambda y: function(y, axis=0), TABLE)
    if name != "romb":
        check_call(lambda y: function(y, x=X, axis=0, **INITIAL.get(name, {})), TABLE)
        check_call(function, Y[:4])
        check_call(function, TABLE)


@pytest.mark.parametrize("name", NAMES)
def test_distances(name):
    function = getattr(si, name)
    check_call(lambda y, dx: function(y, dx=dx), Y, 0.3)
    check_call(lambda dx: function(Y, dx=dx), 0.3)


@pytest.mark.parametrize("name", BY_POINTS)
@pytest.mark.parametrize("count", [3, 4, 5])
def test_points(name, count):
    function = getattr(si, name)
    check_call(lambda y, x: function(y, x=x), Y[:count], X[:count])
    check_call(lambda x: function(Y[:count], x=x), X[:count])
    check_call(lambda x: function(TABLE[:count].T, x=x), X[:count])
    check_call(lambda x: function(TABLE[:count], x=x, axis=0), TABLE[:count] + 10 * X[:count, None])


@pytest.mark.parametrize("name", ["trapezoid", "simpson", "cumulative_trapezoid", "romb"])
def test_compiled_and_in_batches(name):
    function = getattr(si, name)
    check_compiled(lambda y, dx: function(y, dx=dx), Y, 0.3)
    check_batch(function, np.stack([Y, Y**2]))


def test_two_samples():
    check_call(lambda y, x: si.simpson(y, x=x), Y[:2], X[:2])


def test_the_slope_of_many_samples_is_no_loop(recwarn):
    np.testing.assert_allclose(cr.grad(si.trapezoid)(np.ones(20_000)), [0.5, *np.ones(19_998), 0.5])
    assert not recwarn.list

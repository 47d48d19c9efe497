"""Proves that a function around a point has the right gradient, Hessian and products, whatever the point is made of."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim.geometry.second_order import DENSE, look, read_point


def valley(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_gradient_and_hessian_are_those_of_the_engine():
    x = np.array([0.3, -0.2, 0.7])
    around = look(valley, x)
    assert around.value == valley(x)
    np.testing.assert_array_equal(around.gradient, cr.grad(valley)(x))
    np.testing.assert_allclose(around.hessian(), cr.hessian(valley)(x), rtol=1e-14)
    np.testing.assert_allclose(
        around.product()(np.array([1.0, 2.0, 3.0])), cr.hvp(valley, (x,), (np.array([1.0, 2.0, 3.0]),))
    )


def test_containers_become_one_vector_and_back():
    tree = {"w": np.arange(4.0).reshape(2, 2), "b": 3, "c": (np.float32(0.5),)}
    point = read_point(tree)
    assert point.size == 6
    again = point.given(point.vector)
    assert again["b"] == 3.0
    np.testing.assert_array_equal(again["w"], tree["w"])
    assert [point.coordinate(place) for place in range(6)] == ["b", "c[0]", "w[0, 0]", "w[0, 1]", "w[1, 0]", "w[1, 1]"]
    with pytest.raises(IndexError):
        point.coordinate(6)


def test_names_of_lone_arrays_and_numbers():
    assert read_point(2).coordinate(0) == "x"
    assert read_point(np.zeros((2, 2))).coordinate(3) == "x[1, 1]"
    assert read_point([1.0, np.zeros(2)]).coordinate(2) == "x[1][1]"


def test_the_point_and_the_arguments():
    around = look(lambda x, a, b: a * x**2 + b * x, 2, (3.0, 1.0))
    assert (around.value, around.gradient.tolist(), around.hessian().tolist()) == (14.0, [13.0], [[6.0]])


def test_many_variables_go_through_lanczos_and_few_do_not():
    few, many = (look(lambda x: np.sum(np.arange(1, x.size + 1) * x**2) / 2, np.ones(n)) for n in (DENSE, DENSE + 1))
    assert few.spectrum().eigenvalues is not None
    ends = many.spectrum()
    assert ends.eigenvalues is None
    assert (ends.largest, ends.smallest) == (pytest.approx(DENSE + 1), pytest.approx(1, rel=1e-4))


def test_functions_that_decide_on_values():
    around = look(lambda x: x[0] ** 2 + x[1] ** 2 if x[0] > 0 else -x[0], np.array([1.0, 2.0]))
    assert around.spectrum().eigenvalues == pytest.approx([2, 2])


def test_moving_on_is_gradient_descent():
    around = look(lambda x: x**2, 5.0)
    assert around.moved(3, 0.1).point.vector == pytest.approx([5 * 0.8**3])


def test_moving_on_leads_down_also_where_the_curvature_grows():
    valley = look(lambda x: np.sqrt(1 + (x - 2) ** 2), 0.0)
    assert abs(float(valley.moved(20, 11.2).point.vector[0]) - 2) < 0.1  # with whole steps it goes to and fro, far away
    inside = look(np.sqrt, 1e-3).moved(3, 1.0)
    assert 0 < float(inside.point.vector[0]) < 1e-3
    assert look(lambda x: np.where(x > 0.5, x, np.nan), 0.5 + 1e-15).moved(1, 1e20) is None


@pytest.mark.parametrize(
    ("fun", "x", "error", "message"),
    [
        (lambda x: x**2, np.nan, ValueError, "x is nan"),
        (lambda x: np.sum(x), np.array([0.0, np.inf]), ValueError, r"x\[1\] is inf"),
        (lambda x: x**2, "a", TypeError, "not a number"),
        (lambda x: x**2, 1j, TypeError, "two numbers"),
        (lambda x: x, [], ValueError, "no number"),
        (lambda x: np.sum(x), np.zeros((0, 3)), ValueError, "no number"),
        (lambda x: x**2, np.zeros(2), cr.NotScalarError, r"shape \(2,\)"),
        (lambda x: (x, x), 1.0, cr.NotScalarError, "2 values"),
        (np.log, -1.0, cr.NotDifferentiableError, "nan"),
        (lambda x: np.sqrt(x["a"]), {"a": 0.0}, cr.NotDifferentiableError, "by a is not finite"),
    ],
)
def test_what_is_refused(fun, x, error, message):
    with pytest.raises(error, match=message):
        look(fun, x)


def test_second_derivatives_that_are_not_finite():
    with pytest.raises(cr.NotDifferentiableError, match="twice"):
        look(lambda x: np.abs(x) ** 1.5, 0.0).spectrum()

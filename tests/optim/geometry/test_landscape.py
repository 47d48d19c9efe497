"""Proves that grids hold the values of the function where the axes say, in every choice of directions."""

from __future__ import annotations

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import problems
from chainrule.optim.geometry import landscape as module


def test_a_plane_of_two_variables():
    found = cr.landscape(problems.rosenbrock, np.array([0.5, 0.0]), extent=[(-2.5, 1.5), (-1, 3)], resolution=41)
    assert found.axes[0][[0, -1]] == pytest.approx([-2, 2])
    assert found.axes[1][[0, -1]] == pytest.approx([-1, 3])
    for i, j in ((0, 0), (3, 17), (40, 40)):
        assert found.values[i, j] == pytest.approx(problems.rosenbrock(np.array([found.axes[0][i], found.axes[1][j]])))
    assert found.lowest == (pytest.approx(0, abs=1e-20), (pytest.approx(1), pytest.approx(1)))
    assert found.labels == ("x[0]", "x[1]")
    assert found.value == problems.rosenbrock(np.array([0.5, 0.0]))


def test_a_line_of_one_variable_keeps_what_is_not_finite():
    found = cr.landscape("ln x", 1.0, extent=(-2, 1), resolution=7)
    assert found.axes[0] == pytest.approx([-1, -0.5, 0, 0.5, 1, 1.5, 2])
    assert np.isnan(found.values[:2]).all()
    assert found.values[2] == -np.inf
    assert found.values[3:] == pytest.approx(np.log([0.5, 1, 1.5, 2]))
    assert "3 of 7" in str(found)
    assert found.lowest[1] == (0.5,)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["values"][:3] == ["nan", "nan", "-inf"]


def test_given_directions():
    found = cr.landscape(lambda x: np.sum(x**2), np.ones(5), [np.ones(5)], resolution=5)
    assert found.values == pytest.approx(5 * np.array([0, 0.5, 1, 1.5, 2]) ** 2)
    tree = {"a": 1.0, "b": np.zeros(2)}
    plane = cr.landscape(
        lambda p: p["a"] + p["b"][1],
        tree,
        [{"a": 1.0, "b": np.zeros(2)}, {"a": 0.0, "b": np.array([0, 2.0])}],
        resolution=3,
    )
    assert plane.values == pytest.approx(np.array([[-2, 0, 2], [-1, 1, 3], [0, 2, 4]]))
    assert plane.center["a"] == 1.0


@pytest.mark.parametrize("size", [5, 300])
def test_the_directions_of_greatest_curvature(size):
    values = np.linspace(1, 2, size)
    values[3], values[1] = 100.0, 50.0
    found = cr.landscape(lambda x: np.sum(values * x**2) / 2, np.zeros(size), resolution=3)
    assert abs(found.directions[0][3]) == pytest.approx(1, abs=1e-3)
    assert abs(found.directions[1][1]) == pytest.approx(1, abs=1e-3)
    assert found.values[0, 1] == pytest.approx(50, rel=1e-3)
    assert found.values[1, 0] == pytest.approx(25, rel=1e-3)
    assert "curvature 100" in found.labels[0]


def test_random_directions_are_as_large_as_the_point_filter_by_filter():
    weights = {"w": np.random.default_rng(5).standard_normal((4, 3)), "b": np.array([3.0, 4.0])}
    found = cr.landscape(lambda p: np.sum(p["w"] ** 2) + np.sum(p["b"]), weights, "random", resolution=3, seed=1)
    for direction in found.directions:
        np.testing.assert_allclose(np.linalg.norm(direction["w"], axis=0), np.linalg.norm(weights["w"], axis=0))
        assert np.linalg.norm(direction["b"]) == pytest.approx(5)
    again = cr.landscape(lambda p: np.sum(p["w"] ** 2) + np.sum(p["b"]), weights, "random", resolution=3, seed=1)
    np.testing.assert_array_equal(found.values, again.values)
    nowhere = cr.landscape(lambda x: np.sum(x**2), np.zeros(3), "random", resolution=3)
    assert np.any(nowhere.directions[0])


def test_functions_that_decide_on_values():
    found = cr.landscape(lambda x: x**2 if x > 0 else -x, 0.0, resolution=5)
    assert found.values == pytest.approx([1, 0.5, 0, 0.25, 1])


def test_parts_that_are_computed_one_after_another(monkeypatch):
    whole = cr.landscape(problems.himmelblau, np.zeros(2), resolution=20)
    monkeypatch.setattr(module, "_ENTRIES", 100)
    parts = cr.landscape(problems.himmelblau, np.zeros(2), resolution=20)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-12)


def test_a_landscape_without_a_finite_value():
    found = cr.landscape(lambda x: np.log(-(x**2) - 1), 0.0, resolution=3)
    assert np.isnan(found.lowest[0])
    assert "nan" in str(found)


def test_html():
    assert ">x from -1 to 1, 3 points</td>" in cr.landscape("x^2", 0.0, resolution=3)._repr_html_()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"directions": "gradient"}, ValueError, "directions is"),
        ({"directions": 3.0}, TypeError, "directions is a list"),
        ({"args": 3.0}, TypeError, "args is a tuple"),
        ({"directions": [np.zeros(2)]}, ValueError, "all zeros"),
        ({"directions": [np.ones(3)]}, cr.ShapeError, "shapes"),
        ({"directions": [np.ones(2)] * 3}, ValueError, "not 3"),
        ({"extent": 0.0}, ValueError, "extent"),
        ({"extent": (1.0, -1.0)}, ValueError, "extent"),
        ({"extent": np.inf}, ValueError, "extent"),
        ({"extent": "wide"}, ValueError, "extent is a number above 0, .* not 'wide'"),
        ({"extent": [(-1, 1), (2,)]}, ValueError, "extent is a number above 0"),
        ({"resolution": 1}, ValueError, "resolution"),
        ({"resolution": 2.5}, ValueError, "resolution"),
        ({"resolution": 10_000}, ValueError, "at most"),
    ],
)
def test_arguments_that_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        cr.landscape(problems.booth, np.zeros(2), **settings)


def test_a_function_with_a_vector_as_its_result():
    with pytest.raises(cr.ShapeError, match="one real number"):
        cr.landscape(lambda x: x, np.zeros(2), resolution=3)


def test_further_arguments_are_those_of_the_function():
    def loss(w, X, y):
        return np.mean((X @ w - y) ** 2)

    X, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, 0.0])
    found = cr.landscape(loss, np.zeros(2), extent=1.0, resolution=3, args=(X, y))
    for i, j in np.ndindex(3, 3):
        assert found.values[i, j] == pytest.approx(loss(np.array([found.axes[0][i], found.axes[1][j]]), X, y))
    assert found.value == loss(np.zeros(2), X, y)
    steepest = cr.landscape(loss, np.zeros(2), "hessian", resolution=3, args=(X, y))
    curvatures = np.linalg.eigvalsh(X.T @ X)[::-1]  # the Hessian is 2 XᵀX / 2
    assert steepest.labels == tuple(f"direction {k} (curvature {c:.4g})" for k, c in enumerate(curvatures, 1))

"""Proves that points are called what they are, that the numbers are those of the Hessian, and that words agree with them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim


def bowl(values):
    return lambda x: np.sum(values * x**2) / 2


@pytest.mark.parametrize("condition", [1.0, 100.0, 1e8])
@pytest.mark.parametrize("size", [2, 20, 200])
def test_all_eigenvalues_of_a_few_variables(size, condition):
    values = np.geomspace(1, condition, size)
    basis = np.linalg.qr(np.random.default_rng(1).standard_normal((size, size)))[0]
    found = cr.curvature(lambda x: bowl(values)(basis.T @ x), np.zeros(size))
    np.testing.assert_allclose(found.eigenvalues, values, rtol=1e-5, atol=1e-15 * condition * size)
    assert found.classification == "minimum"
    assert found.condition == pytest.approx(condition, rel=1e-5)
    assert found.is_complete
    assert found.is_convex_here


def test_the_ends_of_many_variables():
    values = np.linspace(-1, 10, 10_000)
    found = cr.curvature(bowl(values), np.zeros(values.size))
    assert found.eigenvalues == pytest.approx([-1, 10], rel=1e-4)
    assert (found.classification, found.certainty) == ("saddle", "certain")
    assert not found.is_complete
    assert found.condition == math.inf


def test_what_lanczos_does_not_know_is_said():
    found = cr.curvature(bowl(np.geomspace(1, 1e8, 3000)), np.zeros(3000))
    assert not found.converged
    assert found.classification == "minimum"
    assert found.certainty == "likely"
    assert any("not converged" in sentence for sentence in found.meaning)
    assert "at least" in str(found)


@pytest.mark.parametrize("lowest", [-1e-4, 1e-4])
def test_what_lanczos_does_not_know_of_some_hundred_variables_the_whole_hessian_does(lowest):
    # It was "likely a minimum", with the smallest eigenvalue wrong.
    values = np.concatenate([[lowest], np.geomspace(1e-3, 1e4, 299)])
    found = cr.curvature(bowl(values), np.zeros(300))
    assert found.eigenvalues == pytest.approx(values, rel=1e-6)
    assert found.classification == ("saddle" if lowest < 0 else "minimum")
    assert found.certainty == "certain"


def test_a_known_hessian_away_from_critical_points():
    found = cr.curvature(optim.problems.rosenbrock, np.array([-1.2, 1.0]))
    assert found.classification == "not critical"
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh([[1330, 480], [480, 200]]))
    assert found.gradient_norm == pytest.approx(np.hypot(215.6, 88))
    assert "gradient" in found.how


@pytest.mark.parametrize("problem", [p for p in optim.problems.PROBLEMS if p.name != "ackley"], ids=lambda p: p.name)
def test_the_minima_of_the_test_functions(problem):
    for minimum in problem.minima:
        found = cr.curvature(problem.fun, np.array(minimum))
        assert (found.classification, found.certainty) == ("minimum", "certain")


def test_the_saddle_and_the_maximum_of_the_test_functions():
    assert cr.curvature(optim.problems.saddle, np.zeros(2)).classification == "saddle"
    top = cr.minimize(
        lambda x: -optim.problems.himmelblau(x), np.array([-0.3, -0.9]), optim.GradientDescent(0.005), 500
    )
    assert cr.curvature(optim.problems.himmelblau, top.x).classification == "maximum"


def test_a_point_that_a_descent_has_found_counts_as_critical():
    found = cr.minimize(optim.problems.booth, np.array([5.0, 5.0]), optim.GradientDescent(0.05), 1000, tol=1e-6)
    assert found.success
    assert cr.curvature(optim.problems.booth, found.x).classification == "minimum"
    assert cr.curvature(optim.problems.booth, found.x, tol=1e-12).classification == "not critical"


def test_one_variable_in_words():
    away = cr.curvature(lambda x: x**2, 0)
    assert away.eigenvalues == pytest.approx([2])
    assert "bends upward" in away.meaning[0]
    assert "the slope grows by 2" in away.meaning[0]
    assert "circle of radius 0.5" in away.meaning[0]
    assert "downward" in cr.curvature(lambda x: -(x**2), 0.0).meaning[0]
    assert "straight" in cr.curvature(lambda x: 3 * x, 0.0).meaning[0]
    assert "radius 2.828" in cr.curvature(np.exp, 0.0).meaning[0]  # (1 + 1)^1.5 / 1


def test_several_variables_in_words():
    saddle = cr.curvature("x^2 - 3y^2", {"x": 0, "y": 0})
    assert saddle.meaning[0] == "It bends upward most along x, by 2, and downward most along y, by -6."
    assert "A descent that stands here can leave along y." in saddle.meaning
    beside = cr.curvature("x^2 - 3y^2", {"x": 1, "y": 0})
    assert beside.meaning == saddle.meaning[:1], "no descent stands where there is a slope"
    narrow = cr.curvature("x^2 + 1000y^2", {"x": 0, "y": 0})
    assert "1000 times more" in " ".join(narrow.meaning)
    assert "alike" in cr.curvature("x^2 + y^2", {"x": 0, "y": 0}).meaning[0]
    assert "flat" in " ".join(cr.curvature("x^2 + y^4", {"x": 0, "y": 0}).meaning)


def test_directions_are_written_as_sums():
    tilted = cr.curvature(lambda v: 50 * v[1] ** 2 + 3 * v[0] * v[1] + v[0] ** 2, np.zeros(2)).meaning[0]
    assert tilted == "It bends most along x[1] + 0.0306 x[0], by 100.1, and least along x[0] - 0.0306 x[1], by 1.908."
    many = cr.curvature(lambda v: np.sum(v) ** 2, np.zeros(6)).meaning[0]
    assert "0.408 x[0] + 0.408 x[1] + 0.408 x[2] + 0.408 x[3] …, by 12" in many


def test_a_small_gradient_of_a_flat_function_is_not_taken_for_none():
    found = cr.curvature(lambda x: x**4, 1e-3)
    assert found.gradient_norm == pytest.approx(4e-9)
    assert found.classification == "not critical"
    assert "level about 0.0003333 away" in found.how
    assert "straight" in cr.curvature(lambda x: 1e-12 * x, 1.0).how


def test_steps_and_jumps():
    assert cr.curvature(np.floor, 0.5).classification == "degenerate"
    assert cr.curvature(lambda x: np.where(x < 0.3, x, x + 5), 0.5).classification == "not critical"


def test_directions_in_the_structure_of_the_point():
    found = cr.curvature(lambda p: p["w"] @ p["w"] - p["b"] ** 2, {"w": np.zeros(2), "b": 0.0})
    assert found.classification == "saddle"
    down = found.direction(0)
    assert abs(down["b"]) == pytest.approx(1)
    assert down["w"] == pytest.approx([0, 0])
    assert found.gradient == {"b": 0.0, "w": pytest.approx([0, 0])}


def test_integers_and_float32_are_computed_in_float64():
    assert cr.curvature(lambda x: x**3, 2).eigenvalues == pytest.approx([12])
    found = cr.curvature(optim.problems.rosenbrock, np.ones(2, np.float32))
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh([[802, -400], [-400, 200]]), rtol=1e-12)


def test_arguments_are_passed_on():
    assert cr.curvature(lambda x, a: a * x**2, 0.0, (4.0,)).eigenvalues == pytest.approx([8])


def test_nothing_is_changed():
    x = np.array([0.5, 0.25])
    cr.curvature(optim.problems.rosenbrock, x)
    assert x.tolist() == [0.5, 0.25]


def test_output_is_text_html_and_json():
    found = cr.curvature("x^2 - y^2", {"x": 0, "y": 0})
    assert str(found).splitlines()[0] == "classification: saddle"
    assert "<table" in found._repr_html_()
    assert ">saddle</td>" in found._repr_html_()
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["eigenvalues"] == [-2.0, 2.0]
    assert data["classification"] == "saddle"
    flat = cr.curvature("x^2", 0.0)
    json.dumps(flat.to_dict(), allow_nan=False)


@pytest.mark.parametrize("tol", [0, -1.0, "x", None, True, math.nan])
def test_a_tolerance_that_is_none(tol):
    with pytest.raises(ValueError, match="tol is a number above 0"):
        cr.curvature(lambda x: x**2, 0.0, tol=tol)


def test_an_exception_of_the_function_passes():
    def broken(x):
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        cr.curvature(broken, 1.0)


@pytest.mark.parametrize(
    ("at", "kind"),
    [(1e6 * np.pi, "not critical"), (1e6 * np.pi + np.pi / 2, "maximum"), (1e6 * np.pi - np.pi / 2, "minimum")],
)
def test_far_from_zero_a_sine_is_still_smooth(at, kind):
    found = cr.curvature(np.sin, at)
    assert (found.classification, found.certainty, found.is_smooth) == (kind, "certain", True)


@pytest.mark.parametrize("seed", range(6))
def test_a_point_beside_a_far_lower_one_is_not_critical(seed):
    # The gradient has norm 2e6 there; by samples it was a saddle, since one neighbor of 202 was lower.
    random = np.random.default_rng(seed)
    data = random.normal(size=(40, 2)) * [1.0, 1e6]
    target = data @ [1.0, 1e-6]
    found = cr.curvature(lambda w: np.mean((data @ w - target) ** 2), np.zeros(2))
    assert found.classification == "not critical"

"""A descent draws itself: its losses, and with its function the path on a curve or on contours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr


def bowl(v: Any) -> Any:
    return v[0] ** 2 + 3 * v[1] ** 2


def test_without_the_function_the_losses_are_drawn() -> None:
    found = cr.minimize(bowl, np.array([2.0, 1.0]), steps=5)
    (trace,) = found.plot().traces
    np.testing.assert_array_equal(trace["y"], found.losses)


@pytest.mark.parametrize(
    ("fun", "start"),
    [
        (bowl, np.array([2.0, 1.0])),
        (lambda p: bowl((p["x"], p["y"])), {"x": 2.0, "y": 1.0}),
        (lambda p: bowl((p[0], p[1])), (2.0, 1.0)),
        (lambda p: bowl((p["x"][0], p["y"])), {"x": np.array([2.0]), "y": 1.0}),
    ],
    ids=["vector", "numbers by name", "pair", "mixed"],
)
def test_of_two_numbers_the_path_is_drawn_on_contours(fun: Any, start: Any) -> None:
    found = cr.minimize(fun, start, steps=5)
    ground, path = found.plot(fun).traces
    assert ground["type"] == "contour"
    np.testing.assert_allclose(path["x"], 2 * 0.8 ** np.arange(6))
    np.testing.assert_allclose(path["y"], 0.4 ** np.arange(6))
    np.testing.assert_allclose(ground["z"][7, 9], bowl((ground["x"][9], ground["y"][7])))


@pytest.mark.parametrize(
    ("fun", "start"),
    [(lambda x: x**2, 5.0), (lambda x: x[0] ** 2, np.array([5.0])), (lambda p: p["x"] ** 2, {"x": 5.0})],
    ids=["number", "vector of one", "number by name"],
)
def test_of_one_number_the_path_is_drawn_on_the_curve(fun: Any, start: Any) -> None:
    curve, path = cr.minimize(fun, start, steps=5).plot(fun).traces
    np.testing.assert_allclose(curve["y"], curve["x"] ** 2)
    np.testing.assert_allclose(path["x"], 5 * 0.8 ** np.arange(6))
    np.testing.assert_allclose(path["y"], path["x"] ** 2)


def test_of_more_numbers_and_of_a_descent_that_flew_away_there_is_a_figure_too() -> None:
    found = cr.minimize(lambda v: np.sum(v**2), np.ones(5), steps=5)
    assert found.plot(lambda v: np.sum(v**2)).title == "Loss over steps"
    away = cr.minimize(lambda x: x**2, 5.0, cr.optim.GradientDescent(30.0), steps=300)
    low, high = away.plot(lambda x: x**2).figure()["layout"]["xaxis"]["range"]
    assert -2000 < low < high < 2000


def test_a_race_draws_every_path() -> None:
    race = cr.compare(
        bowl, np.array([2.0, 1.0]), {"a": cr.optim.GradientDescent(0.1), "b": cr.optim.Adam(0.1)}, steps=5
    )
    assert [trace["name"] for trace in race.plot(bowl).traces[1:]] == [racer.name for racer in race.racers]
    assert len(race.plot().traces) == 2

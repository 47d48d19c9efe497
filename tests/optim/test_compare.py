"""Proves that races run what `minimize` runs, rank it as promised, and say what happened."""

from __future__ import annotations

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim import LBFGS, Adam, ClipNorm, GradientDescent, Maximize, Momentum, Newton, problems


def square(x):
    return x**2


def test_the_ranking():
    methods = {
        "slow": GradientDescent(0.001),
        "fast": GradientDescent(0.4),
        "away": GradientDescent(1.1),
        "good": GradientDescent(0.1),
        "slower": GradientDescent(0.0001),
    }
    race = cr.compare(square, 5.0, methods, steps=200)
    assert [racer.name for racer in race.racers] == ["fast", "good", "slow", "slower", "away"]
    assert [racer.place for racer in race.racers] == [1, 2, 3, 4, 5]
    assert race.winner.name == "fast"
    alone = cr.minimize(square, 5.0, GradientDescent(0.1), 200)
    assert race["good"].result.nit == alone.nit
    assert race["good"].result.x == alone.x
    assert race["good"].seconds > 0
    assert race["good"].steps_to(16.0) == 1
    assert race["slow"].steps_to(1.0) is None
    with pytest.raises(KeyError, match="no method is called 'x'; there are fast"):
        race["x"]


def test_the_words():
    race = cr.compare(
        square, 5.0, {"fast": GradientDescent(0.4), "good": GradientDescent(0.1), "away": GradientDescent(1.1)}
    )
    assert race.summary[0] == "fast won: 13 steps to a gradient of norm 1e-08."
    assert race.summary[1].startswith("Next is good, with ")
    assert "diverged" in race.summary[2]
    rows = str(race).splitlines()
    assert rows[2].split()[:3] == ["1", "fast", "13"]
    assert "<td>fast</td>" in race._repr_html_()
    nobody = cr.compare(problems.rosenbrock, np.array([-1.2, 1.0]), [Adam(0.01), Adam(0.02)], steps=10)
    assert nobody.summary[0].startswith("None arrived within 10 steps; Adam(0.02) came lowest")
    lost = cr.compare(square, 5.0, [GradientDescent(2.0)], steps=500)
    assert lost.summary[0].startswith("None arrived, and all went astray")


def test_those_that_arrive_together_win_together():
    race = cr.compare(
        square, 5.0, {"one": GradientDescent(0.1), "other": GradientDescent(0.1), "late": GradientDescent(0.05)}
    )
    assert race.summary[0].startswith("one and other won together: 93 steps")
    assert race.summary[1].startswith("Next is late, with ")
    nowhere = cr.compare(lambda x: 0 * x + 1.0, 5.0, [GradientDescent(0.1), Adam(0.1), Momentum(0.1)])
    assert " won together: 0 steps" in nowhere.summary[0]


def test_the_lowest_of_those_that_did_not_go_astray_is_called_so():
    race = cr.compare(lambda x: -(x**2), 1.0, [GradientDescent(0.1), Adam(0.1)], steps=1000)
    assert race.winner.name == "Adam(0.1)"
    assert race.racers[1].result.fun < race.winner.result.fun
    assert "Adam(0.1) came lowest of those that did not go astray" in race.summary[0]


def test_those_that_climb_come_highest():
    race = cr.compare(
        lambda x: -(x**2), 9.0, [Maximize(GradientDescent(1e-4)), Maximize(GradientDescent(1e-5))], steps=10
    )
    assert "Maximize(GradientDescent(0.0001)) came highest, to " in race.summary[0]


def test_solvers_and_modifiers_take_part():
    race = cr.compare(
        problems.booth, np.array([-5.0, -5.0]), [LBFGS(), Newton(), ClipNorm(Momentum(0.02, momentum=0.5), 5.0)]
    )
    assert all(racer.result.success for racer in race.racers)
    assert {racer.name for racer in race.racers} == {
        "LBFGS()",
        "Newton()",
        "ClipNorm(Momentum(0.02, momentum=0.5), 5.0)",
    }


def test_methods_that_are_written_alike_get_numbers():
    race = cr.compare(square, 5.0, [Adam(0.1), Adam(0.1)], steps=5)
    assert [racer.name for racer in race.racers] == ["Adam(0.1)", "Adam(0.1) (2)"]


def test_climbing_ranks_the_highest_first():
    race = cr.compare(
        lambda x: -(x**2), 5.0, [Maximize(GradientDescent(0.001)), Maximize(GradientDescent(0.01))], steps=10
    )
    assert "0.01" in race.winner.name


def test_text_and_arguments():
    assert cr.compare("(x-1)^2 + y^2", {"x": 0, "y": 3}, [GradientDescent(0.25)]).winner.result.x["x"] == pytest.approx(
        1
    )
    assert cr.compare(
        lambda x, a: (x - a) ** 2, 0.0, [GradientDescent(0.25)], args=(3.0,)
    ).winner.result.x == pytest.approx(3)


def test_data():
    race = cr.compare(
        problems.booth, np.zeros(2), {"gd": GradientDescent(0.05), "away": GradientDescent(10.0)}, steps=2000
    )
    data = json.loads(json.dumps(race.to_dict(), allow_nan=False))
    assert data["winner"] == "gd"
    first = data["racers"][0]
    assert first["path"][0] == [0.0, 0.0]
    assert first["path"][-1] == pytest.approx([1, 3])
    assert len(first["losses"]) == len(first["loss_steps"]) <= 300
    assert first["loss_steps"][-1] == first["steps"]
    many = cr.compare(lambda x: np.sum(x**2), np.ones(10), [GradientDescent(0.1)], steps=5)
    assert many.to_dict()["racers"][0]["path"] == []


@pytest.mark.parametrize(
    ("methods", "error", "message"),
    [
        ({}, ValueError, "methods is empty"),
        ([], ValueError, "methods is empty"),
        ("adam", TypeError, "dictionary of methods"),
        (Adam(0.1), TypeError, "dictionary of methods"),
        ([Adam], TypeError, "write Adam"),
        ([3], TypeError, "method of descent"),
    ],
)
def test_methods_that_are_refused(methods, error, message):
    with pytest.raises(error, match=message):
        cr.compare(square, 5.0, methods)


def test_ctrl_c_ends_the_race_and_not_one_descent_of_it(monkeypatch):
    started = []

    def pressed(progress):
        if progress.step == 2:
            raise KeyboardInterrupt

    def minimize(fun, x0, method, steps, tol, args):
        started.append(method)
        return cr.minimize(fun, x0, method, steps, tol, args=args, callback=pressed)

    monkeypatch.setattr("chainrule.optim.compare.minimize", minimize)
    with pytest.raises(KeyboardInterrupt):
        cr.compare(lambda x: x**2, 5.0, [GradientDescent(0.1), Momentum(0.1)])
    assert started == [GradientDescent(0.1)]

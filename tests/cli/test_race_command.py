"""Tests of `chainrule race`: what it prints, as text and as JSON, and how it refuses."""

import json

import pytest
from tests.cli.commands import invoke


def test_a_test_function():
    shown = invoke("race", "rosenbrock", "--methods", "gd,adam", "--steps", "3000")
    assert shown.exit_code == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0] == "rosenbrock from x = [-1.2,  1. ]"
    assert lines[4].split()[:2] == ["1", "adam"]
    assert "adam won" in shown.stdout
    assert lines[-1].startswith("Learning rates, the best of 21 that were tried: gd 0.00")


def test_rates_of_ones_own():
    data = json.loads(invoke("race", "x^2", "--start", "5", "--methods", "gd=0.1, gd=1.1, newton", "--json").stdout)
    assert {racer["name"]: racer["status"] for racer in data["racers"]} == {
        "gd=0.1": "converged",
        "gd=1.1": "diverged",
        "newton": "converged",
    }
    assert data["racers"][-1]["name"] == "gd=1.1"
    assert data["start"] == {"x": 5.0}


@pytest.mark.parametrize("start", ["1,2", "x=[1,2]", "[1,2]"])
def test_a_test_function_from_elsewhere(start):
    data = json.loads(invoke("race", "booth", "--start", start, "--methods", "gd=0.05", "--json").stdout)
    assert data["start"] == {"x": [1.0, 2.0]}


def test_a_function_of_a_file(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def loss(w):\n    return (w - 2)**2\n")
    data = json.loads(invoke("race", f"{path}:loss", "--start", "w=0", "--methods", "adam", "--json").stdout)
    assert data["racers"][0]["x"]["w"] == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x^2"], "a race needs a start"),
        (["x^2", "--start", "5", "--methods", "foo"], "no method 'foo'"),
        (["x^2", "--start", "5", "--methods", ""], "no method ''"),
        (["x^2", "--start", "5", "--methods", "gd=x"], "not a learning rate"),
        (["x^2", "--start", "5", "--methods", "gd=-1"], "learning_rate"),
        (["x^2", "--start", "5", "--methods", "newton=1"], "takes no learning rate"),
        (["x^2", "--start", "5", "--methods", ",".join(f"gd=0.{n}" for n in range(1, 30))], "too many"),
        (["booth", "--start", "1,2,3"], "one vector of 2 numbers, such as -5,-5"),
        (["booth", "--start", "y=[1,2]"], "one vector of 2 numbers"),
        (["x^2", "--start", "5", "--steps", "0"], "steps"),
    ],
)
def test_input_that_is_refused(arguments, message):
    result = invoke("race", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr

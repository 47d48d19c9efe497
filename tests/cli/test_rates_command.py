"""Tests of `chainrule rates`: what it prints, as text and as JSON, and how it refuses."""

import json

import pytest
from tests.cli.commands import invoke


def test_the_lesson():
    shown = invoke("rates", "x^2", "--start", "x=5", "--rates", "0.001,0.1,1.0,1.1")
    assert shown.exit_code == 0, shown.stderr
    for line in ("0.001     too slow", "0.1        right", "1  oscillating", "1.1    diverging"):
        assert any(row.strip() == line for row in shown.stdout.splitlines())
    assert "stable bound: 1 = 2/λmax" in shown.stdout


def test_rates_that_are_not_given_go_by_the_bound():
    data = json.loads(invoke("rates", "x^2", "--start", "5", "--json").stdout)
    assert [row["rate"] for row in data["verdicts"]] == [0.001, 0.1, 1.0, 1.1]
    assert [row["verdict"] for row in data["verdicts"]] == ["too slow", "right", "oscillating", "diverging"]
    assert json.loads(invoke("rates", "3x", "--start", "5", "--json").stdout)["verdicts"] == []


def test_other_methods():
    assert json.loads(invoke("rates", "x^2", "--start", "5", "--method", "momentum", "--json").stdout)[
        "bound"
    ] == pytest.approx(1.9)
    assert "sweep" in json.loads(invoke("rates", "x^2", "--start", "5", "--method", "adam", "--json").stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x^2", "--start", "5", "--rates", "0"], "not a list of learning rates"),
        (["x^2", "--start", "5", "--rates", "a,b"], "not a list of learning rates"),
        (["x^2", "--start", "5", "--rates", ",".join(["1"] * 51)], "too many"),
        (["x^2", "--start", "5", "--method", "sgd"], "the methods are gd, momentum"),
        (["x^2", "--start", "5", "--method", "newton"], "no learning rate"),
        (["x^2", "--start", "5", "--tol", "0"], "tol"),
        (["ln x", "--start", "-1"], "the function is nan"),
    ],
)
def test_input_that_is_refused(arguments, message):
    result = invoke("rates", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_refused_is_not_put_down_to_the_function(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def loss(x):\n    return x**2\n")
    result = invoke("rates", f"{path}:loss", "--start", "5", "--method", "lbfgs")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: LBFGS has no learning rate")

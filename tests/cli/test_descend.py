"""Proves that `chainrule descend` prints the steps of any method, elides the middle, and goes on from its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chainrule import optim
from chainrule.cli.main import main
from chainrule.cli.methods import METHODS


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["descend", *arguments])
    printed = capsys.readouterr()
    assert ended.value.code == code, printed.err
    return printed.out if code == 0 else printed.err


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(run(capsys, *arguments, "--json"))


def test_the_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "x^2", "--start", "x=5", "--rate", "0.1", "--steps", "10")
    points = [line.split()[1] for line in printed.splitlines()[3:13]]
    assert points == "4.0000 3.2000 2.5600 2.0480 1.6384 1.3107 1.0486 0.8389 0.6711 0.5369".split()


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("0.001", "too slow"),
        ("1.0", "oscillating"),
        ("1.1", "above the stable bound 2/λmax = 1.0"),
        ("0.1", "about 83 more"),
    ],
)
def test_rates_are_judged(rate: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert words in run(capsys, "x^2", "--start", "5", "--rate", rate)


def test_a_long_descent_is_elided_in_the_middle(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(
        capsys, "x^2+y^2", "--start", "x=5,y=1", "--method", "adam", "--steps", "30002", "--tol", "0"
    ).splitlines()
    rows = [line.split()[0] for line in lines[2:-2]]
    assert rows == [*(str(4 * k) for k in range(11)), "…", *(str(30_000 - 4 * k) for k in range(8, -1, -1)), "30002"]
    assert len(data(capsys, "x^2", "--start", "5", "--steps", "3000", "--tol", "0")["steps"]) == 1000


@pytest.mark.parametrize(
    "method", ["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "lion", "cg", "lbfgs", "newton"]
)
def test_every_method_descends(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "x^2 + 3y^2", "--start", "x=1,y=1", "--method", method, "--steps", "50")
    assert found["fun"] < 4.0
    assert found["steps"][0]["x"] == {"x": 1.0, "y": 1.0}
    assert found["steps"][-1]["step"] == found["nit"]


def test_momentum_may_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "x^2", "--start", "5", "--momentum", "0.5", "--steps", "2")
    assert found["method"] == "Momentum"
    assert found["x"]["x"] == pytest.approx(5 - 0.1 * 10 - 0.1 * (0.5 * 10 + 8))
    assert "has no momentum" in run(capsys, "x^2", "--start", "5", "--method", "adam", "--momentum", "0.5", code=2)
    assert "takes no learning rate" in run(capsys, "x^2", "--start", "5", "--method", "lbfgs", "--rate", "1", code=2)


def test_a_descent_goes_on_from_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("x^2 + sin(y)", "--start", "x=5,y=1", "--method", "adam", "--checkpoint", str(tmp_path / "run.npz"))
    data(capsys, *options, "--steps", "100")
    longer = data(capsys, *options, "--steps", "250")
    assert longer == data(capsys, *options[:-2], "--steps", "250")
    others = ("x^2 + cos(y)", *options[1:], "--steps", "250")
    assert "another function" in run(capsys, *others, code=2)


def test_every_method_has_a_name() -> None:
    public = [getattr(optim, name) for name in optim.__all__]
    methods = {each for each in public if getattr(each, "__module__", "").startswith("chainrule.optim.methods.")}
    missing = methods - {optim.Method, optim.Solver} - set(METHODS.values())
    assert not missing, f"give {missing} a name in cli/methods.py"

"""Tests of `chainrule limit`: the text, the JSON, the choice of the variable, and refusals."""

from __future__ import annotations

import json

import pytest
from tests.cli.commands import invoke


def test_typed_mathematics():
    result = invoke("limit", "x^2", "--at", "x=2")
    assert result.exit_code == 0
    assert "y = 4x - 4" in result.stdout
    assert "1e-08" in result.stdout


def test_a_function_of_a_file(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("import numpy as np\ndef kink(x):\n    return np.abs(x)\n")
    result = invoke("limit", f"{path}:kink", "--at", "0", "--json")
    data = json.loads(result.stdout)
    assert (result.exit_code, data["kind"], data["left"]["limit"], data["right"]["limit"]) == (0, "corner", -1, 1)


def test_one_variable_of_several_moves():
    result = invoke("limit", "x^2 y", "--at", "x=3,y=2", "--wrt", "y", "--json")
    assert json.loads(result.stdout)["derivative"] == 9


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("x^2 y", "--at", "x=3,y=2"), "--wrt x"),
        (("x^2 y", "--at", "x=3,y=2", "--wrt", "z"), "no variable 'z'"),
        (("x^2", "--at", "y=3"), "no variable y"),
        (("x^2", "--at", "x=[1,2]"), "one real number"),
    ],
)
def test_refusals(arguments, problem):
    result = invoke("limit", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr

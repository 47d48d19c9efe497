"""The commands take functions by cases: derive, limit, gradient, descend, curvature, check."""

from __future__ import annotations

import json

import pytest
from tests.cli.commands import invoke

CASES = "{x^2 if x < 0, 3x otherwise}"
SMOOTH = r"\begin{cases} (x-1)^2 & x < 2 \\ 2x - 3 & x \ge 2 \end{cases}"


def test_derive():
    result = invoke("derive", CASES)
    assert result.exit_code == 0
    assert "Result: (2x if x < 0, else 3)" in result.stdout
    assert "a corner" in " ".join(result.stdout.split())
    assert r"\begin{cases}2 x & \text{if } x < 0" in invoke("derive", CASES, "--latex").stdout
    assert json.loads(invoke("derive", CASES, "--json").stdout)["result"] == "(2x if x < 0, else 3)"


def test_limit_at_a_corner_and_where_the_cases_fit():
    found = json.loads(invoke("limit", CASES, "--at", "0", "--json").stdout)
    assert (found["kind"], found["left"]["limit"], found["right"]["limit"]) == ("corner", 0.0, 3.0)
    assert json.loads(invoke("limit", SMOOTH, "--at", "2", "--json").stdout)["derivative"] == 2.0


def test_descend_crosses_the_border():
    result = invoke("descend", SMOOTH, "--start", "5", "--rate", "0.5")
    assert result.exit_code == 0
    assert "converged: the gradient has norm 0 after 4 steps" in result.stdout


def test_descend_says_where_the_function_ends():
    result = invoke("descend", "{(x-1)^2 if x<2, 2x-3 if x>2.5}", "--start", "5", "--rate", "0.5")
    assert "where it is defined" in result.stdout


def test_curvature():
    assert "minimum" in invoke("curvature", SMOOTH, "--at", "1").stdout
    assert "not twice differentiable" in " ".join(
        invoke("curvature", "{x^2 if x<0, 2x^2 otherwise}", "--at", "0").stdout.split()
    )


@pytest.mark.parametrize("command", ["gradient", "check", "backprop"])
def test_others(command):
    assert invoke(command, CASES, "--at", "2").exit_code == 0


def test_a_refusal_points_at_the_column():
    result = invoke("derive", "{x^2 if x < 0, 3x")
    assert result.exit_code == 2
    assert "'{' is not closed" in result.stderr

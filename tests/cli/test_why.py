"""Tests of `chainrule why nan` and `chainrule why zero`: what they find in a file, the JSON, exit codes and refusals."""

from __future__ import annotations

import json

from tests.cli.commands import invoke

USER_FILE = """
import numpy as np

def masked(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0))

def relu(x, b):
    h = np.maximum(x, 0)
    return np.sum(h)

def vector(x):
    return x**2

def boom(x):
    return {}["key"] + x
"""


def test_why_nan_prints_the_mend(user_file):
    result = invoke("why", "nan", f"{user_file}:masked", "--at", "x=[0,4]")
    assert result.exit_code == 0
    assert "np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)" in result.stdout
    assert f"{user_file}:5" in result.stdout


def test_why_nan_json(user_file):
    result = invoke("why", "nan", f"{user_file}:masked", "--at", "x=[0,4]", "--json")
    data = json.loads(result.stdout)
    assert (data["finite"], data["first"]["operation"], data["first"]["line"]["number"]) == (False, "sqrt", 5)


def test_why_zero_prints_the_shares(user_file):
    result = invoke("why", "zero", f"{user_file}:relu", "--at", "x=[-1,2],b=1")
    assert result.exit_code == 0
    assert "dead unit in maximum, line 8" in result.stdout
    data = json.loads(invoke("why", "zero", f"{user_file}:relu", "--at", "x=[-1,2],b=1", "--json").stdout)
    assert [part["causes"][0]["kind"] for part in data["inputs"]] == ["dead unit", "unused"]


def test_nothing_wrong_is_no_failure():
    for question in ("nan", "zero"):
        result = invoke("why", question, "x^2", "--at", "3")
        assert result.exit_code == 0
        assert "not" in result.stdout


def test_refusals(user_file):
    for question in ("nan", "zero"):
        for name, problem in (("vector", "sum it"), ("boom", "KeyError"), ("absent", "no function")):
            result = invoke("why", question, f"{user_file}:{name}", "--at", "x=[1,2]")
            assert result.exit_code == 2
            assert problem in result.stderr

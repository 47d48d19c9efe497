"""Commands need no point where every parameter of the function has a default, and say so where one has not."""

from __future__ import annotations

import json

import pytest
from tests.cli.commands import invoke

USER_FILE = """
import numpy as np

def masked(x=np.array([0.0, 4.0])):
    return np.where(x > 0, np.sqrt(x), 0).sum()

def unit(w=1.0, x=2.0):
    return np.tanh(w * x)

def bare(x):
    return x**2
"""


def test_defaults_are_the_point(user_file):
    data = json.loads(invoke("why", "nan", f"{user_file}:masked", "--json").stdout)
    assert (data["finite"], data["first"]["operation"]) == (False, "sqrt")
    assert invoke("why", "zero", f"{user_file}:unit").exit_code == 0
    assert "tanh" in invoke("backprop", f"{user_file}:unit").stdout
    assert "at w = 1, x = 2" in invoke("limit", f"{user_file}:unit", "--wrt", "w").stdout


def test_a_typed_point_goes_before_defaults(user_file):
    assert "at w = 3, x = 2" in invoke("limit", f"{user_file}:unit", "--wrt", "w", "--at", "3,2").stdout


@pytest.mark.parametrize("command", [("why", "nan"), ("why", "zero"), ("backprop",), ("limit",)])
def test_without_defaults_a_point_is_asked_for(user_file, command):
    for function in (f"{user_file}:bare", "x^2"):
        found = invoke(*command, function)
        assert found.exit_code == 2
        assert "a point is needed, such as --at x=1" in found.stderr

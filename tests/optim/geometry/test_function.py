"""Proves that typed mathematics and points by name are read, and that what does not fit is refused with an example."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.optim.geometry.function import read_function


@pytest.mark.parametrize(
    ("text", "x", "value", "at"),
    [
        ("x^2", 3, 9, {"x": 3.0}),
        ("x^2", {"x": 3}, 9, {"x": 3.0}),
        ("x - y", [3, 1], 2, {"x": 3.0, "y": 1.0}),
        ("x - y", np.array([3, 1]), 2, {"x": 3.0, "y": 1.0}),
        ("α^2", {"α": 2}, 4, {"alpha": 2.0}),
        ("f(y, x) = x - y", (1, 3), 2, {"y": 1.0, "x": 3.0}),
        ("5", 2, 5, {"x": 2.0}),
    ],
)
def test_text(text, x, value, at):
    fun, point = read_function(text, x)
    assert float(fun(point)) == value
    assert point == at


def test_python_functions_stay_as_they_are():
    x = np.ones(2)
    assert read_function(np.sum, x) == (np.sum, x)


@pytest.mark.parametrize(
    ("fun", "x", "error", "message"),
    [
        ("x +", 1.0, cr.ParseError, "column"),
        ("x y", 1.0, ValueError, r"2 variables, .*\"x\": 1\.0"),
        ("x y", [1, 2, 3], ValueError, "variables are x, y"),
        ("x y", {"x": 1}, ValueError, "variables are x, y"),
        ("x", {"x": 1, "z": 2}, ValueError, "variables are x"),
        ("x", {"x": "a"}, ValueError, "one real number"),
        ("x", {"x": np.ones(2)}, ValueError, "one real number"),
        (3, 1.0, TypeError, "a function of x is needed"),
    ],
)
def test_what_is_refused(fun, x, error, message):
    with pytest.raises(error, match=message):
        read_function(fun, x)

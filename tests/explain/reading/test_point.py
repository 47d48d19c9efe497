"""A point fits the variables, or it is said what does not; everything that takes typed mathematics reads it alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.reading.point import point_of


@pytest.mark.parametrize(
    ("names", "given", "wanted"),
    [
        (("x",), 2, {"x": 2.0}),
        (("x",), np.float32(2), {"x": 2.0}),
        (("x", "y"), (1, 2), {"x": 1.0, "y": 2.0}),
        (("x", "y"), np.array([1, 2]), {"x": 1.0, "y": 2.0}),
        (("theta", "x1"), {"x_1": 3, "θ": 1}, {"theta": 1.0, "x1": 3.0}),
    ],
)
def test_a_point_is_read(names: tuple[str, ...], given: Any, wanted: dict[str, float]) -> None:
    assert point_of(names, given) == wanted


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1.0, 'x gives a number for each of the 2 variables, such as {"a": 1.0, "b": 1.0}'),
        ((1.0, 2.0, 3.0), "x has 3 numbers, but the variables are a, b"),
        ({"a": 1.0}, "x gives no value of b"),
        ({"a": 1.0, "b": 2.0, "c": 3.0}, "x names c"),
        ({"a": "1", "b": 2.0}, "the value of a is one real number, not '1'"),
        ({"a": 1j, "b": 2.0}, "the value of a is one real number"),
        ({"a": [1.0], "b": 2.0}, "the value of a is one real number"),
        ({"a": None, "b": 2.0}, "the value of a is one real number"),
        ({"a": np.inf, "b": 2.0}, "the value of a is a finite number, not inf"),
    ],
)
def test_what_does_not_fit_is_said(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("{", r"\{").replace("[", r"\[")):
        point_of(("a", "b"), given, "x")


def test_all_take_variables_that_were_not_listed_and_names_as_they_are_typed() -> None:
    text, at = "f(x) = a x^2 + sin(θ)", {"x": 1.0, "a": 2.0, "θ": 0.0}
    slopes = {"x": 4.0, "a": 1.0, "theta": 1.0}
    assert dict(cr.backprop(text, x=1.0, a=2.0, θ=0.0).gradients) == slopes
    assert cr.explain(text, wrt="x", at=at).value == 4.0
    assert cr.limit(text, at, wrt="θ").derivative == pytest.approx(1.0)
    assert cr.curvature(text, at).gradient_norm == pytest.approx(np.sqrt(18.0))

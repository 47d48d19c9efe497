"""Proves that points with a flat Hessian are called what they are, with how sure that is and by what it was found."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

ZERO = np.zeros(2)

ONE = [
    ("x^3", lambda x: x**3, 0.0, "saddle", "certain", "third derivative, 6"),
    ("x^4", lambda x: x**4, 0.0, "minimum", "certain", "fourth derivative, 24"),
    ("3 - x^4", lambda x: 3 - x**4, 0.0, "maximum", "certain", "fourth derivative, -24"),
    ("x^5", lambda x: x**5, 0.0, "saddle", "certain", "fifth derivative, 120"),
    ("(x-2)^6", lambda x: (x - 2) ** 6, 2.0, "minimum", "certain", "sixth derivative, 720"),
    ("cos", lambda x: np.cos(x) + x**2 / 2, 0.0, "minimum", "certain", "fourth derivative, 1"),
    ("x^8 + 1", lambda x: x**8 + 1, 0.0, "minimum", "likely", "sampling"),
    ("x^4 + 1e12", lambda x: x**4 + 1e12, 0.0, "minimum", "certain", "fourth derivative, 24"),
    # Multiplied out, so that rounding leaves something of every derivative.
    ("(x-0.1)^4", "x^4 - 0.4x^3 + 0.06x^2 - 0.004x + 0.0001", 0.1, "minimum", "certain", "fourth derivative, 24"),
    ("(x-0.7)^3", "x^3 - 2.1x^2 + 1.47x - 0.343", 0.7, "saddle", "certain", "third derivative, 6"),
    ("1e-9 x^4", lambda x: 1e-9 * x**4, 0.0, "minimum", "certain", "fourth derivative, 2.4e-08"),
    ("constant", lambda x: 3.0 + 0 * x, 1.0, "degenerate", "unsettled", "same value"),
]

SEVERAL = [
    ("monkey saddle", lambda v: v[0] ** 3 - 3 * v[0] * v[1] ** 2, ZERO, "saddle", "certain", "third derivative"),
    ("xyz", lambda v: v[0] * v[1] * v[2], np.zeros(3), "saddle", "certain", "third derivative"),
    ("x^2 + y^4", lambda v: v[0] ** 2 + v[1] ** 4, ZERO, "minimum", "certain", "fourth derivative"),
    ("x^2 - y^4", lambda v: v[0] ** 2 - v[1] ** 4, ZERO, "saddle", "certain", "fourth derivative"),
    ("-x^2 - y^4", lambda v: -(v[0] ** 2) - v[1] ** 4, ZERO, "maximum", "certain", "fourth derivative"),
    ("-x^2 + y^4", lambda v: -(v[0] ** 2) + v[1] ** 4, ZERO, "saddle", "certain", "fourth derivative"),
    ("x^2 + y^3", lambda v: v[0] ** 2 + v[1] ** 3, ZERO, "saddle", "certain", "third derivative"),
    # A minimum along every straight line, and yet none: the valley's floor is bent.
    ("Peano", lambda v: (v[1] - v[0] ** 2) * (v[1] - 3 * v[0] ** 2), ZERO, "saddle", "certain", "fourth derivative"),
    ("bent floor", lambda v: (v[1] - v[0] ** 2) ** 2 + v[0] ** 4, ZERO, "minimum", "certain", "fourth derivative"),
    ("x^4 + y^4", lambda v: v[0] ** 4 + v[1] ** 4, ZERO, "minimum", "likely", "fourth derivatives"),
    ("x^4 - y^4", lambda v: v[0] ** 4 - v[1] ** 4, ZERO, "saddle", "certain", "fourth derivatives"),
    ("x^2 y^2", lambda v: v[0] ** 2 * v[1] ** 2, ZERO, "minimum", "likely", "not a strict one"),
    ("x^2", lambda v: v[0] ** 2, ZERO, "minimum", "likely", "not a strict one"),
    ("-x^2", lambda v: -(v[0] ** 2), ZERO, "maximum", "likely", "not a strict one"),
    ("x^2 + y^6", lambda v: v[0] ** 2 + v[1] ** 6, ZERO, "minimum", "likely", "sampling"),
    ("constant", lambda v: 7.0, ZERO, "degenerate", "unsettled", "same value"),
    ("many", lambda v: np.sum(v**4), np.zeros(300), "minimum", "likely", "sampling"),
]


@pytest.mark.parametrize(
    ("fun", "x", "kind", "certainty", "how"), [row[1:] for row in ONE], ids=[row[0] for row in ONE]
)
def test_one_variable(fun, x, kind, certainty, how):
    found = cr.curvature(fun, x)
    assert (found.classification, found.certainty) == (kind, certainty)
    assert how in found.how


@pytest.mark.parametrize(
    ("fun", "x", "kind", "certainty", "how"), [row[1:] for row in SEVERAL], ids=[row[0] for row in SEVERAL]
)
def test_several_variables(fun, x, kind, certainty, how):
    found = cr.curvature(fun, x)
    assert (found.classification, found.certainty) == (kind, certainty)
    assert how in found.how


@pytest.mark.parametrize(
    "row", [row for row in SEVERAL if len(row[2]) == 2 and row[4] == "certain"], ids=lambda row: row[0]
)
def test_turned_and_moved_they_are_the_same(row):
    _, fun, _, kind, *_ = row
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert (
        cr.curvature(lambda v: 5 + fun(turn @ (v - np.array([1.0, 2.0]))), np.array([1.0, 2.0])).classification == kind
    )


def test_a_function_that_is_defined_on_one_side_only_is_not_called_the_same():
    found = cr.curvature(lambda x: 0.0 * np.log(x) + 1, 1e-9)
    assert found.classification == "degenerate"


@pytest.mark.parametrize(("size", "sign"), [(40, 1), (40, -1), (300, 1)])
def test_one_direction_among_many_that_leads_down_is_found(size, sign):
    # Random directions hardly ever have enough of it: it was called a minimum.
    turned, _ = np.linalg.qr(np.random.default_rng(size).normal(size=(size, size)))

    def hidden(x):
        y = turned @ x
        return sign * (np.sum(y[1:] ** 4) - y[0] ** 4)

    found = cr.curvature(hidden, np.zeros(size))
    assert found.classification == "saddle"
    assert ("lower" if sign > 0 else "higher") + " by 1e-12 was found by a search" in found.how
    assert found.meaning[0] == "To second order it is straight in every direction."

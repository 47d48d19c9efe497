"""Critical points of several variables and extrema under constraints: the answers of textbooks, checked against cr.curvature."""

from __future__ import annotations

import pytest

import chainrule as cr

SURFACES = (
    ("critical points of x^2 y - x y + y^2",
     ["saddle point: f(0, 0) = 0", "local minimum: f(1/2, 1/8) = -1/64", "saddle point: f(1, 0) = 0"]),
    ("local extrema and saddle points of x^3 + y^3 - 3xy", ["saddle point: f(0, 0) = 0", "local minimum: f(1, 1) = -1"]),
    ("critical points of x^4 + y^4 - 4xy + 1",
     ["local minimum: f(-1, -1) = -1", "saddle point: f(0, 0) = 1", "local minimum: f(1, 1) = -1"]),
    ("critical points of x^2 + y^2 + x^2 y + 4",
     ["saddle point: f(-sqrt(2), -1) = 5", "local minimum: f(0, 0) = 4", "saddle point: f(sqrt(2), -1) = 5"]),
    ("critical points of 1/x + 1/y + xy", ["local minimum: f(1, 1) = 3"]),
    ("extrema of xy(1 - x - y)", ["saddle point: f(0, 0) = 0", "saddle point: f(0, 1) = 0",
                                  "local maximum: f(1/3, 1/3) = 1/27", "saddle point: f(1, 0) = 0"]),
    ("saddle points of x^2 - y^2", ["saddle point: f(0, 0) = 0"]),
    ("critical points of x^4 + y^4", ["local minimum: f(0, 0) = 0"]),
    ("critical points of x^3 + y^2", ["saddle point: f(0, 0) = 0"]),
    ("critical points of x + y", ["f has no critical points"]),
    ("critical points of e^x cos y", ["f has no critical points"]),
    ("critical points of x^2 + y^2 + z^2 - xy - z", ["local minimum: f(0, 0, 1/2) = -1/4"]),
    ("minimize x^2 + y^2 - 2x - 6y + 14", [
        "local minimum: f(1, 3) = 4", "absolute minimum: the Hessian is the same everywhere, so that f has no other extremum"]),
)  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), SURFACES)
def test_critical_points_are_those_of_textbooks_and_curvature_says_the_same(question, expected):
    found = cr.explain(question)
    assert str(found.study).splitlines() == expected
    for point in found.study.points:
        seen = cr.curvature(lambda at: found.function(*(at[name] for name in found.names)), dict(point.at))
        assert seen.classification == point.kind


def test_the_test_by_the_hessian_is_said():
    study = cr.explain("critical points of x^2 y - x y + y^2").study
    assert [step.rule for step in study.steps] == [
        "set the gradient to 0", "second partial derivatives", "second derivative test",
    ]  # fmt: skip
    assert "D = f_xx f_yy - f_xy^2 = 4y - (2x - 1)^2" in study.steps[2].statement
    assert "D = 1/2 > 0 and f_xx = 1/4 > 0: a local minimum" in study.steps[2].statement
    assert study.is_complete


def test_a_search_says_that_it_is_one():
    study = cr.explain("critical points of x sin y").study
    assert not study.is_complete
    assert "not proved" in study.checked


@pytest.mark.parametrize("function", ["(x - y)^2", "x^2 y^2", "sin x sin y sin z"])
def test_points_that_are_not_isolated_are_refused(function):
    with pytest.raises(ValueError, match="not isolated"):
        cr.explain(f"critical points of {function}")


CONSTRAINED = (
    ("minimize x^2 + y^2 subject to x + y = 1", ["minimum: f(1/2, 1/2) = 1/2"]),
    ("maximize xy subject to x^2 + y^2 = 8", ["maximum: f(-2, -2) = 4", "maximum: f(2, 2) = 4"]),
    ("extrema of x^2 + 2y^2 subject to x^2 + y^2 = 1",
     ["maximum: f(0, -1) = 2", "maximum: f(0, 1) = 2", "minimum: f(-1, 0) = 1", "minimum: f(1, 0) = 1"]),
    ("maximum of x + y on the circle x^2 + y^2 = 1", ["maximum: f(sqrt(2)/2, sqrt(2)/2) = sqrt(2) ≈ 1.41421"]),
    ("minimize (x-3)^2 + (y-4)^2 on the circle x^2 + y^2 = 1", ["minimum: f(3/5, 4/5) = 16"]),
    ("maximize e^(xy) subject to x^3 + y^3 = 16", ["maximum: f(2, 2) = e^4"]),
    ("minimize x^2 + y^2 + z^2 subject to x + 2y + 3z = 14", ["minimum: f(1, 2, 3) = 14"]),
    ("maximize x + 2y + 3z subject to x^2 + y^2 + z^2 = 14", ["maximum: f(1, 2, 3) = 14"]),
    ("minimize x^2+y^2+z^2 subject to x+y+z=1 and x-y=2", ["minimum: f(4/3, -2/3, 1/3) = 7/3"]),
    ("minimize x^2 + y^2 subject to xy = 1", ["minimum: f(-1, -1) = 2", "minimum: f(1, 1) = 2"]),
    ("minimize x subject to y^2 = x^3", ["minimum: f(0, 0) = 0"]),
    ("maximize xyz subject to x + y + z = 12", [
        "no absolute maximum: under the constraint f has values that are greater than at every candidate",
        "local maximum under the constraint: f(4, 4, 4) = 64"]),
    ("minimize x + y subject to x^2 + y^2 = -1", ["f has no extremum under this constraint"]),
)  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), CONSTRAINED)
def test_extrema_under_constraints_are_those_of_textbooks(question, expected):
    assert str(cr.explain(question).study).splitlines() == expected


def test_the_multiplier_is_said_and_the_constraint_is_given():
    found = cr.explain("minimize x^2 + y^2 subject to x + y = 1")
    assert [step.rule for step in found.study.steps][:3] == [
        "Lagrange multipliers",
        "solve the system",
        "compare the values",
    ]
    assert "λ = 1" in found.study.steps[1].statement
    assert [str(each) for each in found.given] == ["x + y = 1"]


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("minimize x^2 + y^2 subject to x + y = 1, x - y = 3", "nothing to choose"),
        ("maximize x subject to x > 1", "expected an equation"),
        ("inflection points of x subject to x + y = 1", "a constraint belongs to extrema"),
        ("maximize xyz subject to xy + yz + zx = 12", "not single points"),
    ],
)
def test_constraints_that_cannot_be_taken_are_refused(question, complaint):
    with pytest.raises(ValueError, match=complaint):
        cr.explain(question)


@pytest.mark.parametrize(
    "question",
    [
        "critical points of x^6 y^6 - 3x^5 y + 7 x y^5 - 2x^3y^3 + x + y",
        "critical points of x^4 + y^4 + z^4 - xyz - w^2 + w x",
    ],
)
def test_hard_systems_end(question):
    assert cr.explain(question).study.points

"""Newton's method and the mean value theorem: iterates of the formula, zeros that are known, and what goes wrong on the way."""

from __future__ import annotations

import math

import pytest

import chainrule as cr


def test_the_iterates_are_those_of_the_formula():
    study = cr.explain("Newton's method for x^2 - 2 = 0 from x = 1").study
    rows = study.steps[1].to_dict()["table"]["rows"]
    x = 1.0
    for row in rows:
        assert float(row[1]) == pytest.approx(x, rel=1e-14)
        x = x - (x * x - 2) / (2 * x)
    assert str(study) == f"x = sqrt(2) ≈ 1.414213562373, after {len(rows) - 1} steps"
    assert study.points[0].at == (("x", math.sqrt(2)),) or study.points[0].at[0][1] == pytest.approx(
        math.sqrt(2), rel=1e-14
    )
    assert "x/2 + 1/x" in study.steps[0].statement


ZEROS = (
    ("Newton's method for cos x = x starting at 1", 0.7390851332151607),
    ("use Newton's method to solve x^3 = 2 with x0 = 1", 2 ** (1 / 3)),
    ("Newton's method for x^3 - 2x - 5 from x = 2", 2.0945514815423265),
    ("Newton-Raphson method for e^x = 3 from 1", math.log(3)),
    ("Newton's method for f(x) = ln x - 1 from x = 2", math.e),
    ("Newton's method for x^2 from x = 1", 0.0),
)


@pytest.mark.parametrize(("question", "zero"), ZEROS)
def test_the_zero_is_found(question, zero):
    (point,) = cr.explain(question).study.points
    assert point.at[0][1] == pytest.approx(zero, abs=1e-12)


def test_what_does_not_settle_is_said():
    assert "round in a circle" in str(cr.explain("Newton's method for x^3 - 2x + 2 from x = 0").study)
    assert "run away" in str(cr.explain("Newton's method for x^(1/3) from x = 1").study)


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("Newton's method for x^2 - 2 from x = 0", "level"),
        ("Newton's method for ln x from x = 10", "outside the domain"),
        ("Newton's method for x^2 - 2", "needs a number to start from"),
    ],
)
def test_bad_starts_are_refused(question, complaint):
    with pytest.raises(ValueError, match=complaint):
        cr.explain(question)


def test_the_mean_value_theorem_names_its_places():
    assert str(cr.explain("mean value theorem for sqrt(x) on [0, 4]").study) == "c = 1"
    assert str(cr.explain("mean value theorem for x^3 on [0, 2]").study) == "c = 2 sqrt(3)/3 ≈ 1.1547"
    assert str(cr.explain("Rolle's theorem for x^2 - 3x + 2 on [1, 2]").study) == "c = 3/2"


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("mean value theorem for |x| on [-1, 1]", "does not apply"),
        ("mean value theorem for x^2", "closed interval"),
        ("mean value theorem for 1/x on [-1, 1]", "does not apply"),
    ],
)
def test_the_mean_value_theorem_is_refused_where_it_does_not_apply(question, complaint):
    with pytest.raises(ValueError, match=complaint):
        cr.explain(question)

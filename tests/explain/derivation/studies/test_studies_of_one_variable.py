"""Extrema, monotony and concavity of functions of one variable: the answers of textbooks, SymPy's zeros, cr.curvature's words."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import ParseError

X = sp.Symbol("x")


def answer(question):
    return str(cr.explain(question).study).splitlines()


TURNING = (
    ("local extrema of x^3 - 3x", ["local maximum: f(-1) = 2", "local minimum: f(1) = -2"]),
    ("find the local maxima and minima of f(x) = 3x^4 - 4x^3 - 12x^2 + 1",
     ["local minimum: f(-1) = -4", "local maximum: f(0) = 1", "local minimum: f(2) = -31"]),
    ("local extrema of x^4", ["local minimum: f(0) = 0"]),
    ("local extrema of x^4 - 4x^3", ["local minimum: f(3) = -27", "horizontal inflection, no extremum: f(0) = 0"]),
    ("local extrema of |x|", ["local minimum: f(0) = 0"]),
    ("local extrema of x^(2/3)", ["local minimum: f(0) = 0"]),
    ("local extrema of x^(2/3) (x - 5)", ["local maximum: f(0) = 0", "local minimum: f(2) = -cbrt(108) ≈ -4.7622"]),
    ("local extrema of x^2/(x-1)", ["local maximum: f(0) = 0", "local minimum: f(2) = 4"]),
    ("local extrema of x e^(-x)", ["local maximum: f(1) = 1/e"]),
    ("local extrema of (ln x)/x", ["local maximum: f(e) = 1/e"]),
    ("local extrema of x^2 ln x", ["local minimum: f(e^(-1/2)) = -1/(2e) ≈ -0.18394"]),
    ("local extrema of x^x", ["local minimum: f(1/e) = (1/e)^(1/e) ≈ 0.692201"]),
    ("local extrema of arctan(x) - x/2", ["local minimum: f(-1) = 1/2 - π/4 ≈ -0.285398",
                                         "local maximum: f(1) = -1/2 + π/4 ≈ 0.285398"]),
    ("extrema of {x^2 if x < 1, 2 - x otherwise}", ["local minimum: f(0) = 0", "local maximum: f(1) = 1"]),
    ("extrema of max(x, 1 - x)", ["local minimum: f(1/2) = 1/2"]),
    ("local extrema of 1/x", ["f has no local extrema"]),
    ("local extrema of sqrt(x)", ["f has no local extrema", "minimum at an end of the domain: f(0) = 0"]),
    ("extrema of sin x on [0, pi]", ["local maximum: f(π/2) = 1", "minimum at an end of [0, π]: f(0) = 0",
                                     "minimum at an end of [0, π]: f(π) = 0"]),
    ("extrema of sin x", ["local maximum at x = π/2 + 2πk, k any whole number: f(π/2) = 1",
                          "local minimum at x = 3π/2 + 2πk, k any whole number: f(3π/2) = -1"]),
    ("extrema of (cos x)^2", ["local maximum at x = πk, k any whole number: f(0) = 1",
                              "local minimum at x = π/2 + πk, k any whole number: f(π/2) = 0"]),
    ("extrema of |sin x|", ["local minimum at x = πk, k any whole number: f(0) = 0",
                           "local maximum at x = π/2 + πk, k any whole number: f(π/2) = 1"]),
    ("extrema of θ - 2 sin θ on (0, 2π)", ["local minimum: f(π/3) = π/3 - sqrt(3) ≈ -0.684853",
                                          "local maximum: f(5π/3) = 5π/3 + sqrt(3) ≈ 6.96804"]),
    ("extrema of int_0^x sin(t) dt on [1, 4]", ["local maximum: f(π) = 2", "minimum at an end of [1, 4]: f(1) = 0.459698",
                                               "minimum at an end of [1, 4]: f(4) = 1.65364"]),
    ("extrema of tan x", ["f has no local extrema"]),
    ("extrema of sec x", ["local minimum at x = 2πk, k any whole number: f(0) = 1",
                          "local maximum at x = π + 2πk, k any whole number: f(π) = -1"]),
    ("extrema of x + 2 sin x", ["local maximum at x = 2π/3 + 2πk, k any whole number",
                                "local minimum at x = 4π/3 + 2πk, k any whole number"]),
    ("extrema of sin(pi x)", ["local maximum at x = 1/2 + 2k, k any whole number: f(1/2) = 1",
                              "local minimum at x = 3/2 + 2k, k any whole number: f(3/2) = -1"]),
)  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), TURNING)
def test_local_extrema_are_those_of_textbooks(question, expected):
    assert answer(question) == expected


STRETCHES = (
    ("where is x^3 - 3x increasing", ["f is increasing on (-∞, -1) and (1, ∞)", "f is decreasing on (-1, 1)"]),
    ("where is 1/x decreasing?", ["f is increasing nowhere", "f is decreasing on (-∞, 0) and (0, ∞)"]),
    ("intervals of increase of x^3", ["f is increasing on (-∞, ∞)", "f is decreasing nowhere"]),
    ("on what intervals is x^4 - 8x^2 + 16 decreasing", ["f is increasing on (-2, 0) and (2, ∞)",
                                                          "f is decreasing on (-∞, -2) and (0, 2)"]),
    ("where is x ln x increasing", ["f is increasing on (1/e, ∞)", "f is decreasing on (0, 1/e)"]),
    ("where is sin x increasing", ["f is increasing on (0, π/2) and (3π/2, 2π), and again after every 2π",
                                   "f is decreasing on (π/2, 3π/2), and again after every 2π"]),
    ("where is x^3 - 3x concave up", ["f is concave up on (0, ∞)", "f is concave down on (-∞, 0)",
                                      "inflection point: f(0) = 0"]),
    ("where is x^2/(x-1) concave up", ["f is concave up on (1, ∞)", "f is concave down on (-∞, 1)",
                                       "f has no inflection points"]),
    ("where is x^(2/3) concave down", ["f is concave up nowhere", "f is concave down on (-∞, 0) and (0, ∞)",
                                       "f has no inflection points"]),
    ("inflection points of x^4", ["f has no inflection points: f'' is 0, but keeps its sign",
                                  "f is concave up on (-∞, ∞)", "f is concave down nowhere"]),
    ("inflection points of x^(1/3)", ["inflection point: f(0) = 0", "f is concave up on (-∞, 0)",
                                      "f is concave down on (0, ∞)"]),
    ("points of inflection of e^(-x^2)", [
        "inflection point: f(-sqrt(2)/2) = e^(-1/2) ≈ 0.606531", "inflection point: f(sqrt(2)/2) = e^(-1/2) ≈ 0.606531",
        "f is concave up on (-∞, -sqrt(2)/2) and (sqrt(2)/2, ∞)", "f is concave down on (-sqrt(2)/2, sqrt(2)/2)"]),
    ("inflection points of sin x", [
        "inflection at x = 2πk, k any whole number", "inflection at x = π + 2πk, k any whole number",
        "f is concave up on (π, 2π), and again after every 2π", "f is concave down on (0, π), and again after every 2π"]),
)  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), STRETCHES)
def test_intervals_and_inflections_are_those_of_textbooks(question, expected):
    assert answer(question) == expected


ABSOLUTE = (
    ("absolute maximum and minimum of x^3-3x on [-2, 3]",
     ["absolute maximum: f(3) = 18", "absolute minimum: f(-2) = -2", "absolute minimum: f(1) = -2"]),
    ("minimize x^2 + 1/x for x > 0", ["absolute minimum: f(cbrt(1/2)) = cbrt(27/4) ≈ 1.88988"]),
    ("minimize 2x + 200/x for x > 0", ["absolute minimum: f(10) = 40"]),
    ("maximize x(10 - x) for 0 <= x <= 10", ["absolute maximum: f(5) = 25"]),
    ("absolute extrema of x^3 - 3x", ["no absolute maximum: f is not bounded above",
                                      "no absolute minimum: f is not bounded below"]),
    ("absolute extrema of e^(-x^2)", [
        "absolute maximum: f(0) = 1",
        "no absolute minimum: f comes as close to 0 as one likes, and does not reach it"]),
    ("absolute extrema of ln x", ["no absolute maximum: f is not bounded above",
                                  "no absolute minimum: f is not bounded below"]),
    ("absolute extrema of 1/x on [-1, 1]", ["no absolute maximum: f is not bounded above",
                                            "no absolute minimum: f is not bounded below"]),
    ("absolute extrema of x^3 on [-1, 1)", [
        "no absolute maximum: f comes as close to 1 as one likes, and does not reach it", "absolute minimum: f(-1) = -1"]),
    ("absolute extrema of x sqrt(4 - x^2)", ["absolute maximum: f(sqrt(2)) = 2", "absolute minimum: f(-sqrt(2)) = -2"]),
    ("absolute extrema of x^(2/3) on [-1, 8]", ["absolute maximum: f(8) = 4", "absolute minimum: f(0) = 0"]),
    ("maximize 2 x sqrt(25 - x^2)", ["absolute maximum: f(5 sqrt(2)/2) = 25"]),
    ("maximum of sqrt(x) for 0 < x < 4", [
        "no absolute maximum: f comes as close to 2 as one likes, and does not reach it"]),
    ("minimum of sqrt(x) for x > 0", ["no absolute minimum: f comes as close to 0 as one likes, and does not reach it"]),
    ("minimum of |x - 2| + |x + 1|", ["absolute minimum: f = 3 all along (-1, 2)"]),
    ("maximum of sin x + cos x", ["absolute maximum at x = π/4 + 2πk, k any whole number: f(π/4) = sqrt(2) ≈ 1.41421"]),
)  # fmt: skip


@pytest.mark.parametrize(("question", "expected"), ABSOLUTE)
def test_absolute_extrema_are_those_of_textbooks(question, expected):
    assert answer(question) == expected


POLYNOMIALS = tuple(
    tuple(int(number) for number in np.random.default_rng(seed).integers(-6, 7, size=3 + seed % 4)) for seed in range(8)
)


@pytest.mark.parametrize("coefficients", [each for each in POLYNOMIALS if each[0]])
def test_the_critical_points_of_polynomials_are_sympy_s_and_have_the_words_of_curvature(coefficients):
    polynomial = sp.Poly(coefficients, X)
    typed = str(polynomial.as_expr()).replace("**", "^")
    study = cr.explain(f"critical points of {typed}").study
    places = [point.at[0][1] for point in study.points]
    expected = sorted({float(root) for root in sp.real_roots(polynomial.diff(X))})
    assert places == pytest.approx(expected, abs=1e-9)
    assert study.is_complete
    for point in study.points:
        assert cr.curvature(typed, dict(point.at)).classification == point.kind


def test_a_place_that_the_search_could_miss_is_found_in_a_polynomial():
    """Two zeros of f' lie closer together than the places at which signs are looked at."""
    study = cr.explain("critical points of x^3/3 - 1000000001/1000000000 x^2 / 2 + 500000000/1000000000 x/2").study
    assert len(study.points) == 2
    near = cr.explain("critical points of x^3 - 3 x^2 + 2999999/1000000 x").study
    assert [point.kind for point in near.points] == ["maximum", "minimum"]


def test_every_step_has_a_name_and_the_table_says_each_sign():
    study = cr.explain("local extrema of x^3 - 3x").study
    assert [step.rule for step in study.steps] == ["solve f' = 0", "sign table of f'", "second derivative test"]
    table = study.steps[1].to_dict()["table"]
    assert [row[2:] for row in table["rows"]] == [["+", "increasing"], ["-", "decreasing"], ["+", "increasing"]]
    assert "factor: 3(x - 1)(x + 1) = 0" in study.steps[0].statement
    flat = cr.explain("local extrema of x^4").study
    assert [step.rule for step in flat.steps][-2:] == ["second derivative test", "first derivative test"]
    assert "the test says nothing" in flat.steps[-2].statement
    assert "changes from - to +" in flat.steps[-1].statement


def test_the_result_is_the_derivative_and_is_verified():
    found = cr.explain("local extrema of x^3 - 3x")
    assert str(found.result) == "3x^2 - 3"
    assert found.verified < 1e-6
    assert [(point.at, point.value, point.kind) for point in found.study.points] == [
        ((("x", -1.0),), 2.0, "maximum"),
        ((("x", 1.0),), -2.0, "minimum"),
    ]
    assert [(each.start, each.end, each.behavior) for each in found.study.stretches] == [
        (-math.inf, -1.0, "increasing"),
        (-1.0, 1.0, "decreasing"),
        (1.0, math.inf, "increasing"),
    ]


REFUSED = (
    ("critical points of 5", "does not change"),
    ("critical points of x - x", "constant"),
    ("critical points of sin(x^2)", "expected an interval"),
    ("critical points of sin(1/x)", "expected an interval"),
    ("extrema of x^2 + floor(x)", "steps"),
    ("extrema of relu(x)", "0 all along an interval"),
    ("critical points of a x^2", "put a number in its place"),
    ("where is x^2 y increasing", "expected a function of one variable"),
    ("minimize x^2 + y^2 for x > 0", "an interval: expected a function of one variable"),
    ("inflection points of 3x + 1", "straight"),
    ("where is |x| concave up", "wherever it exists"),
    ("extrema of x^3 on [5, 2]", "the lower one first"),
    ("extrema of x^3 on [a, 2]", "interval that is not understood"),
    ("minimize x for t > 0", "the interval is one of t, and the variable is x"),
)


@pytest.mark.parametrize(("question", "complaint"), REFUSED)
def test_what_cannot_be_answered_is_refused_with_the_reason(question, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        cr.explain(question)


def test_order_and_point_belong_to_other_questions():
    with pytest.raises(ValueError, match="leave order=2 out"):
        cr.explain("critical points of x^2", order=2)
    with pytest.raises(ValueError, match="leave at=1 out"):
        cr.explain("critical points of x^2", at=1)


def test_functions_alone_are_expected_elsewhere():
    with pytest.raises(ParseError, match="explain understands questions"):
        cr.curvature("critical points of x^2", {"x": 0})


HARD = (
    "critical points of x^30 - 17x^29 + 13x^11 - 7x^3 + 1",
    "critical points of x^1000",
    "critical points of e^(e^(e^x))",
    "critical points of ln(ln(ln x))",
)


@pytest.mark.parametrize("question", HARD)
def test_hard_functions_end(question):
    assert cr.explain(question).study.answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("extrema of 2x + 1", "a number other than 0 is never 0"),
        ("critical points of 1/x", "what stands above the line is never 0"),
        ("critical points of x + 1/x", "a quotient is 0 where what stands above the line is, and a product"),
        ("critical points of |x^2 - 1|", "factors that are never 0 are left out: x = 0"),
        ("critical points of tan x", "f' repeats after π: one period shows all"),
        ("critical points of x^2", "What follows: 1. solve f' = 0"),
        ("Newton's method for x^2 - 2 from 1", "Newton's method for f(x)"),
    ],
)
def test_each_sentence_is_true_of_the_function(question, said):
    d = cr.explain(question)
    assert said in " ".join(str(d).split())
    assert "Sturm" not in str(d)
    shown = (d.to_latex(document=True), d.to_html(), d.to_markdown())
    assert all("What follows" in one for one in shown)


def test_letters_without_values_are_counted():
    with pytest.raises(ValueError, match="a, b and c have no values"):
        cr.explain("extrema of ax^2 + bx + c")

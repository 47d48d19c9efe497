"""Questions about the shape of a function are understood as they are typed, and other texts stay what they were."""

from __future__ import annotations

import pytest

from chainrule.errors import ParseError
from chainrule.explain.expressions.notation import text as text_of
from chainrule.explain.reading.parse import plain_line
from chainrule.explain.reading.problem import parse_problem, parse_question
from chainrule.explain.reading.shapes import Shape, shape_of

ASKED = (
    ("critical points of x^3 - 3x", "critical points", "x^3 - 3x", None),
    ("What are the critical numbers of x^(2/3)?", "critical points", "x^(2/3)", None),
    ("stationary points of y = x^2/(x-1)", "critical points", "x^2/(x - 1)", None),
    ("Let f(x) = x^3 - 3x. Find the critical points of f.", "critical points", "x^3 - 3x", None),
    ("f(x) = x^3 - 3x; local extrema", "extrema", "x^3 - 3x", None),
    ("Find all local maxima, local minima and saddle points of f(x,y) = x^2 - y^2", "extrema", "x^2 - y^2", None),
    ("turning points of x^4 - 2x^2", "extrema", "x^4 - 2x^2", None),
    ("Find and classify all critical points of x^4 - 2x^2", "critical points", "x^4 - 2x^2", None),
    ("max x(10-x)", "absolute extrema", "x(10 - x)", None),
    ("min x^2 + 1/x for x > 0", "absolute extrema", "x^2 + 1/x", "(0, ∞)"),
    ("increasing and decreasing intervals of x^2", "monotony", "x^2", None),
    ("max and min of x^2", "extrema", "x^2", None),
    ("Find the absolute extrema of sin x on the interval [0, 2pi]", "absolute extrema", "sin(x)", "[0, 2π]"),
    ("minimize x^2 + 1/x for x > 0", "absolute extrema", "x^2 + 1/x", "(0, ∞)"),
    ("minimise x^2 + 1/x for positive x", "absolute extrema", "x^2 + 1/x", "(0, ∞)"),
    ("greatest value of x(1-x) for 0 ≤ x ≤ 1", "absolute extrema", "x(1 - x)", "[0, 1]"),
    ("extrema of sin x for x between 0 and 2pi", "extrema", "sin(x)", "[0, 2π]"),
    ("maximum of x on (-∞, 3]", "absolute extrema", "x", "(-∞, 3]"),
    (r"maximum of x on (-\infty, 3]", "absolute extrema", "x", "(-∞, 3]"),
    ("maximum of x on (-infty, 3]", "absolute extrema", "x", "(-∞, 3]"),
    ("on what intervals is x^3 - 3x concave down?", "concavity", "x^3 - 3x", None),
    ("determine where the function x^2 is increasing and decreasing", "monotony", "x^2", None),
    ("when is x e^(-x) decreasing on [0, 5]", "monotony", "x e^(-x)", "[0, 5]"),
    ("intervals of increase and decrease of x^2", "monotony", "x^2", None),
    ("points of inflection of x^3", "inflection points", "x^3", None),
    ("critical points of $x^3$", "critical points", "x^3", None),
)


@pytest.mark.parametrize(("typed", "kind", "function", "interval"), ASKED)
def test_the_question_the_function_and_the_interval_are_read(typed, kind, function, interval):
    found = parse_question(typed)
    assert isinstance(found, Shape)
    assert found.kind == kind
    assert text_of(found.parsed.expression) == function
    assert (None if found.interval is None else str(found.interval)) == interval


@pytest.mark.parametrize(
    ("typed", "goal", "constraints"),
    [
        ("minimize x^2 + y^2 subject to x + y = 1", "minimum", [("x + y", "1")]),
        ("Find the maximum of xyz subject to the constraint x + y + z = 12", "maximum", [("x + y + z", "12")]),
        ("extrema of xy given x^2 + y^2 = 8", None, [("x^2 + y^2", "8")]),
        ("minimize z on the sphere x^2 + y^2 + z^2 = 1", "minimum", [("x^2 + y^2 + z^2", "1")]),
        ("minimize x+y+z subject to xy = 1 and yz = 2", "minimum", [("xy", "1"), ("yz", "2")]),
    ],
)
def test_constraints_and_the_goal_are_read(typed, goal, constraints):
    found = parse_question(typed)
    assert found.goal == goal
    assert [tuple(map(text_of, sides)) for sides in found.constraints] == constraints


OTHERS = (
    "x^2",
    "derivative of x^2",
    "max(x, y)",
    "minimum(x, 2)",
    "slope of x^2 at x = 1",
    "y = x^2, dy/dx",
    "f(x) = x^2; f'(2)",
)


@pytest.mark.parametrize("typed", OTHERS)
def test_other_texts_ask_nothing_of_the_shape(typed):
    assert shape_of(typed, plain_line(typed)) is None


def test_cases_keep_their_conditions():
    found = parse_question("extrema of {x^2 if x < 1, 2 - x otherwise}")
    assert found.interval is None


@pytest.mark.parametrize("typed", ["critical points of x^2", "where is x^2 increasing", "minimize x^2"])
def test_who_wants_a_function_alone_says_so(typed):
    with pytest.raises(ParseError, match="expected the function alone"):
        parse_problem(typed)


HOSTILE = (
    "minimize " + "x" * 1900,
    "critical points of " + "(" * 900,
    "where is " + " " * 1900 + "x",
    "extrema of x on (" * 100,
    "minimize x subject to " + "x = " * 400,
    "x^2 " + ", ; . " * 300 + "critical",
    "extrema of x between " + "a " * 800,
    "maximum of x for " + "x < " * 400,
    "newton's method for x from " + "x=" * 500,
)


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_texts_are_refused(typed):
    with pytest.raises(ParseError):
        parse_question(typed)  # a pattern that tried every way would take hours


@pytest.mark.parametrize(
    "typed",
    [
        "maximize x y with x + y = 10",
        "maximize x y on x^2 + y^2 = 8",
        "use Lagrange multipliers to maximize x y subject to x + y = 10",
        "maximize x y subject to x + y = 10 using Lagrange multipliers",
    ],
)
def test_a_constraint_is_read_after_short_words_and_beside_its_method(typed):
    shape = shape_of(typed, plain_line(typed))
    assert shape.goal == "maximum"
    assert text_of(shape.parsed.expression) == "xy"
    assert len(shape.constraints) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "Newton's method: x^3 = 2, x0 = 1",
        "Newton's method for x^3 - 2 with x_0 = 1",
        "Newton’s method x^3 - 2, x₀ = 1",
        "use Newton's method to approximate a root of x^3 - 2 starting at 1",
        "Newton's method for x^3 = 2 start 1",
    ],
)
def test_the_start_of_newtons_method_is_read(typed):
    shape = shape_of(typed, plain_line(typed))
    assert shape.start == 1
    assert text_of(shape.parsed.expression) == "x^3 - 2"


def test_a_function_that_is_called_min_asks_nothing():
    assert shape_of("f(x) = min x", plain_line("f(x) = min x")) is None
    assert shape_of("f(x) = max(x, 2)", plain_line("f(x) = max(x, 2)")) is None


@pytest.mark.parametrize("typed", ["minimum", "critical points of", "lim x->2", "limit as x -> 0 of"])
def test_a_question_about_nothing_asks_for_the_function(typed):
    with pytest.raises(ParseError, match="the function is missing"):
        parse_question(typed)

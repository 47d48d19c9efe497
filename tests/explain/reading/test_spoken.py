"""Mathematics in words has the meaning of the signs that the words stand for."""

from __future__ import annotations

import pytest

from chainrule.errors import ParseError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.problem import parse_problem

SPOKEN = [
    ("x squared", "x^2"),
    ("x cubed plus 3 x minus one", "x^3 + 3x - 1"),
    ("x squared times the sine of x", "x^2 * sin x"),
    ("x to the fifth power over two", "x^5/2"),
    ("x to the 10th", "x^10"),
    ("e to the x", "e^x"),
    ("e to the -2x", "e^(-2x)"),
    ("2 to the power of x", "2^x"),
    ("the square root of x", "sqrt x"),
    ("square root of (x + 1)", "sqrt(x + 1)"),
    ("natural logarithm of x divided by x", "ln x / x"),
    ("log of x multiplied by cosine x", "ln(x) * cos x"),
    ("inverse tangent of x", "arctan x"),
    ("arctan of 3x", "arctan 3x"),
    ("the cosine of the sine of x", "cos sin x"),
    ("absolute value of x", "abs x"),
    ("sine squared of x", "sin(x)^2"),
    ("one half x squared", "0.5x^2"),
    ("log base 3 of x", "log_3 x"),
    ("sine squared", None),
    ("x of y", None),
    ("the", None),
]


@pytest.mark.parametrize(("words", "signs"), SPOKEN, ids=[words for words, _ in SPOKEN])
def test_words_mean_signs(words, signs):
    if signs is None:
        with pytest.raises(ParseError):
            parse(words)
    else:
        assert parse(words).expression == parse(signs).expression


def test_a_spoken_question_with_its_point():
    asked = parse_problem("derivative of x squared times sine x at pi")
    assert asked.expression == parse("x^2 * sin x").expression
    assert asked.at == {"x": pytest.approx(3.141592653589793)}
    assert asked.asked


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("x^2 at 3", {"x": 3}),
        ("x^2 y at (1, -2)", {"x": 1, "y": -2}),
        ("x^2 y at the point (x, y) = (1, 1/2)", {"x": 1, "y": 0.5}),
        ("derivative of x^2 when x equals sqrt(4)", {"x": 2}),
    ],
)
def test_points_at_the_end(typed, at):
    assert parse_problem(typed).at == at


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("tangent to y = x^2 at x = 3", "Tangent there: y = 6x - 9"),
        ("equation of the tangent line to f(x) = sqrt(x) at x = 4", "Tangent there: y = x/4 + 1"),
        ("slope of the tangent to x^2 at 1", "Tangent there: y = 2x - 1"),
    ],
)
def test_a_tangent_line_is_said_where_it_is_asked_for(typed, said):
    assert explain(typed).notes[-1] == said


def test_a_corner_has_no_tangent_line():
    assert not any(note.startswith("Tangent") for note in explain("tangent to y = |x| at x = 0").notes)


@pytest.mark.parametrize("typed", ["tangent of x", "derivative of the tangent of x", "slope of tangent of x"])
def test_the_tangent_of_a_number_is_the_function(typed):
    assert parse_problem(typed).expression == parse("tan x").expression


def test_an_equation_in_words_is_a_curve():
    assert str(explain("x squared plus y squared equals 25").heading) == "dy/dx = -x/y"

"""Letters typed without spaces are read as students mean them, and refused where they could mean something else."""

from __future__ import annotations

import pytest

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Symbol
from chainrule.explain.expressions.notation import text
from chainrule.explain.reading.parse import parse
from chainrule.practice import grade

READ = (
    ("xsinx", "x sin(x)"),
    ("2cosxsinx", "2cos(x) sin(x)"),
    ("xsin(x)", "x sin(x)"),
    ("xsin^2x", "x sin(x)^2"),
    ("cos2xsin3x", "cos(2x) sin(3x)"),
    ("2tanxsec^2x", "2tan(x) (1/cos(x))^2"),
    ("e^xsinx", "e^x sin(x)"),
    ("xln x", "x ln(x)"),
    ("1/(xln2)", "1/(x ln(2))"),
    ("xlog_2x", "x log2(x)"),
    ("lncosx", "ln(cos(x))"),
    ("xarctanx", "x arctan(x)"),
    ("sinpix", "sin(πx)"),
    ("2pix", "2πx"),
    ("4pir^2", "4π r^2"),
    ("xsinθ", "x sin(θ)"),
)


@pytest.mark.parametrize(("typed", "meaning"), READ)
def test_glued_letters_are_read(typed, meaning):
    assert parse(typed).expression == parse(meaning).expression


@pytest.mark.parametrize("typed", ["asinx", "xasinx", "xsinx(x + 1)", "xlog3(x)", "kiln", "xsin", "sinxy"])
def test_what_could_mean_something_else_is_refused(typed):
    with pytest.raises(ParseError):
        parse(typed)


@pytest.mark.parametrize("letters", ["pix", "xpi", "xln", "lgx", "tgx"])
def test_a_product_of_letters_is_not_written_as_a_known_word(letters):
    product = Symbol(letters[0]) * Symbol(letters[1]) * Symbol(letters[2])
    assert parse(text(product)).expression == product


@pytest.mark.parametrize(
    ("problem", "answer"),
    [("sin^2 x", "2cosxsinx"), ("x ln x", "lnx+1"), ("x^2 sin x", "2xsinx+x^2cosx"), ("sec x", "secxtanx")],
)
def test_answers_without_spaces_are_graded(problem, answer):
    assert grade(problem, answer).correct

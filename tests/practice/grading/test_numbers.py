"""Answers that are numbers or words: how many digits they need, and what mistakes give."""

import pytest

from chainrule.practice.grading.numbers import Choice, Numbers, Outcome

THIRD = Numbers(("x",), (1 / 3,), (Outcome("stepped uphill", (-1 / 3,)), Outcome("learning rate forgotten", (7.0,))))
PAIR = Numbers(("x", "y"), (1.25, -3.0), (Outcome("stepped uphill", (2.0, 4.0)),))


@pytest.mark.parametrize(
    "answer", ["1/3", "0.333", "0.3333", ".333", "x = 0.333", "0.33333333", 1 / 3, "2/6", "≈ 0.333"]
)
def test_three_significant_digits_are_enough(answer):
    assert THIRD.check(answer).correct


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        ("0.33", "rounded too early"),
        ("-0.333", "stepped uphill"),
        ("-1/3", "stepped uphill"),
        ("7", "learning rate forgotten"),
        ("0.5", None),
        ("x", "not understood"),
        ("", "not understood"),
        ("(1, 2)", "wrong number of components"),
        ("1/0", "not understood"),
    ],
)
def test_mistakes_in_a_number_are_named(answer, mistake):
    found = THIRD.check(answer)
    assert (found.correct, found.mistake) == (False, mistake)
    assert "0.333" not in found.hint


@pytest.mark.parametrize("answer", ["(1.25, -3)", "1.25, -3", "[5/4, -3]", (1.25, -3), "x = 1.25, y = -3"])
def test_a_point_has_several_numbers(answer):
    assert PAIR.check(answer).correct


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        ("(-3, 1.25)", "gradient components swapped"),
        ("(1.25, 9)", "one component wrong"),
        ("(-1.25, 3)", "lost sign"),
        ("(2, 4)", "stepped uphill"),
        ("1.25", "wrong number of components"),
    ],
)
def test_mistakes_in_a_point_are_named(answer, mistake):
    assert PAIR.check(answer).mistake == mistake


@pytest.mark.parametrize(
    ("right", "answer", "mistake"),
    [
        ("saddle", "it is a saddle point", None),
        ("minimum", "Minimum.", None),
        ("maximum", "max", None),
        ("saddle", "a minimum", "saddle not recognized"),
        ("minimum", "saddle", "saddle where there is none"),
        ("minimum", "maximum", "minimum and maximum swapped"),
        ("minimum", "", "not understood"),
        ("minimum", "minimum or maximum", "not understood"),
        ("minimum", "not a minimum", "not understood"),
        ("minimum", "no minimum", "not understood"),
        ("minimum", "it isn't a minimum", "not understood"),
        ("minimum", "a non-minimum", "not understood"),
        ("minimum", "minimum " * 1000, "not understood"),
    ],
)
def test_a_word_is_found_in_a_sentence(right, answer, mistake):
    spellings = (("min", "minimum"), ("max", "maximum"))
    found = Choice(("minimum", "maximum", "saddle"), right, spellings).check(answer)
    assert (found.correct, found.mistake) == (mistake is None, mistake)

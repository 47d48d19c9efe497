"""Grades: right answers are right in every form, wrong ones have their mistake named, and nothing that is typed breaks it."""

import re
import time

import numpy as np
import pytest
from tests.practice.graded import RIGHT, WRONG

from chainrule.errors import ParseError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.hints import gives_away
from chainrule.practice.grade import grade
from chainrule.practice.grading.grades import MAX_SECONDS
from chainrule.practice.grading.mistakes import MISTAKES

pytestmark = pytest.mark.slow

HOSTILE = (
    "(" * 95 + "x" + ")^2" * 95,
    "(x^1000)^1000",
    "9^9^9^9",
    "+".join(["x"] * 240),
    "*".join(["(x+1)"] * 240),
    "sin(" * 90 + "x" + ")" * 90,
    "1/" * 200 + "x",
    "2x" * 5000,
    "(x+1)^200",
    "1/0",
    "ln(-1)",
    "2x\x00",
    "2x," * 30,
    "2x=" * 200,
    "max(" + ",".join(["x"] * 200) + ")",
    "x^(x^(x^(x^(x^x))))",
    "__import__('os').system('true')",
    "∂" * 50,
    "=",
    "()",
    "<>",
    "∇f = ",
)


@pytest.mark.parametrize(("problem", "wrt", "answer"), RIGHT)
def test_a_right_answer_is_right_in_every_form(problem, wrt, answer):
    found = grade(problem, answer, wrt)
    assert found.correct, (found.mistake, found.understood, found.expected)
    assert found.mistake is None
    assert bool(found)
    assert str(found) == "Right."


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("tangent line to y = x^2 at (3, 9)", "y = 6x - 8"),
        ("tangent line to y = x^2 at (3, 9)", "y = y"),
        ("normal line to y = x^2 at (1, 1)", "y = 2x - 1"),
        ("normal line to y = x^2 at (1, 1)", "2"),
        ("derivative of |x| at 0", "0"),
    ],
)
def test_another_line_and_a_number_where_there_is_none_are_wrong(problem, answer):
    assert not grade(problem, answer).correct


@pytest.mark.parametrize(("mistake", "problem", "wrt", "answer"), WRONG)
def test_the_mistake_in_a_wrong_answer_is_named(mistake, problem, wrt, answer):
    found = grade(problem, answer, wrt)
    assert not found.correct
    assert found.mistake == mistake, found.hint
    assert mistake in str(found)


@pytest.mark.parametrize(("mistake", "problem", "wrt", "answer"), WRONG)
def test_no_hint_contains_the_answer(mistake, problem, wrt, answer):
    found = grade(problem, answer, wrt)
    assert found.hint
    if mistake != "not understood":  # that hint shows what was typed
        assert not gives_away(found.hint, found.expected)
    assert "expected=" not in repr(found)


@pytest.mark.parametrize("problem", ["1/x", "3x", "x^2 + 1", "e^(2x)"])
def test_no_method_is_praised_where_the_answer_is_zero(problem):
    found = grade(problem, "0")
    assert not found.correct
    assert found.mistake is None


def test_a_minus_sign_too_many_was_not_lost_on_the_way():
    found = grade("sin(3x)", "-3cos(3x)")
    assert found.mistake == "lost sign"
    assert "lost" not in found.hint


@pytest.mark.parametrize("problem", [b"x^2", ["x^2"], {"x": 1}, None, 3])
def test_a_problem_that_is_no_text_is_refused_with_its_type(problem):
    with pytest.raises(TypeError, match=f"not {type(problem).__name__}$"):
        grade(problem, "2x")


def test_there_are_many_answers_and_every_mistake_in_a_derivative_is_among_them():
    assert len(RIGHT) + len(WRONG) >= 400
    named = {mistake for mistake, *_ in WRONG}
    tried = {mistake.name for mistake in MISTAKES if mistake.change is not None}
    assert tried <= named


def test_the_table_of_mistakes_reads_well():
    for mistake in MISTAKES:
        assert mistake.does
        assert not mistake.does.endswith(".")
        assert len(re.findall(r"[.?!](?= |$)", mistake.hint)) == 1
        assert mistake.hint[-1] in ".?"
    # Only what can be seen at two places stands in two rows.
    names = [mistake.name for mistake in MISTAKES]
    assert {name for name in names if names.count(name) > 1} == {"lost sign"}


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("problem", ["(2x+3)^2", "x^2 sin(3x)/(x+1)", "x^2 + y^2"])
def test_hostile_answers_are_graded_as_wrong(problem, answer):
    assert not grade(problem, answer)


@pytest.mark.parametrize(
    "problem",
    [
        "+".join(f"x^{power}" for power in range(1, 150)),
        "*".join(f"(x+{number})" for number in range(1, 50)),
        "sin(" * 50 + "x" + ")" * 50,
    ],
)
def test_functions_too_long_for_a_derivation_are_graded_too(problem):
    assert not grade(problem, "x + 17.25")


def test_long_functions_have_right_answers():
    problem = "+".join(f"x^{power}" for power in range(1, 61))
    derivative = "+".join(f"{power}*x^{power - 1}" for power in range(1, 61))
    assert grade(problem, derivative).correct
    assert not grade(problem, derivative + "+1").correct
    with pytest.raises(ValueError, match="there is no variable y"):
        grade(problem, derivative, wrt="y")


def test_a_comparison_is_shown_as_it_was_typed():
    graded = grade("max(0, x)", "x > 0")
    assert graded.mistake == "not understood"
    assert "comparisons are not functions" in graded.hint
    assert "x > 0" in graded.hint
    assert grade("x^2 + y^2", "∇f = <2x, 2y>").correct


def test_the_hint_to_a_multiple_that_was_kept_speaks_of_no_exponent():
    graded = grade("sin(3x)", "3x cos(3x)")
    assert graded.hint.startswith("Look at 3x: a multiple of the variable")
    assert grade("f(x) = x^3, f'(2)", "24").hint.startswith("The exponent came down")


def test_no_power_is_shown_that_nobody_writes():
    graded = grade("x^3 + 5x", "3x^2 + 5x")
    assert graded.mistake == "variable kept"
    assert "x^1" not in graded.hint


def test_a_variable_that_is_no_name_is_refused():
    with pytest.raises(TypeError, match="wrt is the name of a variable"):
        grade("x^2", "2x", wrt=3)


def test_the_search_for_a_mistake_ends_when_its_time_is_over(monkeypatch):
    ticks = iter(range(10**9))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))
    assert MAX_SECONDS < 2
    found = grade("x^2 sin(3x)", "x^5 - 17")
    assert (found.correct, found.mistake) == (False, None)


def test_answers_need_not_be_text():
    x = explain("x^2").result
    assert grade("x^2", x).correct
    assert grade("x^2", x.to_sympy()).correct
    assert grade("x^2 + y^2", explain("x^2 + y^2").result).correct
    assert grade("3x - 4y", np.array([3.0, -4.0])).correct
    assert grade("5x", np.float64(5)).correct
    assert not grade("x^2", float("nan")).correct
    assert not grade("x^2", None).correct


def test_a_grade_is_data_and_keeps_the_answer_to_itself():
    found = grade("(2x+3)^2", "2(2x+3)")
    data = found.to_dict()
    assert data["mistake"] == "inner derivative forgotten"
    assert "expected" not in data
    assert found.to_dict(reveal=True)["expected"] == "8x + 12"
    assert "8x" not in str(found) + repr(found)


def test_late_digits_are_no_misused_rule():
    for problem, answer in (("x^2", "2.0000001x"), ("x^2", "2x + 1e-9"), ("e^x", "2.718281828^x")):
        assert grade(problem, answer).mistake == "rounded too early"


def test_a_letter_of_another_problem_is_named():
    assert "has no σ" in grade("σ(x)", "σ(1-σ)").hint
    assert "has no s, t" in grade("x^2", "s t").hint


def test_cube_roots_do_not_make_wrong_powers_right():
    assert grade("cbrt(x)", "1/3 x^(-1/3)").correct is False
    assert grade("cbrt(x)", "-1/3 x^(-2/3)").mistake == "lost sign"


def test_the_hint_says_where():
    assert "sin(3x)" in grade("x^2 sin(3x)", "2x sin(3x) + x^2 cos(3x)").hint
    assert grade("x^2+y^2", "(2x, 3y)").component == "y"
    assert "y" in grade("x^2+y^2", "(2x, 3y)").hint
    assert "\n" in grade("x^2", "2x+").hint  # the parser's caret


def test_a_problem_may_ask_in_words():
    assert grade("find the second derivative of x^4", "12x^2").correct
    assert grade("find the second derivative of x^4", "4x^3").mistake == "differentiated once only"
    assert grade("d/dx sin(2x)", "2cos(2x)").correct


def test_what_is_no_problem_is_refused():
    with pytest.raises(ParseError):
        grade("2x +", "2")
    with pytest.raises(ValueError, match="variable"):
        grade("x^2", "2x", wrt="y")


def test_a_constant_in_a_number_with_two_names():
    # e^2 is a number: its derivative is 0, whatever the power rule would make of it.
    assert grade("x + e^2", "1").correct
    assert grade("x + e^2", "1 + e^2").mistake == "constant kept"


def test_combined_mistakes_are_named_by_the_likelier_one():
    assert grade("cos(3x)", "sin(3x)").mistake == "inner derivative forgotten"
    assert grade("(x^2+1)^3", "3(x^2+1)^3").mistake == "exponent not reduced"
    assert grade("2^(3x)", "2^(3x)").mistake == "missing ln a"


def test_answers_that_are_just_wrong_have_no_mistake_named():
    for answer in ("x^7 + sin(x)", "42 + ln(x+5)", "e^x - x"):
        found = grade("x^2 sin(3x)", answer)
        assert (found.correct, found.mistake) == (False, None)
        assert found.hint

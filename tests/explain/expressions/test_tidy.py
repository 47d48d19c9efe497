"""Derivatives print in the form that a textbook prints: no double fractions, no leftover factors, signs where they belong."""

from __future__ import annotations

import pytest

from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.algebra import build, term_of
from chainrule.explain.expressions.equivalence import equivalent
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.tidy import tidy
from chainrule.explain.reading.parse import parse

FORMS = [
    # powers of the variable
    ("(x^2+1)/x", "1 - 1/x^2"),
    ("(x^3 - 2x)/x^2", "1 + 2/x^2"),
    ("1/x - 1/x^2", "(2 - x)/x^3"),
    ("3x^(5/3) - 4x^(-3/4)", "5x^(2/3) + 3/x^(7/4)"),
    ("√√x", "1/(4x^(3/4))"),
    (r"\sqrt[3]{x^2}", "2/(3 cbrt(x))"),
    ("x^(2/3) - x^(-1/2)", "2/(3x^(1/3)) + 1/(2x^(3/2))"),
    (r"\sqrt[4]{x^3}", "3/(4x^(1/4))"),
    ("√(x^3)", "3 sqrt(x)/2"),
    ("e^(2 ln x)", "2x"),
    # numbers under roots
    ("sqrt(4x)", "1/sqrt(x)"),
    ("sqrt(x/4)", "1/(4 sqrt(x))"),
    ("sqrt(-4x)", "-1/sqrt(-x)"),
    ("x sqrt(16x)", "6 sqrt(x)"),
    ("cbrt(8x)", "2/(3 cbrt(x)^2)"),
    ("(9x)^(3/2)", "81 sqrt(x)/2"),
    ("sqrt(2x)", "1/sqrt(2x)"),
    ("√2^3 x", "2 sqrt(2)"),
    ("√2 e^(-√2 x)/(1 + e^(-√2 x))", "-2e^(-sqrt(2) x)/(1 + e^(-sqrt(2) x))^2"),
    # perfect powers beside other factors; alone they stay multiplied out
    ("e^x (x^2 - 4x + 5)", "e^x (x - 1)^2"),
    ("e^x (2x^2 - 8x + 10)", "2e^x (x - 1)^2"),
    ("e^x/(x^2 + 1)", "e^x (x - 1)^2/(x^2 + 1)^2"),
    ("e^x (x^4 - 4x^3 + 14x^2 - 28x + 29)", "e^x (x^2 + 1)^2"),
    ("x^3/3 + x^2 + x", "x^2 + 2x + 1"),
    ("x ln(e^x)", "2x"),
    ("e^x ln(e^(2x)) - 2e^x", "2x e^x"),
    # products and sums of brackets
    ("(x+1)(x+2)(x+3)(x+4)", "4x^3 + 30x^2 + 70x + 50"),
    ("(2x+1)(3x-2)(x+5)", "18x^2 + 58x - 7"),
    ("√(x^3-8) - (3x+1)x", "3x^2/(2 sqrt(x^3 - 8)) - 6x - 1"),
    ("x^2 sin x + x", "2x sin(x) + x^2 cos(x) + 1"),
    # products that share a factor
    ("x e^x", "e^x (x + 1)"),
    ("(x^2+3x)e^x", "e^x (x^2 + 5x + 3)"),
    ("(2x+1)(x+3) e^x", "e^x (2x^2 + 11x + 10)"),
    ("3x e^x (x+2)", "3e^x (x^2 + 4x + 2)"),
    ("(x+1)^2 (x+2)^3 e^x", "e^x (x + 1)(x + 2)^2 (x^2 + 8x + 9)"),
    ("x^2(x^2-1)^5", "2x(x^2 - 1)^4 (6x^2 - 1)"),
    ("(2x-1)^3 (x+4)^2", "2(2x - 1)^2 (x + 4)(5x + 11)"),
    ("σ(x)(1-σ(x))", "σ(x)(1 - σ(x))(1 - 2 σ(x))"),
    ("x^sin x", "x^sin(x) (sin(x)/x + ln(x) cos(x))"),
    ("x^n e^x", "x^(n - 1) e^x (n + x)"),
    # quotients
    ("((x-1)/(x+1))^2", "4(x - 1)/(x + 1)^3"),
    ("(x^2/(x+1))^2", "2x^3 (x + 2)/(x + 1)^3"),
    ("x^2 (x+1)^(-3)", "x(2 - x)/(x + 1)^4"),
    ("x^2/(-(x+1))", "-x(x + 2)/(x + 1)^2"),
    ("x^3/e", "3x^2/e"),
    ("e^(-x^2)/(x sqrt(2π))", "-e^(-x^2) (2x^2 + 1)/(x^2 sqrt(2π))"),
    ("(x+1)^2/(x-1)^3", "-(x^2 + 6x + 5)/(x - 1)^4"),
    ("sin x/(1+cos x)", "1/(cos(x) + 1)"),
    ("cos x/(1-sin x)", "1/(1 - sin(x))"),
    ("ln((1+x)/(1-x))", "2/(1 - x^2)"),
    ("ln(x(x+1)^2)", "(3x + 1)/(x(x + 1))"),
    ("(e^x - e^-x)/2", "(e^x + e^(-x))/2"),
    ("(x^2-1)/(x-1)", "1"),
    ("(x^3-1)/(x-1)", "2x + 1"),
    ("(x+2)/(x^2-4)", "-1/(x - 2)^2"),
    ("(x^2+3x+2)/(x+1)^2", "-1/(x + 1)^2"),
    ("(6x^2-5x+1)/(2x-1)", "3"),
    ("cosh(x-2) + x^3/(3x+1)", "sinh(x - 2) + 3x^2 (2x + 1)/(3x + 1)^2"),
    # fractions inside of fractions
    ("arctan(x/a)", "a/(a^2 + x^2)"),
    ("arctan(1/x)", "-1/(x^2 + 1)"),
    ("arctan((1+x)/(1-x))", "1/(x^2 + 1)"),
    ("ln(x + sqrt(x^2+1))", "1/sqrt(x^2 + 1)"),
    ("sqrt(x + sqrt(x))", "(2 sqrt(x) + 1)/(4 sqrt(x) sqrt(x + sqrt(x)))"),
    ("(1+1/x)^x", "(1 + 1/x)^x (ln(1 + 1/x) - 1/(x + 1))"),
    # functions that belong together
    ("ln|x|", "1/x"),
    ("x|x|", "2|x|"),
    ("ln cos x", "-tan(x)"),
    ("ln cosh x", "tanh(x)"),
    ("coth x", "-1/sinh(x)^2"),
    ("ln(sec x + tan x)", "1/cos(x)"),
    ("sec x tan x", "(sin(x)^2 + 1)/cos(x)^3"),
    ("tan^2 x", "2 tan(x)(1 + tan(x)^2)"),
    # arguments of functions
    ("arcsin 2x", "2/sqrt(1 - 4x^2)"),
    ("arccos x^2", "-2x/sqrt(1 - x^4)"),
    ("arcsin(x/3)", "1/sqrt(9 - x^2)"),
    ("arccos(x/2)", "-1/sqrt(4 - x^2)"),
    ("arcsin((x+1)/2)", "1/sqrt(4 - (x + 1)^2)"),
    ("1/√(x^2/4 + 1/9)", "-54x/(9x^2 + 4)^(3/2)"),
    ("erf(x/√2)", "sqrt(2) e^(-x^2/2)/sqrt(π)"),
    ("e^e^x", "e^(x + e^x)"),
    # signs
    ("e^(-kx) cos x", "-e^(-kx) (k cos(x) + sin(x))"),
    ("x^-x", "-x^(-x) (1 + ln(x))"),
    ("(1/2)^x", "-(1/2)^x ln(2)"),
    ("-t ln σ(x) - (1-t) ln(1-σ(x))", "σ(x) - t"),
    ("(y - (wx + b))^2", "2w(wx + b - y)"),
]


@pytest.mark.parametrize(("typed", "shown"), FORMS, ids=[typed for typed, _ in FORMS])
def test_the_derivative_is_written_as_in_a_textbook(typed: str, shown: str) -> None:
    assert str(explain(typed, wrt="x").result) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("sign(x)/|x|", "1/x"),
        ("x sign(x)", "|x|"),
        ("sign(x)|x|", "x"),
        ("x^2 sign(x)", "x · |x|"),
        ("|x|^2", "x^2"),
        ("sign(2x)/|2x|", "1/(2x)"),
        ("sign(x) x/sqrt|x|", "x sign(x)/sqrt(|x|)"),
        ("tan x cos x", "sin(x)"),
        ("sin x tan x/cos^2 x", "sin(x)^2/cos(x)^3"),
        ("2/√2", "sqrt(2)"),
        ("√2/2", "sqrt(2)/2"),
        ("x/(3 cbrt(x^2)^2)", "1/(3 cbrt(x))"),
        ("(x-1)/(1-x)^2", "1/(x - 1)"),
        ("(1+cos x)/(cos x+1)^2", "1/(1 + cos(x))"),
        ("e^x/e^(2x)", "e^(-x)"),
        ("x y/(y x^2)", "1/x"),
    ],
)
def test_factors_of_one_product_are_put_together(typed: str, shown: str) -> None:
    expression = parse(typed).expression
    together = build(term_of(expression))
    assert text(together) == shown
    assert equivalent(expression, together) is True


@pytest.mark.parametrize(
    ("typed", "moves"),
    [
        ("2(2x+3)*2", ["multiply the numbers", "expand"]),
        ("(x^3 + x)/x^2", ["cancel x", "divide each term"]),
        ("(4x + 2y)/(2z)", ["cancel 2"]),
        ("sin^2 x + cos^2 x", ["sin² + cos² = 1"]),
        ("1/((1-x)(1+x))", ["expand below the line"]),
        ("sqrt(1 - (2x)^2)", ["gather the powers inside"]),
        ("-2x(y - wx - b)", ["take the sign into the bracket"]),
        ("sin x/cos x", ["name the ratio"]),
        ("-a + b", ["put the positive term first"]),
        ("sign(x)/|x|", ["|u| = u · sign(u)"]),
        ("x sign(x)", ["|u| = u · sign(u)"]),
        ("(sin x/cos^2 x) tan x", ["tan = sin/cos"]),
        ("x^4/x^4", ["cancel x"]),
        ("2/(2√x)", ["cancel 2"]),
        ("(cos x + 1)/(1 + cos x)^2", ["cancel cos(x) + 1"]),
        ("2(-2e^x sin x)", ["multiply the numbers"]),
        ("e^(-3x) e^(3x) (3x-1)", ["gather the powers"]),
        ("sin(x) · (-3cos x)", ["move the sign to the front"]),
        ("(x^2-1)/(x-1)", ["factor above the line", "cancel x - 1"]),
        ("√x - (x^2 + 1)", ["leave out the brackets"]),
        ("e^x (-x - 1)", ["take the sign to the front"]),
        ("sqrt(4x)", ["take the number out of the root"]),
        ("√2 x √2", ["gather the powers"]),
        ("(4x - 4)/(x + 1)^3", ["factor out 4"]),
        ("(π^2 + 2π x)/π^3", ["cancel π"]),
    ],
)
def test_moves_have_names_and_keep_the_value(typed: str, moves: list[str]) -> None:
    done, result = tidy(parse(typed).expression)
    assert [move.name for move in done] == moves
    for move in done:
        assert move.why
        assert equivalent(move.before, move.after) is True
    assert tidy(result)[1] == result


def test_what_is_canceled_is_not_zero() -> None:
    (cancel, _), result = tidy(parse("(x^3 + x)/x^2").expression)
    assert cancel.nonzero == (parse("x").expression,)
    assert text(result) == "x + 1/x"


def test_two_minus_signs_are_said_to_make_a_plus() -> None:
    assert "two minus signs make a plus" in [step.rule for step in explain("1/x", order=2).steps]


def test_the_sign_of_a_number_is_not_put_to_the_root_of_its_size() -> None:
    moves, result = tidy(parse("(1/(2√|x|)) sign(x)").expression)
    assert [move.name for move in moves] == ["write as one fraction"]
    assert text(result) == "sign(x)/(2 sqrt(|x|))"


def test_what_a_factored_quotient_cancels_is_said() -> None:
    (factor, cancel), result = tidy(parse("(x^2 - 4)/(x - 2)").expression)
    assert text(factor.after) == "(x + 2)(x - 2)/(x - 2)"
    assert cancel.nonzero == (parse("x - 2").expression,)
    assert text(result) == "x + 2"


@pytest.mark.parametrize("typed", ["tan^2 x - sec^2 x", "sec^2 x - tan^2 x", "3 tan(2x)^2 - 3/cos(2x)^2"])
def test_tangents_and_secants_that_make_a_constant(typed):
    assert str(explain(typed).result) == "0"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("arctanh x + ln sqrt(1-x^2)", "1/(x + 1)"),  # not -1/(-x - 1)
        ("x arsinh(x/3) - sqrt(9+x^2)", "arcsinh(x/3)"),  # x^2 + 9 and 9 + x^2 are the same sum
        ("(x^4+3x^2-2)^5", "10x(x^4 + 3x^2 - 2)^4 (2x^2 + 3)"),
        ("3sqrt(x)(x-2)", "3(3x - 2)/(2 sqrt(x))"),
        ("(x^3+3x) e^x", "e^x (x^3 + 3x^2 + 3x + 3)"),
    ],
)
def test_the_form_that_a_textbook_prints(typed, expected):
    assert str(explain(typed).result) == expected


@pytest.mark.parametrize(
    ("problem", "form"),
    [
        ("d/dx (ax + b)/(cx + d)", "(ad - bc)/(cx + d)^2"),
        ("d/dx (cx + d)/(ax + b)", "(bc - ad)/(ax + b)^2"),
        ("d/dx m g l cos x", "-mgl sin(x)"),
    ],
)
def test_coefficients_stand_by_the_alphabet_and_letters_of_formulas_as_they_were_typed(problem, form):
    assert str(explain(problem).result) == form


def test_sin_squared_times_cos_squared_has_its_partner_in_the_fourth_power():
    # With cos² for cos² · cos² the square of a sine was dropped: the derivative of tan x/(2 + cos x) was not derived again.
    apart = parse("3sin(x)^2 cos(x)^2 + 3cos(x)^2 + x").expression
    together = parse("3sin(x)^2 cos(x)^2 + 3cos(x)^4 + x").expression
    for expression in (apart, together):
        assert equivalent(expression, tidy(expression)[1]) is True
    assert text(tidy(together)[1]) == "3 cos(x)^2 + x"

r"""Integrals between two limits are read as people type them: in signs, in LaTeX and in words, and refused with an example."""

from __future__ import annotations

import pytest

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.expressions.notation import latex, text
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.problem import parse_problem

READ = [
    ("int_0^x e^(-t^2) dt", "int_0^x e^(-t^2) dt"),
    ("∫_0^x sin t dt", "int_0^x sin(t) dt"),
    (r"\int_0^{x^2} \sin t \, dt", "int_0^(x^2) sin(t) dt"),
    (r"\int\limits_{x}^{2x} \theta \, \mathrm{d}\theta", "int_x^(2x) θ dθ"),
    (r"\int_{x}^{1} \frac{dt}{1+t^2}", "int_x^1 1/(1 + t^2) dt"),
    (r"\int_{x}^{1} \frac{t\,dt}{1+t^2}", "int_x^1 t/(1 + t^2) dt"),
    ("int_0^x dt/(1+t^4) + 1", "int_0^x 1/(1 + t^4) dt + 1"),
    ("int_0^x tdt", "int_0^x t dt"),
    ("int_0^x (t+1) dt - x", "int_0^x (t + 1) dt - x"),
    ("x int_0^x sin(t)dt", "x · int_0^x sin(t) dt"),
    ("∫_x^∞ e^(-t) dt", "int_x^∞ e^(-t) dt"),
    (r"\int_{-\infty}^{x} e^{t} dt", "int_(-∞)^x e^t dt"),
    ("the integral from 0 to x^2 of sin(t) dt", "int_0^(x^2) sin(t) dt"),
    ("integral of sin(t) dt from 0 to x^2", "int_0^(x^2) sin(t) dt"),
    ("int_0^x int_0^s t dt ds", "int_0^x int_0^s t dt ds"),
    ("u = x^2; int_0^u t dt", "int_0^(x^2) t dt"),
    ("int_0^x f(t) dt where f(s) = s^2", "int_0^x t^2 dt"),
    ("int_0^1 e^(u s) ds where u = s + t", "int_0^1 e^((s + t) s1) ds1"),
]


@pytest.mark.parametrize(("typed", "shown"), READ)
def test_what_is_read_is_written_so_that_it_can_be_typed_again(typed, shown):
    expression = parse(typed).expression
    assert text(expression) == shown
    assert text(parse(shown).expression) == shown


def test_the_variable_of_integration_is_no_variable_of_the_function():
    assert free_symbols(parse("int_a^x t e^(b t) dt").expression) == ("a", "x", "b")


def test_latex_has_the_sign_with_its_limits():
    assert latex(parse("int_0^(x^2) t^2 dt").expression) == r"\int_{0}^{x^{2}} t^{2} \, dt"


@pytest.mark.parametrize(
    "asked",
    [
        "derivative of the integral from 0 to x^2 of sin(t) dt",
        r"\frac{d}{dx}\int_0^{x^2} \sin t \, dt",
        "F(x) = ∫_0^{x^2} sin(t) dt; F'(x)",
    ],
)
def test_derivatives_of_integrals_are_asked_for_as_those_of_other_functions(asked):
    problem = parse_problem(asked)
    assert (text(problem.expression), problem.asked) == ("int_0^(x^2) sin(t) dt", True)


@pytest.mark.parametrize(
    ("typed", "column", "said"),
    [
        ("int x dx", 1, "between two limits"),
        (r"\int x dx", 6, "between two limits"),
        ("int_0^x sin t", 8, "expected dt at its end"),
        ("int_0^x sin(t dt)", 17, "dt inside of a bracket"),
        ("int_0 sin(t) dt", 6, "between two limits"),
        ("int_0^x (2 +) dt", 13, "unexpected ')'"),
        ("int_0^{x sin(t) dt", 7, "is not closed"),
        ("integral of t from 0 to x", 13, "expected dt"),
    ],
)
def test_what_is_no_integral_is_refused_with_an_example(typed, column, said):
    with pytest.raises(ParseError) as caught:
        parse(typed)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"column {column}:")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("int_0^x " * 3 + "t dt ds du", "nested more than 2 deep"),
        ("int_0^x " * 150 + "t" + " dt" * 150, "more than 8 integrals"),
        ("x = int_0^s t dt; y = int_0^x t dt; z = int_0^y t dt", "nested more than 2 deep"),
        ("int_0^" * 300 + "x", "more than 8 integrals"),
    ],
)
def test_integrals_that_would_take_long_are_refused(typed, said):
    with pytest.raises(ParseError, match=said):
        parse(typed)

"""Texts with several statements are read in any order, and what they cannot mean is said rather than answered."""

from __future__ import annotations

import pytest

from chainrule import explain
from chainrule.errors import ParseError
from chainrule.explain.reading.parse import parse
from chainrule.explain.reading.problem import parse_problem


@pytest.mark.parametrize(
    ("typed", "meaning", "name"),
    [
        ("y = u^5, u = 2x + 1", "(2x + 1)^5", "y"),
        ("z = x^2 y, x = t^2, y = t^3", "(t^2)^2 t^3", "z"),
        ("y = u^2; u = v + 1; v = x^3", "(x^3 + 1)^2", "y"),
        ("y^2 where y = 3u, u = x", "(3x)^2", None),
        ("y = 2u; u = 3x; y + u", "2(3x) + 3x", None),
        ("u = 3x; y = u^2", "(3x)^2", "y"),
        ("f: x ↦ x^2", "x^2", "f"),
        ("f : t -> t^2", "t^2", "f"),
        (r"f\colon x\mapsto x^2", "x^2", "f"),
        ("x ↦ x^2", "x^2", None),
    ],
)
def test_what_is_defined(typed, meaning, name):
    read = parse(typed)
    assert (read.expression, read.name) == (parse(meaning).expression, name)


@pytest.mark.parametrize("typed", ["y = u; u = y", "y = y^2", "y = u^2; u = x; u = 2x", "a = b; b = a; ab"])
def test_circles_and_second_definitions_are_refused(typed):
    with pytest.raises(ParseError):
        parse(typed)


def test_nothing_is_differentiated_by_what_is_a_formula():
    # The answer was 0, since no u was left in y.
    with pytest.raises(ParseError, match="expected a variable, or a curve"):
        explain("y = u^2; u = sin x; dy/du")


@pytest.mark.parametrize(
    ("typed", "meaning", "wrt"),
    [
        ("D_x(x^3)", "x^3", ("x",)),
        (r"\partial_y (x^2 y)", "x^2 y", ("y",)),
        ("∂_{y}(x^2 y)", "x^2 y", ("y",)),
        ("(d/dx)(x^2 + 1)", "x^2 + 1", ("x",)),
        (r"\frac{\mathrm d}{\mathrm dx} x^3", "x^3", ("x",)),
    ],
)
def test_other_signs_of_differentiation(typed, meaning, wrt):
    problem = parse_problem(typed)
    assert (problem.expression, problem.wrt) == (parse(meaning).expression, wrt)


def test_a_variable_with_an_index_is_no_sign_of_differentiation():
    assert "D_e" in parse_problem("D_e(1 - x)").parsed.variables


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("u(x)v(x)", "u(x) is read as u times x"),
        ("J_0(x)", "J_0(x) is read"),
        ("x(x)", ""),
        ("y(2x)", ""),
        ("x (y)", ""),
    ],
)
def test_what_looks_like_a_call_is_named_a_product(typed, said):
    notes = " ".join(parse(typed).notes)
    assert said in notes
    assert bool(notes) == bool(said)


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("arsech x", "arccosh(1/x)"),
        (r"\operatorname{csch}^{-1} x", "arcsinh(1/x)"),
        (r"\log_{1/2} x", "ln(x)/ln(0.5)"),
        (r"\log_{0.5}(x)", "ln(x)/ln(0.5)"),
    ],
)
def test_names_of_functions(typed, meaning):
    assert parse(typed).expression == parse(meaning).expression


def test_a_curve_is_no_function_and_is_explained():
    with pytest.raises(ParseError, match="explain takes curves"):
        parse("x^2 + y^2 = 25")


def test_a_decimal_comma_in_brackets_is_named():
    with pytest.raises(ParseError, match="decimals are written with a point"):
        parse("x e^{0,5x}")

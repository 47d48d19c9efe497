"""Mathematics as programs and other countries write it: np.sin(x), tg x, gelu(x)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from chainrule.errors import ParseError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.reading.parse import parse
from chainrule.practice.grade import grade


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("x**2*np.sin(x)", "x^2 sin(x)"),
        ("np.exp(-x**2)", "e^(-x^2)"),
        ("numpy.tanh(x)", "tanh(x)"),
        ("math.sin(x)**2", "sin(x)^2"),
        ("np.log(x)/np.sqrt(x)", "ln(x)/sqrt(x)"),
        ("np.maximum(0, x)", "max(0, x)"),
        ("np.pi*x + np.e", "pi x + e"),
        ("np.arctan2(y, x)", "atan2(y, x)"),
        ("tg x", "tan x"),
        ("ctg(2x)", "cot(2x)"),
        ("arctg x", "arctan x"),
    ],
)
def test_another_spelling_is_the_same_function(typed, plain):
    assert parse(typed).expression == parse(plain).expression


@pytest.mark.parametrize(
    ("typed", "function"),
    [
        ("gelu(x)", lambda x: x * special.ndtr(x)),
        ("silu(x)", lambda x: x * special.expit(x)),
        ("swish(x)", lambda x: x * special.expit(x)),
        ("square(3x)", lambda x: 9 * x * x),
        ("logaddexp(x, 2x)", lambda x: np.logaddexp(x, 2 * x)),
    ],
)
def test_functions_of_machine_learning_have_their_values_and_derivatives(typed, function):
    for x in (-1.3, 0.4, 2.0):
        assert evaluate(parse(typed).expression, {"x": x}) == pytest.approx(function(x), rel=1e-12)
    assert explain(typed).verified < 1e-9


def test_a_module_alone_and_its_unknown_functions_are_refused():
    with pytest.raises(ParseError, match="column 4: unknown name 'linalg'"):
        parse("np.linalg.norm(x)")
    with pytest.raises(ParseError, match="belongs to no number"):
        parse("x.sin(x)")


def test_an_answer_in_the_spelling_of_a_program_is_right():
    assert grade("x**2*np.sin(x)", "2*x*np.sin(x) + x**2*np.cos(x)").correct


def test_gamma_before_a_bracket_is_the_letter_and_is_said_to_be():
    assert "the gamma function is Gamma(x)" in explain("gamma(x - mu)").notes[0]
    assert not explain("gamma x").notes

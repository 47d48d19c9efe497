"""The lesson's examples: results, and what the steps say."""

import numpy as np
import pytest

from chainrule.explain.derivation.explain import explain

RESULTS = [
    ("x^2", "2x"),
    ("x^3", "3x^2"),
    ("x", "1"),
    ("5", "0"),
    ("(2x+3)^2", "8x + 12"),
    ("x^2+3x+2", "2x + 3"),
    ("sin(x^2)", "2x cos(x^2)"),
    ("e^(2x)", "2e^(2x)"),
    ("e^x", "e^x"),
    ("ln(x)", "1/x"),
    ("1/x", "-1/x^2"),
    ("sqrt(x)", "1/(2 sqrt(x))"),
    ("x e^x", "e^x (x + 1)"),
    ("sin(x)", "cos(x)"),
    ("cos(x)", "-sin(x)"),
    ("tan(x)", "1 + tan(x)^2"),
    ("sin(x)/cos(x)", "1/cos(x)^2"),
    ("2^x", "2^x ln(2)"),
    ("sigmoid(x)", "σ(x)(1 - σ(x))"),
    ("tanh(x)", "1 - tanh(x)^2"),
    ("x^x", "x^x (1 + ln(x))"),
    ("(x^2+1)/(x-1)", "(x^2 - 2x - 1)/(x - 1)^2"),
    ("|x|", "sign(x)"),
    ("max(0, x)", "step(x)"),
    ("relu(x)", "step(x)"),
    ("softplus(x)", "e^x/(1 + e^x)"),
    ("x ln x", "ln(x) + 1"),
    ("(x^2+1)^3", "6x(x^2 + 1)^2"),
    ("(2x+3)^10", "20(2x + 3)^9"),
    ("e^(-x^2/2)", "-x e^(-x^2/2)"),
    ("1/(x^2+1)", "-2x/(x^2 + 1)^2"),
    ("sqrt(2x^2+2x)", "(2x + 1)/sqrt(2x^2 + 2x)"),
    ("0.1x^3", "0.3x^2"),
    ("x^2/2", "x"),
    ("x^(1/2)", "1/(2 sqrt(x))"),
    ("x^½", "1/(2 sqrt(x))"),
    ("½x^3", "3x^2/2"),
]


@pytest.mark.parametrize(("typed", "expected"), RESULTS)
def test_results(typed, expected):
    derivation = explain(typed)
    assert str(derivation.result) == expected
    assert derivation.verified < 1e-8


def test_chain_rule_names_outside_and_inside():
    first, *tidying = explain("(2x+3)^2").steps
    assert first.rule == "chain rule"
    assert first.statement == "outside u^2, inside u = 2x + 3; d/du u^2 = 2u  (power rule); du/dx = 2"
    assert [str(step.equation) for step in tidying] == ["2(2x + 3) · 2 = 4(2x + 3)", "4(2x + 3) = 8x + 12"]
    assert [step.rule for step in tidying] == ["multiply the numbers", "expand"]
    assert all(step.kind == "algebra" for step in tidying)


def test_product_rule_names_the_factors():
    step = explain("x e^x").steps[0]
    assert step.rule == "product rule"
    assert "u = x, v = e^x" in step.statement
    assert "du/dx = 1, dv/dx = e^x" in step.statement
    assert "d/dx (uv) = du/dx v + u dv/dx" in step.statement


def test_quotient_rule_names_above_and_below():
    derivation = explain("(x^2+1)/(x-1)")
    step = derivation.steps[0]
    assert step.rule == "quotient rule"
    assert "u = x^2 + 1, v = x - 1" in step.statement
    assert "d/dx (u/v) = (v du/dx - u dv/dx)/v^2" in step.statement
    assert "Holds where x ≠ 1" in str(derivation)


def test_parts_are_not_named_like_the_variable():
    assert "outside v^2, inside v = 2u + 3" in explain("(2u+3)^2").steps[0].statement


def test_an_inner_product_has_a_step_of_its_own_and_is_put_back():
    steps = explain("sin(x^2 e^x)").steps
    assert [step.rule for step in steps][:3] == ["chain rule", "product rule", "put the parts together"]
    assert "du/dx comes in a step of its own" in steps[0].statement


def test_partials_of_two_variables_say_what_is_constant():
    derivation = explain("x^2+3xy+y^2")
    assert str(derivation.result) == "(2x + 3y, 3x + 2y)"
    assert [str(part.result) for part in derivation.partials] == ["2x + 3y", "3x + 2y"]
    assert "treat y as constant" in derivation.partials[0].steps[0].statement
    assert "treat x as constant" in derivation.partials[1].steps[0].statement
    assert derivation.steps == derivation.partials[0].steps + derivation.partials[1].steps


def test_gradient_of_a_sum_of_squares():
    derivation = explain("x^2+y^2+z^2", at=(1, 2, 3))
    assert str(derivation.result) == "(2x, 2y, 2z)"
    assert derivation.value == (2.0, 4.0, 6.0)
    assert derivation.result(1, 2, 3) == (2.0, 4.0, 6.0)
    assert len(derivation.result) == 3


def test_neuron():
    derivation = explain("L = (y-t)^2 where y = sigmoid(wx+b)", wrt=("w", "b"), at={"w": 0.5, "x": 2, "b": -1, "t": 1})
    assert str(derivation.result[0]) == "2x σ(wx + b)(σ(wx + b) - t)(1 - σ(wx + b))"
    np.testing.assert_allclose(derivation.value, (-0.5, -0.25))


def test_value_and_text():
    derivation = explain("x^2+3x+2", at=5)
    assert derivation.value == 13.0
    assert "At x = 5: 13" in str(derivation)
    assert max(len(line) for line in str(explain("sin(x^2 e^x) ln(x) + (x^2+1)/(x-1)")).split("\n")) <= 80


def test_higher_orders():
    assert str(explain("x^4", order=3).result) == "24x"
    assert explain("sin(x)", order=4, at=0.3).value == pytest.approx(np.sin(0.3))
    assert str(explain("x^3", order=2)).startswith("d^2/dx^2 x^3 = 6x")


def test_whole_text():
    assert str(explain("(2x+3)^2", at=1)).split("\n")[:-1] == [
        "d/dx (2x + 3)^2 = 8x + 12",
        "",
        "1. chain rule: the derivative of the outside at the inside, times the",
        "     derivative of the inside",
        "   outside u^2, inside u = 2x + 3",
        "   d/du u^2 = 2u  (power rule)",
        "   du/dx = 2",
        "   d/dx (2x + 3)^2 = 2(2x + 3) · 2",
        "2. multiply the numbers: factors can be taken in any order",
        "   2(2x + 3) · 2 = 4(2x + 3)",
        "3. expand: every term in a bracket is multiplied",
        "   4(2x + 3) = 8x + 12",
        "",
        "Result: 8x + 12",
        "At x = 1: 20",
    ]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("e^x/(3x)", "d/dx (e^x/(3x)) = (1/3) · d/dx (e^x/x)"),
        ("sin(x)/(π x)", "d/dx (sin(x)/(πx)) = (d/dx (sin(x)/x))/π"),
        ("5x^2/(2(x+1))", "d/dx (5x^2/(2(x + 1))) = (5/2) · d/dx (x^2/(x + 1))"),
    ],
)
def test_constants_below_the_line_are_taken_out_before_the_quotient_rule(typed, line):
    first, quotient, *_ = explain(typed).steps
    assert (first.rule, str(first.equation)) == ("constant factor rule", line)
    assert quotient.rule == "quotient rule"


def test_several_constants_are_listed_as_in_a_sentence():
    first, *_ = explain("a b sin(x)", wrt="x").steps
    assert first.why.startswith("a and b are held constant")

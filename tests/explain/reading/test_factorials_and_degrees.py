"""Factorials, binomial coefficients, degrees and logarithms with a base mean what people mean by them."""

from __future__ import annotations

import math

import pytest
import scipy.special

from chainrule.errors import ParseError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.notation import latex, mathml, text
from chainrule.explain.reading.parse import parse

VALUES = [
    ("x!", math.gamma(3.5)),
    ("(x - 1)!", math.gamma(2.5)),
    ("2x!", 2 * math.gamma(3.5)),
    ("5!/3!", 20),
    (r"\binom{5}{2} x", 25),
    (r"\binom{x}{2}", 2.5 * 1.5 / 2),
    ("binom(x, 0)", 1),
    (r"\dbinom{6}{x}", scipy.special.binom(6, 2.5)),
    ("sin(30°) x", 1.25),
    ("sin x°", math.sin(math.radians(2.5))),
    (r"\cos(2x^{\circ})", math.cos(math.radians(5))),
    (r"\tan 45^\circ", 1),
    ("log(x, 3)", math.log(2.5, 3)),
    ("log(3, x)", math.log(2.5, 3)),
    ("log(8, 2)", 3),
    ("log(x)", math.log(2.5)),
    ("xlogx", 2.5 * math.log(2.5)),
]


@pytest.mark.parametrize(("typed", "value"), VALUES, ids=[typed for typed, _ in VALUES])
def test_values(typed, value):
    assert float(evaluate(parse(typed).expression, {"x": 2.5})) == pytest.approx(value)


DERIVATIVES = [
    ("x!", "x! ψ(x + 1)"),
    ("λ^k e^(-λ)/k! w.r.t. λ", "λ^(k - 1) e^(-λ) (k - λ)/k!"),
    (r"\binom{n}{k} p^k (1-p)^{n-k} w.r.t. p", "p^(k - 1) (1 - p)^(n - k - 1) binom(n, k)(k - pn)"),
    ("sin(x°)", "π cos(πx/180)/180"),
    ("sin(30°) x", "sin(π/6)"),
    ("log(x, 3)", "1/(x ln(3))"),
]


@pytest.mark.parametrize(("typed", "printed"), DERIVATIVES, ids=[typed for typed, _ in DERIVATIVES])
def test_derivatives(typed, printed):
    d = explain(typed)
    assert str(d.result) == printed
    assert d.verified is not None


@pytest.mark.parametrize("typed", ["x!", "1/x!", "(x!)^2", "binom(x, y)", "x! y"])
def test_what_is_written_can_be_typed_again(typed):
    read = parse(typed).expression
    assert parse(text(read)).expression == read
    assert parse(latex(read)).expression == read


def test_two_dimensions():
    assert latex(parse("binom(n, k)").expression) == r"\binom{n}{k}"
    assert 'linethickness="0"' in mathml(parse("binom(n, k)").expression)
    assert mathml(parse("n!").expression).endswith("<mo>!</mo>")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sin(x°)", "has the factor π/180"),
        ("x!", "Γ is the gamma function: n! is Γ(n + 1)"),
        ("log(x, 3)", "the logarithm of x to the base b"),
        ("log(x)", "log is the natural logarithm"),
    ],
)
def test_what_is_said(typed, said):
    notes = explain(typed).notes
    assert any(said in note for note in notes)
    assert not (typed == "log(x, 3)" and any("natural" in note for note in notes))


def test_a_factorial_below_a_line_is_no_condition():
    assert [text(each) for each in explain("1/x!").conditions] == ["x > -1"]


@pytest.mark.parametrize("typed", ["!x", "°x", "(-1)!", "2.5!", "30!"])
def test_refused(typed):
    with pytest.raises(ParseError):
        parse(typed)

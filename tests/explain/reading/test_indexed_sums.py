"""Sums and products over an index, factorials of numbers, letters with marks and other brackets are read as papers write them."""

from __future__ import annotations

import pytest

from chainrule import explain
from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.expressions.notation import latex
from chainrule.explain.reading.parse import parse, symbol_name

VALUES = {"x": 1.7, "y1": 0.5, "y2": 2.0, "x1": 1.5, "x2": -0.3, "w": 0.7, "z1": 0.2, "z2": 1.1, "y_hat": 0.4, "y": 1.0}


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        (r"\sum_{k=1}^{3} x^k", "x + x^2 + x^3"),
        (r"\sum_{k=1}^3 x^k + 1", "x + x^2 + x^3 + 1"),
        (r"\sum_{n=0}^{2} (-1)^n \frac{x^{2n+1}}{(2n+1)!}", "x - x^3/6 + x^5/120"),
        (r"\frac12\sum\limits_{i=1}^{2}(y_i - w x_i)^2", "((y1 - w*x1)^2 + (y2 - w*x2)^2)/2"),
        (r"\log\sum_{j=1}^{2} e^{z_j}", "ln(e^(z1) + e^(z2))"),
        (r"\left|\sum_{k=1}^{2} -x^k\right|", "x + x^2"),
        (r"|\sum_{k=1}^{2} -x^k|", "x + x^2"),
        (r"\sum_{i=1}^{2}\sum_{j=1}^{2} i j x", "9x"),
        (r"\sum_{k=3}^{1} x^k + x", "x"),
        (r"\prod_{k=1}^{3} (x - k)", "(x-1)(x-2)(x-3)"),
        ("∑_{k=1}^{2} k x", "3x"),
        ("sum_{k=1}^{2} x^k", "x + x^2"),
        ("1 + x + x^2/2! + x^3/3!", "1 + x + x^2/2 + x^3/6"),
        ("{x if x != 2, 3! otherwise}", "x"),
        (r"(y - \hat{y})^2 + \frac{\hat y}{2}", "(y - y_hat)^2 + y_hat/2"),
        ("x⌊x + 1⌋^2", "x floor(x + 1)^2"),
        (r"\left\lceil x \right\rceil", "ceil(x)"),
        (r"\max\{0, 1 - x\} + \left\{x + 1\right\}^2", "max(0, 1 - x) + (x + 1)^2"),
    ],
)
def test_what_is_read(typed, meaning):
    read = parse(typed).expression
    assert evaluate(read, VALUES) == pytest.approx(evaluate(parse(meaning).expression, VALUES))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (r"\sum_{i=1}^{n} x^i", "whole numbers as its bounds"),
        (r"\sum_{k=1}^{2}", "nothing follows"),
        (r"\sum_{k=1}^{1000} x", "more than 100 terms"),
        (r"\sum_{k=1}^{99}\sum_{j=1}^{99}\sum_{i=1}^{99} x", "too many parts"),
        ("2.5!", "not whole"),
        ("99!", "between 0 and 25"),
        (r"\hat{xy}", "one letter"),
        ("⌊x)", "cannot close"),
        ("ŷ^2", "a letter with a mark"),
    ],
)
def test_what_is_refused(typed, said):
    with pytest.raises(ParseError, match=said):
        parse(typed)


@pytest.mark.parametrize("typed", [r"\hat{y}^2", r"\hat{\theta} x", r"\bar{x}_1 + \tilde{w}"])
def test_a_mark_survives_latex(typed):
    assert parse(latex(parse(typed).expression)).expression == parse(typed).expression


def test_a_marked_letter_can_be_differentiated_by():
    assert symbol_name(r"\hat{y}") == "y_hat"
    assert free_symbols(explain(r"-y \ln\hat{y}", wrt=r"\hat{y}").result.expression) == ("y", "y_hat")


def test_the_terms_of_a_sum_need_no_brackets():
    assert str(explain(r"\sum_{i=1}^{3} y_i").result) == "(1, 1, 1)"
    assert str(explain(r"-\sum_{i=1}^{2} y_i \log p_i", wrt="p_1").result) == "-y1/p1"

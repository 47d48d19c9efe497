"""Results end in the form of textbooks: exponentials that all terms share stand in front, and one form of 1 + tan² is kept."""

from __future__ import annotations

import pytest

import chainrule as cr

RESULTS = [
    ("-ln(e^a/(e^a + e^b + e^c))", "a", "-(e^b + e^c)/(e^a + e^b + e^c)"),  # softmax with cross entropy
    ("e^a/(e^a + e^b + e^c)", "a", "e^a (e^b + e^c)/(e^a + e^b + e^c)^2"),
    ("x e^x/(1 + e^x)", "x", "e^x (x + 1 + e^x)/(1 + e^x)^2"),
    ("e^(2x) sin x", "x", "e^(2x) (2 sin(x) + cos(x))"),
    ("tan(x/y) = x + y", "x", "y(1 - y cos(x/y)^2)/(x + y^2 cos(x/y)^2)"),
    ("(x^2 + y^2)^2 = 2(x^2 - y^2)", "x", "-x(x^2 + y^2 - 1)/(x^2 y + y^3 + y)"),
]


@pytest.mark.parametrize(("typed", "by", "result"), RESULTS, ids=[case[0] for case in RESULTS])
def test_the_result_is_that_of_a_textbook(typed, by, result):
    d = cr.explain(typed, wrt=by)
    assert str(d.result) == result
    assert d.verified < 1e-9

"""Derivations that nobody would read are refused at once, and what is nested deep is looked at once only."""

from __future__ import annotations

import pytest

from chainrule.errors import TooLongError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.expression import Expression, Symbol
from chainrule.explain.expressions.signs import is_positive
from chainrule.explain.reading.parse import parse
from chainrule.practice.grade import grade

PRODUCT_OF_40 = "*".join(f"(x^{n}+{n})" for n in range(1, 41))
FRACTION_15_DEEP = "1/(1+" * 15 + "x" + ")" * 15


@pytest.mark.parametrize("text", [PRODUCT_OF_40, FRACTION_15_DEEP])
def test_a_derivation_of_too_many_terms_is_refused_with_the_way_to_its_value(text):
    with pytest.raises(TooLongError, match=r"too long to be explained.*chainrule\.grad"):
        explain(text)


def test_a_product_of_fifteen_brackets_is_explained():
    found = explain("*".join(f"(x+{n})" for n in range(1, 16)))
    assert found.verified is not None
    assert found.verified < 1e-9


def test_a_long_first_derivative_is_not_differentiated_again():
    text = "+".join(f"sin({n}x)e^({n}x)" for n in range(1, 40))
    assert explain(text).verified is not None
    with pytest.raises(TooLongError, match=r"first derivative is too long.*ask for order=1"):
        explain(text, order=2)


def test_orders_that_people_ask_for_are_explained():
    for text in ("1/(1+x^2)", "e^(-x^2)", "sqrt(1+x^2)", "sigmoid(x)"):
        assert explain(text, order=6).order == 6


def test_a_hessian_of_many_variables_is_refused_and_of_three_is_not():
    with pytest.raises(TooLongError, match="name fewer variables with wrt"):
        explain("*".join("abcdghijklmn"), order=2)
    assert len(explain("x^2 y + y z^2", order=2).result) == 3


def test_a_gradient_of_many_variables_is_refused_and_of_thirty_is_not():
    # It took more than a minute: each part looked at all variables for each variable.
    with pytest.raises(TooLongError, match=r"gradient with 200 parts.*name fewer variables with wrt"):
        explain("+".join(f"x_{n}" for n in range(200)))
    assert len(explain("+".join(f"x_{n}^2" for n in range(30))).result) == 30


@pytest.mark.parametrize("text", ["1e300 x^2*1e300", "{1e300*1e300 x if x<1e300*1e300, 2 otherwise}"])
def test_numbers_beyond_those_of_floats_are_explained(text):
    # They ended in an OverflowError, which is no ValueError.
    assert "10^600" in str(explain(text))


def test_answers_to_problems_too_long_to_explain_are_graded_all_the_same():
    assert grade(FRACTION_15_DEEP, "x^2 + 1").correct is False
    assert grade("+".join(["x^2"] * 30), "60x").correct is True


def test_the_sign_of_a_sum_is_looked_at_once_for_each_part_however_deep_it_is():
    # Without memory each level would double the work, and 60 levels would never end.
    deep: Expression = Symbol("x")
    for _ in range(60):
        deep = 1 + 1 / deep
    assert not is_positive(deep)


def test_sums_in_another_order_and_opposite_sums_are_the_same_factor():
    assert str(explain("(x - 1)^2 (1 - x)^3").result) == str(explain("-(x - 1)^2 (x - 1)^3").result)
    assert parse("(1 + x)(x + 1)").expression == parse("(1 + x)(x + 1)").expression

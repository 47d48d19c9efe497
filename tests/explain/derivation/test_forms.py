"""The forms of a derivative: raw, tidied, factored and expanded, each equal to the others."""

import time

import numpy as np
import pytest
import sympy
from tests.explain.derivation.problems import ONE_VARIABLE, derived, number, point_of

from chainrule.errors import GradientError
from chainrule.explain.derivation import forms as module
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.expression import Symbol
from chainrule.explain.expressions.rational import MAX_TERMS, expanded, factored


@pytest.mark.parametrize("typed", ONE_VARIABLE)
def test_the_forms_are_equal(typed):
    derivation, point = derived(typed), point_of(typed)
    forms = derivation.forms
    assert list(forms) == ["raw", "tidied", "factored", "expanded"]
    assert forms["tidied"] == derivation.result
    values = [number(form.expression, point) for form in forms.values()]
    np.testing.assert_allclose(values, values[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("typed", "raw", "factors", "terms"),
    [
        ("(2x+3)^2", "2(2x + 3) · 2", "4(2x + 3)", "8x + 12"),
        ("x^2 e^x", "2x e^x + x^2 e^x", "x e^x (x + 2)", "x^2 e^x + 2x e^x"),
        ("0.1x^3+0.5x", "0.3x^2 + 0.5", "0.1(3x^2 + 5)", "0.3x^2 + 0.5"),
        ("(x+1)/(x^2+x)", None, "-1/x^2", None),
    ],
)
def test_the_forms_of_examples(typed, raw, factors, terms):
    forms = explain(typed).forms
    for name, expected in (("raw", raw), ("factored", factors), ("expanded", terms)):
        assert expected is None or str(forms[name]) == expected


def test_factors_are_sympy_s():
    x = sympy.Symbol("x")
    form = explain("(x^2+1)^3 (2x-1)^4").forms["factored"].to_sympy()
    assert form == sympy.factor(sympy.diff((x**2 + 1) ** 3 * (2 * x - 1) ** 4, x))


def test_what_would_be_long_is_left_as_it_is():
    x, y, z = map(Symbol, "xyz")
    for long in ((2 * x + 3) ** 100, (x + y + z + 1) ** 9, x**1000 - 1, sum(np.sin(k * x) for k in range(1, 20))):
        started = time.perf_counter()
        assert factored(long) == expanded(long) == long
        assert time.perf_counter() - started < 1
    assert MAX_TERMS < 100


def test_of_higher_orders_and_several_variables():
    assert str(explain("x^4", order=2).forms["raw"]) == "4 · 3x^2"
    with pytest.raises(ValueError, match="look at the partials"):
        _ = explain("x y").forms
    assert str(explain("x y (x + y)").partials[0].forms["factored"]) == "y(2x + y)"


def test_a_form_that_differs_is_never_shown(monkeypatch):
    monkeypatch.setattr(module, "factored", lambda expression: expression + 1)
    with pytest.raises(GradientError, match="factored form"):
        _ = explain("x^3").forms

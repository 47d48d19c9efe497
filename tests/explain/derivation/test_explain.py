"""Functions, points, errors and formats of `explain`."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import sympy

import chainrule as cr
from chainrule.errors import GradientError, NoRuleError, NotDifferentiableError, NotScalarError
from chainrule.explain.derivation.differentiate import Differentiation
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.sampled import SampledExpression, SampledFunction
from chainrule.explain.derivation.verify import limit_definition, verify
from chainrule.explain.expressions.expression import Apply, Number, Symbol
from chainrule.explain.expressions.notation import mathml, text
from chainrule.primitives.table import BY_NAME


def test_function_with_a_loop():
    def total(x, y):
        result = 0.0
        for power in range(3):
            result = result + x * y**power
        return result

    derivation = explain(total, at=(2.0, 3.0))
    assert derivation.label == "total"
    assert str(derivation.result) == "(1 + y + y^2, x + 2xy)"
    assert derivation.value == (13.0, 14.0)


def test_function_that_branches_says_so():
    def bent(x):
        return x**2 if x > 1 else -x

    high, low = explain(bent, at=3), explain(bent, at=-1)
    assert (str(high.result), str(low.result)) == ("2x", "-1")
    assert [text(condition) for condition in high.conditions] == ["x > 1"]
    assert any("holds for the branch taken at x = 3" in note for note in high.notes)


def test_where_is_differentiated_branch_by_branch():
    derivation = explain(lambda x: np.where(x > 1, x**2, 3 * x), at=2)
    assert str(derivation.result) == "(2x if x > 1, else 3)"
    assert derivation.value == 4.0
    assert [text(condition) for condition in derivation.conditions] == ["x ≠ 1"]


def test_defaults_are_constants_and_the_value_is_the_engine_s():
    def scaled(x, rate=0.1):
        return rate * np.sin(x) ** 2

    derivation = explain(scaled, at=0.4)
    assert derivation.names == ("x",)
    assert derivation.value == cr.grad(scaled)(0.4)
    assert derivation.result(0.4) == pytest.approx(derivation.value)


def test_arrays_are_refused_by_name():
    with pytest.raises(NotScalarError, match="array of shape"):
        explain(lambda x: np.stack([x, x]).sum())
    with pytest.raises(NotScalarError, match="2 values"):
        explain(lambda x: (x, x))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ("x^2", {"wrt": "q"}, ValueError, "no variable 'q'; the variables are x"),
        ("x^2", {"wrt": 3}, TypeError, "wrt is the name of a variable"),
        ("x^2", {"wrt": ["x", None]}, TypeError, "wrt is the name of a variable"),
        ("x^2", {"wrt": []}, ValueError, "wrt names no variable; the variables are x"),
        ("x^2+y", {"at": 3}, ValueError, "at gives a number for each of the 2 variables"),
        ("x^2+y", {"at": {"x": 1}}, ValueError, "no value of y"),
        ("x^2", {"at": {"x": 1, "z": 1}}, ValueError, "names z"),
        ("x^2", {"at": "1"}, ValueError, "one real number"),
        ("x^2", {"at": [1, 2]}, ValueError, "2 numbers"),
        ("x^2", {"at": float("nan")}, ValueError, "finite"),
        ("x^2", {"order": 0}, ValueError, "from 1 to 6"),
        ("x^2", {"order": True}, ValueError, "from 1 to 6"),
        ("xy", {"order": 3}, ValueError, "needs one variable"),
        ("1/x", {"at": 0}, NotDifferentiableError, "x ≠ 0"),
        ("ln(x)", {"at": -1}, NotDifferentiableError, "x > 0"),
        (3, {}, TypeError, "takes mathematics as text"),
        (lambda *values: 1, {}, TypeError, "any number of arguments"),
        (lambda: 1, {}, TypeError, "no arguments"),
        (lambda x: None, {}, NotScalarError, "the function returns None; .* end it with `return`"),
    ],
)
def test_bad_input_is_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        explain(arguments, **options)


def test_a_program_too_large_to_read_is_refused():
    def doubling(x):
        for _ in range(40):
            x = x * x + x
        return x

    with pytest.raises(ValueError, match="too many to be explained"):
        explain(doubling)


def test_deep_nesting_is_refused_without_a_recursion_error():
    def nested(x):
        for _ in range(150):
            x = np.sin(x)
        return x

    with pytest.raises(ValueError, match="too deep to be explained"):
        explain(nested)


def test_a_long_sum_is_explained():
    derivation = explain(lambda x: sum(k * x for k in range(1, 301)))
    assert str(derivation.result) == "45150"


@pytest.mark.parametrize("typed", ["ln(-x^2-1)", "arccos(x/x)", "1/sqrt(1 - (x/x)^2)", "1/ln(x/x)", "x/(x - x)"])
def test_where_nothing_can_be_sampled_it_is_said(typed):
    derivation = explain(typed)
    assert "/0" not in str(derivation)
    assert derivation.verified is None
    assert any("nothing could be checked" in note for note in derivation.notes)


def test_kinks_keep_the_convention_and_say_so():
    derivation = explain("|x|", at=0)
    assert derivation.value == 0.0
    assert any("by convention" in note for note in derivation.notes)


def test_a_wrong_explanation_raises():
    x = Symbol("x")
    with pytest.raises(GradientError, match="must not be shown"):
        verify(SampledExpression(x**2), 3 * x, ("x",), "x")
    assert verify(SampledExpression(x**2), 2 * x, ("x",), "x") < 1e-9
    squared = SampledFunction(lambda values: values["x"] ** 2)
    assert verify(squared, 2 * x, ("x",), "x") < 1e-9
    with pytest.raises(GradientError, match="must not be shown"):
        verify(squared, 2 * x + 1e-4, ("x",), "x")


def test_limit_definition():
    assert limit_definition(np.sin, 1.0) == pytest.approx(np.cos(1.0), abs=1e-10)
    assert limit_definition(abs, 0.0) is None


def test_formats():
    derivation = explain("L = (y-t)^2 where y = sigmoid(w/x)", at=(1, 2, 3))
    data = derivation.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["steps"][0]["rule"] == "chain rule"
    assert len(data["partials"]) == 3
    ET.fromstring(derivation._repr_html_().replace("&nbsp;", " "))
    assert derivation.to_latex().startswith("\\begin{align*}")
    assert derivation._repr_markdown_().count("$") % 2 == 0
    assert derivation._repr_latex_().startswith("$$\\nabla")


def test_html_escapes_names():
    def attack(x, **options):
        return x

    attack.__name__ = "<script>"
    derivation = explain(attack)
    hostile = Symbol("<img src=x>") ** 2
    assert "<script>" not in derivation._repr_html_()
    assert "<img" not in mathml(hostile)


def test_sympy_agrees():
    x = sympy.Symbol("x")
    result = explain("x^2 sin(x)/(1+x)").result.to_sympy()
    assert sympy.simplify(result - sympy.diff(x**2 * sympy.sin(x) / (1 + x), x)) == 0
    assert explain("0.1x^2").result.to_sympy() == x / 5


def test_result_evaluates_arrays_and_names_what_is_missing():
    result = explain("x^2 y", wrt="x").result
    np.testing.assert_allclose(result.evaluate(x=np.array([1.0, 2.0]), y=3), [6.0, 12.0])
    with pytest.raises(ValueError, match="needs a value of y"):
        result.evaluate(x=1)
    with pytest.raises(ValueError, match="takes 2 values"):
        result(1)


def test_an_array_primitive_is_refused():
    total = Apply(BY_NAME["cumsum"], (Symbol("x"),))
    with pytest.raises(NoRuleError, match="cumsum works on whole arrays"):
        Differentiation("x", False, (Symbol("u"), Symbol("v"))).run(total)


@pytest.mark.parametrize("value", [3, 2.5, True, np.float32(2), np.int64(3), np.True_, np.array(2.0)])
def test_numbers_of_every_kind_are_constants(value):
    assert str(explain(lambda x: value).result) == "0"


def test_a_constant_function():
    assert str(explain(lambda x: 3.0).result) == "0"
    assert Number(2.0) == Number(2)

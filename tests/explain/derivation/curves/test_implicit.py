"""Implicit differentiation: the derivative is SymPy's and the limit's, the steps are true, and points and tangents are right."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.derivation.schema import DERIVATION
from chainrule.explain.derivation.structure import (
    BOTH_SIDES,
    BOTH_SIDES_KNOWN,
    COLLECT,
    DIVIDE,
    PUT_IN,
    USE_THE_CURVE,
)
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Derivative, Number, fold, rebuild

# The equation, left - right as SymPy reads it, and the derivative as a textbook prints it.
CURVES = [
    ("x^2 + y^2 = 25", "x**2 + y**2 - 25", "-x/y"),
    ("x^3 + y^3 = 6xy", "x**3 + y**3 - 6*x*y", "(2y - x^2)/(y^2 - 2x)"),
    ("sin(x+y) = y^2 cos x", "sin(x + y) - y**2*cos(x)", "-(cos(x + y) + y^2 sin(x))/(cos(x + y) - 2y cos(x))"),
    ("e^{xy} = x - y", "exp(x*y) - x + y", "(1 - y e^(xy))/(x e^(xy) + 1)"),
    ("xy = 1", "x*y - 1", "-y/x"),
    ("y = sin(xy)", "y - sin(x*y)", "y cos(xy)/(1 - x cos(xy))"),
    ("√x + √y = 4", "sqrt(x) + sqrt(y) - 4", "-sqrt(y)/sqrt(x)"),
    ("x^y = y^x", "x**y - y**x", "(y^x ln(y) - y x^(y - 1))/(x^y ln(x) - x y^(x - 1))"),
    ("ln(xy) + x^2 = y", "log(x*y) + x**2 - y", "-y(2x^2 + 1)/(x(1 - y))"),
    ("arctan(y/x) = x", "atan(y/x) - x", None),
    ("tan(x - y) = y/(1 + x^2)", "tan(x - y) - y/(1 + x**2)", None),
    ("x^2/a^2 + y^2/b^2 = 1", "x**2/a**2 + y**2/b**2 - 1", "-b^2 x/(a^2 y)"),
]


@pytest.mark.parametrize(("equation", "gap", "printed"), CURVES, ids=[curve[0] for curve in CURVES])
def test_the_derivative_is_that_of_sympy(equation, gap, printed):
    d = cr.explain(equation)
    assert d.verified is not None
    assert d.verified < 1e-8
    if printed is not None:
        assert str(d.result) == printed
    symbols = {name: sp.Symbol(name) for name in "xyab"}
    slope = -sp.diff(sp.sympify(gap, locals=symbols), symbols["x"]) / sp.diff(
        sp.sympify(gap, locals=symbols), symbols["y"]
    )
    for values in ({"x": 1.3, "y": 0.7, "a": 1.7, "b": 0.6}, {"x": 0.4, "y": 2.1, "a": 0.8, "b": 2.2}):
        expected = complex(slope.subs({symbols[name]: value for name, value in values.items()}))
        assert d.result.evaluate(**values) == pytest.approx(expected.real, rel=1e-9)


def _numbers(expression, slope, dot):
    """Return an expression with a number for dy/dx, and derivatives that are still to be taken as they are."""

    def combine(node, operands):
        return Number(dot) if node == slope else rebuild(node, operands)

    return fold(expression, combine)


@pytest.mark.parametrize("equation", [curve[0] for curve in CURVES[:-1]])
def test_every_step_of_the_equation_is_true_on_the_curve(equation):
    # The curve is moved through a point of our choice, which changes no derivative.
    d = cr.explain(equation)
    slope = Derivative(d.expression, "x")
    values = {"x": 1.3, "y": 0.7}
    dot = d.result.evaluate(**values)
    told = [step for step in d.steps if step.rule in (BOTH_SIDES_KNOWN, COLLECT, DIVIDE)]
    assert told
    for step in told:
        before, after = (float(evaluate(_numbers(side, slope, dot), values)) for side in (step.before, step.after))
        assert before == pytest.approx(after, rel=1e-9, abs=1e-12)


def test_the_steps_come_in_the_order_of_a_textbook():
    d = cr.explain("x^2 + y^2 = 25")
    assert [step.rule for step in d.steps] == [
        BOTH_SIDES, "sum rule", "chain rule", "put the parts together", "constant rule", BOTH_SIDES_KNOWN, COLLECT, DIVIDE,
        "cancel 2",
    ]  # fmt: skip
    assert str(d.steps[2].equation) == "d/dx y^2 = 2y dy/dx"
    assert str(d.steps[5].equation) == "2x + 2y dy/dx = 0"
    assert str(d.heading) == "dy/dx = -x/y"
    assert str(d.given[0]) == "x^2 + y^2 = 25"


@pytest.mark.parametrize("detail", [None, "brief", "full"])
def test_every_way_to_show_it(detail):
    d = cr.explain("x^3 + y^3 = 6xy", at=(3, 3), order=2, detail=detail)
    assert str(d).startswith("d^2y/dx^2 = ")
    assert r"\frac{d^{2} y}{dx^{2}} = " in d.to_markdown()
    assert "Derivative of y, where" in d.to_latex(document=True)
    assert "<msup><mo>d</mo><mn>2</mn></msup><mi>y</mi>" in d.to_html()
    data = d.to_dict()
    assert {*data} == {*DERIVATION["properties"]}
    assert data["given"] == ["x^3 + y^3 = 6xy"]
    assert len(d.hints()) == len(d.steps)
    assert (d.alternatives, {*d.forms}) == ((), {"raw", "tidied", "factored", "expanded"})


def test_slope_and_tangent_at_a_point():
    d = cr.explain("x^2 + y^2 = 25", at=(3, 4))
    assert d.value == -0.75
    assert d.at == (("x", 3.0), ("y", 4.0))
    assert "Tangent there: y = 25/4 - 3x/4" in d.notes
    assert "At x = 3, y = 4: -0.75" in str(d)


@pytest.mark.parametrize(
    "typed", ["x^2 + y^2 = 25 at (3, 4)", "slope of the tangent to x^2 + y^2 = 25 at x = 3, y = 4"]
)
def test_the_point_is_read_from_the_text(typed):
    assert cr.explain(typed).value == -0.75


def test_a_vertical_tangent_is_said():
    d = cr.explain("x^2 + y^2 = 25", at={"x": 5, "y": 0})
    assert d.value is None
    assert "Tangent there: vertical, x = 5; it has no slope" in d.notes


def test_a_height_that_is_not_given_is_found():
    assert cr.explain("x^3 + y = 9", at=2).at == (("x", 2.0), ("y", pytest.approx(1.0)))
    with pytest.raises(ValueError, match="y = -4, y = 4; say which"):
        cr.explain("x^2 + y^2 = 25", at=3)
    with pytest.raises(ValueError, match="no point of the curve"):
        cr.explain("x^2 + y^2 = 25", at=7)


def test_a_point_beside_the_curve_is_refused():
    with pytest.raises(ValueError, match=r"is not on the curve: x\^2 \+ y\^2 is 5 there, not 25"):
        cr.explain("x^2 + y^2 = 25", at=(1, 2))
    with pytest.raises(ValueError, match="y = 4 is on it"):
        cr.explain("x^2 + y^2 = 25", at=(3, 4.01))


def test_a_point_where_the_curve_crosses_itself_has_no_slope():
    with pytest.raises(NotDifferentiableError, match="cross itself"):
        cr.explain("x^3 + y^3 = 6xy", at=(0, 0))


@pytest.mark.parametrize(
    ("typed", "at"),
    [("|x| + |y| = 1", (0, 1)), ("|x| + |y| = 1", (1, 0)), ("max(x, y) = 1", (1, 1)), ("floor(x) + y^2 = 3", (2, 1))],
)
def test_a_corner_has_no_tangent(typed, at):
    with pytest.raises(NotDifferentiableError, match="sides have a corner or a jump there"):
        cr.explain(typed, at=at)


def test_where_a_corner_is_smoothed_there_is_a_tangent():
    assert "Tangent there: vertical, x = 0; it has no slope" in cr.explain("y|y| = x", at=(0, 0)).notes
    assert "Tangent there: y = 1" in cr.explain("max(x, y) = 1", at=(0.5, 1)).notes


def test_a_curve_without_points_is_not_checked():
    d = cr.explain("x^2 + y^2 = -1")
    assert d.verified is None
    assert "No point of the curve was found" in d.notes[-1]


def test_the_second_derivative_uses_the_equation():
    d = cr.explain("x^2 + y^2 = 25", order=2, at=(3, 4))
    assert str(d.result) == "-25/y^3"
    assert d.value == pytest.approx(-25 / 64)
    assert [step.rule for step in d.steps if step.rule in (PUT_IN, USE_THE_CURVE)] == [PUT_IN, USE_THE_CURVE]


@pytest.mark.parametrize("order", [2, 3])
def test_higher_derivatives_are_those_of_the_branch(order):
    d = cr.explain("x^2 + y^2 = 25", order=order)
    x = sp.Symbol("x")
    expected = sp.diff(sp.sqrt(25 - x**2), x, order).subs(x, 3)
    assert d.result(3.0, 4.0) == pytest.approx(float(expected))


def test_the_second_derivative_of_the_folium_is_short():
    d = cr.explain("x^3 + y^3 = 6xy", order=2)
    assert str(d.result) == "16xy/(2x - y^2)^3"


def test_partial_derivatives_of_a_surface():
    d = cr.explain("x^2 + y^2 + z^2 = 1, ∂z/∂x")
    assert str(d.heading) == "∂z/∂x = -x/z"
    assert str(cr.explain("PV = nRT, dP/dV").heading) == "∂P/∂V = -P/V"


def test_which_derivative_may_be_said_by_wrt():
    assert str(cr.explain("x^2 + y^2 = 25", wrt="y").heading) == "dx/dy = -y/x"
    assert str(cr.explain("x = y^2, dy/dx").heading) == "dy/dx = 1/(2y)"
    with pytest.raises(ValueError, match="Say it, as in"):
        cr.explain("p^2 + q^2 = 1")
    with pytest.raises(ValueError, match="differentiated by one variable"):
        cr.explain("x^2 + y^2 = 1", wrt=("x", "y"))
    with pytest.raises(ValueError, match="no variable 'w'"):
        cr.explain("x^2 + y^2 = 1", wrt="w")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("x^2 = 4", "in x alone"), ("x^2 + y - y = 2x", "has no part in the derivatives"), ("3 = 4", "has no variables")],
)
def test_what_is_no_curve_is_refused(typed, reason):
    with pytest.raises(ValueError, match=reason):
        cr.explain(typed)


def test_the_curve_is_followed_by_itself():
    # The check follows the curve itself, and not the formula.
    d = cr.explain("x^2 + y^2 = 25")
    along = SampledOnCurve(d.expression, *d.given[0].sides, "y", "x")
    points = {"x": np.array([3.0]), "y": np.array([3.5])}
    assert along.values(points) == pytest.approx(4.0)
    assert along.slopes(points, "x") == pytest.approx(-0.75)
    assert math.isnan(along.values({"x": np.array([7.0]), "y": np.array([1.0])})[0])


@pytest.mark.parametrize(
    "asked",
    [
        "f(x) = x^3 + x, (f^{-1})'(2)",
        "f(x) = x^3 + x; (f^(-1))'(2)",
        "derivative of the inverse of f(x) = x^3 + x at 2",
    ],
)
def test_the_derivative_of_an_inverse_is_that_of_its_curve(asked):
    assert cr.explain(asked).value == pytest.approx(1 / 4)
    assert cr.explain("x = y^3 + y, dy/dx at x = 2").value == pytest.approx(1 / 4)
    assert str(cr.explain("(x^{-1})'").result) == "-1/x^2"

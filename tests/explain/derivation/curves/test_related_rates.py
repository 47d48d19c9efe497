"""Related rates: the rate is SymPy's and the textbook's, the steps are true, and what is left open is asked."""

from __future__ import annotations

import json
import math

import pytest
import sympy as sp

import chainrule as cr
from chainrule.errors import ParseError
from chainrule.explain.derivation.structure import BOTH_SIDES_KNOWN, COLLECT, DIVIDE, PUT_RATES_IN
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Derivative, Number, Symbol, fold, rebuild
from chainrule.explain.reading.problem import parse_problem

MOMENTS = (
    ("x^2 + y^2 = 25, dx/dt = 3, x = 4, dy/dt", -4.0),
    ("x^2 + y^2 = 25, dx/dt = 3, x = 4, y = -3, dy/dt", 4.0),
    ("x^2 + y^2 = 100, dx/dt = 1, find dy/dt when x = 6", -0.75),
    ("V = 4/3 pi r^3, dV/dt = 100, r = 25, dr/dt", 1 / (25 * math.pi)),
    ("V = 1/3 pi r^2 h, r = h/2, dV/dt = 2, h = 3, dh/dt", 8 / (9 * math.pi)),
    ("z^2 = x^2 + y^2, dx/dt = -50, dy/dt = -60, x = 0.3, y = 0.4, dz/dt", -78.0),
    ("PV = C, dP/dt = 20, P = 150, V = 600, dV/dt", -80.0),
    ("A = pi r^2, dr/dt = 60, dA/dt when r = 3", 360 * math.pi),
    ("tan θ = x/20, dx/dt = 4, x = 15, dθ/dt", 0.128),
    (r"x^2 + y^2 = 25, \frac{dx}{dt} = 3, x = 4, \frac{dy}{dt} = ?", -4.0),
)


@pytest.mark.parametrize(("typed", "rate"), MOMENTS, ids=[typed for typed, _ in MOMENTS])
def test_the_rate_is_that_of_textbooks(typed, rate):
    d = cr.explain(typed)
    assert d.value == pytest.approx(rate)
    assert d.result.evaluate(**dict(d.at)) == pytest.approx(rate)
    assert d.verified < 1e-8


# The question, the gap between the sides as SymPy reads it, and the rates.
TIED = (
    ("x^3 + y^3 = 6xy, dx/dt = 2, dy/dt", "x**3 + y**3 - 6*x*y", {"x": 2}),
    ("z = e^(xy) + x, dx/dt = 3, dz/dt = -1, dy/dt", "z - exp(x*y) - x", {"x": 3, "z": -1}),
    ("x y z = 6, dx/dt = 1/2, dy/dt = 4, dz/dt", "x*y*z - 6", {"x": 0.5, "y": 4}),
    ("sin(x + y) = z^2, dx/dt = -1, dz/dt = 0.5, dy/dt", "sin(x + y) - z**2", {"x": -1, "z": 0.5}),
)


@pytest.mark.parametrize(("typed", "gap", "rates"), TIED, ids=[typed for typed, _, _ in TIED])
def test_the_rate_is_that_of_sympy_and_the_steps_are_true(typed, gap, rates):
    d = cr.explain(typed)
    symbols = sp.symbols("x y z")
    left = sp.sympify(gap, locals={str(each): each for each in symbols})
    moved = sum(sp.diff(left, sp.Symbol(name)) * rate for name, rate in rates.items())
    expected = -moved / sp.diff(left, sp.Symbol(d.label))
    for numbers in ((1.3, 0.7, 0.6), (0.4, 2.1, 1.7)):
        values = dict(zip("xyz", numbers, strict=True))
        at_point = {symbol: values[str(symbol)] for symbol in symbols}
        speed = float(expected.subs(at_point))
        assert d.result.evaluate(**values) == pytest.approx(speed)
        for step in (step for step in d.steps if step.rule in (BOTH_SIDES_KNOWN, COLLECT, DIVIDE, PUT_RATES_IN)):
            before, after = (
                float(evaluate(_moving(side, {**rates, d.label: speed}), values)) for side in (step.before, step.after)
            )
            assert before == pytest.approx(after, abs=1e-9), step.rule


def _moving(expression, speeds):
    """Return an expression with numbers for the derivatives by time."""

    def combine(node, operands):
        if isinstance(node, Derivative) and isinstance(node.body, Symbol):
            return Number(speeds[node.body.name])
        return rebuild(node, operands)

    return fold(expression, combine)


def test_the_positive_value_is_taken_and_said():
    assert any("y = 3 is taken" in note for note in cr.explain(MOMENTS[0][0]).notes)


@pytest.mark.parametrize("detail", [None, "brief", "full"])
def test_every_way_to_show_it_shows_the_rate(detail):
    d = cr.explain(MOMENTS[0][0], detail=detail)
    assert str(d).startswith("dy/dt = -3x/y")
    assert d.to_latex()
    assert d.to_html()
    assert set(d.forms) == {"raw", "tidied", "factored", "expanded"}
    assert json.loads(json.dumps(d.to_dict()))["given"] == ["x^2 + y^2 = 25", "dx/dt = 3"]
    assert len(d.hints()) == len(d.steps)


OPEN = (
    ("x^2 + y^2 = z^2, dx/dt = 3, dy/dt", "does z change"),
    ("x^2 + y^2 = 25, dz/dt = 3, dy/dt", "there is no variable 'z'"),
    ("x^2 + y^2 = 25, dx/dt = 3, dx/dt", "given, and asked for"),
    ("x^2 + y^2 = 25, dx/ds = 3, dy/dt", "all rates by the same variable"),
    ("dx/dt = 3, x = 4, dy/dt", "no equation ties"),
    ("x^2 + y^2 = 25, dx/dt = 3, x = 4, y = 2, dy/dt", "not on the curve"),
    ("x^2 + y^2 = 25, dx/dt = 3, x = 7, dy/dt", "no point of the curve"),
)


@pytest.mark.parametrize(("typed", "told"), OPEN, ids=[typed for typed, _ in OPEN])
def test_what_is_left_open_is_asked(typed, told):
    with pytest.raises(ValueError, match=told):
        cr.explain(typed)


def test_functions_of_other_commands_refuse_rates():
    with pytest.raises(ParseError, match="explained only"):
        parse_problem(MOMENTS[0][0])

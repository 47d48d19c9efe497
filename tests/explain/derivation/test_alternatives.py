"""Other routes: the natural ones are offered, every step of theirs is true, and they end in the same verified result."""

import math

import pytest
from tests.explain.derivation.problems import ONE_VARIABLE, derived, number, point_of

from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.logarithmic import ROUTE
from chainrule.explain.expressions.expression import Derivative, Symbol
from chainrule.explain.expressions.notation import text

pytestmark = pytest.mark.slow

OFFERED = [
    ("(2x+3)^2", ["expand first"]),
    ("(x+1)(x+2)", ["expand first"]),
    ("x^2 x^3", ["simplify first"]),
    ("x^3/x", ["simplify first"]),
    ("e^x e^(2x)", ["simplify first"]),
    ("sin(x)^2+cos(x)^2", ["simplify first"]),
    ("(x^2+1)/x", ["divide first"]),
    ("ln(x^2)", ["use the laws of logarithms first"]),
    ("ln(3x)", ["use the laws of logarithms first"]),
    ("ln(1/x)", ["use the laws of logarithms first"]),
    ("1/x^2", []),  # the first way writes it as a power
    ("1/sqrt(x)", ["write it as a power first"]),
    ("1/x", ["write it as a power first"]),
    ("sqrt(x)", ["write it as a power first"]),
    ("cbrt(x)", ["write it as a power first"]),
    ("x^x", ["write it as a power of e first", ROUTE]),
    ("x^sin(x)", ["write it as a power of e first", ROUTE]),
    ("(x^2+1)^3 (2x-1)^4", [ROUTE]),
    ("sqrt(x^2+1)/(x^3 (x-1)^2)", [ROUTE]),
    ("sin(x)", []),
    ("x^2", []),
    ("x^2 e^x", []),
    ("5x^3 - 2x", []),
    ("7", []),
]


@pytest.mark.parametrize(("typed", "routes"), OFFERED)
def test_the_natural_routes_are_offered(typed, routes):
    assert [way.route for way in explain(typed).alternatives] == routes


def _meant(derivation):
    """Return what a symbol stands for that logarithmic differentiation gives the function."""
    names = {
        step.before.body.name
        for step in derivation.steps
        if isinstance(step.before, Derivative) and isinstance(step.before.body, Symbol)
    } - {*derivation.names}
    return dict.fromkeys(names, derivation.expression)


@pytest.mark.parametrize("typed", ONE_VARIABLE)
def test_every_step_of_every_route_is_true_and_all_end_in_the_same_result(typed):
    main, point = derived(typed), point_of(typed)
    for way in main.alternatives:
        meant = _meant(way)
        assert way.result == main.result
        assert way.verified < 1e-8
        assert way.route
        for step in way.steps:
            before, after = (number(side, point, meant) for side in (step.before, step.after))
            assert math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12), (
                f"{way.route}: {step.rule}: {step.equation}"
            )
        last = way.steps[-1]
        assert text(last.after) == str(main.result)


def test_logarithmic_differentiation_names_its_steps_and_takes_its_rules_from_the_table():
    *_, way = explain("x^x").alternatives
    assert [step.rule for step in way.steps][:3] == ["take logarithms", "chain rule", "product rule"]
    assert {"solve for the derivative", "put the function back"} <= {step.rule for step in way.steps}
    assert str(way.steps[0].equation) == "ln(y) = x ln(x)"
    assert str(way.steps[1].equation) == "d/dx ln(y) = (1/y) · dy/dx"
    assert "Holds where x > 0" in str(way)


def test_the_name_of_the_function_is_free():
    *_, way = explain("y^y").alternatives
    assert str(way.steps[0].equation) == "ln(f) = y ln(y)"


def test_levels_and_points_are_kept():
    (way,) = explain("(2x+3)^2", at=1, detail="brief").alternatives
    assert (way.detail, way.value, way.at) == ("brief", 20.0, (("x", 1.0),))
    assert "1. expand first: (2x + 3)^2 = 4x^2 + 12x + 9" in str(way)


def test_only_of_a_first_derivative_by_one_variable():
    assert explain("(2x+3)^2", order=2).alternatives == ()
    gradient = explain("(2x+3y)^2")
    assert gradient.alternatives == ()
    assert [way.route for way in gradient.partials[0].alternatives] == ["expand first"]
    assert "treat y as constant" in str(gradient.partials[0].alternatives[0])

"""The walk with slips: without one it is the derivative, and each slip bends it as its row says."""

import math

import numpy as np
import pytest

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.reading.parse import parse
from chainrule.practice.grading.mistakes import MISTAKES
from chainrule.practice.grading.questions import derivative_of
from chainrule.practice.grading.variants import OutOfTime, Search, as_powers, unfolded
from chainrule.transforms.derivatives import jvp

POINTS = {"x": np.array([0.3, 0.7, 1.4, 2.2]), "y": np.array([1.1, 0.4, 2.0, 0.9])}


def search(text):
    expression = unfolded(parse(text).expression)
    return expression, Search(expression, "x", POINTS, math.inf)


@pytest.mark.parametrize(
    "text",
    ["x^3", "sin(3x) e^x", "x^2/(x+1)", "ln(x^2+y)", "x^x", "2^x sqrt(x)", "sigmoid(x y)", "softplus(x)", "x y^2"],
)
def test_without_a_slip_the_walk_is_the_derivative(text):
    expression, walk = search(text)
    _, exact = jvp(lambda x: evaluate(expression, {**POINTS, "x": x}), (POINTS["x"],), (np.ones(4),))
    assert np.allclose(walk.right(expression), exact)
    assert np.allclose(evaluate(derivative_of(expression, "x"), POINTS), exact)


@pytest.mark.parametrize("text", ["1/x^3", "sqrt(x+1)", "4/(2x+1)", "x^2/(x+1)"])
def test_roots_and_reciprocals_keep_their_value_as_powers(text):
    expression = parse(text).expression
    assert np.allclose(evaluate(as_powers(expression), POINTS), evaluate(expression, POINTS))


def found(text, most, wrong):
    """Return the names of the slips that give a derivative."""
    expression, walk = search(text)
    values = evaluate(parse(wrong).expression, POINTS)
    return {
        tuple(MISTAKES[slip].name for slip in variant.slips)
        for variant in walk.with_slips(expression, most)
        if np.allclose(variant.value, values)
    }


def test_a_slip_is_tried_at_every_place():
    assert ("inner derivative forgotten",) in found("sin(2x) + sin(3x)", 1, "cos(2x) + 3cos(3x)")
    assert ("inner derivative forgotten",) in found("sin(2x) + sin(3x)", 1, "2cos(2x) + cos(3x)")
    assert not found("sin(2x) + sin(3x)", 1, "cos(2x) + cos(3x)")


def test_a_slip_is_tried_at_all_places_at_once():
    expression, walk = search("sin(2x) + sin(3x)")
    values = evaluate(parse("cos(2x) + cos(3x)").expression, POINTS)
    everywhere = [variant for variant in walk.everywhere(expression) if np.allclose(variant.value, values)]
    assert MISTAKES[everywhere[0].slips[0]].name == "inner derivative forgotten"


def test_two_slips_are_tried_together():
    assert not found("x^2 + cos(3x)", 1, "2x + sin(3x)")
    assert ("inner derivative forgotten", "lost sign") in found("x^2 + cos(3x)", 2, "2x + sin(3x)")


def test_the_walk_stops_at_its_deadline():
    expression = parse("x^2").expression
    walk = Search(expression, "x", POINTS, -math.inf)
    with pytest.raises(OutOfTime):
        list(walk.with_slips(expression, 1))

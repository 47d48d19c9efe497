"""What the lessons say in numbers is what the library returns, and what a textbook says."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

pytest.importorskip("dash", reason="the extra `learn` is not installed")

import chainrule as cr
from chainrule.learn.blocks import Live, Slider
from chainrule.learn.lessons import (
    backpropagation,
    chain_rule,
    curvature,
    derivatives,
    gradient,
    gradient_descent,
    in_python,
    key_rules,
    optimizers,
    partial_derivatives,
)
from chainrule.learn.methods import METHODS


def rows(text: str) -> list[list[str]]:
    """Return the cells of the table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(("at", "h"), [(1.0, 1.0), (-2.0, 0.1), (0.5, 0.001)])
def test_the_secant_of_a_square_has_slope_2x_plus_h_and_the_tangent_2x(at: float, h: float) -> None:
    shown = derivatives.secant("x^2", at, h)
    assert f"= {2 * at + h:.6g}$$" in shown.text
    assert f"The derivative at this point is {2 * at:.6g}: the secant's slope is off by {h:.2g}." in shown.text
    assert shown.picture is not None
    assert f"slope {2 * at:.6g}: the tangent" in shown.picture.summary


def test_a_corner_gets_no_tangent_and_no_derivative() -> None:
    shown = derivatives.secant("|x|", 0.0, 1.0)
    assert "the curve has no tangent at x = 0" in shown.text
    assert "-1 from the left and to 1 from the right" in shown.text
    assert shown.picture is not None
    assert "tangent" not in shown.picture.summary
    assert "There is no derivative: the quotients" in derivatives.quotients("|x|", 0.0).text


def test_the_table_of_quotients_tends_to_the_derivative_that_the_rules_give() -> None:
    text = derivatives.quotients("x^3", 1.0).text
    first, *_, last = rows(text)
    assert first[1] == "7"  # (2^3 - 1^3) / 1
    assert first[3] == "truncation"
    assert last[3] == "rounding"
    assert f"The derivative is {cr.derivative(lambda x: x**3)(1.0):.10g}." in text
    errors = {cells[0]: float(cells[2]) for cells in rows(text)}
    assert f"h = {min(errors, key=errors.__getitem__)} comes nearest" in text


@pytest.mark.parametrize("n", range(1, 7))
def test_the_power_rule_at_work(n: int) -> None:
    shown = derivatives.power(float(n), 1.5)
    assert shown.picture is not None
    assert f"slope {n * 1.5 ** (n - 1):.6g}: the tangent" in shown.picture.summary


def test_two_gears_multiply() -> None:
    text = chain_rule.gears("u^2", "2x + 3", 1.0).text
    assert r"10 \cdot 2 = 20$$" in text
    assert "0.2004 / 0.01 = 20.04" in text
    assert "10 for each unit of u" in text


def test_the_sigmoid_is_never_steeper_than_a_quarter() -> None:
    points = np.linspace(-10, 10, 2001)
    slope = cr.derivative(cr.explain("sigmoid(x)").function)
    assert max(slope(float(point)) for point in points) == pytest.approx(0.25)
    shown = chain_rule.composition("sigmoid(2x - 1)", 0.5)
    assert shown.picture is not None
    assert "slope 0.5" in shown.picture.summary  # twice as steep: the inside has slope 2


def test_a_slice_has_the_slope_of_the_partial_derivative() -> None:
    for direction, expected in (("x moves", "1"), ("y moves", "2")):  # 2xy and x^2 + 1 at (1, 0.5)
        shown = partial_derivatives.slice_through("x^2 y + y", direction, 1.0, 0.5)
        assert shown.picture is not None
        assert f"slope {expected}: the tangent" in shown.picture.summary
        assert f"At x = 1, y = 0.5: {expected}" in shown.text


def test_no_direction_is_steeper_than_the_gradient() -> None:
    text = gradient.arrow("x^2 + 3y^2", 1.0, 1.0).text
    assert r"(2,\ 6)" in text
    assert f"length {math.hypot(2, 6):.4g} and points at 72°" in text
    found = [
        float(re.findall(r"\*\*(-?[\d.e+-]+)\*\*", gradient.search("x^2 + 3y^2", 1.0, 1.0, angle).text)[0])
        for angle in range(0, 360, 5)
    ]
    assert 5 * int(np.argmax(found)) in (70, 75)
    assert max(found) <= math.hypot(2, 6)


def test_the_walk_of_x_squared_keeps_four_fifths_at_each_step() -> None:
    shown = gradient_descent.walk("x^2", 5.0, 0.1, 10)
    table = rows(shown.text)
    assert [float(cells[1]) for cells in table] == pytest.approx([5 * 0.8**n for n in range(11)], rel=1e-5)
    assert [float(cells[2]) for cells in table] == pytest.approx([25 * 0.64**n for n in range(11)], rel=1e-5)
    assert [float(cells[3]) for cells in table] == pytest.approx([10 * 0.8**n for n in range(11)], rel=1e-5)


def test_the_slider_of_rates_meets_all_four_words() -> None:
    words = [gradient_descent.walk("x^2", 5.0, rate, 10).text.splitlines()[0] for rate in (0.001, 0.1, 0.99, 1.0, 1.1)]
    for line, word in zip(words, ("too slow", "right", "oscillating", "oscillating", "diverging"), strict=True):
        assert f"is {word}" in line


def test_the_stable_bound_is_marked() -> None:
    shown = gradient_descent.sweep("5x^2", 5.0, 20)
    assert shown.picture is not None
    assert "The stable bound 2/λmax is 0.2." in shown.picture.summary
    assert "The best rate is 0.1." in shown.picture.summary


@pytest.mark.parametrize(
    ("shape", "eigenvalues", "kind"),
    [("bowl", "[2, 2]", "minimum"), ("cap", "[-2, -2]", "maximum"), ("saddle", "[-2, 2]", "saddle"),
     ("valley", "[2, 40]", "minimum"), ("trough", "[0, 2]", "minimum (likely)")],
)  # fmt: skip
def test_shapes_have_these_eigenvalues(shape: str, eigenvalues: str, kind: str) -> None:
    report = curvature.shapes(shape).report
    assert f"eigenvalues: {eigenvalues}" in report
    assert f"classification: {kind}" in report


def test_the_claims_on_bending_hold() -> None:
    assert "is 6: the curve bends upward" in curvature.bend("x^3 - 3x", 1.0).text
    assert "saddle" in curvature.ellipse("x^2 + 5xy + y^2", 0.0, 0.0).report
    assert "along 0.707 x + 0.707 y" in curvature.ellipse("x^2 + 5xy + y^2", 0.0, 0.0).report
    assert "fourth derivatives" in curvature.ellipse("x^4 + y^4", 0.0, 0.0).report


def test_a_neurons_adjoints_are_those_of_the_chain_rule_by_hand() -> None:
    w, x, b, t = 0.5, 2.0, -1.0, 1.0
    y = 1 / (1 + math.exp(-(w * x + b)))
    before = 2 * (y - t) * y * (1 - y)
    shown = backpropagation.neuron(w, x, b, t, 18)
    for name, adjoint in (("w", before * x), ("x", before * w), ("b", before)):
        assert f"∂L/∂{name} = {adjoint:.6g}" in shown.summary
    assert shown.text.startswith("**Step 18 of 18. Backward:")
    assert backpropagation.neuron(w, x, b, t, 1).text.startswith("**Step 1 of 18. Forward:")


def test_a_step_of_the_neuron_shows_only_what_is_known_by_then() -> None:
    start, turn, end = (backpropagation.neuron(0.5, 2.0, -1.0, 1.0, step) for step in (1, 10, 18))
    assert start.summary == "The graph of L: 1 of 9 values and 0 of 9 adjoints are known."
    assert "0.25" not in start.drawing
    assert turn.summary == "The graph of L: 9 of 9 values and 1 of 9 adjoints are known; L = 0.25."
    assert "dL/dL = 1.0" in turn.drawing
    assert "dL/dw = " not in turn.drawing
    assert "dL/dw = -0.5" in end.drawing


@pytest.mark.parametrize("block", [block for block in backpropagation.LESSON.body if isinstance(block, Live)][:2])
def test_the_slider_of_steps_reaches_the_last_step_and_no_further(block: Live) -> None:
    given = {item.name: item.value for item in block.controls if isinstance(item, Slider)}
    (high,) = [item.high for item in block.controls if isinstance(item, Slider) and item.name == "step"]
    assert f"**Step {high} of {high}. Backward" in block.show(**{**given, "step": high}).text


def test_where_ways_meet_the_adjoint_is_the_sum() -> None:
    report = backpropagation.paths("b = a^2; c = b + a; L = b c", 1.5).report
    assert re.search(rf"dL/da\s+{4 * 1.5**3 + 3 * 1.5**2}\s+31.5\s+6.75", report)  # L = a^4 + a^3
    assert re.search(r"dL/da\s+4.0\s+6.0\s+1.0", backpropagation.paths("b = a + a; c = b + b; L = c", 1.5).report)


def test_both_programs_print_the_same_and_the_network_learns() -> None:
    assert in_python.manual() == in_python.automatic()
    assert in_python.manual().splitlines()[0] == "step  1: x = 4.0000, f(x) = 16.0000"
    before, after = (float(number) for number in re.findall(r"\d+\.\d+", in_python.network()))
    assert after < 0.05 < before
    compared = in_python.both(1.2, 10).text
    assert "Every line is the same." in compared
    assert "| `step  1: x = " in compared.replace("\u00a0", " ")
    linear = in_python.NETWORK.replace("np.tanh(X @", "(X @")
    assert linear != in_python.NETWORK
    assert float(re.findall(r"\d+\.\d+", in_python._printed(linear))[1]) > 0.6


def test_the_rules_are_those_of_the_table() -> None:
    text = key_rules.search("tanh").text
    assert any(row[0] == "tanh" and r"1 - \tanh" in row[2] for row in rows(text))
    assert len({row[1] for row in rows(key_rules.search("power").text)}) == 2
    found = [row[0] for row in rows(key_rules.search("sin").text)]
    assert found[:2] == ["sin", "sinh"]
    assert "isinf" in found[2:]  # it only contains the word
    assert key_rules.search("no such rule").text.startswith("No rule is called that.")


def test_the_race_is_the_one_that_minimize_runs() -> None:
    shown = optimizers.race("ill conditioned bowl", 0.01, 200)
    report = shown.report
    problem = optimizers.SURFACES["ill conditioned bowl"]
    start = np.asarray(problem.start, dtype=np.float64)
    for name, share in optimizers.RATES.items():
        found = cr.minimize(problem.fun, start, METHODS[name](0.01 * share), steps=200)
        assert shown.picture is not None
        assert name in shown.picture.summary
        assert re.search(rf" {name}\s+200\s+{re.escape(f'{found.fun:.4g}')}\s", report)

"""Every step is true: its two sides have the same value, and so has its general rule with the parts put in."""

import math

import pytest
from tests.explain.derivation.problems import EVERY, LEVELS, derived, number, parts, point_of

from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.expression import substitute


@pytest.mark.parametrize("typed", EVERY)
def test_both_sides_of_every_step_are_equal(typed):
    point = point_of(typed)
    for level in LEVELS:
        for step in derived(typed, level).steps:
            before, after = number(step.before, point), number(step.after, point)
            assert math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12), f"{level}: {step.rule}: {step.equation}"


@pytest.mark.parametrize("typed", EVERY)
def test_the_general_rule_with_the_parts_put_in_is_the_step(typed):
    point = point_of(typed)
    for step in derived(typed, "full").steps:
        if step.general is None or not step.match:
            continue
        left, right = step.general.sides
        meant = parts(step)
        body = number(substitute(left.body, meant), point)
        assert math.isclose(body, number(step.before.body, point), rel_tol=1e-12), f"{step.general} with {step.match}"
        value = number(right, point, meant)
        assert math.isclose(value, number(step.after, point), rel_tol=1e-9, abs_tol=1e-12), str(step.general)


@pytest.mark.parametrize("typed", ["x^4 - 2x^2", "sin(2x)", "x e^x", "1/x", "ln(x)", "sigmoid(x)", "e^(-x^2)"])
def test_steps_of_higher_orders_are_true(typed):
    point = point_of(typed)
    for level in LEVELS:
        for step in explain(typed, detail=level, order=3).steps:
            before, after = number(step.before, point), number(step.after, point)
            assert math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12), f"{level}: {step.equation}"


@pytest.mark.parametrize("typed", EVERY)
def test_every_problem_is_verified_and_needs_no_double_sign(typed):
    derivation = derived(typed)
    assert derivation.verified is not None
    assert derivation.verified < 1e-8
    assert "- (-" not in str(derivation.result)


def test_a_step_shows_the_rule_the_match_and_why():
    (step, *_) = explain("(2x+3)^5").steps
    assert str(step.general) == "d/dx u^n = n u^(n - 1) du/dx"
    assert [str(one) for one in step.match] == ["u = 2x + 3", "n = 5"]
    assert [str(one) for one in step.parts] == ["u = 2x + 3"]
    assert "times the derivative of the inside" in step.why
    data = step.to_dict()
    assert data["general"]["text"] == "d/dx u^n = n u^(n - 1) du/dx"
    assert data["match"][1] == {"text": "n = 5", "latex": "n = 5"}


def test_parts_are_called_like_no_variable():
    (step, *_) = explain("(2u + n)^c", wrt="u").steps
    names = {one.sides[0].name for one in step.match}
    assert not names & {"u", "n", "c"}
    assert len(names) == 2

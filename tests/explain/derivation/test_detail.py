"""The levels of detail: brief is one line per rule, full leaves nothing out, the level of a lesson lies between."""

import pytest
from tests.explain.derivation.problems import EVERY, LEVELS, derived

from chainrule.explain.derivation.explain import explain


def test_brief():
    assert str(explain("x^2 sin(x)/(1+x)", detail="brief")).split("\n")[:9] == [
        "d/dx (x^2 sin(x)/(1 + x)) = " + str(explain("x^2 sin(x)/(1+x)").result),
        "",
        "1. quotient rule (u = x^2 sin(x), v = 1 + x):",
        "   d/dx (x^2 sin(x)/(1 + x))",
        "     = ((1 + x) · d/dx (x^2 sin(x)) - x^2 sin(x))/(1 + x)^2",
        "2. product rule (u = x^2, v = sin(x)):",
        "   d/dx (x^2 sin(x)) = 2x sin(x) + x^2 cos(x)",
        "3. simplify:",
        "   d/dx (x^2 sin(x)/(1 + x))",
    ]


def test_brief_merges_what_is_trivial():
    assert [step.rule for step in explain("5x^3-2x^2+7x-4", detail="brief").steps] == ["sum rule"]
    inner = explain("1/(1+e^(-x))", detail="brief").steps
    assert [step.rule for step in inner] == ["chain rule", "chain rule", "simplify"]
    assert "treat x and b as constant; u = wx + b" in str(explain("sigmoid(wx+b)", detail="brief"))


def test_full():
    assert str(explain("(2x+3)^2", detail="full")).split("\n")[2:20] == [
        "1. chain rule: the derivative of the outside at the inside, times the",
        "     derivative of the inside",
        "   in general d/dx u^n = n u^(n - 1) du/dx",
        "   here u = 2x + 3, n = 2",
        "   d/du u^2 = 2u  (power rule)",
        "   d/dx (2x + 3)^2 = 2(2x + 3) · d/dx (2x + 3)",
        "2. sum rule: the derivative of a sum is the sum of the derivatives; constants",
        "     have derivative 0",
        "   in general d/dx (u + v) = du/dx + dv/dx",
        "   here u = 2x, v = 3",
        "   d/dx 3 = 0  (constant rule)",
        "   d/dx (2x + 3) = d/dx (2x)",
        "3. constant factor rule: a constant factor stays in front of the derivative",
        "   in general d/dx (cu) = c du/dx",
        "   here c = 2, u = x",
        "   d/dx x = 1",
        "   d/dx (2x) = 2",
        "4. put the parts together: each part is known now",
    ]


@pytest.mark.parametrize("typed", EVERY)
def test_the_level_changes_what_is_said_and_not_what_is_found(typed):
    brief, usual, full = (derived(typed, level) for level in LEVELS)
    assert str(brief.result) == str(usual.result) == str(full.result)
    assert len(brief.steps) <= len(usual.steps) <= len(full.steps)
    assert len(str(brief)) <= len(str(usual)) <= len(str(full))
    assert (brief.detail, usual.detail, full.detail) == ("brief", None, "full")


@pytest.mark.parametrize("level", ["Full", "more", 2, True, ["full"]])
def test_other_levels_are_refused(level):
    with pytest.raises(ValueError, match='"brief" or "full"'):
        explain("x^2", detail=level)

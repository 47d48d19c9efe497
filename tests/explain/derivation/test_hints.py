"""Hints: one for each step, in order, none of which gives its step away."""

import pytest
from tests.explain.derivation.problems import EVERY, LEVELS, derived

from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.hints import gives_away, hint
from chainrule.explain.expressions.notation import text


@pytest.mark.parametrize("typed", EVERY)
def test_no_hint_contains_the_result_of_its_step(typed):
    for level in LEVELS:
        derivation = derived(typed, level)
        hints = derivation.hints()
        assert len(hints) == len(derivation.steps)
        for step, sentence in zip(derivation.steps, hints, strict=True):
            assert not gives_away(sentence, text(step.after))
            assert sentence.endswith((".", "?"))


@pytest.mark.parametrize("typed", ["a x", "e x", "x one", "Go x", "step x"])
def test_even_a_result_that_is_a_word_is_not_given_away(typed):
    for step in explain(typed, wrt="x", detail="full").steps:
        assert not gives_away(hint(step), text(step.after))


def test_hints_lead_on():
    assert explain("x^2 e^x").hints() == (
        "Two factors change: the product rule. Differentiate each in turn, and keep the other. Try u = x^2, v = e^x.",
        "Every term shares a factor: take it out.",
    )
    (chain, *_) = explain("(2x+3)^2").hints()
    assert chain.endswith("Which is outside, which is inside? Try u = 2x + 3.")
    assert explain("sin(x)").hints() == ("The table has it: use the sine rule.",)

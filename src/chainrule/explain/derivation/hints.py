"""Owns hints: for each step a nudge that leads on and does not give the step away."""

from __future__ import annotations

import re

from chainrule.explain.derivation.account import Step
from chainrule.explain.derivation.formulas import row, rule_name
from chainrule.explain.derivation.structure import (
    ADD_UP,
    AS_POWER,
    BOTH_SIDES,
    BOTH_SIDES_KNOWN,
    CHAIN,
    CHAIN_BY_OPERAND,
    CHAIN_OF_SEVERAL,
    COEFFICIENT,
    COLLECT,
    CONSTANT,
    DEFINITION,
    DEFINITION_OF_DERIVATIVE,
    DIVIDE,
    INVERSE_RULE,
    L_HOPITAL,
    LIMIT_OF_PARTS,
    NO_LIMIT,
    ONE_SIDE_EACH,
    PUT_DEFINITIONS_IN,
    PUT_IN,
    PUT_POINT_IN,
    PUT_RATES_IN,
    QUOTIENT_OF_SPEEDS,
    RESOLVE,
    TAYLOR_SUM,
    TOGETHER,
    UNIT_VECTOR,
    USE_THE_CURVE,
    WHERE_INVERTED,
)
from chainrule.explain.expressions.expression import Apply, Derivative
from chainrule.explain.expressions.notation import text

_ALGEBRA = {
    "factor": "Every term shares a factor: take it out.",
    "factor above the line": "A factor of what stands below the line is hidden in what stands above it: take it out.",
    "cancel": "Something stands both above and below the line.",
    "sin²": "Think of Pythagoras: what do the squares of sine and cosine of one angle add up to?",
    "expand": "Multiply every term in the bracket, then add up what is alike.",
    "simplify": "Simplify what you have, as far as it gets shorter.",
    AS_POWER: "What stands below the line is a power, too: with which exponent?",
    BOTH_SIDES: "The sides are equal all along the curve. What follows for their derivatives?",
    BOTH_SIDES_KNOWN: "Write the two derivatives with the equals sign between them.",
    COLLECT: "Bring every term with the derivative to one side, and all others to the other.",
    DIVIDE: "What stands at the derivative? Divide by it.",
    PUT_RATES_IN: "Which rates are known? Put them in now, and not before.",
    PUT_DEFINITIONS_IN: "What is each of the variables between? Put it in.",
    CHAIN_OF_SEVERAL: "How many ways lead from the result to the variable? Each adds a product of two derivatives.",
    PUT_IN: "The first derivative is known: put it in.",
    USE_THE_CURVE: "Do you see one side of the equation of the curve?",
    QUOTIENT_OF_SPEEDS: "How fast does each coordinate change with the parameter? The slope is their quotient.",
    ADD_UP: "Every part is known: put each in its place, with its factor.",
    COEFFICIENT: "Put the point into this derivative, and divide by the factorial of its order.",
    "constant": "Put the point into the function itself.",
    TAYLOR_SUM: "Each coefficient belongs to a power of the distance from the point: add them up.",
    L_HOPITAL: "Above and below the line both tend to 0, or both grow without bound: differentiate each on its own.",
    PUT_POINT_IN: "Nothing is indeterminate any more: what does each part tend to?",
    LIMIT_OF_PARTS: "The parts have limits of their own: find these first.",
    RESOLVE: "On one side of the point it is a simpler formula: which?",
    NO_LIMIT: "Do the values come to rest?",
    ONE_SIDE_EACH: "Do both sides tend to the same?",
    DEFINITION_OF_DERIVATIVE: "Do you know this quotient, with its step that tends to 0?",
    WHERE_INVERTED: "Which number does the function take to this one?",
    INVERSE_RULE: "The graph of the inverse is that of the function with its axes exchanged: what becomes of a slope?",
    UNIT_VECTOR: "Only a vector of length 1 gives a slope. How long is this one?",
    TOGETHER: "Put each derivative that you have found in its place.",
}
"""What is said of moves of algebra, by their names or the first word of these; others are named."""

_LAST_RESORTS = ("Take one more step.", "Go on.")
"""Two that share no word, so that one of them cannot contain the answer."""


def hint(step: Step) -> str:
    """Return a nudge towards a step. It never contains the result of the step."""
    named, plain = _sentences(step)
    answer = text(step.after)
    candidates = (named, plain, *_LAST_RESORTS)
    return next(sentence for sentence in candidates if not gives_away(sentence, answer))


def gives_away(sentence: str, answer: str) -> bool:
    """Return whether the answer stands in the sentence; one sign only where it stands alone.

    >>> gives_away("the inside is u = 2x + 3", "2x"), gives_away("the inside is x^2", "x"), gives_away("next", "x")
    (True, True, False)
    """
    if len(answer) > 1:
        return answer in sentence
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", sentence) is not None


def _sentences(step: Step) -> tuple[str, str]:
    """Return the hint that names the parts, and one in words only."""
    if step.kind != "rule":
        known = step.rule if step.rule in _ALGEBRA else step.rule.split()[0]
        plain = _ALGEBRA.get(known, f"Rewrite it: {step.rule}.")
        return plain, plain
    if step.rule == rule_name(row("add")):
        return _SUM, _SUM
    if step.rule == rule_name(row("negative")):
        return _FACTOR, _FACTOR
    parts = ", ".join(map(str, step.parts))
    known = _BY_NAME.get((_name(step), len(step.parts)), _looked_up(step.rule))
    plain = _STRUCTURE.get(step.rule) or known.format(rule=step.rule)
    if parts:
        return f"{plain} Try {parts}.", plain
    held = ", ".join(map(str, step.match)) if step.rule != CONSTANT else ""
    return (f"{plain} Here {held}." if held else plain), plain


def _looked_up(rule: str) -> str:
    return "The table has it: use the {rule}." if rule.endswith("rule") else "This has a rule of its own."


def _name(step: Step) -> str:
    node = step.before.body if isinstance(step.before, Derivative) else step.before
    return node.primitive.name if isinstance(node, Apply) else ""


_SUM = "Take the terms one at a time. What happens to a term that does not change?"
_FACTOR = "One factor does not change: where does it go, and what is left to differentiate?"
_STRUCTURE = {
    CHAIN: f"One function stands inside of another: the {CHAIN}. Which is outside, which is inside?",
    CHAIN_BY_OPERAND: "The variable occurs in several places of one function: let one change at a time, and add up.",
    CONSTANT: "Does it change at all?",
    DEFINITION: "Write the function as what it stands for, by its definition.",
}
_BY_NAME = {
    ("multiply", 2): "Two factors change: the {rule}. Differentiate each in turn, and keep the other.",
    ("divide", 2): "What is above the line changes, and what is below it too: the {rule}.",
    ("power", 0): "A power: does the variable stand in the base or in the exponent?",
    ("where", 0): "Differentiate each case on its own, inside of where it holds.",
}
"""What is said of a primitive, by its name and how many of its parts change."""

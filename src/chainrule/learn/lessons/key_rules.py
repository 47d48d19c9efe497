"""Owns the lesson on the key rules: the library's own table, searched, and each rule's derivation."""

from __future__ import annotations

import functools
from typing import Any

import chainrule as cr
from chainrule.explain.derivation.rule_table import all_rules
from chainrule.learn.blocks import Exercise, Formula, Lesson, Live, Shown, Text

MOST_ROWS = 40


def search(words: str) -> Shown:
    """Show the rules whose name or operation contains the words."""
    wanted = words.strip().lower()
    rows = [row for row in _rules() if row["latex"] and (wanted in row["name"] or wanted in row["rule"].lower())]
    rows.sort(key=lambda row: _distance(row, wanted))
    if not rows:
        return Shown("No rule is called that. Try *power*, *sin* or *chain*.")
    lines = ["| operation | what people call it | rule |", "|---|---|---|"]
    lines += [f"| {row['name']} | {row['rule']} | ${row['latex']}$ |" for row in rows[:MOST_ROWS]]
    rest = len(rows) - MOST_ROWS
    return Shown("\n".join([*lines, "", f"{rest} more: type more letters." if rest > 0 else ""]))


def _distance(row: dict[str, Any], wanted: str) -> int:
    """Return how far a rule is from what is looked for: 0 where it has that name, 3 where a word only contains it."""
    if row["name"] == wanted:
        return 0
    if row["name"].startswith(wanted):
        return 1
    return 2 if any(word.startswith(wanted) for word in row["rule"].lower().split()) else 3


@functools.cache
def _rules() -> tuple[dict[str, Any], ...]:
    return tuple(all_rules())


def proof(function: str) -> Shown:
    """Show the derivation of one function, and its limit."""
    d = cr.explain(function, detail="full")
    return Shown(d.to_markdown())


LESSON = Lesson(
    slug="key-rules",
    title="Key rules: the whole table",
    minutes=5,
    goal="Find any rule, and see it at work. This is the table that the library itself runs on.",
    body=(
        Text(
            r"""
            Five rules build derivatives, and a table of functions feeds them.

            - **Sum**: the derivative of a sum is the sum of the derivatives.
            - **Constant factor**: it stays in front.
            - **Product**: each factor is differentiated in turn while the other is kept.
            - **Quotient**: above and below the line both change.
            - **Chain**: the outside at the inside, times the inside's derivative.

            Everything else is a row of the table below. Nobody typed these formulas for this page: each is obtained by calling
            the rule that computes your gradients with letters in place of numbers. **The rule you read is the rule that runs.**
            """
        ),
        Live(
            "search", "The table of rules", (Formula("words", "Search, such as power, sin, logarithm", "sin"),), search
        ),
        Text(
            r"""
            ## At work

            Type anything that uses the rules, and see which ones are applied.
            """
        ),
        Live("proof", "A derivation", (Formula("function", "A function", "x^2 e^(3x) / (1 + x)"),), proof),
    ),
    change=(
        "Search for *tanh* and for *sigmoid*: both derivatives are made of the function's own value. Why is that cheap?",
        "Search for *power*: one operation has two rules. Which letter moves in each?",
        r"Type $x^x$ in the second figure. Which rule takes both the base and the exponent?",
    ),
    takeaways=(
        "Five rules build derivatives; a table of functions feeds them.",
        "A rule is a formula and a name; the same formula computes and explains.",
        "Read a derivation from the outside in: each step names one rule.",
    ),
    exercises=(
        Exercise("product", 1, 1),
        Exercise("quotient", 1, 1),
        Exercise("exponentials and logarithms", 1, 1),
        Exercise("trigonometry", 1, 1),
        Exercise("chain", 2, 3),
    ),
)

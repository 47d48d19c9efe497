"""Owns mathematics in words: "x squared times the sine of x" has the tokens of x^2 * sin x.

A phrase is read where it has one meaning. Words that stand for nothing in a formula are left to whoever refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from chainrule.explain.expressions.expression import Number, Symbol
from chainrule.explain.reading.cursor import Cursor
from chainrule.explain.reading.names import FUNCTIONS, Function, log_to_base

_ORDINALS = dict(zip("second third fourth fifth sixth seventh eighth ninth tenth".split(), range(2, 11), strict=True))
_CARDINALS = dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True))
_SIGNS = {
    "plus": ("PLUS", "+"),
    "minus": ("MINUS", "-"),
    "times": ("TIMES", "*"),
    "multiplied by": ("TIMES", "*"),
    "over": ("DIVIDE", "/"),
    "divided by": ("DIVIDE", "/"),
}
_POWERS = {"squared": 2, "cubed": 3}
_NAMES = {
    "inverse sine": "arcsin",
    "inverse cosine": "arccos",
    "inverse tangent": "arctan",
    "hyperbolic sine": "sinh",
    "hyperbolic cosine": "cosh",
    "hyperbolic tangent": "tanh",
    "square root": "sqrt",
    "cube root": "cbrt",
    "natural logarithm": "ln",
    "natural log": "ln",
    "absolute value": "abs",
    "arcsine": "arcsin",
    "arccosine": "arccos",
    "arctangent": "arctan",
    "cosine": "cos",
    "sine": "sin",
    "tangent": "tan",
    "secant": "sec",
    "cosecant": "csc",
    "cotangent": "cot",
    "logarithm": "log",
}
"""Names of functions in words, the longer ones first."""


def _any(words: Iterable[str]) -> str:
    return "|".join(word.replace(" ", r"\s+") for word in words)


_NAME = _any(_NAMES)
_CALLED = re.compile(
    rf"(?:the\s+)?(?:({_NAME})\b(?:\s+of\b(?:\s+the\b(?!\s+(?:{_NAME})\b))?)?|([A-Za-z]+[0-9]*)\s+of\b)", re.IGNORECASE
)
_ORDINAL = rf"(?:{_any(_ORDINALS)}|[0-9]{{1,3}}(?:st|nd|rd|th))\b"
_TO_THE = re.compile(rf"(?:raised\s+)?to\s+the\s+(?:power\s+(?:of\s+)?|({_ORDINAL})(?:\s+power\b)?)?", re.IGNORECASE)
_POWER_WORD = re.compile(rf"({_any(_POWERS)})\b(?:\s+of\b)?", re.IGNORECASE)
_HALF = re.compile(r"(?:one\s+|a\s+)?half\b(?:\s+of\b)?", re.IGNORECASE)
_BASE = re.compile(
    r"(?:the\s+)?log(?:arithm)?\s+(?:to\s+)?(?:the\s+)?base\s+([0-9]{1,9}|[A-Za-z])\s+of\b", re.IGNORECASE
)
_SIGN = re.compile(rf"({_any(_SIGNS)})\b", re.IGNORECASE)
_NUMBER = re.compile(rf"({_any(_CARDINALS)})\b", re.IGNORECASE)


def phrase_here(cursor: Cursor) -> tuple[str, object, int] | None:
    """Return the token that a phrase here stands for, as its kind, its value, and how many characters it takes.

    A function has the kind FUNC, though a bracket may follow it.
    """
    if (found := cursor.match(_POWER_WORD)) is not None and (cursor.after_operand() or cursor.after_function()):
        return "RAISED", Number(_POWERS[found[1].lower()]), len(found[0])
    if (found := cursor.match(_TO_THE)) is not None and cursor.after_operand():
        if not found[1]:
            return "CARET", "^", len(found[0])
        word = found[1].lower()
        return "RAISED", Number(_ORDINALS[word] if word in _ORDINALS else int(word[:-2])), len(found[0])
    if (found := cursor.match(_SIGN)) is not None:
        return (*_SIGNS[_single_spaced(found[1])], len(found[0]))
    if (found := cursor.match(_HALF)) is not None:
        return "OPERAND", Number(Fraction(1, 2)), len(found[0])
    if (found := cursor.match(_BASE)) is not None:
        base = Number(int(found[1])) if found[1].isdecimal() else Symbol(found[1])
        return "FUNC", Function("log", log_to_base(base)), len(found[0])
    if (found := cursor.match(_CALLED)) is not None and (function := _function(found)) is not None:
        return "FUNC", function, len(found[0])
    if (found := cursor.match(_NUMBER)) is not None:
        return "OPERAND", Number(_CARDINALS[found[1].lower()]), len(found[0])
    return None


def _function(found: re.Match[str]) -> Function | None:
    """Return the function that was found: by its name in words, or by a short name with `of` after it."""
    if found[1]:
        return FUNCTIONS[_NAMES[_single_spaced(found[1])]]
    function = FUNCTIONS.get(found[2].lower())
    return function if function is not None and function.is_of_one else None


def _single_spaced(words: str) -> str:
    return re.sub(r"\s+", " ", words.lower())

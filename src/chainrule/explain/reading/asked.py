"""Owns what is asked around a function in words: English in front of it and after it, and the point at its end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from chainrule.errors import ParseError
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.reading.characters import SUPERSCRIPTS
from chainrule.explain.reading.names import GREEK_NAMES
from chainrule.explain.reading.parse import parse, symbol_name
from chainrule.explain.reading.refusal import refusal

_WORDS_OF_ORDER = ("first", "second", "third", "fourth", "fifth", "sixth")
ORDERS = (
    {word: order for order, word in enumerate(_WORDS_OF_ORDER, 1)}
    | {f"{order}{ending}": order for order, ending in enumerate(("st", "nd", "rd", "th", "th", "th"), 1)}
    | {str(order): order for order in range(1, 7)}
    | {"twice": 2}
)
_GREEK = "|".join(sorted({*GREEK_NAMES} - {"pi"}, key=len, reverse=True))
VARIABLE = (
    rf"(?:\\[A-Za-z]++|(?:{_GREEK})(?![A-Za-z])|[A-Za-z]|[\u0370-\u03ff])"
    r"(?:[0-9]+|[₀-₉]+|_[0-9]+|_[A-Za-z](?![A-Za-z])|_\{[A-Za-z0-9]{1,8}\})?"
)
_BEYOND = ("seventh", "eighth", "ninth", "tenth", "n-?th")
ORDER_WORD = "|".join((*_WORDS_OF_ORDER, *_BEYOND, "[0-9]{1,3}(?:st|nd|rd|th)"))
RAISED = r"(?:[0-9]{1,4}|[a-z](?![A-Za-z]))"
RAISED_SIGNS = "[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ]{1,4}"
"""What may stand above the d of a sign of differentiation: an order, of which `order_of` knows whether it can be taken."""
_LOWERED = str.maketrans(SUPERSCRIPTS)

VERB = (
    r"(?:please\s+)?(?:(?:can|could)\s+you\s+)?"
    r"(?:(?:find\s+and\s+classify|classify|locate|identify|find|compute|calculate|determine|evaluate|give|show|take|get|derive|what\s+is|what's)\s+(?:me\s+)?)?"
)
LET = r"(?:let|given(?:\s+that)?|suppose(?:\s+that)?|consider|if|for)\b"
"""What stands in front of a definition that a question follows, as in Let f(x) = x^2. Find its extrema."""
_LETTING = re.compile(rf"\s*+{LET}\s*+", re.IGNORECASE)

_CURVE = r"(?:(?:the\s+)?(?:function|expression|curve|equation|circle|ellipse|hyperbola|graph(?:\s+of)?)\b\s*)?"
_OF = rf"\s*(?:(?:of|for|to)\b)?\s*{_CURVE}:?"
_SIGN = r"\s*(?:d/d|∂/∂|\\[dt]?frac\s*\{\s*(?:d|\\partial|\\mathrm\s*\{\s*d\s*\})\s*\})"
# "tangent of x" is tan x; the line is one to a curve, or is called a line.
_TANGENT = (
    r"(?:equations?\s+(?:of|for)\s+(?:the\s+|a\s+)?)?(?:(?:tangent(?:\s+line)?\s+and\s+(?:the\s+)?)?(?:tangent|normal)\s+lines?"
    r"|(?:tangent\s+and\s+(?:the\s+)?)?(?:tangent|normal)(?=\s+(?:to|at)\b)|slope(?:\s+(?:of|to)\s+(?:the\s+)?tangent"
    r"(?:\s+line)?(?=\s+(?:to|at)\b))?)"
)
_LEAD = re.compile(
    rf"\s*(?:{VERB}(?:the\s+|a\s+)?(?:({ORDER_WORD})\s+)?(?:order\s+)?(?:partial\s+|implicit\s+)?"
    rf"(?:derivatives?|gradient|(hessian)(?:\s+matrix)?|{_TANGENT}(?=\s+(?:of|to|for|at)\b)){_OF}"
    rf"|(?:please\s+)?(?:differentiate|derive)\b(\s+twice\b)?{_OF}|{VERB}(?={_SIGN}))(?![A-Za-z(]*\s*=)",
    re.IGNORECASE,
)
_IMPLICITLY = re.compile(
    r"(?:\b(?:use|using|by|with|via)\s+)?\bimplicit(?:ly|\s+differentiation(?:\s+to)?)\b\s*,?", re.IGNORECASE
)
"""How it is to be found; the equation says that by itself."""

_EQUALS = re.compile(r"\b(?:is\s+)?equals?(?:\s+to)?\b", re.IGNORECASE)
_BY = re.compile(
    rf"[\s,]*(?:with\s+respect\s+to|w\.?\s?r\.?\s?t\.?|in\s+terms\s+of|by|for)\s+"
    rf"({VARIABLE}(?:\s*(?:,|\band\b)\s*{VARIABLE})*)\s*$",
    re.IGNORECASE,
)
NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_AT = re.compile(r"[\s,;]*+\b(at|when|where|for)\s++(?:the\s++)?(?:point\s++)?", re.IGNORECASE)
_BAR_AT = re.compile(
    r"\s*+((?:\\right|\\[bB]igg?r?)\s*+)?(?:\||\\r?[vV]ert(?![A-Za-z]))\s*+_\s*+(\{[^{}]+\}|[0-9])\s*+$"
)
_EARLY_POINT = re.compile(
    rf"\s*+at\s++(?:the\s++)?(?:point\s++)?(\([^()]++\)|{VARIABLE}\s*+=\s*+\S++)\s++(?:to|of|on)\s++{_CURVE}:?",
    re.IGNORECASE,
)
"""The point between a tangent and its curve: tangent line at (3, 9) to y = x^2."""
_LEFT_OF_NOTHING = re.compile(r"\\left\s*\.")
_PAIRS = re.compile(r"\(?([^()=]+?)\)?\s*=\s*\((.+)\)")
_MAX_POINT = 200
_MAX_CONSTANT = 40
_END = re.compile(r"\s*(?:=\s*\??|\?|\.)\s*$")


At: TypeAlias = Mapping[str, float] | tuple[float, ...]
"""A point: numbers by name, or in the order of the variables."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What has been understood so far: the line that is left, and what was asked.

    argument: a in f'(a). tangent: whether the line is wanted that touches the curve; normal: the one across it,
    too.
    """

    line: str
    wrt: tuple[str, ...] | None = None
    order: int = 1
    at: At | None = None
    name: str | None = None
    asked: bool = False
    argument: str | None = None
    tangent: bool = False
    normal: bool = False
    notes: tuple[str, ...] = ()


def order_of(text: str, position: int, typed: str) -> int:
    """Return the order of a derivative, as a word or a number. Raises ParseError where it is not one from 1 to 6."""
    typed = typed.lower().translate(_LOWERED)
    order = ORDERS.get(typed)
    if order is None:
        problem = f"derivatives of order 1 to {max(ORDERS.values())} are explained, not of order {typed}"
        raise refusal(text, position, f"{problem}; chainrule.derivative takes any order of a Python function")
    return order


def blanked(line: str, start: int, end: int) -> str:
    """Return the line with spaces from `start` to `end`, so that columns stay."""
    return line[:start] + " " * (end - start) + line[end:]


def without_let(line: str) -> str:
    """Blank out what stands in front of a definition that a question followed.

    >>> without_let("let f(x) = x^2")
    '    f(x) = x^2'
    """
    found = _LETTING.match(line)
    return line if found is None else blanked(line, 0, found.end())


def without_end(text: str, asked: Asked) -> Asked:
    """Leave out a question mark, a full stop or an equals sign at the end."""
    line = asked.line
    while (found := _END.search(line)) is not None and found[0].strip():
        line = blanked(line, found.start(), len(line))
    return replace(asked, line=line)


def by_words(text: str, asked: Asked) -> Asked:
    """Understand `derivative of ... with respect to x at x = 2`, `slope of the tangent to ... at (3, 4)`, `... at x = 2`."""
    line, bar_at = _point_after_a_bar(asked.line)
    line = _EQUALS.sub(lambda found: "=".ljust(len(found[0])), line)
    for found in _IMPLICITLY.finditer(line):
        line = blanked(line, found.start(), found.end())
    lead = _LEAD.match(line)
    if lead is not None and bar_at is None and (early := _EARLY_POINT.match(line, lead.end())) is not None:
        bar_at = _point(early[1], False)
        line = line if bar_at is None else blanked(line, lead.end(), early.end())
    line, at = (line, bar_at) if bar_at is not None else point_at_the_end(line, lead is not None)
    by = _BY.search(line) if lead is not None or "respect" in line or re.search(r"w\.?\s?r\.?\s?t", line) else None
    if lead is None and by is None:
        return replace(asked, line=line, at=at)
    order, wrt = 1, None
    if by is not None:
        wrt = tuple(map(symbol_name, _listed(by[1])))
        line = blanked(line, by.start(), len(line))
    if lead is not None:
        order = 2 if lead[2] else order_of(text, max(lead.start(1), 0), lead[1] or (lead[3] or "first").strip())
        line = blanked(line, 0, lead.end())
    words = "" if lead is None else lead[0].lower()
    normal = "normal" in words
    tangent = normal or "tangent" in words
    return replace(asked, line=line, wrt=wrt, order=order, at=at, asked=True, tangent=tangent, normal=normal)


def variables_at_the_end(line: str) -> tuple[str, tuple[str, ...]]:
    """Return the line without `with respect to x, y` at its end, and these variables."""
    by = _BY.search(line)
    if by is None or not re.search(r"respect|w\.?\s?r\.?\s?t", by[0]):
        return line, ()
    return blanked(line, by.start(), len(line)), tuple(map(symbol_name, _listed(by[1])))


def _listed(text: str) -> list[str]:
    return re.split(r"\s*(?:,|\band\b)\s*", text)


def _point_after_a_bar(line: str) -> tuple[str, At | None]:
    """Return the line without the point that an evaluation bar at its end names, as in x^3 |_{x=2}, and the point."""
    found = _BAR_AT.search(line)
    if found is None or not (found[1] or "=" in found[2]):
        return line, None
    at = _point(found[2].strip("{} "), False)
    if at is None:
        return line, None
    line = blanked(line, found.start(), len(line))
    opening = _LEFT_OF_NOTHING.search(line)
    return (line if opening is None else blanked(line, opening.start(), opening.end())), at


def point_at_the_end(line: str, is_asked: bool) -> tuple[str, At | None]:
    """Return the line without the point at its end, and the point; `where x = 2` is one after a question only."""
    for found in _AT.finditer(line):
        is_named = found[1].lower() != "at"
        at = _point(line[found.end() :].strip(), is_named) if is_asked or not is_named else None
        if at is not None:
            return blanked(line, found.start(), len(line)), at
    return line, None


def _point(typed: str, is_named: bool) -> At | None:
    """Return what (3, 4), x = 3, y = pi/4 or pi is as a point; None where it is none. is_named: whether it needs names."""
    if not typed or len(typed) > _MAX_POINT:
        return None
    pairs = _PAIRS.fullmatch(typed)
    if pairs is not None:
        names, numbers = _listed(pairs[1]), _listed(pairs[2])
        typed = ", ".join(map("=".join, zip(names, numbers, strict=False))) if len(names) == len(numbers) else ""
    elif typed[0] == "(" and typed[-1] == ")" and "=" not in typed:
        typed = typed[1:-1]
    parts = [part.partition("=") for part in _listed(typed)]
    values = [constant(value or name) for name, _, value in parts]
    known = [value for value in values if value is not None]
    if len(known) < len(parts):
        return None
    if not any(equals for _, equals, _ in parts):
        return None if is_named else tuple(known)
    if not all(equals and re.fullmatch(VARIABLE, name.strip()) for name, equals, _ in parts):
        return None
    return {symbol_name(name.strip()): value for (name, _, _), value in zip(parts, known, strict=True)}


def constant(typed: str) -> float | None:
    """Return the value of a number as it is typed, such as -1.5, pi/4 or sqrt(2); None where it is none.

    >>> constant("-1/2"), constant("x")
    (-0.5, None)
    """
    if not typed.strip() or len(typed) > _MAX_CONSTANT:
        return None
    try:
        expression = parse(typed.strip()).expression
    except ParseError:
        return None
    return None if free_symbols(expression) else float(evaluate(expression, {}))

r"""Owns limits as they are typed: the function, the variable, what it tends to, and from which side.

Understood are `lim x->0 sin(x)/x`, `\lim_{x \to 0^+} x \ln x`, `limit of (1+1/x)^x as x -> infinity`, `limit as x approaches 2
from the left of 1/(x-2)` and `limit(sin(x)/x, x, 0)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression
from chainrule.explain.reading.asked import VARIABLE, VERB, Asked, blanked, without_end, without_let
from chainrule.explain.reading.infinite import INFINITE, infinity_of, sign_of_infinity
from chainrule.explain.reading.nesting import depths
from chainrule.explain.reading.parse import Parsed, parse, parse_line, symbol_name
from chainrule.explain.reading.refusal import quoted, refusal
from chainrule.explain.reading.statements import without_wrapper

_LEAD = re.compile(
    rf"\s*+(?:{VERB})(?:the\s+(?:following\s+)?limit\s*+:\s*+)?(?:the\s+|an?\s+)?(?:(?P<side>left|right|one)[-\s]?(?:hand(?:ed)?|sided)?\s+)?"
    r"(?:\\lim|limits?|lim)(?![A-Za-z])(?:\s*+\\limits(?![A-Za-z]))?(?:\s*+of\b)?",
    re.IGNORECASE,
)
_AFTER_DEFINITIONS = re.compile(rf"[,;:]\s*+(?={VERB}(?:the\s+)?(?:\\lim|limit|lim)(?![A-Za-z]))", re.IGNORECASE)
_FULL_STOP = re.compile(rf"(?<=\S)\.\s+(?={VERB}(?:the\s+)?(?:\\lim|limit|lim)(?![A-Za-z]))", re.IGNORECASE)
_ARROW = (
    r"\s*+(?:-+>|→|=>|⟶|\\(?:to|rightarrow|longrightarrow)(?![A-Za-z])|approach(?:es|ing)\b|tends\s+to\b|tending\s+to\b|goes\s+to\b|going\s+to\b"
    r"|to\b)\s*+"
)
_START = re.compile(rf"\s*+(?:(?:as|when|for)\s+|_\s*+)?(?P<open>[{{(\[])?\s*+(?P<name>{VARIABLE}){_ARROW}")
_LATER = re.compile(
    rf"[\s,;]*+\b(?:as|when|for|if|where)\s+(?P<open>)(?P<name>{VARIABLE}){_ARROW}|\bat\s+(?P<place>{VARIABLE})\s*+=\s*+|,\s*+(?P<other>{VARIABLE}){_ARROW}"
)
_CLOSING = {"{": "}", "(": ")", "[": "]"}
_ATOM = (
    r"(?:[0-9]+(?:\.[0-9]+)?(?:\s*+(?:\\pi|pi|π))?|\\pi(?![A-Za-z])|pi\b|π|\\[dt]?frac\s*+\{[^{}]*+\}\s*+\{[^{}]*+\}|sqrt\([^()]*+\)"
    r"|\\sqrt\s*+\{[^{}]*+\}|\([^()]*+\)|[A-Za-z](?![A-Za-z(]))"
)
_TARGET = re.compile(rf"[-+]?\s*+(?:{INFINITE}|{_ATOM}(?:/{_ATOM})?)", re.IGNORECASE)
_SIDE = re.compile(r"\s*+(?:\^\s*+(?:\{\s*+([-+])\s*+\}|([-+])|\(\s*+([-+])\s*+\))|([⁺⁻])|([-+])(?=\s|$|[)}\]]))")
_FROM = re.compile(
    r"[\s,(]*+from\s+(?:the\s+)?(?P<side>right|left|above|below|positive|negative)(?:[-\s]+(?:hand\s+)?side)?\)?",
    re.IGNORECASE,
)
_OF = re.compile(r"\s*+(?:of\b|:|,)?\s*+(?:the\s+function\b)?\s*+", re.IGNORECASE)
_BY_THE_RULE = re.compile(
    r"[\s,]*\b(?:use|using|by|with|via|apply|applying)\s+(?:the\s+rule\s+of\s+)?(?:de\s+)?l\s*['’]?\s*h[oô]s?pital(?:['’]?s)?(?:\s+rule)?"
    r"(?:\s+to(?=\s)|\s*[,:])?",
    re.IGNORECASE,
)
"""How it is to be found; the search tries that by itself."""
_OF_SEVERAL = re.compile(rf"\s*+_?\s*+[{{(]?\s*+\(\s*+{VARIABLE}\s*+,\s*+{VARIABLE}[^()]*+\){_ARROW}")
_RIGHT = frozenset(("right", "above", "positive", "+", "⁺"))
_EXAMPLE = "expected what the variable tends to, as in lim x->0 sin(x)/x"


@dataclass(frozen=True, slots=True)
class LimitAsked:
    """A question for a limit.

    name: the variable. to: what it tends to, infinite ones too. side: 1 from above, -1 from below, 0 from both sides.
    """

    parsed: Parsed
    name: str
    to: Expression
    side: int = 0


def limit_of(text: str, line: str) -> LimitAsked | None:
    """Return the limit that a text asks for; None where it asks something else. Raises ParseError in one."""
    by_the_rule = _BY_THE_RULE.search(line)
    if by_the_rule is not None:
        line = blanked(line, by_the_rule.start(), by_the_rule.end())
    line = _FULL_STOP.sub(lambda stop: stop[0].replace(".", ";"), line)
    lead = _lead(line)
    if lead is None:
        return None
    line = blanked(line, lead.start(), lead.end())
    if lead.start():
        line = without_let(line)
    if _OF_SEVERAL.match(line, lead.end()):
        raise refusal(
            text,
            lead.end(),
            "limits in several variables are not found; expected one variable, as in lim x->0 sin(x)/x",
        )
    words = (lead["side"] or "").lower()
    side = 1 if words == "right" else -1 if words == "left" else 0
    line = without_end(text, Asked(line)).line
    program = _as_program(text, line)
    if program is not None:
        return program
    found = _START.match(line, lead.end())
    place = lead.end()
    if found is None:
        found = next(iter([*_LATER.finditer(line)][-1:]), None)
        if found is None:
            raise refusal(text, lead.end() - 1, f"a limit of nothing that moves; {_EXAMPLE}")
        place = found.start()
    name = symbol_name(next(each for each in map(found.groupdict().get, ("name", "other", "place")) if each))
    to, to_side, end = _target(text, line, found.end(), found["open"] or "")
    of = _OF.match(line, end)
    assert of is not None
    line = without_wrapper(blanked(line, place, of.end()))
    if not line.strip():
        raise refusal(text, len(text) - 1, "the function is missing; expected it, as in lim x->0 sin(x)/x")
    return LimitAsked(parse_line(text, line), name, to, to_side or side)


def _lead(line: str) -> re.Match[str] | None:
    """Return the words that ask for a limit: in front of all else, or after definitions, as in f(x) = x^2, lim h->0 f(h)/h."""
    first = _LEAD.match(line)
    if first is not None:
        return first
    nesting = depths(line)
    for found in _AFTER_DEFINITIONS.finditer(line):
        if "=" in line[: found.start()] and nesting[found.start()] == 0:
            return _LEAD.match(line, found.end())
    return None


def _target(text: str, line: str, start: int, opened: str) -> tuple[Expression, int, int]:
    """Return what the variable tends to, from which side, and where that ends."""
    end = len(line)
    if opened:
        end = _closed(line, start, opened)
        if end < 0:
            raise refusal(
                text,
                start,
                f"a bracket that is not closed; expected {_CLOSING[opened]!r} after what the variable tends to",
            )
    found = _TARGET.match(line, start, end)
    if found is None:
        raise refusal(text, min(start, len(text) - 1), f"what the variable tends to is not understood; {_EXAMPLE}")
    position, side = found.end(), 0
    sign = _SIDE.match(line, position, end)
    if sign is not None:
        side = 1 if next(group for group in sign.groups() if group) in _RIGHT else -1
        position = sign.end()
    if opened:
        if line[position:end].strip():
            raise refusal(
                text, position, f"{quoted(line[position:end].strip())} after what the variable tends to; {_EXAMPLE}"
            )
        position = end + 1
    words = _FROM.match(line, position)
    if words is not None:
        side = 1 if words["side"].lower() in _RIGHT else -1
        position = words.end()
    to = _value(text, found[0], start)
    return to, (0 if sign_of_infinity(to) else side), position


def _closed(line: str, start: int, opened: str) -> int:
    nesting = depths(line[start:])
    for position in range(start, len(line)):
        if line[position] == _CLOSING[opened] and nesting[position - start] < 0:
            return position
    return -1


def _value(text: str, typed: str, start: int) -> Expression:
    """Return what is typed as a number, a letter or an infinity."""
    typed = typed.strip()
    if (infinite := infinity_of(typed)) is not None:
        return infinite
    try:
        return parse(typed).expression
    except ParseError:
        raise refusal(text, start, f"{quoted(typed)} is no number; {_EXAMPLE}") from None


def _as_program(text: str, line: str) -> LimitAsked | None:
    """Understand `limit(sin(x)/x, x, 0)`, `limit(sin(x)/x, x, 0, "+")` and `limit(sin(x)/x, x=0)`."""
    body = line.strip()
    if body[:1] != "(" or body[-1:] != ")":
        return None
    start, end = line.index("(") + 1, line.rindex(")")
    nesting = depths(line[start:end])
    commas = [start + place for place, char in enumerate(line[start:end]) if char == "," and nesting[place] == 0]
    if not commas:
        return None
    first, rest = commas[0], line[commas[0] + 1 : end]
    pieces = [piece.strip() for piece in re.split(r"->|→|=|,", rest)]
    if len(pieces) not in (2, 3) or re.fullmatch(VARIABLE, pieces[0]) is None:
        return None
    side = {"": 0, "+": 1, "-": -1}.get(pieces[2].strip("'\" ") if len(pieces) == 3 else "", 0)
    parsed = parse_line(text, blanked(blanked(line, 0, start), first, len(line)))
    return LimitAsked(parsed, symbol_name(pieces[0]), _value(text, pieces[1], first + 1), side)

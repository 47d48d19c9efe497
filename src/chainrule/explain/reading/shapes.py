r"""Owns questions about the shape of a function as they are typed: extrema, monotony, concavity, constraints, Newton's method.

`critical points of x^3 - 3x`, `where is x e^(-x) increasing`, `absolute maximum and minimum of x^3 - 3x on [-2, 3]`,
`minimize x^2 + 1/x for x > 0`, `maximize xy subject to x^2 + y^2 = 8`, `Newton's method for x^2 = 2 from x = 1`,
`Let f(x) = x^3 - 3x. Find its local extrema`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from chainrule.explain.expressions.expression import Expression
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.reading.asked import VARIABLE, VERB, Asked, blanked, constant, without_end, without_let
from chainrule.explain.reading.intervals import Interval, without_interval
from chainrule.explain.reading.nesting import depths, lone_equals
from chainrule.explain.reading.parse import Parsed, parse_line
from chainrule.explain.reading.refusal import refusal

ShapeKind: TypeAlias = Literal[
    "critical points",
    "extrema",
    "absolute extrema",
    "monotony",
    "inflection points",
    "concavity",
    "Newton's method",
    "mean value theorem",
]
Goal: TypeAlias = Literal["minimum", "maximum"]

_MIN = r"min(?:ima|imums?|\.)?"
_MAX = r"max(?:ima|imums?|\.)?"
_EITHER = rf"(?:{_MIN}|{_MAX})"
_ONE_OR_BOTH = rf"{_EITHER}(?:\s*(?:and|or|/|,|&)\s*(?:the\s+)?(?:(?:absolute|global|local|relative)\s+)?{_EITHER})?"
_EXTREMES = r"extrem(?:a|um|es|e\s+(?:points?|values?)|al\s+(?:points?|values?))"
_VALUES = r"(?:\s+(?:points?|values?))?"
_CONCAVE = r"(?:concave|convex)(?:\s+(?:up(?:wards?)?|down(?:wards?)?))?"
_RISES = r"(?:increasing|decreasing|increases?|decreases?|rising|falling|monotonic)"
_BOTH_WAYS = r"(?:\s*(?:and|or|/)\s*(?:is\s+|where\s+is\s+)?(?:strictly\s+)?{0})?"
_RISING = rf"(?:strictly\s+)?{_RISES}{_BOTH_WAYS.format(_RISES)}"
_CURVED = rf"{_CONCAVE}{_BOTH_WAYS.format(rf'(?:{_CONCAVE}|up(?:wards?)?|down(?:wards?)?)')}"

_ABSOLUTE = "|".join(
    (
        rf"(?:absolute|global)\s+(?:{_ONE_OR_BOTH}{_VALUES}|{_EXTREMES})",
        r"(?:maximi[sz]e|minimi[sz]e)(?=\s)",
        r"(?:smallest|least|lowest|largest|greatest|highest)\s+values?",
        r"(?:min(?:imum|\.)?|max(?:imum|\.)?)(?:\s+value)?(?=\s+(?!(?:and|or|points?|values?|at)\b)[^\s(/,&])",
    )
)
_LOCAL = "|".join(
    (
        rf"(?:local|relative)\s+(?:{_ONE_OR_BOTH}{_VALUES}|{_EXTREMES})",
        _EXTREMES,
        r"turning\s+points?",
        rf"{_ONE_OR_BOTH}{_VALUES}(?!\s*\()",
    )
)
_INTERVALS = r"(?:the\s+)?(?:open\s+)?intervals?\s+of\s+"
_WORDS: tuple[tuple[ShapeKind, str], ...] = (
    ("critical points", r"(?:critical|stationary)\s+(?:points?|numbers?|values?)"),
    ("absolute extrema", _ABSOLUTE),
    ("extrema", rf"(?:{_LOCAL})(?:\s*(?:,|and|or)\s+(?:the\s+)?saddle\s+points?)?|saddle\s+points?"),
    ("inflection points", r"(?:points?\s+of\s+inflect?ion|inflect?ion\s+points?|inflections?)"),
    (
        "monotony",
        rf"{_INTERVALS}(?:increase(?:\s+(?:and|or)\s+decrease)?|decrease|monotonicity)|monotonicity|{_RISING}\s+intervals?",
    ),
    ("concavity", rf"{_INTERVALS}(?:concavity|convexity)|concavity"),
)
_FUNCTION = r"(?:(?:the\s+)?(?:function|expression|curve|graph(?:\s+of)?|equation)\b\s*)?"
_KINDS = "|".join(f"({words})" for _, words in _WORDS)
_ARE = r"(?:what\s+(?:are|is)\s+|where\s+(?:are|is)\s+)?"
_LEAD = re.compile(
    rf"\s*+{VERB}{_ARE}(?:all\s+)?(?:of\s+)?(?:the\s+|an?\s+|its\s+|any\s+|all\s+)?(?:{_KINDS})\b\s*(?:(?:of|for|in)\b\s*)?{_FUNCTION}:?",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"[\s;,.:]++(?:then\s+)?{VERB}{_ARE}(?:all\s+)?(?:the\s+|an?\s+|its\s+|any\s+)?(?:{_KINDS})\b(?:\s+(?:of|for)\s+(?:{VARIABLE}|it|the\s+function|this\s+function)(?:\([a-z]\))?(?=\s*(?:$|on\b|over\b|in\b|for\b|subject\b)))?\s*",
    re.IGNORECASE,
)
"""What is asked after a definition: Let f(x) = x^3. Find the critical points of f."""
_WHERE_IS = re.compile(
    r"\s*+(?:(?:please\s+)?(?:find|determine|show|tell\s+me|give)\s+)?(?:(?:all\s+)?(?:the\s+)?(?:open\s+)?(?:intervals?|values?\s+of\s+[a-z]|x)\s+)?"
    rf"(?:where|when|(?:on|for|in)\s+(?:which|what)(?:\s+(?:(?:open\s+)?intervals?|values?(?:\s+of\s+[a-z])?|x))?)\s+(?:is\s+|does\s+)?{_FUNCTION}",
    re.IGNORECASE,
)
_HOW_IT_IS = re.compile(rf"(?<!\s)\s++(?:is\s++|are\s++)?(?:({_RISING})|({_CURVED}))\s*$", re.IGNORECASE)
_NEWTON = re.compile(
    rf"\s*+{VERB}(?:use\s+|apply\s+)?(?:the\s+)?newton(?:['’]?s)?(?:\s*-\s*raphson)?\s+(?:method|iterations?)\s*(?:(?:for|of|on|to\s+solve|to\s+(?:find|approximate|compute)\s+(?:a|the)\s+(?:root|zero|solution)\s+of|to)\b\s*)?{_FUNCTION}:?",
    re.IGNORECASE,
)
_START = re.compile(
    rf"[\s,;]*+\b(?:(?:starting|start|begin(?:ning)?)\s+(?:from|at|with)|start|from|at|with|(?=[A-Za-z](?:_?\{{?0\}}?|₀)\s*=))\s*(?:the\s+)?(?:(?:initial\s+)?(?:guess|point|value|approximation)\s+)?(?:(?:{VARIABLE}|[A-Za-z](?:_?\{{?0\}}?|₀))\s*=)?\s*([^=,;]{{1,60}}?)\s*+$",
    re.IGNORECASE,
)
_MEAN_VALUE = re.compile(
    rf"\s*+{VERB}(?:use\s+|apply\s+|verify\s+)?(?:the\s+)?(?:mean\s+value\s+theorem|mvt|rolle'?s?\s+theorem)\s*(?:(?:for|of|to|with)\b\s*)?{_FUNCTION}:?",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(
    r"[\s,;]*+\b(?:subject\s+to|such\s+that|s\.\s?t\.|under|given(?:\s+that)?|constrained\s+(?:to|by)|if|when|(?:on|over)\s+the\s+(?:circle|ellipse|line|curve|plane|sphere|surface|hyperbola|parabola|ellipsoid|unit\s+circle)"
    r"|(?:with|on)(?=\s[^=]*[-+^*/²³][^=]*=))"
    r"(?:\s+(?:the\s+)?(?:constraints?|conditions?))?(?:\s+that)?\s*:?\s*(?=[^=]*+=)",
    re.IGNORECASE,
)
_BY_LAGRANGE = re.compile(
    r"[\s,]*\b(?:(?:use|using|apply|by|with|via)\s+)?(?:the\s+)?(?:method\s+of\s+)?lagrange(?:['’]?s)?\s+(?:multipliers?|method)(?:\s+to(?=\s)|\s*:)?",
    re.IGNORECASE,
)
"""How an extremum under a constraint is to be found; there is no other way here."""
_NO_EQUATION = re.compile(r"\b(?:subject\s+to|constrained\s+(?:to|by))\b", re.IGNORECASE)
_PRODUCT_SIGN = re.compile(r"\s*,\s*|\s+and\s+")


@dataclass(frozen=True, slots=True)
class Shape:
    """A question about the shape of a function.

    kind: what is asked. parsed: the function; of Newton's method, what is to be 0. names: its variables, where they were listed.
    goal: which of the two extremes is asked for; None for both. interval: where, if that was said. constraints: what is 0, with
    what was typed as both sides. start: of Newton's method.
    """

    kind: ShapeKind
    parsed: Parsed
    names: tuple[str, ...] = ()
    goal: Goal | None = None
    interval: Interval | None = None
    constraints: tuple[tuple[Expression, Expression], ...] = ()
    start: float | None = None


def shape_of(text: str, line: str) -> Shape | None:
    """Return the question about a function's shape that a text asks; None where it asks another. Raises ParseError in one."""
    line = without_end(text, Asked(line)).line
    if (found := _BY_LAGRANGE.search(line)) is not None:
        line = blanked(line, found.start(), found.end())
    if (found := _NEWTON.match(line)) is not None:
        return _newton(text, blanked(line, 0, found.end()))
    if (found := _MEAN_VALUE.match(line)) is not None:
        return _completed(text, blanked(line, 0, found.end()), "mean value theorem", None)
    if (found := _LEAD.match(line)) is not None:
        return _completed(text, blanked(line, 0, found.end()), _kind(found), _goal(found[0]))
    if (found := _WHERE_IS.match(line)) is not None:
        rest, interval = without_interval(text, line)
        said = _HOW_IT_IS.search(rest)
        if said is not None:
            kind: ShapeKind = "monotony" if said[1] else "concavity"
            rest = blanked(blanked(rest, said.start(), len(rest)), 0, found.end())
            shape = _completed(text, rest, kind, None)
            return shape if interval is None else replace(shape, interval=interval)
    for found in _AFTER.finditer(line):
        before = line[: found.start()].rstrip()
        if "=" in before and before[-1] != "=":  # max x is no question in f(x) = max x
            line = without_let(blanked(line, found.start(), found.end()))
            return _completed(text, line, _kind(found), _goal(found[0]))
    return None


def _kind(found: re.Match[str]) -> ShapeKind:
    return next(kind for (kind, _), group in zip(_WORDS, found.groups(), strict=False) if group is not None)


def _goal(words: str) -> Goal | None:
    """Return which of the extremes the words ask for; None where they ask for both."""
    low = re.search(r"\bmin|\b(?:smallest|least|lowest)\b", words, re.IGNORECASE) is not None
    high = re.search(r"\bmax|\b(?:largest|greatest|highest)\b", words, re.IGNORECASE) is not None
    return None if low == high else "minimum" if low else "maximum"


def _completed(text: str, line: str, kind: ShapeKind, goal: Goal | None) -> Shape:
    """Read the constraints, the interval and the function that are left in the line."""
    line = line.replace("$", " ")
    line, constraints = _without_constraints(text, line)
    if constraints and kind not in ("extrema", "absolute extrema", "critical points"):
        raise refusal(text, 0, "a constraint belongs to extrema; expected: minimize x^2 + y^2 subject to x + y = 1")
    line, interval = (line, None) if constraints else without_interval(text, line)
    if not line.strip():
        raise refusal(text, len(text) - 1, "the function is missing; expected it, as in critical points of x^3 - 3x")
    parsed = parse_line(text, without_end(text, Asked(line)).line)
    return Shape(kind, parsed, parsed.parameters or (), goal, interval, constraints)


def _without_constraints(text: str, line: str) -> tuple[str, tuple[tuple[Expression, Expression], ...]]:
    found = _CONSTRAINT.search(line)
    if found is None and (alone := _NO_EQUATION.search(line)) is not None:
        advice = (
            "expected an equation, as in: subject to x + y = 1; an interval of one variable is typed as in: for x > 0"
        )
        raise refusal(text, alone.start(), f"a constraint without an equals sign; {advice}")
    if found is None:
        return line, ()
    sides: list[tuple[Expression, Expression]] = []
    for start, end in _parts(line, found.end()):
        equals = lone_equals(line, start, end)
        if equals < 0:
            advice = "expected an equation, as in: subject to x + y = 1 (an inequality is not taken)"
            raise refusal(text, min(start, len(text) - 1), f"a constraint without an equals sign; {advice}")
        left = parse_line(text, blanked(blanked(line, 0, start), equals, len(line)))
        right = parse_line(text, blanked(blanked(line, 0, equals + 1), end, len(line)))
        sides.append((left.expression, right.expression))
    return blanked(line, found.start(), len(line)), tuple(sides)


def _parts(line: str, start: int) -> list[tuple[int, int]]:
    """Return where the equations are that commas or "and" separate."""
    nesting = depths(line[start:])
    found, begin = [], start
    for sign in _PRODUCT_SIGN.finditer(line, start):
        if nesting[sign.start() - start] == 0:
            found.append((begin, sign.start()))
            begin = sign.end()
    return [*found, (begin, len(line))]


def _newton(text: str, line: str) -> Shape:
    """Read what is to be 0, and where to start."""
    line = line.replace("$", " ")
    found = _START.search(line)
    start = None if found is None else constant(found[1])
    if found is None or start is None or not math.isfinite(start):
        raise refusal(
            text, 0, "Newton's method needs a number to start from; expected one at the end, as in: from x = 1"
        )
    line = blanked(line, found.start(), len(line))
    equals = lone_equals(line, 0, len(line))
    if equals < 0 or re.fullmatch(r"\s*(?:[a-z]\s*\(\s*[a-z]\s*\)|y)\s*", line[:equals], re.IGNORECASE):
        return Shape("Newton's method", parse_line(text, line), start=start)
    left = parse_line(text, blanked(line, equals, len(line)))
    right = parse_line(text, blanked(line, 0, equals + 1))
    both = left.expression if right.expression == ZERO else neat(left.expression - right.expression)
    return Shape("Newton's method", Parsed(both, None, None, text, (*left.notes, *right.notes)), start=start)

"""Owns questions for Taylor polynomials as they are typed: the function, the point, and the degree or the number of terms.

Understood are `Taylor polynomial of e^x at 0 of degree 4`, `Maclaurin series of sin x to order 7`, `third-order Taylor polynomial
of ln x about x = 1`, `quadratic approximation of sqrt(x) at 4` and `first three nonzero terms of the Maclaurin series of cos x`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, free_symbols
from chainrule.explain.expressions.neat import ZERO
from chainrule.explain.reading.asked import VARIABLE, VERB, Asked, blanked, variables_at_the_end, without_end
from chainrule.explain.reading.parse import Parsed, parse, parse_line, symbol_name
from chainrule.explain.reading.refusal import quoted, refusal
from chainrule.explain.reading.statements import without_wrapper

MAX_DEGREE = 20
"""Polynomials of higher degree are not written: nobody reads them."""

USUAL_DEGREE = 5
"""The degree where none is said, of a function of one variable."""

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NAMED = {"linear": 1, "quadratic": 2, "cubic": 3, "quartic": 4}
_NUMBERS = (
    {word: number for number, word in enumerate(_COUNTS, 1)}
    | {word: number for number, word in enumerate(_ORDINALS, 1)}
    | _NAMED
    | {"few": 4, "several": 4}
)
_COUNT = rf"(?:{'|'.join(_COUNTS)}|few|several|[0-9]{{1,4}})"
_ORDINAL = rf"(?:{'|'.join(_ORDINALS)}|[0-9]{{1,4}}(?:st|nd|rd|th|(?=-)))"
_DEGREE_AHEAD = (
    rf"(?:(?:degree|order)[-\s]+(?P<told>[0-9]{{1,4}})\s+|(?P<ahead>{_ORDINAL})[-\s]+(?:order|degree)\s+"
    rf"|(?P<named>{'|'.join(_NAMED)})\s+|(?P<bare>{_ORDINAL})\s+)?"
)
_WHAT = (
    r"(?:(?P<who>taylor(?:['’]s)?|maclaurin(?:['’]s)?)(?:\s+|-)(?:(?:power\s+)?series(?:\s+(?:expansion|representation))?"
    r"|polynomial(?:\s+approximation)?|expansion|approximation|formula|theorem|development)?"
    r"|power\s+series(?:\s+(?:expansion|representation))?|series(?:\s+expansion)?(?=\s+(?:of|for|at|about|to)\b)"
    r"|approximation|expansion(?=\s+(?:of|in)\b))(?:\s+[TP]_?\{?(?P<index>[0-9]{1,4})\}?\s*(?:\([A-Za-z]\))?(?=\s))?"
)
_TERMS = (
    rf"(?:the\s+)?first\s+(?P<terms>{_COUNT})\s+(?P<nonzero>non-?\s?zero\s+)?terms\s+(?:of|in)\s+(?:the\s+|an?\s+)?"
)
_LEAD = re.compile(
    rf"\s*(?:{VERB})(?:{_TERMS})?(?:the\s+|an?\s+)?(?:best\s+)?{_DEGREE_AHEAD}{_WHAT}\s*(?:(?:of|for|to)\s+(?:the\s+function\b)?\s*)?:?",
    re.IGNORECASE,
)
_EXPAND = re.compile(
    rf"\s*(?:please\s+)?(?:expand|develop)\s+(?P<body>.+?)\s+(?:in|as|into)\s+(?:an?\s+|its\s+)?(?:{_DEGREE_AHEAD})"
    r"(?:(?P<who>taylor|maclaurin)\s+(?:power\s+)?(?:series|polynomial|expansion)|(?:power\s+)?series)",
    re.IGNORECASE,
)
_DEGREES = (
    re.compile(
        r"[\s,;(]*+\b(?:(?:up\s+)?to|of|with|through|in|as)?\s*(?:the\s+)?(?:(?:degree|order)s?\s*(?:n\s*)?=?\s*(?P<after>[0-9]{1,4})\b"
        rf"|(?P<before>{_ORDINAL})[-\s]+(?:degree|order)(?:\s+terms?)?\b)\)?,?(?:\s+(?:of|for)\b)?",
        re.IGNORECASE,
    ),
    re.compile(r"[\s,;]*+\b(?:with|for|and|where|up\s+to|to)?\s*\b[nN]\s*=\s*(?P<after>[0-9]{1,4})\b,?"),
    re.compile(
        r"[\s,;]*+\b(?:up\s+to|to|through|including)\s+(?:and\s+including\s+)?(?:the\s+)?(?:terms?\s+(?:in|of|with)\s+)?(?:the\s+)?"
        r"(?P<big>O\s*\(\s*)?[A-Za-z]\s*\^\s*\{?\s*(?P<after>[0-9]{1,4})\s*\}?\)?(?:\s*terms?)?",
    ),
)
"""Where the degree is said, after the words or after the function; `before` is an ordinal number in front of the word."""

_ABOUT = re.compile(
    r"[\s,;]*+\b(?:(?:expanded\s+|developed\s+)?(?:at|about|around|near)|cent(?:ered|red)\s+(?:at|on|around|about)|with\s+cent(?:er|re)"
    r"|in\s+powers\s+of|for)\s+(?:the\s+)?(?:(?:point|number|value)\s+)?",
    re.IGNORECASE,
)
_ORIGIN = re.compile(r"(?:the\s+)?origin\s*", re.IGNORECASE)
_CENTER_NAME = re.compile(r"(?:a|c|x_?0|x_\{0\}|x₀)")
_SHIFTED = re.compile(rf"\(?\s*({VARIABLE})\s*(?:([-+])\s*(.+?))?\s*\)?")
_MAX_POINT = 200


@dataclass(frozen=True, slots=True)
class TaylorAsked:
    """A question for a Taylor polynomial.

    parsed: the function. wrt: its variables, where they were listed. center: the coordinates of the point by name, or in
    order where the names are not said; None where no point was named. degree: None where it was not said. terms: how many
    nonzero terms are wanted, where that was said. is_maclaurin: whether the point is 0. needs_point: whether the words
    have no sense without a point.
    """

    parsed: Parsed
    wrt: tuple[str, ...]
    center: tuple[tuple[str | None, Expression], ...] | None
    degree: int | None
    terms: int | None = None
    is_maclaurin: bool = False
    needs_point: bool = False


def taylor_of(text: str, line: str) -> TaylorAsked | None:
    """Return the question for a Taylor polynomial that a text asks; None where it asks another. Raises ParseError in one."""
    found = _EXPAND.match(line)
    if found is not None:
        line = blanked(blanked(line, found.end("body"), found.end()), 0, found.start("body"))
    else:
        found = _LEAD.match(line)
        if found is None or _is_another(found):
            return None
        line = blanked(line, 0, found.end())
    named = found.groupdict()
    who = (named["who"] or "").lower()
    ahead = (named.get(each) for each in ("told", "ahead", "named", "bare", "index"))
    degree = _number(text, next((each for each in ahead if each), None), found.start())
    terms = _number(text, named.get("terms"), found.start())
    line = without_end(text, Asked(line)).line
    line, said = _without_degree(text, line)
    line, wrt = variables_at_the_end(line)
    line, center = _without_center(text, line)
    line, later = _without_degree(text, line)
    line = without_end(text, Asked(line)).line
    degree = next((each for each in (degree, said, later) if each is not None), None)
    body = line.strip(" ,;:")
    if not body:
        raise refusal(text, len(text) - 1, "the function is missing; expected it, as in Taylor polynomial of e^x at 0")
    start = line.index(body)
    line = without_wrapper(blanked(blanked(line, 0, start), start + len(body), len(line)))
    parsed = parse_line(text, line)
    is_approximation = not who and "series" not in found[0].lower()
    return TaylorAsked(
        parsed, wrt or parsed.parameters or (), center, degree, terms, who.startswith("maclaurin"), is_approximation
    )


def _is_another(found: re.Match[str]) -> bool:
    """Return whether the words ask for something else: a linear approximation alone is explained by its tangent."""
    words = found.groupdict()
    bare = words["who"] is None and found[0].lower().rstrip(" :").endswith(("approximation", "approximation of"))
    told = words["ahead"] or words["named"] or words["terms"]
    return bool(bare and (not told or (words["named"] or "").lower() == "linear")) or (
        words["who"] is None and words["bare"] is not None
    )


def _number(text: str, typed: str | None, position: int) -> int | None:
    """Return a number that was written as a word or with digits; raise ParseError where it is out of reach."""
    if typed is None:
        return None
    number = _NUMBERS.get(typed.lower())
    if number is None:
        number = int("".join(filter(str.isdecimal, typed)))  # of 4th, too
    if number > MAX_DEGREE:
        problem = f"polynomials up to degree {MAX_DEGREE} are written, not of {number}"
        raise refusal(text, max(position, 0), f"{problem}; expected a smaller degree, as in: of degree 4")
    return number


def _without_degree(text: str, line: str) -> tuple[str, int | None]:
    """Return the line without the degree that it says, and the degree."""
    for pattern in _DEGREES:
        found = pattern.search(line)
        if found is None:
            continue
        named = found.groupdict()
        degree = _number(text, named.get("after") or named.get("before"), found.start())
        assert degree is not None
        if named.get("big"):  # the terms that O(x^6) leaves out begin with x^6
            degree = max(degree - 1, 0)
        return blanked(line, found.start(), found.end()), degree
    return line, None


def _without_center(text: str, line: str) -> tuple[str, tuple[tuple[str | None, Expression], ...] | None]:
    """Return the line without the point, and its coordinates."""
    for found in _ABOUT.finditer(line):
        start = found.end()
        origin = _ORIGIN.match(line, start)
        if origin is not None:
            return blanked(line, found.start(), origin.end()), ((None, ZERO),)
        # What follows a point in a second clause, as in at 0 for cos x, is the function.
        after = re.compile(r"\s+(?:of|for)\s+(?=\S)").search(line, start)
        end = len(line) if after is None else after.start()
        center = _coordinates(line[start:end].strip(" ,;:"), "powers" in found[0].lower())
        if center is not None:
            return blanked(line, found.start(), end if after is None else after.end()), center
        if not found[0].strip(" ,;").lower().startswith("for"):
            problem = f"{quoted(line[start:end].strip())} is no point"
            raise refusal(text, start, f"{problem}; expected a number, as in at x = 1, about pi/4 or at (0, 0)")
    return line, None


def _coordinates(typed: str, is_shift: bool) -> tuple[tuple[str | None, Expression], ...] | None:
    """Return what x = 1, pi/4, a = 2 or (0, 1) is as coordinates; None where it is none. is_shift: x - 1 stands for 1."""
    if not typed or len(typed) > _MAX_POINT:
        return None
    if is_shift:
        found = _SHIFTED.fullmatch(typed)
        value = None if found is None else ZERO if found[3] is None else _value(found[3])
        if found is None or value is None:
            return None
        return ((symbol_name(found[1]), value if found[2] != "+" else -value),)
    names, _, values = typed.partition("=")
    if values.strip()[:1] == "(" and names.strip()[:1] == "(":  # (x, y) = (0, 1)
        parts = [f"{a}={b}" for a, b in zip(_split(names), _split(values), strict=False)]
    else:
        parts = _split(typed)
    found_values = []
    for part in parts:
        name, equals, number = part.partition("=")
        value = _value(number if equals else name)
        if value is None or (equals and re.fullmatch(VARIABLE, name.strip()) is None):
            return None
        # a = 2 names the point, not a variable of the function.
        is_named = equals and _CENTER_NAME.fullmatch(name.strip()) is None
        found_values.append((symbol_name(name.strip()) if is_named else None, value))
    return tuple(found_values) or None


def _split(typed: str) -> list[str]:
    """Return the parts of (0, 1), or of x = 0, y = 1."""
    inside = typed.strip()
    if inside[:1] == "(" and inside[-1:] == ")" and "," in inside:
        inside = inside[1:-1]
    return re.split(r"\s*(?:,|\band\b)\s*", inside)


def _value(typed: str) -> Expression | None:
    """Return a number as it is typed, exactly; None where it is none."""
    try:
        expression = parse(typed.strip()).expression
    except ParseError:
        return None
    return None if free_symbols(expression) else expression

"""Owns the statements of a text: where each is, and what stands left of its equals sign."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.explain.reading.cases import EXAMPLE
from chainrule.explain.reading.characters import NO_VECTORS, SUBSCRIPTS
from chainrule.explain.reading.names import FUNCTIONS, GREEK, GREEK_NAMES, LATEX_LETTERS, PROGRAMMING_WORDS
from chainrule.explain.reading.nesting import depths, lone_equals
from chainrule.explain.reading.refusal import quoted, refusal

MAX_STATEMENTS = 50

LONE_STATEMENT = (
    "only a definition such as y = 2x + 1 can stand before another statement; expected one function (decimals are "
    "written with a point, as in 0.5)"
)
_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
_DERIVATIVE = re.compile(
    r"(?<![A-Za-z\\])d\s*+(?:\^\s*+\{?[0-9]\}?|[²³⁴⁵⁶])?\s*+[A-Za-z]?\s*+/\s*+d\s*+(?:[A-Za-z](?![A-Za-z])|[\u0370-\u03ff]|\\[A-Za-z])"
    r"|(?<![A-Za-z\\])d\s*+\([^/]*\)\s*+/\s*+d\s*+[A-Za-z](?![A-Za-z])"
    r"|\\[dt]?frac\s*+\{\s*+d\b[^{}]*\}|\\partial|(?<=[A-Za-z])['’]+\s*+[(=]"
)
_WHERE = re.compile(r"(?<![A-Za-z\\])(?:where|\\text\s*\{\s*where\s*\}|\\mathrm\s*\{\s*where\s*\})(?![A-Za-z])")
_TRANSPOSE = re.compile(
    r"(?<![A-Za-z\\])[A-Za-df-z]\s*\^\s*"
    r"(?:T(?![A-Za-z0-9_^])|\{\s*(?:T|\\top|\\intercal)\s*\}|\\top(?![A-Za-z])|\\intercal(?![A-Za-z]))"
    r"\s*[A-Za-z(](?!\s*\^\s*T)"
)
_INVERSE = re.compile(
    r"\(\s*+[f-h]\s*+\^\s*+(?:\{\s*+-\s*+1\s*+\}|\(\s*+-\s*+1\s*+\)|-1)\s*+\)\s*+'\s*+\(|\binverse\s++(?:function\s++)?of\b",
    re.IGNORECASE,
)
"""The derivative of an inverse, (f^{-1})'(2), and the inverse in words."""
_CHOICE = re.compile(r"(?<![A-Za-z\\])where\s*\([^()]*[<>=]")
NAME = (
    r"(?:\\(?:mathrm|operatorname|text)\s*\{[A-Za-z]+\}|\\?[A-Za-z]+|[\u0370-\u03ff])"
    r"(?:[0-9]+|[₀-₉]+|_[0-9]+|_[A-Za-z][A-Za-z0-9]{0,7}|_\{[A-Za-z0-9]{1,8}\})?"
)
_HEADER = re.compile(rf"\s*({NAME})\s*(?:(?:\\left\s*)?\(([^()=]*?)(?:\\right\s*)?\)\s*)?(:?=)")
_ARROW = re.compile(
    rf"\s*(?:({NAME})\s*(?::|\\colon(?![A-Za-z]))\s*)?({NAME})\s*(?:↦|→|->|\\mapsto(?![A-Za-z])|\\to(?![A-Za-z]))\s*"
)
"""What stands left of the formula in f: x ↦ x^2."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a statement is, without the spaces around it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands left of the equals sign, and where the formula after it starts."""

    name: str | None
    parameters: tuple[str, ...] | None
    start: int


def without_wrapper(line: str) -> str:
    """Blank out the dollar signs around LaTeX, so that columns stay."""
    body = line.strip()
    for opening, closing in _WRAPPERS:
        if len(body) >= len(opening) + len(closing) and body.startswith(opening) and body.endswith(closing):
            start = line.index(opening)
            end = line.rindex(closing)
            inner = line[start + len(opening) : end]
            return " " * (start + len(opening)) + inner + " " * (len(line) - end)
    return line


def refuse_derivatives(text: str, line: str) -> None:
    """Raise ParseError where the text asks for a derivative, which would be read as a quotient."""
    found = _DERIVATIVE.search(line)
    if found is not None:
        advice = "expected the function alone, and its variable as wrt"
        raise refusal(text, found.start(), f"a derivative cannot be part of the function; {advice}")


def place_of_where(line: str) -> int:
    """Return where the `where` stands that definitions follow, as in `y^2 where y = 3x`; the end where there is none."""
    found = _WHERE.search(line)
    return len(line) if found is None else found.start()


def refuse_inverses(text: str, line: str) -> None:
    """Raise ParseError where an inverse function is asked for: it is the curve on which x is the function of y."""
    found = _INVERSE.search(line)
    if found is not None:
        advice = "expected its curve and x there, as in x = y^3 + y, dy/dx at x = 2 for the inverse of x^3 + x"
        raise refusal(text, found.start(), f"the inverse of f is the y with f(y) = x; {advice}")


def refuse_transposes(text: str, line: str) -> None:
    """Raise ParseError where x^T stands in front of a factor: as a power it would be read otherwise than it is meant."""
    found = _TRANSPOSE.search(line)
    if found is not None:
        raise refusal(text, found.start(), f"{NO_VECTORS}; a power T is written as x^(T)")


def find_statements(text: str, line: str) -> list[Span]:
    """Return where the statements are, the function last."""
    chosen = _CHOICE.search(line)
    if chosen is not None:
        raise refusal(text, chosen.start(), f"where(...) is how programs choose; expected cases as in {EXAMPLE}")
    where = _WHERE.search(line)
    if where is None:
        spans = _split(line, 0, len(line))
    else:
        spans = _split(line, where.end(), len(line)) + _split(line, 0, where.start())
        if len(spans) < 2 or spans[0].start < where.end() or spans[-1].start >= where.end():
            problem = "'where' stands between a function and definitions"
            raise refusal(text, where.start(), f"{problem}; expected both, as in y^2 where y = 3x")
    if not spans:
        raise refusal(text, 0, "the text is empty; expected a function such as x^2 + 3x")
    if len(spans) > MAX_STATEMENTS:
        raise refusal(text, spans[MAX_STATEMENTS].start, f"more than {MAX_STATEMENTS} statements; expected fewer")
    return spans


def _split(line: str, start: int, end: int) -> list[Span]:
    """Split at semicolons, new lines and commas outside brackets; statements without characters are left out."""
    spans: list[Span] = []
    begin, nesting = start, depths(line[start:end])
    for position in range(start, end + 1):
        char = line[position] if position < end else ";"
        spaced = char in ",;" and line[position - 1 : position] == "\\"  # the thin spaces of LaTeX
        if position == end or (char in ",;\n" and nesting[position - start] <= 0 and not spaced):
            piece = line[begin:position]
            if piece.strip():
                spans.append(Span(begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())))
            begin = position + 1
    return spans


def definition(line: str, span: Span) -> re.Match[str] | None:
    """Return what stands left of the formula in y = 2x or f(x) = 2x: the name, its variables, and the equals sign."""
    return _HEADER.match(line, span.start, span.end)


def function_name(found: re.Match[str]) -> str | None:
    """Return the name that a definition gives; π(q) is a function, such as a profit, where it has variables of its own."""
    if found[2] is not None and found[1] in ("π", "\\pi"):
        return "π"
    return defined_name(found[1])


def header(text: str, line: str, span: Span) -> Header:
    """Return what a statement defines; a statement without an equals sign defines nothing."""
    arrow = _ARROW.match(line, span.start, span.end)
    if arrow is not None:
        return _arrow_header(text, arrow)
    found = definition(line, span)
    start = found.end() if found is not None else span.start
    other = lone_equals(line, start, span.end)
    if other >= 0:
        advice = (
            "expected a name left of it, as in y = x^2 or f(x) = x^2 (explain takes curves such as x^2 + y^2 = 25, too)"
        )
        raise refusal(text, other, f"an '=' that defines nothing; {advice}")
    if found is None:
        return Header(None, None, span.start)
    name = function_name(found)
    if name is None:
        raise refusal(text, span.start, f"{quoted(found[1])} has a meaning already; expected another name left of '='")
    return Header(name, None if found[2] is None else _parameters(text, found), start)


def _arrow_header(text: str, found: re.Match[str]) -> Header:
    """Return what f: x ↦ x^2 defines."""
    names = [None if typed is None else defined_name(typed) for typed in found.groups()]
    for name, typed in zip(names, found.groups(), strict=True):
        if typed is not None and name is None:
            raise refusal(text, found.start(), f"{quoted(typed)} has a meaning already; expected another name")
    function, variable = names
    assert variable is not None
    return Header(function, (variable,), found.end())


def _parameters(text: str, found: re.Match[str]) -> tuple[str, ...]:
    names: list[str] = []
    for part in found[2].split(","):
        match = re.fullmatch(NAME, part.strip())
        name = defined_name(match[0]) if match is not None else None
        if name is None or name in names:
            advice = "expected variables of one letter, as in f(x, y)"
            raise refusal(text, found.start(2), f"{quoted(part)} is no new variable; {advice}")
        names.append(name)
    return tuple(names)


def defined_name(typed: str) -> str | None:
    """Return the name that a definition gives, or None where that name is taken."""
    found = re.fullmatch(
        r"(?:\\(?:mathrm|operatorname|text)\s*\{([A-Za-z]+)\}|(\\?)([A-Za-z]+)|(.))(.*)", typed, re.DOTALL
    )
    if found is None:
        return None
    letters = found[1] or found[3] or GREEK.get(found[4], "")
    if found[2]:
        letters = LATEX_LETTERS.get(letters, "")
    index = "".join(SUBSCRIPTS.get(char, char) for char in found[5].strip("_{}"))
    greek = letters in GREEK_NAMES and (found[2] or found[4] or letters != "lambda")
    if not letters or letters in ("e", "pi") or len(letters) > 20:
        return None
    if not greek and (letters in FUNCTIONS or letters.lower() in PROGRAMMING_WORDS):
        return None
    if index and len(letters) > 1 and not greek and "_" in typed:
        return None
    return f"{letters}{'' if not index or index.isdecimal() else '_'}{index}"

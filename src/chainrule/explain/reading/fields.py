r"""Owns questions of vector calculus as they are typed: divergence, curl, Jacobian, Laplacian, directions, planes, differentials.

A vector field is its components in brackets, `(x^2 y, y z)`, or along i, j and k: `xy i + yz j`. A direction is written as
either, or as an angle; it need not have length 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, free_symbols, substitute
from chainrule.explain.expressions.neat import ONE, ZERO, call, neat
from chainrule.explain.reading.asked import (
    VERB,
    Asked,
    At,
    blanked,
    point_at_the_end,
    variables_at_the_end,
    without_end,
)
from chainrule.explain.reading.curves import Implicit, curve_of
from chainrule.explain.reading.nesting import depths
from chainrule.explain.reading.parse import Parsed, parse_line
from chainrule.explain.reading.refusal import refusal
from chainrule.explain.reading.statements import Span

Kind: TypeAlias = Literal[
    "directional derivative",
    "tangent plane",
    "linear approximation",
    "total differential",
    "Laplacian",
    "divergence",
    "curl",
    "Jacobian",
]
OF_FIELDS: frozenset[Kind] = frozenset(("divergence", "curl", "Jacobian"))
"""Those that are asked of several functions at once."""

_WORDS: tuple[tuple[Kind, str], ...] = (
    ("directional derivative", r"directional\s+derivative|rate\s+of\s+change(?=.*\bin\s+(?:the\s+)?direction\b)"),
    ("tangent plane", r"(?:equation\s+of\s+(?:the\s+|a\s+)?)?tangent\s+plane"),
    ("linear approximation", r"(?:local\s+)?linear\s+approximation|lineari[sz]ation"),
    ("total differential", r"(?:total\s+)?differential"),
    ("Laplacian", r"laplacian"),
    ("divergence", r"divergence|div(?=\s*(?:of\b|\()|\s+[A-Z]\b)"),
    ("curl", r"curl|rot(?=\s*(?:of\b|\()|\s+[A-Z]\b)"),
    ("Jacobian", r"jacobian(?:\s+matrix|\s+determinant)?"),
)
_LEAD = re.compile(
    rf"\s*{VERB}(?:the\s+|an?\s+)?(?:{'|'.join(f'({words})' for _, words in _WORDS)})"
    r"\s*(?:(?:of|for|to|at)\b\s*)?(?:the\s+)?(?:(?:function|surface|vector\s+field|field|transformation|map)\b\s*)?:?",
    re.IGNORECASE,
)
_NABLA = re.compile(
    r"\s*(?:∇|\\nabla(?![A-Za-z]))\s*(\^\s*(?:\{\s*2\s*\}|2)|²|\*|\\cdot(?![A-Za-z])|\\times(?![A-Za-z]))"
)
_DIRECTION = re.compile(
    r"[\s,;]*\b(?:(?:in|along)\s+(?:the\s+)?(?:direction\s+)?(?:of\s+)?(?:the\s+)?(?:unit\s+)?(?:vector\s+)?(?:[uv]\s*=\s*)?"
    r"|(toward)s?\s+(?:the\s+)?(?:point\s+)?)"
)
_ANGLE = re.compile(r"(?:(?:by|of|at|with)\s+)?(?:the\s+|an\s+)?(?:angle\s+)?(?:theta|θ|\\theta)?\s*=?\s*(.+)")
_NAMED = re.compile(r"\s*[A-Za-z]\s*(?:\(([A-Za-z, ]*)\)\s*)?=\s*")
_INTRODUCED = re.compile(r"\s*([A-Za-z])\s*,?\s+(?:where|if|when|for|given(?:\s+that)?)\s+(?=\1\s*[(=])")
"""What stands before the definition, as in curl of F where F(x, y, z) = ..."""
_UNITS = ("i", "j", "k")
_ALONG_AXES = re.compile(r"(?<![A-Za-z\\])[ijk](?![A-Za-z])|(?<=[0-9)])[ijk](?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Field:
    """A question of vector calculus.

    kind: what is asked for. components: the function, or those of a field. names: the variables, where they were listed. at: the
    point. direction: the vector, and whether it is the point towards which it leads. surface: whether the function is 0 on a
    surface, which is asked about.
    """

    kind: Kind
    components: tuple[Parsed, ...]
    names: tuple[str, ...] = ()
    at: At | None = None
    direction: tuple[Expression, ...] = ()
    is_target: bool = False
    is_surface: bool = False


def field_of(text: str, line: str) -> Field | None:
    """Return the question of vector calculus that a text asks; None where it asks another. Raises ParseError in one."""
    kind, start = _kind(text, line)
    if kind is None:
        return None
    line = without_end(text, Asked(blanked(line, 0, start))).line
    introduced = _INTRODUCED.match(line)
    if introduced is not None:
        line = blanked(line, 0, introduced.end())
    direction: tuple[Expression, ...] = ()
    is_target = False
    if kind == "directional derivative":
        line, direction, is_target = _without_direction(text, line)
    line, at = point_at_the_end(line, True)
    line, by = variables_at_the_end(line)
    if kind in OF_FIELDS:
        components, names = _components(text, line, kind)
        return Field(kind, components, by or names, at)
    surface = curve_of(text, Asked(line)) if kind == "tangent plane" else None
    if isinstance(surface, Implicit):
        gap = Parsed(neat(surface.left - surface.right), "F", None, text, surface.notes)
        return Field(kind, (gap,), by, at, is_surface=True)
    parsed = parse_line(text, line)
    return Field(kind, (parsed,), by or parsed.parameters or (), at, direction, is_target)


def _kind(text: str, line: str) -> tuple[Kind | None, int]:
    """Return what is asked for, and where that ends."""
    found = _LEAD.match(line)
    if found is not None:
        groups = found.groups()
        return _WORDS[next(place for place, group in enumerate(groups) if group is not None)][0], found.end()
    nabla = _NABLA.match(line)
    if nabla is None:
        return None, 0
    sign = nabla[1]
    if sign[0] in "^²":
        return "Laplacian", nabla.end()
    is_cross = "times" in sign or text[nabla.start(1) : nabla.end(1)] == "×"  # plain characters have one sign for both
    return ("curl" if is_cross else "divergence"), nabla.end()


def _without_direction(text: str, line: str) -> tuple[str, tuple[Expression, ...], bool]:
    """Return the line without its direction, the direction, and whether that is a point to go to."""
    for found in _DIRECTION.finditer(line):
        end = len(line)
        for stop in re.finditer(r"\s+at\s", line[found.end() :]):
            end = found.end() + stop.start()
            break
        vector = _vector(line[found.end() : end].strip(" .,"))
        if vector is not None:
            return blanked(line, found.start(), end), vector, found[1] is not None
    raise refusal(
        text, 0, "a directional derivative needs a direction; expected one at the end, as in: in the direction (3, 4)"
    )


def _vector(typed: str) -> tuple[Expression, ...] | None:
    """Return (3, 4), 3i + 4j, or the angle pi/6 as a vector of numbers; None where it is none."""
    inside = typed[1:-1] if typed[:1] in ("(", "[", "<") and typed[-1:] in (")", "]", ">") else ""
    try:
        if "," in inside:
            parts = tuple(parse_line(inside, _only(inside, span)).expression for span in _split(inside, 0, len(inside)))
            return None if any(free_symbols(part) for part in parts) else parts
        if _ALONG_AXES.search(typed):
            whole = parse_line(typed, typed).expression
            found = _along_axes(whole, 3 if "k" in free_symbols(whole) else 2)
            return None if set(free_symbols(whole)) - {*_UNITS} else found
        angle = _ANGLE.fullmatch(typed)
        turned = None if angle is None else parse_line(angle[1], angle[1]).expression
    except ParseError:
        return None
    return None if turned is None or free_symbols(turned) else (call("cos", turned), call("sin", turned))


def _along_axes(expression: Expression, count: int) -> tuple[Expression, ...]:
    """Return the components of what is written along i, j and k."""
    return tuple(
        neat(substitute(expression, {name: ONE if name == axis else ZERO for name in _UNITS}))
        for axis in _UNITS[:count]
    )


def _components(text: str, line: str, kind: Kind) -> tuple[tuple[Parsed, ...], tuple[str, ...]]:
    """Return the components of a field, and its variables where they were listed."""
    formulas = _definitions(line)
    if len(formulas) > 1:  # x = r cos t, y = r sin t
        return tuple(parse_line(text, _only(line, span)) for span in formulas), ()
    named = _NAMED.match(line)
    names = () if named is None or not named[1] else tuple(part.strip() for part in named[1].split(","))
    if named is not None:
        line = blanked(line, 0, named.end())
    body = line.strip()
    start = line.index(body) if body else 0
    is_bracket = body[:1] in ("(", "[", "<") and body[-1:] in (")", "]", ">")
    spans = _split(line, start + 1, start + len(body) - 1) if is_bracket else []
    if len(spans) > 1:
        found = tuple(parse_line(text, _only(line, span)) for span in spans)
    elif _ALONG_AXES.search(body):
        whole = parse_line(text, line)
        count = 3 if "k" in free_symbols(whole.expression) else 2
        found = tuple(Parsed(part, None, None, text, whole.notes) for part in _along_axes(whole.expression, count))
    else:
        what = f"the components of the field, in brackets, as in {kind} of (x^2 y, y^2)"
        raise refusal(text, start, f"one function, where a field is expected; expected {what}")
    return found, names


def _definitions(line: str) -> list[Span]:
    """Return where the formulas are, where all parts between commas say what a letter is."""
    parts = [(span, _NAMED.match(line, span.start, span.end)) for span in _split(line, 0, len(line))]
    return [Span(found.end(), span.end) for span, found in parts if found] if all(found for _, found in parts) else []


def _split(line: str, start: int, end: int) -> list[Span]:
    """Return where the parts are that commas outside of brackets separate."""
    found, begin = [], start
    nesting = depths(line[start:end])
    for position in range(start, end + 1):
        if position == end or (line[position] == "," and nesting[position - start] == 0):
            found.append(Span(begin, position))
            begin = position + 1
    return found


def _only(line: str, span: Span) -> str:
    """Return the line with all but a part of it blanked out."""
    return blanked(blanked(line, 0, span.start), span.end, len(line))

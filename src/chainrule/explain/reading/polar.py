"""Owns polar curves as they are typed, r = 1 + sin θ with a question about dy/dx, and what they are by the angle."""

from __future__ import annotations

import re

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Symbol, free_symbols
from chainrule.explain.expressions.neat import call, neat
from chainrule.explain.expressions.notation import text as written
from chainrule.explain.reading.asked import Asked, blanked
from chainrule.explain.reading.curves import HELD, Parametric
from chainrule.explain.reading.parse import parse_line
from chainrule.explain.reading.statements import definition, find_statements, refuse_derivatives

_POLAR = re.compile(
    r"\b(?:(?:given|consider|the|a)\s+){0,3}polar\s+(?:(?:curve|equation|graph|function)\b\s*:?)?", re.IGNORECASE
)
_RADIUS = "r"
_ANGLES = ("theta", "phi")


def without_polar(line: str) -> tuple[str, bool]:
    """Return the line without the words that call its curve polar, and whether there were any."""
    found = _POLAR.search(line)
    return (line, False) if found is None else (blanked(line, found.start(), found.end()), True)


def polar_of(text: str, asked: Asked, is_called_so: bool) -> Parametric | None:
    """Return the polar curve whose slope a text asks for; None where it asks another question.

    The tangent to r = 1 + sin θ is that of a polar curve, and so is dy/dx. is_called_so: whether the text says that it is one.
    """
    try:
        refuse_derivatives(text, asked.line)
        last = find_statements(text, asked.line)[-1]
        found = definition(asked.line, last)
        parsed = None if found is None or found[1] != _RADIUS else parse_line(text, asked.line)
    except ParseError:
        return None
    moving = [] if parsed is None else [name for name in free_symbols(parsed.expression) if name not in HELD]
    is_slope = (asked.name, asked.wrt) == ("y", ("x",))
    is_tangent = asked.tangent and asked.name is None and asked.wrt is None
    if parsed is None or len(moving) != 1 or {*moving} & {"x", "y"}:
        return None
    if not (is_slope or (is_called_so and asked.name is None) or (is_tangent and moving[0] in _ANGLES)):
        return None
    radius, angle = parsed.expression, Symbol(moving[0])
    across, up = (neat(radius * call(name, angle)) for name in ("cos", "sin"))
    sign = written(angle)
    note = f"In polar coordinates x = r cos({sign}) and y = r sin({sign}), with r = {written(radius)}"
    notes = (*parsed.notes, note)
    return Parametric(across, up, "x", "y", moving[0], asked.order, asked.at, notes, asked.normal)

"""Owns functions of several variables that change with others: z = x^2 y, x = cos t, y = sin t, of which dz/dt is asked."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, depends_on, free_symbols
from chainrule.explain.reading.asked import Asked, blanked
from chainrule.explain.reading.parse import Parsed, parse_line
from chainrule.explain.reading.statements import Span, defined_name, definition, find_statements

_LEAST = 2
"""With one variable between, it is the chain rule of one variable."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A function of variables that change with others.

    outer: the function, in these variables. inner: each of them, and what it is. by: by what the derivative is asked for.
    """

    outer: Parsed
    inner: tuple[tuple[str, Expression], ...]
    by: str


def composed_of(text: str, asked: Asked) -> Composed | None:
    """Return the function whose derivative is asked for, and the variables between; None where there are fewer than two."""
    if asked.name is None or asked.wrt is None or len(asked.wrt) != 1 or asked.order != 1:
        return None
    (by,) = asked.wrt
    parts: dict[str, Parsed] = {}
    try:
        spans = find_statements(text, asked.line)
        for span in spans:
            found = definition(asked.line, span)
            name = None if found is None else defined_name(found[1])
            if name is None or name in parts:
                return None
            parts[name] = _alone(text, asked.line, span)
    except ParseError:
        return None
    outer = parts.pop(asked.name, None)
    if outer is None:
        return None
    used = free_symbols(outer.expression)
    inner = {name: part.expression for name, part in parts.items() if name in used}
    direct = not any(name in parts for formula in inner.values() for name in free_symbols(formula))
    moving = [name for name, formula in inner.items() if depends_on(formula, by)]
    if len(inner) < len(parts) or len(moving) < _LEAST or not direct or by in used or len(moving) < len(inner):
        return None
    return Composed(outer, tuple((name, inner[name]) for name in used if name in inner), by)


def _alone(text: str, line: str, span: Span) -> Parsed:
    return parse_line(text, blanked(blanked(line, 0, span.start), span.end, len(line)))

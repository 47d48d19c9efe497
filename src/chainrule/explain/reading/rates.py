r"""Owns related rates as they are typed: an equation, how fast some of its variables change, and which rate is asked for.

`x^2 + y^2 = 25, dx/dt = 3, x = 4, dy/dt`. Further equations such as r = h/2 say what a variable is, and are put in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.explain.expressions.expression import Expression, Symbol, depends_on, substitute
from chainrule.explain.reading.asked import VARIABLE, VERB, blanked, constant
from chainrule.explain.reading.curves import equation_text, names_of
from chainrule.explain.reading.nesting import depths, lone_equals
from chainrule.explain.reading.parse import Parsed, parse_line, symbol_name
from chainrule.explain.reading.refusal import refusal
from chainrule.explain.reading.statements import Span

# Spaces are taken as a whole (*+): where they could be shared out, a long run of them would be tried in every way.
_RATE = (
    rf"(?:d\s*+({VARIABLE})\s*+/\s*+d\s*+({VARIABLE})"
    rf"|\\[dt]?frac\s*+\{{\s*+d\s*+({VARIABLE})\s*+\}}\s*+\{{\s*+d\s*+({VARIABLE})\s*+\}})"
)
_KNOWN = re.compile(rf"\s*+{_RATE}\s*+=\s*+(?=[^?\s])")
_WANTED = re.compile(rf"\s*+{VERB}{_RATE}\s*+(?:=\s*+\??|\?|\.)?\s*+", re.IGNORECASE)
_VALUE = re.compile(rf"\s*+({VARIABLE})\s*+=(.+)", re.DOTALL)
_BETWEEN = re.compile(
    r"[,;\n]|(?<![A-Za-z\\])(?:and|when|if|given(?:\s+that)?|where|with|at|let|suppose(?:\s+that)?)(?![A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Rates:
    """A question of related rates.

    left, right: the sides of the equation. of: whose rate is asked for. by: what is time. rates: those that are known, by
    variable. at: the moment, by variable. notes: what is to be said of readings.
    """

    left: Expression
    right: Expression
    of: str
    by: str
    rates: tuple[tuple[str, Expression], ...]
    at: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order in which they appear."""
        return names_of(self.left, self.right)

    @property
    def shown(self) -> str:
        """The equation as text."""
        return equation_text(self.left, self.right)


def rates_of(text: str, line: str) -> Rates | None:
    """Return the question of related rates that a text asks; None where it gives no rate, or asks for none."""
    spans = _statements(line)
    known = [(span, found) for span in spans if (found := _KNOWN.match(line, span.start, span.end))]
    wanted = [found for span in spans if (found := _WANTED.fullmatch(line, span.start, span.end))]
    if not known or len(wanted) != 1:
        return None
    of, by = _names(wanted[0])
    rates: dict[str, Expression] = {}
    for span, found in known:
        name, time = _names(found)
        if time != by:
            problem = f"d{of}/d{by} is asked for, and a rate by {time} is given"
            raise refusal(text, span.start, f"{problem}; expected all rates by the same variable")
        rates[name] = _part(text, line, Span(found.end(), span.end)).expression
    taken = {span.start for span, _ in known} | {found.start() for found in wanted}
    others = [span for span in spans if span.start not in taken]
    values = [(span, value) for span in others if (value := _value(line, span)) is not None]
    equations = [span for span in others if span not in [span for span, _ in values]]
    if not equations:
        raise refusal(
            text, 0, f"no equation ties the rates together; expected one, as in x^2 + y^2 = 25, before d{of}/d{by}"
        )
    left, right, notes = _equation(text, line, equations[0])
    for span in equations[1:]:
        first, second, said = _equation(text, line, span)
        if not isinstance(first, Symbol) or depends_on(second, first.name):
            raise refusal(
                text, span.start, "a second equation that says of no variable what it is; expected one as in r = h/2"
            )
        left, right = (substitute(side, {first.name: second}) for side in (left, right))
        notes = (*notes, *said)
    return Rates(left, right, of, by, tuple(rates.items()), tuple(value for _, value in values), notes)


def _statements(line: str) -> list[Span]:
    """Return where the statements are: commas and words such as `when` stand between them."""
    spans, begin, nesting = [], 0, depths(line)
    for found in (*_BETWEEN.finditer(line), None):
        start, end = (len(line), len(line)) if found is None else found.span()
        if found is not None and nesting[start] > 0:
            continue
        piece = line[begin:start]
        if piece.strip(" ."):
            spans.append(Span(begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip(" ."))))
        begin = end
    return spans


def _names(found: re.Match[str]) -> tuple[str, str]:
    """Return what changes, and by what."""
    return symbol_name(found[1] or found[3]), symbol_name(found[2] or found[4])


def _value(line: str, span: Span) -> tuple[str, float] | None:
    """Return the name and the number of x = 4."""
    found = _VALUE.fullmatch(line, span.start, span.end)
    number = None if found is None else constant(found[2])
    return None if found is None or number is None else (symbol_name(found[1]), number)


def _equation(text: str, line: str, span: Span) -> tuple[Expression, Expression, tuple[str, ...]]:
    """Return the sides of an equation, and what is to be said of its readings."""
    place = lone_equals(line, span.start, span.end)
    if place < 0:
        raise refusal(text, span.start, "expected an equation, a rate such as dx/dt = 3, or a value such as x = 4")
    left, right = _part(text, line, Span(span.start, place)), _part(text, line, Span(place + 1, span.end))
    return left.expression, right.expression, (*left.notes, *right.notes)


def _part(text: str, line: str, span: Span) -> Parsed:
    return parse_line(text, blanked(blanked(line, 0, span.start), span.end, len(line)))

r"""Owns how integrals between two limits are read: ∫_0^x sin t dt, \int_0^{x^2} \frac{dt}{1+t^2}, integral from 0 to x of t^2 dt.

The limits and the integrand are formulas of their own, whose text is known before they are read: an integral ends at its dt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol, fold, free_symbols
from chainrule.explain.expressions.integrals import FormulaIntegrand, integral
from chainrule.explain.reading.actions import Refused
from chainrule.explain.reading.cursor import Cursor, Definition, Token
from chainrule.explain.reading.grammar import Unexpected, read
from chainrule.explain.reading.names import GREEK, GREEK_NAMES, INTEGRALS, LATEX_LETTERS
from chainrule.explain.reading.nesting import depths
from chainrule.explain.reading.refusal import quoted
from chainrule.primitives.definite_integral import Integral

Scan: TypeAlias = Callable[[Cursor], list[Token]]
Span: TypeAlias = tuple[int, int]

_SIGN = re.compile(r"(?:\\int(?![A-Za-z])|∫|int(?=\s*_))(?:\s*+\\limits(?![A-Za-z]))?\s*+")
_SPOKEN = re.compile(r"(?:the\s++)?integral\s++from\s++(.{1,80}?)\s++to\s++(.{1,80}?)\s++of\s++", re.IGNORECASE)
_SPOKEN_LAST = re.compile(r"(?:the\s++)?integral\s++of\s++(?=.*\sfrom\s)", re.IGNORECASE)
_SPOKEN_LIMITS = re.compile(r"\s*+,?\s*+from\s++(.{1,80}?)\s++to\s++([^,;\n]{1,80})", re.IGNORECASE)
_GREEK = "|".join(sorted({*GREEK_NAMES} - {"pi"}, key=len, reverse=True))
_VARIABLE = re.compile(
    rf"(?:(?<![A-Za-z\\])|(?<=[a-z])(?<![A-Za-z\\][a-z]))(?:d|\\mathrm\s*+\{{\s*+d\s*+\}})\s*+"
    rf"(\\(?:{_GREEK})|(?:{_GREEK})|[A-Za-z]|[{''.join(GREEK)}])(?:_?([0-9]))?(?![A-Za-z0-9_(])"
)
_ATOM = re.compile(r"[+-]?(?:\\(?:infty|[A-Za-z]+)|[0-9]+(?:\.[0-9]+)?|[A-Za-z∞]|[\u0370-\u03ff])")
_INFINITE = re.compile(r"\s*+([+-]?)\s*+(?:\\infty|∞|infinity|inf)\s*+")
_FRACTION = re.compile(r"\\[dt]?frac\s*+\{")
_EXAMPLE = "as in int_0^x sin(t) dt"

MAX_INTEGRALS = 8
"""How many integrals a text may have: each takes its time wherever it is evaluated."""
MAX_NESTED = 2
"""How many integrals may stand in one another; the time of an evaluation is multiplied by each."""


def integral_here(cursor: Cursor) -> bool:
    """Return whether an integral starts here."""
    return any(cursor.match(pattern) is not None for pattern in (_SIGN, _SPOKEN, _SPOKEN_LAST))


def scan_integral(cursor: Cursor, scan: Scan) -> None:
    """Scan an integral between two limits; it becomes one operand. `scan` scans its limits and its body."""
    start = cursor.position
    limits, body = _limits_in_front(cursor)
    if len(_SIGN.findall(cursor.plain)) > MAX_INTEGRALS:
        cursor.refuse(f"more than {MAX_INTEGRALS} integrals; expected fewer")
    plain, variable, body_end, end = _body(cursor, body)
    if limits is None:
        found = cursor.match(_SPOKEN_LIMITS, end)
        if found is None:
            cursor.refuse(f"an integral whose limits are not understood; expected these, {_EXAMPLE}", start)
        limits, end = (found.span(1), found.span(2)), found.end()
    # A definition that is put in may have a variable of the same name, which is another one.
    inner = {name for each in cursor.definitions.values() for name in free_symbols(each.expression)}
    bound = f"{variable}1" if variable in inner - {*cursor.definitions} else variable
    inside = _read(cursor, scan, plain, (body, body_end), (variable, bound))
    lower, upper = (_read_limit(cursor, scan, each) for each in limits)
    if max(map(_nested, (inside, lower, upper))) >= MAX_NESTED:
        cursor.refuse(f"integrals nested more than {MAX_NESTED} deep; expected a simpler formula", start)
    cursor.emit("OPERAND", integral(inside, bound, lower, upper), end - start)


def _limits_in_front(cursor: Cursor) -> tuple[tuple[Span, Span] | None, int]:
    """Return where the limits stand, None where they come last, and where the integrand starts."""
    spoken = cursor.match(_SPOKEN)
    if spoken is not None:
        return (spoken.span(1), spoken.span(2)), spoken.end()
    sign = cursor.match(_SIGN)
    if sign is not None:
        lower = _limit(cursor, sign.end(), "_")
        upper = _limit(cursor, _after(cursor, lower), "^")
        return (lower, upper), _after(cursor, upper)
    last = cursor.match(_SPOKEN_LAST)
    assert last is not None
    return None, last.end()


def _limit(cursor: Cursor, position: int, sign: str) -> Span:
    """Return where the limit after _ or ^ stands."""
    found = cursor.match(re.compile(rf"\s*+{re.escape(sign)}\s*+"), position)
    if found is None:
        cursor.refuse(INTEGRALS, position)
    start = found.end()
    if cursor.at(start) in ("{", "("):
        close = _closing(cursor, start)
        return start + 1, close
    atom = cursor.match(_ATOM, start)
    if atom is None:
        cursor.refuse(f"a limit of an integral is missing; expected it, {_EXAMPLE}", start)
    return atom.span()


def _closing(cursor: Cursor, opening: int) -> int:
    """Return where the bracket closes that opens at `opening`."""
    for place, depth in enumerate(depths(cursor.plain[opening : cursor.end])):
        if depth == 0:
            return opening + place
    cursor.refuse(f"'{cursor.at(opening)}' is not closed; expected its partner", opening)


def _after(cursor: Cursor, limit: Span) -> int:
    return limit[1] + (cursor.at(limit[1]) in ("}", ")") and cursor.at(limit[0] - 1) in ("{", "("))


def _body(cursor: Cursor, start: int) -> tuple[str, str, int, int]:
    """Return the text with dt left out, the variable of integration, where the integrand ends and where the integral does."""
    nesting = depths(cursor.plain[start : cursor.end])
    found = list(_VARIABLE.finditer(cursor.plain, start, cursor.end))
    level = [each for each in found if nesting[each.start() - start] == 0]
    # The integrals inside end first: int_0^x int_0^s t dt ds.
    ends = (each for count, each in enumerate(level) if len(_SIGN.findall(cursor.plain, start, each.start())) == count)
    outside = next(ends, None)
    sign = outside if outside is not None else next(iter(found), None)
    if sign is None:
        cursor.refuse(f"an integral without its variable; expected dt at its end, {_EXAMPLE}", start)
    name = sign[1].lstrip("\\")
    variable = LATEX_LETTERS.get(name, GREEK.get(name, name)) + (sign[2] or "")
    first = sign.start()
    is_alone = not cursor.plain[start:first].strip() or cursor.plain[:first].rstrip().endswith("{")
    # dt/(1 + t^2) and \frac{dt}{1 + t^2} are 1 over what stands below.
    plain = cursor.plain[:first] + ("1" if is_alone else "").ljust(len(sign[0])) + cursor.plain[sign.end() :]
    divided = cursor.plain[sign.end() : cursor.end].lstrip().startswith("/")
    if outside is not None and not (is_alone and divided):
        return plain, variable, sign.end() if is_alone else first, sign.end()
    end = _end_of_fraction(cursor, start, sign.end(), outside is None)
    return plain, variable, end, end


def _end_of_fraction(cursor: Cursor, start: int, position: int, stacked: bool) -> int:
    """Return where the fraction ends above whose line dt stands."""
    nesting = depths(cursor.plain[start : cursor.end])
    if stacked:
        fraction = next(iter(_FRACTION.finditer(cursor.plain, start, position)), None)
        if fraction is None:
            cursor.refuse(f"dt inside of a bracket; expected it at the end of the integral, {_EXAMPLE}", position)
        below = cursor.match(re.compile(r"\s*+\{"), _closing(cursor, fraction.end() - 1) + 1)
        return cursor.end if below is None else _closing(cursor, below.end() - 1) + 1
    for place in range(position, cursor.end):
        if nesting[place - start] < 0 or (nesting[place - start] == 0 and cursor.plain[place] in "+-,;\n="):
            return place
    return cursor.end


def _nested(expression: Expression) -> int:
    """Return how many integrals stand in one another."""

    def combine(node: Expression, operands: Sequence[int]) -> int:
        value = node.primitive.value if isinstance(node, Apply) else None
        integrand = value.integrand if isinstance(value, Integral) else None
        own = 1 + _nested(integrand.body) if isinstance(integrand, FormulaIntegrand) else 0
        return own + max(operands, default=0)

    return fold(expression, combine)


def _read(cursor: Cursor, scan: Scan, plain: str, span: Span, bound: tuple[str, str] | None = None) -> Expression:
    """Read a part. bound: the variable of integration as it is typed, which hides what has its name outside, and its own name."""
    definitions, pending = dict(cursor.definitions), set(cursor.pending)
    if bound is not None:
        definitions[bound[0]] = Definition(Symbol(bound[1]), None)
        pending.discard(bound[0])
    part = Cursor(cursor.text, plain, *span, definitions, pending, cursor.indices)
    try:
        return read(scan(part))
    except Unexpected as error:
        if error.token is None:
            cursor.refuse(f"a part of the integral ends too early; {error.expected}", span[1])
        cursor.refuse(f"unexpected {quoted(error.token.text)}; {error.expected}", error.token.position)
    except Refused as error:
        cursor.refuse(error.message, error.position)


def _read_limit(cursor: Cursor, scan: Scan, span: Span) -> Expression:
    infinite = _INFINITE.fullmatch(cursor.plain, *span)
    if infinite is not None:
        return Number(-math.inf if infinite[1] == "-" else math.inf)
    return _read(cursor, scan, cursor.plain, span)

"""Owns questions for the derivative of an inverse function as they are typed.

Understood are `(f^{-1})'(2) where f(x) = x^3 + x`, `Let f(x) = x^3 + x. Find (f^-1)'(2)` and `derivative of the inverse of
x^3 + x at 2`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chainrule.errors import ParseError
from chainrule.explain.expressions.expression import Expression, Symbol, free_symbols, substitute
from chainrule.explain.reading.asked import LET, VARIABLE, VERB, Asked, blanked, without_end
from chainrule.explain.reading.curves import Implicit
from chainrule.explain.reading.parse import Parsed, parse, parse_line, symbol_name
from chainrule.explain.reading.refusal import quoted, refusal

_MINUS_ONE = r"(?:\^\s*+(?:\{\s*+-\s*+1\s*+\}|\(\s*+-\s*+1\s*+\)|-1)|⁻¹)"
_SIGN = re.compile(
    rf"(?:\\left\s*+)?\(\s*+(?P<name>[f-hF-H])\s*+{_MINUS_ONE}\s*+(?:\\right\s*+)?\)\s*+(?:'|\^\s*+\{{?\\prime\}}?)\s*+"
    r"(?:\\left\s*+)?\((?P<at>[^()]*+(?:\([^()]*+\)[^()]*+)*+)(?:\\right\s*+)?\)"
)
"""(f^{-1})'(2), and what stands in its brackets."""

_NAMED = re.compile(
    rf"(?:(?:{VERB})(?:the\s+)?(?:derivative|slope)\s+of\s+|d\s*/\s*d[a-z]\s*)(?P<name>[f-h])\s*{_MINUS_ONE}(?:\s*\(\s*[a-z]\s*\))?\s+at\s+"
    rf"(?:the\s+point\s+)?(?:{VARIABLE}\s*=\s*)?(?P<at>[^=,;]+?)(?=\s*(?:[,;]|$|\b(?:if|where|for|when|given|with)\b))",
    re.IGNORECASE,
)
"""The derivative of f^{-1} at 2, and d/dx f^{-1}(x) at x = 2."""

_WORDS = re.compile(
    rf"\s*+(?:{VERB})(?:the\s+|a\s+)?(?:derivative|slope|gradient)\s+of\s+(?:the\s+|its\s+)?inverse(?:\s+function)?\s+(?:of|for|to)\s+"
    r"(?:the\s+function\b)?:?",
    re.IGNORECASE,
)
_AT = re.compile(
    rf"[\s,;]*+\b(?:at|when|where)\s++(?:the\s++)?(?:(?:point|value)\s++)?(?:{VARIABLE}\s*+=\s*+)?(?P<at>[^=,;]++)$"
)
_BEFORE = re.compile(
    rf"\s*+(?:{LET})?\s*+(?:{VERB})\s*+(?:where|if|for|when|given(?:\s+that)?|of|with)?[\s,:]*+",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"[\s,;.]*+(?:then|and|so)?\s*+(?:{VERB})?\s*+$", re.IGNORECASE)
_EXAMPLE = "as in (f^(-1))'(2) where f(x) = x^3 + x"


@dataclass(frozen=True, slots=True)
class InverseAsked:
    """A question for the derivative of an inverse. parsed: the function itself. at: the argument of the inverse, exactly."""

    parsed: Parsed
    at: Expression


def inverse_of(text: str, line: str) -> InverseAsked | Implicit | None:
    """Return what a text asks for the derivative of an inverse; None where it asks another. Raises ParseError in one.

    Without a point it is that of the curve on which the variable is the function of the height.
    """
    sign = _SIGN.search(line) or _NAMED.search(line)
    if sign is not None:
        typed = sign["at"].strip()
        before, after = _AFTER.sub("", line[: sign.start()]), line[sign.end() :]
        body = after if "=" in after else before
        start = sign.end() if "=" in after else 0
        if "=" not in body:
            problem = "the inverse of a function that is not defined"
            raise refusal(text, sign.start(), f"{problem}; expected its definition, {_EXAMPLE}")
        lead = _BEFORE.match(body)
        start += 0 if lead is None else lead.end()
        end = len(line) if "=" in after else len(before)
        line = blanked(blanked(line, 0, start), end, len(line))
    else:
        words = _WORDS.match(line)
        if words is None:
            return None
        line = without_end(text, Asked(blanked(line, 0, words.end()))).line
        found = _AT.search(line)
        typed = "" if found is None else found["at"].strip()
        line = line if found is None else blanked(line, found.start(), len(line))
    line = without_end(text, Asked(line)).line
    parsed = parse_line(text, line)
    at = _value(typed) if typed else None
    if at is not None and not free_symbols(at):
        return InverseAsked(parsed, at)
    if typed and re.fullmatch(VARIABLE, typed) is None:
        problem = f"{quoted(typed)} is no number"
        raise refusal(text, max(text.find(typed), 0), f"{problem}; expected the argument of the inverse, {_EXAMPLE}")
    return _curve(text, parsed, symbol_name(typed) if typed else None)


def _value(typed: str) -> Expression | None:
    try:
        return parse(typed).expression
    except ParseError:
        return None


def _curve(text: str, parsed: Parsed, by: str | None) -> Implicit:
    """Return the curve x = f(y), on which y is the inverse of f at x."""
    names = parsed.parameters or parsed.variables
    if len(names) != 1:
        raise refusal(text, 0, f"an inverse is of a function of one variable; expected one, {_EXAMPLE}")
    by = by or names[0]
    of = "y" if by != "y" else "x"
    notes = (*parsed.notes, f"{of} is the inverse of the function at {by}, so that the function at {of} is {by}")
    return Implicit(Symbol(by), substitute(parsed.expression, {names[0]: Symbol(of)}), of, by, notes=notes)

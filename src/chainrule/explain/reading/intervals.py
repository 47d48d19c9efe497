"""Owns intervals as they are typed at the end of a question: [-2, 3], (0, ∞), x > 0, 0 ≤ x ≤ 2π, between 0 and 1."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Expression, Number, free_symbols
from chainrule.explain.expressions.notation import text as text_of
from chainrule.explain.reading.asked import VARIABLE, blanked
from chainrule.explain.reading.infinite import infinity_of
from chainrule.explain.reading.nesting import depths
from chainrule.explain.reading.parse import parse, symbol_name
from chainrule.explain.reading.refusal import refusal

_ON = re.compile(
    r"[\s,;]*+\b(?:on|over|in|within)\s+(?:the\s+)?(?:closed\s+|open\s+)?(?:intervals?\s+|domain\s+|range\s+)?(?=[\[\](])"
    r"(?:\\left)?([\[\](])([^\[\],]{1,60}),([^\[\],]{1,60}?)(?:\\right)?([\])\[])\s*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"[\s,;]*\b(?:(?:on|over|in|for)\s+)?(?:(?:the\s+interval\s+|{VARIABLE}\s+)?(?:between|from))\s+(?:{VARIABLE}\s*=\s*)?(\S(?:.{{0,60}}?\S)?)\s+(?:and|to)\s+(?:{VARIABLE}\s*=\s*)?(\S.{{0,60}}?)\s*$",
    re.IGNORECASE,
)
_SIGN = r"(<=|>=|<|>|≤|≥|\\leq?(?![A-Za-z])|\\geq?(?![A-Za-z]))"
_LEAD = r"[\s,;]*+\b(?:for|where|when|if|with|on|over|assuming|given)\s+(?:all\s+|every\s+)?"
_TWO_SIDED = re.compile(
    rf"{_LEAD}([^<>≤≥=]{{1,60}}?)\s*{_SIGN}\s*({VARIABLE})\s*{_SIGN}\s*([^<>≤≥=]{{1,60}}?)\s*$", re.IGNORECASE
)
_ONE_SIDED = re.compile(rf"{_LEAD}({VARIABLE})\s*{_SIGN}\s*([^<>≤≥=]{{1,60}}?)\s*$", re.IGNORECASE)
_POSITIVE = re.compile(
    rf"{_LEAD}(?:(?:(positive|negative)\s+(?:real\s+)?(?:numbers?\s+)?({VARIABLE}))|(?:({VARIABLE})\s+(positive|negative)))\s*$",
    re.IGNORECASE,
)
_ENDS_LIKE_ONE = re.compile(r"\b(?:on|over|in)\s+(?:the\s+)?(?:closed\s+|open\s+)?(?:interval\b|[\[])", re.IGNORECASE)
_MAX_END = 60


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval: its ends as they were typed, and whether they belong to it. name: the variable, where that was said."""

    low: Expression
    high: Expression
    has_low: bool
    has_high: bool
    name: str | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The ends as numbers, infinite ones too."""
        return float(evaluate(self.low, {})), float(evaluate(self.high, {}))

    def __str__(self) -> str:
        opening, closing = "[" if self.has_low else "(", "]" if self.has_high else ")"
        return f"{opening}{text_of(self.low)}, {text_of(self.high)}{closing}"


REAL_LINE = Interval(Number(-math.inf), Number(math.inf), False, False)


def without_interval(text: str, line: str) -> tuple[str, Interval | None]:
    """Return the line without the interval at its end, and the interval. Raises ParseError for one that is none."""
    nesting = depths(line)

    def last(pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return where a pattern stands outside of all brackets: cases have conditions, too."""
        found = pattern.search(line)
        return found if found is not None and nesting[found.start()] <= 0 else None

    if (found := last(_ON)) is not None:
        interval = _made(found[2], found[3], found[1] == "[", found[4] == "]")
        return _checked(text, line, found, interval)
    if (found := last(_TWO_SIDED)) is not None and (name := _name(found[3])) is not None:
        rises, goes_on = _is_less(found[2]), _is_less(found[4])
        low, high = (found[1], found[5]) if rises else (found[5], found[1])
        closed = ("=" in _plain(found[2]), "=" in _plain(found[4]))
        closed = closed if rises else (closed[1], closed[0])
        interval = _made(low, high, *closed, name) if rises == goes_on else None
        return _checked(text, line, found, interval)
    if (found := last(_ONE_SIDED)) is not None and (name := _name(found[1])) is not None:
        has_end = "=" in _plain(found[2])
        interval = (
            _made("-∞", found[3], False, has_end, name)
            if _is_less(found[2])
            else _made(found[3], "∞", has_end, False, name)
        )
        return _checked(text, line, found, interval)
    if (found := last(_POSITIVE)) is not None and (name := _name(found[2] or found[3])) is not None:
        is_positive = (found[1] or found[4]).lower() == "positive"
        ends = ("0", "∞") if is_positive else ("-∞", "0")
        return _checked(text, line, found, _made(*ends, False, False, name))
    if (found := last(_BETWEEN)) is not None:
        interval = _made(found[1], found[2], True, True)
        if interval is not None:
            return _checked(text, line, found, interval)
    if (likely := _ENDS_LIKE_ONE.search(line)) is not None:
        raise refusal(
            text, likely.start(), "an interval that is not understood; expected one such as [-2, 3] or (0, ∞)"
        )
    return line, None


def _checked(text: str, line: str, found: re.Match[str], interval: Interval | None) -> tuple[str, Interval]:
    """Return the rest of the line and the interval, where it is one."""
    problem = "an interval that is not understood" if interval is None else ""
    if interval is not None:
        low, high = interval.ends
        problem = "" if low < high else f"an interval from {low:g} to {high:g}"
    if interval is None or problem:
        raise refusal(
            text, found.start(), f"{problem}; expected one with numbers, the lower one first, such as [-2, 3]"
        )
    return blanked(line, found.start(), len(line)), interval


def _made(low: str, high: str, has_low: bool, has_high: bool, name: str | None = None) -> Interval | None:
    ends = [_end(part) for part in (low, high)]
    first, last = ends
    if first is None or last is None:
        return None
    lowest, highest = (float(evaluate(end, {})) for end in (first, last))
    if math.isnan(lowest) or math.isnan(highest):
        return None
    return Interval(first, last, has_low and math.isfinite(lowest), has_high and math.isfinite(highest), name)


def _end(typed: str) -> Expression | None:
    """Return an end of an interval; None where it is no number."""
    typed = typed.strip()
    if (infinite := infinity_of(typed)) is not None:
        return infinite
    if not typed or len(typed) > _MAX_END:
        return None
    try:
        expression = parse(typed).expression
    except ValueError:
        return None
    return None if free_symbols(expression) else expression


def _plain(sign: str) -> str:
    return {"≤": "<=", "≥": ">="}.get(
        sign, "<=" if sign.startswith("\\l") else ">=" if sign.startswith("\\g") else sign
    )


def _is_less(sign: str) -> bool:
    return "<" in _plain(sign)


def _name(typed: str) -> str | None:
    try:
        return symbol_name(typed)
    except ValueError:
        return None

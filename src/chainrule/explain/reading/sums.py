r"""Owns sums and products over an index: \sum_{k=1}^{3} x^k becomes the tokens of (x^1 + x^2 + x^3).

The bounds are whole numbers. A sum takes what follows it up to the next plus or minus outside of brackets. The index is put in
as a number, in the formula and in the indices of variables: x_k becomes x_1, x_2, x_3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from chainrule.explain.expressions.expression import Number
from chainrule.explain.reading.cursor import Cursor, Definition, Token
from chainrule.explain.reading.nesting import depths

SumSign = Literal["PLUS", "TIMES"]

SUMS: dict[str, SumSign] = {"sum": "PLUS", "∑": "PLUS", "prod": "TIMES", "∏": "TIMES"}
"""The names and signs of sums and products, and what stands between their parts."""

_MAX_TERMS = 100
_MAX_TOKENS = 4000
_WHOLE = r"\s*+([+-]?\s*+[0-9]{1,4})\s*+"
_FROM = rf"_\s*+\{{\s*+([A-Za-z])\s*+={_WHOLE}\}}"
_TO = rf"\^\s*+(?:\{{{_WHOLE}\}}|([0-9]))"
_BOUNDS = re.compile(rf"(?:\s*+\\limits(?![A-Za-z]))?\s*+{_FROM}\s*+{_TO}\s*+")
_NAME = re.compile(r"\\(sum|prod)(?![A-Za-z])|([∑∏])|(sum|prod)(?=\s*+[_^])")
_ENDS = ",;&\n=<>≤≥≠"
_OPEN_ENDED = ("", *"^_*/·(+-")


def sum_here(cursor: Cursor) -> tuple[str, int] | None:
    """Return the name or sign of the sum or product that stands here, and how many characters it takes."""
    found = cursor.match(_NAME)
    name = "" if found is None else found[1] or found[2] or found[3]
    return None if found is None or name in cursor.definitions else (name, len(found[0]))


def scan_sum(cursor: Cursor, name: str, length: int, scan: Callable[[Cursor], list[Token]]) -> None:
    """Scan a sum or a product whose name takes `length` characters; `scan` scans its body, once for each term."""
    bounds = cursor.match(_BOUNDS, cursor.position + length)
    if bounds is None:
        what = "sum" if SUMS[name] == "PLUS" else "product"
        advice = f"expected whole numbers as its bounds, as in \\{'sum' if what == 'sum' else 'prod'}_{{k=1}}^{{3}} x^k"
        cursor.refuse(f"a {what} whose number of terms is not known; {advice}")
    index = bounds[1]
    first, last = (int(bound.replace(" ", "")) for bound in (bounds[2], bounds[3] or bounds[4]))
    if last - first >= _MAX_TERMS:
        cursor.refuse(f"more than {_MAX_TERMS} terms; expected fewer")
    start, end = bounds.end(), _end_of_body(cursor, bounds.end())
    if not cursor.plain[start:end].strip():
        cursor.refuse("nothing follows the sum; expected a term, as in \\sum_{k=1}^{3} x^k")
    cursor.open("(", length=0)
    cursor.position = start
    if last < first:
        cursor.emit("OPERAND", Number(0 if SUMS[name] == "PLUS" else 1), 0)
    for number in range(first, last + 1):
        if number > first:
            cursor.emit(SUMS[name], "", 0)
        body = Cursor(
            cursor.text,
            cursor.plain,
            start,
            end,
            {**cursor.definitions, index: Definition(Number(number), None)},
            cursor.pending,
            {**cursor.indices, index: number},
        )
        cursor.open("(", length=0)
        cursor.tokens += scan(body)
        cursor.close(")", length=0)
        if len(cursor.tokens) > _MAX_TOKENS:
            cursor.refuse("a sum with too many parts; expected a shorter one")
    cursor.position = end
    cursor.close(")", length=0)


def _end_of_body(cursor: Cursor, start: int) -> int:
    """Return where the term ends that starts at `start`: at a plus or minus between terms, or at what closes a bracket."""
    ends = _ENDS + "|" if cursor.opened and cursor.opened[-1].sign == "|" else _ENDS
    for place, depth in enumerate(depths(cursor.plain[start : cursor.end])):
        position = start + place
        char = cursor.plain[position]
        if depth < 0 or (depth == 0 and (char in ends or cursor.plain.startswith(("\\right", "\\\\"), position))):
            return position
        if depth == 0 and char in "+-" and cursor.plain[start:position].rstrip()[-1:] not in _OPEN_ENDED:
            return position
    return cursor.end

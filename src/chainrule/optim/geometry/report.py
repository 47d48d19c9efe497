"""Owns how findings are written: numbers with few digits, rows of names and values, tables, as text and as HTML."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

Rows: TypeAlias = Sequence[tuple[str, str]]

WIDTH = 100
_WORDS = "text-align: left; white-space: pre-wrap"
SHOWN = 6
"""So many entries of a list are written out."""


def number(value: Any) -> str:
    """Return a number with four digits.

    >>> number(2.0), number(0.123456), number(-1.5e-9), number(None), number(float("inf"))
    ('2', '0.1235', '-1.5e-09', 'not known', 'inf')
    """
    return "not known" if value is None else f"{float(value) + 0.0:.4g}"


def apart(value: float, other: float) -> str:
    """Return a number with four digits, or as many as tell it from another one.

    >>> apart(0.00019998, 0.0002), apart(0.5, 1.0)
    ('0.00019998', '0.5')
    """
    for digits in range(4, 16):
        if value == other or f"{value:.{digits}g}" != f"{other:.{digits}g}":
            return f"{value:.{digits}g}"
    return repr(value)


def count(value: float | None, noun: str = "step") -> str:
    """Return a number of things.

    >>> count(1), count(6905), count(float("inf")), count(None)
    ('1 step', '6,905 steps', 'endlessly many steps', 'not known')
    """
    if value is None:
        return "not known"
    if not np.isfinite(value):
        return f"endlessly many {noun}s"
    return f"{int(value):,} {noun}{'' if value == 1 else 's'}"


def entries(values: Any) -> str:
    """Return numbers as a list; of a long one both ends.

    >>> entries([1.0, 2.5]), entries(np.arange(10.0))
    ('[1, 2.5]', '[0, 1, 2, …, 7, 8, 9] (10 in all)')
    """
    flat = [number(value) for value in np.ravel(values)]
    if len(flat) <= SHOWN:
        return f"[{', '.join(flat)}]"
    half = SHOWN // 2
    return f"[{', '.join([*flat[:half], '…', *flat[-half:]])}] ({len(flat)} in all)"


def rows_text(rows: Rows) -> str:
    """Return one line for each name and value; long values are wrapped."""
    width = max(len(name) for name, _ in rows)
    lines: list[str] = []
    for name, value in rows:
        wrapped = textwrap.wrap(value, WIDTH - width - 2) or [""]
        lines.append(f"{name:>{width}}{':' if name else ' '} {wrapped[0]}")
        lines += [" " * (width + 2) + line for line in wrapped[1:]]
    return "\n".join(lines)


def rows_html(kind: str, rows: Rows) -> str:
    """Return names and values as an HTML table, everything escaped.

    Notebooks set cells to the right, and words and arrays read from the left.
    """
    cells = "".join(
        f"<tr><th scope='row'>{html.escape(n)}</th><td style='{_WORDS}'>{html.escape(v)}</td></tr>" for n, v in rows
    )
    return f"<table class='chainrule-{kind}'><tbody>{cells}</tbody></table>"


def table_text(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; its first column is set to the left, the others to the right, and the last to the left."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    last = len(headings) - 1

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(headings), line(["-" * width for width in widths]), *map(line, rows)])


def table_html(kind: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as HTML, everything escaped."""
    head = "".join(f"<th scope='col'>{html.escape(cell)}</th>" for cell in headings)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table class='chainrule-{kind}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

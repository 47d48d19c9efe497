"""Owns what stands inside of brackets, or between the begin and the end of LaTeX's cases, and what outside of them."""

from __future__ import annotations

import re

_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{")
_RELATION_BEFORE = "<>!=:"


def depths(line: str) -> list[int]:
    """Return how many brackets are open at each character; an opening one counts from itself, a closing one no more.

    >>> depths("x(y)z")
    [0, 1, 1, 0, 0]
    """
    turns = {found.start(): 1 if found[1] == "begin" else -1 for found in _ENVIRONMENT.finditer(line)}
    found, depth = [], 0
    for position, char in enumerate(line):
        depth += (char in "([{") - (char in ")]}") + turns.get(position, 0)
        found.append(depth)
    return found


def lone_equals(line: str, start: int = 0, end: int | None = None) -> int:
    """Return where the first equals sign is that stands outside of brackets and is no part of <=, >=, != or ==; else -1."""
    end = len(line) if end is None else end
    nesting = depths(line[start:end])
    for position in range(start, end):
        if line[position] != "=" or nesting[position - start] > 0:
            continue
        before, after = line[position - 1 : position] if position > start else "", line[position + 1 : position + 2]
        if after != "=" and (before == ":" or before not in _RELATION_BEFORE or not before):
            return position
    return -1

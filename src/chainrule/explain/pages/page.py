"""Owns the page: the paragraphs, tables and code that a report consists of, whatever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, final


@final
@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences. heading: what they are about, set in bold before them."""

    text: str
    heading: str = ""


@final
@dataclass(frozen=True, slots=True)
class Grid:
    """A table of cells that are text already."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heading: str = ""


@final
@dataclass(frozen=True, slots=True)
class Code:
    """Lines of Python."""

    text: str
    heading: str = ""


Block: TypeAlias = Paragraph | Grid | Code


@final
@dataclass(frozen=True, slots=True)
class Page:
    """A title and what follows it."""

    title: str
    blocks: tuple[Block, ...]

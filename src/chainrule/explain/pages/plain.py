"""Owns how a page is written as plain text, in 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from chainrule.explain.pages.page import Block, Code, Grid, Page, Paragraph

WIDTH = 100


def write(page: Page) -> str:
    """Return the page as text.

    >>> print(write(Page("Limit", (Paragraph("It is 4.", "Result"),))))
    Limit
    <BLANKLINE>
    Result: It is 4.
    """
    lines = textwrap.wrap(page.title, WIDTH) or [""]
    for block in page.blocks:
        lines += ["", *_lines(block)]
    return "\n".join(line.rstrip() for line in lines)


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        said = f"{block.heading}: {block.text}" if block.heading else block.text
        yield from textwrap.wrap(said, WIDTH, break_on_hyphens=False, break_long_words=False)
        return
    if block.heading:
        yield from textwrap.wrap(f"{block.heading}:", WIDTH)
    if isinstance(block, Code):
        yield from (f"    {line}" for line in block.text.splitlines())
    else:
        yield from table(block)


def table(grid: Grid) -> Iterator[str]:
    """Yield the lines of a table; columns are as wide as what they hold, and stand to the left."""
    widths = [max(map(len, column)) for column in zip(grid.headings, *grid.rows, strict=True)]
    for cells in (grid.headings, tuple("-" * width for width in widths), *grid.rows):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))

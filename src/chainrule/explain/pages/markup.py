"""Owns how a page is written as HTML, readable alone and without a script, and as Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterator

from chainrule.explain.pages.page import Block, Code, Grid, Page, Paragraph

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_<>[]|"})


def html_document(page: Page) -> str:
    """Return the page as HTML; all text is escaped.

    >>> html_document(Page("a < b", (Paragraph("It is.", "So"),)))
    '<div class="chainrule-report"><h4>a &lt; b</h4><p><b>So:</b> It is.</p></div>'
    """
    blocks = "".join(map(_html, page.blocks))
    return f'<div class="chainrule-report"><h4>{html.escape(page.title)}</h4>{blocks}</div>'


def _html(block: Block) -> str:
    heading = f"<b>{html.escape(block.heading)}:</b> " if block.heading else ""
    if isinstance(block, Paragraph):
        return f"<p>{heading}{html.escape(block.text)}</p>"
    before = f"<p>{heading.strip()}</p>" if heading else ""
    if isinstance(block, Code):
        return f"{before}<pre><code>{html.escape(block.text)}</code></pre>"
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in block.headings)
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
    return f"{before}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def markdown(page: Page) -> str:
    """Return the page as Markdown.

    >>> print(markdown(Page("Why", (Code("x = 1", "Write"),))))
    #### Why
    <BLANKLINE>
    **Write:**
    <BLANKLINE>
    ```python
    x = 1
    ```
    """
    parts = [f"#### {page.title.translate(_MARKS)}"]
    for block in page.blocks:
        parts += ["", *_markdown(block)]
    return "\n".join(parts)


def _markdown(block: Block) -> Iterator[str]:
    heading = f"**{block.heading.translate(_MARKS)}:**" if block.heading else ""
    if isinstance(block, Paragraph):
        yield f"{heading} {block.text.translate(_MARKS)}".strip()
        return
    if heading:
        yield from (heading, "")
    if isinstance(block, Code):
        fence = "`" * (3 + block.text.count("```"))
        yield from (f"{fence}python", block.text, fence)
        return
    yield from _markdown_table(block)


def _markdown_table(grid: Grid) -> Iterator[str]:
    for cells in (grid.headings, *grid.rows):
        yield f"| {' | '.join(cell.translate(_MARKS) for cell in cells)} |"
        if cells is grid.headings:
            yield f"|{'---|' * len(cells)}"

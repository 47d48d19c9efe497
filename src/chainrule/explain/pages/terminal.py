"""Owns how a page is shown by rich, the one place here that loads it."""

from __future__ import annotations

from typing import Any

from chainrule.explain.pages.page import Code, Page, Paragraph


def write(page: Page) -> Any:
    """Return the page as something that a rich console prints."""
    from rich.console import Group  # noqa: PLC0415  (heavy: loaded when a console asks for it)
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown: list[Any] = [Text(page.title, style="bold")]
    for block in page.blocks:
        shown.append(Text(""))
        if isinstance(block, Paragraph):
            heading = f"{block.heading}: " if block.heading else ""
            shown.append(Text.assemble((heading, "bold cyan"), block.text))
            continue
        if block.heading:
            shown.append(Text(f"{block.heading}:", style="bold cyan"))
        if isinstance(block, Code):
            shown.append(Padding(Text(block.text, style="green"), (0, 0, 0, 4)))
            continue
        table = Table()
        for heading in block.headings:
            table.add_column(Text(heading))
        for row in block.rows:
            table.add_row(*map(Text, row))
        shown.append(table)
    return Group(*shown)

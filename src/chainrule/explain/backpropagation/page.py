"""Owns how a run is shown in a notebook and in the terminal: HTML with the picture, and rich tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from chainrule.explain.backpropagation import text as writing
from chainrule.explain.backpropagation.node import BackpropNode
from chainrule.explain.backpropagation.picture import to_svg


def to_html(nodes: Sequence[BackpropNode], result: str) -> str:
    """Return the picture and the table as HTML, everything escaped."""
    heads = "".join(f"<th>{escape(head)}</th>" for head in (*writing.headings(result), "source", "chain rule"))
    rows = []
    for node in writing.elided(nodes):
        if isinstance(node, int):
            rows.append(f"<tr><td colspan='8'>… {node:,} nodes left out here</td></tr>")
            continue
        told = [writing.shorten(part) for part in (node.chain, node.paths) if part]
        cells = (*map(writing.shorten, writing.cells(node)), writing.shorten(node.line[2]) if node.line else "")
        chain = "<br>".join(map(escape, told))
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + f"<td>{chain}</td></tr>")
    notes = list(writing.fold_notes(nodes))
    if any(writing.is_sum(node.contributions) for node in nodes):
        notes.insert(0, writing.WHY_ORDER)
    return (
        f"<div class='chainrule-backprop'><div style='overflow-x:auto'>{to_svg(nodes, result)}</div>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"{''.join(f'<p>{escape(note)}</p>' for note in notes)}</div>"
    )


def to_rich(nodes: Sequence[BackpropNode], result: str) -> Iterator[Any]:
    """Yield what rich prints: the table, the backward run and the notes."""
    from rich import box  # noqa: PLC0415 (heavy)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Table(box=box.SIMPLE_HEAD, header_style="bold")
    styles = ("bold green", "", "", "red", "dim", "dim")
    for heading, style in zip(writing.headings(result), styles, strict=True):
        grid.add_column(Text(heading), style=style, overflow="fold")
    for node in writing.elided(nodes):
        if isinstance(node, int):
            grid.add_row(Text("…"), Text(f"{node:,} nodes left out here"))
        else:
            grid.add_row(*(Text(writing.shorten(cell)) for cell in writing.cells(node)))
    yield grid
    yield Text("Backward, from the result to the inputs:", style="bold")
    for node in writing.elided(nodes[::-1]):
        if isinstance(node, int):
            yield Text(f"  … {node:,} nodes left out here")
            continue
        yield Text(f"  {writing.shorten(node.chain)}")
        if node.paths:
            yield Text(f"    {writing.shorten(node.paths)}", style="yellow")
    if any(writing.is_sum(node.contributions) for node in nodes):
        yield Text(writing.WHY_ORDER, style="italic")
    for note in writing.fold_notes(nodes):
        yield Text(note, style="dim")

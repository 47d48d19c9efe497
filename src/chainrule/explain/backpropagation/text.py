"""Owns how the backprop table is written as plain text: chain-rule products, sums over paths, and 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.explain.backpropagation.figures import factor, figure
from chainrule.explain.backpropagation.node import BackpropNode, Edge
from chainrule.explain.expressions.dialects import TEXT

WIDTH = 100
MOST_ROWS = 60
"""Of more nodes than this the middle is left out of a text; the record has them all."""
MOST_TERMS = 8
"""Of a sum of more terms than this, as over the uses of a weight, some are left out of the text."""
LONGEST = 600
"""A cell or a line of mathematics is cut to this many characters."""
_COLUMNS = (12, 25, 12, 12, 25, 4)
_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "matmul": "@",
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
}


def formula(operation: str, operands: Sequence[str], typed: bool = False) -> str:
    """Return an operation as Python writes it; typed: functions are called as in mathematics, where that was typed.

    >>> formula("multiply", ("w", "x")), formula("exp", ("z",)), formula("negative", ("z",))
    ('w * x', 'exp(z)', '-z')
    >>> formula("expit", ("z",)), formula("expit", ("z",), typed=True)
    ('expit(z)', 'σ(z)')
    """
    if operation in _SIGNS and len(operands) == 2:
        return f" {_SIGNS[operation]} ".join(operands)
    if operation == "where" and len(operands) == 3:  # the table's order has the condition last
        operands = (operands[2], *operands[:2])
    if operation == "negative":
        return f"-{operands[0]}"
    return TEXT.call(operation, operands) if typed else f"{operation}({', '.join(operands)})"


def chain(name: str, result: str, adjoint: Any, contributions: Sequence[Edge], read: bool) -> str:
    """Return the chain rule for one value, with symbols and then with numbers; `read`: an operation reads it."""
    left = f"d{result}/d{name}"
    if name == result:
        return f"{left} = {figure(adjoint)}"
    if not contributions:
        if read:
            return f"{left} = {figure(adjoint)}: what reads {name} has derivative zero with respect to it"
        return f"{left} = {figure(adjoint)}: {result} does not depend on {name}"
    parts = [f"{left} = {_added([_product(edge, result) for edge in contributions])}"]
    numbers = [_numbers(edge) for edge in contributions]
    if all(numbers):
        parts.append(_added([number for number in numbers if number]))
    elif len(contributions) > 1:
        parts.append(_added([factor(edge.share) for edge in contributions]))
    parts.append(figure(adjoint))
    return " = ".join(parts)


def _added(terms: Sequence[str]) -> str:
    """Return a sum; of many terms the first ones, the last one, and how many there are between."""
    if len(terms) <= MOST_TERMS:
        return " + ".join(terms)
    return f"{' + '.join(terms[: MOST_TERMS - 2])} + … ({len(terms) - MOST_TERMS + 1} more) … + {terms[-1]}"


def _product(edge: Edge, result: str) -> str:
    upstream = f"d{result}/d{edge.target}"
    if edge.local is None:
        return f"({upstream} through {edge.target}: {edge.rule})"
    local = f"d{edge.target}/d{edge.source}"
    product = f"{upstream} * {f'conj({local})' if np.iscomplexobj(edge.local) else local}"
    return f"sum({product})" if np.ndim(edge.share) < np.ndim(edge.adjoint) else product


def _numbers(edge: Edge) -> str | None:
    if edge.local is None:
        return None
    local = np.conjugate(edge.local) if np.iscomplexobj(edge.local) else edge.local
    written = f"{factor(edge.adjoint)} * {factor(local)}"
    return f"sum({written})" if np.ndim(edge.share) < np.ndim(edge.adjoint) else written


def is_sum(contributions: Sequence[Edge]) -> bool:
    """Return whether a value is used in more than one place, so that its adjoint is a sum over paths."""
    return sum(len(edge.shares) for edge in contributions) > 1


def paths(name: str, result: str, adjoint: Any, contributions: Sequence[Edge]) -> str:
    """Return the sum over paths: each share of an adjoint with the value through which it came; empty for one path."""
    if not is_sum(contributions):
        return ""
    shares = [
        f"(via {edge.target}{f', place {place}' if len(edge.shares) > 1 else ''}) {factor(share)}"
        for edge in contributions
        for place, share in enumerate(edge.shares, 1)
    ]
    return f"d{result}/d{name} = {_added(shares)} = {figure(adjoint)}"


def local_text(node: BackpropNode) -> str:
    """Return the local derivatives of a node, one for each value that it reads."""
    parts = [
        f"d{edge.target}/d{edge.source}: {edge.rule}"
        if edge.local is None
        else f"d{edge.target}/d{edge.source} = {figure(edge.local)}"
        for edge in node.local
    ]
    return ", ".join(parts)


def shorten(written: str, length: int = LONGEST) -> str:
    """Return a text cut to a length."""
    return written if len(written) <= length else written[: length - 1] + "…"


def cells(node: BackpropNode) -> tuple[str, str, str, str, str, str]:
    """Return the cells of a node in the table."""
    line = str(node.line[1]) if node.line else ""
    return node.name, node.formula, figure(node.value), figure(node.adjoint), local_text(node), line


def headings(result: str) -> tuple[str, str, str, str, str, str]:
    """Return the headings of the table."""
    return "node", "computed as", "value", f"d{result}/dnode", "local derivatives", "line"


def elided(nodes: Sequence[BackpropNode]) -> list[BackpropNode | int]:
    """Return the nodes that are written out, and in place of a long middle the number of those left out."""
    if len(nodes) <= MOST_ROWS:
        return list(nodes)
    half = MOST_ROWS // 2
    return [*nodes[:half], len(nodes) - 2 * half, *nodes[-half:]]


def table(nodes: Sequence[BackpropNode], result: str) -> str:
    """Return the nodes as a table, and below it the chain rule from the result to the inputs; 100 columns at most."""
    lines = [*_row(headings(result)), "  ".join("-" * width for width in _COLUMNS)]
    for node in elided(nodes):
        lines.extend([_left_out(node)] if isinstance(node, int) else _row(cells(node)))
    lines.extend(["", "Backward, from the result to the inputs:"])
    for node in elided(nodes[::-1]):
        lines.extend([_left_out(node)] if isinstance(node, int) else _backward_lines(node))
    if any(is_sum(node.contributions) for node in nodes):
        lines.extend(["", *textwrap.wrap(WHY_ORDER, WIDTH)])
    lines.extend(line for note in fold_notes(nodes) for line in textwrap.wrap(note, WIDTH))
    return "\n".join(line.rstrip() for line in lines)


WHY_ORDER = (
    "Why the order matters: a value that is used in several places gets a share from each, and its adjoint is complete "
    "only when all of its users have been visited. So every node is visited once, after all of its users."
)


def fold_notes(nodes: Sequence[BackpropNode]) -> tuple[str, ...]:
    """Return what is said of folded nodes: how many operations they hold, and how one is opened."""
    folded = [node for node in nodes if node.operations > 1]
    if not folded:
        return ()
    count = sum(node.operations for node in nodes)
    largest = max(folded, key=lambda node: node.operations)
    several = f"{len(folded)} nodes stand" if len(folded) > 1 else "1 node stands"
    return (
        (
            f"{several} for several operations each (of {count:,} in all); "
            f".unfold({largest.name!r}) opens the largest, of {largest.operations:,}."
        ),
    )


def _left_out(count: int) -> str:
    return f"  … {count:,} nodes left out here; .nodes has them all"


def _backward_lines(node: BackpropNode) -> Iterator[str]:
    yield from textwrap.wrap(shorten(node.chain), WIDTH - 2, initial_indent="  ", subsequent_indent="      ")
    if node.paths:
        yield from textwrap.wrap(shorten(node.paths), WIDTH - 2, initial_indent="    ", subsequent_indent="      ")


def _row(row: Sequence[str]) -> list[str]:
    columns = [textwrap.wrap(shorten(cell), width) or [""] for cell, width in zip(row, _COLUMNS, strict=True)]
    height = max(map(len, columns))
    return [
        "  ".join(
            (column[line] if line < len(column) else "").ljust(width)
            for column, width in zip(columns, _COLUMNS, strict=True)
        )
        for line in range(height)
    ]

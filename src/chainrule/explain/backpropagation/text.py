"""Owns how the backprop table is written: chain-rule products, the table in 100 columns, steps and HTML."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.explain.backpropagation.figures import factor, figure
from chainrule.explain.backpropagation.node import BackpropNode, Edge

WIDTH = 100
_COLUMNS = (12, 26, 13, 13, 28)
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


def formula(operation: str, operands: Sequence[str]) -> str:
    """Return an operation as Python writes it.

    >>> formula("multiply", ("w", "x")), formula("exp", ("z",)), formula("negative", ("z",))
    ('w * x', 'exp(z)', '-z')
    """
    if operation in _SIGNS and len(operands) == 2:
        return f" {_SIGNS[operation]} ".join(operands)
    if operation == "where" and len(operands) == 3:  # the table's order has the condition last
        operands = (operands[2], *operands[:2])
    if operation == "negative":
        return f"-{operands[0]}"
    return f"{operation}({', '.join(operands)})"


def chain(name: str, result: str, adjoint: Any, contributions: Sequence[Edge], read: bool) -> str:
    """Return the chain rule for one value, with symbols and then with numbers; `read`: an operation reads it."""
    left = f"d{result}/d{name}"
    if name == result:
        return f"{left} = {figure(adjoint)}"
    if not contributions:
        if read:
            return f"{left} = {figure(adjoint)}: what reads {name} has derivative zero with respect to it"
        return f"{left} = {figure(adjoint)}: {result} does not depend on {name}"
    parts = [f"{left} = {' + '.join(_product(edge, result) for edge in contributions)}"]
    numbers = [_numbers(edge) for edge in contributions]
    if all(numbers):
        parts.append(" + ".join(number for number in numbers if number))
    elif len(contributions) > 1:
        parts.append(" + ".join(factor(edge.share) for edge in contributions))
    parts.append(figure(adjoint))
    return " = ".join(parts)


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


def local_text(node: BackpropNode) -> str:
    """Return the local derivatives of a node, one for each value that it reads."""
    parts = [
        f"d{edge.target}/d{edge.source}: {edge.rule}"
        if edge.local is None
        else f"d{edge.target}/d{edge.source} = {figure(edge.local)}"
        for edge in node.local
    ]
    return ", ".join(parts)


def _cells(node: BackpropNode) -> tuple[str, str, str, str, str]:
    return node.name, node.formula, figure(node.value), figure(node.adjoint), local_text(node)


def _headings(result: str) -> tuple[str, str, str, str, str]:
    return "node", "computed as", "value", f"d{result}/dnode", "local derivatives"


def table(nodes: Sequence[BackpropNode], result: str) -> str:
    """Return the nodes as a table, and below it the chain rule from the result to the inputs; 100 columns at most."""
    lines = [*_row(_headings(result)), "  ".join("-" * width for width in _COLUMNS)]
    for node in nodes:
        lines.extend(_row(_cells(node)))
    lines.extend(["", "Backward, from the result to the inputs:"])
    for node in reversed(nodes):
        lines.extend(textwrap.wrap(node.chain, WIDTH - 2, initial_indent="  ", subsequent_indent="      "))
    return "\n".join(line.rstrip() for line in lines)


def _row(cells: Sequence[str]) -> list[str]:
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, _COLUMNS, strict=True)]
    height = max(map(len, columns))
    return [
        "  ".join(
            (column[line] if line < len(column) else "").ljust(width)
            for column, width in zip(columns, _COLUMNS, strict=True)
        )
        for line in range(height)
    ]


def steps(nodes: Sequence[BackpropNode]) -> tuple[str, ...]:
    """Return the forward run and then the backward run, one line for each node."""
    forward = [
        f"forward: {node.name} = {figure(node.value)}"
        if node.operation == "input"
        else f"forward: {node.name} = {node.formula} = {figure(node.value)}"
        for node in nodes
    ]
    backward = [
        f"backward: {node.chain}" + (f" ({_rules(node)})" if node.contributions else "") for node in reversed(nodes)
    ]
    return (*forward, *backward)


def _rules(node: BackpropNode) -> str:
    return ", ".join(dict.fromkeys(edge.rule for edge in node.contributions))


def table_html(nodes: Sequence[BackpropNode], result: str) -> str:
    """Return the table as HTML, everything escaped."""
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in (*_headings(result), "chain rule", "line"))
    rows = []
    for node in nodes:
        cells = (*_cells(node), node.chain, node.line[2] if node.line else "")
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table class='chainrule-backprop'><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

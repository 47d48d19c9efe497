"""Owns the records of the backprop table: a value of the program, and an edge along which its adjoint flows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True, slots=True)
class Edge:
    """An operation read a value: the adjoint of the result flows back to the value along this edge.

    source: the value that was read. target: the result.
    local: d target / d source as the table's rule gives it, a number or an array; None where it is neither, and `rule`
        says how the adjoint is pulled back.
    adjoint: of the target. share: what the source receives, the sum of `shares`: one for each place where the target
        reads the source, and none where the derivative is zero.
    """

    source: str
    target: str
    local: Any
    rule: str
    adjoint: Any
    share: Any
    shares: tuple[Any, ...]


@final
@dataclass(frozen=True, slots=True)
class BackpropNode:
    """One value of the program.

    name: the argument's, the user's own where a line assigns it, else v1, v2 ...
    operation: of the table, "input", "line" or "block". operands: names of values and numbers. formula: the two as Python
        writes them. operations: how many were folded into this node; more than one can be unfolded.
    local: an edge to each value that was read. value: the forward value. adjoint: d result / d value.
    contributions: the edges over which the adjoint arrived. chain: their sum spelled out, with numbers. paths: the same,
        by the path on which each share arrived. rule: what people call the derivative rule.
    line: (file, number, source) of the user's line, or None.
    """

    name: str
    operation: str
    operands: tuple[str, ...]
    formula: str
    operations: int
    value: Any
    local: tuple[Edge, ...]
    adjoint: Any
    contributions: tuple[Edge, ...]
    chain: str
    paths: str
    rule: str
    line: tuple[str, int, str] | None

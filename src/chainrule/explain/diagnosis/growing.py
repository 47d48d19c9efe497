"""Owns the account of numbers that grow in a loop until they overflow: the line, and the factor of each pass."""

from __future__ import annotations

import math

from chainrule.core.graph import Node
from chainrule.explain.diagnosis.arising import figure
from chainrule.explain.diagnosis.vanishing import largest

FEWEST = 5
"""A line that is passed so often is a loop."""


def growth(node: Node) -> str:
    """Return which line has made the operands of an operation so large, pass by pass; empty text where none has.

    From each value it goes back to the largest of those that it was made of.
    """
    passes: dict[object, list[Node]] = {}
    current: Node | None = node
    while current is not None:
        if current is not node and current.primitive is not None:
            passes.setdefault((current.line, current.primitive), []).append(current)
        parents = [parent for parent in current.parents if parent is not None]
        current = max(parents, key=_finite_size, default=None)
    # Of the operations of a line the one nearest to the end stands for it.
    found = max(passes.values(), key=len, default=[])
    if len(found) < FEWEST:
        return ""
    last, first = _finite_size(found[0]), _finite_size(found[-1])
    factor = (last / first) ** (1 / (len(found) - 1)) if 0 < first < last else 1.0
    line = found[0].line
    if factor <= 1 or not math.isfinite(factor) or line is None:
        return ""
    return (
        f"The numbers grow in line {line[1]}, which is passed {len(found)} times, by a factor of {factor:.3g} each time, from "
        f"{figure(first)} to {figure(last)}: start from smaller weights, or scale what is passed on"
    )


def _finite_size(node: Node) -> float:
    size = largest(node.value)
    return size if math.isfinite(size) else math.inf

"""Owns the path along which a gradient shrinks: from the result to an input, with the factor that each source line leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.graph import Node
from chainrule.explain.diagnosis.backward import edges
from chainrule.explain.diagnosis.origin import Backward
from chainrule.explain.diagnosis.run import Run
from chainrule.explain.diagnosis.source import Line

SHOWN = 8
"""So many lines are kept, those that shrink most."""


@final
@dataclass(frozen=True, slots=True)
class Shrink:
    """What a source line does to the sensitivity on its way to an input.

    operations: of the table, that shrink it. passes: how often the path goes through the line. factor: the largest entry after
    all passes through the line in units of that before; per_pass: its geometric mean.
    """

    line: Line | None
    operations: tuple[str, ...]
    passes: int
    factor: float
    per_pass: float


def shrinking(run: Run, backward: Backward, start: Node) -> tuple[Shrink, ...]:
    """Return what shrinks the gradient of an input, along the path over which most of it arrives, the strongest first."""
    children: dict[int, list[Node]] = {}
    for node in run.graph.nodes:
        if node.index in backward.cts:
            for parent in {parent.index for parent in node.parents if parent is not None}:
                children.setdefault(parent, []).append(node)
    factors: dict[Any, list[tuple[Node, float]]] = {}
    node = start
    with np.errstate(all="ignore"):
        while node is not run.out and children.get(node.index):
            share, child = max(
                ((_largest_share(child, node, backward), child) for child in children[node.index]),
                key=lambda pair: pair[0],
            )
            arriving = largest(backward.cts[child.index])
            factors.setdefault(child.line, []).append((child, share / arriving if arriving else 1.0))
            node = child
    made = [_shrink(line, steps) for line, steps in factors.items()]
    return tuple(sorted((part for part in made if part.factor < 1), key=lambda part: part.factor)[:SHOWN])


def _shrink(line: Line | None, steps: list[tuple[Node, float]]) -> Shrink:
    factor = float(np.prod([part for _, part in steps]))
    names = dict.fromkeys(node.primitive.name for node, part in steps if node.primitive is not None and part < 1)
    counts = [
        sum(1 for node, _ in steps if node.primitive is not None and node.primitive.name == name) for name in names
    ]
    passes = min(counts, default=1)
    return Shrink(line, tuple(names), passes, factor, factor ** (1 / passes))


def _largest_share(child: Node, parent: Node, backward: Backward) -> float:
    shares = [edge.share for edge in edges(child, backward.cts[child.index]) if edge.parent is parent]
    return max((largest(share) for share in shares), default=0.0)


def largest(value: Any) -> float:
    """Return the largest absolute value among the entries."""
    parts = value if isinstance(value, tuple) else (value,)
    return max((float(np.max(np.abs(part), initial=0.0)) for part in parts), default=0.0)

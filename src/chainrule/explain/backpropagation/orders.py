"""Owns the comparison of orders: what backpropagation gives when nodes are not visited after all of their users.

Three ways to walk the same graph, with the same local rules:

- each node once, after all of its users, adding up the shares: backpropagation;
- "pass on at once": recursion that adds a share to the adjoint and passes the adjoint on as soon as anything arrives. What
  arrived before is passed on again, and the number of visits is the number of paths, which doubles with each fan-out;
- "overwrite": the share that arrives last replaces the others.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.graph import Node
from chainrule.explain.backpropagation.figures import figure, json_safe, summary
from chainrule.explain.backpropagation.folding import leading_to
from chainrule.explain.backpropagation.rows import Program, seed_of
from chainrule.explain.backpropagation.sweep import shares_of
from chainrule.transforms.arguments import plain

MOST_VISITS = 20_000
"""Recursion is given up after this many visits; how many there would have been is counted without making them."""


@final
@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """What each way gives for one input; `at_once` is None where it was given up."""

    name: str
    right: Any
    at_once: Any
    overwritten: Any


@final
@dataclass(frozen=True, slots=True)
class OrderComparison:
    """What backpropagation and two mistaken ways give for the same program.

    outcomes: one for each input. visits: of backpropagation, one for each node that the result depends on. path_visits: of
    the recursion, one for each path from the result.
    """

    result: str
    outcomes: tuple[OrderOutcome, ...]
    visits: int
    path_visits: int

    @property
    def agree(self) -> bool:
        """Whether all ways give the same: no value is used twice on the way to an input."""
        return all(
            outcome.at_once is not None
            and np.allclose(outcome.at_once, outcome.right, equal_nan=True)
            and np.allclose(outcome.overwritten, outcome.right, equal_nan=True)
            for outcome in self.outcomes
        )

    def __str__(self) -> str:
        rows = [("", "after all users", "passed on at once", "overwritten")]
        rows += [
            (
                f"d{self.result}/d{outcome.name}",
                figure(outcome.right),
                "given up" if outcome.at_once is None else figure(outcome.at_once),
                figure(outcome.overwritten),
            )
            for outcome in self.outcomes
        ]
        rows.append(("visits", f"{self.visits:,}", _count(self.path_visits), f"{self.visits:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([*lines, "", *textwrap.wrap(self.text, 100)])

    @property
    def text(self) -> str:
        """What the comparison teaches, in a sentence or two."""
        if self.agree:
            return "Every value is used once, so that any order gives the same."
        return (
            "The first column is right: each node is visited once, after all of its users, and adds up what they send. "
            "Passing on at once sends along again what was sent before, and visits a node once for every path to it; "
            "overwriting keeps the share of one user only."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as data, for JSON. The number of paths, which may be of any size, is text."""
        return {
            "outcomes": [
                {
                    "name": outcome.name,
                    "right": json_safe(summary(outcome.right)),
                    "at_once": None if outcome.at_once is None else json_safe(summary(outcome.at_once)),
                    "overwritten": json_safe(summary(outcome.overwritten)),
                }
                for outcome in self.outcomes
            ],
            "visits": self.visits,
            "path_visits": str(self.path_visits),
            "text": self.text,
        }


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**9 else f"about 10^{len(str(number)) - 1}"


def compare(program: Program, result: str) -> OrderComparison:
    """Return what each way gives for every input of a program, operation by operation."""
    (out,) = program.graph.outputs
    if not isinstance(out, Node):
        zeros = tuple(OrderOutcome(name, *[np.zeros_like(node.value)] * 3) for node, name in program.inputs)
        return OrderComparison(result, zeros, 0, 0)
    nodes = leading_to(program.graph.nodes, out)
    right, overwritten = _in_order(nodes, out, True), _in_order(nodes, out, False)
    at_once = _at_once(out)
    outcomes = []
    for node, name in program.inputs:
        zero = np.zeros_like(node.value)
        passed = None if at_once is None else at_once.get(node.index, zero)
        found = (right.get(node.index, zero), passed, overwritten.get(node.index, zero))
        outcomes.append(OrderOutcome(name, *map(plain, found)))
    return OrderComparison(result, tuple(outcomes), len(nodes), _paths(nodes, out))


def _in_order(nodes: Sequence[Node], out: Node, adding: bool) -> dict[int, Any]:
    """Visit each node once, after all of its users; add up the shares, or let the last one stand."""
    arrived = {out.index: seed_of(out)}
    for node in reversed(nodes):
        if node.primitive is None or node.index not in arrived:
            continue
        for parent, share in shares_of(node, arrived[node.index]):
            known = arrived.get(parent.index)
            arrived[parent.index] = _sum(known, share) if adding and known is not None else share
    return arrived


def _at_once(out: Node) -> dict[int, Any] | None:
    """Recurse along every edge as soon as a share arrives, and pass on all that has arrived so far; None: given up.

    The recursion is a stack of iterators, so that a deep program needs no deep stack of Python's.
    """
    arrived = {out.index: seed_of(out)}
    stack = [iter(_passed(out, arrived[out.index]))]
    visits = 1
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
            continue
        parent, share = found
        visits += 1
        if visits > MOST_VISITS:
            return None
        known = arrived.get(parent.index)
        arrived[parent.index] = share if known is None else _sum(known, share)
        stack.append(iter(_passed(parent, arrived[parent.index])))
    return arrived


def _passed(node: Node, ct: Any) -> list[tuple[Node, Any]]:
    return [] if node.primitive is None else shares_of(node, ct)


def _sum(left: Any, right: Any) -> Any:
    return tuple(map(_sum, left, right)) if isinstance(left, tuple) else left + right


def _paths(nodes: Sequence[Node], out: Node) -> int:
    """Return the number of paths from the result to any node: how often recursion visits one."""
    counts = {out.index: 1}
    for node in reversed(nodes):
        constant = node.primitive is not None and node.primitive.is_constant
        for parent in node.parents:
            if parent is not None and not constant:
                counts[parent.index] = counts.get(parent.index, 0) + counts.get(node.index, 0)
    return sum(counts.values())

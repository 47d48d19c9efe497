"""Owns what is known of a run after some of its steps: the values on the way forward, then the adjoints on the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from chainrule.explain.backpropagation.node import BackpropNode, Edge


@final
@dataclass(frozen=True, slots=True)
class Known:
    """The names of the nodes whose value, or adjoint, is known. now: the node of the last step; "" where the whole run is."""

    values: frozenset[str]
    adjoints: frozenset[str]
    now: str = ""

    def uses(self, edge: Edge) -> bool:
        """Whether the last step goes along this edge: forward into its node, or backward from the node's users."""
        return self.now == (edge.source if self.adjoints else edge.target)


def known_after(nodes: Sequence[BackpropNode], steps: int | None) -> Known:
    """Return what is known after so many steps of the run: first every node forward, then every node backward.

    None stands for the whole run. Raises ValueError for a number of steps that the run does not have.
    """
    names = [node.name for node in nodes]
    if steps is None:
        return Known(frozenset(names), frozenset(names))
    order = [*names, *reversed(names)]
    if not 1 <= steps <= len(order):
        raise ValueError(
            f"steps is {steps}, and the run has {len(order)}: give 1 to {len(order)}, or None for the whole run"
        )
    return Known(frozenset(names[:steps]), frozenset(order[len(names) : steps]), order[steps - 1])

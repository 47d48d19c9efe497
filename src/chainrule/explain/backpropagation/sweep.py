"""Owns the backward sweep of the backprop table: the engine's own rules, with what flowed along every edge kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.core.primitive import Elementwise, General
from chainrule.explain.backpropagation.folding import Unit
from chainrule.transforms.reverse import transpose_push
from chainrule.transforms.rules import pull


@dataclass(frozen=True, slots=True)
class Flow:
    """The share of its cotangent that an operation passed to one of its operands."""

    child: Node
    parent: Node
    share: Any


def sweep(nodes: Sequence[Node], seed: Node, cotangent: Any) -> tuple[dict[int, Any], list[Flow]]:
    """Pull a cotangent of `seed` back through `nodes`; return the sum that arrived at each, and the shares."""
    arrived: dict[int, Any] = {seed.index: cotangent}
    flows: list[Flow] = []
    for node in reversed(nodes):
        ct = arrived.get(node.index)
        if ct is None or node.primitive is None:
            continue
        for parent, share in shares_of(node, ct):
            flows.append(Flow(node, parent, share))
            arrived[parent.index] = share if parent.index not in arrived else _sum(arrived[parent.index], share)
    return arrived, flows


def shares_of(node: Node, ct: Any) -> list[tuple[Node, Any]]:
    """Return what an operation passes of its cotangent to each place that it reads, by the engine's rule."""
    if node.primitive is ITEM:
        (parent,) = node.parents
        assert parent is not None
        chosen = node.parameters["index"]
        return [(parent, tuple(ct if n == chosen else np.zeros_like(part) for n, part in enumerate(parent.value)))]
    if isinstance(node.primitive, General) and node.primitive.pull is None:
        return transpose_push(node, ct)
    return pull(node, ct)


def _sum(left: Any, right: Any) -> Any:
    if isinstance(left, tuple):
        return tuple(a + b for a, b in zip(left, right, strict=True))
    return left + right


def local_derivatives(unit: Unit, parents: Sequence[Node]) -> list[Any]:
    """Return the derivatives of a unit with respect to nodes that it reads; None where one is no array of entries.

    For an elementwise operation it is the table's partial at this point, summed where the node stands several times;
    for a unit with one number as its value it is the pull of 1.
    """
    if unit.kind == "operation" and isinstance(unit.head.primitive, Elementwise):
        return [_partial(unit.head, parent) for parent in parents]
    if isinstance(unit.head.value, tuple) or np.shape(unit.head.value) != ():
        return [None] * len(parents)
    arrived: dict[int, Any] = {}
    if not (unit.kind == "operation" and unit.primitive.is_constant):
        arrived, _ = sweep(unit.nodes, unit.head, np.ones((), dtype=_kind_of(unit.head.value))[()])
    return [
        None
        if isinstance(parent.value, tuple)
        else arrived.get(parent.index, np.zeros_like(parent.value, dtype=_kind_of(parent.value)))
        for parent in parents
    ]


def _partial(node: Node, parent: Node) -> Any:
    assert isinstance(node.primitive, Elementwise)
    total: Any = 0.0
    for partial, operand in zip(node.primitive.partials, node.parents, strict=True):
        if operand is parent and partial is not None:
            total = total + partial(node.value, *node.operands)
    return total


def _kind_of(value: Any) -> Any:
    kind = np.asarray(value).dtype
    return kind if kind.kind in "fc" else np.dtype(np.float64)

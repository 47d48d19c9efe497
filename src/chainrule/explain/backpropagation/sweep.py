"""Owns the backward sweep of the backprop table: the engine's own rules, with what flowed along every edge kept.

A unit is what one row of the table stands for: one operation, or all operations that a composite unfolded into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.core.primitive import Elementwise, General, Primitive
from chainrule.transforms.reverse import transpose_push
from chainrule.transforms.rules import pull


@dataclass(frozen=True, slots=True)
class Flow:
    """The share of its cotangent that an operation passed to one of its operands."""

    child: Node
    parent: Node
    share: Any


@dataclass(frozen=True, slots=True)
class Unit:
    """Operations that are shown as one: `head` is the last of them, whose value the unit has."""

    head: Node
    nodes: tuple[Node, ...]
    composite: Primitive | None

    def parents(self) -> tuple[Node, ...]:
        """Return the distinct nodes outside that the unit reads, in the order of reading."""
        inside = {node.index for node in self.nodes}
        found = {
            parent.index: parent
            for node in self.nodes
            for parent in node.parents
            if parent is not None and parent.index not in inside
        }
        return tuple(found.values())


def sweep(nodes: Sequence[Node], seed: Node, cotangent: Any) -> tuple[dict[int, Any], list[Flow]]:
    """Pull a cotangent of `seed` back through `nodes`; return the sum that arrived at each, and the shares."""
    arrived: dict[int, Any] = {seed.index: cotangent}
    flows: list[Flow] = []
    for node in reversed(nodes):
        ct = arrived.get(node.index)
        if ct is None or node.primitive is None:
            continue
        for parent, share in _shares(node, ct):
            flows.append(Flow(node, parent, share))
            arrived[parent.index] = share if parent.index not in arrived else _sum(arrived[parent.index], share)
    return arrived, flows


def _shares(node: Node, ct: Any) -> list[tuple[Node, Any]]:
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


def local_derivative(unit: Unit, parent: Node) -> Any:
    """Return the derivative of a unit with respect to a node that it reads; None where that is no array of entries.

    For an elementwise operation it is the table's partial at this point, summed where the node stands several times;
    for a unit with one number as its value it is the pull of 1.
    """
    (*_, last) = unit.nodes
    primitive = unit.head.primitive
    if unit.composite is None and isinstance(primitive, Elementwise):
        return _partial(last, parent)
    if isinstance(unit.head.value, tuple) or np.shape(unit.head.value) != () or isinstance(parent.value, tuple):
        return None
    if primitive is not None and unit.composite is None and primitive.is_constant:
        return np.zeros_like(parent.value)
    arrived, _ = sweep(unit.nodes, unit.head, np.ones((), dtype=_kind_of(unit.head.value))[()])
    return arrived.get(parent.index, np.zeros_like(parent.value, dtype=_kind_of(parent.value)))


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


def units(nodes: Sequence[Node], out: Node, fold: bool) -> list[Unit]:
    """Return the operations that lead to `out` as units, in the order in which they were computed."""
    live = _leading_to(out)
    groups: dict[Any, list[Node]] = {}
    for node in nodes:
        if node.primitive is not None and node.index in live:
            key = node.scopes[0] if fold and node.scopes else node.index
            groups.setdefault(key, []).append(node)
    made: list[Unit] = []
    for group in groups.values():
        heads = _read_outside(group, nodes, live, out)
        if len(group) == 1 and not (fold and group[0].scopes):
            made.append(Unit(group[0], tuple(group), None))
        elif len(heads) == 1:
            made.append(Unit(heads[0], tuple(group), group[0].scopes[0][0]))
        else:
            made.extend(Unit(node, (node,), None) for node in group)
    return sorted(made, key=lambda unit: unit.head.index)


def _leading_to(out: Node) -> set[int]:
    live: set[int] = set()
    pending = [out]
    while pending:
        node = pending.pop()
        if node.index not in live:
            live.add(node.index)
            pending.extend(parent for parent in node.parents if parent is not None)
    return live


def _read_outside(group: Sequence[Node], nodes: Sequence[Node], live: set[int], out: Node) -> list[Node]:
    """Return the members of a group that are read outside it."""
    inside = {node.index for node in group}
    read = {
        parent.index
        for node in nodes[group[0].index :]
        if node.index in live and node.index not in inside
        for parent in node.parents
        if parent is not None
    }
    return [node for node in group if node.index in read or node is out]

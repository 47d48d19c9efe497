"""Owns folding: which operations of a recorded program are shown as one, and how a fold is opened again.

Every operation gets a label. Operations with the same label that lead to one value, and to nothing else, become one unit.
A unit is left only through its head, so that the folded graph has no circle, whatever the labels are.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.core.graph import Node
from chainrule.core.primitive import Primitive
from chainrule.errors import TracingError

Labels: TypeAlias = Mapping[int, Hashable]

LEVELS = ("none", "composite", "line")
"""From fine to coarse: every operation, the table's composites as one, every visit of a source line as one."""
SHOWN = 60
"""From so many units on, a program is folded further unless a level was asked for."""
KEPT = 8
"""So many units stay at each end where the middle of a long program is folded."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Operations that are shown as one: `head` is the last of them, whose value the unit has.

    kind: "operation", "composite", "function" (of the user's), "line" or "block" (of many lines). composite: the record,
    where it is one. title: the name of the user's function.
    """

    head: Node
    nodes: tuple[Node, ...]
    kind: str
    composite: Primitive | None = None
    title: str = ""

    @property
    def primitive(self) -> Primitive:
        """What people call the unit: its composite, or the operation of its head."""
        found = self.composite or self.head.primitive
        assert found is not None
        return found

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


def read_level(fold: bool | str) -> str:
    """Return the level of folding that was asked for; raise TracingError where there is no such level."""
    if isinstance(fold, bool):
        return "auto" if fold else "none"
    if fold not in ("auto", *LEVELS):
        raise TracingError(f'fold is "auto", "composite", "line" or "none", or True or False, not {fold!r:.40}')
    return fold


def fold_nodes(nodes: Sequence[Node], out: Node, level: str) -> dict[int, Hashable]:
    """Return the labels of the operations that lead to `out`.

    level: one of LEVELS, or "auto": composites, and from SHOWN units on source lines, of which a long middle is one.
    """
    live = leading_to(nodes, out)
    if level != "auto":
        return label_nodes(live, level)
    labels = label_nodes(live, "composite")
    if len(units(live, out, labels)) <= SHOWN:
        return labels
    labels = label_nodes(live, "line")
    labels = _fold_middle(units(live, out, labels), labels)
    if len(units(live, out, labels)) <= SHOWN:
        return labels
    # Many values of the middle are read at its end: only the whole leads to one value.
    return dict.fromkeys(labels, ("block", out.index))


def _fold_middle(shown: Sequence[Unit], labels: dict[int, Hashable]) -> dict[int, Hashable]:
    if len(shown) <= SHOWN:
        return labels
    middle = shown[KEPT:-KEPT]
    block = ("block", middle[0].head.index)
    return labels | {node.index: block for unit in middle for node in unit.nodes}


def unfold_unit(unit: Unit, labels: Mapping[int, Hashable]) -> dict[int, Hashable]:
    """Return the labels with those of one unit a step finer; the same labels where it is one operation."""
    finer = {"block": ("line", "composite", "none"), "line": ("composite", "none"), "composite": ("none",)}
    for level in finer.get(unit.kind, ()):
        inside = label_nodes(unit.nodes, level)
        parts = units(unit.nodes, unit.head, inside)
        if len(parts) > 1:
            return dict(labels) | _fold_middle(parts, inside)
    return dict(labels)


def label_nodes(nodes: Sequence[Node], level: str) -> dict[int, Hashable]:
    """Return the label of each operation at a level."""
    labels: dict[int, Hashable] = {}
    line, visit = None, 0
    for node in nodes:
        if node.primitive is None:
            continue
        if level == "line" and node.line is not None:
            visit += node.line != line
            line = node.line
            labels[node.index] = ("line", visit)
        elif level != "none" and node.scopes:
            labels[node.index] = ("composite", *node.scopes[0])
        else:
            labels[node.index] = ("operation", node.index)
    return labels


def units(nodes: Sequence[Node], out: Node, labels: Labels) -> list[Unit]:
    """Return labeled operations that lead to `out` as units, in the order in which they were computed."""
    heads: dict[int, Node] = {}
    readers: dict[int, set[int]] = {}
    members: dict[int, list[Node]] = {}
    for node in reversed([node for node in nodes if node.index in labels]):
        around = readers.get(node.index, set())
        (reader,) = around if len(around) == 1 else (None,)
        if node is out or reader is None or labels[node.index] != labels[heads[reader].index]:
            reader = node.index
            heads[reader] = node
        members.setdefault(reader, []).append(node)
        for parent in node.parents:
            if parent is not None:
                readers.setdefault(parent.index, set()).add(reader)
    found = [_unit(heads[index], tuple(reversed(inside)), labels[index]) for index, inside in members.items()]
    return sorted(found, key=lambda unit: unit.head.index)


def _unit(head: Node, nodes: tuple[Node, ...], label: Hashable) -> Unit:
    assert isinstance(label, tuple)
    kind = label[0]
    whole = kind == "composite" and head.scopes[:1] == (label[1:],)
    if len(nodes) == 1 and not whole:
        kind = "operation"
    elif kind == "block" and all(node.line == head.line for node in nodes):
        kind = "line"
    composite = label[1] if kind == "composite" else None
    return Unit(head, nodes, kind, composite, label[1] if kind == "function" else "")


def leading_to(nodes: Sequence[Node], out: Node) -> list[Node]:
    """Return the nodes that `out` depends on, itself included, in their order."""
    live = {out.index}
    kept = []
    for node in reversed(nodes):
        if node.index in live:
            kept.append(node)
            live.update(parent.index for parent in node.parents if parent is not None)
    return kept[::-1]

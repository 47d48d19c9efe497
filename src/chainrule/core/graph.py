"""Owns the graph that a traced program is: nodes in the order in which they were computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.core.primitive import Array, General, Primitive
from chainrule.core.trace import NO_PARAMETERS, bind


def _first_of(value: tuple[Array, ...], *, index: int) -> Array:
    return value[index]


ITEM = General(name="item", value=_first_of, push=None, rule="one result of several")
"""Picks one result of a primitive that has several. Transforms treat it as wiring: it has no derivative of its own."""


class Node:
    """One operation of a program.

    index: its place among the nodes of its graph; -1 as long as the run that it belongs to goes on.
    primitive: the operation, or None for an input.
    operands, parameters: the values that it was applied to, and how.
    parents: for each operand the node that computed it, or None for a constant.
    value: the result; a tuple where there are several.
    line: the user's (file, number, source), where lines are recorded.
    scopes: the composites, outermost first, as (composite, number of the call), that the operation unfolded from.
    """

    __slots__ = ("index", "primitive", "operands", "parents", "parameters", "value", "line", "scopes")

    def __init__(
        self,
        primitive: Primitive | None,
        operands: Sequence[Array],
        parents: Sequence[Node | None],
        parameters: dict[str, Any],
        value: Any,
        index: int = -1,
    ) -> None:
        self.index = index
        self.primitive = primitive
        self.operands = operands
        self.parents = parents
        self.parameters = parameters
        self.value = value
        self.line: tuple[str, int, str] | None = None
        self.scopes: tuple[tuple[Primitive, int], ...] = ()

    def __repr__(self) -> str:
        name = self.primitive.name if self.primitive else "input"
        return f"<Node {self.index} {name}>"


@dataclass(frozen=True, slots=True)
class Graph:
    """A program: `nodes` in topological order, inputs first; `outputs` are nodes, or constants that depend on no input."""

    inputs: tuple[Node, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Node | Array, ...]

    def evaluate(self, *inputs: Array) -> tuple[Array, ...]:
        """Run the program on new inputs (traced ones too). Decisions that Python took while it was recorded stay as they were."""
        values: list[Any] = [None] * len(self.nodes)
        for node, value in zip(self.inputs, inputs, strict=True):
            values[node.index] = value
        for node in self.nodes:
            if node.primitive is None:
                continue
            operands = [
                operand if parent is None else values[parent.index]
                for operand, parent in zip(node.operands, node.parents, strict=True)
            ]
            if node.primitive is ITEM:
                values[node.index] = operands[0][node.parameters["index"]]
            else:
                values[node.index] = bind(node.primitive, operands, node.parameters)
        return tuple(values[out.index] if isinstance(out, Node) else out for out in self.outputs)


def input_node(value: Array) -> Node:
    """Return the node of an input."""
    return Node(None, (), (), NO_PARAMETERS, value)


def number(nodes: Sequence[Node]) -> None:
    """Let the nodes of a graph know their places."""
    # Hot path: benchmarks/test_eager.py
    for place, node in enumerate(nodes):
        node.index = place

"""Owns the recording of rules: a unit of the program is run, and pulled back, on traced values, so that its formulas can be read.

The rules are the table's own, called by the engine's own `pull`. Nothing else in this package knows a derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.core.graph import ITEM, Graph, Node
from chainrule.core.trace import bind
from chainrule.explain.backpropagation.folding import Unit
from chainrule.explain.backpropagation.sweep import sweep
from chainrule.tracing.record import RecordTrace, own_node


@final
@dataclass(frozen=True, slots=True)
class RecordedRule:
    """What a unit computes and how it is pulled back, as one graph.

    parents: the graph's inputs for the values that the unit reads, in order; out, ct: those for its value and its adjoint.
    value: what the unit computes. shares: by the position of a parent, what it receives; none where nothing flows.
    """

    graph: Graph
    parents: tuple[Node, ...]
    out: Node
    ct: Node
    value: Any
    shares: dict[int, Any]


def record_rule(unit: Unit, adjoint: Any) -> RecordedRule:
    """Return the recorded forward and backward run of a unit.

    adjoint: of the unit's value; a number or an array. The unit's value must not be a tuple.
    """
    parents = unit.parents()
    trace = RecordTrace(whole=True, guarded=False)
    # Truth values and whole numbers stay what they are: the rules ask for them.
    given = [*(parent.value for parent in parents), unit.head.value, adjoint]
    *values, out, ct = [trace.input(np.asarray(value)[()]) for value in given]
    entry = tuple(trace.nodes)
    try:
        nodes, value = _replay(unit, parents, values, out)
        arrived, _ = sweep(nodes, nodes[-1], ct)
    finally:
        recorded = trace.finish()
    shares = {
        place: own_node(trace, arrived[parent.index]) for place, parent in enumerate(parents) if parent.index in arrived
    }
    graph = Graph(entry, tuple(recorded), ())
    return RecordedRule(graph, entry[:-2], entry[-2], entry[-1], own_node(trace, value), shares)


def _replay(unit: Unit, parents: Sequence[Node], values: Sequence[Any], out: Any) -> tuple[list[Node], Any]:
    """Return the unit's nodes with traced values in place of the numbers, the head's being `out`, and what it computes."""
    copies = {
        parent.index: Node(None, (), (), {}, value, parent.index) for parent, value in zip(parents, values, strict=True)
    }
    value: Any = None
    for node in unit.nodes:
        assert node.primitive is not None
        sources = [None if parent is None else copies[parent.index] for parent in node.parents]
        operands = [
            operand if source is None else source.value for operand, source in zip(node.operands, sources, strict=True)
        ]
        if node.primitive is ITEM:
            value = operands[0][node.parameters["index"]]
        else:
            value = bind(node.primitive, operands, node.parameters)
        shown = out if node is unit.head else value
        copies[node.index] = Node(node.primitive, operands, sources, node.parameters, shown, node.index)
    return [copies[node.index] for node in unit.nodes], value

"""Owns how a recorded run becomes the rows of the backprop table: names, edges and adjoints of every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.explain.backpropagation import text as writing
from chainrule.explain.backpropagation.figures import figure
from chainrule.explain.backpropagation.node import BackpropNode, Edge
from chainrule.explain.backpropagation.node_names import name_nodes
from chainrule.explain.backpropagation.sweep import Flow, Unit, local_derivative, sweep, units


def rows(
    graph: Graph, inputs: Sequence[tuple[Node, str]], known: dict[int, str], result: str | None, fold: bool
) -> tuple[tuple[BackpropNode, ...], str, dict[int, Any]]:
    """Return the rows of the table, the name of the result, and the adjoints by the index of their node."""
    (out,) = graph.outputs
    if not isinstance(out, Node):  # the function is constant
        name = result or "L"
        return (
            tuple(_input_row(node, label, name, np.zeros_like(node.value), (), False) for node, label in inputs),
            name,
            {},
        )
    if result is not None:
        known[out.index] = result
    shown = units(graph.nodes, out, fold)
    names = name_nodes(inputs, shown, out, known)
    one = np.ones((), dtype=out.value.dtype if out.value.dtype.kind == "f" else np.float64)[()]
    adjoints, flows = sweep(graph.nodes, out, one)
    edges = {unit.head.index: _edges(unit, names, adjoints, flows) for unit in shown}
    arriving: dict[str, list[Edge]] = {}
    for unit in reversed(shown):
        for edge, flowed in edges[unit.head.index]:
            if flowed:
                arriving.setdefault(edge.source, []).append(edge)
    name = names[out.index]
    read = {parent.index for unit in shown for parent in unit.parents()}
    made = [
        _input_row(node, label, name, _adjoint(node, adjoints), tuple(arriving.get(label, ())), node.index in read)
        for node, label in inputs
    ]
    for unit in shown:
        label = names[unit.head.index]
        local = tuple(edge for edge, _ in edges[unit.head.index])
        made.append(_unit_row(unit, names, name, _adjoint(unit.head, adjoints), local, tuple(arriving.get(label, ()))))
    return tuple(made), name, adjoints


def _adjoint(node: Node, adjoints: Mapping[int, Any]) -> Any:
    if node.index in adjoints:
        return adjoints[node.index]
    if isinstance(node.value, tuple):
        return tuple(np.zeros_like(part) for part in node.value)
    value = np.asarray(node.value)
    return np.zeros(value.shape, dtype=value.dtype if value.dtype.kind in "fc" else np.float64)[()]


def _edges(
    unit: Unit, names: Mapping[int, str], adjoints: Mapping[int, Any], flows: Sequence[Flow]
) -> list[tuple[Edge, bool]]:
    """Return the edges of a unit to what it reads, each with whether anything flowed along it."""
    inside = {node.index for node in unit.nodes}
    made = []
    for parent in unit.parents():
        shares = [flow.share for flow in flows if flow.parent is parent and flow.child.index in inside]
        total = shares[0] if shares else np.zeros_like(parent.value, dtype=np.float64)
        for share in shares[1:]:
            total = total + share
        local = local_derivative(unit, parent)
        source, target = names[parent.index], names[unit.head.index]
        edge = Edge(source, target, local, _rule(unit, parent), _adjoint(unit.head, adjoints), total)
        made.append((edge, bool(shares)))
    return made


def _rule(unit: Unit, parent: Node | None = None) -> str:
    primitive = unit.composite or unit.head.primitive
    assert primitive is not None
    if primitive.is_constant:
        return "constant between its steps: the derivative is zero"
    if isinstance(primitive.rule, str):
        return primitive.rule
    rules = [
        rule
        for rule, operand in zip(primitive.rule, unit.head.parents, strict=False)
        if operand is not None and (parent is None or operand is parent)
    ]
    return ", ".join(dict.fromkeys(rules))


def _constant(operand: Any) -> str:
    written = figure(operand)
    return f"({written})" if "j" in written else written


def _input_row(
    node: Node, label: str, result: str, adjoint: Any, arrived: tuple[Edge, ...], read: bool
) -> BackpropNode:
    chain = writing.chain(label, result, adjoint, arrived, read)
    return BackpropNode(label, "input", (), "input", node.value, (), adjoint, arrived, chain, "", None)


def _unit_row(
    unit: Unit, names: Mapping[int, str], result: str, adjoint: Any, local: tuple[Edge, ...], arrived: tuple[Edge, ...]
) -> BackpropNode:
    label = names[unit.head.index]
    primitive = unit.composite or unit.head.primitive
    assert primitive is not None
    if unit.composite is not None:
        operands = tuple(names[parent.index] for parent in unit.parents())
    else:
        read = zip(unit.head.operands, unit.head.parents, strict=True)
        operands = tuple(_constant(operand) if parent is None else names[parent.index] for operand, parent in read)
    chain = writing.chain(label, result, adjoint, arrived, True)
    formula = writing.formula(primitive.name, operands)
    value, rule, line = unit.head.value, _rule(unit), unit.head.line
    return BackpropNode(label, primitive.name, operands, formula, value, local, adjoint, arrived, chain, rule, line)

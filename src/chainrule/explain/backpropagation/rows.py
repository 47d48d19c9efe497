"""Owns how a recorded run becomes the rows of the backprop table: names, edges and adjoints of every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.explain.backpropagation import text as writing
from chainrule.explain.backpropagation.figures import figure
from chainrule.explain.backpropagation.folding import Labels, Unit, units
from chainrule.explain.backpropagation.node import BackpropNode, Edge
from chainrule.explain.backpropagation.node_names import assigned_text, name_nodes
from chainrule.explain.backpropagation.sweep import Flow, local_derivatives, sweep

Flows: TypeAlias = Mapping[tuple[int, int], Sequence[Flow]]


@final
@dataclass(frozen=True, slots=True)
class Program:
    """A recorded run.

    inputs: with their names. known: the names that are known of other nodes. result: the result's name. typed: whether it was
    typed as mathematics, whose functions have names of their own, such as σ.
    """

    graph: Graph
    inputs: tuple[tuple[Node, str], ...]
    known: Mapping[int, str]
    result: str | None
    typed: bool = False


@final
@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table, the name of the result, the units behind the rows by name, and the adjoints by node."""

    nodes: tuple[BackpropNode, ...]
    result: str
    units: Mapping[str, Unit]
    adjoints: Mapping[int, Any]


def seed_of(out: Node) -> Any:
    """Return the adjoint of the result: one, in its own precision."""
    return np.ones((), dtype=out.value.dtype if out.value.dtype.kind == "f" else np.float64)[()]


def make_rows(program: Program, labels: Labels) -> Rows:
    """Return the rows of a program folded by the labels."""
    (out,) = program.graph.outputs
    if not isinstance(out, Node):  # the function is constant
        name = program.result or "L"
        rows = (_input_row(node, label, name, np.zeros_like(node.value), (), False) for node, label in program.inputs)
        return Rows(tuple(rows), name, {}, {})
    known = dict(program.known) if program.result is None else {**program.known, out.index: program.result}
    shown = units(program.graph.nodes, out, labels)
    names = name_nodes(program.inputs, shown, out, known)
    adjoints, flows = sweep(program.graph.nodes, out, seed_of(out))
    grouped = _grouped(shown, flows)
    edges = {unit.head.index: _edges(unit, names, adjoints, grouped) for unit in shown}
    arriving: dict[str, list[Edge]] = {}
    for unit in reversed(shown):
        for edge in edges[unit.head.index]:
            if edge.shares:
                arriving.setdefault(edge.source, []).append(edge)
    name = names[out.index]
    read = {parent.index for unit in shown for parent in unit.parents()}
    made = [
        _input_row(node, label, name, _adjoint(node, adjoints), tuple(arriving.get(label, ())), node.index in read)
        for node, label in program.inputs
    ]
    for unit in shown:
        arrived = tuple(arriving.get(names[unit.head.index], ()))
        adjoint, local = _adjoint(unit.head, adjoints), edges[unit.head.index]
        made.append(_unit_row(unit, names, name, program.typed, adjoint, local, arrived))
    return Rows(tuple(made), name, {names[unit.head.index]: unit for unit in shown}, adjoints)


def _grouped(shown: Sequence[Unit], flows: Sequence[Flow]) -> Flows:
    """Return what flowed, by the head of the unit that it came from and the node that it went to."""
    heads = {node.index: unit.head.index for unit in shown for node in unit.nodes}
    found: dict[tuple[int, int], list[Flow]] = {}
    for flow in flows:
        if flow.child.index in heads:
            found.setdefault((heads[flow.child.index], flow.parent.index), []).append(flow)
    return found


def _adjoint(node: Node, adjoints: Mapping[int, Any]) -> Any:
    if node.index in adjoints:
        return adjoints[node.index]
    if isinstance(node.value, tuple):
        return tuple(np.zeros_like(part) for part in node.value)
    value = np.asarray(node.value)
    return np.zeros(value.shape, dtype=value.dtype if value.dtype.kind in "fc" else np.float64)[()]


def _edges(unit: Unit, names: Mapping[int, str], adjoints: Mapping[int, Any], flows: Flows) -> tuple[Edge, ...]:
    """Return the edges of a unit to what it reads."""
    made = []
    parents = unit.parents()
    adjoint, target = _adjoint(unit.head, adjoints), names[unit.head.index]
    for parent, local in zip(parents, local_derivatives(unit, parents), strict=True):
        shares = tuple(flow.share for flow in flows.get((unit.head.index, parent.index), ()))
        total = shares[0] if shares else np.zeros_like(parent.value, dtype=np.float64)
        for share in shares[1:]:
            total = total + share
        made.append(Edge(names[parent.index], target, local, rule_of(unit, parent), adjoint, total, shares))
    return tuple(made)


def rule_of(unit: Unit, parent: Node | None = None) -> str:
    """Return what people call the rule of a unit, for one of the values that it reads or for all."""
    if unit.kind in ("function", "line", "block"):
        return "chain rule through the folded operations"
    if unit.primitive.is_constant:
        return "constant between its steps: the derivative is zero"
    if isinstance(unit.primitive.rule, str):
        return unit.primitive.rule
    rules = [
        rule
        for rule, operand in zip(unit.primitive.rule, unit.head.parents, strict=False)
        if operand is not None and (parent is None or operand is parent)
    ]
    return ", ".join(dict.fromkeys(rules))


def _constant(operand: Any) -> str:
    written = figure(operand)
    return f"({written})" if "j" in written else written


def _input_row(
    node: Node, label: str, result: str, adjoint: Any, arrived: tuple[Edge, ...], read: bool
) -> BackpropNode:
    chain, paths = writing.chain(label, result, adjoint, arrived, read), writing.paths(label, result, adjoint, arrived)
    return BackpropNode(label, "input", (), "input", 0, node.value, (), adjoint, arrived, chain, paths, "", None)


def _operands(unit: Unit, names: Mapping[int, str]) -> tuple[str, ...]:
    """Return what a unit reads: the names of values, and numbers."""
    head = unit.head
    if unit.kind != "operation":
        return tuple(names[parent.index] for parent in unit.parents())
    read = zip(head.operands, head.parents, strict=True)
    return tuple(_constant(operand) if parent is None else names[parent.index] for operand, parent in read)


def _unit_row(
    unit: Unit,
    names: Mapping[int, str],
    result: str,
    typed: bool,
    adjoint: Any,
    local: tuple[Edge, ...],
    arrived: tuple[Edge, ...],
) -> BackpropNode:
    label, head, operands = names[unit.head.index], unit.head, _operands(unit, names)
    operation, formula = _written(unit, operands, typed)
    return BackpropNode(
        name=label,
        operation=operation,
        operands=operands,
        formula=formula,
        operations=len(unit.nodes),
        value=head.value,
        local=local,
        adjoint=adjoint,
        contributions=arrived,
        chain=writing.chain(label, result, adjoint, arrived, True),
        paths=writing.paths(label, result, adjoint, arrived),
        rule=rule_of(unit),
        line=head.line,
    )


def _written(unit: Unit, operands: Sequence[str], typed: bool) -> tuple[str, str]:
    """Return the operation of a unit, and what it computes, as it was written: in Python, or typed as mathematics."""
    if unit.kind == "block":
        numbers = [node.line[1] for node in unit.nodes if node.line is not None]
        place = f" of lines {min(numbers)} to {max(numbers)}" if numbers else ""
        return "block", f"{len(unit.nodes)} operations{place}"
    if unit.kind == "line" and unit.head.line is not None:
        return "line", assigned_text(unit.head.line[2])
    return unit.primitive.name, writing.formula(unit.primitive.name, operands, typed)

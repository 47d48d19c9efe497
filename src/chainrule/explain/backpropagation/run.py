"""Owns the record that `backprop` returns: a run forward and backward, and every way to look at it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, final

from chainrule.core.graph import Node
from chainrule.explain.backpropagation import page, picture
from chainrule.explain.backpropagation import text as writing
from chainrule.explain.backpropagation.figures import json_safe, summary
from chainrule.explain.backpropagation.folding import Unit, fold_nodes, unfold_unit
from chainrule.explain.backpropagation.node import BackpropNode
from chainrule.explain.backpropagation.orders import OrderComparison, compare
from chainrule.explain.backpropagation.rows import Program, make_rows
from chainrule.explain.backpropagation.steps import BackpropStep, make_steps

SCHEMA = 1
"""The version of what `to_dict` returns."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Backprop:
    """A function's run, forward and backward.

    nodes: inputs first, then operations in the order in which they were computed. result: the name of the last one.
    value: of the function. gradients: d result / d input, by the name of the argument and in its structure.
    program: what was recorded.
    """

    nodes: tuple[BackpropNode, ...]
    result: str
    value: float
    gradients: dict[str, Any]
    program: Program = field(repr=False)
    _labels: Mapping[int, Hashable] = field(repr=False)
    _units: Mapping[str, Unit] = field(repr=False)

    def __str__(self) -> str:
        return writing.table(self.nodes, self.result)

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        yield from page.to_rich(self.nodes, self.result)

    def _repr_html_(self) -> str:
        return page.to_html(self.nodes, self.result)

    def to_svg(self, steps: int | None = None) -> str:
        """Return the graph as a picture: an SVG document without scripts, readable on light and dark pages.

        steps: show only what is known after so many of `steps()`, with the node of the last one marked; everything stands at
        the same place after each. None shows the whole run. Raises ValueError for a step that the run does not have.

        >>> import chainrule as cr
        >>> run = cr.backprop("L = (w x - t)^2", w=2, x=3, t=1)
        >>> ["dL/dw" in run.to_svg(steps) for steps in (6, 11, 12)]
        [False, False, True]
        """
        return picture.to_svg(self.nodes, self.result, steps)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def steps(self) -> tuple[BackpropStep, ...]:
        """Return the forward run and then the backward run, one step for each node."""
        return make_steps(self.nodes, self.result)

    def node(self, name: str) -> BackpropNode:
        """Return the node of that name; raise KeyError where there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        names = [node.name for node in self.nodes]
        raise KeyError(f"no node is called {name!r}; there are {writing.shorten(', '.join(names))}")

    def unfold(self, name: str) -> Backprop:
        """Return the run with the operations of a folded node shown one step finer: its lines, composites or operations.

        Names such as v1 are given anew. A node of one operation stays as it is. Raises KeyError where no node has the name.
        """
        self.node(name)
        unit = self._units.get(name)
        if unit is None:
            return self
        return show(self.program, unfold_unit(unit, self._labels), self.value, self.gradients)

    def compare_orders(self) -> OrderComparison:
        """Return what recursion along every edge, and overwriting, would give in place of backpropagation.

        >>> import chainrule as cr
        >>> def doubled(a):
        ...     b = a + a
        ...     c = b + b
        ...     return c
        >>> print(cr.backprop(doubled, 1.0).compare_orders().outcomes[0])
        OrderOutcome(name='a', right=4.0, at_once=6.0, overwritten=1.0)
        """
        return compare(self.program, self.result)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, dictionaries, numbers and text that JSON can hold.

        schema: 1. result, value, gradients: as here. nodes: with `position` (the center of the box in the picture, in
        pixels, or None), `operations` (how many are folded into it), `local` (by the name of what is read) and
        `contributions` (from, local, share, shares, rule). edges: from, to, local, share, rule, and `points` of the picture.
        picture: width and height. steps: kind, phase, node, text, equation, values, result. orders: `compare_orders`.
        notes: text. Arrays of more than 1000 entries are {"shape", "norm"}; what is not finite is text.
        """
        shown = picture.drawn(self.nodes, self.result)
        plan = picture.plan_of(shown, self.result)
        return {
            "schema": SCHEMA,
            "result": self.result,
            "value": json_safe(self.value),
            "gradients": json_safe(_summaries(self.gradients)),
            "nodes": [_node_dict(node, plan.centers.get(node.name)) for node in self.nodes],
            "edges": [
                {
                    "from": edge.source,
                    "to": edge.target,
                    "local": json_safe(summary(edge.local)),
                    "share": json_safe(summary(edge.share)),
                    "rule": edge.rule,
                    "points": [list(point) for point in plan.routes.get((edge.source, edge.target), ())],
                }
                for node in self.nodes
                for edge in node.local
            ],
            "picture": {"width": plan.width, "height": plan.height},
            "steps": [step.to_dict() for step in self.steps()],
            "orders": self.compare_orders().to_dict(),
            "notes": list(writing.fold_notes(self.nodes)),
        }


def _summaries(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _summaries(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_summaries(part) for part in value]
    return summary(value) if value is not None else None


def _node_dict(node: BackpropNode, position: tuple[float, float] | None) -> dict[str, Any]:
    return {
        "name": node.name,
        "operation": node.operation,
        "operands": list(node.operands),
        "formula": node.formula,
        "operations": node.operations,
        "value": json_safe(summary(node.value)),
        "adjoint": json_safe(summary(node.adjoint)),
        "local": {edge.source: json_safe(summary(edge.local)) for edge in node.local},
        "contributions": [
            {
                "from": edge.target,
                "local": json_safe(summary(edge.local)),
                "share": json_safe(summary(edge.share)),
                "shares": [json_safe(summary(share)) for share in edge.shares],
                "rule": edge.rule,
            }
            for edge in node.contributions
        ],
        "chain": node.chain,
        "paths": node.paths,
        "rule": node.rule,
        "file": node.line[0] if node.line else None,
        "line": node.line[1] if node.line else None,
        "source": node.line[2] if node.line else None,
        "position": None if position is None else list(position),
    }


def show(program: Program, labels: Mapping[int, Hashable], value: float, gradients: dict[str, Any]) -> Backprop:
    """Return the record of a program, folded by labels."""
    rows = make_rows(program, labels)
    return Backprop(rows.nodes, rows.result, value, gradients, program, labels, rows.units)


def labels_of(program: Program, level: str) -> Mapping[int, Hashable]:
    """Return the labels by which a program is folded at a level."""
    (out,) = program.graph.outputs
    return fold_nodes(program.graph.nodes, out, level) if isinstance(out, Node) else {}

"""Owns the run as steps: every value forward, then every adjoint backward, with what happens said in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.backpropagation.figures import figure, json_safe, summary
from chainrule.explain.backpropagation.node import BackpropNode
from chainrule.explain.backpropagation.text import is_sum


@final
@dataclass(frozen=True, slots=True)
class BackpropStep:
    """One step of a run.

    kind: "input" or "forward" on the way forward; on the way backward "seed" (the result's own adjoint, one), "product"
        (one share arrives), "sum" (several do) or "zero" (none does).
    node: the name of the value. text: what happens, as a sentence. equation: with numbers. values: the numbers that the
        step uses, by name: operands, or the share from each user. result: the value, or the adjoint.
    """

    kind: str
    node: str
    text: str
    equation: str
    values: dict[str, Any]
    result: Any

    @property
    def is_forward(self) -> bool:
        """Whether the step belongs to the way forward."""
        return self.kind in ("input", "forward")

    def __str__(self) -> str:
        return f"{'forward' if self.is_forward else 'backward'}: {self.equation}"

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain data, for JSON."""
        return {
            "kind": self.kind,
            "phase": "forward" if self.is_forward else "backward",
            "node": self.node,
            "text": self.text,
            "equation": self.equation,
            "values": {name: json_safe(summary(value)) for name, value in self.values.items()},
            "result": json_safe(summary(self.result)),
        }


def make_steps(nodes: Sequence[BackpropNode], result: str) -> tuple[BackpropStep, ...]:
    """Return the run forward and then backward, one step for each node and direction."""
    by_name = {node.name: node for node in nodes}
    forward = [_forward(node, by_name) for node in nodes]
    return (*forward, *(_backward(node, result) for node in reversed(nodes)))


def _forward(node: BackpropNode, by_name: dict[str, BackpropNode]) -> BackpropStep:
    if node.operation == "input":
        sentence = f"{node.name} is given."
        return BackpropStep("input", node.name, sentence, f"{node.name} = {figure(node.value)}", {}, node.value)
    read = {name: by_name[name].value for name in node.operands if name in by_name}
    known = f"{_listed(list(read))} {'is' if len(read) == 1 else 'are'} known, so" if read else "Now"
    many = f", {node.operations:,} operations in one," if node.operations > 1 else ""
    sentence = f"{known} {node.name} = {node.formula}{many} can be computed."
    equation = f"{node.name} = {node.formula} = {figure(node.value)}"
    return BackpropStep("forward", node.name, sentence, equation, read, node.value)


def _backward(node: BackpropNode, result: str) -> BackpropStep:
    users = [edge.target for edge in node.contributions]
    shares = {edge.target: edge.share for edge in node.contributions}
    rules = ", ".join(dict.fromkeys(edge.rule for edge in node.contributions))
    if node.name == result:
        kind, sentence = "seed", f"Start at the result: d{result}/d{result} = 1."
    elif not users:
        kind, sentence = "zero", f"Nothing that {result} depends on passes anything to {node.name}."
    elif is_sum(node.contributions):
        places = sum(len(edge.shares) for edge in node.contributions)
        through = (
            f"by {_listed(users)}"
            if len(users) > 1
            else f"{'twice' if places == 2 else f'{places} times'} by {users[0]}"
        )
        kind = "sum"
        sentence = (
            f"{node.name} is used {through}: its adjoint is the sum of {places} shares, "
            "complete only now that all of its users have been visited."
        )
    else:
        kind, sentence = "product", f"Only {users[0]} uses {node.name}: the adjoint of {users[0]}, by the {rules}."
        if node.contributions[0].local is not None:
            sentence = (
                f"Only {users[0]} uses {node.name}: the adjoint of {users[0]} times the local derivative ({rules})."
            )
    equation = f"{node.chain} ({rules})" if node.contributions else node.chain
    return BackpropStep(kind, node.name, sentence, equation, shares, node.adjoint)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

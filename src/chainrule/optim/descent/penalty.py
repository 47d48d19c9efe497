"""Owns whether a term that reads no data, such as a penalty on large weights, outweighs all that does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.core.trees import flatten
from chainrule.explain.diagnosis.names import operand_names
from chainrule.explain.diagnosis.run import Run, record_run
from chainrule.optim.descent.second_look import SecondLook
from chainrule.optim.descent.task import Task
from chainrule.optim.modifiers.modifier import sign_of
from chainrule.primitives.arithmetic import ADD, SUBTRACT
from chainrule.transforms.derivatives import grad, hvp

_OUTWEIGHS = 10.0
"""A term that bends, or pulls, so many times more than the rest leaves it next to nothing to say."""
_MATTERS = 0.1
"""So much of its value the rest would lose on its own, or there is nothing to complain of."""


def dominant_penalty(task: Task, x: Any, batch: Sequence[Any] = ()) -> str:
    """Return which term holds x where the rest of the function cannot be fitted; empty text where none does.

    The rest is looked at along its own gradient: there it would fall by |gradient|² / (2 curvature), were it alone.

    >>> data = np.array([3.0, 5.0])
    >>> task = Task(lambda w: np.mean((w - data) ** 2) + 1e3 * np.sum(w**2), None, None, 10, 1e-8)
    >>> dominant_penalty(task, np.array([0.0005, 0.0015])).split(" along ")[0]
    '1e3 * np.sum(w**2), which reads no data, bends 2e+03 times more than the rest'
    """
    with SecondLook(task.fun, task.args), np.errstate(all="ignore"):
        run = record_run("minimize", task.value_of, (x, *task.args, *batch), {}, 0)
        terms = _terms(run, sign_of(task.method))
        alone = [term for term in terms if not _reads_data(term[0])]
        if not alone or len(alone) == len(terms):
            return ""
        rest, penalty = _sum(run, [term for term in terms if term not in alone]), _sum(run, alone)
        point = [np.asarray(leaf, dtype=np.result_type(leaf, np.float64)) for leaf in flatten(x)[0]]
        slope = [np.asarray(part) for part in grad(rest)(point)]
        length = _norm(slope)
        if not length:
            return ""
        along = [part / length for part in slope]
        bend, of_penalty = (_dot(along, hvp(fun, (point,), (along,))) for fun in (rest, penalty))
        if not bend > 0 or length**2 / (2 * bend) < _MATTERS * abs(float(rest(point))):
            return ""
        pull = _norm(grad(penalty)(point)) / length
        if of_penalty > _OUTWEIGHS * bend:
            how = f"bends {of_penalty / bend:.3g} times more than the rest along the way on which that would become smaller"
        elif pull > _OUTWEIGHS:
            how = f"pulls {pull:.3g} times harder than the rest"
        else:
            return ""
        return f"{_named(run, [node for node, _ in alone])}, which reads no data, {how}: give it a smaller factor"
    return ""


def _terms(run: Run, sign: int) -> list[tuple[Node, int]]:
    """Return the nodes whose sum is the result, each with the sign with which it is added."""
    stack, found = [(run.out, sign)], []
    while stack:
        node, sign = stack.pop()
        if not isinstance(node, Node):
            continue
        if node.primitive not in (ADD, SUBTRACT):
            found.append((node, sign))
            continue
        for place, parent in enumerate(node.parents):
            stack.append((parent, -sign if place and node.primitive is SUBTRACT else sign))
    return found


def _reads_data(term: Node) -> bool:
    """Whether arrays that are no part of x, or indices, go into a term."""
    stack, seen = [term], {term.index}
    while stack:
        node = stack.pop()
        for operand, parent in zip(node.operands, node.parents, strict=True):
            if parent is None and np.size(operand) > 1:
                return True
            if parent is not None and parent.index not in seen:
                seen.add(parent.index)
                stack.append(parent)
    return False


def _sum(run: Run, terms: Sequence[tuple[Node, int]]) -> Any:
    """Return the sum of terms as a function of the leaves of x."""
    graph = Graph(run.graph.inputs, run.graph.nodes, tuple(node for node, _ in terms))

    def total(leaves: Sequence[Any]) -> Any:
        return sum(sign * value for (_, sign), value in zip(terms, graph.evaluate(*leaves), strict=True))

    return total


def _named(run: Run, alone: Sequence[Node]) -> str:
    """Return what a term is called: as the user wrote it, where the sum is written in one statement."""
    if len(alone) == 1:
        for node in run.graph.nodes:
            if node.primitive in (ADD, SUBTRACT) and alone[0] in node.parents:
                name = operand_names(run, node)[list(node.parents).index(alone[0])]
                if not name.startswith("operand "):
                    return f"{name:.60}"
    line = alone[0].line
    return "the term" if line is None else f"the term of {line[0]}:{line[1]}"


def _norm(parts: Sequence[Any]) -> float:
    return float(np.sqrt(sum(float(np.sum(np.abs(part) ** 2)) for part in parts)))


def _dot(some: Sequence[Any], others: Sequence[Any]) -> float:
    return sum(float(np.sum(np.real(np.conj(one) * other))) for one, other in zip(some, others, strict=True))

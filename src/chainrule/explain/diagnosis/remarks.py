"""Owns what a recorded run shows of a loss that computes and has a gradient, and yet is hardly the one that was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Elementwise, Multilinear
from chainrule.explain.diagnosis.blame import live_nodes
from chainrule.explain.diagnosis.marks import is_aligned
from chainrule.explain.diagnosis.names import operand_names
from chainrule.explain.diagnosis.origin import Backward
from chainrule.explain.diagnosis.run import Run
from chainrule.primitives.reduction import SUM


def crossed(run: Run) -> Iterator[str]:
    """Yield where predictions of shape (n,) meet labels of shape (n, 1), each with each, on the way to one total.

    Pairs that are meant, such as x[:, None] - x, come from one source, or are not simply added up.
    """
    live = live_nodes(run)
    children: dict[int, list[Node]] = {}
    for node in run.graph.nodes:
        for parent in node.parents:
            if parent is not None:
                children.setdefault(parent.index, []).append(node)
    for node in run.graph.nodes:
        column = _column_beside_row(node, live)
        if column is not None and _is_added_up(node, children):
            yield _told(node, column, operand_names(run, node))
            return  # what is made of it is crossed, too


def _told(node: Node, column: int, names: Sequence[str]) -> str:
    shapes = [np.shape(part) for part in node.operands]
    parts = " and ".join(f"{name:.40} of shape {shape}" for name, shape in zip(names, shapes, strict=True))
    where = node.primitive.name if node.primitive else ""
    line = "" if node.line is None else f", line {node.line[1]}"
    mend = f"write {names[column]}.ravel()" if names[column].isidentifier() else f"ravel that of shape {shapes[column]}"
    return f"{parts} make {np.shape(node.value)} in {where}{line}: each with each; if they belong together one by one, {mend}"


def _column_beside_row(node: Node, live: set[int]) -> int | None:
    """Return which of two operands is a column (n, 1) beside a row (n,), if one of them alone depends on the inputs."""
    if not isinstance(node.primitive, Elementwise) or len(node.operands) != 2:
        return None
    shapes = [np.shape(part) for part in node.operands]
    moves = [parent is not None and parent.index in live for parent in node.parents]
    for column in (0, 1):
        n = len(shapes[column]) and shapes[column][0]
        if n > 1 and shapes[column] == (n, 1) and shapes[1 - column] == (n,) and moves[0] != moves[1]:
            return column
    return None


def _is_added_up(node: Node, children: dict[int, list[Node]]) -> bool:
    """Whether all elements go to one total, one by one."""
    stack, is_total = [node], False
    while stack:
        for child in children.get(stack.pop().index, ()):
            if child.primitive is SUM and np.shape(child.value) == ():
                is_total = True
            elif is_aligned(child) and np.shape(child.value) == np.shape(node.value):
                stack.append(child)
            else:
                return False
    return is_total


def copies(run: Run, backward: Backward) -> Iterator[str]:
    """Yield which matrices among the inputs have equal columns, or rows, with equal gradients: units that stay copies."""
    for part in run.inputs:
        gradient, value = backward.cts.get(part.node.index), np.asarray(part.node.value)
        if gradient is None or value.ndim != 2 or not np.any(gradient) or not _is_multiplied(part.node, run):
            continue
        gradient = np.broadcast_to(gradient, value.shape)
        for axis, name in ((1, "columns"), (0, "rows")) if 1 not in value.shape else ():
            if _are_equal(value, axis) and _are_equal(gradient, axis):
                yield (
                    f"the {value.shape[axis]} {name} of {part.name} are equal, and so are their gradients: whatever is computed "
                    "with them stays the same several times over; start from small random numbers"
                )
                break


def _is_multiplied(node: Node, run: Run) -> bool:
    """Whether a matrix is a factor of a product, as the weights of units are: elements that stand alone may well be equal."""
    return any(isinstance(child.primitive, Multilinear) and node in child.parents for child in run.graph.nodes)


def _are_equal(matrix: np.ndarray, axis: int) -> bool:
    first = np.take(matrix, [0], axis=axis)
    return bool(np.all(np.abs(matrix - first) <= 1e-12 * np.abs(first)))

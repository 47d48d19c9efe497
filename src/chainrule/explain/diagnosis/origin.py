"""Owns the search for where something not finite comes from: forward to the result, or backward to a gradient.

Both searches start from what is bad at the end and follow it against the flow, element by element where the operation works
element by element. So a NaN in a branch that `np.where` does not take is no origin, however early it was computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.errors import NotDifferentiableError
from chainrule.explain.diagnosis.backward import Edge, edges, seed, total
from chainrule.explain.diagnosis.marks import Mark, bad, chosen, gather, is_aligned, spread
from chainrule.explain.diagnosis.run import Run
from chainrule.primitives.decompositions import CHOLESKY, EIGH, EIGVALSH, QR, SINGULAR_VALUES, SVD
from chainrule.primitives.solves import COFACTOR, DET, INV, PINV, SLOGDET, SOLVE

FACTORIZED = frozenset((INV, PINV, SOLVE, DET, COFACTOR, SLOGDET, CHOLESKY, EIGH, EIGVALSH, SVD, SINGULAR_VALUES, QR))
"""Operations that factorize a matrix; of one that is not finite LAPACK may never finish."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something that is not finite appears out of finite numbers, or a NaN out of infinite ones.

    node: the operation, or an input. mark: the elements of its result. edge: on the backward way, where it flows.
    position: of the operand that is a constant and not finite itself; None where the operation is the origin.
    turns: whether infinite operands became NaN here. is_sum: whether finite shares add up to it, on the backward way.
    """

    node: Node
    mark: Mark
    edge: Edge | None = None
    position: int | None = None
    turns: bool = False
    is_sum: bool = False

    @property
    def is_backward(self) -> bool:
        """Whether it is on the backward way."""
        return self.edge is not None or self.is_sum


@dataclass(slots=True)
class Trail:
    """What a search has found: origins in the order of the run, and the operations between the first one and the end."""

    origins: list[Origin] = field(default_factory=list)
    turns: list[Origin] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)


def forward_trail(run: Run, start: Node) -> Trail:
    """Follow what is not finite in the value of `start` to its origins."""
    trail = Trail()
    marks: dict[int, Mark] = {start.index: bad(start.value)}
    for node in reversed(run.graph.nodes[: start.index + 1]):
        mark = marks.get(node.index)
        if mark is None or not mark.any():
            continue
        trail.nodes.append(node)
        if node.primitive is None:
            trail.origins.append(Origin(node, mark))
        else:
            _forward(node, mark, marks, trail)
    for found in (trail.nodes, trail.origins, trail.turns):
        found.reverse()
    return trail


def _forward(node: Node, mark: Mark, marks: dict[int, Mark], trail: Trail) -> None:
    explained = np.zeros(mark.shape, dtype=bool)
    known_nan = np.zeros(mark.shape, dtype=bool)
    aligned = is_aligned(node)
    for position, (operand, parent) in enumerate(zip(node.operands, node.parents, strict=True)):
        wrong = bad(operand)
        if not wrong.any():
            continue
        nan = np.asarray(_is_nan(operand))
        if aligned:
            part = chosen(node, position, mark) & spread(wrong, mark.shape)
            known_nan |= spread(nan, mark.shape)
            share = gather(part, wrong.shape)
        else:
            part, share = mark, wrong
            known_nan |= bool(nan.any())
        explained |= part
        if not part.any():
            continue
        if parent is None:
            trail.origins.append(Origin(node, part, position=position))
        else:
            marks[parent.index] = share if parent.index not in marks else marks[parent.index] | share
    born = mark & ~explained
    if born.any():
        trail.origins.append(Origin(node, born))
    turned = explained & _is_nan(node.value) & ~known_nan
    if turned.any():
        trail.turns.append(Origin(node, turned, turns=True))


def _is_nan(value: Any) -> Mark:
    if isinstance(value, tuple):
        return np.asarray(any(_is_nan(part).any() for part in value))
    array = np.asarray(value)
    return np.asarray(np.isnan(array)) if array.dtype.kind in "fc" else np.zeros(array.shape, dtype=bool)


@dataclass(slots=True)
class Backward:
    """The backward run: the cotangent of every node, and the edges along which something not finite flowed, by operand.

    stopped: the operation at which the run ended, since it factorizes a matrix that is not finite: LAPACK may never return.
    """

    cts: dict[int, Any]
    wrong: dict[int, list[tuple[Edge, Mark]]]
    stopped: Node | None = None


def backward_run(run: Run, as_far_as_possible: bool = False) -> Backward:
    """Pull 1 back from the result through every operation.

    as_far_as_possible: end where a rule refuses, as that of a singular matrix does, and do not raise.
    """
    found = Backward({}, {})
    if not isinstance(run.out, Node):
        return found
    found.cts[run.out.index] = seed(run.out)
    with np.errstate(all="ignore"):
        for node in reversed(run.graph.nodes[: run.out.index + 1]):
            ct = found.cts.get(node.index)
            if ct is None or node.primitive is None:
                continue
            if node.primitive in FACTORIZED and any(bad(part).any() for part in node.operands):
                found.stopped = node
                return found
            try:
                flowing = list(edges(node, ct))
            except (np.linalg.LinAlgError, NotDifferentiableError):
                if as_far_as_possible:
                    return found
                raise
            for edge in flowing:
                index = edge.parent.index
                found.cts[index] = total(found.cts[index], edge.share) if index in found.cts else edge.share
                wrong = bad(edge.product)
                if wrong.any():
                    found.wrong.setdefault(index, []).append((edge, wrong))
    return found


def backward_trail(run: Run, backward: Backward, inputs: Sequence[Node]) -> Trail:
    """Follow what is not finite in the gradients of `inputs` up to its origins; the one nearest to the result comes first."""
    trail = Trail()
    marks: dict[int, Mark] = {
        node.index: bad(backward.cts[node.index]) for node in inputs if node.index in backward.cts
    }
    for node in run.graph.nodes:
        mark = marks.get(node.index)
        if mark is None or not mark.any():
            continue
        trail.nodes.append(node)
        flowing = backward.wrong.get(node.index, [])
        for edge, wrong in flowing:
            _backward(edge, wrong, mark, backward, marks, trail)
        if not flowing:  # finite shares whose sum is not
            trail.origins.append(Origin(node, mark, is_sum=True))
    trail.nodes.reverse()
    for found in (trail.origins, trail.turns):
        found.sort(key=lambda origin: -origin.node.index)
    return trail


def _backward(edge: Edge, wrong: Mark, mark: Mark, backward: Backward, marks: dict[int, Mark], trail: Trail) -> None:
    child, ct = edge.child, backward.cts[edge.child.index]
    arriving = bad(ct)
    if is_aligned(child):
        flowing = wrong & spread(mark, wrong.shape)
        inherited = flowing & spread(arriving, wrong.shape)
        born = flowing & ~inherited
        new_nan = inherited & np.asarray(_is_nan(edge.product)) & ~spread(_is_nan(ct), wrong.shape)
    else:
        is_new = not arriving.any()
        born, inherited = (wrong, arriving & False) if is_new else (wrong & False, arriving)
        new_nan = np.asarray(wrong & _is_nan(edge.product) & (not is_new and not _is_nan(ct).any()))
    if inherited.any():
        marks[child.index] = marks[child.index] | inherited if child.index in marks else inherited
    if born.any():
        trail.origins.append(Origin(child, born, edge))
    if new_nan.any():
        trail.turns.append(Origin(child, new_nan, edge, turns=True))

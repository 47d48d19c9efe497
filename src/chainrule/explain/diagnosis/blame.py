"""Owns blame: for every element whose sensitivity is 0, the operations at which it died, weighed by how many paths died there.

One sweep from the result to the inputs carries, besides the sensitivity, a weight for every cause. A path starts at the
result; where a sensitivity that is not 0 meets a derivative that is 0, the path dies, and its cause gets the weight 1 in that
element (a path that only decides counts next to nothing: it is to blame where no other path is). Weights then go on
backward as the sensitivity would, through the absolute values of the derivatives of what mixes elements, and unchanged
through what works element by element; at every value those of an element are scaled so that they add up to 1. An element
at which something arrives is alive, and its weights are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.core.graph import ITEM, Node
from chainrule.core.primitive import Elementwise, Multilinear
from chainrule.errors import NotDifferentiableError
from chainrule.explain.diagnosis.backward import Edge, edges, seed
from chainrule.explain.diagnosis.marks import bad, chosen, is_aligned
from chainrule.explain.diagnosis.origin import FACTORIZED
from chainrule.explain.diagnosis.reasons import CANCELED, OTHER, Reason, reason_for
from chainrule.explain.diagnosis.run import Run
from chainrule.primitives.shape import WHERE, unbroadcast

Weights: TypeAlias = NDArray[np.float64]
Key: TypeAlias = tuple[int, int, str]
"""Of a cause: the index of the operation, the position of the operand, the kind."""

MOST = 12
"""So many causes are told apart at one node; the smallest are put together."""
MINOR = 1e-9
"""The weight of a path that only decides."""
ROUNDING = 8
"""Parts cancel where this many rounding units of their sizes are left."""


@dataclass(frozen=True, slots=True)
class Death:
    """A cause: where sensitivity dies. node: None for causes put together. died: in how many of the elements there, `size`."""

    reason: Reason
    node: Node | None
    position: int
    died: int
    size: int


@dataclass(slots=True)
class Blame:
    """What the sweep has found: causes, and for each node its sensitivity and the weight of each cause in each element.

    live: the nodes that some input reaches through derivatives, whatever their values.
    """

    deaths: dict[Key, Death] = field(default_factory=dict)
    cts: dict[int, Any] = field(default_factory=dict)
    sizes: dict[int, Any] = field(default_factory=dict)
    weights: dict[int, dict[Key, Weights]] = field(default_factory=dict)
    live: set[int] = field(default_factory=set)


def blame(run: Run) -> Blame:
    """Sweep from the result to the inputs."""
    found = Blame(live=live_nodes(run))
    if not isinstance(run.out, Node):
        return found
    found.cts[run.out.index] = seed(run.out)
    with np.errstate(all="ignore"):
        for node in reversed(run.graph.nodes[: run.out.index + 1]):
            if node.index not in found.cts and node.index not in found.weights:
                continue
            _settle(node, found)
            if node.primitive is not None:
                _pass_on(node, found)
    return found


def live_nodes(run: Run) -> set[int]:
    """Return the nodes that some input reaches through derivatives.

    Of what is behind them only the cut is to blame: that (x > 0) - label is 0 here and there does not matter.
    """
    live = {part.node.index for part in run.inputs}
    for node in run.graph.nodes:
        if any(
            parent is not None and parent.index in live and _has_derivative(node, position)
            for position, parent in enumerate(node.parents)
        ):
            live.add(node.index)
    return live


def _has_derivative(node: Node, position: int) -> bool:
    """Whether the table has a derivative of an operation for an operand."""
    primitive = node.primitive
    if primitive is None or primitive.is_constant:
        return False
    if primitive is WHERE:
        return position < 2
    return not isinstance(primitive, Elementwise) or primitive.partials[position] is not None


def _settle(node: Node, found: Blame) -> None:
    """Tell the living elements of a node from those at which everything that arrives has died or cancels."""
    if isinstance(node.value, tuple):
        return
    ct, size = found.cts.get(node.index), found.sizes.get(node.index)
    shape = np.shape(node.value)
    dead = np.ones(shape, dtype=bool) if ct is None else np.broadcast_to(np.equal(ct, 0), shape)
    if ct is not None and size is not None:
        unit = np.finfo(np.asarray(ct).dtype).eps if np.asarray(ct).dtype.kind in "fc" else 0
        canceled = (size > 0) & np.isfinite(size) & (np.abs(ct) <= ROUNDING * unit * size)
        if canceled.any():
            dead = dead | canceled
            found.cts[node.index] = np.where(canceled, 0, ct)[()]
            _add(
                found,
                node,
                (node.index, -1, CANCELED.kind),
                canceled,
                Death(CANCELED, node, -1, int(canceled.sum()), canceled.size),
            )
    weights = found.weights.get(node.index)
    if weights is not None:
        kept = {key: np.where(dead, _finite(weight), 0.0) for key, weight in weights.items()}
        scaled = _scaled(kept, found, is_minor=False) | _scaled(kept, found, is_minor=True)
        found.weights[node.index] = _bounded({key: weight for key, weight in scaled.items() if weight.any()}, found)


def _finite(weight: Weights) -> Weights:
    """Return weights that infinite derivatives may have spoiled as numbers."""
    return weight if np.isfinite(weight.sum()) else np.nan_to_num(weight, nan=1.0)


def _scaled(weights: dict[Key, Weights], found: Blame, is_minor: bool) -> dict[Key, Weights]:
    """Return the weights of causes that are minor, or not, scaled so that they add up to the same in each element."""
    chosen_ones = {key: weight for key, weight in weights.items() if found.deaths[key].reason.is_minor == is_minor}
    target = MINOR if is_minor else 1.0
    if len(chosen_ones) == 1:
        return {key: np.where(weight > 0, target, 0.0) for key, weight in chosen_ones.items()}
    top = max((float(weight.max(initial=0.0)) for weight in chosen_ones.values()), default=0.0)
    if not top:
        return {}
    total = sum(weight / top for weight in chosen_ones.values())
    safe = np.where(np.equal(total, 0), 1.0, total)
    return {key: weight / top / safe * target for key, weight in chosen_ones.items()}


def _bounded(weights: dict[Key, Weights], found: Blame) -> dict[Key, Weights]:
    if len(weights) <= MOST:
        return weights
    ordered = sorted(weights, key=lambda key: -float(weights[key].sum()))
    other = (-1, -1, OTHER.kind)
    found.deaths.setdefault(other, Death(OTHER, None, -1, 0, 0))
    merged = {key: weights[key] for key in ordered[: MOST - 1]}
    rest = sum((weights[key] for key in ordered[MOST - 1 :]), merged.pop(other, np.zeros_like(weights[ordered[0]])))
    return {**merged, other: rest}


def _add(found: Blame, node: Node, key: Key, mark: Any, death: Death | None = None) -> None:
    """Add a weight to a node; `death` is noted where the cause is new."""
    weight = np.broadcast_to(np.asarray(mark, dtype=np.float64), _shape(node))
    if death is not None:
        found.deaths[key] = death
        weight = weight * MINOR if death.reason.is_minor else weight
    held = found.weights.setdefault(node.index, {})
    held[key] = held[key] + weight if key in held else weight


def _shape(node: Node) -> tuple[int, ...]:
    return () if isinstance(node.value, tuple) else np.shape(node.value)


def _pass_on(node: Node, found: Blame) -> None:
    ct = found.cts.get(node.index)
    weights = found.weights.get(node.index, {})
    flowing = {} if ct is None else {edge.position: edge for edge in _edges(node, ct)}
    for position, parent in enumerate(node.parents):
        if parent is None:
            continue
        edge = flowing.get(position)
        if edge is not None:
            _arrive(edge, found, ct)
        if isinstance(node.value, tuple) or isinstance(parent.value, tuple) or node.primitive is ITEM:
            for key, weight in weights.items():  # results of several: which of them an element belongs to is not known
                _add(found, parent, key, float(bool(weight.any())))
        elif is_aligned(node):
            _aligned(node, position, parent, edge, ct, weights, found)
        else:
            _mixing(node, position, parent, edge, ct, weights, found)


def _arrive(edge: Edge, found: Blame, ct: Any) -> None:
    """Add a share to the sensitivity of an operand, and its size to the sizes of what has arrived."""
    index = edge.parent.index
    if isinstance(edge.share, tuple):
        held = found.cts.get(index)
        found.cts[index] = edge.share if held is None else tuple(a + b for a, b in zip(held, edge.share, strict=True))
        return
    found.cts[index] = edge.share if index not in found.cts else found.cts[index] + edge.share
    if isinstance(edge.child.primitive, Elementwise):
        size = unbroadcast(np.abs(edge.product), np.shape(edge.parent.value))
    elif isinstance(edge.child.value, tuple) or edge.child.primitive is ITEM:
        size = np.abs(edge.share)
    else:
        size = _through(edge.child, edge.position, np.abs(ct))
    found.sizes[index] = size if index not in found.sizes else found.sizes[index] + size


def _aligned(
    node: Node, position: int, parent: Node, edge: Edge | None, ct: Any, weights: Mapping[Any, Weights], found: Blame
) -> None:
    """Blame an operation that works element by element."""
    shape, to = np.shape(node.value), np.shape(parent.value)
    alive = np.zeros(shape, dtype=bool) if ct is None else np.broadcast_to(np.not_equal(ct, 0), shape)
    is_cut = not _has_derivative(node, position)
    if is_cut and ct is not None and node.index not in found.live:
        alive = np.ones(shape, dtype=bool)
    for reason, mark in _deaths_of(node, position, edge, alive):
        if mark.any() and (is_cut or parent.index in found.live):
            key = (node.index, position, reason.kind)
            death = Death(reason, node, position, int(np.count_nonzero(mark)), mark.size)
            _add(found, parent, key, unbroadcast(mark.astype(np.float64), to), death)
    for key, weight in weights.items():
        _add(found, parent, key, unbroadcast(weight, to))


def _deaths_of(node: Node, position: int, edge: Edge | None, alive: Any) -> Iterator[tuple[Reason, Any]]:
    if node.primitive is WHERE and position < 2:
        yield reason_for(node, position, False, True), alive & ~chosen(node, position, alive)
    elif edge is None:
        yield reason_for(node, position, True, True), alive
    else:
        died = alive & np.equal(edge.product, 0)
        flat = np.broadcast_to(np.equal(edge.local, 0), died.shape)
        yield reason_for(node, position, False, True), died & flat
        yield reason_for(node, position, False, False), died & ~flat


def _mixing(
    node: Node, position: int, parent: Node, edge: Edge | None, ct: Any, weights: Mapping[Any, Weights], found: Blame
) -> None:
    """Blame an operation that mixes elements, or moves them."""
    alive = (
        np.zeros(np.shape(node.value))
        if ct is None
        else np.broadcast_to(np.not_equal(ct, 0), np.shape(node.value)) * 1.0
    )
    if ct is not None and node.index not in found.live:
        alive = np.ones(np.shape(node.value))
    declared = node.primitive is not None and (node.primitive.is_constant or (edge is None and ct is not None))
    if declared:
        if alive.any():
            reason = reason_for(node, position, True, True)
            death = Death(reason, node, position, int(np.count_nonzero(alive)), alive.size)
            _add(found, parent, (node.index, position, reason.kind), 1.0, death)
        for key, weight in weights.items():
            if weight.any():
                _add(found, parent, key, 1.0)
        return
    cut = np.equal(_through(node, position, np.ones(np.shape(node.value))), 0)
    reason = reason_for(node, position, False, True)
    is_cause = bool(alive.any()) or reason.is_minor
    if is_cause and cut.any() and parent.index in found.live:
        death = Death(reason, node, position, int(np.count_nonzero(cut)), cut.size)
        _add(found, parent, (node.index, position, reason.kind), cut, death)
    for key, weight in weights.items():
        # Where nothing arrives anyway, a factor of 0 is not the first cause.
        inherited = 0.0 if is_cause else cut * float(bool(weight.any()))
        _add(found, parent, key, _through(node, position, weight) + inherited)


def _edges(node: Node, ct: Any) -> list[Edge]:
    """Return the edges of an operation; none where its rule refuses, or would factorize a matrix that is not finite."""
    if node.primitive in FACTORIZED and any(bad(part).any() for part in node.operands):
        return []
    try:
        return list(edges(node, ct))
    except (np.linalg.LinAlgError, NotDifferentiableError):
        return []


def _through(node: Node, position: int, weight: Any) -> Any:
    """Return weights carried back through an operation, by the absolute values of its derivative."""
    operands = (
        [np.abs(operand) for operand in node.operands] if isinstance(node.primitive, Multilinear) else node.operands
    )
    shadow = Node(node.primitive, operands, node.parents, node.parameters, node.value, node.index)
    for edge in _edges(shadow, weight):
        if edge.position == position:
            return np.abs(edge.share)
    return np.zeros(np.shape(node.operands[position]))

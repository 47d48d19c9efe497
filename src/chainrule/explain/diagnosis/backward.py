"""Owns the backward run of a diagnosis: the engine's own rules, with the local derivative and the share of every edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import Node
from chainrule.core.primitive import Elementwise
from chainrule.explain.backpropagation.sweep import shares_of
from chainrule.primitives.shape import unbroadcast


@dataclass(frozen=True, slots=True)
class Edge:
    """What flows from an operation back to one of its operands.

    local: the partial derivative, for an elementwise operation; None for others. product: the cotangent times it, before it
    is summed to the operand's shape. share: what the operand receives.
    """

    child: Node
    position: int
    parent: Node
    local: Any
    product: Any
    share: Any


def edges(node: Node, ct: Any) -> Iterator[Edge]:
    """Yield the edges on which a cotangent flows back through one operation."""
    primitive = node.primitive
    if isinstance(primitive, Elementwise):
        yield from _elementwise(primitive, node, ct)
        return
    places = [position for position, parent in enumerate(node.parents) if parent is not None]
    for parent, share in shares_of(node, ct):
        position = next((place for place in places if node.parents[place] is parent), 0)
        places = [place for place in places if place != position]
        yield Edge(node, position, parent, None, share, share)


def _elementwise(primitive: Elementwise, node: Node, ct: Any) -> Iterator[Edge]:
    for position, (partial, operand, parent) in enumerate(
        zip(primitive.partials, node.operands, node.parents, strict=True)
    ):
        if parent is None or partial is None:
            continue
        local = partial(node.value, *node.operands)
        product = ct * (np.conjugate(local) if np.iscomplexobj(local) else local)
        if np.iscomplexobj(product) and not np.iscomplexobj(operand):
            product = np.real(product)
        yield Edge(node, position, parent, local, product, unbroadcast(product, np.shape(operand)))


def seed(out: Node) -> Any:
    """Return the cotangent of the result: 1 in its own precision."""
    return np.ones((), dtype=out.value.dtype if out.value.dtype.kind == "f" else np.float64)[()]


def total(left: Any, right: Any) -> Any:
    """Return the sum of two shares of one value."""
    if isinstance(left, tuple):
        return tuple(a + b for a, b in zip(left, right, strict=True))
    return left + right

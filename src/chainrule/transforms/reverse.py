"""Owns reverse mode: a run is recorded, then the cotangent of its result is pulled back through it, newest operation first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM, Node
from chainrule.core.primitive import Array, Elementwise, General
from chainrule.core.trace import Traced
from chainrule.primitives.indexing import INDEX, accumulate_index
from chainrule.tracing.kept_values import LARGE
from chainrule.tracing.record import RecordTrace, call, close_over, own_node
from chainrule.transforms.dead_arrays import IN_AN_ENTRY, owns_memory
from chainrule.transforms.rules import pull, pull_elementwise

Pullback = Callable[[Sequence[Array | None]], list[Array]]


def linearize(
    function: Callable[..., Any], inputs: Sequence[Array], once: bool = False, guarded: bool = True
) -> tuple[list[Any], Pullback]:
    """Run `function` (arrays in, list of results out) and return its results with the pullback of their cotangents.

    once: the pullback is called once only, and gives memory back while it runs.
    guarded: whether arrays that are not inputs may be changed by the user before the pullback runs.
    """
    trace = RecordTrace(guarded=guarded, keeps_all=False)
    traced = [trace.input(value) for value in inputs]
    try:
        results = [close_over(trace, part) for part in call(function, traced)]
    finally:
        nodes = trace.finish()
    trace.warn_if_slow(nodes)
    outputs = [own_node(trace, part) for part in results]
    values = [part.value if isinstance(part, Traced) and part.owner is trace else part for part in results]

    def pullback(cotangents: Sequence[Array | None]) -> list[Array]:
        if trace.guard is not None:
            trace.guard.check()
        seeds = [
            (out, ct) for out, ct in zip(outputs, cotangents, strict=True) if isinstance(out, Node) and ct is not None
        ]
        return backward(nodes if once else list(nodes), seeds, len(inputs))

    return values, pullback


def backward(nodes: list[Node], seeds: Sequence[tuple[Node, Array]], count: int) -> list[Array]:
    """Pull cotangents back to the first `count` nodes, which are the inputs. The nodes are taken off the list."""
    # Hot path: benchmarks/test_eager.py
    cts: list[Any] = [None] * len(nodes)
    shares: Any
    for node, ct in seeds:
        _add(cts, node, ct)
    for position in range(len(nodes) - 1, count - 1, -1):
        node = nodes.pop()
        ct = cts[position]
        if ct is None:
            continue
        cts[position] = None
        primitive = node.primitive
        if primitive.__class__ is Elementwise:
            shares = pull_elementwise(primitive, node, ct)
        elif primitive is ITEM:
            _add_item(cts, node, ct)
            continue
        elif primitive is INDEX and _add_in_place(cts, node, ct):
            continue
        else:
            if type(node.value) is tuple:
                ct = tuple(np.zeros_like(v) if part is None else part for part, v in zip(ct, node.value, strict=True))
            transposed = primitive.__class__ is General and primitive.pull is None
            shares = transpose_push(node, ct) if transposed else pull(node, ct)
        for parent, share in shares:
            total = cts[parent.index]
            if total is None:
                cts[parent.index] = share
            elif type(total) is np.ndarray and total.size > LARGE:
                total = None
                _add(cts, parent, share)
            else:
                cts[parent.index] = total + share
        shares = share = None  # no name may keep alive what the next pull can overwrite
    return [_nothing(node.value) if ct is None else ct for ct, node in zip(cts[:count], nodes, strict=False)]


def _nothing(value: Array) -> Array:
    """Return the cotangent of an input that no result depends on: a zero of its shape, and a number where it is one."""
    zero = np.zeros_like(value)
    return zero if isinstance(value, np.ndarray | Traced) else zero[()]


def _add(cts: list[Any], node: Node, share: Array) -> None:
    total = cts[node.index]
    if total is None:
        cts[node.index] = share
    elif (
        type(total) is np.ndarray
        and total.size > LARGE
        and getrefcount(total) == IN_AN_ENTRY
        and owns_memory(total)
        and (type(share) is np.ndarray and share.shape == total.shape and share.dtype == total.dtype)
    ):
        np.add(total, share, out=total)
    else:
        cts[node.index] = total + share


def _add_in_place(cts: list[Any], node: Node, ct: Array) -> bool:
    """Add the cotangent of a part to the whole's; many parts of one array then cost no more than the array."""
    (parent, *rest) = node.parents
    value = node.operands[0]
    if parent is None or any(rest) or type(value) is not np.ndarray or not isinstance(ct, np.ndarray | np.generic):
        return False
    if any(not isinstance(operand, np.ndarray) for operand in node.operands[1:]):
        return False
    total = cts[parent.index]
    kind = np.result_type(ct, value)
    if total is None:
        total = np.zeros(value.shape, dtype=kind)
    elif not isinstance(total, np.ndarray):
        return False
    elif getrefcount(total) != IN_AN_ENTRY or total.dtype != kind or not owns_memory(total):
        total = np.array(total, dtype=np.result_type(total, kind))
    accumulate_index(total, ct, *node.operands[1:], **node.parameters)
    cts[parent.index] = total
    return True


def _add_item(cts: list[Any], node: Node, ct: Array) -> None:
    parent = node.parents[0]
    assert parent is not None
    position = node.parameters["index"]
    parts = cts[parent.index] or [None] * len(parent.value)
    parts[position] = ct if parts[position] is None else parts[position] + ct
    cts[parent.index] = parts


def transpose_push(node: Node, ct: Any) -> list[tuple[Node, Array]]:
    """Pull back through a primitive that declares `push`: the push is recorded on a tangent and transposed."""
    primitive = node.primitive
    assert isinstance(primitive, General)
    push = primitive.push
    assert push is not None
    live = [(position, parent) for position, parent in enumerate(node.parents) if parent is not None]
    if not live:  # its operands are constants that the user could assign to
        return []

    def pushed(*moving: Array) -> list[Array]:
        tangents: list[Array | None] = [None] * len(node.operands)
        for (position, _), tangent in zip(live, moving, strict=True):
            tangents[position] = tangent
        from_rule = push(node.value, tangents, *node.operands, **node.parameters)
        return list(from_rule) if type(node.value) is tuple else [from_rule]

    _, pullback = linearize(pushed, [np.zeros_like(node.operands[position]) for position, _ in live], guarded=False)
    cotangents = ct if type(node.value) is tuple else [ct]
    return [(parent, share) for (_, parent), share in zip(live, pullback(cotangents), strict=True)]

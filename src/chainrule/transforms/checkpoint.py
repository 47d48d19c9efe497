"""Owns checkpoint: reverse mode runs a function again when it needs the values on the way, instead of keeping them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from chainrule.core.graph import Graph, Node, input_node, number
from chainrule.core.primitive import Array, General
from chainrule.core.trace import Traced, bind
from chainrule.core.trees import flatten, unflatten
from chainrule.tracing.record import RecordTrace, call, close_over, own_node
from chainrule.transforms.arguments import as_operand, as_output, plain
from chainrule.transforms.forward import pushforward
from chainrule.transforms.reverse import linearize
from chainrule.transforms.transformed import transformed

Args = ParamSpec("Args")
Result = TypeVar("Result")


def checkpoint(fun: Callable[Args, Result]) -> Callable[Args, Result]:
    """Return `fun`, which reverse mode runs again when it needs its intermediate values, instead of keeping them.

    Raises TracingError where `fun` is no function.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.grad(lambda x: cr.checkpoint(np.sin)(x) ** 2)(0.0)
    0.0
    """
    return transformed("checkpoint", _checkpointed, fun)


def _checkpointed(fun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    leaves, structure = flatten((args, kwargs))
    values = [as_operand(leaf) if isinstance(leaf, Traced | np.ndarray | float | complex) else leaf for leaf in leaves]
    moving = [position for position, value in enumerate(values) if isinstance(value, Traced)]
    results: list[Any] = []
    returned: list[Any] = []
    changed: list[int] = []

    def flat(*operands: Array) -> list[Any]:
        full = list(values)
        for position, operand in zip(moving, operands, strict=True):
            full[position] = operand
        again, keywords = unflatten(structure, full)
        returned[:] = [fun(*again, **keywords)]
        outputs, result_structure = flatten(returned[0])
        results[:] = [result_structure]
        changed[:] = [position for position in moving if full[position].version]
        return [as_output(part) for part in (*outputs, *(full[position] for position in changed))]

    graph, captured = _program(flat, [values[position] for position in moving])
    operands = [values[position] for position in moving] + captured
    if not operands:
        return returned[0]
    out = list(bind(CHECKPOINT, operands, {"graph": graph}))
    for position in reversed(changed):  # what the function assigned to its arguments
        leaves[position].assign(out.pop())
    return unflatten(results[0], [plain(part) for part in out])


def _program(flat: Callable[..., list[Any]], inputs: Sequence[Any]) -> tuple[Graph, list[Traced]]:
    """Return the graph of a function without its values, and the traced values that it closes over as further inputs."""
    trace = RecordTrace(whole=True)
    traced = [trace.input(value) for value in inputs]
    try:
        results = [close_over(trace, part) for part in call(flat, traced)]
    finally:
        nodes = trace.finish()
    captured: dict[int, tuple[Traced, Node]] = {}

    def close(value: Traced) -> Node:
        """Return the input node that stands for a closed-over traced value."""
        if id(value) not in captured:
            captured[id(value)] = (value, input_node(value.value))
        return captured[id(value)][1]

    for node in nodes:
        node.parents = [
            close(operand) if parent is None and isinstance(operand, Traced) else parent
            for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        node.operands = [
            None if parent is not None else operand for operand, parent in zip(node.operands, node.parents, strict=True)
        ]
        node.value = None
    outputs = [own_node(trace, part) for part in results]
    outputs = [close(out) if isinstance(out, Traced) else out for out in outputs]
    entry = [*nodes[: len(inputs)], *(node for _, node in captured.values())]
    ordered = [*entry, *nodes[len(inputs) :]]
    number(ordered)
    return Graph(tuple(entry), tuple(ordered), tuple(outputs)), [value for value, _ in captured.values()]


def _rerun_push(out: Any, tangents: Sequence[Array | None], *operands: Array, graph: Graph) -> tuple[Array, ...]:
    full = [np.zeros_like(x) if t is None else t for x, t in zip(operands, tangents, strict=True)]
    _, moved = pushforward(lambda *inputs: list(graph.evaluate(*inputs)), operands, full)
    return tuple(moved)


def _rerun_pull(out: Any, cts: tuple[Array, ...], *operands: Array, graph: Graph) -> tuple[Array, ...]:
    _, pullback = linearize(lambda *inputs: list(graph.evaluate(*inputs)), operands)
    return tuple(pullback(cts))


CHECKPOINT = General(
    name="checkpoint",
    value=lambda *operands, graph: graph.evaluate(*operands),
    push=_rerun_push,
    pull=_rerun_pull,
    expansion=lambda *operands, graph: graph.evaluate(*operands),
    rule="chain rule, with the intermediate values computed again",
)

"""Owns the trace of jit: what a function did with real arguments, with every decision that Python took on a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.core.graph import Graph, Node
from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import Traced
from chainrule.native.capture import Captured, RandomWatch, surroundings
from chainrule.tracing.record import RecordTrace, call, close_over, own_node


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a traced value: `kind` (bool or int) of the value of `node` was `outcome`, after `count` operations."""

    node: Node
    kind: type
    outcome: Any
    count: int


class JitTrace(RecordTrace):
    """Records everything, down to what native code has instructions for."""

    __slots__ = ("taken", "captured")

    def __init__(self, around: dict[int, Any]) -> None:
        super().__init__(whole=True, guarded=False)
        self.taken: list[Decision] = []
        self.captured = Captured(around)
        self.guard = self.captured  # type: ignore[assignment]

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        if primitive.expansion is not None:
            return primitive.expansion(*operands, **parameters)
        return super().process(primitive, operands, parameters)

    def decide(self, traced: Traced, kind: type) -> Any:
        outcome = kind(traced.value)
        if traced.data is not None:
            self.taken.append(Decision(traced.data, kind, outcome, len(self.nodes)))
        return outcome


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of a function: its graph, the decisions in order, and what it captured.

    results: of this run, one for each output of the graph.
    """

    graph: Graph
    decisions: tuple[Decision, ...]
    captured: Captured
    results: tuple[Any, ...]


def trace(fun: Callable[..., Any], flat: Callable[..., list[Any]], inputs: Sequence[Array]) -> Recording:
    """Run `flat` (arrays in, list of results out), which calls the user's `fun`, and return what it did."""
    around, generators = surroundings(fun)
    watch = RandomWatch(generators)
    running = JitTrace(around)
    traced = [running.input(value) for value in inputs]
    entry = tuple(running.nodes)
    try:
        parts = [close_over(running, part) for part in call(flat, traced)]
    finally:
        running.closed = True
    watch.check()
    outputs = tuple(own_node(running, part) for part in parts)
    results = tuple(out.value if isinstance(out, Node) else out for out in outputs)
    return Recording(Graph(entry, tuple(running.nodes), outputs), tuple(running.taken), running.captured, results)

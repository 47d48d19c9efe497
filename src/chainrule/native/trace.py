"""Owns the trace of jit: what a function did with real arguments, with every decision that Python took on a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.core.graph import Graph, Node
from chainrule.core.primitive import Array, Elementwise, Primitive
from chainrule.core.trace import Traced
from chainrule.native.capture import Captured, RandomWatch, surroundings
from chainrule.primitives.arithmetic import LDEXP
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.order import ARGWHERE
from chainrule.primitives.shape import WHERE, cast
from chainrule.tracing.guard import by_reference
from chainrule.tracing.record import RecordTrace, call, close_over, own_node
from chainrule.tracing.traced_array import TracedArray

_PYTHON = frozenset({float, int, complex, bool})
_WIDE = {"f": 8, "c": 16}


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a traced value: `kind` (bool or int) of the value of `node` was `outcome`, after `count` operations."""

    node: Node
    kind: type
    outcome: Any
    count: int


class JitTrace(RecordTrace):
    """Records everything, down to what native code has instructions for."""

    __slots__ = ("taken", "captured", "weak")

    def __init__(self, around: dict[int, Any]) -> None:
        super().__init__(whole=True, guarded=False)
        self.taken: list[Decision] = []
        self.weak: set[int] = set()
        self.captured = Captured(around)
        self.guard = self.captured  # type: ignore[assignment]

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        if primitive.expansion is not None:
            return primitive.expansion(*operands, **parameters)
        if primitive is ARGWHERE:
            self._decide_on_count(operands[0])
        elif primitive is INDEX or primitive is INDEX_SET or primitive is INDEX_ADD:
            for key in operands[1:] if primitive is INDEX else operands[2:]:
                if isinstance(key, TracedArray) and key.dtype.kind == "b":
                    self._decide_on_count(key)
        if not self.weak or not (isinstance(primitive, Elementwise) or primitive is WHERE):
            return super().process(primitive, operands, parameters)
        return self._process_weak(primitive, operands, parameters)

    def _process_weak(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        """Apply an elementwise operation where Python numbers are inputs: they take on the precision of what they meet."""
        weak = [id(each.data) in self.weak if isinstance(each, Traced) else type(each) in _PYTHON for each in operands]
        strong = [each for each, is_weak in zip(operands, weak, strict=True) if not is_weak]
        if any(weak) and any(
            each.dtype.kind in "fc" and each.dtype.itemsize < _WIDE[each.dtype.kind] for each in strong
        ):
            operands = self._narrowed(primitive, operands, weak, parameters)
        out = super().process(primitive, operands, parameters)
        if not strong and primitive.operator is not None and isinstance(out, Traced):
            self.weak.add(id(out.data))
        return out

    def _narrowed(
        self, primitive: Primitive, operands: Sequence[Array], weak: Sequence[bool], parameters: dict[str, Any]
    ) -> list[Array]:
        """Return the operands of an operation with its Python numbers in the precision that NumPy takes them in."""
        values = [each.value if isinstance(each, Traced) else each for each in operands]
        numbers = [value.item() if is_weak and isinstance(value, np.generic) else value
                   for value, is_weak in zip(values, weak, strict=True)]  # fmt: skip
        with np.errstate(all="ignore"):
            wanted = np.asarray(primitive.value(*numbers, **parameters)).dtype
        if wanted.kind == "b":
            wanted = np.result_type(*numbers)
        if wanted.kind not in "fc" or wanted.itemsize >= _WIDE[wanted.kind]:
            return list(operands)
        real = wanted if wanted.kind == "f" else np.dtype(f"f{wanted.itemsize // 2}")
        kinds = "f" if primitive is LDEXP else "fi"  # which takes a whole number as it is
        return [
            cast(each, real) if is_weak and isinstance(each, TracedArray) and each.dtype.kind in kinds else each
            for each, is_weak in zip(operands, weak, strict=True)
        ]

    def _decide_on_count(self, mask: Array) -> None:
        """Note how many elements are selected: the shapes of what follows depend on it."""
        int(np.count_nonzero(mask))

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


def trace(
    fun: Callable[..., Any], flat: Callable[..., list[Any]], inputs: Sequence[Array], weak: Sequence[bool]
) -> Recording:
    """Run `flat` (arrays in, list of results out), which calls the user's `fun`, and return what it did.

    weak: whether an input is a Python number, which has no precision of its own.
    """
    around, generators = surroundings(fun)
    watch = RandomWatch(generators)
    running = JitTrace(around)
    traced = [running.input(value) for value in inputs]
    running.weak.update(id(part.data) for part, is_weak in zip(traced, weak, strict=True) if is_weak)
    entry = tuple(running.nodes)
    token = by_reference.set(running.captured.is_reference)
    try:
        parts = [close_over(running, part) for part in call(flat, traced)]
    finally:
        running.closed = True
        by_reference.reset(token)
    watch.check()
    outputs = tuple(own_node(running, part) for part in parts)
    results = tuple(out.value if isinstance(out, Node) else out for out in outputs)
    return Recording(Graph(entry, tuple(running.nodes), outputs), tuple(running.taken), running.captured, results)

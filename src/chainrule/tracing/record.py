"""Owns recording: running a function on traced values, and the graph of what it did."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM, Graph, Node, input_node, number
from chainrule.core.primitive import Array, Composite, Linear, Primitive
from chainrule.core.trace import NO_PARAMETERS, Trace, Traced, compute
from chainrule.errors import TracingError
from chainrule.primitives.shape import cast
from chainrule.tracing.complaints import advice_on
from chainrule.tracing.guard import Guard, Keeper
from chainrule.tracing.kept_values import LARGE, keep_what_is_read
from chainrule.tracing.lift import as_input, holds_traced, lift
from chainrule.tracing.scipy_functions import watch_scipy
from chainrule.tracing.spellings import spelling_of
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.traced_number import TRACED, as_number
from chainrule.user_code import running_function, user_line, where

MANY = 10_000
"""As many operations take about a tenth of a second, there and back."""


class RecordTrace(Trace):
    """Records operations as nodes.

    whole: record what is piecewise constant too (comparisons, rounding), instead of treating its results as constants.
    lines: note the user's source line of every node.
    decisions: the nodes that Python took decisions on, with what they were.
    keeps_all: whether nodes keep what their pullbacks do not read too.
    guard: watches the user's own arrays, which the user may change later; None where nobody can.
    taken_apart: the user's line at which NumPy made Python objects of the elements of an array, with SciPy's function that did
        so, if it was one; None where that never was.
    """

    __slots__ = ("nodes", "whole", "lines", "keeps_all", "decisions", "guard", "taken_apart", "_scopes", "_calls")

    def __init__(self, whole: bool = False, lines: bool = False, guarded: bool = True, keeps_all: bool = True) -> None:
        watch_scipy()
        super().__init__()
        self.nodes: list[Node] = []
        self.whole = whole
        self.lines = lines
        self.keeps_all = keeps_all
        self.decisions: list[tuple[Node, Any]] = []
        self.guard: Keeper | None = Guard() if guarded else None
        self.taken_apart: tuple[tuple[str, int, str], tuple[str, str] | None] | None = None
        self._scopes: tuple[tuple[Primitive, int], ...] = ()
        self._calls = 0

    def input(self, value: Array) -> TracedArray:
        """Return a new input of the program."""
        node = input_node(value)
        self.nodes.append(node)
        traced = TracedArray(self, value, node)
        as_input(traced)
        return traced

    def finish(self) -> list[Node]:
        """End the run and return its nodes, which get their numbers now.

        Threads that the user's function started have recorded at the same time: a number that a node took on its way into the
        list could be another's too. What such a thread still adds is nobody's.
        """
        self.close()
        nodes, self.nodes = self.nodes, []
        number(nodes)
        return nodes

    def constant(self, value: Array) -> TracedArray:
        return TracedArray(self, value, None)

    def as_number(self, traced: Traced) -> Any:
        return as_number(traced)

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        # Hot path: benchmarks/test_eager.py
        if len(operands) == 1:
            (operand,) = operands
            values, parents = [operand.value], [operand.data]
            plain = type(operand.value) not in TRACED
        else:
            values, parents, plain = self._unpack(operands)
        out = compute(primitive, values, parameters, plain)
        if not self.whole and primitive.is_constant:
            return out
        node = Node(primitive, values, parents, parameters, out)
        self.nodes.append(node)
        if self.whole or self.lines:
            self._annotate(node)
        if not self.keeps_all and (
            (type(out) is np.ndarray and out.size > LARGE)
            or (
                primitive.__class__ is Linear and type(values[0]) is np.ndarray and values[0].size > LARGE
            )  # as of a sum
        ):
            keep_what_is_read(node)
        if type(out) is tuple:
            return tuple(self._item(node, position) for position in range(len(out)))
        return TracedArray(self, out, node)

    def _unpack(self, operands: Sequence[Array]) -> tuple[list[Array], list[Node | None], bool]:
        """Return the values of operands below this trace, their nodes, and whether none of the values is traced."""
        values: list[Any] = []
        parents: list[Node | None] = []
        plain = True
        for operand in operands:
            if type(operand) in TRACED:
                if operand.owner is self:
                    value = operand.value
                    parents.append(operand.data)
                    values.append(value)
                    if type(value) in TRACED:
                        plain = False
                    continue
                plain = False
                operand = operand.snapshot()  # the user may assign to it before the pullback
            elif type(operand) is np.ndarray and self.guard is not None:
                operand = self.guard.keep(operand)
            values.append(operand)
            parents.append(None)
        return values, parents, plain

    def _annotate(self, node: Node) -> None:
        node.scopes = self._scopes
        if self.lines:
            node.line = user_line()

    def _item(self, node: Node, position: int) -> TracedArray:
        item = Node(ITEM, [node.value], [node], {"index": position}, node.value[position])
        self.nodes.append(item)
        self._annotate(item)
        return TracedArray(self, item.value, item)

    def unfold(self, primitive: Composite, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        outer = self._scopes
        self._scopes = (*outer, (primitive, self._calls))
        self._calls += 1
        try:
            return primitive.value(*operands, **parameters)
        finally:
            self._scopes = outer

    def own_references(self, array: Array) -> int:
        return 0 if self.guard is None else self.guard.own_references(array)

    def as_object(self, traced: Traced) -> Any:
        # NumPy computes with one element after the other.
        if self.shape(traced) and self.taken_apart is None and (line := user_line()) is not None:
            self.taken_apart = line, running_function()
        return traced

    def warn_if_slow(self, nodes: Sequence[Node]) -> None:
        """Warn where so many operations on such elements were recorded that the run took long."""
        if self.taken_apart is None or len(nodes) < MANY:
            return
        count = sum(not np.ndim(node.value) for node in nodes if type(node.value) is not tuple)
        if count < MANY:
            return
        (file, number, source), function = self.taken_apart
        who = "NumPy" if function is None else ".".join(("scipy", *function))
        instead = "write a @ x for a.dot(x) of a plain array a, np.stack([x, y]) for np.array([x, y]), and x for np.asarray(x)"
        if function is not None:
            instead = spelling_of(*function)
        warnings.warn_explicit(
            f"{who} took a traced array apart, and {count} operations on single numbers were recorded, which is slow: {source}\n"
            f"{instead[0].upper()}{instead[1:]}",
            RuntimeWarning,
            file,
            number,
        )

    def decide(self, traced: Traced, kind: type) -> Any:
        if self.whole and traced.data is not None:
            self.decisions.append((traced.data, traced.value))
        return kind(traced.value)


def call(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any] = NO_PARAMETERS) -> Any:
    """Call the user's function; what NumPy raises because of a traced value becomes an error that says what to write."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # all of them, since SciPy has kinds of its own; it is raised again
        said = advice_on(error)
        if said is error:
            raise
        raise said from (None if said is error.__cause__ else error)


def close_over(trace: Trace, value: Any) -> Any:
    """Return what leaves a trace: its own values and those of object arrays lifted, everything else as it is."""
    if isinstance(value, Traced):
        if value.origin is not None:
            value.refresh()
        return value
    return lift(value) if holds_traced(value) else value


def record(function: Callable[..., Any], inputs: Sequence[Array]) -> Graph:
    """Run a function of arrays or numbers on `inputs` and return the graph of what it did.

    The function may return one value or a list or tuple of values.
    """
    return record_with_trace(function, inputs)[0]


def record_with_trace(
    function: Callable[..., Any], inputs: Sequence[Array], whole: bool = True, lines: bool = False
) -> tuple[Graph, RecordTrace]:
    """Return the graph of a function, and the closed trace with the decisions that Python took on traced values."""
    trace = RecordTrace(whole=whole, lines=lines)
    traced = [trace.input(as_value(value)) for value in inputs]
    entry = tuple(trace.nodes)
    try:
        result = call(function, traced)
        results = [close_over(trace, part) for part in (result if isinstance(result, list | tuple) else [result])]
    finally:
        nodes = trace.finish()
    return Graph(entry, tuple(nodes), tuple(own_node(trace, part) for part in results)), trace


def own_node(trace: Trace, value: Any) -> Any:
    """Return the node of a value that `trace` owns; anything else (a constant of this program) as it is."""
    if isinstance(value, Traced) and value.owner is trace:
        return value.data if value.data is not None else value.value
    return value


def as_value(value: Any) -> Array:
    """Return a number or array as the engine computes with it: integers become float64, lists become arrays."""
    kind = type(value)
    if kind is np.ndarray and value.dtype.kind in "fc":
        return value
    if kind is float or kind is int or kind is np.float64:
        return np.float64(value)
    if isinstance(value, TracedArray):
        return value if value.dtype.kind in "fc" else cast(value, np.float64)
    if kind is complex:
        return np.complex128(value)
    array = lift(value)
    if isinstance(array, Traced):
        return array
    array = np.asarray(array)
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise TracingError(
            f"there are derivatives of and along real and complex numbers, not {value!r:.60} (of type {kind.__name__}); pass "
            f"numbers or arrays of numbers, and name the arguments to differentiate with argnums{where()}"
        )
    return array[()]

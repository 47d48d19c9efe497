"""Owns the trace of jit: what a function did with real arguments, with every decision that Python took on a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import numpy as np

from chainrule.core.graph import ITEM, Graph, Node, input_node
from chainrule.core.primitive import Array, Primitive
from chainrule.core.trace import Traced, compute
from chainrule.errors import EscapedTraceError, NotDifferentiableError, ShapeError, TracingError
from chainrule.native.recording.bounds import bounds
from chainrule.native.recording.capture import Captured, RandomWatch, surroundings
from chainrule.native.recording.outline import WORTH_BYTES, ValuesNeededError, is_worth_it, outline
from chainrule.native.recording.substitute import Substitution
from chainrule.passes.lower import ArrayType, type_of
from chainrule.primitives.index_keys import Template, axes_of_arrays, decided
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.order import ARGWHERE
from chainrule.primitives.shape import cast
from chainrule.tracing.guard import by_reference
from chainrule.tracing.open_places import places_of
from chainrule.tracing.record import RecordTrace, call, close_over, own_node
from chainrule.tracing.selection import select
from chainrule.tracing.traced_array import TracedArray
from chainrule.tracing.traced_number import TRACED, as_number
from chainrule.user_code import where

_SELECTING = frozenset({ARGWHERE, INDEX, INDEX_SET, INDEX_ADD})
_OF_VALUES = (np.linalg.LinAlgError, NotDifferentiableError, ArithmeticError)
"""Errors that depend on values, and not on shapes and types alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a traced value: `kind` (bool or int) of the value of `node` was `outcome`, after `count` operations."""

    node: Node
    kind: type
    outcome: Any
    count: int


class JitTrace(RecordTrace):
    """Records everything, down to what native code has instructions for.

    Its nodes keep no values but those of constants: what else a run computes is freed as soon as it is in no trace.
    is_outline: whether large values are not computed. may_outline: whether they are not from the first one on that is large
    enough. needs_values: whether such an outline came to where they matter.
    has_failed: whether an operation raised an error that other values would not have raised.
    refusal: why the run is not to be compiled, or nothing.
    """

    __slots__ = ("taken", "captured", "references", "is_outline", "may_outline", "needs_values",
                 "places", "has_failed", "refusal")  # fmt: skip

    def __init__(self, around: dict[int, Any], may_outline: bool, own: Sequence[np.ndarray[Any, Any]] = ()) -> None:
        super().__init__(whole=True, guarded=False)
        self.taken: list[Decision] = []
        self.may_outline = may_outline
        self.is_outline = self.needs_values = self.has_failed = False
        self.refusal = ""
        self.references: dict[Node, tuple[TracedArray, Any]] = {}
        self.places: dict[tuple[int, int], TracedArray] = {}  # used as indices of an axis of so many elements
        self.captured = Captured(around, own)

    def input(self, value: Array) -> TracedArray:
        node = input_node(type_of(value))
        self.nodes.append(node)
        return TracedArray(self, value, node)

    def refuse_closed(self) -> NoReturn:
        raise EscapedTraceError(
            "a traced value escaped from the function that was being compiled and was used after that call had returned; "
            f"compiled code stores nothing: return the value, and store it where the function is called{where()}"
        )

    def reference(self, array: np.ndarray[Any, Any]) -> TracedArray:
        """Return an array of the surroundings as a traced one."""
        traced = self.input(array[()] if not array.shape else array)
        self.references[traced.data] = traced, array
        return traced

    def process(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        # Hot path: benchmarks/test_first_calls.py
        if primitive.expansion is not None:
            expanded = primitive.expansion(*operands, **parameters)
            if expanded is not NotImplemented:
                return expanded
        if primitive in _SELECTING:
            if primitive is not ARGWHERE:
                parameters = {"template": decided(parameters["template"])}
            self._look_at_selection(primitive, operands, parameters)
        return self._note(primitive, operands, parameters)

    def _note(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> Any:
        """Compute an operation and record it."""
        # Hot path: benchmarks/test_first_calls.py
        values: list[Any] = []
        parents: list[Node | None] = []
        for operand in operands:
            if type(operand) in TRACED:
                if operand.owner is not self:
                    raise TracedAroundError
                values.append(operand.value)
                parents.append(operand.data)
            else:
                values.append(self.captured.keep(operand) if type(operand) is np.ndarray else operand)
                parents.append(None)
        # Of the operands only constants are kept; where there is none, the parents take their place.
        constants: Sequence[Any] = parents
        if None in parents:
            constants = [value if parent is None else None for value, parent in zip(values, parents, strict=True)]
        try:
            if self.is_outline:
                out = self._outlined(primitive, values, parameters)
            else:
                out = compute(primitive, values, parameters, True)
        except _OF_VALUES:
            self.has_failed = True
            raise
        except ShapeError as error:
            self.has_failed |= isinstance(error.__cause__, IndexError)
            raise
        if type(out) is tuple:
            return self._note_several(primitive, constants, parents, parameters, out)
        if self.may_outline and out.nbytes >= WORTH_BYTES:
            self.is_outline = True
        node = Node(primitive, constants, parents, parameters, ArrayType(out.shape, out.dtype))
        self.nodes.append(node)
        return TracedArray(self, out, node)

    def _note_several(
        self, primitive: Primitive, constants: Sequence[Any], parents: list[Node | None], parameters: dict[str, Any],
        out: tuple[Array, ...],
    ) -> tuple[TracedArray, ...]:  # fmt: skip
        """Record an operation with several results, and each of them."""
        self.is_outline = self.is_outline or (self.may_outline and is_worth_it(out))
        node = Node(primitive, constants, parents, parameters, tuple(map(type_of, out)))
        self.nodes.append(node)
        return tuple(self._part(node, place, part) for place, part in enumerate(out))

    def _part(self, whole: Node, place: int, value: Array) -> TracedArray:
        node = Node(ITEM, (None,), (whole,), {"index": place}, whole.value[place])
        self.nodes.append(node)
        return TracedArray(self, value, node)

    def _look_at_selection(self, primitive: Primitive, operands: Sequence[Array], parameters: dict[str, Any]) -> None:
        """Note what the shape of a selection, and its being one, depend on."""
        if primitive is ARGWHERE:
            self._decide_on_count(operands[0])
        elif len(operands) > (first := 1 if primitive is INDEX else 2):
            self._expect_places(operands[0], operands[first:], parameters["template"])

    def _decide_on_count(self, mask: Array) -> None:
        """Note how many elements are selected: the shapes of what follows depend on it."""
        int(np.count_nonzero(mask))

    def as_object(self, traced: Traced) -> Any:
        """Let Python's operators compute sums, means and types of elements where these are as wide as Python's numbers.

        Other arrays are refused in the end: what the function itself raises says more.
        """
        shape, dtype = self.shape(traced), traced.value.dtype
        if dtype not in (_ARRAYS_AS_OBJECTS if shape else _NUMBERS_AS_OBJECTS):
            if dtype == np.bool_ and not shape:
                return bool(traced)
            self.refusal = self.refusal or (
                f"NumPy takes what is {dtype} apart into objects, and would compute in other types than in those of "
                f"arrays: write x for np.asarray(x), and np.stack([x, y]) for np.array([x, y]){where()}"
            )
        return super().as_object(traced)

    def whole_part(self, traced: Traced) -> Traced | None:
        try:
            value = int(traced.value)
        except (ValueError, OverflowError):
            self.has_failed = True
            raise
        return cast(traced, np.int64) if -(1 << 63) <= value < 1 << 63 else None

    def select(self, x: Traced, part: Any, mask: Traced, place: int) -> Traced | None:
        return select(x, part, mask, place)

    def places_of(self, mask: Traced) -> tuple[Traced, ...] | None:
        return places_of(mask)

    def _expect_places(self, x: Array, arrays: Sequence[Array], template: Template) -> None:
        """Note what holds of the arrays of an index expression: a mask's count, and the range of whole numbers."""
        masks = [array for array in arrays if array.dtype.kind == "b"]
        for mask in masks:
            if isinstance(mask, TracedArray):
                self._decide_on_count(mask)
        if masks or not any(isinstance(array, TracedArray) for array in arrays):
            return
        axes = axes_of_arrays(template, [array.ndim for array in arrays], x.ndim)
        for array, axis in zip(arrays, axes, strict=True):
            if isinstance(array, TracedArray):
                length = x.shape[axis]
                lowest, highest = bounds(array.data, self.captured.is_reference)
                if lowest < -length or highest >= length:
                    self.places[id(array.data), length] = array

    def check_places(self) -> None:
        """Decide on whether what was used as an index lies within its axis, before native code reads there."""
        places, self.places = self.places, {}
        inside = [np.all((array >= -length) & (array < length)) for (_, length), array in places.items()]
        if inside:
            bool(reduce(np.logical_and, inside))

    def _outlined(self, primitive: Primitive, values: Sequence[Array], parameters: dict[str, Any]) -> Any:
        try:
            # The values of an outline are nobody's, and what NumPy would warn of is not known.
            with np.errstate(all="ignore"):
                return outline(primitive, values, parameters, plain=True)
        except BaseException:  # the user may have an answer to an error that the values would not raise
            self.needs_values = True
            raise

    def _need_values(self) -> None:
        if self.is_outline:
            self.needs_values = True
            raise ValuesNeededError

    def note_search(self, what: str) -> None:
        raise TracingError(
            f"{what} chooses its steps by values, anew at each call: compiled code, which repeats what was done at one call, "
            f"cannot have it{where()}"
        )

    def note_text(self) -> None:
        self._need_values()
        super().note_text()

    def decide(self, traced: Traced, kind: type) -> Any:
        self._need_values()
        self.check_places()
        outcome = kind(traced.value)
        if traced.data is not None:
            self.taken.append(Decision(traced.data, kind, outcome, len(self.nodes)))
        return outcome


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of a function: its graph, the decisions in order, and what it captured.

    results: of this run, one for each output of the graph. references: by its number, the array that a node stands for.
    watched: arrays of the surroundings that were no part of the program, so that a change of theirs is a change of it.
    has_text: whether text was made of a value, which is another one at the next call.
    has_failed: whether the function went on after an error that other values would not have raised.
    is_outline: whether large results are not the values.
    """

    graph: Graph
    decisions: tuple[Decision, ...]
    captured: Captured
    results: tuple[Any, ...]
    references: dict[int, np.ndarray[Any, Any]]
    watched: tuple[np.ndarray[Any, Any], ...]
    has_text: bool
    has_failed: bool
    is_outline: bool


class TracedAroundError(Exception):
    """A function uses a value of a transform around it, which watches what becomes of it."""


class ChangedSurroundingsError(Exception):
    """A function assigned to elements of arrays of its surroundings, which are its arguments."""


_ARRAYS_AS_OBJECTS = frozenset(map(np.dtype, ("f8", "i8")))
_NUMBERS_AS_OBJECTS = frozenset(map(np.dtype, ("f8", "c16", "i8", "f4", "c8", "f2")))
SMALL = 1 << 20
"""Integers in arrays of up to so many bytes are indices and sizes: they stay as they are, and are watched."""


def trace(
    fun: Callable[..., Any], flat: Callable[..., list[Any]], inputs: Sequence[Array], weak: Sequence[bool],
    follows: Callable[[np.ndarray[Any, Any]], bool], may_outline: bool = False, fixed: Sequence[Any] = (),
    own: Sequence[np.ndarray[Any, Any]] = (),
) -> Recording:  # fmt: skip
    """Run `flat(fun, *inputs)`, which calls the user's `fun`, and return what it did.

    weak: whether an input is a Python number, which has no precision of its own.
    follows: whether an array that the function closes over, or finds among its globals, is part of the program.
    may_outline: whether large values need not be computed; raises ValuesNeededError where they turn out to be needed, and
        where the function fails without them.
    fixed: the arguments that are no inputs, such as the object that a method is called on; their arrays are around it too.
    own: arrays around the function that it assigns to; what it reads of them is a constant of the recording.
    """
    around, generators = surroundings(fun, *fixed)
    watch = RandomWatch(generators)
    running = JitTrace(around, may_outline, own)
    running.is_outline = may_outline and is_worth_it((*inputs, *around.values()))
    traced = [
        as_number(running.input(value)) if is_weak else running.input(value)
        for value, is_weak in zip(inputs, weak, strict=True)
    ]
    entry = tuple(running.nodes)
    copies = Substitution(lambda array: running.reference(array) if follows(array) else array)
    copied = copies.convert(fun)
    running.captured.look_around([array for _, array in running.references.values()])
    token = by_reference.set(running.captured.reads)
    try:
        parts = [close_over(running, part) for part in call(flat, [copied, *traced])]
        running.check_places()
    except Exception as error:
        if running.is_outline:
            raise ValuesNeededError from error
        raise
    finally:
        nodes = running.finish()
        by_reference.reset(token)
        copies.give_back()
    if running.needs_values:
        raise ValuesNeededError
    watch.check()
    if running.refusal:
        raise TracingError(running.refusal)
    written = [array for each, array in running.references.values() if each.version] + running.captured.written()
    if written:
        raise ChangedSurroundingsError(*written)
    if any(isinstance(part, Traced) and part.owner is not running for part in parts):
        raise TracedAroundError
    outputs = tuple(own_node(running, part) for part in parts)
    results = tuple(part.value if isinstance(part, Traced) else part for part in parts)
    references = {node.index: array for node, (_, array) in running.references.items()}
    followed = {id(array) for array in references.values()}
    watched = tuple(array for array in around.values() if id(array) not in followed)
    graph = Graph(entry, tuple(nodes), outputs)
    return Recording(
        graph, tuple(running.taken), running.captured, results, references, watched, running.has_text,
        running.has_failed, running.is_outline,
    )  # fmt: skip

"""Owns specializations: what a jitted function knows about calls of one signature, from the first trace to native code."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.core.graph import Node as GraphNode
from chainrule.core.trees import flatten, unflatten
from chainrule.errors import ChainruleError, JitWarning
from chainrule.native.entry import Entry, entry_symbols, make_entry, write_entry
from chainrule.native.entry_plan import Array, Nested, Node, Number, Same, Scalar
from chainrule.native.machine import compile_text
from chainrule.native.program import Compiled, NotNativeError, Path, ProgramWriter
from chainrule.native.signature import Call, nested
from chainrule.native.symbols import outside
from chainrule.native.trace import Recording, trace
from chainrule.passes.lower import lower
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Term, live
from chainrule.tracing.lift import lift

PATHS = 64
"""So many paths through a function are compiled; calls that take another one run it as it is."""
TERMS = 100_000
"""A program of more operations is not compiled."""
STRAIGHT = 3000
"""A program of more instructions outside of loops is compiled at the lowest level, which takes linear time."""


class Specialization:
    """All that is known about calls of one signature."""

    def __init__(self, fun: Callable[..., Any], call: Call, say: Callable[[str], None]) -> None:
        self.fun = fun
        self.say = say
        self.call = call
        self.interpreted = False
        self.simplifier = Simplifier()
        self.inputs = [
            self.simplifier.terms.input(position, np.shape(value), value.dtype)
            for position, value in enumerate(call.inputs())
        ]
        self.tree: Path | None = None
        self.paths = 0
        self.result_structure: Any = None
        self.leaves: tuple[Node, ...] | None = None
        self.entry: Entry | None = None
        self.compiled: Compiled | None = None
        self.is_fresh = False  # whether every known path is compiled
        self.is_direct = False  # whether the entry takes the arguments as the user gives them
        self.recordings: list[Any] = []

    # --- running

    def run(self, call: Call) -> Any:
        """Serve a call."""
        if self.interpreted:
            return self.fun(*call.args, **call.kwargs)
        if self.tree is not None:
            if not self.is_fresh:
                self.compile()
            if self.entry is not None:
                found = self._enter(call)
                if found is not NotImplemented:
                    return found
        if self.interpreted or self.paths >= PATHS:
            if self.paths >= PATHS and not self.interpreted:
                self.say(f"it has taken more than {PATHS} different paths; calls on further paths run through NumPy")
            return self.fun(*call.args, **call.kwargs)
        return self._trace(call)

    def _enter(self, call: Call) -> Any:
        """Call native code; arrays that are not in order are copied, and other objects replaced by their equals."""
        assert self.entry is not None
        inputs = []
        for place, kind in zip(call.moving, call.kinds, strict=True):
            leaf = call.leaves[place]
            if isinstance(kind, Array):
                leaf = np.ascontiguousarray(leaf).reshape(kind.shape)
                if not leaf.flags.aligned:
                    leaf = leaf.copy()
            inputs.append(leaf)
        if self.is_direct:
            args, _ = self.call.rebuilt(inputs)
            return self.entry.call(*args)
        found = self.entry.call(*inputs)
        return found if found is NotImplemented else unflatten(self.result_structure, list(found))

    def _trace(self, call: Call) -> Any:
        """Run the function once through NumPy, and remember what it did."""
        structure: list[Any] = []
        other: list[Any] = []

        def flat(*inputs: Any) -> list[Any]:
            args, kwargs = call.rebuilt(inputs)
            leaves, found = flatten(self.fun(*args, **kwargs))
            structure[:] = [found]
            other[:] = leaves
            return [lift(leaf) if not isinstance(leaf, int | str | bytes) else leaf for leaf in leaves]

        try:
            recording = trace(self.fun, flat, call.inputs())
        except ChainruleError as error:
            if type(error).__name__ == "TracingError" and "random numbers" in str(error):
                raise
            result = self.fun(*call.args, **call.kwargs)  # raises again where the function itself is wrong
            self._give_up(f"{type(error).__name__}: {str(error).splitlines()[0]}")
            return result
        leaves = self._leaves(recording, call)
        results = [
            _finished(value, leaf) for value, leaf in zip(recording.results, leaves, strict=True)
        ]
        self._remember(recording, structure[0], leaves)
        return unflatten(structure[0], results)

    def _leaves(self, recording: Recording, call: Call) -> tuple[Node, ...]:
        """Return what kind each result is."""
        numbers = all(type(leaf) in (int, float, bool) for leaf in call.leaves if not isinstance(leaf, str))
        kinds: list[Node] = []
        for out, value in zip(recording.graph.outputs, recording.results, strict=True):
            if not isinstance(out, GraphNode) and (not isinstance(value, np.ndarray | np.generic | float)):
                kinds.append(Same(value))
            elif np.shape(value):
                kinds.append(Array(value.dtype, value.shape))
            elif isinstance(value, float) and (numbers or type(value) is float):
                kinds.append(Number())
            else:
                kinds.append(Scalar(np.result_type(value)))
        return tuple(kinds)

    # --- the tree of paths

    def _remember(self, recording: Recording, structure: Any, leaves: tuple[Node, ...]) -> None:
        """Add the path of a recording to the tree."""
        if len(recording.graph.nodes) > TERMS:
            self._give_up(f"it consists of more than {TERMS} operations")
            return
        if any(isinstance(leaf, Array | Scalar) and leaf.dtype.kind not in "fiubc" for leaf in leaves):
            self._give_up("it returns arrays of Python objects")
            return
        if self.leaves is None:
            self.leaves, self.result_structure = leaves, structure
        elif not _same_leaves(self.leaves, leaves) or self.result_structure != structure:
            self._give_up("it returns values of different types or shapes on different paths")
            return
        to_term = lower(recording.graph, self.simplifier, self.inputs, recording.captured.is_reference)
        outputs = tuple(
            to_term(out)
            for out, leaf in zip(recording.graph.outputs, leaves, strict=True)
            if not isinstance(leaf, Same)
        )
        wanted = [term for term, leaf in zip(outputs, [leaf for leaf in leaves if not isinstance(leaf, Same)], strict=True)
                  if _dtype_of(leaf) != term.dtype]  # fmt: skip
        if wanted:
            self._give_up("a result has another type than it was recorded with")
            return
        if not self._insert(recording, to_term, outputs):
            self._give_up("two calls with equal decisions did different things")

    def _insert(self, recording: Recording, to_term: Callable[[Any], Term], outputs: tuple[Term, ...]) -> bool:
        path = Path()
        if self.tree is None:
            self.tree = path
        else:
            path = self.tree
        for decision in recording.decisions:
            term = to_term(decision.node)
            if term.constant is not None and not term.is_reference:
                continue
            if path.outputs is not None:
                return False
            if path.decision is None:
                path.decision, path.kind = term, decision.kind
            elif path.decision is not term or path.kind is not decision.kind:
                return False
            path = path.branches.setdefault(decision.outcome, Path())
        if path.decision is not None or path.outputs is not None:
            return False
        path.outputs = outputs
        self.paths += 1
        self.is_fresh = False
        return True

    def _give_up(self, why: str) -> None:
        self.interpreted = True
        self.entry = None
        self.say(f"{why}; calls of this kind run through NumPy")

    # --- compiling

    def compile(self) -> None:
        """Make native code of all known paths."""
        self.is_fresh = True
        assert self.tree is not None and self.leaves is not None
        count = len(flatten(self.call.args)[0])
        arguments = nested(self.call.args, self._argument_leaves(count))
        tree = nested(unflatten(self.result_structure, [_Mark() for _ in self.leaves]), self.leaves)
        in_order = arguments is not None and arguments[1] == list(range(count))
        self.is_direct = not self.call.kwargs and in_order and tree is not None
        kinds = self.call.kinds
        results, order = Nested("tuple", self.leaves), list(range(len(self.leaves)))
        if self.is_direct and arguments is not None and tree is not None and isinstance(arguments[0], Nested):
            kinds = arguments[0].children
            results, order = tree  # type: ignore[assignment]
        carried = [place for place, leaf in enumerate(self.leaves) if not isinstance(leaf, Same)]
        slots = [carried.index(place) for place in order if place in carried]
        writer = ProgramWriter(self.inputs, kinds, results, slots)
        try:
            self.compiled = writer.write(self.tree)
        except NotNativeError as error:
            self._give_up(str(error))
            return
        module, plan = self.compiled.module, self.compiled.plan
        write_entry(module, plan)
        text = module.text()
        level = 0 if self.compiled.size > STRAIGHT else 2
        code = compile_text(text, {**entry_symbols(plan), **outside(module)}, level)
        self.entry = make_entry(code, plan)

    def _argument_leaves(self, count: int) -> list[Node]:
        kinds = dict(zip(self.call.moving, self.call.kinds, strict=True))
        return [kinds.get(place) or Same(self.call.leaves[place]) for place in range(count)]


class _Mark:
    """Stands for a leaf of the results."""


def _dtype_of(leaf: Node) -> np.dtype[Any]:
    return leaf.dtype if isinstance(leaf, Array | Scalar) else np.dtype(float)


def _same_leaves(first: tuple[Node, ...], second: tuple[Node, ...]) -> bool:
    if len(first) != len(second):
        return False
    for one, other in zip(first, second, strict=True):
        if isinstance(one, Same) and isinstance(other, Same):
            if one.value is not other.value and not (type(one.value) is type(other.value) and one.value == other.value):
                return False
        elif one != other:
            return False
    return True


def _finished(value: Any, leaf: Node) -> Any:
    """Return a result of a trace on its own: no argument and no other result shares its memory."""
    if isinstance(leaf, Same):
        return leaf.value
    if isinstance(leaf, Array):
        return np.array(value)
    return float(value) if isinstance(leaf, Number) else np.asarray(value)[()]


def warn(name: str) -> Callable[[str], None]:
    """Return what tells the user, once, that a function is not compiled."""
    said: list[bool] = []

    def say(why: str) -> None:
        if not said:
            said.append(True)
            warnings.warn(f"cr.jit({name}): {why}", JitWarning, stacklevel=4)

    return say


__all__ = ["Specialization", "live", "warn"]

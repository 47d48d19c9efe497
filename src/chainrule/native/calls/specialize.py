"""Owns specializations: what a jitted function knows about calls of one signature, from the first trace to native code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.core.trees import Orders, flatten_in_order, unflatten
from chainrule.errors import ChainruleError, RandomNumbersError
from chainrule.native.calls.inputs import inputs_of
from chainrule.native.calls.results import are_alike, as_result, dtype_of, finished, kind_of
from chainrule.native.calls.signature import Call, results_of
from chainrule.native.calls.variants import Variant
from chainrule.native.entry.entry import Entry, entry_symbols, make_entry, write_entry
from chainrule.native.entry.plan import Array, Nested, Node, Same, in_order
from chainrule.native.machine.machine import compile_text
from chainrule.native.program.heat import BEST
from chainrule.native.program.program import ProgramWriter
from chainrule.native.program.symbols import outside
from chainrule.native.recording.collection import paused, seldom
from chainrule.native.recording.outline import ValuesNeededError
from chainrule.native.recording.trace import SMALL, ChangedSurroundingsError, Recording, TracedAroundError, trace
from chainrule.native.recording.watch import Watched
from chainrule.native.writing.writing import NotNativeError
from chainrule.passes.complex_parts import cast
from chainrule.passes.diagonals import reveal_diagonals
from chainrule.passes.lower import lower
from chainrule.passes.simplifications import simplifier

PATHS = 64
"""So many paths through a function are compiled; calls that take another one run it as it is."""
TOGETHER = 8
"""Of new paths, one for so many known ones waits to be compiled with the next: each time, all are compiled anew."""
CHANGES = 8
"""So often a function is traced anew because an array around it changed."""
DOUBTS = 2
"""So often a function is traced again where random numbers were drawn meanwhile and other threads run, which have one generator
with it: a function that draws them itself does so each time."""
SHORT = 1000
"""A program of up to so many instructions outside of loops becomes a part of its entry, once it is hot."""
TERMS = 100_000
"""A program of more operations is not compiled."""


def _can_be_read(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array is no index, and what is read of it can be an operand: no record, nor of a class of its own."""
    return array.dtype.kind in "fc" and array.dtype.isnative and type(array) is np.ndarray


class Specialization:
    """All that is known about calls of one signature."""

    def __init__(self, fun: Callable[..., Any], call: Call, say: Callable[[str], None]) -> None:
        self.fun = fun
        self.say = say
        self.interpreted = False
        self.why = ""  # it is not compiled
        self.simplifier = simplifier()
        self.inputs = inputs_of(call, self.simplifier)
        self.weak = tuple(type(call.leaves[place]) in (float, int, complex) for place in call.moving)
        self.numbers = all(type(leaf) in (int, float, bool) for leaf in call.leaves if not isinstance(leaf, str))
        self.call = call.without_inputs()
        self.variants: list[Variant] = []
        self.may_outline = True
        self.watched: list[Watched] = []
        self._changing: set[int] = set()  # arrays of integers that have changed: they are followed from then on
        self._changes = 0

    @property
    def paths(self) -> int:
        """The number of paths through the function that are known."""
        return sum(variant.paths + len(variant.recorded) for variant in self.variants)

    @property
    def entries(self) -> list[Entry]:
        """The native code that takes the arguments as the user gives them."""
        return [each.entry for each in self.variants if each.entry is not None and self.is_direct(each)]

    def is_direct(self, variant: Variant) -> bool:
        """Whether native code takes and returns what the user does, and not flat lists."""
        return self.inputs.arguments is not None and self._result_tree(variant) is not None

    def _result_tree(self, variant: Variant) -> tuple[Node, list[int]] | None:
        return results_of(unflatten(variant.structure, [_Mark() for _ in variant.leaves]), variant.leaves)

    # --- running

    def run(self, call: Call) -> Any:
        """Serve a call."""
        if self.interpreted:
            return call.interpret(self.fun)
        for variant in self.variants:
            if variant.heat is not None and variant.heat.is_hot:
                variant.heat, variant.is_fresh = None, False
            if not self._may_wait(variant):
                self.update(variant)
            if self.interpreted:
                return call.interpret(self.fun)
            if variant.entry is not None:
                found = self._enter(variant, call)
                if found is not NotImplemented:
                    return found
        self._look_around()
        if self.interpreted:
            return call.interpret(self.fun)
        if self.paths >= PATHS:
            self.say(f"it takes more than {PATHS} different paths; calls on further ones run through NumPy")
            return call.interpret(self.fun)
        return self._trace(call)

    def _may_wait(self, variant: Variant) -> bool:
        """Whether what is new of a variant is compiled later: where there are many paths already, a few new ones are together."""
        return variant.is_fresh and len(variant.recorded) * TOGETHER <= variant.paths and self.paths < PATHS

    def _enter(self, variant: Variant, call: Call) -> Any:
        """Call native code; arrays that are not in order are copied, and other objects replaced by their equals."""
        assert variant.entry is not None
        inputs = []
        for place, kind in zip(call.moving, call.kinds, strict=True):
            leaf = call.leaves[place]
            inputs.append(in_order(leaf, kind) if isinstance(kind, Array) else leaf)
        if self.is_direct(variant):
            args, kwargs = self.call.rebuilt(inputs)
            return variant.entry.call(*args, **kwargs)
        found = variant.entry.call(*inputs)
        return found if found is NotImplemented else unflatten(variant.structure, list(found))

    def _trace(self, call: Call) -> Any:
        """Run the function once, and remember what it did; after an outline, native code serves the call."""
        why = ""
        try:
            recording, structure, orders = self._recorded(call)
        except RandomNumbersError:
            raise
        except TracedAroundError:
            return call.interpret(self.fun)
        except _REFUSALS as error:
            why = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        if why:  # not in the handler: an error of the user's own is shown without those that the trace raised
            result = call.interpret(self.fun)
            self.give_up(why)
            return result
        if recording.has_failed:
            self.give_up("it goes on after an error that depends on values")
            return call.interpret(self.fun)
        if self._makes_text(recording, call):
            self.give_up("it makes text of values")
            return call.interpret(self.fun)
        leaves = tuple(
            kind_of(out, value, self.numbers)
            for out, value in zip(recording.graph.outputs, recording.results, strict=True)
        )
        if recording.is_outline:
            self._remember(recording, structure, orders, leaves)
            return self._serve(call)
        results = [finished(value, leaf) for value, leaf in zip(recording.results, leaves, strict=True)]
        self._remember(recording, structure, orders, leaves)
        return unflatten(structure, results)

    def _serve(self, call: Call) -> Any:
        """Serve a call whose path has just been traced."""
        for variant in self.variants:
            self.update(variant)
            found = NotImplemented if variant.entry is None else self._enter(variant, call)
            if found is not NotImplemented:
                return found
        return call.interpret(self.fun)

    def _makes_text(self, recording: Recording, call: Call) -> bool:
        return recording.has_text or any(
            type(value) is str and not _is_given(value, self.fun, call) for value in recording.results
        )

    def _recorded(self, call: Call) -> tuple[Recording, Any, Orders]:
        """Trace the function, and once more where it may have been another thread that drew random numbers meanwhile."""
        for _ in range(DOUBTS):
            try:
                return self._record(call)
            except RandomNumbersError:
                if threading.active_count() == 1:
                    raise
        return self._record(call)

    @seldom()
    def _record(self, call: Call) -> tuple[Recording, Any, Orders]:
        """Trace the function, with the arrays around it as parts of the program where it takes traced ones.

        Return the structure of its results and the orders of their keys too. The first time, an outline may do.
        """
        may_outline, self.may_outline = self.may_outline, False
        form: list[Any] = []
        moving = set(call.moving)
        fixed = [leaf for place, leaf in enumerate(call.leaves) if place not in moving]

        def flat(fun: Callable[..., Any], *inputs: Any) -> list[Any]:
            args, kwargs = call.rebuilt(inputs)
            leaves, found, orders = flatten_in_order(fun(*args, **kwargs))
            form[:] = [found, orders]
            return [as_result(leaf) for leaf in leaves]

        own: list[np.ndarray[Any, Any]] = []
        watched: list[np.ndarray[Any, Any]] | None = None
        try:
            try:
                recording = trace(self.fun, flat, call.inputs(), self.weak, self._follows, may_outline, fixed)
            except ValuesNeededError:
                recording = trace(self.fun, flat, call.inputs(), self.weak, self._follows, fixed=fixed)
            watched = [array for array in recording.watched if array.nbytes <= SMALL and not _can_be_read(array)]
        except RandomNumbersError:
            raise
        except ChangedSurroundingsError as error:
            own.extend(error.args)
        except _REFUSALS:
            pass
        while watched is None:
            try:
                recording = trace(self.fun, flat, call.inputs(), self.weak, lambda array: False, fixed=fixed, own=own)
                watched = list(recording.watched)
            except ChangedSurroundingsError as error:
                own.extend(error.args)
        known = {id(each.array) for each in self.watched}
        found = [
            Watched.of(array)
            for array in watched
            if id(array) not in known and array.dtype.kind in "fiubcV" and not array.dtype.hasobject
        ]
        if found:
            self.watched += found
            for variant in self.variants:
                variant.is_fresh = False
        return recording, form[0], form[1]

    def _follows(self, array: np.ndarray[Any, Any]) -> bool:
        """Whether an array of the surroundings becomes a part of the program."""
        kind = array.dtype.kind
        if kind not in "fiubc" or not array.dtype.isnative:
            return False
        is_index = kind in "iub" and array.nbytes <= SMALL and array.flags.forc and array.flags.aligned
        return not is_index or id(array) in self._changing

    def _look_around(self) -> None:
        """Forget what was traced before an array changed that is no part of the program."""
        changed = [each for each in self.watched if each.has_changed()]
        if not changed:
            return
        self._changing |= {id(each.array) for each in changed}
        self._changes += 1
        self._forget()
        if self._changes > CHANGES:
            self.give_up("arrays around it change from call to call, which it reads otherwise than as operands")

    def _forget(self) -> None:
        """Forget all paths; later calls are traced anew."""
        self.variants, self.watched = [], []

    # --- the trees of paths

    def _remember(self, recording: Recording, structure: Any, orders: Orders, leaves: tuple[Node, ...]) -> None:
        """Note a recording, whose path joins the others when they are compiled: many a function is called once."""
        if len(recording.graph.nodes) > TERMS:
            self.give_up(f"it consists of more than {TERMS} operations")
            return
        form = (structure, orders)
        alike = (each for each in self.variants if are_alike(each.leaves, leaves))
        variant = next((each for each in alike if (each.structure, each.orders) == form), None)
        if variant is None:
            variant = Variant(leaves, structure, orders)
            self.variants.append(variant)
        variant.recorded.append(replace(recording, results=()))

    @paused()
    def grow(self, variant: Variant) -> None:
        """Add the paths that were recorded to the tree of a variant."""
        recorded, variant.recorded = variant.recorded, []
        for recording in recorded:
            to_term = lower(
                recording.graph,
                self.simplifier,
                self.inputs.given,
                recording.captured.is_reference,
                recording.references,
            )
            outputs = []
            for out, leaf in zip(recording.graph.outputs, variant.leaves, strict=True):
                if not isinstance(leaf, Same):
                    outputs.append(cast(self.simplifier, to_term(out), dtype_of(leaf)))
            outputs = list(reveal_diagonals(self.simplifier, outputs))
            if not variant.insert(recording, to_term, tuple(outputs)):
                self.give_up("two calls with equal decisions did different things")
                return

    def give_up(self, why: str) -> None:
        """Run calls of this signature through NumPy from now on, and say why."""
        self.interpreted = True
        self.why = why
        self.variants = []
        self.say(f"{why}; calls of this kind run through NumPy")

    # --- compiling

    @paused()
    def update(self, variant: Variant) -> None:
        """Make native code of what is new about a variant."""
        try:
            self.grow(variant)
            if not (variant.is_fresh or self.interpreted):
                self._compile(variant)
        except BaseException:  # such as Ctrl-C: what is half made would be in the way of every later call
            self._forget()
            raise

    def _compile(self, variant: Variant) -> None:
        """Make native code of all paths of a variant."""
        variant.is_fresh = True
        inputs = self.inputs
        kinds = inputs.kinds
        keywords: Sequence[str] = ()
        order_of_keywords: Sequence[int] = ()
        results: Node = Nested("tuple", variant.leaves)
        order = list(range(len(variant.leaves)))
        tree = self._result_tree(variant)
        if tree is not None and inputs.arguments is not None:
            kinds, keywords, order_of_keywords = inputs.arguments.children, inputs.keywords, inputs.order
            results, order = tree
        carried = [place for place, leaf in enumerate(variant.leaves) if not isinstance(leaf, Same)]
        slots = [carried.index(place) for place in order if place in carried]
        try:
            program = ProgramWriter(
                inputs.lying,
                kinds,
                results,
                slots,
                self.watched,
                variant.heat,
                keywords=keywords,
                order=order_of_keywords,
            ).write(variant.tree)
        except NotNativeError as error:
            self.give_up(str(error))
            return
        module, plan = program.module, program.plan
        write_entry(module, plan)
        level = BEST if variant.heat is None else variant.heat.level
        if level is BEST and program.size <= SHORT:
            program.put_inline()
        code = compile_text(module.text(), {**entry_symbols(plan), **outside(module)}, level)
        variant.program = program
        variant.entry = make_entry(code, plan)


_REFUSALS = (ChainruleError, AttributeError, TypeError, ValueError)


class _Mark:
    """Stands for a leaf of the results."""


def _is_given(text: str, fun: Callable[..., Any], call: Call) -> bool:
    """Whether text is one of the function's own constants or arguments, and was not made of values while it was traced."""
    code = getattr(fun, "__code__", None)
    return any(text is leaf for leaf in call.leaves) or (code is not None and text in code.co_consts)

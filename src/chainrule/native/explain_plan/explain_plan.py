"""Owns how the plan of a compiled function is read off the schedules that its program was written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from chainrule.core.trees import flatten
from chainrule.errors import TracingError
from chainrule.native.calls.signature import FEW, Call, Unsupported, has_traced, read_call
from chainrule.native.calls.specialize import Specialization
from chainrule.native.calls.variants import Variant
from chainrule.native.explain_plan.names import arrays_around, kind_name, leaf_names, result_names
from chainrule.native.explain_plan.steps import step_kind, step_space, units, why_numpy
from chainrule.native.explain_plan.term_text import base_of, computed, formula, formulas, reads
from chainrule.native.memory.layout import contiguous
from chainrule.native.memory.steps import Step, assembled
from chainrule.native.plan import NUMPY, STRAIGHT, Fallback, Plan, PlanPath, PlanStep
from chainrule.native.program.heat import LONGEST
from chainrule.native.program.paths import Path
from chainrule.native.program.program import Compiled
from chainrule.native.schedule.roles import Role
from chainrule.native.schedule.row_groups import Group
from chainrule.native.schedule.schedule import Schedule
from chainrule.passes.complex_parts import ON_PAIRS, REAL_OF, split
from chainrule.passes.terms import Term, live, uniform

LISTED = 8
"""So many notes of one kind are given."""


class Jitted(Protocol):
    """What is asked of a jitted function; `jit`, which offers it, is above this module."""

    fun: Callable[..., Any]
    varying: set[int]

    @property
    def lock(self) -> Any: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...
    def offer(self, specialization: Specialization) -> None: ...


def explain_plan(jitted: Jitted, *args: Any, **kwargs: Any) -> Plan:
    """Return the plan of a jitted function for these arguments, which is traced and compiled first where it was not.

    The function is called once. Raises TracingError inside of a transform, and what the function raises.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> plan = cr.jit(lambda x: np.sum(np.sin(x) ** 2 * np.exp(-x))).explain_plan(np.ones(1000))
    >>> plan.steps[0].computes
    ('result = sum(sin(x)**2 * exp(-x))',)
    >>> print(plan)
    <lambda>(x: float64[1000])
      1 fused loop, 0 bytes of scratch memory, 1 path
    <BLANKLINE>
    Steps
      1. fused loop over 1,000: reads 7.8 KB, writes 8 bytes
           result = sum(sin(x)**2 * exp(-x))
         39.1 KB of intermediate arrays are never written
    """
    if has_traced(flatten((args, kwargs))[0]):
        raise TracingError("explain_plan takes plain arrays and numbers, but was called inside of a transform")
    title = getattr(jitted.fun, "__name__", type(jitted.fun).__name__)
    try:
        read_call(args, kwargs, jitted.varying)
    except Unsupported as error:
        return _uncompiled(f"{title}(…)", f"it was called with {error}")
    with jitted.lock:
        jitted(*args, **kwargs)
        found = jitted.find(args, kwargs)
        if found is None:
            return _uncompiled(f"{title}(…)", "it was called with too many different signatures")
        specialization, call = found
        for variant in tuple(specialization.variants):
            specialization.update(variant)
        jitted.offer(specialization)
        return _Reader(jitted.fun, title, specialization, call).plan()


def _uncompiled(signature: str, why: str) -> Plan:
    return Plan(signature, (), (), 0, 0, (Fallback("the whole function", why),), ())


class _Reader:
    """Reads the plan of one specialization."""

    def __init__(self, fun: Callable[..., Any], title: str, specialization: Specialization, call: Call) -> None:
        self.specialization = specialization
        self.call = call
        inputs = specialization.inputs
        given = leaf_names(fun, call)
        self.names = {term.index: given[place] for term, place in zip(inputs.lying, call.moving, strict=True)}
        for term, kind in zip(inputs.lying, inputs.kinds, strict=True):
            if getattr(kind, "dtype", None) in REAL_OF:
                parts = split(specialization.simplifier, term)
                for part, name in ((parts.real, "real"), (parts.imaginary, "imag")):
                    self.names[part.term.index] = f"{name}({self.names[term.index]})"
        kinds = zip(call.moving, inputs.kinds, strict=True)
        self.signature = f"{title}({', '.join(f'{given[place]}: {kind_name(kind)}' for place, kind in kinds)})"
        self.steps: list[PlanStep] = []
        self.paths: list[PlanPath] = []
        self.fallbacks: list[Fallback] = []
        self.notes = [
            f"{given[place]} = {leaf} is part of the signature: calls with another value are compiled anew, until there "
            f"have been more than {FEW} values"
            for place, leaf in enumerate(call.leaves)
            if type(leaf) is int and place not in call.moving
        ][:LISTED]
        self.made = 0
        self.overwrites = False
        self._name_constants(fun)

    def plan(self) -> Plan:
        """Return the plan."""
        if self.specialization.interpreted:
            return _uncompiled(self.signature, self.specialization.why)
        programs = []
        for variant in self.specialization.variants:
            if variant.program is not None:
                programs.append(variant.program)
                self._read(variant, variant.program)
        if len(programs) > 1:
            self.notes.append("its paths return different kinds of results, so that there is a program for each kind")
        return Plan(
            self.signature, tuple(self.steps), tuple(self.paths), max((each.plan.arena for each in programs), default=0),
            sum(each.size for each in programs), tuple(dict.fromkeys(self.fallbacks)), tuple(self.notes),
        )  # fmt: skip

    # --- names

    def _name_constants(self, fun: Callable[..., Any]) -> None:
        """Name the arrays that the program reads besides its arguments."""
        around = arrays_around(fun)
        outputs = [term for variant in self.specialization.variants for path in _ends(variant.tree) for term in path]
        arrays = [term for term in live(outputs) if term.constant is not None and uniform(term) is None and term.shape]
        for number, term in enumerate(arrays, 1):
            self.names[term.index] = around.get(id(term.constant), f"a{number}")
            shape = " × ".join(map(str, term.shape))
            how = (
                "closed over, and read anew at each call" if term.is_reference
                else "made while the function was traced, and frozen since then"
            )  # fmt: skip
            if number <= LISTED:
                self.notes.append(f"{self.names[term.index]} is an array ({shape}, {term.dtype}) that was {how}")

    def _name(self, term: Term, results: dict[int, str]) -> str:
        if term.index in results:
            return results[term.index]
        self.made += 1
        return f"t{self.made}"

    # --- programs and their paths

    def _read(self, variant: Variant, program: Compiled) -> None:
        entries: dict[int, list[tuple[Schedule, Group]]] = {}
        for place, schedule, group in program.written:
            entries.setdefault(id(place), []).append((schedule, group))
        self._entries = entries
        self._consumers: dict[int, set[int]] = {}
        for schedule in {id(schedule): schedule for _, schedule, _ in program.written}.values():
            for term in schedule.order:
                for operand in term.operands:
                    self._consumers.setdefault(operand.index, set()).add(term.index)
        self._ends = {term.index for path in _ends(variant.tree) for term in path}
        self._results = result_names(variant)
        self._walk(variant.tree, self.names, ())
        self._note(program)

    def _walk(self, place: Path, names: dict[int, str], decided: tuple[tuple[str, str], ...]) -> tuple[int, ...]:
        """Read what is computed at a place of the tree and below; return the numbers of the paths through it."""
        names = dict(names)
        first = len(self.steps)
        self._read_place(place, names)
        while len(place.branches) == 1:  # decisions that always went one way
            decided = (*decided, *self._decided(place, names))
            (place,) = place.branches.values()
            self._read_place(place, names)
        after = len(self.steps)
        if place.outputs is not None:
            self.paths.append(PlanPath(len(self.paths) + 1, decided))
            numbers: tuple[int, ...] = (len(self.paths),)
            for term, name in zip(place.outputs, self._results, strict=True):
                base = base_of(term, names)
                if names.get(base.index) != name and (base.index in names or base.constant is not None):
                    on = f" on path {numbers[0]}" if decided else ""
                    self.notes.append(f"{name} is a copy of {names.get(term.index) or formula(term, names)}{on}")
        else:
            numbers = ()
            for decision, branch in zip(self._decided(place, names), place.branches.values(), strict=True):
                numbers += self._walk(branch, names, (*decided, decision))
        self.steps[first:after] = [_with_paths(step, numbers) for step in self.steps[first:after]]
        return numbers

    def _read_place(self, place: Path, names: dict[int, str]) -> None:
        """Read what is computed at one place."""
        results: dict[int, str] = {}
        for term, name in zip(place.outputs or (), self._results, strict=place.outputs is not None):
            results.setdefault(term.index, name)
        for schedule, steps, others in units(self._entries.get(id(place), [])):
            self._step(schedule, steps, others, names, results)

    def _decided(self, place: Path, names: dict[int, str]) -> list[tuple[str, str]]:
        """Return what is decided at a place, with each outcome."""
        assert place.decision is not None
        named = {index: name for index, name in names.items() if index != place.decision.index}
        text = formula(place.decision, named) if len(computed([place.decision], named)) < LISTED else ""
        text = text or names.get(place.decision.index, "a value")
        return [(text, str(outcome)) for outcome in place.branches]

    # --- steps

    def _step(
        self, schedule: Schedule, steps: Sequence[Step], others: int, names: dict[int, str], results: dict[int, str]
    ) -> None:
        """Add the record of a step, or of cells that follow one another."""
        step = steps[0]
        kind = step_kind(step)
        if kind is STRAIGHT:
            targets = self._roots([each.term for each in steps if each.term is not None], schedule)
        elif step.term is not None:
            targets = list(step.term.results or (step.term,))
        else:
            targets = [piece.target for piece in step.pieces]
        results = {**{_buffer(term, schedule): name for term, name in _wanted(schedule, results)}, **results}
        for term in targets:
            names[term.index] = self._name(term, results)
        whole = [step.term] if step.term is not None and step.term.results else targets
        operations = computed(whole, names)
        own = {term.index for term in targets}
        lines = formulas(targets, names)
        if step.term is not None and step.term.results:
            lines = (f"{', '.join(names[term.index] for term in targets)} = {formula(step.term, names)}",)
        inputs = {term.index for term in self.specialization.inputs.lying}
        is_memory = kind is not STRAIGHT
        written = {
            term.index: term.size * term.dtype.itemsize for term in targets if is_memory or term.index in results
        }
        sources = {i: size for i, size in reads(whole, names).items() if is_memory or i in inputs}
        if step.term is not None and step.term.index in schedule.in_place:
            self.overwrites = True
            region = assembled(step.term)[-1].term
            written[step.term.index] = region.size * region.dtype.itemsize
            sources.pop(schedule.in_place[step.term.index].index, None)
        number = len(self.steps) + 1
        self.steps.append(
            PlanStep(
                number, kind, lines, len(operations), step_space(step),
                reads=sum(sources.values()),
                writes=sum(written.values()),
                spared=sum(t.size * t.dtype.itemsize for t in operations if t.index not in own and is_memory and not t.results),
                paths=(),
                together=tuple(number + other for other in range(-others, 0)),
            )
        )  # fmt: skip
        if kind is NUMPY and step.term is not None and step.term.primitive is not None:
            primitive = step.term.parameters["primitive"] if step.term.primitive is ON_PAIRS else step.term.primitive
            self.fallbacks.append(Fallback(primitive.name, why_numpy(step.term)))

    def _roots(self, cells: Sequence[Term], schedule: Schedule) -> list[Term]:
        """Return the values of straight-line code that others use."""
        inside = {term.index for term in cells}
        wanted = {term.index for term in schedule.wanted} | self._ends
        return [
            term
            for term in cells
            if term.index in wanted or not self._consumers.get(term.index) or self._consumers[term.index] - inside
        ]

    def _note(self, program: Compiled) -> None:
        """Note what holds of a whole program."""
        if any("placed(" in line for step in self.steps for line in step.computes):
            self.notes.append(
                "placed(v, at=[k]) is an array of zeros with v at [k]: the loop reads v there, and skips the rest"
            )
        if self.overwrites:
            self.notes.append("steps that write less than their result overwrite an array that nobody reads any more")
        if "chainrule_parallel" in program.module.declarations:
            self.notes.append("large loops are cut into chunks of rows, which threads share")
        if program.plan.release_gil:
            self.notes.append("other Python threads run meanwhile")
        if program.size > LONGEST:
            self.notes.append(f"it has more than {LONGEST:,} instructions outside of loops, which LLVM optimizes least")


def _with_paths(step: PlanStep, numbers: tuple[int, ...]) -> PlanStep:
    return PlanStep(
        step.number, step.kind, step.computes, step.operations, step.space, step.reads, step.writes, step.spared, numbers,
        step.together,
    )  # fmt: skip


def _wanted(schedule: Schedule, results: dict[int, str]) -> list[tuple[Term, str]]:
    """Return the results that are views of the whole of what is computed: that is made in their memory."""
    found = []
    for term in schedule.wanted:
        if term.index in results and schedule.role(term) is Role.ALIAS:
            stored = schedule.storage[term.index]
            if stored.buffer.size == term.size and stored.strides == contiguous(term.shape):
                found.append((term, results[term.index]))
    return found


def _buffer(term: Term, schedule: Schedule) -> int:
    return schedule.storage[term.index].buffer.index


def _ends(place: Path) -> Iterator[Sequence[Term]]:
    """Yield what the paths below a place compute, and decide on."""
    stack = [place]
    while stack:
        place = stack.pop()
        if place.decision is not None:
            yield (place.decision,)
        if place.outputs is not None:
            yield place.outputs
        stack.extend(place.branches.values())

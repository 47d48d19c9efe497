"""Owns the values of a loop at its points: each is written once, outside of as many loops as it does not depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from chainrule.native.loops.inner import MEMORY, Inner, load_number, splat
from chainrule.native.machine.text import Body, Module
from chainrule.native.memory.layout import (
    Coordinate,
    Storage,
    coordinates_of_operand,
    is_view,
    join_bounds,
    lies_in_pairs,
    pad_bounds,
)
from chainrule.native.memory.spaces import Space, starting
from chainrule.native.vectors.instructions import ELEMENTS, REALS, Operand, write_constant, write_elementwise
from chainrule.native.vectors.lanes import Lanes
from chainrule.passes.places import GATHER
from chainrule.passes.terms import Shape, Term, uniform


class Root(NamedTuple):
    """What a loop leaves in memory: `term` at every point of the iteration space.

    how: "store", "add" to what is there, or the reduction "sum", "prod", "max", "min" over the axes whose stride is 0.
    pointer: the number of the argument. strides: for each axis of the space, in elements.
    places: terms, with strides, that say where besides; they spread over the first `spread` axes of the space.
    beside: a term that is left next to each element, which are two apart along the last axis.
    """

    term: Term
    how: str
    pointer: int
    strides: Shape
    places: tuple[tuple[Term, int], ...] = ()
    spread: int = 0
    beside: Term | None = None

    @property
    def is_scattered(self) -> bool:
        """Whether neighbors along the last axis may have the same place."""
        return bool(self.places) and self.spread == len(self.strides)

    def start_of_places(self) -> list[tuple[Term, tuple[Coordinate, ...], int]]:
        """Return the terms that say where, with their coordinates and strides."""
        space = (0,) * self.spread  # along an axis of length 1 of the space, any coordinate is the first
        return [(term, starting(space, term), stride) for term, stride in self.places]


class Loop(NamedTuple):
    """An iteration space, what is left in memory, and how values that are in memory are read.

    roots: their strides are those of the loops.
    storage: returns where a term is, with the number of its pointer, or None where the loop computes it.
    pointers: what the program passes for them, which may become more while the loop is written; their number is what counts.
    """

    space: Space
    roots: Sequence[Root]
    storage: Callable[[Term], tuple[int, Storage] | None]
    pointers: Sequence[object]


class Value(NamedTuple):
    """A value while it is written: its name, the number of loops that it depends on, or the number that it is."""

    name: str
    depth: int
    number: Any = None


class Points:
    """Writes values at the points of one box of the iteration space.

    sections: what stands before the loop of each axis. index: the names of the loop indices.
    outer: values that do not depend on the last two axes' loops; row: those of the loop before the innermost one;
    common: those of the innermost loop that are the same for several rows written together, which leave out `jammed`.
    """

    def __init__(
        self, module: Module, names: Iterator[int], loop: Loop, bounds: tuple[tuple[int, int], ...], width: int
    ) -> None:
        self.module = module
        self.names = names
        self.loop = loop
        self.bounds = bounds
        self.width = width
        self.rank = len(loop.space.lengths)
        self.sections = [Body(module, self.fresh("block"), names) for _ in range(self.rank)]
        self.index = [self.fresh("%i") for _ in range(self.rank)]
        self.outer: dict[Any, Value] = {}
        self.row: dict[Any, Value] = {}
        self.common: dict[Any, Value] | None = None
        self.jammed = -1

    def fresh(self, stem: str) -> str:
        """Return a name that is not used yet."""
        return f"{stem}{next(self.names)}"

    def jam(self, axis: int, section: Body, index: str, common: dict[Any, Value]) -> Points:
        """Return a writer of the values of another row, at `index` of `axis`, which is written together with this one."""
        other = copy(self)
        other.sections = [*self.sections[:-1], section]
        other.index = [*self.index]
        other.index[axis] = index
        other.row = {}
        other.common, other.jammed = common, axis
        return other

    def beside(self, axis: int, index: str) -> Points:
        """Return a writer of the values at another index of an outer axis; the loops inside of it are the same."""
        other = copy(self)
        other.index = [*self.index]
        other.index[axis] = index
        other.outer = {key: value for key, value in self.outer.items() if value.depth <= axis}
        other.row = {}
        return other

    def start(self, term: Term) -> tuple[Coordinate, ...]:
        """Return the coordinates of a root: its axes are the last axes of the space."""
        return starting(self.loop.space.domain, term)

    def _memo(self, depth: int, at: tuple[Coordinate, ...], inner: Inner) -> dict[Any, Value]:
        if depth < self.rank - 1:
            return self.outer
        if depth < self.rank:
            return self.row
        loop = self.loop.space.loop
        if self.common is not None and all(each.axis is None or loop[each.axis] != self.jammed for each in at):
            return self.common
        return inner.memo

    # --- values

    def value(self, term: Term, at: tuple[Coordinate, ...], inner: Inner) -> Value:
        """Write a value at coordinates, outside of as many loops as it does not depend on."""
        key = (term.index, at)
        found = self.outer.get(key) or self.row.get(key) or inner.memo.get(key)
        if found is None and self.common is not None:
            found = self.common.get(key)
        if found is not None:
            return found
        number = uniform(term)
        if number is not None:
            return Value("", 0, number)
        stored = self.loop.storage(term)
        if stored is not None:
            found = self._load(term, stored, at, inner)
        elif term.primitive is GATHER:
            found = self._gather(term, at, inner)
        elif (bounds := pad_bounds(term)) is not None:
            if all(self._inside(coordinate, edges) for coordinate, edges in zip(at, bounds, strict=True)):
                source = len(term.operands) - 1
                found = self.value(term.operands[source], coordinates_of_operand(term, source, at), inner)
            else:
                found = Value("", 0, term.dtype.type(0))
        elif (joined := join_bounds(term)) is not None:
            axis, edges = joined
            source = next(place for place, part in enumerate(edges) if self._inside(at[axis], part))
            found = self.value(term.operands[source], coordinates_of_operand(term, source, at), inner)
        else:
            parts = [
                self.value(operand, coordinates_of_operand(term, place, at), inner)
                for place, operand in enumerate(term.operands)
            ]
            found = self._compute(term, parts, inner)
        self._memo(found.depth, at, inner)[key] = found
        return found

    def _inside(self, at: Coordinate, edges: tuple[int, int]) -> bool:
        place = at.constant
        if at.axis is not None:
            space = self.loop.space
            place += at.coefficient * space.index_along(at.axis, self.bounds[space.loop[at.axis]][0])
        return edges[0] <= place < edges[1]

    def _compute(self, term: Term, parts: list[Value], inner: Inner) -> Value:
        if is_view(term):
            return parts[0]
        depth = max((part.depth for part in parts), default=0)
        name = term.primitive.name if term.primitive else ""
        if name == "add":  # a part that lies outside of its array is no operand
            for one, other, place in ((0, 1, 1), (1, 0, 0)):
                if _is_gap(parts[one]) and term.operands[place].dtype == term.dtype:
                    return parts[other]
        lanes = self._lanes(depth, term, inner)
        operands: list[Operand] = [
            (None, part.number) if part.number is not None else (self.at_depth(part, operand, depth), operand.dtype)
            for part, operand in zip(parts, term.operands, strict=True)
        ]
        return Value(write_elementwise(lanes, term, operands), depth)

    def _lanes(self, depth: int, term: Term, inner: Inner) -> Lanes:
        vector = depth == self.rank
        body = inner.body if vector else self.sections[depth]
        return Lanes(body, self.width if vector else 1, REALS.get(term.dtype, "double"))

    def at_depth(self, part: Value, term: Term, depth: int) -> str:
        """Return the name of a value in a deeper loop: in the innermost one a number becomes a vector."""
        if depth < self.rank or part.depth == self.rank or self.width == 1:
            return part.name
        key = ("splat", part.name)
        found = self.row.get(key)
        if found is None:
            body, element = self.sections[self.rank - 1], ELEMENTS[term.dtype]
            found = Value(splat(body, part.name, element, self.width), self.rank - 1)
            self.row[key] = found
        return found.name

    def vector(self, part: Value, term: Term, inner: Inner) -> str:
        """Return a value as lanes of the innermost loop."""
        if part.number is not None:
            return write_constant(Lanes(inner.body, self.width), part.number, term.dtype)
        return self.at_depth(part, term, self.rank)

    def _gather(self, term: Term, at: tuple[Coordinate, ...], inner: Inner) -> Value:
        """Write a read at computed places."""
        x, *places = term.operands
        stored = self.loop.storage(x)
        assert stored is not None, term
        found = [
            self.value(place, coordinates_of_operand(term, number, at), inner) for number, place in enumerate(places, 1)
        ]
        steps = list(zip(found, stored[1].strides, strict=False))
        return self._load(x, stored, coordinates_of_operand(term, 0, at), inner, steps)

    def _load(
        self, term: Term, stored: tuple[int, Storage], at: tuple[Coordinate, ...], inner: Inner,
        steps: Sequence[tuple[Value, int]] = (),
    ) -> Value:  # fmt: skip
        """Write a load. steps: computed places, with strides."""
        pointer, storage = stored
        constant, steps_of_axes = storage.offset, [0] * len(self.loop.space.domain)
        for coordinate, stride in zip(at, storage.strides, strict=True):
            constant += coordinate.constant * stride
            if coordinate.axis is not None:
                steps_of_axes[coordinate.axis] += coordinate.coefficient * stride
        coefficients = self.loop.space.of_loops(steps_of_axes)
        constant += sum(int(place.number) * stride for place, stride in steps if place.number is not None)
        moving = [(place.name, stride, place.depth) for place, stride in steps if place.number is None]
        depth = max((axis + 1 for axis, each in enumerate(coefficients) if each), default=0)
        depth = max(depth, *(each for _, _, each in moving), 0)
        element = ELEMENTS[term.dtype]
        outer = tuple((name, stride) for name, stride, each in moving if each < self.rank)
        if depth < self.rank:
            body = self.sections[depth]
            address = self.address(body, element, pointer, constant, coefficients[:depth], outer)
            return Value(load_number(body, element, address), depth)
        body = self.sections[self.rank - 1]
        in_pairs = coefficients[-1] == 2 and not steps and lies_in_pairs(storage)
        side = constant % 2 if in_pairs else 0
        constant -= side
        key = ("row", pointer, constant, coefficients[:-1], outer, element)
        row = self.row.get(key)
        if row is None:
            row = Value(self.address(body, element, pointer, constant, coefficients[:-1], outer), self.rank - 1)
            self.row[key] = row
        across = [(name, stride) for name, stride, each in moving if each == self.rank]
        if across:
            return Value(inner.gather(element, row.name, coefficients[-1], across), self.rank)
        if in_pairs:
            return Value(inner.load_pairs(element, row.name)[side], self.rank)
        return Value(inner.load(element, row.name, coefficients[-1]), self.rank)

    def address(
        self, body: Body, element: str, pointer: int, constant: int, coefficients: Sequence[int],
        steps: Sequence[tuple[str, int]] = (),
    ) -> str:  # fmt: skip
        """Write the address of an element, from the indices of the outer loops and computed places."""
        offset = str(constant)
        for name, coefficient in (*zip(self.index, coefficients, strict=False), *steps):
            if coefficient:
                part = name if coefficient == 1 else body.let(f"mul i64 {name}, {coefficient}")
                offset = part if offset == "0" else body.let(f"add i64 {offset}, {part}")
        if offset == "0":
            return f"%p{pointer}"
        return body.let(f"getelementptr {MEMORY[element]}, ptr %p{pointer}, i64 {offset}")


def _is_gap(part: Value) -> bool:
    return part.number is not None and isinstance(part.number, np.generic) and bool(part.number == 0)

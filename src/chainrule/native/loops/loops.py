"""Owns fused loops: one pass over an iteration space that computes many values, stores some and reduces others.

A loop is a function `void loop(ptr %p0, ..., i64 %low, i64 %high)` over rows low..high of its first axis, so that rows can be
worked off in blocks and by several threads. Values are computed at coordinates: each axis of a value is
`constant + coefficient * loop index`, so that slices, transposes and broadcasts are ways to read, not work to do.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from chainrule.native.loops.column_sums import WIDEST, ColumnSums
from chainrule.native.loops.inner import MEMORY
from chainrule.native.loops.nests import Nest
from chainrule.native.loops.points import Loop, Points, Root
from chainrule.native.loops.reductions import IDENTITY, identity
from chainrule.native.loops.row_sums import RowSums
from chainrule.native.loops.short_rows import ShortRows
from chainrule.native.machine.text import Body, Module
from chainrule.native.memory.layout import Coordinate, coordinates_of_operand, join_bounds, lies_in_pairs, pad_bounds
from chainrule.native.memory.spaces import crossed, starting
from chainrule.native.vectors.instructions import ELEMENTS, REALS, has_instruction
from chainrule.native.vectors.lanes import Lanes
from chainrule.passes.terms import BOOL, FLOAT32, Shape, Term, freeze, uniform
from chainrule.primitives.shape import BROADCAST_TO


def _nest_of(lengths: Shape, roots: Sequence[Root], width: int, is_one_box: bool) -> type[Nest]:
    """Return what writes the loops: reductions along the last two axes stay in registers."""
    if is_one_box and len(lengths) > 1 and all(root.how in IDENTITY for root in roots):
        reduced = {tuple(axis for axis, stride in enumerate(root.strides) if not stride) for root in roots}
        if reduced == {(len(lengths) - 1,)}:
            return RowSums
        if reduced == {(len(lengths) - 2,)} and lengths[-1] <= WIDEST:
            return ColumnSums
    return ShortRows if ShortRows.fits(lengths, roots, width) else Nest


class _Writer:
    """Writes one loop."""

    def __init__(self, module: Module, loop: Loop, width_bytes: int) -> None:
        self.module = module
        self.loop = loop
        self.names = itertools.count()
        self.cost = 0
        self.breaks: list[set[int]] = [{0, length} for length in loop.space.lengths]
        self.kinds: set[Any] = set()
        self._seen: set[Any] = set()
        for root in loop.roots:
            self._scan(root.term, starting(loop.space.domain, root.term))
            for place, at, _ in root.start_of_places():
                self._scan(place, at)
            if root.beside is not None:
                self._scan(root.beside, starting(loop.space.domain, root.beside))
        narrow = self.kinds <= {FLOAT32, BOOL} and FLOAT32 in self.kinds
        self.width = max(1, width_bytes // (4 if narrow else 8))
        if any(root.is_scattered for root in loop.roots):
            self.width = 1
        self.lines: list[str] = []

    def _scan(self, root: Term, start: tuple[Coordinate, ...]) -> None:
        """Find the types that are computed in, the number of operations, and where pads begin and end."""
        stack = [(root, start)]
        while stack:
            term, at = stack.pop()
            if (term.index, at) in self._seen:
                continue
            self._seen.add((term.index, at))
            self.kinds.add(term.dtype)
            if self.loop.storage(term) is not None or term.constant is not None:
                continue
            self.cost += 1
            bounds, joined = pad_bounds(term), join_bounds(term)
            if joined is not None:
                for edges in joined[1]:
                    self._note_edges(edges, at[joined[0]])
            if bounds is not None:
                for edges, coordinate in zip(bounds, at, strict=True):
                    self._note_edges(edges, coordinate)
            for number, operand in enumerate(term.operands):
                if bounds is None or number == len(term.operands) - 1:
                    stack.append((operand, coordinates_of_operand(term, number, at)))

    def _note_edges(self, edges: tuple[int, int], at: Coordinate) -> None:
        """Note at which loop indices a coordinate crosses the edges of a pad, or of a part."""
        if at.axis is not None:
            space = self.loop.space
            places = crossed(edges, at, space.domain[at.axis])
            self.breaks[space.loop[at.axis]].update(place * space.inner[at.axis] for place in places)

    def text(self, name: str) -> str:
        """Return the function."""
        roots = self.loop.roots
        self.lines = ["entry:"]
        current = "entry"
        single = all(len(edges) == 2 for edges in self.breaks)
        nest = _nest_of(self.loop.space.lengths, roots, self.width, single)
        if nest in (Nest, ShortRows) and not (single and all(map(nest.is_direct, roots))):
            single = False
            for root in roots:
                if root.how in IDENTITY and root.strides[0]:
                    current = self._fill(root, current)
        edges = [sorted(each) for each in self.breaks]
        for bounds in itertools.product(*(itertools.pairwise(each) for each in edges)):
            current = self._box(bounds, nest, single, current)
        arguments = ", ".join(
            [*(f"ptr %p{number}" for number in range(len(self.loop.pointers))), "i64 %low", "i64 %high"]
        )
        return "\n".join([f"define internal void @{name}({arguments}) {{", *self.lines, "  ret void", "}"])

    def _box(self, bounds: tuple[tuple[int, int], ...], nest: type[Nest], direct: bool, current: str) -> str:
        """Write the loops over one box after the block `current`; return the block that follows them."""
        points = Points(self.module, self.names, self.loop, bounds, self.width)
        body = points.sections[0]
        body.lines, body.block = [], current
        start, stop = "%low", "%high"
        if len(self.breaks[0]) > 2:
            low, high = bounds[0]
            self.module.declare("llvm.smax.i64", "i64 {}(i64, i64)")
            self.module.declare("llvm.smin.i64", "i64 {}(i64, i64)")
            start = body.let(f"call i64 @llvm.smax.i64(i64 %low, i64 {low})")
            stop = body.let(f"call i64 @llvm.smin.i64(i64 %high, i64 {high})")
        enter, leave = points.fresh("enter"), points.fresh("leave")
        body.do(f"br i1 {body.let(f'icmp slt i64 {start}, {stop}')}, label %{enter}, label %{leave}")
        body.label(enter)
        ranges = [(start, stop), *((str(first), str(last)) for first, last in bounds[1:])]
        self.lines += [*nest(points, direct, self.cost).lines(0, ranges), f"  br label %{leave}", f"{leave}:"]
        return leave

    def _fill(self, root: Root, current: str) -> str:
        """Write the identity of a reduction into the rows low..high of its result; return the block that follows."""
        kind = MEMORY[ELEMENTS[root.term.dtype]]
        body = Body(self.module, current, self.names)
        body.lines = []
        one = identity(Lanes(body, 1, REALS.get(root.term.dtype, "double")), root.how, root.term.dtype)
        first = body.let(f"mul i64 %low, {root.strides[0]}")
        last = body.let(f"mul i64 %high, {root.strides[0]}")
        head, write, done = body.fresh("fill"), body.fresh("fill"), body.fresh("filled")
        i, i_next = f"%{body.fresh('f')}", f"%{body.fresh('f')}"
        body.do(f"br label %{head}")
        body.label(head)
        body.do(f"{i} = phi i64 [{first}, %{current}], [{i_next}, %{write}]")
        body.do(f"br i1 {body.let(f'icmp slt i64 {i}, {last}')}, label %{write}, label %{done}")
        body.label(write)
        body.do(f"store {kind} {one}, ptr {body.let(f'getelementptr {kind}, ptr %p{root.pointer}, i64 {i}')}")
        body.do(f"{i_next} = add i64 {i}, 1")
        body.do(f"br label %{head}")
        body.label(done)
        self.lines += body.lines
        return done


SHORT = 32
"""A loop along one axis has the length that it is called with. Of fewer rows than this it may be written without a main part."""


def loop_key(loop: Loop) -> Any:
    """Return what tells loops apart: equal for loops whose functions are the same but for the memory that they are given."""
    # Hot path: benchmarks/test_first_calls.py
    space = loop.space
    line = space.domain if len(space.domain) == 1 and space.domain[0] > 1 else None
    any_length = line is not None
    made: dict[int, int] = {}
    parts: list[Any] = []
    for root in loop.roots:
        stack = [root.term]
        if root.places:
            stack += [place for place, _ in root.places]
        if root.beside is not None:
            stack.append(root.beside)
        while stack:
            term = stack[-1]
            if term.index in made:
                stack.pop()
                continue
            number = uniform(term) if term.constant is not None else None
            stored = loop.storage(term) if number is None else None
            shape = None if term.shape == line else term.shape
            if number is not None:
                part: Any = (type(number), repr(number), shape, term.dtype)
            elif stored is not None:
                part = (
                    stored[0],
                    stored[1].offset,
                    stored[1].strides,
                    lies_in_pairs(stored[1]),
                    shape,
                    term.dtype,
                )
            else:
                missing = [operand for operand in term.operands if operand.index not in made]
                if missing:
                    stack.extend(reversed(missing))
                    continue
                operands = tuple([made[operand.index] for operand in term.operands])
                is_spread = term.primitive is BROADCAST_TO
                frozen = freeze(term.parameters) if term.parameters and not is_spread else None
                part = (term.primitive, operands, frozen, shape, term.dtype)
                any_length = any_length and (is_spread or has_instruction(term))
            made[term.index] = len(parts)
            parts.append(part)
    roots = tuple([
        (made[root.term.index], None if root.beside is None else made[root.beside.index], root.how, root.pointer,
         root.strides, root.spread, tuple([(made[place.index], stride) for place, stride in root.places]))
        for root in loop.roots
    ])  # fmt: skip
    return (space.domain[0] < SHORT if any_length else space), roots, tuple(parts)


def write_loop(module: Module, name: str, loop: Loop, width_bytes: int) -> str:
    """Return the text of a loop's function. Every axis of its space has at least one element."""
    return _Writer(module, loop, width_bytes).text(name)

"""Owns fused loops: one pass over an iteration space that computes many values, stores some and reduces others.

A loop is a function `void loop(ptr %p0, ..., i64 %low, i64 %high)` over rows low..high of its first axis, so that rows can be
worked off in blocks and by several threads. Values are computed at coordinates: each axis of a value is
`constant + coefficient * loop index`, so that slices, transposes and broadcasts are ways to read, not work to do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.native.instructions import ELEMENTS, REALS, larger, smaller, write_constant, write_elementwise
from chainrule.native.lanes import Lanes
from chainrule.native.layout import Coordinate, Storage, coordinates_of_operand, is_view, pad_bounds
from chainrule.native.text import Body, Module
from chainrule.passes.terms import BOOL, FLOAT32, Shape, Term, uniform

MEMORY = {"double": "double", "float": "float", "i64": "i64", "i1": "i8"}
IDENTITY = {"sum": 0.0, "prod": 1.0, "max": -np.inf, "min": np.inf}
UNROLLED = 70
"""Bodies of up to so many operations are unrolled twice: one iteration's latency hides behind the other's."""


class Root(NamedTuple):
    """What a loop leaves in memory: `term` at every point of the iteration space.

    how: "store", "add" to what is there, or the reduction "sum", "prod", "max", "min" over the axes whose stride is 0.
    pointer: the number of the argument. strides: for each axis of the space, in elements.
    """

    term: Term
    how: str
    pointer: int
    strides: Shape


@dataclass(frozen=True, slots=True)
class Loop:
    """An iteration space, what is left in memory, and how values that are in memory are read.

    storage: returns where a term is, with the number of its pointer, or None where the loop computes it.
    pointers: what the program passes, one for each pointer; more may be added while the loop is written.
    """

    domain: Shape
    roots: Sequence[Root]
    storage: Callable[[Term], tuple[int, Storage] | None]
    pointers: Sequence[str]


class _Value(NamedTuple):
    """A value while it is written: its name, the number of loops that it depends on, or the number that it is."""

    name: str
    depth: int
    number: Any = None


Box = tuple[tuple[int, int], ...]


class _Writer:
    """Writes one loop."""

    def __init__(self, module: Module, loop: Loop, width_bytes: int) -> None:
        self.module = module
        self.loop = loop
        self.rank = len(loop.domain)
        self.names = itertools.count()
        self.cost = 0
        self.breaks: list[set[int]] = [{0, length} for length in loop.domain]
        self._scan_seen: set[Any] = set()
        self.kinds: set[Any] = set()
        for root in loop.roots:
            self._scan(root.term, self._start(root.term))
        narrow = self.kinds <= {FLOAT32, BOOL} and FLOAT32 in self.kinds
        self.width = max(1, width_bytes // (4 if narrow else 8))
        self.lines: list[str] = []

    # --- finding out what there is

    def _start(self, term: Term) -> tuple[Coordinate, ...]:
        """Return the coordinates of a root: its axes are the last axes of the space."""
        skip = self.rank - len(term.shape)
        return tuple(
            Coordinate(skip + axis, 1, 0) if length != 1 or self.loop.domain[skip + axis] == 1 else Coordinate(None, 0, 0)
            for axis, length in enumerate(term.shape)
        )

    def _scan(self, root: Term, start: tuple[Coordinate, ...]) -> None:
        stack = [(root, start)]
        while stack:
            term, at = stack.pop()
            if (term.index, at) in self._scan_seen:
                continue
            self._scan_seen.add((term.index, at))
            self.kinds.add(term.dtype)
            if self.loop.storage(term) is not None or term.constant is not None:
                continue
            self.cost += 1
            bounds = pad_bounds(term)
            if bounds is not None:
                for (low, high), coordinate in zip(bounds, at, strict=True):
                    if coordinate.axis is not None:
                        for edge in (low, high):
                            place = (edge - coordinate.constant) * coordinate.coefficient
                            if coordinate.coefficient == -1:
                                place += 1
                            if 0 < place < self.loop.domain[coordinate.axis]:
                                self.breaks[coordinate.axis].add(place)
            for number, operand in enumerate(term.operands):
                if bounds is not None and number == 0 and len(term.operands) > 1:
                    continue
                stack.append((operand, coordinates_of_operand(term, number, at)))

    # --- writing

    def text(self, name: str) -> str:
        """Return the function."""
        self.lines = ["entry:"]
        current = "entry"
        direct = all(len(edges) == 2 for edges in self.breaks)
        if not direct or self._middle_reduced():
            for root in self.loop.roots:
                if root.how in IDENTITY and root.strides[0]:
                    current = self._fill(root, current)
        else:
            direct = True
        edges = [sorted(each) for each in self.breaks]
        for box in itertools.product(*(itertools.pairwise(each) for each in edges)):
            current = _BoxWriter(self, box, direct and not self._middle_reduced()).write(current)
        arguments = ", ".join([*(f"ptr %p{number}" for number in range(len(self.loop.pointers))), "i64 %low", "i64 %high"])
        return "\n".join([f"define internal void @{name}({arguments}) {{", *self.lines, "  ret void", "}"])

    def _middle_reduced(self) -> bool:
        """Whether some reduction keeps its first axis and reduces over more than the last one."""
        return any(
            root.how in IDENTITY and root.strides[0] and any(not stride for stride in root.strides[:-1])
            for root in self.loop.roots
        ) or any(root.how in IDENTITY and root.strides[0] and root.strides[-1] for root in self.loop.roots)

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self.names)}"

    def _fill(self, root: Root, current: str) -> str:
        """Write the identity of a reduction into the rows low..high of its result."""
        kind = MEMORY[ELEMENTS[root.term.dtype]]
        one = _identity(Lanes(Body(self.module), 1, REALS.get(root.term.dtype, "double")), root.how, root.term.dtype)
        head, body, done = self.fresh("fill"), self.fresh("fill"), self.fresh("filled")
        first, last, i, i_next, more = (self.fresh("%f") for _ in range(5))
        p = self.fresh("%f")
        stride = root.strides[0]
        self.lines += [
            f"  {first} = mul i64 %low, {stride}", f"  {last} = mul i64 %high, {stride}", f"  br label %{head}",
            f"{head}:", f"  {i} = phi i64 [{first}, %{current}], [{i_next}, %{body}]",
            f"  {more} = icmp slt i64 {i}, {last}", f"  br i1 {more}, label %{body}, label %{done}",
            f"{body}:", f"  {p} = getelementptr {kind}, ptr %p{root.pointer}, i64 {i}",
            f"  store {kind} {one}, ptr {p}", f"  {i_next} = add i64 {i}, 1", f"  br label %{head}",
            f"{done}:",
        ]  # fmt: skip
        return done


class _BoxWriter:
    """Writes the loops over one box of the iteration space, in which every pad is either inside or outside."""

    def __init__(self, writer: _Writer, box: Box, direct: bool) -> None:
        self.writer = writer
        self.loop = writer.loop
        self.box = box
        self.direct = direct
        self.rank = writer.rank
        self.sections = [self._section() for _ in range(self.rank)]
        self.index = [writer.fresh("%i") for _ in range(self.rank)]
        self.shared: dict[Any, _Value] = {}

    def _section(self) -> Body:
        return Body(self.writer.module, self.writer.fresh("block"), self.writer.names)

    # --- values

    def value(self, term: Term, at: tuple[Coordinate, ...], inner: _Inner) -> _Value:
        """Write a value at coordinates, outside of as many loops as it does not depend on."""
        key = (term.index, at)
        found = self.shared.get(key) or inner.memo.get(key)
        if found is not None:
            return found
        number = uniform(term)
        if number is not None:
            return _Value("", 0, number)
        stored = self.loop.storage(term)
        if stored is not None:
            found = self._load(term, stored, at, inner)
        elif (bounds := pad_bounds(term)) is not None:
            if all(self._inside(coordinate, edges) for coordinate, edges in zip(at, bounds, strict=True)):
                source = len(term.operands) - 1
                found = self.value(term.operands[source], coordinates_of_operand(term, source, at), inner)
            else:
                found = _Value("", 0, term.dtype.type(0))
        else:
            parts = [
                self.value(operand, coordinates_of_operand(term, place, at), inner)
                for place, operand in enumerate(term.operands)
            ]
            found = self._compute(term, parts, inner)
        (inner.memo if found.depth == self.rank else self.shared)[key] = found
        return found

    def _inside(self, at: Coordinate, edges: tuple[int, int]) -> bool:
        place = at.constant
        if at.axis is not None:
            place += at.coefficient * self.box[at.axis][0]
        return edges[0] <= place < edges[1]

    def _compute(self, term: Term, parts: list[_Value], inner: _Inner) -> _Value:
        if is_view(term):
            return parts[0]
        depth = max((part.depth for part in parts), default=0)
        name = term.primitive.name if term.primitive else ""
        if name == "add":  # a part that lies outside of its array is no operand
            for one, other, place in ((0, 1, 1), (1, 0, 0)):
                if _is_gap(parts[one]) and term.operands[place].dtype == term.dtype:
                    return parts[other]
        lanes = self._lanes(depth, term, inner)
        operands = [
            (None, part.number) if part.number is not None else (self._at_depth(part, operand, depth, inner), operand.dtype)
            for part, operand in zip(parts, term.operands, strict=True)
        ]
        return _Value(write_elementwise(lanes, term, operands), depth)

    def _lanes(self, depth: int, term: Term, inner: _Inner) -> Lanes:
        vector = depth == self.rank
        body = inner.body if vector else self.sections[depth]
        return Lanes(body, self.writer.width if vector else 1, REALS.get(term.dtype, "double"))

    def _at_depth(self, part: _Value, term: Term, depth: int, inner: _Inner) -> str:
        """Return the name of a value in a deeper loop: in the innermost one a number becomes a vector."""
        if depth < self.rank or part.depth == self.rank or self.writer.width == 1:
            return part.name
        key = ("splat", part.name)
        found = self.shared.get(key)
        if found is None:
            body, element = self.sections[self.rank - 1], ELEMENTS[term.dtype]
            found = _Value(splat(body, part.name, element, self.writer.width), self.rank - 1)
            self.shared[key] = found
        return found.name

    def vector(self, part: _Value, term: Term, inner: _Inner) -> str:
        """Return a value as lanes of the innermost loop."""
        if part.number is not None:
            return write_constant(Lanes(inner.body, self.writer.width), part.number, term.dtype)
        return self._at_depth(part, term, self.rank, inner)

    def _load(
        self, term: Term, stored: tuple[int, Storage], at: tuple[Coordinate, ...], inner: _Inner
    ) -> _Value:
        pointer, storage = stored
        constant, coefficients = 0, [0] * self.rank
        for coordinate, stride in zip(at, storage.strides, strict=True):
            constant += coordinate.constant * stride
            if coordinate.axis is not None:
                coefficients[coordinate.axis] += coordinate.coefficient * stride
        depth = max((axis + 1 for axis, each in enumerate(coefficients) if each), default=0)
        element = ELEMENTS[term.dtype]
        if depth < self.rank:
            body = self.sections[depth]
            address = self.address(body, element, pointer, constant, coefficients[:depth])
            return _Value(_load_number(body, element, address), depth)
        body = self.sections[self.rank - 1]
        key = ("row", pointer, constant, tuple(coefficients[:-1]), element)
        row = self.shared.get(key)
        if row is None:
            row = _Value(self.address(body, element, pointer, constant, coefficients[:-1]), self.rank - 1)
            self.shared[key] = row
        return _Value(inner.load(element, row.name, coefficients[-1]), self.rank)

    def address(self, body: Body, element: str, pointer: int, constant: int, coefficients: Sequence[int]) -> str:
        """Write the address of an element, from the indices of the outer loops."""
        offset = str(constant)
        for axis, coefficient in enumerate(coefficients):
            if coefficient:
                part = self.index[axis] if coefficient == 1 else body.let(f"mul i64 {self.index[axis]}, {coefficient}")
                offset = part if offset == "0" else body.let(f"add i64 {offset}, {part}")
        if offset == "0":
            return f"%p{pointer}"
        return body.let(f"getelementptr {MEMORY[element]}, ptr %p{pointer}, i64 {offset}")

    # --- loops

    def write(self, current: str) -> str:
        """Write the loops over the box after the block `current`; return the block that follows them."""
        w = self.writer
        body = self.sections[0]
        body.lines, body.block = [], current
        low, high = self.box[0]
        start = body.let(f"call i64 @llvm.smax.i64(i64 %low, i64 {low})")
        stop = body.let(f"call i64 @llvm.smin.i64(i64 %high, i64 {high})")
        w.module.declare("llvm.smax.i64", "i64 {}(i64, i64)")
        w.module.declare("llvm.smin.i64", "i64 {}(i64, i64)")
        enter, leave = w.fresh("enter"), w.fresh("leave")
        body.do(f"br i1 {body.let(f'icmp slt i64 {start}, {stop}')}, label %{enter}, label %{leave}")
        body.label(enter)
        bounds = [(start, stop), *((str(a), str(b)) for a, b in self.box[1:])]
        lines = self._nest(0, bounds)
        w.lines += [*lines, f"  br label %{leave}", f"{leave}:"]
        return leave

    def _nest(self, axis: int, bounds: Sequence[tuple[str, str]]) -> list[str]:
        """Return the lines of the loops from `axis` inward, with what stands before them."""
        section = self.sections[axis]
        start, stop = bounds[axis]
        if axis == self.rank - 1:
            return _innermost(self, start, stop)
        head, after = self.writer.fresh("head"), self.writer.fresh("after")
        below = self.sections[axis + 1]
        below.lines, below.block = [], head
        inner_lines = self._nest(axis + 1, bounds)
        last = self.sections[axis + 1].block
        i, i_next = self.index[axis], self.writer.fresh("%n")
        more = self.writer.fresh("%c")
        lines = [
            *section.lines, f"  br label %{head}", f"{head}:", f"  {i} = phi i64 [{start}, %{section.block}], [{i_next}, %{last}]",
            *inner_lines, f"  {i_next} = add i64 {i}, 1", f"  {more} = icmp slt i64 {i_next}, {stop}",
            f"  br i1 {more}, label %{head}, label %{after}", f"{after}:",
        ]  # fmt: skip
        section.block = after
        return lines


class _Inner:
    """One copy of the innermost body: a vector of points, all of them or those under a mask."""

    def __init__(self, box: _BoxWriter, body: Body, index: str, offset: int, mask: str | None) -> None:
        self.box = box
        self.body = body
        self.index = index if not offset else body.let(f"add i64 {index}, {offset}")
        self.mask = mask
        self.width = box.writer.width
        self.memo: dict[Any, _Value] = {}

    def address(self, element: str, row: str, stride: int) -> str:
        """Write the address of the first lane."""
        place = self.index if stride == 1 else self.body.let(f"mul i64 {self.index}, {stride}")
        return self.body.let(f"getelementptr {MEMORY[element]}, ptr {row}, i64 {place}")

    def load(self, element: str, row: str, stride: int) -> str:
        """Write a load of all lanes."""
        body, memory, width = self.body, MEMORY[element], self.width
        address = self.address(element, row, stride)
        if width == 1:
            return _load_number(body, element, address)
        kind = f"<{width} x {memory}>"
        if stride == 1:
            if self.mask is None:
                found = body.let(f"load {kind}, ptr {address}, align {ALIGNMENT[memory]}")
            else:
                name = body.module.declare(f"llvm.masked.load.v{width}{SHORT[memory]}.p0", f"{kind} {{}}(ptr, i32, <{width} x i1>, {kind})")  # fmt: skip  # noqa: E501
                found = body.let(f"call {kind} {name}(ptr {address}, i32 {ALIGNMENT[memory]}, <{width} x i1> {self.mask}, {kind} zeroinitializer)")  # fmt: skip  # noqa: E501
        else:
            steps = ", ".join(f"i64 {lane * stride}" for lane in range(width))
            places = body.let(f"getelementptr {memory}, ptr {address}, <{width} x i64> <{steps}>")
            mask = self.mask or "<" + ", ".join(["i1 true"] * width) + ">"
            name = body.module.declare(f"llvm.masked.gather.v{width}{SHORT[memory]}.v{width}p0", f"{kind} {{}}(<{width} x ptr>, i32, <{width} x i1>, {kind})")  # fmt: skip  # noqa: E501
            found = body.let(f"call {kind} {name}(<{width} x ptr> {places}, i32 {ALIGNMENT[memory]}, <{width} x i1> {mask}, {kind} zeroinitializer)")  # fmt: skip  # noqa: E501
        return body.let(f"icmp ne {kind} {found}, zeroinitializer") if element == "i1" else found

    def store(self, element: str, row: str, stride: int, value: str) -> None:
        """Write a store of all lanes."""
        body, memory, width = self.body, MEMORY[element], self.width
        address = self.address(element, row, stride)
        if element == "i1":
            value = body.let(f"zext {'i1' if width == 1 else f'<{width} x i1>'} {value} to {memory if width == 1 else f'<{width} x i8>'}")
        if width == 1:
            body.do(f"store {memory} {value}, ptr {address}")
            return
        kind = f"<{width} x {memory}>"
        if stride == 1 and self.mask is None:
            body.do(f"store {kind} {value}, ptr {address}, align {ALIGNMENT[memory]}")
        elif stride == 1:
            name = body.module.declare(f"llvm.masked.store.v{width}{SHORT[memory]}.p0", f"void {{}}({kind}, ptr, i32, <{width} x i1>)")  # fmt: skip  # noqa: E501
            body.do(f"call void {name}({kind} {value}, ptr {address}, i32 {ALIGNMENT[memory]}, <{width} x i1> {self.mask})")
        else:
            steps = ", ".join(f"i64 {lane * stride}" for lane in range(width))
            places = body.let(f"getelementptr {memory}, ptr {address}, <{width} x i64> <{steps}>")
            mask = self.mask or "<" + ", ".join(["i1 true"] * width) + ">"
            name = body.module.declare(f"llvm.masked.scatter.v{width}{SHORT[memory]}.v{width}p0", f"void {{}}({kind}, <{width} x ptr>, i32, <{width} x i1>)")  # fmt: skip  # noqa: E501
            body.do(f"call void {name}({kind} {value}, <{width} x ptr> {places}, i32 {ALIGNMENT[memory]}, <{width} x i1> {mask})")


ALIGNMENT = {"double": 8, "float": 4, "i64": 8, "i8": 1}
SHORT = {"double": "f64", "float": "f32", "i64": "i64", "i8": "i8"}


def _is_gap(part: _Value) -> bool:
    return part.number is not None and isinstance(part.number, np.generic) and bool(part.number == 0)


def _load_number(body: Body, element: str, address: str) -> str:
    found = body.let(f"load {MEMORY[element]}, ptr {address}")
    return body.let(f"icmp ne i8 {found}, 0") if element == "i1" else found


def splat(body: Body, name: str, element: str, width: int) -> str:
    """Write a vector with one number in every lane."""
    kind = f"<{width} x {element}>"
    first = body.let(f"insertelement {kind} poison, {element} {name}, i32 0")
    return body.let(f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer")


def _combine(lanes: Lanes, how: str, dtype: np.dtype[Any], x: str, y: str) -> str:
    if dtype in REALS:
        operation = {"sum": lanes.add, "prod": lanes.mul}.get(how)
        return operation(x, y) if operation else (larger if how == "max" else smaller)(lanes, x, y)
    if how in ("sum", "prod"):
        return lanes.bitwise("add" if how == "sum" else "mul", x, y)
    return lanes.choose(lanes.compare_whole("sgt" if how == "max" else "slt", x, y), x, y, lanes.integer)


def _horizontal(body: Body, how: str, dtype: np.dtype[Any], vector: str, width: int) -> str:
    """Write the reduction of the lanes of a vector, in halves."""
    element = ELEMENTS[dtype]
    while width > 1:
        half = width // 2
        kind = f"<{width} x {element}>"
        low = body.let(f"shufflevector {kind} {vector}, {kind} poison, <{half} x i32> <{', '.join(f'i32 {k}' for k in range(half))}>")
        high = body.let(f"shufflevector {kind} {vector}, {kind} poison, <{half} x i32> <{', '.join(f'i32 {k}' for k in range(half, width))}>")
        if half == 1:
            low = body.let(f"extractelement <1 x {element}> {low}, i32 0")
            high = body.let(f"extractelement <1 x {element}> {high}, i32 0")
        vector = _combine(Lanes(body, half, REALS.get(dtype, "double")), how, dtype, low, high)
        width = half
    return vector


def identity_of(how: str, dtype: np.dtype[Any]) -> Any:
    """Return the number with which a reduction starts."""
    if dtype in REALS or how in ("sum", "prod"):
        return IDENTITY[how]
    return -(1 << 63) if how == "max" else (1 << 63) - 1


def _identity(lanes: Lanes, how: str, dtype: np.dtype[Any]) -> str:
    return write_constant(lanes, identity_of(how, dtype), dtype)


def _innermost(box: _BoxWriter, start: str, stop: str) -> list[str]:
    """Return the lines of the innermost loop: whole vectors, unrolled, and what is left under a mask."""
    writer, axis = box.writer, box.rank - 1
    section, width = box.sections[axis], writer.width
    copies = 2 if writer.cost <= UNROLLED and width > 1 else 1
    sums = [root for root in box.loop.roots if root.how in IDENTITY and not root.strides[-1]]
    length = None if axis == 0 else int(stop) - int(start)
    initial = [_identity(Lanes(section, width, REALS.get(root.term.dtype, "double")), root.how, root.term.dtype) for root in sums]
    lines: list[str] = []
    state = [list(initial) for _ in range(copies)]
    begin = start

    def run(step: int, count: int, until: str, masked: bool, state: list[list[str]], begin: str) -> tuple[list[list[str]], str]:
        """Write one loop of `count` vectors an iteration from `begin` up to `until`."""
        head, after = writer.fresh("vector"), writer.fresh("vectors")
        body = Body(writer.module, head, writer.names)
        body.lines = []
        i, i_next, more = writer.fresh("%j"), writer.fresh("%j"), writer.fresh("%c")
        phis = [[writer.fresh("%a") for _ in sums] for _ in range(count)]
        mask = _mask(body, i, stop, width) if masked and width > 1 else None
        results = [_point(box, _Inner(box, body, i, width * copy, mask), sums, phis[copy]) for copy in range(count)]
        tail_lines, last = body.lines, body.block
        kinds = [f"<{width} x {ELEMENTS[root.term.dtype]}>" if width > 1 else ELEMENTS[root.term.dtype] for root in sums]
        lines.extend([f"  br label %{head}", f"{head}:", f"  {i} = phi i64 [{begin}, %{current[0]}], [{i_next}, %{last}]"])
        for copy in range(count):
            for phi, kind, before, result in zip(phis[copy], kinds, state[copy], results[copy], strict=True):
                lines.append(f"  {phi} = phi {kind} [{before}, %{current[0]}], [{result}, %{last}]")
        lines.extend([*tail_lines, f"  {i_next} = add i64 {i}, {step}", f"  {more} = icmp slt i64 {i_next}, {until}",
                      f"  br i1 {more}, label %{head}, label %{after}", f"{after}:"])  # fmt: skip
        current[0] = after
        return [*results, *state[count:]], i_next

    # What the loop reads before it starts is known only when its body is written: it is put in front at the end.
    current = [_PLACE]
    if length is not None:
        main = length // (width * copies) * width * copies
        if main:
            until = str(int(start) + main)
            state, _ = run(width * copies, copies, until, False, state, begin)
            begin = until
        if length > main:
            rest = length - main
            if rest % width == 0:
                more_state, _ = run(width, 1, stop, False, state[:1], begin)
            else:
                more_state, _ = run(width, 1, stop, True, state[:1], begin)
            state = [*more_state, *state[1:]]
    else:
        state = _runtime_loops(box, run, current, lines, start, stop, copies, state)
    body = Body(writer.module, current[0], writer.names)
    body.lines = []
    _finish(box, body, sums, state)
    head_lines = section.lines
    before = section.block
    lines = [line.replace(_PLACE, before) for line in lines]
    section.block = body.block if body.block != _PLACE else before
    return [*head_lines, *lines, *body.lines]


_PLACE = "<before>"


def _runtime_loops(box: _BoxWriter, run: Any, current: list[str], lines: list[str], start: str, stop: str, copies: int,
                   state: list[list[str]]) -> list[list[str]]:  # fmt: skip
    """Write the loops over a range that is known at run time only."""
    writer = box.writer
    width = writer.width
    step = width * copies
    sums = [root for root in box.loop.roots if root.how in IDENTITY and not root.strides[-1]]
    kinds = [f"<{width} x {ELEMENTS[root.term.dtype]}>" if width > 1 else ELEMENTS[root.term.dtype] for root in sums]
    count, whole, until, any_main = (writer.fresh("%r") for _ in range(4))
    enter, middle, finish, rest = (writer.fresh(stem) for stem in ("main", "joined", "done", "rest"))
    lines.extend([
        f"  {count} = sub i64 {stop}, {start}", f"  {whole} = and i64 {count}, {-step}",
        f"  {until} = add i64 {start}, {whole}", f"  {any_main} = icmp sgt i64 {whole}, 0",
        f"  br i1 {any_main}, label %{enter}, label %{middle}", f"{enter}:",
    ])  # fmt: skip
    before = current[0]
    current[0] = enter
    after_main, _ = run(step, copies, until, False, state, start)
    joined = [[writer.fresh("%a") for _ in sums] for _ in range(copies)]
    lines.extend([f"  br label %{middle}", f"{middle}:"])
    for copy in range(copies):
        for name, kind, first, second in zip(joined[copy], kinds, state[copy], after_main[copy], strict=True):
            lines.append(f"  {name} = phi {kind} [{first}, %{before}], [{second}, %{current[0]}]")
    any_rest = writer.fresh("%r")
    lines.extend([f"  {any_rest} = icmp slt i64 {until}, {stop}", f"  br i1 {any_rest}, label %{rest}, label %{finish}", f"{rest}:"])
    current[0] = rest
    after_rest, _ = run(width, 1, stop, True, joined[:1], until)
    final = [writer.fresh("%a") for _ in sums]
    lines.extend([f"  br label %{finish}", f"{finish}:"])
    for name, kind, first, second in zip(final, kinds, joined[0], after_rest[0], strict=True):
        lines.append(f"  {name} = phi {kind} [{first}, %{middle}], [{second}, %{current[0]}]")
    current[0] = finish
    return [final, *joined[1:]]


def _mask(body: Body, i: str, stop: str, width: int) -> str:
    """Write which lanes lie before the end."""
    left = body.let(f"sub i64 {stop}, {i}")
    limit = splat(body, left, "i64", width)
    lanes = ", ".join(f"i64 {lane}" for lane in range(width))
    return body.let(f"icmp slt <{width} x i64> <{lanes}>, {limit}")


def _point(box: _BoxWriter, inner: _Inner, sums: list[Root], before: list[str]) -> list[str]:
    """Write the body at one vector of points; return the new totals of what is reduced along the innermost axis."""
    writer, body = box.writer, inner.body
    totals: list[str] = []
    for root in box.loop.roots:
        found = box.value(root.term, writer._start(root.term), inner)
        vector = box.vector(found, root.term, inner)
        element = ELEMENTS[root.term.dtype]
        lanes = Lanes(body, inner.width, REALS.get(root.term.dtype, "double"))
        if root.how in IDENTITY and not root.strides[-1]:
            if inner.mask is not None:
                vector = lanes.choose(inner.mask, vector, _identity(lanes, root.how, root.term.dtype), lanes.vector(element))
            totals.append(_combine(lanes, root.how, root.term.dtype, before[len(totals)], vector))
            continue
        outer = box.sections[box.rank - 1]
        row = box.address(outer, element, root.pointer, 0, root.strides[:-1])
        if root.how == "add":
            vector = _combine(lanes, "sum", root.term.dtype, inner.load(element, row, root.strides[-1]), vector)
        elif root.how in IDENTITY:
            vector = _combine(lanes, root.how, root.term.dtype, inner.load(element, row, root.strides[-1]), vector)
        inner.store(element, row, root.strides[-1], vector)
    return totals


def _finish(box: _BoxWriter, body: Body, sums: list[Root], state: list[list[str]]) -> None:
    """Write the totals of the innermost loop into memory."""
    for place, root in enumerate(sums):
        dtype, width = root.term.dtype, box.writer.width
        total = state[0][place]
        for other in state[1:]:
            total = _combine(Lanes(body, width, REALS.get(dtype, "double")), root.how, dtype, total, other[place])
        number = _horizontal(body, root.how, dtype, total, width)
        element = ELEMENTS[dtype]
        address = box.address(body, element, root.pointer, 0, root.strides[:-1])
        if not (box.direct and root.strides[0] and box.rank > 1):
            before = body.let(f"load {MEMORY[element]}, ptr {address}")
            number = _combine(Lanes(body, 1, REALS.get(dtype, "double")), root.how, dtype, before, number)
        body.do(f"store {MEMORY[element]} {number}, ptr {address}")


def write_loop(module: Module, name: str, loop: Loop, width_bytes: int) -> str:
    """Return the text of a loop's function. Every axis of its space has at least one element."""
    return _Writer(module, loop, width_bytes).text(name)

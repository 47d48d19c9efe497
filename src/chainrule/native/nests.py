"""Owns the loops around points: over vectors in the innermost axis, and the orders in which sums stay in registers.

A sum along the last axis is taken for as many rows at once as a vector has lanes, so that their totals are one vector. A sum
along the axis before keeps a tile of columns in registers while it goes down the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.native.instructions import ELEMENTS, REALS
from chainrule.native.lanes import Lanes
from chainrule.native.layout import coordinates_of_operand
from chainrule.native.points import (
    IDENTITY,
    MEMORY,
    Inner,
    Points,
    Root,
    combine,
    horizontal,
    identity,
    splat,
)
from chainrule.native.text import Body
from chainrule.primitives.arithmetic import MULTIPLY

UNROLLED = 70
"""Bodies of up to so many operations are unrolled twice: one iteration's latency hides behind the other's."""
STRAIGHT = 8
"""A last axis of up to so many vectors is written without a loop."""
REGISTERS = 8
"""So many vectors of totals are kept."""
WIDEST = 2048
"""Rows of up to so many elements are summed in tiles of columns."""

Bounds = Sequence[tuple[str, str]]


def form_of(domain: Sequence[int], roots: Sequence[Root]) -> str:
    """Return the order of a loop nest: "dots" along the last axis, "columns" along the one before, or "plain"."""
    if len(domain) < 2 or not all(root.how in IDENTITY for root in roots):
        return "plain"
    reduced = {tuple(axis for axis, stride in enumerate(root.strides) if not stride) for root in roots}
    if reduced == {(len(domain) - 1,)}:
        return "dots"
    if reduced == {(len(domain) - 2,)} and domain[-1] <= WIDEST:
        return "columns"
    return "plain"


class Nest:
    """Writes the loops over one box.

    direct: whether a reduction's total is all there is of it, so that it is stored and not added to memory.
    cost: operations of the body.
    """

    def __init__(self, points: Points, form: str, direct: bool, cost: int) -> None:
        self.points = points
        self.form = form
        self.direct = direct
        self.cost = cost
        self.rank = points.rank
        self.roots = points.loop.roots

    def lines(self, axis: int, bounds: Bounds) -> list[str]:
        """Return the lines of the loops from `axis` inward, with what stands before them."""
        points = self.points
        section = points.sections[axis]
        start, stop = bounds[axis]
        if axis == self.rank - 1:
            return self._innermost(points, section, start, stop)
        if axis == self.rank - 2 and self.form != "plain":
            inner = self._dots(start, stop, bounds) if self.form == "dots" else self._columns(start, stop)
            return [*section.lines, *inner]
        below = points.sections[axis + 1]
        head, after = points.fresh("head"), points.fresh("after")
        below.lines, below.block = [], head
        inner = self.lines(axis + 1, bounds)
        return [*section.lines, *self._counted(section, start, stop, 1, points.index[axis], head, after, inner, below)]

    def _counted(
        self, section: Body, start: str, stop: str, step: int, index: str, head: str, after: str, inner: list[str], below: Body
    ) -> list[str]:  # fmt: skip
        """Return a loop around lines that end in the block of `below`; the section goes on after it."""
        i_next, more = self.points.fresh("%n"), self.points.fresh("%c")
        lines = [
            f"  br label %{head}", f"{head}:",
            f"  {index} = phi i64 [{start}, %{section.block}], [{i_next}, %{below.block}]", *inner,
            f"  {i_next} = add i64 {index}, {step}", f"  {more} = icmp slt i64 {i_next}, {stop}",
            f"  br i1 {more}, label %{head}, label %{after}", f"{after}:",
        ]  # fmt: skip
        section.block = after
        return lines

    # --- totals

    def _is_total(self, root: Root) -> bool:
        return root.how in IDENTITY and not root.strides[-1]

    def _kind(self, root: Root) -> str:
        return Lanes(self.points.sections[0], self.points.width).vector(ELEMENTS[root.term.dtype])

    def _start(self, root: Root, body: Body) -> str:
        return identity(Lanes(body, self.points.width, REALS.get(root.term.dtype, "double")), root.how, root.term.dtype)

    def accumulate(self, points: Points, inner: Inner, root: Root, before: str) -> str:
        """Write a total with one more vector of points. The product in a sum of products is not rounded."""
        body, term = inner.body, root.term
        lanes = Lanes(body, inner.width, REALS.get(term.dtype, "double"))
        at = points.start(term)
        product = (
            root.how == "sum" and term.primitive is MULTIPLY and term.dtype in REALS and points.loop.storage(term) is None
            and all(operand.dtype == term.dtype for operand in term.operands)
        )  # fmt: skip
        if product:
            x, y = (
                points.vector(points.value(operand, coordinates_of_operand(term, place, at), inner), operand, inner)
                for place, operand in enumerate(term.operands)
            )
            total = lanes.fma(x, y, before)
        else:
            total = combine(
                lanes, root.how, term.dtype, before, points.vector(points.value(term, at, inner), term, inner)
            )
        return total if inner.mask is None else lanes.choose(inner.mask, total, before, self._kind(root))

    # --- rows at once

    def _dots(self, start: str, stop: str, bounds: Bounds) -> list[str]:
        """Return the loops of sums along the last axis: several rows at once, then what rows are left one by one."""
        points, axis, rows = self.points, self.rank - 2, self.points.width
        section, below = points.sections[axis], points.sections[axis + 1]
        length = int(bounds[-1][1]) - int(bounds[-1][0])
        lines: list[str] = []
        at = start
        if (
            rows > 1
            and -(-length // points.width) <= STRAIGHT
            and (not start.isdigit() or int(stop) - int(start) >= rows)
        ):
            count, whole, until, some = (points.fresh("%r") for _ in range(4))
            enter, joined = points.fresh("several"), points.fresh("joined")
            before = section.block
            lines += [
                f"  {count} = sub i64 {stop}, {start}", f"  {whole} = and i64 {count}, {-rows}",
                f"  {until} = add i64 {start}, {whole}", f"  {some} = icmp sgt i64 {whole}, 0",
                f"  br i1 {some}, label %{enter}, label %{joined}", f"{enter}:",
            ]  # fmt: skip
            section.block = enter
            head, after = points.fresh("head"), points.fresh("after")
            row_section = Body(points.module, head, points.names)
            row_section.lines = []
            index = points.fresh("%i")
            inner = self._jammed_rows(index, row_section, int(bounds[-1][0]), length)
            lines += self._counted(section, start, until, rows, index, head, after, inner, row_section)
            left, rest, done = points.fresh("%r"), points.fresh("rest"), points.fresh("done")
            lines += [
                f"  br label %{joined}", f"{joined}:", f"  {left} = icmp slt i64 {until}, {stop}",
                f"  br i1 {left}, label %{rest}, label %{done}", f"{rest}:",
            ]  # fmt: skip
            section.block, at = rest, until
            del before
        else:
            done = ""
        head, after = points.fresh("head"), points.fresh("after")
        below.lines, below.block = [], head
        inner = self.lines(axis + 1, bounds)
        lines += self._counted(section, at, stop, 1, points.index[axis], head, after, inner, below)
        if done:
            lines += [f"  br label %{done}", f"{done}:"]
            section.block = done
        return lines

    def _jammed_rows(self, index: str, section: Body, first: int, length: int) -> list[str]:
        """Return the lines for as many rows as a vector has lanes, from row `index` on."""
        points, width = self.points, self.points.width
        names = [index, *(section.let(f"add i64 {index}, {row}") for row in range(1, width))]
        copies = [points.jam(self.rank - 2, section, name, {}) for name in names]
        body = Body(points.module, points.fresh("rows"), points.names)
        label = body.block
        totals = [[self._start(root, body) for _ in range(width)] for root in self.roots]
        for vector in range(-(-length // width)):
            mask = constant_mask(length - vector * width, width)
            common: dict[Any, Any] = {}
            for row, other in enumerate(copies):
                other.common = common
                inner = Inner(other, body, str(first + vector * width), 0, mask)
                for place, root in enumerate(self.roots):
                    totals[place][row] = self.accumulate(other, inner, root, totals[place][row])
        for root, rows in zip(self.roots, totals, strict=True):
            self._store_rows(root, body, names, together(body, root, rows, width))
        lines = [*section.lines, f"  br label %{label}", *body.lines]
        section.block = body.block
        return lines

    def _store_rows(self, root: Root, body: Body, names: list[str], vector: str) -> None:
        """Write the totals of several rows, which are the lanes of one vector."""
        points, element, width = self.points, ELEMENTS[root.term.dtype], self.points.width
        other = points.jam(self.rank - 2, body, names[0], {})
        address = other.address(body, element, root.pointer, 0, root.strides[:-1])
        if root.strides[-2] == 1:
            body.do(f"store <{width} x {MEMORY[element]}> {vector}, ptr {address}, align 4")
            return
        for lane in range(width):
            number = body.let(f"extractelement <{width} x {element}> {vector}, i32 {lane}")
            place = body.let(f"getelementptr {MEMORY[element]}, ptr {address}, i64 {lane * root.strides[-2]}")
            body.do(f"store {MEMORY[element]} {number}, ptr {place}")

    # --- tiles of columns

    def _columns(self, start: str, stop: str) -> list[str]:
        """Return the loops of sums along the second to last axis: one for each tile of columns."""
        points, width = self.points, self.points.width
        first, last = points.bounds[-1]
        vectors = -(-(last - first) // width)
        tile = max(1, min(vectors, REGISTERS // len(self.roots)))
        lines: list[str] = []
        for begin in range(0, vectors, tile):
            offsets = [first + vector * width for vector in range(begin, min(begin + tile, vectors))]
            masks = [constant_mask(last - offset, width) for offset in offsets]
            lines += self._tile(start, stop, offsets, masks)
        return lines

    def _tile(self, start: str, stop: str, offsets: list[int], masks: list[str | None]) -> list[str]:
        points = self.points
        section = points.sections[self.rank - 2]
        copies = max(1, min(4, REGISTERS // (len(offsets) * len(self.roots))))
        body = Body(points.module, section.block, points.names)
        body.lines = []
        state = [[[self._start(root, body) for root in self.roots] for _ in offsets] for _ in range(copies)]
        if copies > 1:
            state, at = self._down(body, start, stop, copies, state, offsets, masks)
            one, _ = self._down(body, at, stop, 1, state[:1], offsets, masks)
            state = [*one, *state[1:]]
        else:
            state, _ = self._down(body, start, stop, 1, state, offsets, masks)
        for place, (offset, mask) in enumerate(zip(offsets, masks, strict=True)):
            for number, root in enumerate(self.roots):
                lanes = Lanes(body, points.width, REALS.get(root.term.dtype, "double"))
                total = state[0][place][number]
                for other in state[1:]:
                    total = combine(lanes, root.how, root.term.dtype, total, other[place][number])
                element = ELEMENTS[root.term.dtype]
                row = points.address(body, element, root.pointer, 0, root.strides[:-1])
                inner = Inner(points, body, str(offset), 0, mask)
                if not (self.direct and self.rank > 2):
                    total = combine(lanes, root.how, root.term.dtype, inner.load(element, row, root.strides[-1]), total)
                inner.store(element, row, root.strides[-1], total)
        section.block = body.block
        return body.lines

    def _down(
        self, body: Body, start: str, stop: str, copies: int, state: list[list[list[str]]], offsets: list[int],
        masks: list[str | None],
    ) -> tuple[list[list[list[str]]], str]:  # fmt: skip
        """Write the loop down the rows, `copies` at once; return the totals after it and the row at which it ends."""
        points, axis = self.points, self.rank - 2
        until = stop
        if copies > 1:
            whole = body.let(f"and i64 {body.let(f'sub i64 {stop}, {start}')}, {-copies}")
            until = body.let(f"add i64 {start}, {whole}")
        enter, head, after, done = (points.fresh(stem) for stem in ("down", "head", "after", "done"))
        some = body.let(f"icmp slt i64 {start}, {until}")
        before = body.block
        body.do(f"br i1 {some}, label %{enter}, label %{done}")
        body.label(enter)
        body.do(f"br label %{head}")
        section = Body(points.module, head, points.names)
        section.lines = []
        index = points.fresh("%i")
        names = [index, *(section.let(f"add i64 {index}, {row}") for row in range(1, copies))]
        phis = [[[points.fresh("%a") for _ in self.roots] for _ in offsets] for _ in range(copies)]
        work = Body(points.module, points.fresh("work"), points.names)
        label = work.block
        rows = [points.jam(axis, section, name, {}) for name in names]
        results = [[[""] * len(self.roots) for _ in offsets] for _ in range(copies)]
        for place, (offset, mask) in enumerate(zip(offsets, masks, strict=True)):
            common: dict[Any, Any] = {}
            for copy, row in enumerate(rows):
                row.common = common
                inner = Inner(row, work, str(offset), 0, mask)
                for number, root in enumerate(self.roots):
                    results[copy][place][number] = self.accumulate(row, inner, root, phis[copy][place][number])
        i_next, more = points.fresh("%n"), points.fresh("%c")
        body.label(head)
        body.do(f"{index} = phi i64 [{start}, %{enter}], [{i_next}, %{work.block}]")
        self._phis(body, phis, state, results, enter, work.block)
        body.lines += [
            *section.lines, f"  br label %{label}", *work.lines, f"  {i_next} = add i64 {index}, {copies}",
            f"  {more} = icmp slt i64 {i_next}, {until}", f"  br i1 {more}, label %{head}, label %{after}", f"{after}:",
            f"  br label %{done}",
        ]  # fmt: skip
        body.label(done)
        joined = [[[points.fresh("%a") for _ in self.roots] for _ in offsets] for _ in range(copies)]
        self._phis(body, joined, state, results, before, after)
        return joined, until

    def _phis(self, body: Body, names: Any, first: Any, second: Any, first_block: str, second_block: str) -> None:
        for copy, tile in enumerate(names):
            for place, totals in enumerate(tile):
                for number, name in enumerate(totals):
                    kind = self._kind(self.roots[number])
                    body.do(f"{name} = phi {kind} [{first[copy][place][number]}, %{first_block}], "
                            f"[{second[copy][place][number]}, %{second_block}]")  # fmt: skip

    # --- vectors along the last axis

    def _innermost(self, points: Points, section: Body, start: str, stop: str) -> list[str]:
        """Return the loops over vectors: unrolled, and what is left under a mask."""
        width = points.width
        copies = 2 if self.cost <= UNROLLED and width > 1 else 1
        totals = [root for root in self.roots if self._is_total(root)]
        # What the section holds is known only when the points are written: the loops come into a body of their own.
        body = Body(points.module, points.fresh("inner"), points.names)
        label = body.block
        state = [[self._start(root, body) for root in totals] for _ in range(copies)]
        if start.isdigit() and stop.isdigit():
            length = int(stop) - int(start)
            main = length // (width * copies) * width * copies
            at = start
            if main:
                at = str(int(start) + main)
                state = self._vectors(points, body, start, at, copies, state, totals, None)
            if length > main:
                mask = None if (length - main) % width == 0 else stop
                one = self._vectors(points, body, at, stop, 1, state[:1], totals, mask)
                state = [*one, *state[1:]]
        else:
            state = self._range(points, body, start, stop, copies, state, totals)
        self._finish(points, body, totals, state)
        lines = [*section.lines, f"  br label %{label}", *body.lines]
        section.block = body.block
        return lines

    def _range(
        self, points: Points, body: Body, start: str, stop: str, copies: int, state: list[list[str]], totals: list[Root]
    ) -> list[list[str]]:
        """Write the loops over a range that is known at run time only."""
        step = points.width * copies
        whole = body.let(f"and i64 {body.let(f'sub i64 {stop}, {start}')}, {-step}")
        until = body.let(f"add i64 {start}, {whole}")

        def main() -> list[list[str]]:
            return self._vectors(points, body, start, until, copies, state, totals, None)

        state = self._if(body, body.let(f"icmp sgt i64 {whole}, 0"), main, state, totals)
        first = state

        def rest() -> list[list[str]]:
            return [*self._vectors(points, body, until, stop, 1, first[:1], totals, stop), *first[1:]]

        return self._if(body, body.let(f"icmp slt i64 {until}, {stop}"), rest, state, totals)

    def _if(
        self,
        body: Body,
        condition: str,
        write: Callable[[], list[list[str]]],
        state: list[list[str]],
        totals: list[Root],
    ) -> list[list[str]]:
        """Write what is done under a condition; return the totals after it."""
        before, enter, done = body.block, body.fresh("some"), body.fresh("done")
        body.do(f"br i1 {condition}, label %{enter}, label %{done}")
        body.label(enter)
        after = write()
        last = body.block
        body.do(f"br label %{done}")
        body.label(done)
        return [
            [
                old if old == new else body.let(f"phi {self._kind(root)} [{new}, %{last}], [{old}, %{before}]")
                for root, old, new in zip(totals, olds, news, strict=True)
            ]
            for olds, news in zip(state, after, strict=True)
        ]

    def _vectors(
        self, points: Points, body: Body, start: str, stop: str, copies: int, state: list[list[str]], totals: list[Root],
        masked: str | None,
    ) -> list[list[str]]:  # fmt: skip
        """Write one loop of `copies` vectors an iteration; `masked` is the end, where the last vector may pass it."""
        width = points.width
        before, head, after = body.block, points.fresh("vector"), points.fresh("vectors")
        body.do(f"br label %{head}")
        body.label(head)
        i, i_next = points.fresh("%j"), points.fresh("%j")
        phis = [[points.fresh("%a") for _ in totals] for _ in range(copies)]
        place = len(body.lines)
        mask = runtime_mask(body, i, masked, width) if masked is not None and width > 1 else None
        results = [
            self._point(points, Inner(points, body, i, width * copy, mask), totals, phis[copy])
            for copy in range(copies)
        ]
        last = body.block
        heads = [f"  {i} = phi i64 [{start}, %{before}], [{i_next}, %{last}]"]
        for phi, old, new in zip(phis, state, results, strict=True):
            for name, root, first, then in zip(phi, totals, old, new, strict=True):
                heads.append(f"  {name} = phi {self._kind(root)} [{first}, %{before}], [{then}, %{last}]")
        body.lines[place:place] = heads
        body.do(f"{i_next} = add i64 {i}, {width * copies}")
        body.do(f"br i1 {body.let(f'icmp slt i64 {i_next}, {stop}')}, label %{head}, label %{after}")
        body.label(after)
        return results

    def _point(self, points: Points, inner: Inner, totals: list[Root], before: list[str]) -> list[str]:
        """Write the body at one vector of points; return the new totals of what is reduced along the innermost axis."""
        body = inner.body
        after: list[str] = []
        for root in self.roots:
            if self._is_total(root):
                after.append(self.accumulate(points, inner, root, before[len(after)]))
                continue
            vector = points.vector(points.value(root.term, points.start(root.term), inner), root.term, inner)
            element = ELEMENTS[root.term.dtype]
            lanes = Lanes(body, inner.width, REALS.get(root.term.dtype, "double"))
            row = points.address(points.sections[-1], element, root.pointer, 0, root.strides[:-1])
            if root.how != "store":
                how = "sum" if root.how == "add" else root.how
                vector = combine(lanes, how, root.term.dtype, inner.load(element, row, root.strides[-1]), vector)
            inner.store(element, row, root.strides[-1], vector)
        return after

    def _finish(self, points: Points, body: Body, totals: list[Root], state: list[list[str]]) -> None:
        """Write the totals of the innermost loop into memory."""
        for place, root in enumerate(totals):
            dtype = root.term.dtype
            total = state[0][place]
            for other in state[1:]:
                total = combine(
                    Lanes(body, points.width, REALS.get(dtype, "double")), root.how, dtype, total, other[place]
                )
            number = horizontal(body, root.how, dtype, total, points.width)
            element = ELEMENTS[dtype]
            address = points.address(body, element, root.pointer, 0, root.strides[:-1])
            if not (self.direct and root.strides[0] and self.rank > 1):
                before = body.let(f"load {MEMORY[element]}, ptr {address}")
                number = combine(Lanes(body, 1, REALS.get(dtype, "double")), root.how, dtype, before, number)
            body.do(f"store {MEMORY[element]} {number}, ptr {address}")


def runtime_mask(body: Body, i: str, stop: str, width: int) -> str:
    """Write which lanes from `i` on lie before the end."""
    limit = splat(body, body.let(f"sub i64 {stop}, {i}"), "i64", width)
    lanes = ", ".join(f"i64 {lane}" for lane in range(width))
    return body.let(f"icmp slt <{width} x i64> <{lanes}>, {limit}")


def constant_mask(left: int, width: int) -> str | None:
    """Return which lanes of a vector are among the `left` elements that are left; None where all are."""
    if left >= width or width == 1:
        return None
    return "<" + ", ".join(f"i1 {'true' if lane < left else 'false'}" for lane in range(width)) + ">"


def together(body: Body, root: Root, rows: list[str], width: int) -> str:
    """Write one vector whose lanes are the totals of as many vectors."""
    element, dtype = ELEMENTS[root.term.dtype], root.term.dtype
    kind = f"<{width} x {element}>"
    lanes = Lanes(body, width, REALS.get(dtype, "double"))
    size = width // 2
    while size:
        blocks = width // size
        joined = []
        for x, y in zip(rows[::2], rows[1::2], strict=True):
            halves = []
            for odd in (0, 1):
                picked = [
                    source * width + block * size + lane
                    for source in (0, 1) for block in range(odd, blocks, 2) for lane in range(size)
                ]  # fmt: skip
                order = ", ".join(f"i32 {lane}" for lane in picked)
                halves.append(body.let(f"shufflevector {kind} {x}, {kind} {y}, <{width} x i32> <{order}>"))
            joined.append(combine(lanes, root.how, dtype, *halves))
        rows = joined
        size //= 2
    return rows[0]

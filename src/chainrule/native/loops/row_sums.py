"""Owns sums along the last axis: of as many rows at once as a vector has lanes, so that their totals are one vector."""

from __future__ import annotations

from typing import Any

from chainrule.native.loops.inner import MEMORY, Inner, constant_mask
from chainrule.native.loops.nests import Bounds, Nest
from chainrule.native.loops.points import Root
from chainrule.native.loops.reductions import combine, horizontal
from chainrule.native.machine.text import Body
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes

STRAIGHT = 8
"""A last axis of up to so many vectors is written without a loop."""


class RowSums(Nest):
    """Writes the loops of reductions along the last axis. Every row's total is taken in one order: equal rows have equal ones."""

    def lines(self, axis: int, bounds: Bounds) -> list[str]:
        """Return the lines of the loops from `axis` inward, with what stands before them."""
        if axis != self.rank - 2:
            return super().lines(axis, bounds)
        inner = self._dots(*bounds[axis], bounds)  # which adds to the section's lines
        return [*self.points.sections[axis].lines, *inner]

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
            inner = self._rows(index, row_section, int(bounds[-1][0]), length, rows)
            lines += self.counted(section, start, until, rows, index, head, after, inner, row_section)
            left, rest, done = points.fresh("%r"), points.fresh("rest"), points.fresh("done")
            lines += [
                f"  br label %{joined}", f"{joined}:", f"  {left} = icmp slt i64 {until}, {stop}",
                f"  br i1 {left}, label %{rest}, label %{done}", f"{rest}:",
            ]  # fmt: skip
            section.block, at = rest, until
        else:
            done = ""
        head, after = points.fresh("head"), points.fresh("after")
        below.lines, below.block = [], head
        one = self._rows(points.index[axis], below, int(bounds[-1][0]), length, 1) if done else []
        inner = one or self.lines(axis + 1, bounds)
        lines += self.counted(section, at, stop, 1, points.index[axis], head, after, inner, below)
        if done:
            lines += [f"  br label %{done}", f"{done}:"]
            section.block = done
        return lines

    def _rows(self, index: str, section: Body, first: int, length: int, count: int) -> list[str]:
        """Return the lines for one row, or for as many as a vector has lanes, from row `index` on."""
        points, width = self.points, self.points.width
        names = [index, *(section.let(f"add i64 {index}, {row}") for row in range(1, count))]
        copies = [points.jam(self.rank - 2, section, name, {}) for name in names]
        body = Body(points.module, points.fresh("rows"), points.names)
        label = body.block
        totals = [[self.start_of(root, body) for _ in names] for root in self.roots]
        for vector in range(-(-length // width)):
            mask = constant_mask(length - vector * width, width)
            common: dict[Any, Any] = {}
            for row, other in enumerate(copies):
                other.common = common
                inner = Inner(other.width, body, str(first + vector * width), 0, mask)
                for place, root in enumerate(self.roots):
                    totals[place][row] = self.accumulate(other, inner, root, totals[place][row])
        for root, rows in zip(self.roots, totals, strict=True):
            if count == 1:
                self._store_row(root, body, index, horizontal(body, root.how, root.term.dtype, rows[0], width))
            else:
                self._store_rows(root, body, names, together(body, root, rows, width))
        lines = [*section.lines, f"  br label %{label}", *body.lines]
        section.block = body.block
        return lines

    def _store_row(self, root: Root, body: Body, name: str, total: str) -> None:
        """Write the total of one row."""
        element = ELEMENTS[root.term.dtype]
        other = self.points.jam(self.rank - 2, body, name, {})
        address = other.address(body, element, root.pointer, 0, root.strides[:-1])
        body.do(f"store {MEMORY[element]} {total}, ptr {address}")

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

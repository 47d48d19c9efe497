"""Owns sums along the second to last axis: a tile of columns stays in registers while a loop goes down the rows."""

from __future__ import annotations

from typing import Any

from chainrule.native.instructions import ELEMENTS, REALS
from chainrule.native.lanes import Lanes
from chainrule.native.nests import Bounds, Nest, constant_mask
from chainrule.native.points import Inner
from chainrule.native.reductions import combine
from chainrule.native.text import Body

REGISTERS = 8
"""So many vectors of totals are kept."""
WIDEST = 2048
"""Rows of up to so many elements are summed in tiles of columns."""


class ColumnSums(Nest):
    """Writes the loops of reductions along the second to last axis."""

    def lines(self, axis: int, bounds: Bounds) -> list[str]:
        """Return the lines of the loops from `axis` inward, with what stands before them."""
        if axis != self.rank - 2:
            return super().lines(axis, bounds)
        inner = self._columns(*bounds[axis])  # which adds to the section's lines
        return [*self.points.sections[axis].lines, *inner]

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
        state = [[[self.start_of(root, body) for root in self.roots] for _ in offsets] for _ in range(copies)]
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
                    kind = self.kind(self.roots[number])
                    body.do(f"{name} = phi {kind} [{first[copy][place][number]}, %{first_block}], "
                            f"[{second[copy][place][number]}, %{second_block}]")  # fmt: skip

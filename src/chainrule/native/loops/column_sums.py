"""Owns sums along the second to last axis: a tile of columns stays in registers while a loop goes down the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.native.loops.inner import Inner, constant_mask
from chainrule.native.loops.nests import Bounds, Nest
from chainrule.native.loops.points import Points
from chainrule.native.loops.reductions import combine
from chainrule.native.machine.text import Body
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes

REGISTERS = 8
"""So many vectors of totals are kept."""
MOST_ROWS = 4
"""So many rows, or places of the axis that is summed, are taken at once."""
SHORT = 12
"""Bodies of up to so many operations are written for several rows."""
WIDEST = 2048
"""Rows of up to so many elements are summed in tiles of columns."""


class ColumnSums(Nest):
    """Writes the loops of reductions along the second to last axis.

    Rows of the axis before it are taken several at once: what all of them multiply, such as the right one of two matrices, is
    read once for them. `block` is how many; a row's sum is taken in one order, in a block or alone.
    """

    def __init__(self, points: Points, direct: bool, cost: int) -> None:
        super().__init__(points, direct, cost)
        first, last = points.bounds[-1]
        self.vectors = -(-(last - first) // points.width)
        self.block = 1
        if self.rank > 2 and cost <= SHORT:
            low, high = points.bounds[self.rank - 3]
            self.block = max(1, min(MOST_ROWS, high - low, REGISTERS // (self.vectors * len(self.roots))))

    def lines(self, axis: int, bounds: Bounds) -> list[str]:
        """Return the lines of the loops from `axis` inward, with what stands before them."""
        if axis == self.rank - 3 and self.block > 1:
            inner = self._blocks(axis, bounds)
        elif axis == self.rank - 2:
            inner = self._columns(*bounds[axis], [self.points])
        else:
            return super().lines(axis, bounds)
        return [*self.points.sections[axis].lines, *inner]  # to which the inner lines have added

    def _blocks(self, axis: int, bounds: Bounds) -> list[str]:
        """Return the loops over several rows at once, then over those that are left."""
        points = self.points
        section, below = points.sections[axis], points.sections[axis + 1]
        start, stop = bounds[axis]
        body = Body(points.module, section.block, points.names)
        body.lines = []
        whole = body.let(f"and i64 {body.let(f'sub i64 {stop}, {start}')}, {-self.block}")
        until = body.let(f"add i64 {start}, {whole}")
        several, joined, rest, done = (points.fresh(stem) for stem in ("several", "joined", "rest", "done"))
        body.do(f"br i1 {body.let(f'icmp sgt i64 {whole}, 0')}, label %{several}, label %{joined}")
        body.label(several)
        head, after = points.fresh("head"), points.fresh("after")
        below.lines, below.block = [], head
        index = points.fresh("%i")
        names = [index, *(below.let(f"add i64 {index}, {row}") for row in range(1, self.block))]
        columns = self._columns(*bounds[axis + 1], [points.beside(axis, name) for name in names])
        body.lines += self.counted(body, start, until, self.block, index, head, after, [*below.lines, *columns], below)
        body.do(f"br label %{joined}")
        body.label(joined)
        body.do(f"br i1 {body.let(f'icmp slt i64 {until}, {stop}')}, label %{rest}, label %{done}")
        body.label(rest)
        head, after = points.fresh("head"), points.fresh("after")
        below.lines, below.block = [], head
        columns = self._columns(*bounds[axis + 1], [points])
        index = points.index[axis]
        body.lines += self.counted(body, until, stop, 1, index, head, after, [*below.lines, *columns], below)
        body.do(f"br label %{done}")
        body.label(done)
        section.block = body.block
        return body.lines

    def _columns(self, start: str, stop: str, rows: Sequence[Points]) -> list[str]:
        """Return the loops of sums along the second to last axis: over tiles of columns, then one for the rest of them."""
        points = self.points
        first, last = points.bounds[-1]
        width = points.width
        most = max(1, min(self.vectors, REGISTERS // len(self.roots)))
        tile = -(-self.vectors // -(-self.vectors // most))  # as even as can be
        # As many places at once in all of them, so that equal columns have equal totals.
        copies = max(1, min(MOST_ROWS, REGISTERS // (tile * len(self.roots) * self.block)))
        lines: list[str] = []
        alike = (last - first) // (tile * width)
        if alike > 1:
            section = points.sections[self.rank - 2]
            head, after, column = points.fresh("head"), points.fresh("after"), points.fresh("%i")
            before, section.block = section.block, head
            offsets = Body(points.module, head, points.names)
            offsets.lines = []
            names = [column, *(offsets.let(f"add i64 {column}, {vector * width}") for vector in range(1, tile))]
            inner = [*offsets.lines, *self._tile(start, stop, names, [None] * tile, rows, copies)]
            last_block = Body(points.module, section.block, points.names)
            section.block = before
            end = str(first + alike * tile * width)
            lines += self.counted(section, str(first), end, tile * width, column, head, after, inner, last_block)
        for begin in range(alike * tile if alike > 1 else 0, self.vectors, tile):
            places = [first + vector * width for vector in range(begin, min(begin + tile, self.vectors))]
            masks = [constant_mask(last - place, width) for place in places]
            lines += self._tile(start, stop, [str(place) for place in places], masks, rows, copies)
        return lines

    def _tile(
        self, start: str, stop: str, offsets: list[str], masks: list[str | None], rows: Sequence[Points], copies: int
    ) -> list[str]:
        section = self.points.sections[self.rank - 2]
        body = Body(self.points.module, section.block, self.points.names)
        body.lines = []
        state = [
            [[self.start_of(root, body) for root in self.roots] for _ in offsets] for _ in range(copies * len(rows))
        ]
        if copies > 1:
            state, at = self._down(body, start, stop, copies, state, offsets, masks, rows)
            one, _ = self._down(body, at, stop, 1, state[::copies], offsets, masks, rows)
            state = [one[place // copies] if place % copies == 0 else each for place, each in enumerate(state)]
        else:
            state, _ = self._down(body, start, stop, 1, state, offsets, masks, rows)
        for number, row in enumerate(rows):
            self._store(body, row, state[number * copies : (number + 1) * copies], offsets, masks)
        section.block = body.block
        return body.lines

    def _store(
        self, body: Body, points: Points, state: list[list[list[str]]], offsets: list[str], masks: list[str | None]
    ) -> None:
        """Write the totals of a row into memory."""
        for place, (offset, mask) in enumerate(zip(offsets, masks, strict=True)):
            for number, root in enumerate(self.roots):
                lanes = Lanes(body, points.width, REALS.get(root.term.dtype, "double"))
                total = state[0][place][number]
                for other in state[1:]:
                    total = combine(lanes, root.how, root.term.dtype, total, other[place][number])
                element = ELEMENTS[root.term.dtype]
                row = points.address(body, element, root.pointer, 0, root.strides[:-1])
                inner = Inner(points.width, body, offset, 0, mask)
                if not (self.direct and self.rank > 2):
                    total = combine(lanes, root.how, root.term.dtype, inner.load(element, row, root.strides[-1]), total)
                inner.store(element, row, root.strides[-1], total)

    def _down(
        self, body: Body, start: str, stop: str, copies: int, state: list[list[list[str]]], offsets: list[str],
        masks: list[str | None], rows: Sequence[Points],
    ) -> tuple[list[list[list[str]]], str]:  # fmt: skip
        """Write the loop down the axis that is summed, `copies` of its places at once, for each of some rows.

        state: totals by row and copy, column and root. Return those after the loop, and the place at which it ends.
        """
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
        phis = [[[points.fresh("%a") for _ in self.roots] for _ in offsets] for _ in state]
        work = Body(points.module, points.fresh("work"), points.names)
        label = work.block
        writers = [row.jam(axis, section, name, {}) for row in rows for name in names]
        results = [[[""] * len(self.roots) for _ in offsets] for _ in state]
        for place, (offset, mask) in enumerate(zip(offsets, masks, strict=True)):
            common: list[dict[Any, Any]] = [{} for _ in names]
            for number, writer in enumerate(writers):
                # What several rows share at one place of the axis; where there is one row, what its places share.
                writer.common = common[number % copies if len(rows) > 1 else 0]
                writer.jammed = axis - 1 if len(rows) > 1 else axis
                inner = Inner(writer.width, work, offset, 0, mask)
                for which, root in enumerate(self.roots):
                    results[number][place][which] = self.accumulate(writer, inner, root, phis[number][place][which])
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
        joined = [[[points.fresh("%a") for _ in self.roots] for _ in offsets] for _ in state]
        self._phis(body, joined, state, results, before, after)
        return joined, until

    def _phis(self, body: Body, names: Any, first: Any, second: Any, first_block: str, second_block: str) -> None:
        for copy, tile in enumerate(names):
            for place, totals in enumerate(tile):
                for number, name in enumerate(totals):
                    kind = self.kind(self.roots[number])
                    body.do(f"{name} = phi {kind} [{first[copy][place][number]}, %{first_block}], "
                            f"[{second[copy][place][number]}, %{second_block}]")  # fmt: skip

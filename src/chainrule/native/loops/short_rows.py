"""Owns loops over short rows: totals of columns, and of everything, stay in registers from one row to the next.

In memory each row would have to wait for what the row before it has just written there.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.native.loops.inner import Inner, constant_mask
from chainrule.native.loops.nests import Bounds, Nest
from chainrule.native.loops.points import Root
from chainrule.native.loops.reductions import IDENTITY, combine, horizontal
from chainrule.native.machine.text import Body
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes
from chainrule.passes.terms import Shape

MOST = 4
"""Rows of up to so many vectors are written without a loop along them."""
REGISTERS = 8
"""So many vectors of totals are kept."""


class ShortRows(Nest):
    """Writes the loops over short rows of which some totals go across rows.

    A total of columns has a vector for each vector of a row, and so has a total of everything, whose vectors are added up at
    the end; a total of each row is finished in the row.
    """

    @staticmethod
    def fits(lengths: Shape, roots: Sequence[Root], width: int) -> bool:
        """Whether rows are short enough for what is kept of them."""
        if len(lengths) < 2:
            return False
        kept = [root for root in roots if _goes_across(root)]
        vectors = -(-lengths[-1] // width)
        return bool(kept) and vectors <= MOST and vectors * len(kept) <= REGISTERS

    @classmethod
    def is_direct(cls, root: Root) -> bool:
        """Whether the loops over the last two axes give all of a reduction that keeps its first axis."""
        if not _goes_across(root) or not root.strides[0]:
            return super().is_direct(root)
        return all(root.strides[:-2])

    def _is_total(self, root: Root) -> bool:
        return super()._is_total(root) or _goes_across(root)

    def lines(self, axis: int, bounds: Bounds) -> list[str]:
        """Return the lines of the loops from `axis` inward, with what stands before them."""
        if axis != self.rank - 2:
            return super().lines(axis, bounds)
        points, (start, stop) = self.points, bounds[axis]
        section, row = points.sections[axis], points.sections[axis + 1]
        head, after = points.fresh("head"), points.fresh("after")
        first, last = points.bounds[-1]
        places = range(first, last, points.width)
        totals = [root for root in self.roots if self._is_total(root)]
        kept = [number for number, root in enumerate(totals) if _goes_across(root)]
        phis = {(place, number): points.fresh("%a") for place in places for number in kept}
        row.lines, row.block = [], head
        body = Body(points.module, points.fresh("row"), points.names)
        label = body.block
        state = [self.start_of(root, body) for root in totals]
        sums: dict[tuple[int, int], str] = {}
        for place in places:
            before = [phis.get((place, number), total) for number, total in enumerate(state)]
            mask = constant_mask(last - place, points.width)
            state = self._point(points, Inner(points.width, body, str(place), 0, mask), before)
            sums |= {(place, number): state[number] for number in kept}
        own = [number for number in range(len(totals)) if number not in kept]
        self._finish(points, body, [totals[number] for number in own], [[state[number] for number in own]])
        heads = []
        for (place, number), name in phis.items():
            root = totals[number]
            begin = self.start_of(root, section)
            heads.append(
                f"  {name} = phi {self.kind(root)} [{begin}, %{section.block}], [{sums[place, number]}, %{body.block}]"
            )
        inner = [*heads, *row.lines, f"  br label %{label}", *body.lines]
        row.block = body.block
        before_lines = [*section.lines]
        lines = self.counted(section, start, stop, 1, points.index[axis], head, after, inner, row)
        end = Body(points.module, after, points.names)
        end.lines = []
        for number in kept:
            self._keep(end, totals[number], [(place, sums[place, number]) for place in places])
        section.block = end.block
        return [*before_lines, *lines, *end.lines]

    def _keep(self, body: Body, root: Root, totals: list[tuple[int, str]]) -> None:
        """Write totals across rows into memory. totals: by the place of a row's vector."""
        if not root.strides[-1]:
            lanes = Lanes(body, self.points.width, REALS.get(root.term.dtype, "double"))
            (_, total), *others = totals
            for _, other in others:
                total = combine(lanes, root.how, root.term.dtype, total, other)
            self._store_total(body, root, horizontal(body, root.how, root.term.dtype, total, self.points.width))
            return
        element, last = ELEMENTS[root.term.dtype], self.points.bounds[-1][1]
        row = self.points.address(body, element, root.pointer, 0, root.strides[:-1])
        for place, total in totals:
            inner = Inner(self.points.width, body, str(place), 0, constant_mask(last - place, self.points.width))
            lanes = Lanes(body, inner.width, REALS.get(root.term.dtype, "double"))
            if not (self.direct and root.strides[0]):
                total = combine(lanes, root.how, root.term.dtype, inner.load(element, row, root.strides[-1]), total)
            inner.store(element, row, root.strides[-1], total)


def _goes_across(root: Root) -> bool:
    """Whether a reduction is over the rows, alone or with what is in them."""
    return root.how in IDENTITY and not root.strides[-2]

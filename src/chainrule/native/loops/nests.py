"""Owns the loops around points: nested, and over vectors in the innermost axis, the last one under a mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.native.loops.inner import MEMORY, Inner, constant_mask, splat
from chainrule.native.loops.points import Points, Root
from chainrule.native.loops.reductions import IDENTITY, combine, horizontal, identity
from chainrule.native.machine.text import Body
from chainrule.native.memory.layout import coordinates_of_operand
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes
from chainrule.primitives.arithmetic import MULTIPLY

UNROLLED = 70
"""Bodies of up to so many operations are unrolled twice: one iteration's latency hides behind the other's."""

Bounds = Sequence[tuple[str, str]]


class Nest:
    """Writes the loops over one box.

    direct: whether a reduction's total is all there is of it, so that it is stored and not added to memory.
    cost: operations of the body.
    """

    def __init__(self, points: Points, direct: bool, cost: int) -> None:
        self.points = points
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
        below = points.sections[axis + 1]
        head, after = points.fresh("head"), points.fresh("after")
        below.lines, below.block = [], head
        inner = self.lines(axis + 1, bounds)
        return [*section.lines, *self.counted(section, start, stop, 1, points.index[axis], head, after, inner, below)]

    def counted(
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

    @classmethod
    def is_direct(cls, root: Root) -> bool:
        """Whether the innermost loop gives all of a reduction that keeps its first axis."""
        return root.how not in IDENTITY or not root.strides[0] or (all(root.strides[:-1]) and not root.strides[-1])

    def _is_total(self, root: Root) -> bool:
        return root.how in IDENTITY and not root.strides[-1]

    def kind(self, root: Root) -> str:
        return Lanes(self.points.sections[0], self.points.width).vector(ELEMENTS[root.term.dtype])

    def start_of(self, root: Root, body: Body) -> str:
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
        return total if inner.mask is None else lanes.choose(inner.mask, total, before, self.kind(root))

    # --- vectors along the last axis

    def _innermost(self, points: Points, section: Body, start: str, stop: str) -> list[str]:
        """Return the loops over vectors: unrolled, and what is left under a mask."""
        width = points.width
        copies = 2 if self.cost <= UNROLLED and width > 1 else 1
        totals = [root for root in self.roots if self._is_total(root)]
        # What the section holds is known only when the points are written: the loops come into a body of their own.
        body = Body(points.module, points.fresh("inner"), points.names)
        label = body.block
        state = [[self.start_of(root, body) for root in totals] for _ in range(copies)]
        if start.isdigit() and stop.isdigit():
            length = int(stop) - int(start)
            main = length // (width * copies) * width * copies
            at = start
            if main:
                at = str(int(start) + main)
                state = self._vectors(points, body, start, at, copies, state, totals, None)
            full, left = (length - main) // width * width, length % width
            if full:
                start, at = at, str(int(at) + full)
                state[:1] = self._vectors(points, body, start, at, 1, state[:1], totals, None)
            if left:
                state[0] = self._point(points, Inner(width, body, at, 0, constant_mask(left, width)), state[0])
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
        first, last = points.bounds[-1]
        if last - first < step:  # such as what lies beside a slice
            return self._rest(points, body, start, stop, state, totals)
        whole = body.let(f"and i64 {body.let(f'sub i64 {stop}, {start}')}, {-step}")
        until = body.let(f"add i64 {start}, {whole}")

        def main() -> list[list[str]]:
            return self._vectors(points, body, start, until, copies, state, totals, None)

        state = self._if(body, body.let(f"icmp sgt i64 {whole}, 0"), main, state, totals)
        return self._rest(points, body, until, stop, state, totals)

    def _rest(
        self, points: Points, body: Body, start: str, stop: str, state: list[list[str]], totals: list[Root]
    ) -> list[list[str]]:
        """Write the loop over what is less than all copies take at once, the last vector under a mask."""

        def rest() -> list[list[str]]:
            return [*self._vectors(points, body, start, stop, 1, state[:1], totals, stop), *state[1:]]

        return self._if(body, body.let(f"icmp slt i64 {start}, {stop}"), rest, state, totals)

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
                old if old == new else body.let(f"phi {self.kind(root)} [{new}, %{last}], [{old}, %{before}]")
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
            self._point(points, Inner(points.width, body, i, width * copy, mask), phis[copy]) for copy in range(copies)
        ]
        last = body.block
        heads = [f"  {i} = phi i64 [{start}, %{before}], [{i_next}, %{last}]"]
        for phi, old, new in zip(phis, state, results, strict=True):
            for name, root, first, then in zip(phi, totals, old, new, strict=True):
                heads.append(f"  {name} = phi {self.kind(root)} [{first}, %{before}], [{then}, %{last}]")
        body.lines[place:place] = heads
        body.do(f"{i_next} = add i64 {i}, {width * copies}")
        body.do(f"br i1 {body.let(f'icmp slt i64 {i_next}, {stop}')}, label %{head}, label %{after}")
        body.label(after)
        return results

    def _point(self, points: Points, inner: Inner, before: list[str]) -> list[str]:
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
            row = self._row(points, inner, root)
            if root.how != "store":
                how = "sum" if root.how == "add" else root.how
                vector = combine(lanes, how, root.term.dtype, inner.load(element, row, root.strides[-1]), vector)
            if root.beside is not None:
                other = points.value(root.beside, points.start(root.beside), inner)
                inner.store_pairs(element, row, vector, points.vector(other, root.beside, inner))
            else:
                inner.store(element, row, root.strides[-1], vector)
        return after

    def _row(self, points: Points, inner: Inner, root: Root) -> str:
        """Write the address at which a row of a result starts."""
        element = ELEMENTS[root.term.dtype]
        places = [(points.value(term, at, inner), stride) for term, at, stride in root.start_of_places()]
        constant = sum(int(place.number) * stride for place, stride in places if place.number is not None)
        outer = [(place.name, stride) for place, stride in places if place.number is None and place.depth < self.rank]
        row = points.address(points.sections[-1], element, root.pointer, constant, root.strides[:-1], outer)
        for place, stride in places:
            if place.number is None and place.depth == self.rank:  # one element at a time
                offset = inner.body.let(f"mul i64 {place.name}, {stride}")
                row = inner.body.let(f"getelementptr {MEMORY[element]}, ptr {row}, i64 {offset}")
        return row

    def _finish(self, points: Points, body: Body, totals: list[Root], state: list[list[str]]) -> None:
        """Write the totals of the innermost loop into memory."""
        for place, root in enumerate(totals):
            dtype = root.term.dtype
            total = state[0][place]
            for other in state[1:]:
                total = combine(
                    Lanes(body, points.width, REALS.get(dtype, "double")), root.how, dtype, total, other[place]
                )
            self._store_total(body, root, horizontal(body, root.how, dtype, total, points.width))

    def _store_total(self, body: Body, root: Root, number: str) -> None:
        """Write a total into memory, added to what is there unless it is all there is of it."""
        dtype, element = root.term.dtype, ELEMENTS[root.term.dtype]
        address = self.points.address(body, element, root.pointer, 0, root.strides[:-1])
        if not (self.direct and root.strides[0] and self.rank > 1):
            before = body.let(f"load {MEMORY[element]}, ptr {address}")
            number = combine(Lanes(body, 1, REALS.get(dtype, "double")), root.how, dtype, before, number)
        body.do(f"store {MEMORY[element]} {number}, ptr {address}")


def runtime_mask(body: Body, i: str, stop: str, width: int) -> str:
    """Write which lanes from `i` on lie before the end."""
    limit = splat(body, body.let(f"sub i64 {stop}, {i}"), "i64", width)
    lanes = ", ".join(f"i64 {lane}" for lane in range(width))
    return body.let(f"icmp slt <{width} x i64> <{lanes}>, {limit}")

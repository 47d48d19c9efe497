"""Owns searches in sorted tables: each position is found by halving, with the same steps for every value.

Source: Knuth, "The Art of Computer Programming", vol. 3, section 6.2.1, the uniform binary search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.native.machine.text import Body
from chainrule.native.memory.layout import contiguous
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.terms import BOOL, Shape, Term
from chainrule.primitives.order import SEARCHSORTED

TOGETHER = 4
"""So many values are looked for at once: one's latency hides behind the others'."""
_WORK = 2  # operations that one step of a search counts as


def is_search(term: Term) -> bool:
    """Whether native code finds positions in a table: it has elements, of the type of the values."""
    if term.primitive is not SEARCHSORTED or not term.operands[0].size:
        return False
    table, values = term.operands
    return table.dtype in ELEMENTS and table.dtype != BOOL and values.dtype == table.dtype


def write_search(writer: Writing, state: State, term: Term) -> None:
    """Write the search for all values, which are in memory as the table is."""
    table, values = term.operands
    stored, found = writer.stored(state, table), writer.stored(state, values)
    size = table.dtype.itemsize
    search = _Search(writer.body, term, writer.pointer(state, stored, size), stored.strides[0])
    shape, strides = values.shape, found.strides
    if strides == contiguous(shape):
        shape, strides = (values.size,), (1,)
    value = writer.pointer(state, found, size)
    search.along(shape, strides, value, writer.pointer(state, state.storage[term.index], term.dtype.itemsize))
    state.done.add(term.index)
    writer.work += _WORK * values.size * table.size.bit_length()


class _Search:
    """Writes searches in one table, whose elements lie `stride` apart."""

    def __init__(self, body: Body, term: Term, table: str, stride: int) -> None:
        self.body = body
        self.table, self.stride = table, stride
        self.length = term.operands[0].size
        self.is_right = term.parameters["side"] == "right"
        self.dtype = term.operands[0].dtype
        self.element = ELEMENTS[self.dtype]
        self.lanes = Lanes(body, 1, REALS.get(self.dtype, "double"))

    def along(self, shape: Shape, strides: Shape, value: str, target: str) -> None:
        """Write the searches for an array of values: loops over its axes, the last one some values at once."""
        inner = math.prod(shape[1:])
        many = TOGETHER if len(shape) == 1 else 1
        whole, rest = divmod(shape[0], many)

        def some(at: str, count: int) -> None:
            first = self._moved(self.element, value, at, many * strides[0])
            place = self._moved("i64", target, at, many * inner)
            if len(shape) > 1:
                self.along(shape[1:], strides[1:], first, place)
            else:
                self._together(first, strides[0], place, count)

        if whole:
            self.body.repeat(whole, lambda at: some(at, many))
        if rest:
            some(str(whole), rest)

    def _moved(self, element: str, pointer: str, at: str, step: int) -> str:
        offset = at if step == 1 else self.body.let(f"mul i64 {at}, {step}")
        return self.body.let(f"getelementptr {element}, ptr {pointer}, i64 {offset}")

    def _together(self, value: str, step: int, target: str, count: int) -> None:
        """Write the loop that halves what is left of the table for some values."""
        body = self.body
        values = [
            body.let(f"load {self.element}, ptr {self._moved(self.element, value, str(k), step)}") for k in range(count)
        ]

        def turn(left: str, *places: str) -> tuple[Sequence[str], str]:
            half = body.let(f"lshr i64 {body.let(f'add i64 {left}, 1')}, 1")
            found = []
            for sought, place in zip(values, places, strict=True):
                moved = body.let(f"add i64 {place}, {half}")
                address = self._moved(self.element, self.table, body.let(f"sub i64 {moved}, 1"), self.stride)
                comes_before = self._comes_before(body.let(f"load {self.element}, ptr {address}"), sought)
                taken = body.let(f"sext i1 {comes_before} to i64")  # LLVM would make a select a branch
                found.append(body.let(f"add i64 {place}, {body.let(f'and i64 {half}, {taken}')}"))
            after = body.let(f"sub i64 {left}, {half}")
            return [after, *found], body.let(f"icmp sgt i64 {after}, 0")

        _, *found = body.carry([("i64", str(self.length)), *(("i64", "0") for _ in values)], turn)
        for k, place in enumerate(found):
            body.do(f"store i64 {place}, ptr {self._moved('i64', target, str(k), 1)}")

    def _comes_before(self, element: str, value: str) -> str:
        """Write whether an element of the table comes before a value: NaN comes after all numbers."""
        lanes = self.lanes
        if self.dtype not in REALS:
            return lanes.compare_whole("sle" if self.is_right else "slt", element, value)
        if self.is_right:
            return lanes.logic("or", lanes.compare("ole", element, value), lanes.compare("uno", value, value))
        return lanes.logic("and", lanes.compare("ult", element, value), lanes.compare("ord", element, element))

"""Owns running sums, products and extremes: each element of a line is combined with all before it, in the memory of the result.

Loops have put the elements there. They are combined in order, as NumPy does, so that results are equal to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.core.primitive import Primitive
from chainrule.native.loops.points import Loop, Root
from chainrule.native.loops.reductions import combine
from chainrule.native.machine.text import Body
from chainrule.native.memory.layout import Storage, contiguous
from chainrule.native.memory.spaces import separate
from chainrule.native.memory.steps import ACCUMULATIONS
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.terms import BOOL, Term
from chainrule.primitives.arithmetic import ADD, MULTIPLY
from chainrule.primitives.comparison import MAXIMUM, MINIMUM

TOGETHER = 4
"""So many lines are worked off at once: one's latency hides behind the others'."""
WIDE = 16
"""From so many lines beside each other on, the elements of all of them are combined as vectors."""
_COMBINED: dict[str, Primitive] = {"sum": ADD, "prod": MULTIPLY, "max": MAXIMUM, "min": MINIMUM}


def is_accumulated(term: Term) -> bool:
    """Whether native code computes a running sum, product or extreme."""
    if term.primitive not in ACCUMULATIONS or term.dtype not in ELEMENTS or term.dtype == BOOL:
        return False
    return term.operands[0].dtype == term.dtype


def write_accumulation(writer: Writing, state: State, term: Term) -> None:
    """Write how the elements in the memory of a term become those of its value."""
    axis, size = term.parameters["axis"], term.dtype.itemsize
    stacks, length, beside = math.prod(term.shape[:axis]), term.shape[axis], math.prod(term.shape[axis + 1 :])
    body, pointer = writer.body, writer.pointer(state, state.storage[term.index], size)
    state.done.add(term.index)
    if length == 1:
        return
    writer.work += term.size
    how = ACCUMULATIONS[term.primitive]
    if beside == 1:
        _lines(body, term, how, pointer, stacks, length, 1)
        return

    def stack(at: str) -> None:
        start = body.let(f"mul i64 {at}, {length * beside * size}")
        first = body.let(f"getelementptr i8, ptr {pointer}, i64 {start}")
        if beside < WIDE:
            _lines(body, term, how, first, beside, 1, beside)
            return
        second = body.let(f"getelementptr i8, ptr {first}, i64 {beside * size}")
        body.do(f"call void @{_rows(writer, term, how, beside)}(ptr {second}, ptr {first}, i64 0, i64 {length - 1})")

    body.repeat(stacks, stack)


def _rows(writer: Writing, term: Term, how: str, beside: int) -> str:
    """Write the loop that combines each row with the one before it; return its symbol."""
    rows = (term.shape[term.parameters["axis"]] - 1, beside)
    own, before = (Term(-place, None, (), {}, rows, term.dtype) for place in (1, 2))
    combined = Term(-3, _COMBINED[how], (before, own), {}, rows, term.dtype)
    memory = {each.index: (place, Storage(each, 0, contiguous(rows))) for place, each in enumerate((own, before))}
    root = Root(combined, "store", 0, contiguous(rows))
    return writer.loop_function(Loop(separate(rows), [root], lambda each: memory.get(each.index), ["own", "before"]))


def _lines(body: Body, term: Term, how: str, pointer: str, count: int, apart: int, step: int) -> None:
    """Write loops along lines that begin so far apart, some at once. step: between the elements of a line."""
    size, whole = term.dtype.itemsize, count // TOGETHER
    if whole:

        def some(at: str) -> None:
            start = body.let(f"mul i64 {at}, {TOGETHER * apart * size}")
            first = body.let(f"getelementptr i8, ptr {pointer}, i64 {start}")
            _together(body, term, how, first, TOGETHER, apart, step)

        body.repeat(whole, some)
    if count % TOGETHER:
        first = body.let(f"getelementptr i8, ptr {pointer}, i64 {whole * TOGETHER * apart * size}")
        _together(body, term, how, first, count % TOGETHER, apart, step)


def _together(body: Body, term: Term, how: str, pointer: str, count: int, apart: int, step: int) -> None:
    """Write the loop along so many lines at once, whose totals stay in registers."""
    element, length = ELEMENTS[term.dtype], term.shape[term.parameters["axis"]]
    lanes = Lanes(body, 1, REALS.get(term.dtype, "double"))
    starts = [body.let(f"getelementptr {element}, ptr {pointer}, i64 {place * apart}") for place in range(count)]
    totals = [body.let(f"load {element}, ptr {start}") for start in starts]

    def turn(index: str, *running: str) -> tuple[Sequence[str], str]:
        offset = body.let(f"mul i64 {index}, {step}")
        found = []
        for start, total in zip(starts, running, strict=True):
            address = body.let(f"getelementptr {element}, ptr {start}, i64 {offset}")
            found.append(combine(lanes, how, term.dtype, total, body.let(f"load {element}, ptr {address}")))
            body.do(f"store {element} {found[-1]}, ptr {address}")
        after = body.let(f"add i64 {index}, 1")
        return [after, *found], body.let(f"icmp slt i64 {after}, {length}")

    body.carry([("i64", "1"), *((element, total) for total in totals)], turn)

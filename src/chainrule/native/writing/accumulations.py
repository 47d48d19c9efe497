"""Owns what runs along lines, such as running sums and recurrences: each element is combined with the one before it.

Loops have put the elements into the memory of the result. They are combined there in order, as NumPy does, so that results are
equal to the bit. The factors of a recurrence are read where they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from chainrule.core.primitive import Primitive
from chainrule.native.loops.points import Loop, Root
from chainrule.native.loops.reductions import accumulate
from chainrule.native.machine.text import Body
from chainrule.native.memory.layout import Storage
from chainrule.native.memory.spaces import separate
from chainrule.native.memory.steps import ACCUMULATIONS
from chainrule.native.vectors.instructions import ELEMENTS, REALS
from chainrule.native.vectors.lanes import Lanes
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.terms import BOOL, Shape, Term
from chainrule.primitives.arithmetic import ADD, MULTIPLY
from chainrule.primitives.comparison import MAXIMUM, MINIMUM
from chainrule.primitives.sequence import CUMMAX, CUMMIN, CUMPROD, CUMSUM

TOGETHER = 4
"""So many lines are worked off at once: one's latency hides behind the others'."""
WIDE = 16
"""From so many lines beside each other on, the elements of all of them are combined as vectors."""
_COMBINED: dict[Primitive | None, Primitive] = {CUMSUM: ADD, CUMPROD: MULTIPLY, CUMMAX: MAXIMUM, CUMMIN: MINIMUM}


class Axis(NamedTuple):
    """So many neighbors, and how far apart they are in each piece of memory, in elements."""

    length: int
    steps: Shape


def is_accumulated(term: Term) -> bool:
    """Whether native code computes what runs along a line."""
    if term.primitive not in ACCUMULATIONS or term.dtype not in ELEMENTS or term.dtype == BOOL:
        return False
    return all(operand.dtype == term.dtype for operand in term.operands)


def write_accumulation(writer: Writing, state: State, term: Term) -> None:
    """Write how the elements in the memory of a term become those of its value."""
    size, body = term.dtype.itemsize, writer.body
    stored = [state.storage[term.index], *(writer.stored(state, operand) for operand in term.operands[1:])]
    pointers = [writer.pointer(state, each, size) for each in stored]
    state.done.add(term.index)
    along = term.parameters["axis"]
    if term.shape[along] == 1:
        return
    writer.work += term.size
    axes = [Axis(*each) for each in zip(term.shape, zip(*(each.strides for each in stored), strict=True), strict=True)]
    outside, line, beside = _joined(axes[:along]), axes[along], _joined(axes[along + 1 :])
    if math.prod(axis.length for axis in beside) >= WIDE:
        symbol = _rows(writer, term, line, beside)

        def rows(firsts: Sequence[str]) -> None:
            second = body.let(f"getelementptr {ELEMENTS[term.dtype]}, ptr {firsts[0]}, i64 {line.steps[0]}")
            arguments = ", ".join(f"ptr {pointer}" for pointer in (second, *firsts))
            body.do(f"call void @{symbol}({arguments}, i64 0, i64 {line.length - 1})")

        _at_each(body, term, outside, pointers, rows)
        return
    *others, last = [*outside, *beside] or [Axis(1, (0,) * len(stored))]
    _at_each(body, term, others, pointers, lambda firsts: _lines(body, term, line, last, firsts))


def _joined(axes: Sequence[Axis]) -> list[Axis]:
    """Return axes of which neighbors are one where they are one line in each piece of memory."""
    found: list[Axis] = []
    for axis in axes:
        if axis.length == 1:
            continue
        if found and found[-1].steps == tuple(axis.length * step for step in axis.steps):
            found[-1] = Axis(found[-1].length * axis.length, axis.steps)
        else:
            found.append(axis)
    return found


def _at_each(
    body: Body, term: Term, axes: Sequence[Axis], pointers: Sequence[str], write: Callable[[Sequence[str]], None]
) -> None:
    """Write loops over axes; `write` gets the pointers at each place."""
    if not axes:
        write(pointers)
        return
    first, *others = axes
    body.repeat(
        first.length, lambda at: _at_each(body, term, others, _moved(body, term, pointers, at, first.steps), write)
    )


def _moved(body: Body, term: Term, pointers: Sequence[str], at: str | int, steps: Shape) -> list[str]:
    """Write the pointers to what is so many steps away."""
    found = []
    for pointer, step in zip(pointers, steps, strict=True):
        offset = at * step if isinstance(at, int) else body.let(f"mul i64 {at}, {step}")
        found.append(body.let(f"getelementptr {ELEMENTS[term.dtype]}, ptr {pointer}, i64 {offset}"))
    return found


def _rows(writer: Writing, term: Term, line: Axis, beside: Sequence[Axis]) -> str:
    """Write the loop that combines each row with the one before it; return its symbol."""
    rows = (line.length - 1, *(axis.length for axis in beside))
    strides = list(zip(line.steps, *(axis.steps for axis in beside), strict=True))
    own, before, *factors = (Term(-1 - place, None, (), {}, rows, term.dtype) for place in range(len(strides) + 1))
    memory = {
        each.index: (place, Storage(each, 0, steps))
        for place, (each, steps) in enumerate(zip((own, before, *factors), (strides[0], *strides), strict=True))
    }
    combined = _combined(term, own, before, *factors)
    root = Root(combined, "store", 0, strides[0])
    pointers = ["own", "before", *("factors" for _ in factors)]
    return writer.loop_function(Loop(separate(rows), [root], lambda each: memory.get(each.index), pointers))


def _combined(term: Term, own: Term, before: Term, *factors: Term) -> Term:
    """Return what becomes of each element of a row."""
    if not factors:
        return Term(-3, _COMBINED[term.primitive], (before, own), {}, own.shape, own.dtype)
    product = Term(-4, MULTIPLY, (factors[0], before), {}, own.shape, own.dtype)
    return Term(-5, ADD, (own, product), {}, own.shape, own.dtype)


def _lines(body: Body, term: Term, line: Axis, beside: Axis, pointers: Sequence[str]) -> None:
    """Write loops along lines that are beside each other, some at once."""
    whole, rest = divmod(beside.length, TOGETHER)
    if whole:
        steps = tuple(TOGETHER * step for step in beside.steps)
        body.repeat(
            whole,
            lambda at: _together(
                body, term, line, Axis(TOGETHER, beside.steps), _moved(body, term, pointers, at, steps)
            ),
        )
    if rest:
        firsts = _moved(body, term, pointers, whole * TOGETHER, beside.steps)
        _together(body, term, line, Axis(rest, beside.steps), firsts)


def _together(body: Body, term: Term, line: Axis, beside: Axis, pointers: Sequence[str]) -> None:
    """Write the loop along so many lines at once, whose totals stay in registers."""
    element, how = ELEMENTS[term.dtype], ACCUMULATIONS[term.primitive]
    lanes = Lanes(body, 1, REALS.get(term.dtype, "double"))
    starts = [_moved(body, term, pointers, place, beside.steps) for place in range(beside.length)]
    totals = [body.let(f"load {element}, ptr {start[0]}") for start in starts]

    def turn(index: str, *running: str) -> tuple[Sequence[str], str]:
        after = body.let(f"add i64 {index}, 1")
        offsets = [
            body.let(f"mul i64 {place}, {step}")
            for place, step in zip((after, *(index,) * (len(pointers) - 1)), line.steps, strict=True)
        ]
        found = []
        for start, total in zip(starts, running, strict=True):
            addresses = [
                body.let(f"getelementptr {element}, ptr {pointer}, i64 {offset}")
                for pointer, offset in zip(start, offsets, strict=True)
            ]
            own, *factors = (body.let(f"load {element}, ptr {address}") for address in addresses)
            found.append(accumulate(lanes, how, term.dtype, total, own, *factors))
            body.do(f"store {element} {found[-1]}, ptr {addresses[0]}")
        return [after, *found], body.let(f"icmp slt i64 {after}, {line.length - 1}")

    body.carry([("i64", "0"), *((element, total) for total in totals)], turn)

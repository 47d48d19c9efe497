"""Owns how loops over the same rows are run: at once, in blocks, or in chunks that threads share.

The cut into blocks and chunks depends on sizes only, and parts of sums are added in order, so that a result does not depend on
the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from chainrule.native.loops.points import Loop, Root
from chainrule.native.loops.reductions import identity_of
from chainrule.native.loops.tables import Address, Pending, zeros
from chainrule.native.machine.text import Body
from chainrule.native.memory.layout import Storage
from chainrule.native.memory.spaces import separate
from chainrule.native.schedule.row_groups import (
    BLOCK_BYTES,
    BLOCK_ELEMENTS,
    CHUNK_WORK,
    FAR,
    MOST_CHUNKS,
    NEAR_BYTES,
    PARALLEL_WORK,
)
from chainrule.native.writing.loop_calls import LoopCall
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.terms import Term

LANES, TOGETHER, LONG = 16, 64, 512
"""A block has a multiple of so many rows, which loops take at once, and a chunk of more; rows of so many elements stand alone."""


def run_rows(writer: Writing, state: State, calls: Sequence[LoopCall]) -> None:
    """Write the run of loops over the same rows."""
    rows = calls[0].lengths[0]
    work = sum(call.work for call in calls)
    writer.work += work
    block, least = _block(calls), _fewest(calls)
    if work >= PARALLEL_WORK and rows >= 2 * least:
        writer.flush()
        chunks = min(MOST_CHUNKS, max(2, work // CHUNK_WORK))
        length = -(-rows // (chunks * least)) * least
        _run_chunks(writer, state, calls, rows, length, block)
        return
    for call in calls:
        for root, size in call.totals:
            _start(writer, call.pointers[root.pointer], root, size)
    if block >= rows:
        writer.pending += [Pending(call.symbol, tuple(call.pointers), rows) for call in calls]
        return
    writer.flush()
    pointers = [[writer.name_of(address) for address in call.pointers] for call in calls]
    _blocks(writer.body, calls, pointers, "0", str(rows), block)


def _start(writer: Writing, target: Address, root: Root, size: int) -> None:
    """Write what a total is before the first row."""
    number = identity_of(root.how, root.term.dtype)
    if number == 0:
        writer.pending.append(Pending(zeros(writer.module), (target,), size * root.term.dtype.itemsize))
        return
    writer.flush()
    writer.fill(writer.name_of(target), size, number, root.term.dtype)


def _block(calls: Sequence[LoopCall]) -> int:
    """Return how many rows a block has."""
    rows, widest, least = calls[0].lengths[0], _widest(calls), _fewest(calls)
    if len(calls) == 1 and not calls[0].totals:
        return rows
    size = NEAR_BYTES if 8 * rows * widest > FAR else BLOCK_BYTES
    block = max(1, BLOCK_ELEMENTS // widest if len(calls) == 1 else size // (8 * widest))
    if least > 1:
        block = -(-block // LANES) * LANES
    return rows if block * 2 > rows else block


def _widest(calls: Sequence[LoopCall]) -> int:
    """Return how many elements a row has at most."""
    return max(math.prod(call.lengths[1:]) for call in calls)


def _fewest(calls: Sequence[LoopCall]) -> int:
    """Return of how many rows a chunk has a multiple."""
    widest = _widest(calls)
    if widest >= LONG:
        return 1
    return TOGETHER // 8 if calls[0].lengths[0] < 2 * TOGETHER and widest >= TOGETHER else TOGETHER


def _calls(body: Body, calls: Sequence[LoopCall], pointers: Sequence[Sequence[str]], low: str, high: str) -> None:
    for call, names in zip(calls, pointers, strict=True):
        arguments = ", ".join([*(f"ptr {name}" for name in names), f"i64 {low}", f"i64 {high}"])
        body.do(f"call void @{call.symbol}({arguments})")


def _blocks(
    body: Body, calls: Sequence[LoopCall], pointers: Sequence[Sequence[str]], low: str, high: str, block: int
) -> None:
    """Write the loop over the blocks of the rows from `low` to `high`."""
    before, head, after = body.block, body.fresh("rows"), body.fresh("rows")
    at, end = f"%{body.fresh('row')}", f"%{body.fresh('row')}"
    body.do(f"br label %{head}")
    body.label(head)
    body.do(f"{at} = phi i64 [ {low}, %{before} ], [ {end}, %{head} ]")
    body.do(f"{end} = add i64 {at}, {block}")
    body.module.declare("llvm.smin.i64", "i64 {}(i64, i64)")
    stop = body.let(f"call i64 @llvm.smin.i64(i64 {end}, i64 {high})")
    _calls(body, calls, pointers, at, stop)
    more = body.let(f"icmp slt i64 {end}, {high}")
    body.do(f"br i1 {more}, label %{head}, label %{after}")
    body.label(after)


def _run_chunks(writer: Writing, state: State, calls: Sequence[LoopCall], rows: int, length: int, block: int) -> None:
    """Write the run in chunks of `length` rows. Each has totals of its own, which are added up in order at the end."""
    chunks = -(-rows // length)
    known: dict[Address, str] = {}
    for call in calls:
        for address in call.pointers:
            if address not in known:
                known[address] = writer.name_of(address)
    names = {name: place for place, name in enumerate(dict.fromkeys(known.values()))}
    totals: dict[str, tuple[str, Root, int, int]] = {}
    for call in calls:
        for root, size in call.totals:
            stride = -(-size * root.term.dtype.itemsize // 64) * 64
            offset = writer.scratch(state, stride * chunks)
            name = writer.body.let(f"getelementptr i8, ptr %arena, i64 {offset}")
            totals[known[call.pointers[root.pointer]]] = (name, root, size, stride)
            names.setdefault(name, len(names))
    pointers = [[known[address] for address in call.pointers] for call in calls]
    task = _task(writer, calls, pointers, names, totals, rows, length, block)
    body = writer.body
    table = f"%{body.fresh('table')}"
    writer.entry_lines.append(f"  {table} = alloca [{len(names)} x ptr]")
    for name, place in names.items():
        body.do(f"store ptr {name}, ptr {body.let(f'getelementptr ptr, ptr {table}, i64 {place}')}")
    writer.module.declare("chainrule_parallel", "void {}(ptr, ptr, i64)")
    body.do(f"call void @chainrule_parallel(ptr @{task}, ptr {table}, i64 {chunks})")
    for target, (name, root, size, stride) in totals.items():
        writer.fill(target, size, identity_of(root.how, root.term.dtype), root.term.dtype)
        width = stride // root.term.dtype.itemsize
        part = Term(-1, None, (), {}, (chunks, size), root.term.dtype)
        read = partial(_stored_at, (1, Storage(part, 0, (width, 1))))
        loop = Loop(separate((chunks, size)), [Root(part, root.how, 0, (0, 1))], read, [target, name])
        body.do(f"call void @{writer.loop_function(loop)}(ptr {target}, ptr {name}, i64 0, i64 {chunks})")


def _stored_at(place: tuple[int, Storage], term: Term) -> tuple[int, Storage]:
    """Return where the one term of a loop is."""
    return place


def _task(
    writer: Writing, calls: Sequence[LoopCall], outside: Sequence[Sequence[str]], names: dict[str, int],
    totals: dict[str, tuple[str, Root, int, int]], rows: int, length: int, block: int,
) -> str:  # fmt: skip
    """Write the function that runs one chunk; return its name."""
    body = Body(writer.module)
    loaded = {
        name: body.let(f"load ptr, ptr {body.let(f'getelementptr ptr, ptr %context, i64 {place}')}")
        for name, place in names.items()
    }
    for target, (name, root, size, stride) in totals.items():
        place = body.let(f"mul i64 %index, {stride}")
        loaded[target] = body.let(f"getelementptr i8, ptr {loaded[name]}, i64 {place}")
        writer.fill(loaded[target], size, identity_of(root.how, root.term.dtype), root.term.dtype, body)
    low = body.let(f"mul i64 %index, {length}")
    writer.module.declare("llvm.smin.i64", "i64 {}(i64, i64)")
    high = body.let(f"call i64 @llvm.smin.i64(i64 {body.let(f'add i64 {low}, {length}')}, i64 {rows})")
    pointers = [[loaded[name] for name in each] for each in outside]
    if block >= length:
        _calls(body, calls, pointers, low, high)
    else:
        _blocks(body, calls, pointers, low, high, block)
    body.do("ret void")
    task = f"task{sum(name.startswith('task') for name in writer.module.functions)}"
    text = f"define internal void @{task}(ptr %context, i64 %index) {{\n{body.text()}\n}}"
    return writer.module.define(task, lambda: text)[1:]

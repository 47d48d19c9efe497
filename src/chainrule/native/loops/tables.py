"""Owns long runs of calls: a table of which loop runs on what memory, which takes no time to compile however long it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.native.machine.text import Body, Module

LONG = 48
"""Runs of so many calls become a table."""


class Address(NamedTuple):
    """A place in memory: so many bytes after one of the program's pointers."""

    base: str
    offset: int


class Pending(NamedTuple):
    """A call that is not written yet: of a loop over rows 0..`high`."""

    symbol: str
    addresses: tuple[Address, ...]
    high: int


class Table(NamedTuple):
    """A run of calls. symbols: of the loops in it, with the number of pointers that each takes.

    kinds: of each call the number of its symbol. data: of all calls, one after the other, the number of rows, and of each
    pointer the program's pointer and the offset. The program reads both where they are: LLVM would take longer to read them.
    """

    name: str
    calls: Sequence[Pending]
    symbols: Sequence[tuple[str, int]]
    kinds: np.ndarray[Any, np.dtype[np.int32]]
    data: np.ndarray[Any, np.dtype[np.int64]]


def table_of(calls: Sequence[Pending], name: str) -> Table:
    """Return the table of a run of calls, which is filled when it is known which of the program's pointers is which."""
    symbols = list(dict.fromkeys((call.symbol, len(call.addresses)) for call in calls))
    length = sum(1 + 2 * len(call.addresses) for call in calls)
    return Table(name, calls, symbols, np.zeros(len(calls), np.int32), np.zeros(length, np.int64))


def write_run(body: Body, table: Table, kinds: str, data: str) -> None:
    """Write the loop over a run of calls. kinds, data: the pointers to the arrays of the table."""
    before, head, after = body.block, body.fresh("calls"), body.fresh("calls")
    at, at_next, here, here_next = (f"%{body.fresh('t')}" for _ in range(4))
    body.do(f"br label %{head}")
    body.label(head)
    body.do(f"{at} = phi i64 [ 0, %{before} ], [ {at_next}, %{head} ]")
    body.do(f"{here} = phi ptr [ {data}, %{before} ], [ {here_next}, %{head} ]")
    kind = body.let(f"load i32, ptr {body.let(f'getelementptr i32, ptr {kinds}, i64 {at}')}")
    place = body.let(f"getelementptr ptr, ptr @{table.name}_symbols, i32 {kind}")
    function = body.let(f"load ptr, ptr {place}")
    body.do(f"{here_next} = call ptr {function}(ptr %bases, ptr {here})")
    body.do(f"{at_next} = add i64 {at}, 1")
    body.do(f"br i1 {body.let(f'icmp slt i64 {at_next}, {len(table.calls)}')}, label %{head}, label %{after}")
    body.label(after)


def fill_tables(module: Module, tables: Sequence[Table], slots: dict[str, int]) -> None:
    """Fill the tables, and write which functions they call."""
    for table in tables:
        places = {symbol: place for place, (symbol, _) in enumerate(table.symbols)}
        table.kinds[:] = [places[call.symbol] for call in table.calls]
        data: list[int] = []
        for _, addresses, high in table.calls:
            data.append(high)
            for base, offset in addresses:
                data += (slots[base], offset)
        table.data[:] = data
        thunks = ", ".join(f"ptr @{_thunk(module, symbol, count)}" for symbol, count in table.symbols)
        module.constant(f"{table.name}_symbols", f"private constant [{len(table.symbols)} x ptr] [{thunks}]")


def _thunk(module: Module, symbol: str, count: int) -> str:
    """Define what reads one call of a loop from a table, calls it, and returns where the next call is."""
    name = f"{symbol}_from_table"

    def write() -> str:
        body = Body(module)
        numbers = [
            body.let(f"load i64, ptr {body.let(f'getelementptr i64, ptr %data, i64 {place}')}")
            for place in range(2 * count + 1)
        ]
        pointers = []
        for slot, offset in zip(numbers[1::2], numbers[2::2], strict=True):
            base = body.let(f"load ptr, ptr {body.let(f'getelementptr ptr, ptr %bases, i64 {slot}')}")
            pointers.append(body.let(f"getelementptr i8, ptr {base}, i64 {offset}"))
        arguments = ", ".join([*(f"ptr {pointer}" for pointer in pointers), "i64 0", f"i64 {numbers[0]}"])
        body.do(f"call void @{symbol}({arguments})")
        body.do(f"ret ptr {body.let(f'getelementptr i64, ptr %data, i64 {2 * count + 1}')}")
        return f"define internal ptr @{name}(ptr %bases, ptr %data) {{\n{body.text()}\n}}"

    return module.define(name, write)[1:]


def zeros(module: Module) -> str:
    """Define what fills memory with zeros, with the interface of a loop over bytes; return its symbol."""
    module.declare("llvm.memset.p0.i64", "void {}(ptr, i8, i64, i1)")
    module.define(
        "zeros",
        lambda: (
            "define internal void @zeros(ptr %p0, i64 %low, i64 %high) {\n"
            "  call void @llvm.memset.p0.i64(ptr %p0, i8 0, i64 %high, i1 false)\n  ret void\n}"
        ),
    )
    return "zeros"

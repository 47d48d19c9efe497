"""Owns the native loop around a step: its text, and the pointers with which it runs.

There are two loops. In memory, two buffers take turns being what a step reads and what it writes. In registers, the step becomes
part of the loop, and a small state never touches memory between two steps: what one writes does not wait to be read by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.native.descents.step_memory import Memory, place_side_by_side
from chainrule.native.entry.plan import Array
from chainrule.native.machine.machine import Code
from chainrule.native.memory.arena import ALIGNMENT
from chainrule.native.program.program import Compiled

NAME = "chainrule_iterate"

# What the loop and Python tell each other: steps done, where to end, the flag that the step wrote last, and whether a finished
# step wrote it, and the step that takes the first row.
DONE, END, FLAG, STOPPED, ORIGIN = range(5)
WORDS = ALIGNMENT // 8
# What the loop is told of each record: where the next one is kept, where those go that are not, how often one is kept, and how
# many steps to go until then. After these comes where the arrays are of which each step takes a row.
PLACE, SPARE, EVERY, WAIT = range(4)
FIELDS = 4

REGISTER_BYTES = 256
"""A state of so many bytes, or less, stays in registers."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The loop as native code. call: takes addresses as `Loop` says."""

    call: Callable[..., int]
    code: Code
    written: Compiled


@final
@dataclass(frozen=True, slots=True)
class Loop:
    """How the text of a loop around `@run` is written.

    It takes `control`, the pointers for the next step and for that after it, and what it is told of the records. It returns what
    `@run` returned last.
    state: the sizes of its parts in bytes. around: so many pointers follow those of the state read; those of the
    state written, of the records, of the flag and of the arena come after them. recorded: the sizes of records.
    rows: (place among the pointers, size) of each input of which a step takes the next row.
    """

    state: Sequence[int]
    around: int
    recorded: Sequence[int]
    has_stop: bool
    rows: Sequence[tuple[int, int]] = ()

    def text(self, in_registers: bool) -> str:
        """Return the text of the loop, in registers or in memory."""
        begin, again, leave = self._in_registers() if in_registers else self._in_memory()
        tables = "" if in_registers else "%bases = phi ptr [ %first, %entry ], [ %others, %again ]"
        others = "" if in_registers else "%others = phi ptr [ %second, %entry ], [ %bases, %again ]"
        stop = ["%mark = load i8, ptr %flag", "%is_last = icmp ne i8 %mark, 0"] if self.has_stop else []
        lines = [
            f"define i64 @{NAME}(ptr %control, ptr %first, ptr %second, ptr %records) {{",
            "entry:",
            *(
                f"%{name}.at = getelementptr i64, ptr %control, i64 {at}"
                for name, at in (("end", END), ("said", STOPPED))
            ),
            "%end = load i64, ptr %end.at",
            "%start = load i64, ptr %control",
            *self._records_begin(),
            *self._rows_begin(),
            *begin,
            "br label %step",
            "step:",
            "%done = phi i64 [ %start, %entry ], [ %count, %again ]",
            tables,
            others,
            *self._records_before(),
            *self._rows_before(),
            "%status = call i64 @run(ptr %bases)",
            "%ran = icmp eq i64 %status, 0",
            "br i1 %ran, label %next, label %refused",
            "next:",
            "%count = add i64 %done, 1",
            *self._records_after(),
            *stop,
            "%is_end = icmp sge i64 %count, %end",
            f"%is_over = or i1 %is_end, {'%is_last' if self.has_stop else 'false'}",
            "br i1 %is_over, label %over, label %again",
            "again:",
            *again,
            "br label %step",
            *leave,
            "}",
        ]
        return "\n".join(line for line in lines if line)

    def _records_begin(self) -> list[str]:
        lines = []
        for k, _ in enumerate(self.recorded):
            for name, kind, at in (
                ("place", "ptr", PLACE),
                ("spare", "ptr", SPARE),
                ("every", "i64", EVERY),
                ("wait", "i64", WAIT),
            ):
                lines.append(f"%{name}{k}.at = getelementptr i64, ptr %records, i64 {k * FIELDS + at}")
                lines.append(f"%{name}{k} = load {kind}, ptr %{name}{k}.at")
            lines.append(f"%rest{k} = sub i64 %every{k}, 1")
        return lines

    def _records_before(self) -> list[str]:
        """Choose where the records of this step go."""
        first = 2 * len(self.state) + self.around
        names = range(len(self.recorded))
        lines = []
        for k in names:
            lines.append(f"%here{k} = phi ptr [ %place{k}, %entry ], [ %there{k}, %again ]")
            lines.append(f"%waits{k} = phi i64 [ %wait{k}, %entry ], [ %waiting{k}, %again ]")
        for k in names:
            lines.append(f"%is_kept{k} = icmp eq i64 %waits{k}, 0")
            lines.append(f"%to{k} = select i1 %is_kept{k}, ptr %here{k}, ptr %spare{k}")
            lines.append(f"%slot{k} = getelementptr ptr, ptr %bases, i64 {first + k}")
            lines.append(f"store ptr %to{k}, ptr %slot{k}")
        return lines

    def _records_after(self) -> list[str]:
        lines = []
        for k, size in enumerate(self.recorded):
            lines.append(f"%beyond{k} = getelementptr i8, ptr %here{k}, i64 {size}")
            lines.append(f"%there{k} = select i1 %is_kept{k}, ptr %beyond{k}, ptr %here{k}")
            lines.append(f"%less{k} = sub i64 %waits{k}, 1")
            lines.append(f"%waiting{k} = select i1 %is_kept{k}, i64 %rest{k}, i64 %less{k}")
        return lines

    def _rows_begin(self) -> list[str]:
        lines = [f"%origin.at = getelementptr i64, ptr %control, i64 {ORIGIN}", "%origin = load i64, ptr %origin.at"]
        told = FIELDS * len(self.recorded)
        for number, (place, _) in enumerate(self.rows):
            lines.append(f"%rows{place}.at = getelementptr ptr, ptr %records, i64 {told + number}")
            lines.append(f"%rows{place} = load ptr, ptr %rows{place}.at")
        return lines if self.rows else []

    def _rows_before(self) -> list[str]:
        """Give this step its rows."""
        lines = ["%row = sub i64 %done, %origin"]
        for place, size in self.rows:
            lines.append(f"%past{place} = mul i64 %row, {size}")
            lines.append(f"%row{place} = getelementptr i8, ptr %rows{place}, i64 %past{place}")
            lines.append(f"%takes{place} = getelementptr ptr, ptr %bases, i64 {place}")
            lines.append(f"store ptr %row{place}, ptr %takes{place}")
        return lines if self.rows else []

    def _said(self) -> list[str]:
        """Tell Python what the last finished step said."""
        return ["store i8 %mark, ptr %said.at"] if self.has_stop else []

    def _in_memory(self) -> tuple[list[str], list[str], list[str]]:
        begin = [f"%flag = getelementptr i64, ptr %control, i64 {FLAG}"]
        # NumPy may raise within a step: the number of whole steps is always in memory.
        again = ["store i64 %count, ptr %control"]
        leave = ["over:", *again, *self._said(), "ret i64 0", "refused:", "ret i64 %status"]
        return begin, again, leave

    def _in_registers(self) -> tuple[list[str], list[str], list[str]]:
        count = 2 * len(self.state) + self.around + len(self.recorded) + 2
        parts = list(enumerate(self.state))
        behind = len(self.state) + self.around
        begin = [f"%bases = alloca [{count} x ptr]", "%flag = alloca i8"]
        for k, size in parts:
            begin += [f"%read{k} = alloca [{size} x i8], align {ALIGNMENT}"]
            begin += [f"%written{k} = alloca [{size} x i8], align {ALIGNMENT}"]
        own = {k: f"%read{k}" for k, _ in parts} | {behind + k: f"%written{k}" for k, _ in parts} | {count - 2: "%flag"}
        for place in range(count):
            begin.append(f"%base{place} = getelementptr ptr, ptr %bases, i64 {place}")
            if place not in own:
                begin.append(f"%from{place}.at = getelementptr ptr, ptr %first, i64 {place}")
                begin.append(f"%from{place} = load ptr, ptr %from{place}.at")
            begin.append(f"store ptr {own.get(place, f'%from{place}')}, ptr %base{place}")
        for k, size in parts:
            begin.append(f"%start{k}.at = getelementptr ptr, ptr %first, i64 {k}")
            begin.append(f"%start{k} = load ptr, ptr %start{k}.at")
            begin.append(_copy(f"%read{k}", f"%start{k}", size))
        again = [_copy(f"%read{k}", f"%written{k}", size) for k, size in parts]
        over = ["over:", "store i64 %count, ptr %control", *self._said()]
        over += [
            *self._write_back("over", "%read", 0, "%done"),
            *self._write_back("ended", "%written", behind, "%done"),
        ]
        refused = ["refused:", "store i64 %done, ptr %control", *self._write_back("refused", "%read", 0, "%done")]
        return begin, again, [*over, "ret i64 0", *refused, "ret i64 %status"]

    def _write_back(self, name: str, values: str, begin: int, done: str) -> list[str]:
        """Write a state from registers to where it would lie had the steps been taken in memory."""
        lines = [
            f"%{name}.taken = sub i64 {done}, %start",
            f"%{name}.odd = trunc i64 %{name}.taken to i1",
            f"%{name}.table = select i1 %{name}.odd, ptr %second, ptr %first",
        ]
        for k, size in enumerate(self.state):
            lines.append(f"%{name}{k}.at = getelementptr ptr, ptr %{name}.table, i64 {begin + k}")
            lines.append(f"%{name}{k} = load ptr, ptr %{name}{k}.at")
            lines.append(_copy(f"%{name}{k}", f"{values}{k}", size))
        return lines


def _copy(to: str, source: str, size: int) -> str:
    return f"call void @llvm.memcpy.p0.p0.i64(ptr {to}, ptr {source}, i64 {size}, i1 false)"


@final
class Pointers:
    """The pointers for steps of even number, then of odd number, and what the loop is told of each record.

    They lie in one piece of memory, followed by the arena.
    """

    __slots__ = ("around", "_memory", "_words", "_table", "_kept", "_even", "_odd", "_records")

    def __init__(
        self,
        before: Sequence[int],
        after: Sequence[int],
        around: Sequence[np.ndarray[Any, Any]],
        kept: Sequence[np.ndarray[Any, Any]],
        spare: Sequence[np.ndarray[Any, Any]],
        every: Sequence[int],
        rows: Sequence[int],
        flag: int,
        arena: int,
    ) -> None:
        """Write them down.

        before, after: where the parts of the state are, in the two buffers. around: inputs and constants. kept: the memory of the
        records, spare: of those that are not kept, every: how often one is; never where it is 0. rows: where the
        arrays are of which each step takes the next row.
        """
        self.around = around
        count = len(before) + len(around) + len(after) + len(kept) + 2
        layout = Array(np.dtype(np.int64), (2 * count + FIELDS * len(kept) + len(rows),))
        (offset,), size = place_side_by_side([layout])
        self._memory = Memory(size + arena)
        (self._words,) = self._memory.views([layout], [offset], 0)
        fixed = [array.ctypes.data for array in around]
        last = [*(0 for _ in kept), flag, self._memory.address + size]
        self._kept = [(array.ctypes.data, array[:1].nbytes, often) for array, often in zip(kept, every, strict=True)]
        told: list[int] = []
        for (address, _, often), array in zip(self._kept, spare, strict=True):
            told += [address, array.ctypes.data, often, 0 if often else -1]
        self._words[:] = [*before, *fixed, *after, *last, *after, *fixed, *before, *last, *told, *rows]
        self._even = self._memory.address
        self._odd = self._even + 8 * count
        self._records = self._odd + 8 * count
        self._table = self._words[2 * count :]

    def addresses(self, done: int) -> tuple[int, int, int]:
        """Return where the pointers of the next step are, of that after it, and what the loop is told of the records."""
        for number, (address, size, often) in enumerate(self._kept):
            if often:
                self._table[FIELDS * number + PLACE] = address - (-done // often) * size
                self._table[FIELDS * number + WAIT] = -done % often
        return (self._odd, self._even, self._records) if done % 2 else (self._even, self._odd, self._records)

"""Owns the native loop around a step: its text, and the pointers with which it runs in two buffers that take turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.native.entry_plan import Array, Node, Scalar
from chainrule.native.machine import Code
from chainrule.native.memory import ALIGNMENT
from chainrule.native.program import Compiled
from chainrule.native.step_memory import Memory, place_side_by_side

NAME = "chainrule_iterate"

# What the loop and Python tell each other: steps done, where to end, how often records are kept, how many steps to go until
# the next is, the flag that the step wrote last, and whether a finished step wrote it.
DONE, END, EVERY, WAIT, FLAG, STOPPED = range(6)
WORDS = ALIGNMENT // 8


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The loop as native code. call: takes addresses as `loop_text` says."""

    call: Callable[..., int]
    code: Code
    written: Compiled


def loop_text(first: int, recorded: Sequence[int], has_stop: bool) -> str:
    """Return the text of the loop around `@run`.

    It takes `control`, the pointers for the next step and for that after it, where the next records are kept, and where those
    go that are not. It returns what `@run` returned last.
    first: the place of the first record among the pointers. recorded: the sizes of records in bytes.
    """
    each = list(enumerate(recorded))
    start, before, after = [], [], []
    for name, place in (("end", END), ("every", EVERY), ("wait0", WAIT), ("flag", FLAG), ("stopped", STOPPED)):
        start.append(f"%{name}.at = getelementptr i64, ptr %control, i64 {place}")
        start += [f"%{name} = load i64, ptr %{name}.at"] if place in (END, EVERY, WAIT) else []
    for k, size in each:
        for table in ("place", "spare"):
            start.append(f"%{table}{k}.at = getelementptr ptr, ptr %{table}s, i64 {k}")
            start.append(f"%{table}{k} = load ptr, ptr %{table}{k}.at")
        before.append(f"%to{k} = select i1 %is_kept, ptr %here{k}, ptr %spare{k}")
        before.append(f"%slot{k} = getelementptr ptr, ptr %bases, i64 {first + k}")
        before.append(f"store ptr %to{k}, ptr %slot{k}")
        after.append(f"%beyond{k} = getelementptr i8, ptr %here{k}, i64 {size}")
        after.append(f"%there{k} = select i1 %is_kept, ptr %beyond{k}, ptr %here{k}")
    if has_stop:
        after += ["%mark = load i8, ptr %flag.at", "store i8 %mark, ptr %stopped.at", "%is_last = icmp ne i8 %mark, 0"]
    lines = [
        f"define i64 @{NAME}(ptr %control, ptr %first, ptr %second, ptr %places, ptr %spares) {{",
        "entry:",
        *start,
        "%start = load i64, ptr %control",
        "%again = sub i64 %every, 1",
        "br label %step",
        "step:",
        "%done = phi i64 [ %start, %entry ], [ %count, %next ]",
        "%bases = phi ptr [ %first, %entry ], [ %others, %next ]",
        "%others = phi ptr [ %second, %entry ], [ %bases, %next ]",
        "%wait = phi i64 [ %wait0, %entry ], [ %waiting, %next ]",
        *(f"%here{k} = phi ptr [ %place{k}, %entry ], [ %there{k}, %next ]" for k, _ in each),
        "%is_kept = icmp eq i64 %wait, 0",
        *before,
        "%status = call i64 @run(ptr %bases)",
        "%ran = icmp eq i64 %status, 0",
        "br i1 %ran, label %next, label %leave",
        "next:",
        "%count = add i64 %done, 1",
        "store i64 %count, ptr %control",
        "%less = sub i64 %wait, 1",
        "%waiting = select i1 %is_kept, i64 %again, i64 %less",
        *after,
        "%is_end = icmp sge i64 %count, %end",
        f"%is_over = or i1 %is_end, {'%is_last' if has_stop else 'false'}",
        "br i1 %is_over, label %leave, label %step",
        "leave:",
        "ret i64 %status",
        "}",
    ]
    return "\n".join(lines)


class Pointers:
    """The pointers for steps of even number, then of odd number; places of the next records; places of those not kept.

    They lie in one piece of memory, followed by room for a record that is not kept, and the arena.
    """

    __slots__ = ("_memory", "_words", "_count", "_held", "_kept")

    def __init__(
        self,
        before: Sequence[int],
        after: Sequence[int],
        around: Sequence[np.ndarray[Any, Any]],
        kept: Sequence[np.ndarray[Any, Any]],
        flag: int,
        arena: int,
    ) -> None:
        self._count = len(before) + len(around) + len(after) + len(kept) + 2
        self._held = around
        self._kept = [(array.ctypes.data, array[:1].nbytes) for array in kept]
        layouts = [Array(np.dtype(np.uint64), (2 * self._count + 2 * len(kept),))]
        layouts += [Array(np.dtype(np.uint8), (size,)) for _, size in self._kept]
        offsets, size = place_side_by_side(layouts)
        self._memory = Memory(size + arena)
        self._words = self._memory.views(layouts[:1], offsets[:1], 0)[0]
        fixed = [array.ctypes.data for array in around]
        last = [*(0 for _ in kept), flag, self._memory.address + size]
        spares = [self._memory.address + offset for offset in offsets[1:]]
        self._words[:] = [*before, *fixed, *after, *last, *after, *fixed, *before, *last, *(0 for _ in kept), *spares]

    def addresses(self, parity: int, row: int) -> tuple[int, int, int, int]:
        """Return where the pointers of the next step are, of that after it, the places from this row on, and the spare ones."""
        for number, (address, size) in enumerate(self._kept):
            self._words[2 * self._count + number] = address + row * size
        even = self._memory.address
        odd = even + 8 * self._count
        first, second = (odd, even) if parity else (even, odd)
        return first, second, even + 16 * self._count, even + 16 * self._count + 8 * len(self._kept)


def in_order(leaf: Any, kind: Node) -> np.ndarray[Any, Any]:
    """Return an argument as an array that native code reads: its own memory, where that is in order."""
    dtype = kind.dtype if isinstance(kind, Array | Scalar) else np.dtype(float)
    found = np.ascontiguousarray(leaf, dtype).reshape(np.shape(leaf))
    return found if found.flags.aligned else found.copy()

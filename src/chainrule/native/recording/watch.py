"""Owns the watch over arrays that a trace has not recorded, such as indices: a program starts by comparing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.native.writing.writing import Writing


@dataclass(frozen=True, slots=True)
class Watched:
    """An array, and what it was when it was read.

    memory: its elements in the order in which they lie; None where there are gaps.
    """

    array: np.ndarray[Any, Any]
    memory: np.ndarray[Any, Any] | None
    before: np.ndarray[Any, Any]

    @classmethod
    def of(cls, array: np.ndarray[Any, Any]) -> Watched:
        """Watch an array from now on."""
        plain = np.asarray(array)
        memory = plain if plain.flags.c_contiguous else plain.T if plain.flags.f_contiguous else None
        if memory is not None and not memory.flags.aligned:
            memory = None
        return cls(array, memory, plain.copy() if memory is None else memory.copy())

    def has_changed(self) -> bool:
        """Whether some bit is another one now."""
        now = np.asarray(self.array) if self.memory is None else self.memory
        return now.tobytes() != self.before.tobytes()


def write_watch(writer: Writing, watched: Sequence[Watched]) -> None:
    """Write the comparison of the watched arrays with what they were; where one differs, the program refuses the call."""
    body = writer.body
    for each in watched:
        if each.memory is None or not each.memory.nbytes:
            continue
        now, before = writer.constant_array(each.memory), writer.constant_array(each.before)
        writer.module.declare("memcmp", "i32 {}(ptr, ptr, i64)")
        difference = body.let(f"call i32 @memcmp(ptr {now}, ptr {before}, i64 {each.memory.nbytes})")
        same, other = body.fresh("same"), body.fresh("changed")
        body.do(f"br i1 {body.let(f'icmp eq i32 {difference}, 0')}, label %{same}, label %{other}")
        body.label(other)
        body.do("ret i64 1")
        body.label(same)

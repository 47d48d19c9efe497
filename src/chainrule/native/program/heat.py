"""Owns heat: code is compiled fast at first, and again and better once it has run for about as long as that takes.

The program counts its calls in memory of the heat's own, and refuses the call at which it is hot, so that Python comes to know.
Where a few calls do so much that the code would be hot by then, it is compiled well at once.
"""

from __future__ import annotations

import numpy as np

from chainrule.native.writing.writing import Writing

FIRST, BEST = 0, 1
"""LLVM's levels: the one compiles about three times as fast; code of the other is up to four times as fast."""
LONGEST = 20_000
"""Code of more instructions outside of loops stays at the first level: at the other it would take too long to compile."""
FEW = 6
"""Code that is hot after so many calls is compiled well at once: it would be compiled twice otherwise."""
_LINE = 40_000  # nanoseconds that it takes to compile a line of text again, about
# Nanoseconds of a call, of an instruction outside of loops, and of one on an element.
_CALL, _INSTRUCTION, _OPERATION = 40, 8.0, 0.05


class Heat:
    """How often code has been called, and at how many calls it is hot. level: at which LLVM compiles it."""

    __slots__ = ("level", "_counts")

    def __init__(self) -> None:
        self.level = FIRST
        self._counts = np.array([0, np.iinfo(np.int64).max])

    @property
    def is_hot(self) -> bool:
        """Whether it pays to compile the code again."""
        return bool(self._counts[0] >= self._counts[1])

    def expect(self, work: int, size: int, lines: int) -> None:
        """Note how much a call does, in operations on elements.

        size: how many instructions are outside of loops. lines: of the whole text.
        """
        if size > LONGEST:
            return
        calls = int(_LINE * lines / (_CALL + _INSTRUCTION * size + _OPERATION * work))
        if calls <= FEW:
            self.level = BEST
        else:
            self._counts[1] = calls

    def write(self, writer: Writing) -> None:
        """Write the count at the start of a program."""
        body = writer.body
        count, limit = writer.constant_array(self._counts), body.fresh("limit")
        calls = body.let(f"load i64, ptr {count}")
        body.do(f"%{limit} = load i64, ptr {body.let(f'getelementptr i64, ptr {count}, i64 1')}")
        hot, cool = body.fresh("hot"), body.fresh("cool")
        body.do(f"br i1 {body.let(f'icmp sge i64 {calls}, %{limit}')}, label %{hot}, label %{cool}")
        body.label(hot)
        body.do("ret i64 1")
        body.label(cool)
        body.do(f"store i64 {body.let(f'add i64 {calls}, 1')}, ptr {count}")

"""Owns which small arrays are kept in registers: all of a short program, and of a long one those that are faster there.

In registers an array is so many numbers, each with instructions of its own, and to move numbers, as slices and joins do, takes no
instruction. In memory an operation on an array is a few instructions on vectors, and whatever is put together or taken apart is a
step of its own, which takes as long as many operations on numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.native.memory.layout import is_view
from chainrule.native.schedule.costs import weight
from chainrule.native.writing.cells import MOST, can_be_cells
from chainrule.passes.places import GATHER, SCATTER
from chainrule.passes.terms import Term
from chainrule.passes.weaving import WEAVE
from chainrule.primitives.indexing import INDEX_ADD, INDEX_SET
from chainrule.primitives.joining import STACK
from chainrule.primitives.shape import CONCATENATE, PAD, RESHAPE

CELLS = 4000
"""Operations on so many numbers of small arrays are in registers, whatever they do."""
FEW = 4
"""Arrays of up to so many numbers always are: a vector would be half empty."""
MOVED = 40
"""A step in memory that puts an array together, or takes a number out of one, takes as long as operations on so many numbers."""
_JOINS = frozenset({STACK, CONCATENATE, WEAVE, PAD, GATHER, SCATTER, INDEX_SET, INDEX_ADD})


def in_registers(order: Iterable[Term]) -> set[int]:
    """Return the indices of the terms of a program that are computed by straight-line code.

    On one processor, once code was hot, 50 Runge-Kutta steps of an orbit in six numbers, with their gradient, took 34
    microseconds in memory and 7 in registers. 200 products with a 6 x 6 matrix, each with a sine, took 15 in memory and 26 in
    registers.
    """
    few = [term for term in order if can_be_cells(term)]
    work = steps = 0
    for term in few:
        # Hot path: benchmarks/test_first_calls.py
        if term.size > FEW:
            if term.primitive in _JOINS:
                steps += 1
            elif term.primitive is not RESHAPE and not is_view(term):
                work += term.size * weight(term)
        elif term.size == 1 and any(operand.size > FEW for operand in term.operands):
            steps += 1
    most = MOST if work <= CELLS or work <= MOVED * steps else FEW
    return {term.index for term in few if term.size <= most}

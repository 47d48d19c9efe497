"""Owns row blocks: loops over the same rows, of which each needs of the others only its own row, run block by block together.

A block's rows are read from memory once and are in the cache for every loop; so a matrix that is multiplied by a vector, and
its transpose by what was made of the result, is read once. Large groups are cut into chunks, which threads share.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from chainrule.native.memory.layout import Coordinate, coordinates_of_operand, is_view
from chainrule.native.memory.steps import Step
from chainrule.native.schedule.roles import Role
from chainrule.native.schedule.schedule import Schedule
from chainrule.passes.terms import Term

FEWEST_ROWS = 16
BLOCK_BYTES = 1 << 17
"""Rows of so many bytes are a block."""
NEAR_BYTES, FAR = 1 << 14, 1 << 20
"""Of rows that come from beyond the processor's own caches, since they are more than the second, blocks are so small that what
the first loop has read is in the fastest cache when the next one reads it."""
IN_CACHE = 1 << 16
"""The rows of loops over no more bytes are in a cache anyway."""
BLOCK_ELEMENTS = 1 << 11
"""A sum of more elements than this is taken in blocks, so that rounding errors do not add up."""
LONGEST_GROUP = 16
FARTHEST = 16
"""A group looks past so many steps that cannot join it."""
PARALLEL_WORK = 300_000
"""From so much work on, in operations on elements, a group is cut into chunks."""
CHUNK_WORK = 100_000
MOST_CHUNKS = 32


Group = list[Step]
"""Steps that are done together: one step, or loops over the same rows."""


def group_steps(steps: Sequence[Step], schedule: Schedule) -> list[Group]:
    """Return the steps in an order in which loops over the same rows follow each other, in groups."""
    left = deque(steps)
    groups: list[Group] = []
    while left:
        step = left.popleft()
        group = [step]
        if step.kind != "loop" or not step.domain or step.domain[0] < FEWEST_ROWS or _fits(step):
            groups.append(group)
            continue
        targets = {piece.target.index for piece in step.pieces}
        later: list[Step] = []
        held = set(targets)  # what is not there before the group has run
        unfinished: set[int] = set()  # what is not there even then
        while left and len(group) < LONGEST_GROUP and len(later) <= FARTHEST:
            other = left.popleft()
            reads = _direct_reads(other, schedule)
            if (
                other.kind == "loop"
                and other.domain[:1] == step.domain[:1]
                and _joins(other, schedule, targets - unfinished, held)
            ):
                group.append(other)
                targets |= {piece.target.index for piece in other.pieces}
                held |= targets
            elif reads & held:
                later.append(other)
                held |= _made(other)
                unfinished |= _made(other)
            elif other.kind == "cell":
                groups.append([other])
            else:
                later.append(other)
                held |= _made(other)
                unfinished |= _made(other)
        left.extendleft(reversed(later))
        groups.append(group)
    return groups


def _fits(step: Step) -> bool:
    """Whether all rows of a loop are in a cache."""
    return math.prod(step.domain) * 8 <= IN_CACHE


def _made(step: Step) -> set[int]:
    made = {piece.target.index for piece in step.pieces}
    if step.term is not None:
        made |= {each.index for each in step.term.results or (step.term,)}
    return made


def _direct_reads(step: Step, schedule: Schedule) -> set[int]:
    """Return the terms that a step may read, whether from memory or from registers."""
    found: set[int] = set()
    stack: list[Term] = [term for piece in step.pieces for term in piece.reads]
    own = _made(step)
    if step.term is not None:
        stack.extend(step.term.operands)
    while stack:
        term = stack.pop()
        if term.index in found:
            continue
        if term.index not in own:
            found.add(term.index)
        if schedule.role(term) in (Role.POINT, Role.ALIAS) or term.index < 0 or term.index in own:
            stack.extend(term.operands)
    if step.kind in ("loop", "scatter"):
        found |= {piece.target.index for piece in step.pieces if piece.how == "add" or piece.places}
    return found


def _joins(step: Step, schedule: Schedule, targets: set[int], held: set[int]) -> bool:
    """Whether a loop reads of a group's results its own rows only, and nothing that is made after the group."""
    rank = len(step.domain)
    own = {piece.target.index for piece in step.pieces}
    if any(piece.how == "add" or piece.target.index in held for piece in step.pieces):
        return False
    seen: set[object] = set()
    stack: list[tuple[Term, tuple[Coordinate, ...]]] = []
    for piece in step.pieces:
        skip = rank - len(piece.term.shape)
        stack.append((piece.term, tuple(Coordinate(skip + axis, 1, 0) for axis in range(len(piece.term.shape)))))
    while stack:
        term, at = stack.pop()
        if (term.index, at) in seen:
            continue
        seen.add((term.index, at))
        if term.index in held and term.index not in own:
            if term.index not in targets or not at or at[0] != Coordinate(0, 1, 0) or term.shape[0] != step.domain[0]:
                return False
            if schedule.role(term) is Role.REDUCE and _reduces_rows(term):
                return False
            continue
        role = schedule.role(term)
        if role is Role.ALIAS and not is_view(term):
            if schedule.storage[term.index].buffer.index in held:
                return False
            continue
        if role in (Role.POINT, Role.ALIAS) or term.index < 0:
            for number, operand in enumerate(term.operands):
                stack.append((operand, coordinates_of_operand(term, number, at)))
    return True


def _reduces_rows(term: Term) -> bool:
    rank = len(term.operands[0].shape)
    return 0 in {axis % rank for axis in term.parameters["axis"]}

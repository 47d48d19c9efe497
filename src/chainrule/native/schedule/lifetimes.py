"""Owns lifetimes: after which group of steps of a schedule a buffer is not read any more, so that others may take its place."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.native.memory.steps import Step
from chainrule.native.schedule.roles import POINT
from chainrule.native.schedule.row_groups import Group
from chainrule.native.schedule.schedule import Schedule


def _reads(step: Step, schedule: Schedule) -> set[int]:
    """Return the buffers that a step may read: what another loop of its level makes may be read or computed again."""
    # Hot path: benchmarks/test_first_calls.py
    found: set[int] = set()
    made = [piece.target for piece in step.pieces]
    stack = [term for piece in step.pieces for term in piece.reads]
    if step.term is not None:
        made.append(step.term)
        stack += step.term.operands
    level = min([schedule.level.get(term.index, 0) for term in made], default=0)
    roles, storage = schedule.roles, schedule.storage
    seen: set[int] = set()
    while stack:
        term = stack.pop()
        if term.index in seen:
            continue
        seen.add(term.index)
        if roles.get(term.index) is POINT or term.index < 0:
            if term.index in schedule.kept:
                found.add(term.index)
                if schedule.level[term.index] < level:
                    continue
            stack.extend(term.operands)
        else:
            stored = storage.get(term.index)
            if stored is not None:
                found.add(stored.buffer.index)
    return found


def last_uses(groups: Sequence[Group], schedule: Schedule) -> dict[int, list[int]]:
    """Return for the number of each group, in the order in which they are done, the buffers that no later one reads."""
    last: dict[int, int] = {}
    for number, step in ((number, step) for number, group in enumerate(groups) for step in group):
        for piece in step.pieces:
            last[piece.target.index] = number
        if step.term is not None and step.kind != "cell":
            for made in step.term.results or (step.term,):
                last[made.index] = number
        last.update(dict.fromkeys(_reads(step, schedule), number))
    ends: dict[int, list[int]] = {}
    for index, number in last.items():
        ends.setdefault(number, []).append(index)
    return ends

"""Owns overwriting: which assignments to elements of an array can be done in its memory, since nobody reads the old one later."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.native.memory.layout import is_view
from chainrule.native.schedule.roles import ALIAS, ASSEMBLE, CALL, CELL, POINT, PRODUCT
from chainrule.native.schedule.schedule import Schedule
from chainrule.native.vectors.instructions import has_instruction
from chainrule.passes.places import SCATTER
from chainrule.passes.terms import Term
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET

_ASSIGNED = (INDEX_SET, INDEX_ADD, SCATTER)
_LAST = frozenset({PRODUCT, ASSEMBLE, CALL})
_NEVER = 1 << 62
"""After all steps."""


def overwrite(schedule: Schedule) -> None:
    """Note in a schedule which arrays are overwritten.

    What is read of them later by views that are small is copied before. What is assigned must not be read from other places of
    the array itself, unless it is kept before.
    """
    written = [
        term for term in schedule.order if schedule.roles[term.index] is ASSEMBLE and term.primitive in _ASSIGNED
    ]
    if not written:
        return
    readings = _Readings(schedule)
    for term in written:
        x, v, *places = term.operands
        if (
            schedule.role(x) is not ASSEMBLE
            or x.index in readings.wanted
            or any(_reads(schedule, p, x) for p in places)
        ):
            continue
        keeps = _reads(schedule, v, x) and not _reads_there_only(schedule, v, x, term)
        if keeps and (2 * v.size > x.size or schedule.role(v) is not POINT):
            continue
        late = readings.late_views(x, term, frozenset() if keeps else _computed_with(schedule, v))
        if late is None or 2 * sum(view.size for view in late) > x.size:
            continue
        for view in late:
            schedule.copy_alias(view)
            schedule.level[view.index] = schedule.level[x.index] + 1
        if keeps:
            schedule.kept.add(v.index)
        schedule.in_place[term.index] = x


class _Readings:
    """Who reads what, and when.

    wanted: the results, and what is read after a decision. A time is twice a level, and one more for what comes last in it: what
    is assembled, multiplied or called.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.wanted = {term.index for term in schedule.wanted}
        self.wanted.update(term.index for term in schedule.order if schedule.is_read_later(term.index))
        self._readers: dict[int, list[Term]] = {}
        self._latest = dict.fromkeys(self.wanted, _NEVER)
        for term in reversed(schedule.order):
            when = self._time(term)
            for operand in set(term.operands):
                self._readers.setdefault(operand.index, []).append(term)
                if self._latest.get(operand.index, -1) < when:
                    self._latest[operand.index] = when

    def _time(self, term: Term) -> int:
        """Return when a term reads the memory of its operands for the last time; a view does so when it is read."""
        role = self.schedule.roles[term.index]
        if role is ALIAS or (role is POINT and term.index not in self.schedule.kept):
            return self._latest.get(term.index, -1)
        return 2 * self.schedule.level[term.index] + (role in _LAST)

    def late_views(self, x: Term, term: Term, own: frozenset[int]) -> list[Term] | None:
        """Return the views by which an array is read after a term has been assigned; None where it is read otherwise too.

        own: what the loop computes that assigns; it reads each place before it writes there.
        """
        now, soonest = 2 * self.schedule.level[term.index] + 1, self.schedule.level[x.index] + 1
        own_late = self._late(term, now, own)
        late: list[Term] = []
        stack = [x]
        while stack:
            read = stack.pop()
            is_late = read.index in self.wanted
            for reader in self._readers.get(read.index, ()):
                is_after = reader.index in own_late if reader.index in own else self._time(reader) >= now
                if reader is term or not is_after:
                    continue
                is_alias = self.schedule.roles[reader.index] is ALIAS
                if is_alias and is_view(reader):
                    stack.append(reader)
                elif is_alias or read is x:
                    return None
                else:
                    is_late = True
            if is_late:
                if any(self._is_loaded_by(each, soonest) for each in self._readers.get(read.index, ())):
                    return None
                late.append(read)
        return late

    def _late(self, term: Term, now: int, own: frozenset[int]) -> set[int]:
        """Return what is read for the last time after a term has been assigned, of what its own loop computes."""
        late: set[int] = set()
        for index in sorted(own, reverse=True):  # those who read a value have larger numbers
            readers = [each for each in self._readers.get(index, ()) if each is not term]
            outside = (self._time(each) >= now for each in readers if each.index not in own)
            if index in self.wanted or any(outside) or any(each.index in late for each in readers):
                late.add(index)
        return late

    def _is_loaded_by(self, reader: Term, level: int) -> bool:
        """Whether registers are loaded before what is kept at a level is there."""
        return self.schedule.roles[reader.index] is CELL and self.schedule.level[reader.index] <= level


def _reached(schedule: Schedule, term: Term) -> Iterator[tuple[Term, bool]]:
    """Yield what a loop that computes a term reads or computes, each once, and whether it is computed or read through a view."""
    stack, seen = [term], set()
    while stack:
        each = stack.pop()
        if each.index in seen:
            continue
        seen.add(each.index)
        is_inside = schedule.role(each) in (POINT, ALIAS) and each.index not in schedule.kept
        yield each, is_inside
        if is_inside:
            stack.extend(each.operands)


def _reads(schedule: Schedule, term: Term, other: Term) -> bool:
    """Whether computing a term in a loop reads the memory of another one."""
    return any(each is other for each, _ in _reached(schedule, term))


def _computed_with(schedule: Schedule, term: Term) -> frozenset[int]:
    """Return what a loop computes, or reads through views, on the way to a term."""
    return frozenset(each.index for each, is_inside in _reached(schedule, term) if is_inside)


def _reads_there_only(schedule: Schedule, v: Term, x: Term, term: Term) -> bool:
    """Whether what is assigned at each place reads that place of the array, and no other one."""
    if term.primitive is SCATTER:
        return False
    stack, seen = [v], set()
    while stack:
        each = stack.pop()
        if each.index in seen:
            continue
        seen.add(each.index)
        if each.primitive is INDEX and each.operands[0] is x:
            if each.parameters["template"] != term.parameters["template"] or each.shape != v.shape:
                return False
        elif (
            has_instruction(each)
            and schedule.role(each) is POINT
            and each.index not in schedule.kept
            and each.shape == v.shape
        ):
            stack.extend(each.operands)
        elif _reads(schedule, each, x):
            return False
    return True

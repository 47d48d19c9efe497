"""Owns the tree of paths through a function, and which values are read after a decision: they are not computed once more."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chainrule.native.schedule.roles import ALIAS, POINT
from chainrule.native.schedule.schedule import Schedule
from chainrule.passes.terms import Term


@dataclass(slots=True)
class Path:
    """A place in the tree of paths: a decision with what follows each outcome, or the results.

    decision: the term that Python decided on, as `kind` (bool or int). outputs: the terms of the results, at an end.
    """

    decision: Term | None = None
    kind: type = bool
    branches: dict[Any, Path] = field(default_factory=dict)
    outputs: tuple[Term, ...] | None = None


class Later:
    """When the values of a tree of paths are read.

    The places of the tree are numbered so that all that follows one has the numbers after its own, up to its last.
    """

    def __init__(self, tree: Path) -> None:
        self._spans: dict[int, tuple[int, int]] = {}
        self._reads: dict[int, list[int]] = {}  # of a value, the places that compute something from it first, in order
        if tree.outputs is None:
            self._note(tree)

    def _note(self, tree: Path) -> None:
        seen: set[int] = set()  # what this place, or one before it, computes
        count = 0
        left: list[tuple[Path, int, list[int] | None]] = [(tree, 0, None)]
        while left:
            path, number, made = left.pop()
            if made is not None:
                self._spans[id(path)] = (number, count - 1)
                seen.difference_update(made)
                continue
            number, count = count, count + 1
            made = self._note_place(path, number, seen)
            left.append((path, number, made))
            left.extend((branch, 0, None) for branch in path.branches.values())

    def _note_place(self, path: Path, number: int, seen: set[int]) -> list[int]:
        """Note what a place reads; return what it computes that no place before it does."""
        made: list[int] = []
        stack = [path.decision] if path.decision is not None else [*(path.outputs or ())]
        self._read(stack, number)
        while stack:
            term = stack.pop()
            if term.primitive is None or term.index in seen:
                continue
            seen.add(term.index)
            made.append(term.index)
            self._read(term.operands, number)
            stack.extend(term.operands)
        return made

    def _read(self, terms: Iterable[Term], number: int) -> None:
        for term in terms:
            if term.primitive is not None:
                reads = self._reads.setdefault(term.index, [])
                if not reads or reads[-1] != number:
                    reads.append(number)

    def reads(self, index: int, path: Path) -> list[int]:
        """Return the places after one that read a value."""
        found = self._reads.get(index)
        if found is None:
            return []
        number, last = self._spans[id(path)]
        return found[bisect_right(found, number) : bisect_right(found, last)]

    def hand_on(self, schedule: Schedule, path: Path) -> None:
        """Note that what has no memory of its own at a place is made of its operands wherever it is read later."""
        for term in reversed(schedule.order):
            role = schedule.roles[term.index]
            if role is not ALIAS and (role is not POINT or term.index in schedule.kept):
                continue
            reads = self.reads(term.index, path)
            for operand in term.operands if reads else ():
                stored = schedule.storage.get(operand.index)
                # What is a view from an earlier place on is read where its array is.
                for each in {operand, operand if stored is None else stored.buffer}:
                    if each.primitive is not None:
                        self._reads[each.index] = sorted({*self._reads.get(each.index, ()), *reads})

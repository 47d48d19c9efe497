"""Owns the calls of loops: what a loop leaves where, and on which memory each of its pointers points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from chainrule.native.loops.points import Loop, Root
from chainrule.native.loops.reductions import IDENTITY
from chainrule.native.loops.tables import Address
from chainrule.native.memory.layout import Storage, is_view, lies_in_pairs, storage_of_view
from chainrule.native.memory.spaces import joined, separate
from chainrule.native.memory.steps import Piece
from chainrule.native.writing.writing import State, Writing
from chainrule.passes.flatten import flatten_space
from chainrule.passes.terms import Term, uniform


class LoopCall(NamedTuple):
    """A call of a loop's function.

    lengths: of its loops. pointers: where they point.
    totals: the reductions over rows, to which every block adds, with the sizes of their targets.
    work: about how many operations it does in all.
    """

    symbol: str
    lengths: tuple[int, ...]
    pointers: Sequence[Address]
    totals: Sequence[tuple[Root, int]]
    work: int


LEAST = 10
"""A point of a loop takes as long as so many operations at least: its elements are read and written."""


def loop_call(
    writer: Writing, state: State, domain: tuple[int, ...], pieces: Sequence[Piece], operations: int, may_flatten: bool
) -> LoopCall:
    """Write a loop's function, and return how it is called. Loops that run together have their rows in common."""
    # Hot path: benchmarks/test_first_calls.py
    pointers: dict[tuple[int, int], int] = {}
    names: list[Address] = []

    def number(storage: Storage, itemsize: int) -> int:
        key = (storage.buffer.index, storage.offset)
        found = pointers.get(key)
        if found is None:
            found = pointers[key] = len(names)
            names.append(writer.address(state, storage, itemsize))
        return found

    targets = {piece.target.index for piece in pieces} - state.done

    def stored(term: Term) -> tuple[int, Storage] | None:
        if term.constant is not None and uniform(term) is not None:
            return None
        found = _copied(writer, state, term) if term.index in targets else writer.storage(state, term)
        if found is None:
            return None
        side = found.offset % 2 if lies_in_pairs(found) else 0
        pointer = number(found._replace(offset=found.offset - side), term.dtype.itemsize)
        return pointer, found if found.offset == side else found._replace(offset=side)

    if not domain:
        domain, pieces = (1,), [piece._replace(strides=(1,)) for piece in pieces]
    flat = flatten_space(domain, [(p.term, p.how, p.strides) for p in pieces], stored) if may_flatten else None
    leaves = [(p.term, p.strides) for p in pieces]
    if flat is not None:
        domain, leaves = flat
    space = separate(domain)
    if flat is None and not any(piece.places or piece.beside for piece in pieces):
        space = joined(domain, leaves, stored, keeps_rows=not may_flatten)
    roots: list[Root] = []
    totals: list[tuple[Root, int]] = []
    for piece, (term, strides) in zip(pieces, leaves, strict=True):
        if piece.how in ("store", "add"):
            strides = tuple(1 if length == 1 else stride for length, stride in zip(domain, strides, strict=True))
        target = Storage(piece.target, piece.offset, strides)
        pointer = number(target, piece.target.dtype.itemsize)
        strides = space.of_loops(strides)
        root = Root(term, piece.how, pointer, strides, piece.places, piece.spread, piece.beside)
        roots.append(root)
        if piece.how in IDENTITY and not strides[0]:
            totals.append((root, piece.target.size))
    read = stored if flat is None else lambda term: _flat_stored(term, stored)
    work = math.prod(domain) * max(LEAST, operations)
    return LoopCall(writer.loop_function(Loop(space, roots, read, names)), space.lengths, names, totals, work)


def _copied(writer: Writing, state: State, term: Term) -> Storage | None:
    """Return where the elements are that a view is a copy of, so that loops that copy from other places have equal functions."""
    source = writer.storage(state, term.operands[0]) if is_view(term) else None
    return None if source is None else storage_of_view(term, source)


def _flat_stored(term: Term, stored: Callable[[Term], tuple[int, Storage] | None]) -> tuple[int, Storage] | None:
    """Return where the term that a term of a flat space stands for is; it has one axis there."""
    origin = term.results if term.index < 0 and isinstance(term.results, Term) else term
    found = stored(origin)
    if found is None:
        return None
    return found[0], Storage(found[1].buffer, found[1].offset, tuple(1 for _ in term.shape))

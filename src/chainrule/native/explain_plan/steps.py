"""Owns what the steps of a program are in a plan of it: of which kind, over what, which are one, and why NumPy does some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.native.memory.steps import ACCUMULATIONS, Step
from chainrule.native.plan import (
    ACCUMULATED,
    ASSEMBLED,
    LAPACK,
    LOOP,
    NUMPY,
    PRODUCT,
    SEARCH,
    STRAIGHT,
)
from chainrule.native.schedule.row_groups import Group
from chainrule.native.schedule.schedule import Schedule
from chainrule.native.vectors.instructions import ELEMENTS
from chainrule.native.writing.lapack import has_lapack
from chainrule.native.writing.searches import is_search
from chainrule.passes.terms import BOOL, Term
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.products import MATMUL

_KINDS = {"cell": STRAIGHT, "loop": LOOP, "product": PRODUCT, "call": NUMPY, "assemble": ASSEMBLED}


def step_kind(step: Step) -> str:
    """Return the kind of a step, as a plan names it."""
    if step.kind == "assemble" and step.term is not None and step.term.primitive in ACCUMULATIONS:
        return ACCUMULATED
    if step.term is not None and is_search(step.term):
        return SEARCH
    return LAPACK if step.term is not None and has_lapack(step.term) else _KINDS[step.kind]


def units(entries: Sequence[tuple[Schedule, Group]]) -> Iterator[tuple[Schedule, list[Step], int]]:
    """Yield what becomes one record, and with how many records before it runs; the parts of an assembled array belong to it."""
    cells: list[Step] = []
    whole: set[int] = set()
    before: Schedule | None = None
    for schedule, group in entries:
        if cells and before is not None and (group[0].kind != "cell" or schedule is not before):
            yield before, cells, 0
            cells = []
        before = schedule
        others = 0
        for step in group:
            if step.kind == "cell":
                cells.append(step)
            elif step.kind == "assemble" and step.term is not None:
                whole.update(each.index for each in step.term.results or (step.term,))
                yield schedule, [step], 0
            elif step.kind not in ("lapack", "accumulate") and not (
                step.kind in ("loop", "scatter") and all(piece.target.index in whole for piece in step.pieces)
            ):
                yield schedule, [step], others
                others += 1
    if cells and before is not None:
        yield before, cells, 0


def step_space(step: Step) -> tuple[int, ...]:
    """Return the iteration space of a step; empty where it has none."""
    if step.kind == "loop":
        return step.domain
    return () if step.kind in ("cell", "call") or step.term is None else step.term.shape


def why_numpy(term: Term) -> str:
    """Return why NumPy computes a term."""
    parts = (*(term.results or (term,)), *term.operands)
    others = sorted({str(part.dtype) for part in parts if part.dtype not in ELEMENTS})
    if any(0 in part.shape for part in parts):
        return "an array has no elements"
    if others:
        return f"native code computes in {', '.join(map(str, ELEMENTS))}, not in {', '.join(others)}"
    if term.primitive in (INDEX, INDEX_SET, INDEX_ADD) and any(each.dtype == BOOL for each in term.operands[1:]):
        return "an index is a mask"
    if term.primitive is MATMUL:
        return "BLAS does not read these matrices where they lie"
    return "native code has no instructions for it"

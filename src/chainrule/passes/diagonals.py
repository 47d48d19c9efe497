"""Owns the search for structural zeros: of arrays that are zero but for a few diagonals, only the diagonals are computed.

Jacobians and Hessians push the unit vectors, a constant identity, through linear operations. As long as these keep each unit
vector apart, all but a few diagonals of what they make are zero, whatever the numbers are. Such an array becomes a handful of
vectors, and the dense array is put together only where it is needed as a whole.

A structural zero stays zero: 0 * inf and 0 / 0 in such a place are 0, not NaN, as in mathematics, and as in forward mode, where
an argument without a tangent takes part in no product. On finite numbers the values are those of the dense computation, but for
the sign of a zero and, where several diagonals meet in one sum, the order of its terms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.core.graph import ITEM
from chainrule.core.primitive import Primitive
from chainrule.passes.diagonal_parts import (
    Diagonals,
    Part,
    along,
    clipped,
    cut,
    dense,
    gathered,
    is_zero,
    pad,
    read_constant,
    reorder,
    spread,
    total,
)
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Shape, Term, live
from chainrule.primitives import arithmetic as a
from chainrule.primitives.index_keys import FULL
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, CONCATENATE, PAD, RESHAPE, ROLL, TRANSPOSE, WHERE

Value = Term | Diagonals
Handler = Callable[[Simplifier, Term, Sequence[Value]], Value | None]


def reveal_diagonals(simplifier: Simplifier, outputs: Sequence[Term]) -> tuple[Term, ...]:
    """Return terms with the values of `outputs` in which arrays with few diagonals are computed by these."""
    order = live(outputs)
    values: dict[int, Value] = {}
    for term in order:
        if term.constant is not None:
            found = read_constant(simplifier, term)
            if found is not None:
                values[term.index] = found
    if not values:
        return tuple(outputs)
    search = _Search(simplifier, values)
    for term in order:
        if term.primitive is not None and any(operand.index in values for operand in term.operands):
            search.visit(term)
    return tuple(search.whole(term) for term in outputs)


class _Search:
    """What terms have become; one that is not among `values` is what it was."""

    def __init__(self, simplifier: Simplifier, values: dict[int, Value]) -> None:
        self.simplifier = simplifier
        self.values = values
        self.made: dict[int, Term] = {}

    def visit(self, term: Term) -> None:
        """Find what a term becomes, some operands of which have become something else."""
        assert term.primitive is not None
        operands = [self.values.get(operand.index, operand) for operand in term.operands]
        handler = HANDLERS.get(term.primitive)
        if handler is not None and term.dtype.kind == "f" and any(isinstance(each, Diagonals) for each in operands):
            found = handler(self.simplifier, term, operands)
            if isinstance(found, Diagonals) and not found.pays:
                found = dense(self.simplifier, found)
            if found is not None:
                self.values[term.index] = found
                return
        if term.primitive is ITEM:
            self.values[term.index] = self.whole(term.operands[0]).results[term.parameters["index"]]
            return
        given = [self.whole(operand) for operand in term.operands]
        if any(one is not other for one, other in zip(given, term.operands, strict=True)):
            self.values[term.index] = _again(self.simplifier, term, given)

    def whole(self, term: Term) -> Term:
        """Return a term as a dense array."""
        found = self.values.get(term.index, term)
        if isinstance(found, Term):
            return found
        if term.is_constant:
            return term
        made = self.made.get(term.index)
        if made is None:
            made = self.made[term.index] = dense(self.simplifier, found)
        return made


def _again(s: Simplifier, term: Term, operands: Sequence[Term]) -> Term:
    """Return the same operation of other operands."""
    assert term.primitive is not None
    if term.results is None:
        return s.apply(term.primitive, operands, term.parameters, term.shape, term.dtype)
    made = s.terms.apply(term.primitive, operands, term.parameters, term.shape, term.dtype)
    if made.results is None:
        made.results = tuple(
            s.terms.apply(ITEM, (made,), part.parameters, part.shape, part.dtype) for part in term.results
        )
    return made


# --- elementwise operations


def _aligned(value: Value, shape: Shape, like: Diagonals | None = None) -> Diagonals | None:
    """Return diagonals with the axes of a broader shape; of an array of zeros, none of them, at the axes of `like`."""
    if isinstance(value, Term):
        if like is None or not is_zero(value):
            return None
        return Diagonals(like.shape, value.dtype, like.rows, like.columns, {})
    more = len(shape) - len(value.shape)
    rows, columns = (tuple(axis + more for axis in group) for group in (value.rows, value.columns))
    own = (*(1,) * more, *value.shape)
    if any(own[axis] != shape[axis] for axis in (*rows, *columns)):
        return None
    if like is not None and (rows, columns) != (like.rows, like.columns):
        return None
    return Diagonals(own, value.dtype, rows, columns, value.parts)


def _fitted(s: Simplifier, part: Part, x: Diagonals, shape: Shape) -> Term:
    """Return the values of a part of an array that was aligned to more axes."""
    more = sum(axis < len(shape) - len(part.values.shape) for axis in x.others) if False else 0
    del more
    missing = len(x.others) + 1 - len(part.values.shape)
    values = part.values
    return s.reshape(values, (values.shape[0], *(1,) * missing, *values.shape[1:])) if missing else values


def _elementwise(s: Simplifier, term: Term, empty: Diagonals, start: int, operands: Sequence[Term]) -> Part:
    """Return an elementwise operation on values along a diagonal of its result."""
    assert term.primitive is not None
    length = max(operand.shape[0] for operand in operands if operand.shape)
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    values = s.apply(term.primitive, operands, term.parameters, shape, term.dtype)
    return Part(start, spread(s, values, (length, *empty.other_shape), term.dtype))

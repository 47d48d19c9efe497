"""Owns the search for structural zeros: of arrays that are zero but for a few diagonals, only the diagonals are computed.

Jacobians and Hessians push the unit vectors, a constant identity, through linear operations. As long as these keep each unit
vector apart, all but a few diagonals of what they make are zero, whatever the numbers are. Such an array becomes a handful of
vectors, and the dense array is put together only where it is needed as a whole.

A structural zero stays zero: 0 * inf and 0 / 0 in such a place are 0, not NaN, as in mathematics, and as in forward mode, where
an argument without a tangent takes part in no product. That holds for unit vectors and what they are multiplied by: each element
of it meets a one too, so that what is infinite is seen on the diagonal. An array that has elements of its own beside the
diagonals, such as the derivative of each element of a matrix of which only the diagonal is used, is multiplied as a whole, as
NumPy does: so a compiled gradient is NaN where the plain one is. On finite numbers the values are those of the dense computation,
but for the sign of a zero and, where several diagonals meet in one sum, the order of its terms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.core.graph import ITEM
from chainrule.core.primitive import Primitive
from chainrule.passes import diagonal_arithmetic as arithmetic
from chainrule.passes import diagonal_moves as moves
from chainrule.passes.diagonal_moves import Value
from chainrule.passes.diagonal_parts import LEAST, Diagonals, dense, read_constant
from chainrule.passes.simplify import Simplifier
from chainrule.passes.terms import Term, live
from chainrule.primitives import arithmetic as a
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, CONCATENATE, PAD, RESHAPE, TRANSPOSE, WHERE

Handler = Callable[[Simplifier, Term, Sequence[Value]], Value | None]
VIEWS = (INDEX, TRANSPOSE, RESHAPE, BROADCAST_TO)
"""Operations that take nothing in a loop that reads their result."""
CHEAP = 3
"""A dense array of up to so many operations for each element is computed in the loops that need it, not put together first."""
SLOW = 1000
"""What an element counts that is not computed in a loop with others."""


def reveal_diagonals(simplifier: Simplifier, outputs: Sequence[Term]) -> tuple[Term, ...]:
    """Return terms with the values of `outputs` in which arrays with few diagonals are computed by these."""
    if not any(term.constant is not None and term.size >= LEAST and term.shape for term in simplifier.terms.all):
        return tuple(outputs)
    order = live(outputs)
    values: dict[int, Value] = {}
    largest = 0
    for term in order:
        found = read_constant(simplifier, term) if term.constant is not None else None
        if found is not None:
            values[term.index] = found
            largest = max(largest, term.size)
    if largest < LEAST:
        return tuple(outputs)
    search = _Search(simplifier, values)
    for term in order:
        if any(operand.index in values for operand in term.operands):
            search.visit(term)
    return tuple(search.whole(term) for term in outputs)


class _Search:
    """What terms have become; one that is not among `values` is what it was.

    work: of a term that has become diagonals, the elements of dense arrays that it took, which are no longer computed.
    """

    def __init__(self, simplifier: Simplifier, values: dict[int, Value]) -> None:
        self.simplifier = simplifier
        self.values = values
        self.work: dict[int, int] = {}
        self.made: dict[int, Term] = {}

    def visit(self, term: Term) -> None:
        """Find what a term becomes, some operands of which have become something else."""
        assert term.primitive is not None
        operands = [self.values.get(operand.index, operand) for operand in term.operands]
        if term.dtype.kind == "f" and any(isinstance(each, Diagonals) for each in operands):
            self._count(term, operands)
            handler = HANDLERS.get(term.primitive)
            found = None if handler is None else handler(self.simplifier, term, operands)
            if found is None and term.primitive in (a.ADD, a.SUBTRACT) and not any(map(self._is_cheap, term.operands)):
                found = arithmetic.add_onto(self.simplifier, term, operands)
            if found is not None:
                self.values[term.index] = found
                if isinstance(found, Diagonals) and not found.pays:
                    self.values[term.index] = self.part(term)
                return
        given = [self.part(operand) for operand in term.operands]
        if any(one is not other for one, other in zip(given, term.operands, strict=True)):
            self.values[term.index] = _again(self.simplifier, term, given)

    def _count(self, term: Term, operands: Sequence[Value]) -> None:
        work = 0 if term.primitive in VIEWS else term.size
        for operand, value in zip(term.operands, operands, strict=True):
            changed = isinstance(value, Term) and value is not operand
            work += SLOW * operand.size if changed else self.work.get(operand.index, 0)
        self.work[term.index] = work

    def _is_cheap(self, term: Term) -> bool:
        """Whether a term has become diagonals although the dense array takes little."""
        found = self.values.get(term.index)
        return isinstance(found, Diagonals) and self.work.get(term.index, 0) <= CHEAP * term.size

    def part(self, term: Term) -> Term:
        """Return a term as a dense array that others are computed from."""
        return term if self._is_cheap(term) else self.whole(term)

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
    if term.primitive is ITEM:
        part: Term = operands[0].results[term.parameters["index"]]
        return part
    if term.results is None:
        return s.apply(term.primitive, operands, term.parameters, term.shape, term.dtype)
    made = s.terms.apply(term.primitive, operands, term.parameters, term.shape, term.dtype)
    if made.results is None:
        made.results = tuple(
            s.terms.apply(ITEM, (made,), each.parameters, each.shape, each.dtype) for each in term.results
        )
    return made


HANDLERS: dict[Primitive, Handler] = {
    a.MULTIPLY: arithmetic.multiply,
    a.DIVIDE: arithmetic.divide,
    a.ADD: arithmetic.add,
    a.SUBTRACT: arithmetic.add,
    a.NEGATIVE: arithmetic.each,
    a.POSITIVE_SIGN: arithmetic.each,
    a.ABSOLUTE: arithmetic.each,
    a.SQUARE: arithmetic.each,
    a.REAL: arithmetic.each,
    a.CONJUGATE: arithmetic.each,
    ASTYPE: arithmetic.each,
    WHERE: arithmetic.where,
    BROADCAST_TO: arithmetic.broadcast,
    SUM: arithmetic.sum_over,
    MATMUL: arithmetic.matmul,
    INDEX: moves.index,
    INDEX_ADD: moves.index_write,
    INDEX_SET: moves.index_write,
    TRANSPOSE: moves.transpose,
    RESHAPE: moves.reshape,
    CONCATENATE: moves.concatenate,
    PAD: moves.pad,
}
"""What becomes of an array of diagonals; any other operation gets the dense array."""

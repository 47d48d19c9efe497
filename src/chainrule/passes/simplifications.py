"""Owns the table of simplifications: for an operation, what makes a simpler term of it."""

from __future__ import annotations

from typing import Any

from chainrule.core.primitive import Primitive
from chainrule.passes import simplify_arithmetic as arithmetic
from chainrule.passes import simplify_index as indices
from chainrule.passes import simplify_moves as moves
from chainrule.passes import simplify_places as places
from chainrule.passes import simplify_products as products
from chainrule.passes import simplify_solves as solves
from chainrule.passes.places import GATHER
from chainrule.passes.simplify import Rule, Simplifier
from chainrule.passes.simplify_einsum import einsum
from chainrule.passes.terms import FLOAT32, FLOAT64, Shape, Term
from chainrule.primitives import arithmetic as a
from chainrule.primitives.exponential import EXP
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET, LAST_WRITTEN
from chainrule.primitives.joining import STACK
from chainrule.primitives.products import EINSUM, MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.sequence import CUMPROD, CUMSUM, RECURRENCE
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, CONCATENATE, RESHAPE, ROLL, TRANSPOSE, WHERE
from chainrule.primitives.solves import COFACTOR, DET, INV, SOLVE


def of_one_type(primitive: Primitive, rule: Rule | None = None) -> Rule:
    """Return the rule of an operation whose operands NumPy converts to the type of the result before it begins.

    People write matrices such as `np.array([[1, 0]])`, of integers; the loops and libraries here take one type.
    """

    def of_result(
        s: Simplifier, operands: tuple[Term, ...], parameters: dict[str, Any], shape: Shape, dtype: Any
    ) -> Term | None:
        if dtype in (FLOAT64, FLOAT32) and any(x.dtype != dtype for x in operands):
            operands = tuple(s.apply(ASTYPE, (x,), {"dtype": dtype}, x.shape, dtype) for x in operands)
            return s.apply(primitive, operands, parameters, shape, dtype)
        return rule(s, operands, parameters, shape, dtype) if rule is not None else None

    return of_result


RULES: dict[Primitive, Rule] = {
    a.ADD: arithmetic.add,
    a.SUBTRACT: arithmetic.subtract,
    a.MULTIPLY: arithmetic.multiply,
    a.DIVIDE: arithmetic.divide,
    a.NEGATIVE: arithmetic.negative,
    a.POSITIVE_SIGN: arithmetic.same_shape,
    a.POWER: arithmetic.power,
    a.REAL: arithmetic.real,
    a.CONJUGATE: arithmetic.real,
    EXP: arithmetic.exp,
    ASTYPE: arithmetic.same_shape,
    RESHAPE: moves.reshape,
    ROLL: moves.roll,
    TRANSPOSE: moves.transpose,
    BROADCAST_TO: moves.broadcast,
    CONCATENATE: of_one_type(CONCATENATE, moves.concatenate),
    STACK: of_one_type(STACK),
    SUM: products.sum_over,
    INDEX: indices.index,
    INDEX_SET: indices.index_set,
    INDEX_ADD: indices.index_add,
    LAST_WRITTEN: places.last_written,
    GATHER: places.gather,
    CUMSUM: products.running(CUMSUM),
    CUMPROD: products.running(CUMPROD),
    RECURRENCE: products.running(RECURRENCE),
    MATMUL: of_one_type(MATMUL, products.matmul),
    EINSUM: einsum,
    SOLVE: of_one_type(SOLVE, solves.solve),
    INV: of_one_type(INV, solves.inverse),
    DET: of_one_type(DET, solves.determinant),
    COFACTOR: solves.cofactors,
    WHERE: arithmetic.where,
}


def simplifier() -> Simplifier:
    """Return a new simplifier that knows them all."""
    return Simplifier(RULES)

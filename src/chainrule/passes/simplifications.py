"""Owns the table of simplifications: for an operation, what makes a simpler term of it."""

from __future__ import annotations

from chainrule.core.primitive import Primitive
from chainrule.passes import simplify_arithmetic as arithmetic
from chainrule.passes import simplify_index as indices
from chainrule.passes import simplify_moves as moves
from chainrule.passes import simplify_products as products
from chainrule.passes import simplify_solves as solves
from chainrule.passes.places import GATHER
from chainrule.passes.simplify import Rule, Simplifier
from chainrule.passes.simplify_einsum import einsum
from chainrule.primitives import arithmetic as a
from chainrule.primitives.exponential import EXP
from chainrule.primitives.indexing import INDEX, INDEX_ADD, INDEX_SET, LAST_WRITTEN
from chainrule.primitives.products import EINSUM, MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.sequence import CUMPROD, CUMSUM
from chainrule.primitives.shape import ASTYPE, BROADCAST_TO, CONCATENATE, RESHAPE, ROLL, TRANSPOSE, WHERE
from chainrule.primitives.solves import COFACTOR, DET, INV, SOLVE

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
    CONCATENATE: moves.concatenate,
    SUM: products.sum_over,
    INDEX: indices.index,
    INDEX_SET: indices.index_set,
    INDEX_ADD: indices.index_add,
    LAST_WRITTEN: indices.last_written,
    GATHER: indices.gather,
    CUMSUM: products.running(CUMSUM),
    CUMPROD: products.running(CUMPROD),
    MATMUL: products.matmul,
    EINSUM: einsum,
    SOLVE: solves.solve,
    INV: solves.inverse,
    DET: solves.determinant,
    COFACTOR: solves.cofactors,
    WHERE: arithmetic.where,
}


def simplifier() -> Simplifier:
    """Return a new simplifier that knows them all."""
    return Simplifier(RULES)

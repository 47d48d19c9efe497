"""Owns what it costs to compute a value where it is read, and when that is too much to do it again."""

from __future__ import annotations

from chainrule.native.vectors.functions import FUNCTIONS
from chainrule.passes.terms import Term
from chainrule.passes.weaving import WEAVE
from chainrule.primitives.joining import STACK

CHEAP = 6
"""A value of up to so many operations is computed again rather than kept."""
SIMPLE, ROWS = 2, 8
"""So is one of up to so many where it would be computed again in each of so many rows or more."""
LONGEST, MODEST = 60, 40
"""A loop's body of more operations is cut: the second holds in programs of more than `MANY` values, whose loops are then mostly
equal."""
MANY = 1000
APART = frozenset({STACK, WEAVE})
"""Their parts have one shape, and lie beside or between each other."""
_WEIGHTS = {"divide": 4, "sqrt": 4}


def is_spread(operand: Term, term: Term, cost: int) -> bool:
    """Whether an operand would be computed again for many elements of a term."""
    if term.primitive in APART:
        return False
    if cost > CHEAP:
        return 2 * operand.size <= term.size
    return ROWS * operand.size <= term.size and operand.shape[-1:] == term.shape[-1:]


def weight(term: Term) -> int:
    """Return what an operation costs at each element."""
    assert term.primitive is not None
    name = term.primitive.name
    return 12 if name in FUNCTIONS else _WEIGHTS.get(name, 1)

"""Owns what a rule does to an adjoint: whether it passes it on as it is, and whether it needs its own value to do so.

Both are read off the recorded rule. A value on whose way the adjoint only passes needs no line of its own on the board.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from chainrule.explain.matrix.algebra import Algebra
from chainrule.explain.matrix.building import build
from chainrule.explain.matrix.formula import Call, Formula, Symbol, of_atom, symbols
from chainrule.explain.matrix.pulls import RecordedRule
from chainrule.primitives.shape import RESHAPE, TRANSPOSE


@final
@dataclass(frozen=True, slots=True)
class Passing:
    """What a rule does.

    passed: the places whose share is the adjoint itself, but for a number, the order of entries or the shape. places: how
    many places get a share. uses_value: whether a share is made with the operation's own value, as that of exp is.
    """

    passed: frozenset[int]
    places: int
    uses_value: bool

    @property
    def passes_on(self) -> bool:
        """Whether all that the rule does is pass its adjoint on to one place, or to none, as a condition does."""
        return self.places == len(self.passed) <= 1


def passing_of(rule: RecordedRule) -> Passing:
    """Return what a recorded rule does to an adjoint."""
    value, adjoint = Symbol("value", np.shape(rule.out.value)), Symbol("adjoint", np.shape(rule.ct.value))
    leaves = {node.index: of_atom(Symbol(f"operand {n}", np.shape(node.value))) for n, node in enumerate(rule.parents)}
    leaves |= {rule.out.index: of_atom(value), rule.ct.index: of_atom(adjoint)}
    read = build(rule.graph, leaves, Algebra(), lambda array: None, columns=True)
    shares = {place: read(share) for place, share in rule.shares.items()}
    known = {place: share for place, share in shares.items() if share is not None}
    return Passing(
        passed=frozenset(place for place, share in known.items() if _is_passed(share, adjoint)),
        places=len(shares),
        uses_value=any(symbol == value for share in known.values() for symbol in symbols(share)),
    )


def _is_passed(share: Formula, adjoint: Symbol) -> bool:
    if len(share.terms) != 1 or len(share.terms[0].factors) != 1:
        return False
    ((atom, exponent),) = share.terms[0].factors
    while isinstance(atom, Call) and atom.primitive in (TRANSPOSE, RESHAPE) and atom.operands[0].atom is not None:
        atom = atom.operands[0].atom
    return atom == adjoint and exponent == 1 and math.prod(share.shape) == math.prod(adjoint.shape)

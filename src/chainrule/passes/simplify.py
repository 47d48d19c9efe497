"""Owns simplification: a recorded operation becomes a term, and one that need not be computed becomes a simpler one.

Every rewriting keeps the value bit by bit, except where its comment says by how much it differs, and except for the order in
which products of matrices, Einstein sums and linear systems add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.core.primitive import Elementwise, Primitive
from chainrule.passes.elements import Chain
from chainrule.passes.terms import Shape, Term, Terms, broadcast, uniform
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import BROADCAST_TO, RESHAPE, TRANSPOSE

FOLDED = 4096
"""Operations on constants of up to so many elements are computed once."""

Rule = Callable[["Simplifier", tuple[Term, ...], dict[str, Any], Shape, Any], Term | None]


class Simplifier:
    """Makes terms of operations.

    rules: by operation, what may find a simpler term. written: of an array after a write, the chain, and the number of the write.
    """

    __slots__ = ("terms", "rules", "written")

    def __init__(self, rules: Mapping[Primitive, Rule]) -> None:
        self.terms = Terms()
        self.rules = rules
        self.written: dict[int, tuple[Chain, int]] = {}

    def apply(
        self, primitive: Primitive, operands: Sequence[Term], parameters: dict[str, Any], shape: Shape, dtype: Any
    ) -> Term:
        """Return the term of an operation, simplified."""
        given = tuple(operands)
        # Hot path: benchmarks/test_first_calls.py
        if 0 in shape:
            return self.terms.constant(np.empty(shape, dtype))
        for operand in given:
            if operand.constant is None or operand.is_reference or operand.size > FOLDED:
                break
        else:
            folded = self._fold(primitive, given, parameters)
            if folded is not None and folded.shape == shape and folded.dtype == dtype:
                return folded
        if shape and isinstance(primitive, Elementwise):
            for operand in given:
                if operand.primitive is BROADCAST_TO or (operand.constant is not None and operand.shape):
                    given = tuple([self._narrow(operand, given, shape) for operand in given])
                    break
        rule = self.rules.get(primitive)
        if rule is not None:
            found = rule(self, given, parameters, shape, dtype)
            if found is not None:
                return found
        return self.terms.apply(primitive, given, parameters, shape, dtype)

    def _fold(self, primitive: Primitive, operands: tuple[Term, ...], parameters: dict[str, Any]) -> Term | None:
        with np.errstate(all="ignore"):
            value = primitive.value(*[operand.constant for operand in operands], **parameters)
        return None if type(value) is tuple else self.terms.constant(value)

    def _narrow(self, operand: Term, others: tuple[Term, ...], shape: Shape) -> Term:
        """Return an operand of an elementwise operation without the broadcasting that the operation does anyway."""
        if not operand.shape or (operand.constant is None and operand.primitive is not BROADCAST_TO):
            return operand
        rest = [other.shape for other in others if other is not operand]
        if operand.primitive is BROADCAST_TO:
            inner = operand.operands[0]
            if broadcast(inner.shape, *rest) == shape:
                return inner
        number = uniform(operand)
        if number is not None and rest and broadcast(*rest) == shape:
            return self.terms.constant(number)
        return operand

    # --- what rules are written with

    def reshape(self, x: Term, shape: Shape) -> Term:
        """Return `x` in another shape."""
        return self.apply(RESHAPE, (x,), {"shape": shape}, shape, x.dtype)

    def transpose(self, x: Term, axes: Sequence[int]) -> Term:
        """Return `x` with its axes in another order."""
        shape = tuple(x.shape[axis] for axis in axes)
        return self.apply(TRANSPOSE, (x,), {"axes": tuple(axes)}, shape, x.dtype)

    def broadcast(self, x: Term, shape: Shape) -> Term:
        """Return `x` broadcast to a shape."""
        return self.apply(BROADCAST_TO, (x,), {"shape": shape}, shape, x.dtype)

    def like(self, x: Term, shape: Shape, dtype: Any) -> Term | None:
        """Return `x` where it has this type already, broadcast to the shape."""
        if x.dtype != dtype or x.number is not None:
            return None
        return x if x.shape == shape else self.broadcast(x, shape)

    def matmul(self, x: Term, y: Term) -> Term:
        """Return the matrix product of a stack of matrices with a vector."""
        return self.apply(MATMUL, (x, y), {}, x.shape[:-1], x.dtype)

    def sum(self, x: Term, axis: int) -> Term:
        """Return the sum over one axis."""
        return self.apply(
            SUM, (x,), {"axis": (axis,), "keepdims": False}, x.shape[:axis] + x.shape[axis + 1 :], x.dtype
        )

    def binary(self, primitive: Primitive, x: Term, y: Term) -> Term:
        """Return an elementwise operation of two operands of one type."""
        return self.apply(primitive, (x, y), {}, broadcast(x.shape, y.shape), x.dtype)


def is_number(term: Term, number: float) -> bool:
    """Whether every element of a constant is this number."""
    value = uniform(term)
    return value is not None and not isinstance(value, complex | np.complexfloating) and bool(value == number)

"""Owns what a slip sees of one operation of a function: its operands, the table's own rules there, and what moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from chainrule.core.primitive import Elementwise
from chainrule.explain.derivation.formulas import local_derivative
from chainrule.explain.expressions.algebra import term_of
from chainrule.explain.expressions.expression import Apply, Constant, Expression, Number, Symbol, free_symbols

Floats: TypeAlias = NDArray[np.float64]

ARITHMETIC = frozenset(("add", "subtract", "multiply", "negative", "positive"))
"""Operations that nobody thinks of as a function with an inside."""


@final
@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, at the sample points.

    node: the operation. name: the variable. operands, out: values. slopes: the table's partial derivatives here. dots:
    the derivatives of the operands, right or not. moving: which operands depend on the variable. variable: its values.
    """

    node: Apply
    name: str
    operands: tuple[Floats, ...]
    out: Floats
    slopes: tuple[Floats, ...]
    dots: tuple[Any, ...]
    moving: tuple[int, ...]
    variable: Floats

    @property
    def kind(self) -> str:
        """The name of the primitive."""
        return self.node.primitive.name

    @property
    def derivative(self) -> Any:
        """The derivative by the chain rule: each operand's slope times its derivative, added up."""
        # What stands still adds nothing, even where its slope does not exist: log(x) in x^n at x = -1.
        pairs = zip(self.slopes, self.dots, strict=True)
        return sum(slope * dot for slope, dot in pairs if not (isinstance(dot, float) and dot == 0.0))

    @property
    def is_product(self) -> bool:
        """Whether two moving factors are multiplied."""
        return self.kind == "multiply" and len(self.moving) == 2

    @property
    def is_quotient(self) -> bool:
        """Whether something moves both above and below the line."""
        return self.kind == "divide" and len(self.moving) == 2

    @property
    def is_power(self) -> bool:
        """Whether a moving base has a constant exponent."""
        return self.kind in ("power", "float_power") and self.moving == (0,)

    @property
    def is_exponential(self) -> bool:
        """Whether a constant base has a moving exponent."""
        if self.kind in ("exp", "exp2"):
            return bool(self.moving)
        return self.kind in ("power", "float_power") and self.moving == (1,)

    @property
    def is_function(self) -> bool:
        """Whether it is seen as a function of one inside: no sum, no product, no constant below the line."""
        return len(self.moving) == 1 and self.kind not in ARITHMETIC and (self.kind, *self.moving) != ("divide", 0)

    @property
    def has_inside(self) -> bool:
        """Whether it is a function of something that is more than the variable."""
        return self.is_function and not isinstance(self.inside, Symbol)

    @property
    def inside(self) -> Expression:
        """The operand that moves, where it is one."""
        return self.node.operands[self.moving[0]]

    @property
    def slope(self) -> Floats:
        """The slope of the operand that moves."""
        return self.slopes[self.moving[0]]

    @property
    def dot(self) -> Any:
        """The derivative of the operand that moves."""
        return self.dots[self.moving[0]]

    @property
    def base(self) -> Floats:
        """The constant base of an exponential, or of a logarithm."""
        known = _BASES.get(self.kind)
        return self.operands[0] if known is None else np.full_like(self.out, known)

    def constant(self) -> int | None:
        """Return which of two operands is constant, where the other one moves."""
        if len(self.moving) != 1 or len(self.operands) != 2:
            return None
        return 1 - self.moving[0]

    def has_other_variable(self, index: int) -> bool:
        """Return whether another variable stands in the operand."""
        return any(symbol != self.name for symbol in free_symbols(self.node.operands[index]))

    def has_minus(self) -> bool:
        """Return whether the rule here brings a minus sign, which can be lost."""
        if self.kind == "negative":
            return True
        if self.kind == "subtract":
            return 1 in self.moving
        if self.kind == "multiply":
            index = self.constant()
            return index is not None and _is_negative(self.node.operands[index])
        if self.is_power:
            return _is_negative(self.node.operands[1])
        return self.is_function and rule_has_minus(self.primitive, self.moving[0])

    @property
    def primitive(self) -> Elementwise:
        """The row of the table."""
        assert isinstance(self.node.primitive, Elementwise)
        return self.node.primitive

    def at_inside(self, inside: Any) -> tuple[Any, Any]:
        """Return the value and the slope of the function where its inside has another value."""
        index = self.moving[0]
        operands = [inside if place == index else value for place, value in enumerate(self.operands)]
        out = self.primitive.value(*operands)
        return out, slope_of(self.primitive, index, out, operands)


_BASES = {"exp": np.e, "exp2": 2.0, "log2": 2.0, "log10": 10.0}

Change: TypeAlias = Callable[[Operation], Iterator[Any]]
"""What a slip makes of the derivative of an operation: nothing where it cannot happen, or one or more wrong values."""


def slope_of(primitive: Elementwise, index: int, out: Any, operands: Any) -> Any:
    """Return the table's partial derivative with respect to one operand: at numbers, or as a formula of expressions."""
    partial = primitive.partials[index]
    return 0.0 if partial is None else partial(out, *operands)


@cache
def rule_has_minus(primitive: Elementwise, index: int) -> bool:
    """Return whether the formula of a rule starts with a minus sign."""
    operands = [Symbol(letter) for letter in "uvw"[: len(primitive.partials)]]
    return term_of(local_derivative(primitive, index, operands)).coefficient < 0


def _is_negative(expression: Expression) -> bool:
    if isinstance(expression, Number | Constant):
        return expression.value < 0
    return isinstance(expression, Apply) and term_of(expression).coefficient < 0

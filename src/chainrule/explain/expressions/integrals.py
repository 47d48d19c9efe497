"""Owns integrals between two limits in the expression tree: formulas as integrands, and how one is put into a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from chainrule.core.primitive import Composite, Elementwise
from chainrule.errors import NoRuleError
from chainrule.explain.expressions.algebra import build_sum, terms_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    Apply,
    Expression,
    Symbol,
    fold,
    free_symbols,
    lift,
    substitute,
    walk,
)
from chainrule.explain.expressions.neat import ONE, ZERO, neat
from chainrule.primitives.definite_integral import integral_over


@final
@dataclass(frozen=True, slots=True)
class FormulaIntegrand:
    """A formula that is integrated. variable: of integration. names: its other variables, in the order of the operands."""

    body: Expression
    variable: str
    names: tuple[str, ...]

    @property
    def others(self) -> int:
        """How many operands it takes besides the variable of integration."""
        return len(self.names)

    def __call__(self, point: Any, *others: Any) -> Any:
        values = dict(zip((self.variable, *self.names), (point, *others), strict=True))
        if any(isinstance(value, Expression) for value in values.values()):
            return substitute(self.body, {name: lift(value) for name, value in values.items()})
        return evaluate(self.body, values)

    def slope(self, index: int) -> FormulaIntegrand:
        """Return its derivative by one of the others."""
        slope = build_sum(terms_of(_slope(self.body, self.names[index])))
        return FormulaIntegrand(slope, self.variable, self.names)


def integral(body: Expression, variable: str, lower: Any, upper: Any) -> Expression:
    """Return the integral over a formula between two limits.

    >>> from chainrule.explain.expressions.notation import text
    >>> text(integral(Symbol("t") ** 2, "t", 0, Symbol("x")))
    'int_0^x t^2 dt'
    """
    others = [node for node in walk(body) if isinstance(node, Symbol) and node.name != variable]
    integrand = FormulaIntegrand(body, variable, tuple(node.name for node in others))
    return Apply(integral_over(integrand), (lift(lower), lift(upper), *others))


def shown_integrand(node: Apply, integrand: FormulaIntegrand) -> tuple[Expression, str]:
    """Return the integrand of an integral as it is written, and its variable, which gives way to equal names outside."""
    others = node.operands[2:]
    taken = {name for operand in others for name in free_symbols(operand)}
    names = (integrand.variable, *(name for name in "tsuvwpq" if name not in taken), f"{integrand.variable}_1")
    variable = next(name for name in names if name not in taken)
    return lift(integrand(Symbol(variable), *others)), variable


def _slope(body: Expression, name: str) -> Expression:
    """Return the derivative of a formula by a variable: the chain rule on the table's partials."""

    def combine(node: Expression, slopes: Sequence[Expression]) -> Expression:
        if not isinstance(node, Apply):
            return ONE if isinstance(node, Symbol) and node.name == name else ZERO
        if all(slope == ZERO for slope in slopes):
            return ZERO
        if isinstance(node.primitive, Composite):
            return _slope(lift(node.primitive.value(*node.operands)), name)
        if not isinstance(node.primitive, Elementwise):
            raise NoRuleError(f"{node.primitive.name} in an integral is not differentiated under the integral sign")
        total: Expression = ZERO
        for partial, slope in zip(node.primitive.partials, slopes, strict=True):
            if callable(partial) and slope != ZERO:
                total = total + lift(partial(node, *node.operands)) * slope
        return neat(total)

    return fold(body, combine)

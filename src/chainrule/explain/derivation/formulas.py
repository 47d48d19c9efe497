"""Owns the general formula of each row of the table: the table's own rule, called with symbols."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.core.primitive import Elementwise
from chainrule.explain.derivation.phrases import Equation
from chainrule.explain.expressions.dialects import LATEX, TEXT
from chainrule.explain.expressions.expression import Apply, Derivative, Expression, Symbol, lift
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.tidy import tidy

_OPERAND_NAMES: dict[tuple[str, int], tuple[str, ...]] = {
    ("power", 0): ("x", "n"),
    ("power", 1): ("a", "x"),
    ("float_power", 0): ("x", "n"),
    ("float_power", 1): ("a", "x"),
    ("divide", 1): ("c", "x"),
    ("arctan2", 0): ("y", "x"),
    ("arctan2", 1): ("y", "x"),
    ("zeta", 1): ("s", "x"),
}
_ONE_VARIABLE = frozenset((("power", 0), ("power", 1), ("float_power", 0), ("float_power", 1), ("divide", 1)))
"""Rules in which the other operand is thought of as a number."""
_DEFAULT_NAMES = ("x", "y", "z", "w")


@dataclass(frozen=True, slots=True)
class RuleFormula:
    """The formula of a rule. text, latex: the equation. function, derivative: its sides, as expressions."""

    function: Expression
    variable: str
    derivative: Expression
    partial: bool

    @property
    def equation(self) -> Equation:
        """The formula as an equation."""
        return Equation((Derivative(self.function, self.variable, self.partial), self.derivative))

    @property
    def text(self) -> str:
        """The formula as plain text."""
        return self.equation.write(TEXT)

    @property
    def latex(self) -> str:
        """The formula as LaTeX."""
        return self.equation.write(LATEX)


def rule_formula(primitive: Elementwise, index: int = 0) -> RuleFormula:
    """Return the general formula of a row of the table: its partial derivative with respect to operand `index`.

    >>> from chainrule.primitives.table import BY_NAME
    >>> rule_formula(BY_NAME["sin"]).text
    'd/dx sin(x) = cos(x)'
    >>> rule_formula(BY_NAME["power"], 0).text
    'd/dx x^n = n x^(n - 1)'

    Raises NoRuleError where the table has no rule for this operand.
    """
    count = len(primitive.partials)
    names = _OPERAND_NAMES.get((primitive.name, index), _DEFAULT_NAMES[:count])
    operands = tuple(Symbol(name) for name in names)
    function = Apply(primitive, operands)
    partial = primitive.partials[index]
    derivative = ZERO if partial is None else neat(lift(partial(function, *operands)))
    _, derivative = tidy(derivative)
    several = count > 1 and (primitive.name, index) not in _ONE_VARIABLE
    return RuleFormula(function, names[index], derivative, several)


def general_formula(primitive: object, index: int) -> Equation:
    """Return the equation of a row of the table."""
    assert isinstance(primitive, Elementwise)
    return rule_formula(primitive, index).equation

"""Owns the general formula of each row of the table: the table's own rule, called with symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chainrule.core.primitive import Elementwise, Primitive
from chainrule.explain.derivation.combine import combine
from chainrule.explain.derivation.phrases import Equation
from chainrule.explain.expressions.dialects import LATEX, TEXT
from chainrule.explain.expressions.expression import (
    Apply,
    Derivative,
    Expression,
    Symbol,
    free_symbols,
    lift,
    substitute,
)
from chainrule.explain.expressions.neat import ZERO, neat
from chainrule.explain.expressions.tidy import gather, tidy
from chainrule.primitives.table import BY_NAME

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
_DEFAULT_NAMES = ("x", "y", "z", "w", "v")

NAMES_OF_PARTS = "uvwpqrsz"
_NAMES_OF_HELD: dict[tuple[str, int], str] = {
    ("power", 1): "nmkp",
    ("power", 0): "abck",
    ("float_power", 1): "nmkp",
    ("float_power", 0): "abck",
    ("integral", 0): "abck",
    ("integral", 1): "back",
}
"""What an operand that is held is called, by its place."""
_DEFAULT_HELD = "ckab"


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


def row(name: str) -> Elementwise:
    """Return the row of the table that has this name."""
    primitive = BY_NAME[name]
    assert isinstance(primitive, Elementwise)
    return primitive


def rule_name(primitive: Primitive, index: int = 0) -> str:
    """Return what people call the rule for operand `index`."""
    return primitive.rule if isinstance(primitive.rule, str) else primitive.rule[index]


def local_derivative(primitive: Elementwise, index: int, operands: Sequence[Expression]) -> Expression:
    """Return the table's partial derivative with respect to operand `index`, called with expressions."""
    # The rule itself is part of the key: a rule that is replaced explains itself anew.
    return _called(primitive, primitive.partials[index], tuple(operands))


@lru_cache(maxsize=512)
def _called(primitive: Elementwise, partial: object, operands: tuple[Expression, ...]) -> Expression:
    if partial is None:
        return ZERO
    assert callable(partial)
    formula = neat(lift(partial(Apply(primitive, operands), *operands)))
    move = gather(formula)
    return formula if move is None else move.after


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


def part_names(expression: Expression, name: str) -> tuple[Symbol, ...]:
    """Return symbols that name parts, such as u and v, and are no variables of the function."""
    taken = {name, *free_symbols(expression)}
    free = [Symbol(letter) for letter in NAMES_OF_PARTS if letter not in taken]
    return (*free, *(Symbol(f"u_{index}") for index in range(1, 5) if f"u_{index}" not in taken))


def fresh(preferred: str, taken: Sequence[str]) -> Symbol:
    """Return a symbol for a part that is called like nothing else."""
    free = [letter for letter in preferred if letter not in taken]
    return Symbol(free[0] if free else f"{preferred[0]}_1")


def named_operands(primitive: Elementwise, parts: dict[int, Symbol], taken: Sequence[str]) -> list[Expression]:
    """Return symbols for all operands: `parts` for those that change, such as u; n, a or c for those that are held."""
    used = [*taken, *(symbol.name for symbol in parts.values())]
    operands: list[Expression] = []
    for index in range(len(primitive.partials)):
        symbol = parts.get(index)
        if symbol is None:
            symbol = fresh(_NAMES_OF_HELD.get((primitive.name, index), _DEFAULT_HELD), used)
            used.append(symbol.name)
        operands.append(symbol)
    return operands


def general_rule(
    primitive: Elementwise, moving: Sequence[int], operands: Sequence[Expression], name: str, partial: bool
) -> Equation:
    """Return the rule for a primitive of symbols, of which those in `moving` depend on the variable `name`.

    An operand that is the variable itself has no derivative to be multiplied by.
    """
    variable = Symbol(name)
    slopes = [local_derivative(primitive, index, operands) for index in moving]
    inner = [operands[index] for index in moving]
    before = Derivative(Apply(primitive, tuple(operands)), name, partial)
    if inner == [variable]:
        return Equation((before, slopes[0]))
    dots = [Derivative(operand, name, partial) for operand in inner]
    return Equation((before, combine(primitive, moving, slopes, dots)))


def combined(
    primitive: Elementwise,
    moving: Sequence[int],
    parts: Mapping[int, Symbol],
    operands: Sequence[Expression],
    dots: Sequence[Expression],
) -> Expression:
    """Return the derivative of a primitive whose operands in `moving` change: the rule for symbols, with these put in.

    parts: the symbols of the operands that change. dots: the derivatives of these operands. The rule keeps its form, so
    that a reader finds (v du/dx - u dv/dx)/v^2 again.
    """
    symbols = [parts.get(index, operand) for index, operand in enumerate(operands)]
    slopes = [local_derivative(primitive, index, symbols) for index in moving]
    # Products list variables by name: these come last, as in v du/dx.
    names = [Symbol(f"~{index}") for index in moving]
    pattern = combine(primitive, moving, slopes, names)
    values = {parts[index].name: operands[index] for index in moving}
    return neat(substitute(pattern, {**values, **{name.name: dot for name, dot in zip(names, dots, strict=True)}}))

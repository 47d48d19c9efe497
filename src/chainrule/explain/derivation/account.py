"""Owns the records that a derivation is made of: steps, results, and what a derivation holds."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, final

from chainrule.explain.derivation.phrases import Equation, Phrase, phrase_text
from chainrule.explain.expressions.dialects import LATEX
from chainrule.explain.expressions.expression import Derivative, Expression, evaluate, free_symbols
from chainrule.explain.expressions.notation import latex, text
from chainrule.explain.expressions.symbolic import to_sympy

Point: TypeAlias = tuple[tuple[str, float], ...]


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One step of a derivation.

    rule: what people call it. phrases: what is said of it, with its mathematics. before, after: the two sides; they
    have the same value, a derivative that is still to be taken included. why: why the rule applies. conditions: where
    it holds. kind: "rule" for a rule of the table, "algebra" for a tidying move, "assembly" where parts are put
    together.
    """

    rule: str
    phrases: tuple[Phrase, ...]
    before: Expression
    after: Expression
    why: str
    conditions: tuple[Expression, ...] = ()
    kind: str = "rule"

    @property
    def statement(self) -> str:
        """What is said of the step, as one line of plain text."""
        return "; ".join(phrase_text(phrase) for phrase in self.phrases)

    @property
    def equation(self) -> Equation:
        """The step as an equation."""
        return Equation((self.before, self.after))

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain data, for JSON."""
        return {
            "rule": self.rule,
            "kind": self.kind,
            "statement": self.statement,
            "before": text(self.before),
            "after": text(self.after),
            "why": self.why,
            "conditions": [text(condition) for condition in self.conditions],
            "latex": f"{latex(self.before)}{LATEX.equals}{latex(self.after)}",
        }


@final
@dataclass(frozen=True, slots=True)
class Result:
    """A derivative: an expression that can be written, evaluated and handed to SymPy.

    expression: the derivative. names: the variables of the function, in order; calling the result takes values in
    this order.
    """

    expression: Expression
    names: tuple[str, ...]

    def __str__(self) -> str:
        return text(self.expression)

    def to_latex(self) -> str:
        """Return the derivative as LaTeX."""
        return latex(self.expression)

    def _repr_latex_(self) -> str:
        return f"${self.to_latex()}$"

    def to_sympy(self) -> Any:
        """Return the derivative as a SymPy expression; fractions and decimals are exact rationals."""
        return to_sympy(self.expression)

    def evaluate(self, **values: Any) -> Any:
        """Return the derivative's value; arrays and traced values are taken element by element."""
        missing = [name for name in free_symbols(self.expression) if name not in values]
        if missing:
            raise ValueError(
                f"the derivative {self} needs a value of {', '.join(missing)}; write evaluate({missing[0]}=1.0)"
            )
        return evaluate(self.expression, values)

    def __call__(self, *values: Any) -> Any:
        """Return the value where the variables of the function have these values, in order."""
        if len(values) != len(self.names):
            raise ValueError(
                f"the derivative takes {len(self.names)} values ({', '.join(self.names)}), not {len(values)}"
            )
        return evaluate(self.expression, dict(zip(self.names, values, strict=True)))


@final
@dataclass(frozen=True, slots=True)
class Gradient:
    """The partial derivatives of a function of several variables, in order. It can be indexed and looped over."""

    partials: tuple[Result, ...]

    def __str__(self) -> str:
        return f"({', '.join(str(partial) for partial in self.partials)})"

    def __len__(self) -> int:
        return len(self.partials)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.partials)

    def __getitem__(self, index: int) -> Result:
        return self.partials[index]

    def to_latex(self) -> str:
        """Return the gradient as LaTeX."""
        return rf"\left({', '.join(partial.to_latex() for partial in self.partials)}\right)"

    def _repr_latex_(self) -> str:
        return f"${self.to_latex()}$"

    def to_sympy(self) -> tuple[Any, ...]:
        """Return the partial derivatives as SymPy expressions."""
        return tuple(partial.to_sympy() for partial in self.partials)

    def evaluate(self, **values: Any) -> tuple[Any, ...]:
        """Return the values of the partial derivatives."""
        return tuple(partial.evaluate(**values) for partial in self.partials)

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Return the values of the partial derivatives where the variables have these values, in order."""
        return tuple(partial(*values) for partial in self.partials)


@dataclass(frozen=True, slots=True)
class Account(ABC):
    """How a derivative is found, step by step.

    expression: the function. label: its name, such as "f". names: its variables. wrt: what it is differentiated by.
    order: how often. steps: in the order in which a teacher writes them. result: the derivative, or the gradient.
    conditions: where the derivation holds. notes: what a reader should know. at: the point, where one was given;
    value: the derivative there, computed by the engine. verified: the largest relative difference between the result,
    the engine's derivative and the limit definition at sample points; None where no point could be sampled. partials:
    one derivation per variable, where there are several.
    """

    expression: Expression
    label: str | None
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    order: int
    steps: tuple[Step, ...]
    result: Result | Gradient
    conditions: tuple[Expression, ...] = ()
    notes: tuple[str, ...] = ()
    at: Point | None = None
    value: float | tuple[float, ...] | None = None
    verified: float | None = None
    partials: tuple[Account, ...] = ()

    @property
    def heading(self) -> Equation:
        """What is found, as an equation: the derivative of the function, and the result."""
        partial = len(self.names) > 1
        before = Derivative(self.expression, self.wrt[0], partial, self.order)
        results = self.result.partials if isinstance(self.result, Gradient) else (self.result,)
        return Equation((before, *(result.expression for result in results[:1])))

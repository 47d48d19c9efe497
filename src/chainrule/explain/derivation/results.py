"""Owns results: a derivative, a gradient, a Hessian and a Jacobian, to be written, evaluated and handed to SymPy."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.derivation.phrases import write_side
from chainrule.explain.expressions.dialects import LATEX, TEXT
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import UNDEFINED, Expression, free_symbols
from chainrule.explain.expressions.symbolic import to_sympy


@final
@dataclass(frozen=True, slots=True)
class Result:
    """A derivative: an expression that can be written, evaluated and handed to SymPy.

    expression: the derivative. names: the variables of the function, in order; calling the result takes values in
    this order.
    """

    expression: Expression
    names: tuple[str, ...]

    @property
    def exists(self) -> bool:
        """Whether there is one: a limit that does not exist has the result `undefined`."""
        return self.expression != UNDEFINED

    def __str__(self) -> str:
        return write_side(self.expression, TEXT)

    def to_latex(self) -> str:
        """Return the derivative as LaTeX."""
        return write_side(self.expression, LATEX)

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
class Matrix(ABC):
    """Derivatives in rows. It can be indexed and looped over, row by row."""

    rows: tuple[Gradient, ...]

    def __str__(self) -> str:
        rows = (", ".join(map(str, row)) for row in self.rows)
        return "[" + ", ".join(f"[{row}]" for row in rows) + "]"

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Gradient]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> Gradient:
        return self.rows[index]

    def to_latex(self) -> str:
        """Return it as a LaTeX matrix."""
        lines = (" & ".join(result.to_latex() for result in row) for row in self.rows)
        body = r" \\ ".join(lines)
        return rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"

    def _repr_latex_(self) -> str:
        return f"${self.to_latex()}$"

    def to_sympy(self) -> tuple[tuple[Any, ...], ...]:
        """Return the derivatives as SymPy expressions, row by row."""
        return tuple(row.to_sympy() for row in self.rows)

    def evaluate(self, **values: Any) -> tuple[tuple[Any, ...], ...]:
        """Return the values of the derivatives, row by row."""
        return tuple(row.evaluate(**values) for row in self.rows)

    def __call__(self, *values: Any) -> tuple[tuple[Any, ...], ...]:
        """Return the values where the variables have these values, in order."""
        return tuple(row(*values) for row in self.rows)


@final
@dataclass(frozen=True, slots=True)
class Hessian(Matrix):
    """The second partial derivatives: `hessian[i][j]` is by variable i, then by variable j. It is symmetric."""


@final
@dataclass(frozen=True, slots=True)
class Jacobian(Matrix):
    """The partial derivatives of several functions: `jacobian[i][j]` is that of function i by variable j."""

"""Owns array formulas: sums of products of named arrays and of the table's primitives applied to formulas.

A formula is always in this one form, so that equal formulas compare equal and can be added up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import RESHAPE

Shape: TypeAlias = tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class Symbol:
    """A named array. result: of an adjoint, the name of what is differentiated; empty for a value of the program."""

    name: str
    shape: Shape
    result: str = ""


@final
@dataclass(frozen=True, slots=True)
class Call:
    """A primitive of the table, or a function of the user's, applied to formulas.

    primitive: None for a function of the user's, which is called `name`.
    """

    name: str
    primitive: Primitive | None
    operands: tuple[Formula, ...]
    shape: Shape
    parameters: Mapping[str, Any] = field(compare=False, default_factory=dict)
    key: Hashable = ()


Atom: TypeAlias = Symbol | Call


@final
@dataclass(frozen=True, slots=True)
class Term:
    """A product: a coefficient, and atoms with whole exponents, entry by entry."""

    coefficient: Fraction
    factors: frozenset[tuple[Atom, int]]


@final
@dataclass(frozen=True, slots=True)
class Formula:
    """A sum of terms; without terms it is zero. The terms are broadcast to the shape."""

    terms: tuple[Term, ...]
    shape: Shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and self.shape == other.shape and set(self.terms) == set(other.terms)

    def __hash__(self) -> int:
        return hash((frozenset(self.terms), self.shape))

    @property
    def atom(self) -> Atom | None:
        """The atom that the formula is, if it is one."""
        if len(self.terms) != 1 or self.terms[0].coefficient != 1 or len(self.terms[0].factors) != 1:
            return None
        ((atom, exponent),) = self.terms[0].factors
        return atom if exponent == 1 and atom.shape == self.shape else None

    @property
    def number(self) -> Fraction | None:
        """The number that every entry of the formula is, if it has no symbols."""
        if not self.terms:
            return Fraction(0)
        return self.terms[0].coefficient if len(self.terms) == 1 and not self.terms[0].factors else None


def constant(value: float | Fraction, shape: Shape = ()) -> Formula:
    """Return a formula every entry of which is a number; a decimal is the fraction that it is written as."""
    exact = value if isinstance(value, Fraction) else Fraction(str(float(value)))
    return Formula((Term(exact, frozenset()),) if exact else (), shape)


def of_atom(atom: Atom) -> Formula:
    """Return the formula of one atom."""
    return Formula((Term(Fraction(1), frozenset({(atom, 1)})),), atom.shape)


def symbols(formula: Formula) -> Iterator[Symbol]:
    """Yield every symbol of a formula, with repetitions."""
    for term in formula.terms:
        for atom, _ in term.factors:
            if isinstance(atom, Symbol):
                yield atom
            else:
                for operand in atom.operands:
                    yield from symbols(operand)


def size(formula: Formula) -> int:
    """Return how many atoms a formula is written with."""
    return sum(
        1 if isinstance(atom, Symbol) else 1 + sum(map(size, atom.operands))
        for term in formula.terms
        for atom, _ in term.factors
    )


_INDEXED_FROM = {"index": 1, "index_add": 2, "index_set": 2, "last_written": 0}
"""Operands that are indices: whole numbers, which a formula computes as numbers."""


def evaluate(formula: Formula, values: Mapping[Symbol, Any]) -> Any:
    """Return the array that a formula is, by NumPy and the values of the table's primitives."""
    if formula.atom is not None:  # as it is: whole numbers, with which arrays are indexed, stay whole
        return _value(formula.atom, values)
    total: Any = 0.0
    for term in formula.terms:
        factors = [_power(_value(atom, values), exponent) for atom, exponent in term.factors]
        total = total + reduce(np.multiply, factors, float(term.coefficient))
    return np.broadcast_to(total, formula.shape)


def _power(value: Any, exponent: int) -> Any:
    return value if exponent == 1 else np.asarray(value, dtype=np.float64) ** exponent


def _value(atom: Atom, values: Mapping[Symbol, Any]) -> Any:
    if isinstance(atom, Symbol):
        return values[atom]
    assert atom.primitive is not None  # functions of the user's are only written, never computed
    operands = [np.asarray(evaluate(operand, values)) for operand in atom.operands]
    if atom.primitive in (SUM, RESHAPE):  # whose result may have been given another shape of the same entries
        if atom.primitive is SUM:
            operands = [np.sum(operands[0], axis=atom.parameters["axis"])]
        return np.reshape(operands[0], atom.shape)
    start = _INDEXED_FROM.get(atom.name, len(operands))
    whole = [each.astype(np.intp) if each.dtype.kind == "f" else each for each in operands[start:]]
    return atom.primitive.value(*operands[:start], *whole, **atom.parameters)

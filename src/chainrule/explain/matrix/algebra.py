"""Owns the algebra of array formulas: sums, products, sums over axes, transposes and matrix products, simplified at once.

Nothing here is a derivative. These are the laws by which entries are added and multiplied; every formula that they give is
evaluated and compared with the engine before it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias, final

import numpy as np

from chainrule.core.primitive import Primitive
from chainrule.explain.matrix.formula import Atom, Call, Formula, Shape, Symbol, Term, constant, of_atom
from chainrule.passes.terms import freeze
from chainrule.primitives.products import MATMUL
from chainrule.primitives.reduction import SUM
from chainrule.primitives.shape import RESHAPE, TRANSPOSE

MOST_TERMS = 12
"""Products of sums are multiplied out up to this many terms."""

Factors: TypeAlias = dict[Atom, int]


@final
class Algebra:
    """Makes formulas.

    definitions: values of the program by what they are computed as, which are then written by their names.
    sums_to_one: says of a value whether its sums over axes are all one; what was used of that is in `used`.
    """

    def __init__(self, sums_to_one: Callable[[Symbol, Shape], bool] = lambda symbol, axes: False) -> None:
        self.definitions: dict[Atom, Symbol] = {}
        self.quotients: list[tuple[frozenset[tuple[Atom, int]], Symbol]] = []
        self.complements: dict[tuple[Atom, Atom], Formula] = {}
        self.most_terms = MOST_TERMS
        self.sums_to_one = sums_to_one
        self.used: dict[tuple[Symbol, Shape], None] = {}

    def define(self, symbol: Symbol, formula: Formula) -> None:
        """Let a value stand for what it is computed as: one operation, or a quotient."""
        if formula.atom is not None:
            if isinstance(formula.atom, Call):
                self.definitions[formula.atom] = symbol
        elif len(formula.terms) == 1 and formula.terms[0].coefficient == 1 and formula.shape == symbol.shape:
            factors = formula.terms[0].factors
            if any(exponent < 0 for _, exponent in factors):
                self.quotients.append((factors, symbol))
                self._complement(symbol, factors)

    def _complement(self, symbol: Symbol, factors: frozenset[tuple[Atom, int]]) -> None:
        """Note of p = 1 / (c + k e) that p e is (1 - c p) / k: what is left of one when p is taken."""
        ((atom, exponent), *others) = factors
        if others or exponent != -1 or not isinstance(atom, Call) or atom.primitive is not RESHAPE:
            return
        terms = atom.operands[0].terms
        numbers = [term.coefficient for term in terms if not term.factors]
        rest = [term for term in terms if term.factors]
        if len(terms) == 2 and len(numbers) == 1 and len(rest[0].factors) == 1:
            ((moving, power),) = rest[0].factors
            if power == 1:
                left = self.add(constant(1, symbol.shape), self.scale(of_atom(symbol), numbers[0]), -1)
                self.complements[symbol, moving] = self.scale(left, 1 / rest[0].coefficient)

    def term(self, coefficient: Fraction, factors: Mapping[Atom, int]) -> Term:
        """Return a product, in which a quotient that has a name is written by it."""
        left = {atom: exponent for atom, exponent in factors.items() if exponent}
        for pattern, symbol in self.quotients:
            while all(left.get(atom, 0) * exponent >= exponent * exponent for atom, exponent in pattern):
                for atom, exponent in pattern:
                    left[atom] -= exponent
                left[symbol] = left.get(symbol, 0) + 1
                left = {atom: exponent for atom, exponent in left.items() if exponent}
        return Term(coefficient, frozenset(left.items()))

    # --- entry by entry ------------------------------------------------------------------------------------------------

    def add(self, left: Formula, right: Formula, sign: int = 1) -> Formula:
        """Return left + right, or left - right."""
        totals = {term.factors: term.coefficient for term in left.terms}
        for term in right.terms:
            totals[term.factors] = totals.get(term.factors, Fraction(0)) + sign * term.coefficient
        terms = tuple(Term(coefficient, factors) for factors, coefficient in totals.items() if coefficient)
        return Formula(terms, np.broadcast_shapes(left.shape, right.shape))

    def multiply(self, left: Formula, right: Formula) -> Formula:
        """Return the product entry by entry, multiplied out where it is short."""
        shape = np.broadcast_shapes(left.shape, right.shape)
        if len(left.terms) > 1 or len(right.terms) > 1:
            left, right = self._canceled(left, right)
            right, left = self._canceled(right, left)
        if len(left.terms) * len(right.terms) > self.most_terms:
            left, right = self._grouped(left), self._grouped(right)
        total = Formula((), shape)
        if len(left.terms) > 1 and len(right.terms) > 1:
            for term in left.terms:
                total = self.add(total, self.multiply(Formula((term,), left.shape), right))
            return total
        for one in left.terms:
            for other in right.terms:
                total = self.add(total, self._product(one, other, shape))
        return total

    def _product(self, one: Term, other: Term, shape: Shape) -> Formula:
        factors = dict(one.factors)
        for atom, exponent in other.factors:
            factors[atom] = factors.get(atom, 0) + exponent
        product = self.term(one.coefficient * other.coefficient, factors)
        held = dict(product.factors)
        for (taken, moving), left in self.complements.items():
            if held.get(taken, 0) > 0 and held.get(moving, 0) > 0:
                rest = {**held, taken: held[taken] - 1, moving: held[moving] - 1}
                return self.multiply(Formula((self.term(product.coefficient, rest),), shape), left)
        return Formula((product,), shape)

    def _canceled(self, whole: Formula, divided: Formula) -> tuple[Formula, Formula]:
        """Return two factors without a sum that one is a multiple of and the other is divided by."""
        if len(whole.terms) < 2 or len(divided.terms) != 1:
            return whole, divided
        for atom, exponent in divided.terms[0].factors:
            if (
                exponent < 0
                and isinstance(atom, Call)
                and atom.primitive is RESHAPE
                and len(atom.operands[0].terms) > 1
            ):
                ratio = self._ratio(whole, atom.operands[0])
                if ratio is not None:
                    factors = {**dict(divided.terms[0].factors), atom: exponent + 1}
                    return ratio, Formula((self.term(divided.terms[0].coefficient, factors),), divided.shape)
        return whole, divided

    def _ratio(self, whole: Formula, part: Formula) -> Formula | None:
        """Return the product by which a sum is a multiple of another sum; None where it is none."""
        if len(whole.terms) != len(part.terms):
            return None
        first = part.terms[0]
        inverse = Formula(
            (Term(1 / first.coefficient, frozenset((atom, -power) for atom, power in first.factors)),), part.shape
        )
        for term in whole.terms:
            ratio = self.multiply(Formula((term,), whole.shape), inverse)
            if set(self.multiply(ratio, part).terms) == set(whole.terms):
                return ratio
        return None

    def _grouped(self, formula: Formula) -> Formula:
        """Return a sum as one atom, which is not multiplied out."""
        if len(formula.terms) < 2:
            return formula
        return of_atom(Call("reshape", RESHAPE, (formula,), formula.shape))

    def scale(self, formula: Formula, factor: Fraction) -> Formula:
        """Return a multiple of a formula."""
        if not factor:
            return Formula((), formula.shape)
        return Formula(tuple(Term(term.coefficient * factor, term.factors) for term in formula.terms), formula.shape)

    def power(self, formula: Formula, exponent: int) -> Formula | None:
        """Return a whole power; None where it would divide by zero."""
        if exponent == 1:
            return formula
        if not formula.terms and exponent <= 0:
            return None
        if len(formula.terms) > 1:
            formula = self._grouped(formula)
        if not formula.terms:
            return formula
        (term,) = formula.terms
        factors = {atom: power * exponent for atom, power in term.factors}
        return Formula((self.term(term.coefficient**exponent, factors),), formula.shape)

    # --- along axes ----------------------------------------------------------------------------------------------------

    def sum_over(self, formula: Formula, axes: Sequence[int], keepdims: bool) -> Formula:
        """Return the sum over axes: what does not vary along them is taken out, what is not there is counted."""
        ndim = len(formula.shape)
        axes = tuple(axis % ndim for axis in axes)
        kept = tuple(1 if axis in axes else length for axis, length in enumerate(formula.shape))
        total = Formula((), kept)
        for term in formula.terms:
            total = self.add(total, Formula((self._summed(term, formula.shape, axes),), kept))
        if keepdims:
            return total
        return self.reshape(total, tuple(length for axis, length in enumerate(formula.shape) if axis not in axes))

    def _summed(self, term: Term, shape: Shape, axes: Shape) -> Term:
        over = tuple(axis for axis in axes if any(_varies(atom, axis, len(shape)) for atom, _ in term.factors))
        count = math.prod(shape[axis] for axis in axes if axis not in over)
        if not over:
            return Term(term.coefficient * count, term.factors)
        inner = {atom: e for atom, e in term.factors if any(_varies(atom, axis, len(shape)) for axis in over)}
        outer = {atom: exponent for atom, exponent in term.factors if atom not in inner}
        lengths = tuple(
            length if any(_varies(atom, axis, len(shape)) for atom in inner) else 1 for axis, length in enumerate(shape)
        )
        if len(inner) == 1:
            ((atom, exponent),) = inner.items()
            is_whole = isinstance(atom, Symbol) and exponent == 1 and len(atom.shape) == len(shape)
            if isinstance(atom, Symbol) and is_whole and self.sums_to_one(atom, over):
                self.used[atom, over] = None
                return self.term(term.coefficient * count, outer)
        body = Formula((Term(Fraction(1), frozenset(inner.items())),), lengths)
        kept = tuple(1 if axis in over else length for axis, length in enumerate(lengths))
        found = self._named(_call("sum", SUM, (body,), {"axis": over, "keepdims": True}, kept))
        outer[found] = outer.get(found, 0) + 1
        return self.term(term.coefficient * count, outer)

    def broadcast(self, formula: Formula, shape: Shape) -> Formula:
        """Return the formula stretched to a shape."""
        return Formula(formula.terms, shape)

    def reshape(self, formula: Formula, shape: Shape) -> Formula:
        """Return the entries in another shape. Axes of length one come and go in each factor alone."""
        if formula.shape == shape or not formula.terms or formula.number is not None:
            return Formula(formula.terms, shape)
        if _long(formula.shape) != _long(shape):
            coefficient, rest = self._split(formula)
            return self.scale(
                of_atom(self._named(_call("reshape", RESHAPE, (rest,), {"shape": shape}, shape))), coefficient
            )
        places = [axis for axis, length in enumerate(formula.shape) if length != 1]
        total = Formula((), shape)
        for term in formula.terms:
            factors: Factors = {}
            for atom, exponent in term.factors:
                moved = _viewed(atom, _moved_shape(atom.shape, len(formula.shape), places, shape))
                factors[moved] = factors.get(moved, 0) + exponent
            total = self.add(total, Formula((self.term(term.coefficient, factors),), shape))
        return total

    # --- matrices ------------------------------------------------------------------------------------------------------

    def transpose(self, formula: Formula, axes: Shape) -> Formula:
        """Return the axes in another order; of a product of matrices, the product of their transposes."""
        shape = tuple(formula.shape[axis] for axis in axes)
        if axes == tuple(range(len(axes))) or not formula.terms or formula.number is not None:
            return Formula(formula.terms, shape)
        if any(atom.shape not in ((), formula.shape) for term in formula.terms for atom, _ in term.factors):
            whole = of_atom(_call("transpose", TRANSPOSE, (formula,), {"axes": axes}, shape))
            return whole
        total = Formula((), shape)
        for term in formula.terms:
            product = constant(term.coefficient, shape)
            for atom, exponent in term.factors:
                moved = of_atom(atom) if atom.shape == () else self._transposed(atom, axes, shape)
                raised = self.power(moved, exponent)
                assert raised is not None
                product = self.multiply(product, raised)
            total = self.add(total, product)
        return total

    def _transposed(self, atom: Atom, axes: Shape, shape: Shape) -> Formula:
        if isinstance(atom, Call) and atom.primitive is TRANSPOSE:
            before = atom.parameters["axes"]
            if tuple(before[axis] for axis in axes) == tuple(range(len(axes))):
                return atom.operands[0]
        if isinstance(atom, Call) and atom.primitive is MATMUL and _swaps_last(axes):
            left, right = atom.operands
            if len(left.shape) == len(right.shape) == len(axes):
                return self.matmul(self.transpose(right, axes), self.transpose(left, axes), shape)
        return of_atom(self._named(_call("transpose", TRANSPOSE, (of_atom(atom),), {"axes": axes}, shape)))

    def matmul(self, left: Formula, right: Formula, shape: Shape, columns: bool = True) -> Formula:
        """Return a matrix product; numbers are taken out. columns: write a vector times a matrix as transpose times vector."""
        if not left.terms or not right.terms:
            return Formula((), shape)
        if columns and len(left.shape) == 1 and len(right.shape) == 2:
            left, right = self.transpose(right, (1, 0)), left
        one, left = self._split(left)
        other, right = self._split(right)
        return self.scale(of_atom(self._named(_call("matmul", MATMUL, (left, right), {}, shape))), one * other)

    def apply(
        self,
        name: str,
        primitive: Primitive | None,
        operands: Sequence[Formula],
        parameters: Mapping[str, Any],
        shape: Shape,
    ) -> Formula:
        """Return any other operation, as it is."""
        return of_atom(self._named(_call(name, primitive, tuple(operands), parameters, shape)))

    def _named(self, atom: Call) -> Atom:
        return self.definitions.get(atom, atom)

    def _split(self, formula: Formula) -> tuple[Fraction, Formula]:
        """Return the number that all terms have in common, and the rest."""
        sizes = {abs(term.coefficient) for term in formula.terms}
        common = sizes.pop() if len(sizes) == 1 else Fraction(1)
        if len(formula.terms) == 1:
            common = formula.terms[0].coefficient
        return common, self.scale(formula, 1 / common)


def _call(
    name: str, primitive: Primitive | None, operands: tuple[Formula, ...], parameters: Mapping[str, Any], shape: Shape
) -> Call:
    return Call(name, primitive, operands, shape, dict(parameters), freeze(dict(parameters)))


def _varies(atom: Atom, axis: int, ndim: int) -> bool:
    """Return whether an atom differs along an axis of a formula of `ndim` axes, to which it is aligned at the right."""
    own = axis - (ndim - len(atom.shape))
    return own >= 0 and atom.shape[own] != 1


def _long(shape: Shape) -> Shape:
    return tuple(length for length in shape if length != 1)


def _moved_shape(own: Shape, ndim: int, places: Sequence[int], shape: Shape) -> Shape:
    """Return the shape of a factor when axes of length one come or go; leading ones are left out."""
    full = (1,) * (ndim - len(own)) + own
    lengths = iter(full[place] for place in places)
    moved = tuple(next(lengths) if length != 1 else 1 for length in shape)
    return moved[next((place for place, length in enumerate(moved) if length != 1), len(moved)) :]


def _viewed(atom: Atom, shape: Shape) -> Atom:
    if atom.shape == shape:
        return atom
    if isinstance(atom, Call) and atom.primitive is SUM:
        return Call(atom.name, SUM, atom.operands, shape, atom.parameters, atom.key)
    inner = atom.operands[0].atom if isinstance(atom, Call) and atom.primitive is RESHAPE else None
    if inner is not None and _long(inner.shape) == _long(shape):
        return _viewed(inner, shape)
    return Call("reshape", RESHAPE, (of_atom(atom),), shape)


def _swaps_last(axes: Shape) -> bool:
    count = len(axes)
    return count >= 2 and axes == (*range(count - 2), count - 1, count - 2)

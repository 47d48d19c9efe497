"""Owns how array formulas are written: signs, brackets, common factors and fractions, in any style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from chainrule.explain.expressions.written_conditions import RELATIONS
from chainrule.explain.matrix.formula import Atom, Call, Formula, Shape, Symbol, Term
from chainrule.explain.matrix.spelling import axes_words, index_entry, is_unnamed, number_parts
from chainrule.explain.matrix.styles import PLAIN, Style

SUM_LEVEL, PRODUCT, MATRIX, ATOM = range(4)
"""How tightly a piece of writing holds together; one that holds less than its place asks for stands in brackets."""

_NAMES = {"euclidean_norm": "norm", "expit": "σ", "absolute": "abs", "shares": "is_largest", "log": "ln"}


def text(formula: Formula) -> str:
    """Return a formula as plain text."""
    return write(formula, PLAIN)


def write(formula: Formula, style: Style) -> str:
    """Return a formula in a style."""
    return _formula(formula, style)[0]


def write_symbol(symbol: Symbol, style: Style) -> str:
    """Return a named array in a style."""
    if symbol.result:
        return style.adjoint(symbol.result, symbol.name, symbol.shape != ())
    return style.symbol(symbol.name, symbol.shape != ())


def _formula(formula: Formula, style: Style) -> tuple[str, int]:
    if not formula.terms:
        return style.number("0"), ATOM
    if len(formula.terms) == 1:
        return _term(formula.terms[0], None, style)
    common, rest = factored(formula)
    together = _summed_together(rest)
    if together is not None:
        return _term(Term(common.coefficient, common.factors | {(together, 1)}), None, style)
    if common.factors or common.coefficient != 1:
        return _term(common, rest, style)
    return _sum(formula.terms, style), SUM_LEVEL


def _sum(terms: Sequence[Term], style: Style) -> str:
    ordered = sorted(terms, key=lambda term: term.coefficient < 0)
    pieces: list[str] = []
    for term in ordered:
        positive = Term(abs(term.coefficient), term.factors)
        written, level = _term(positive, None, style)
        if level == SUM_LEVEL and (pieces or len(ordered) > 1) and term.coefficient < 0:
            written = style.bracket(written)
        sign = style.minus if term.coefficient < 0 else style.plus
        if not pieces:
            sign = style.negative if term.coefficient < 0 else ""
        pieces.append(sign + written)
    return "".join(pieces)


def _summed_together(terms: Sequence[Term]) -> Call | None:
    """Return sums over the same axes as one sum of sums."""
    calls = [next(iter(term.factors), (None, 0)) for term in terms if len(term.factors) == 1]
    atoms = [atom for atom, exponent in calls if exponent == 1 and isinstance(atom, Call) and atom.name == "sum"]
    if len(atoms) != len(terms) or len({(atom.key, atom.shape, atom.operands[0].shape) for atom in atoms}) != 1:
        return None
    body = tuple(
        Term(term.coefficient * inner.coefficient, inner.factors)
        for term, atom in zip(terms, atoms, strict=True)
        for inner in atom.operands[0].terms
    )
    return replace(atoms[0], operands=(Formula(body, atoms[0].operands[0].shape),))


def factored(formula: Formula) -> tuple[Term, tuple[Term, ...]]:
    """Return what all terms have in common, and the terms without it."""
    first, *others = formula.terms
    shared = dict(first.factors)
    for term in others:
        factors = dict(term.factors)
        shared = {
            atom: min(exponent, factors[atom], key=abs)
            for atom, exponent in shared.items()
            if atom in factors and exponent * factors[atom] > 0
        }
    sizes = {abs(term.coefficient) for term in formula.terms}
    number = sizes.pop() if len(sizes) == 1 else Fraction(1)
    if all(term.coefficient < 0 for term in formula.terms):
        number = -number
    rest = tuple(Term(term.coefficient / number, _without(term.factors, shared)) for term in formula.terms)
    return Term(number, frozenset(shared.items())), rest


def _without(factors: frozenset[tuple[Atom, int]], taken: dict[Atom, int]) -> frozenset[tuple[Atom, int]]:
    left = {atom: exponent - taken.get(atom, 0) for atom, exponent in factors}
    return frozenset((atom, exponent) for atom, exponent in left.items() if exponent)


def _term(term: Term, group: Sequence[Term] | None, style: Style) -> tuple[str, int]:
    """Return a product; group: a sum that is its last factor."""
    ordered = sorted(term.factors, key=_factor_key)
    outer = _outer_product(term, style)
    above = [(_raised(atom, exponent, style), atom.shape) for atom, exponent in ordered if exponent > 0]
    if outer is not None and group is None:
        above = [part for part in above if part[1] == ()] + [outer]
    below = [(_raised(atom, -exponent, style), atom.shape) for atom, exponent in ordered if exponent < 0]
    if group is not None:
        above.append(((_sum(group, style), SUM_LEVEL), _joint_shape(group)))
    numerator, denominator = number_parts(term.coefficient)
    sign = style.negative if term.coefficient < 0 else ""
    top, level = _product(above, numerator, style)
    if not below and denominator == "1":
        if sign and level == SUM_LEVEL:
            top = style.bracket(top)
        return sign + top, min(level, PRODUCT) if sign else level
    bottom, bottom_level = _product(below, denominator, style)
    if style.stacked:
        return sign + _stacked(ordered, above, numerator, bottom, bool(below), style), PRODUCT
    if level == SUM_LEVEL:
        top = style.bracket(top)
    if bottom_level < MATRIX or " " in bottom:
        bottom = style.bracket(bottom)
    return sign + style.fraction(top, bottom), PRODUCT


def _stacked(
    ordered: Sequence[tuple[Atom, int]],
    above: Sequence[tuple[tuple[str, int], Shape]],
    numerator: str,
    bottom: str,
    is_array: bool,
    style: Style,
) -> str:
    """Return a fraction; adjoints, which are fractions themselves, stand beside it."""
    adjoints = {
        _raised(atom, exponent, style)[0] for atom, exponent in ordered if isinstance(atom, Symbol) and atom.result
    }
    beside = [part for part in above if part[0][0] in adjoints]
    top = _product([part for part in above if part not in beside], numerator, style)[0]
    fraction = style.fraction(top, bottom)
    if not beside:
        return fraction
    return (
        fraction
        + (style.entrywise if is_array or len(beside) < len(above) else style.space)
        + _product(beside, "1", style)[0]
    )


def _outer_product(term: Term, style: Style) -> tuple[tuple[str, int], Shape] | None:
    """Return a column times a row, entry by entry, as the product of a vector and a transposed one."""
    arrays = [(atom, exponent) for atom, exponent in term.factors if atom.shape != ()]
    columns = [_column_of(Formula((Term(Fraction(1), frozenset({factor})),), factor[0].shape)) for factor in arrays]
    if len(arrays) != 2 or any(exponent != 1 for _, exponent in arrays) or columns.count(None) != 1:
        return None
    column, row = (columns[0], arrays[1][0]) if columns[0] is not None else (columns[1], arrays[0][0])
    if column is None or len(row.shape) != 1:
        return None
    left, right = _held(_formula(column, style), MATRIX, style), _atom(row, style)
    is_adjoint = isinstance(row, Symbol) and row.result
    body = style.bracket(right[0]) if is_adjoint or right[1] < ATOM else right[0]
    return (left + style.product + style.transpose(body), MATRIX), (*column.shape, *row.shape)


def _product(factors: Sequence[tuple[tuple[str, int], Shape]], number: str, style: Style) -> tuple[str, int]:
    """Return numbers and scalars, then arrays with the sign of the product entry by entry between them."""
    scalars = [written for written, shape in factors if shape == ()]
    arrays = [written for written, shape in factors if shape != ()]
    several = len(factors) + (number != "1") > 1
    pieces = [] if number == "1" else [style.number(number)]
    pieces += [_held(written, MATRIX if several else SUM_LEVEL, style) for written in scalars]
    least = ATOM if len(arrays) > 1 else PRODUCT if several else SUM_LEVEL
    # A sum sign reaches to the end of what follows it, so that as a factor it stands in brackets.
    pieces += [style.entrywise.join(_held(written, least, style) for written in arrays)] if arrays else []
    if not factors:
        return style.number(number), ATOM
    if len(factors) == 1 and number == "1":
        return pieces[0], factors[0][0][1]
    return style.space.join(pieces), PRODUCT


def _held(written: tuple[str, int], least: int, style: Style) -> str:
    return style.bracket(written[0]) if written[1] < least else written[0]


def _raised(atom: Atom, exponent: int, style: Style) -> tuple[str, int]:
    written = _atom(atom, style)
    if exponent == 1:
        return written
    body = _held(written, ATOM, style)
    if isinstance(atom, Symbol) and atom.result and not style.stacked:
        body = style.bracket(body)
    return style.power(body, exponent), ATOM


def _atom(atom: Atom, style: Style) -> tuple[str, int]:
    if isinstance(atom, Symbol):
        return write_symbol(atom, style), ATOM
    operands = [_formula(operand, style) for operand in atom.operands]
    if atom.name == "matmul":
        return _matrix_product(atom, operands, style), MATRIX
    if atom.name == "transpose":
        axes = atom.parameters["axes"]
        if len(axes) == 2:
            return style.transpose(_transposable(atom.operands[0], operands[0], style)), ATOM
        return style.call("transpose", "", [operands[0][0]]), ATOM
    if atom.name == "sum":
        over = axes_words(atom.operands[0].shape, atom.parameters["axis"])
        return style.total(over, _held(operands[0], PRODUCT, style)), SUM_LEVEL
    if atom.name == "reshape":
        return _reshaped(atom, operands[0], style)
    if atom.name == "positive_part":
        return style.relation(operands[0][0], ">", style.number("0")), ATOM
    if atom.name in ("euclidean_norm", "norm") and atom.shape == ():
        return style.bars(operands[0][0]), ATOM
    return _other(atom, [written for written, _ in operands], style), ATOM


def _transposable(operand: Formula, written: tuple[str, int], style: Style) -> str:
    body = _held(written, ATOM, style)
    is_adjoint = isinstance(operand.atom, Symbol) and operand.atom.result
    return style.bracket(body) if is_adjoint else body


def _matrix_product(atom: Call, operands: list[tuple[str, int]], style: Style) -> str:
    """Return a product of matrices; a vector on the left is written as a row, which it is there."""
    left, right = (_held(written, MATRIX, style) for written in operands)
    first, second = atom.operands
    if len(first.shape) == 1:
        left = style.transpose(_transposable(first, operands[0], style))
    if len(second.shape) == 2 and second.shape[0] == 1 and _is_of_vectors(second):
        right = style.transpose(_transposable(second, operands[1], style))
    column = _column_of(first)
    if column is not None:
        left = _held(_formula(column, style), MATRIX, style)
    return left + style.product + right


def _is_of_vectors(formula: Formula) -> bool:
    return all(len(atom.shape) < 2 for term in formula.terms for atom, _ in term.factors)


def _column_of(formula: Formula) -> Formula | None:
    """Return the vector of which a formula is the column, if it is one."""
    if len(formula.shape) != 2 or formula.shape[1] != 1 or not formula.terms:
        return None
    terms = []
    for term in formula.terms:
        factors = []
        for atom, exponent in term.factors:
            inner = atom.operands[0].atom if isinstance(atom, Call) and atom.name == "reshape" else None
            if atom.shape != () and (inner is None or len(inner.shape) != 1):
                return None
            factors.append((atom if inner is None else inner, exponent))
        terms.append(Term(term.coefficient, frozenset(factors)))
    return Formula(tuple(terms), formula.shape[:1])


def _reshaped(atom: Call, operand: tuple[str, int], style: Style) -> tuple[str, int]:
    """Return a change of shape: nothing where it only takes axes of length one away, a column where it makes one."""
    before, after = atom.operands[0].shape, atom.shape
    long = [length for length in before if length != 1]
    if long == [length for length in after if length != 1]:
        if len(after) >= 2 and after[-1] == 1 and len(before) < len(after):
            return style.call("col", "", [operand[0]]), ATOM
        return operand
    return style.call("reshape", "", [operand[0], style.words("×".join(map(str, after)) or "number")]), ATOM


def _other(atom: Call, operands: list[str], style: Style) -> str:
    parameters = atom.parameters
    name = _NAMES.get(atom.name, atom.name)
    if atom.name in RELATIONS:
        return style.relation(operands[0], RELATIONS[atom.name], operands[1])
    if atom.name == "where":  # the table's order has the condition last
        operands = [operands[2], *operands[:2]]
    if atom.name == "index":
        return _indexed(operands[0], parameters["template"], operands[1:], style)
    if atom.name == "index_add":
        place = style.words("at ") + _indexed("", parameters["template"], operands[2:], style)
        return style.call("place", "", [operands[1], place])
    if atom.name == "einsum":
        return style.call("einsum", "", [style.words(parameters["subscripts"].replace("->", "→")), *operands])
    if parameters.get("result") is not None:
        return style.call(name, "", operands) + style.words(f"[{parameters['result']}]")
    over = ""
    if "axis" in parameters and atom.operands and parameters["axis"] is not None:
        axis = parameters["axis"]
        over = axes_words(atom.operands[0].shape, axis if isinstance(axis, tuple) else (axis,))
    return style.call(name, over or str(parameters.get("over", "")), operands)


def _indexed(body: str, template: Any, arrays: Sequence[str], style: Style) -> str:
    entries = template if isinstance(template, tuple) else (template,)
    named = iter(arrays)
    # Arrays are written already; the rest is as Python writes it.
    written = [style.words(index_entry(entry)) or next(named, style.words("…")) for entry in entries]
    return body + style.words("[") + style.words(", ").join(written) + style.words("]")


def _joint_shape(terms: Sequence[Term]) -> Shape:
    """Return a shape that is () only if all terms are scalars."""
    return max((atom.shape for term in terms for atom, _ in term.factors), key=len, default=())


def _factor_key(factor: tuple[Atom, int]) -> tuple[int, bool, str]:
    """Order factors as they are spoken: values, then adjoints, then sums and what else is long."""
    atom, _ = factor
    if isinstance(atom, Symbol):
        return (1 if atom.result else 0), is_unnamed(atom.name), atom.name
    return (3 if atom.name == "sum" else 2), False, _atom_text(atom)


@lru_cache(maxsize=4096)
def _atom_text(atom: Atom) -> str:
    return _atom(atom, PLAIN)[0]

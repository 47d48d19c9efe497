"""Owns exact algebra on expressions: products as a number times powers of bases, sums as lists of such products."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from chainrule.explain.expressions.dialects import GREEK
from chainrule.explain.expressions.expression import (
    Apply,
    Constant,
    Derivative,
    Expression,
    Number,
    Symbol,
    Value,
    fold,
    free_symbols,
)
from chainrule.explain.expressions.identities import combined
from chainrule.explain.expressions.neat import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    E,
    add_numbers,
    call,
    is_named,
    is_whole,
    multiply_numbers,
    neat,
    power_of_number,
)

SumKey: TypeAlias = frozenset[tuple[frozenset[tuple[Expression, Expression]], Value]]

ALGEBRAIC = frozenset("add subtract multiply divide negative positive power float_power square reciprocal".split())
"""Primitives into whose operands tidying goes; what is inside of other functions stays as it was written."""


@dataclass(frozen=True, slots=True)
class Term:
    """A product: `coefficient` times each base to its exponent. Exponents are expressions, mostly numbers."""

    coefficient: Value
    factors: tuple[tuple[Expression, Expression], ...] = ()

    @property
    def key(self) -> frozenset[tuple[Expression, Expression]]:
        """What makes two terms alike."""
        return frozenset(self.factors)


def is_algebraic(node: Apply) -> bool:
    """Return whether tidying goes into the operands."""
    return node.primitive.name in ALGEBRAIC


def sum_terms(expression: Expression) -> list[tuple[int, Expression]]:
    """Return the terms of a sum as (sign, expression), in order."""
    terms: list[tuple[int, Expression]] = []
    pending = [(1, expression)]
    while pending:
        sign, node = pending.pop()
        if isinstance(node, Apply) and node.primitive.name in ("add", "subtract"):
            left, right = node.operands
            pending.append((sign if node.primitive.name == "add" else -sign, right))
            pending.append((sign, left))
        elif isinstance(node, Apply) and node.primitive.name == "negative":
            pending.append((-sign, node.operands[0]))
        else:
            terms.append((sign, node))
    return terms


def raw_factors(expression: Expression) -> list[tuple[Expression, Expression]]:
    """Return the factors of a product as (base, exponent), in order, nothing combined yet."""
    found: list[tuple[Expression, Expression]] = []
    pending: list[tuple[Expression, Expression]] = [(expression, ONE)]
    while pending:
        node, exponent = pending.pop()
        parts = _parts(node, exponent)
        if parts is None:
            found.append((node, exponent))
        else:
            pending.extend(reversed(parts))
    return found


def _parts(node: Expression, exponent: Expression) -> list[tuple[Expression, Expression]] | None:
    """Return what `node ** exponent` is the product of, or None where it cannot be taken apart."""
    if not isinstance(node, Apply):
        return None
    name, operands = node.primitive.name, node.operands
    if not is_whole(exponent):
        return _parts_of_root(node, exponent)
    if name == "cbrt" and isinstance(inner := operands[0], Apply) and is_named(inner, "power", "square"):
        base, raised = (*inner.operands, Number(2))[:2]
        return [(call("cbrt", base), times(raised, exponent))] if is_whole(raised) else None
    if name == "multiply":
        return [(operand, exponent) for operand in operands]
    if name == "divide":
        return [(operands[0], exponent), (operands[1], times(exponent, MINUS_ONE))]
    if name == "reciprocal":
        return [(operands[0], times(exponent, MINUS_ONE))]
    if name == "negative":
        return [(MINUS_ONE, exponent), (operands[0], exponent)]
    if name == "square":
        return [(operands[0], times(exponent, Number(2)))]
    if name == "sqrt":
        return [(operands[0], times(exponent, HALF))]
    if name == "exp":
        return _exponential_parts(operands[0], exponent)
    if name in ("power", "float_power"):
        return [(operands[0], times(operands[1], exponent))]
    return None


def _parts_of_root(node: Apply, exponent: Expression) -> list[tuple[Expression, Expression]] | None:
    """Return sqrt(u) or u^3 to a power that is no whole number: both want u ≥ 0, so that the exponents multiply."""
    if not isinstance(exponent, Number):
        return None
    if is_named(node, "sqrt"):
        return [(node.operands[0], times(exponent, HALF))]
    if not is_named(node, "power") or not isinstance(node.operands[1], Number):
        return None
    inner = node.operands[1]
    if isinstance(inner.value, Fraction) or (isinstance(inner.value, int) and inner.value % 2):
        return [(node.operands[0], times(exponent, inner))]
    return None


def _exponential_parts(operand: Expression, exponent: Expression) -> list[tuple[Expression, Expression]]:
    """Return e^operand as factors; e^ln(b) is b, and e^(2 ln(b)) is b^2."""
    parts: list[tuple[Expression, Expression]] = []
    rest: list[Term] = []
    for sign, node in sum_terms(operand):
        number, logarithm = _without_number(node)
        if is_named(logarithm, "log"):
            parts.append((logarithm.operands[0], times(exponent, Number(multiply_numbers(sign, number.value)))))
        else:
            rest.append(Term(sign) if node == ONE else Term(sign, ((node, ONE),)))
    if not parts:
        return [(E, times(operand, exponent))]
    return [*parts, (E, times(build_sum(rest), exponent))]


def _without_number(node: Expression) -> tuple[Number, Expression]:
    """Return a product as the number in front and the rest."""
    if is_named(node, "multiply") and isinstance(node.operands[0], Number):
        return node.operands[0], node.operands[1]
    return ONE, node


def times(left: Expression, right: Expression) -> Expression:
    """Return the product with its numbers computed."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(multiply_numbers(left.value, right.value))
    if right == ONE:
        return left
    return build(term_of(left * right))


def plus(left: Expression, right: Expression) -> Expression:
    """Return the sum with like terms collected, powers of variables first: x + e^x."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(add_numbers(left.value, right.value))
    simple = not is_named(left, "add", "subtract", "negative") and not is_named(right, "add", "subtract", "negative")
    terms = collect([term_of(left), term_of(right)]) if simple else terms_of(left + right)
    return build_sum(sorted(terms, key=lambda term: not degree(term)))


def _is_sum(expression: Expression) -> bool:
    return is_named(expression, "add", "subtract")


def term_of(expression: Expression) -> Term:
    """Return a product with its numbers multiplied and powers of the same base put together."""
    coefficient: Value = 1
    powers: dict[Expression, Expression] = {}
    sums: dict[SumKey, Expression] = {}
    for base, exponent in raw_factors(expression):
        value = _number_of(base, exponent)
        if value is not None:
            coefficient = multiply_numbers(coefficient, value)
            continue
        if _is_sum(base) and base not in powers:
            base, sign = _same_sum(base, exponent, sums)
            if sign < 0 and isinstance(exponent, Number) and exponent.value % 2:
                coefficient = multiply_numbers(coefficient, -1)
        powers[base] = plus(powers[base], exponent) if base in powers else exponent
    if coefficient == 0:
        return Term(0)
    coefficient, powers = combined(coefficient, powers)
    return Term(coefficient, tuple((base, exponent) for base, exponent in powers.items() if exponent != ZERO))


def _same_sum(base: Expression, exponent: Expression, known: dict[SumKey, Expression]) -> tuple[Expression, int]:
    """Return the known sum that has the same terms in another order, and 1; or opposite terms, and -1.

    A sum that is neither is known from then on. Powers that are no whole numbers keep the sum that they were written with.
    """
    key = sum_key(base)
    if key in known and is_whole(exponent):
        return known[key], 1
    if known and is_whole(exponent):
        opposite = frozenset((factors, multiply_numbers(-1, number)) for factors, number in key)
        if opposite in known:
            return known[opposite], -1
    known.setdefault(key, base)
    return base, 1


@lru_cache(maxsize=1024)
def sum_key(base: Expression) -> SumKey:
    """Return the terms of a sum as what makes two sums equal."""
    return frozenset((term.key, term.coefficient) for term in terms_of(base))


def _number_of(base: Expression, exponent: Expression) -> Value | None:
    if isinstance(base, Number) and isinstance(exponent, Number) and isinstance(exponent.value, int):
        return power_of_number(base.value, exponent.value)
    return None


def terms_of(expression: Expression) -> list[Term]:
    """Return a sum as terms, like ones collected, in the order of their first appearance."""
    signed = []
    for sign, node in sum_terms(expression):
        term = term_of(node)
        signed.append(Term(multiply_numbers(sign, term.coefficient), term.factors))
    return collect(signed)


def negated(term: Term) -> Term:
    """Return the term with the other sign."""
    return Term(multiply_numbers(-1, term.coefficient), term.factors)


def collect(terms: Iterable[Term]) -> list[Term]:
    """Return terms with like ones added up; those that vanish are left out."""
    found: dict[frozenset[tuple[object, Expression]], Term] = {}
    for term in terms:
        key = _like(term)
        known = found.get(key)
        coefficient = term.coefficient if known is None else add_numbers(known.coefficient, term.coefficient)
        found[key] = Term(coefficient, term.factors if known is None else known.factors)
    return [term for term in found.values() if term.coefficient != 0]


def _like(term: Term) -> frozenset[tuple[object, Expression]]:
    """Return what makes terms alike: their factors, sums of the same terms in another order being the same."""
    if not any(_is_sum(base) for base, _ in term.factors):
        return frozenset(term.factors)
    return frozenset((sum_key(base) if _is_sum(base) else base, exponent) for base, exponent in term.factors)


def build(term: Term) -> Expression:
    """Return the term as an expression: number, variables, exponentials, functions, sums, and the denominator."""
    above: list[Expression] = []
    below: list[Expression] = []
    for base, exponent in sorted(_alphabetical(term.factors), key=_place):
        if isinstance(exponent, Number) and exponent.value < 0:
            below.append(_power(base, Number(-exponent.value)))
        else:
            above.append(_power(base, exponent))
    coefficient = term.coefficient
    if isinstance(coefficient, Fraction):
        below.insert(0, Number(coefficient.denominator))
        coefficient = coefficient.numerator
    negative = coefficient < 0
    coefficient = abs(coefficient)
    if coefficient != 1 or not above:
        above.insert(0, Number(coefficient))
    if negative:
        above[0] = Number(-coefficient) if isinstance(above[0], Number) else call("negative", above[0])
    if not below:
        return _product(above)
    front = above[0]
    if negative and is_named(front, "negative"):
        above[0] = front.operands[0]
        return call("negative", _product(above) / _product(below))
    return neat(_product(above) / _product(below))


def _product(factors: Sequence[Expression]) -> Expression:
    first, *others = factors
    negative = bool(others) and is_named(first, "negative")
    result = first.operands[0] if others and is_named(first, "negative") else first
    for factor in others:
        result = result * factor
    return call("negative", result) if negative else result


def _power(base: Expression, exponent: Expression) -> Expression:
    if exponent == ONE:
        return base
    if exponent == HALF:
        return call("sqrt", base)
    if base == E:
        return call("exp", exponent)
    return base**exponent


_PARAMETER = re.compile(rf"(?:[A-Za-r]|{'|'.join(GREEK)})(?:[0-9_].*)?")
"""A letter that is thought of as a number, or an angle; s to z are variables."""


_COEFFICIENTS = frozenset("abcd")


def _alphabetical(factors: Sequence[tuple[Expression, Expression]]) -> Sequence[tuple[Expression, Expression]]:
    """Return factors with a, b, c and d in the order of the alphabet, as in ad - bc, where there are no other parameters."""
    names = [base.name for base, _ in factors if isinstance(base, Symbol) and _PARAMETER.fullmatch(base.name)]
    if len(names) < 2 or not _COEFFICIENTS.issuperset(names):
        return factors
    return sorted(factors, key=lambda factor: factor[0].name if isinstance(factor[0], Symbol) else "")


def _place(factor: tuple[Expression, Expression]) -> tuple[int, str]:
    """Return where a factor stands in a product."""
    base, exponent = factor
    if isinstance(base, Number | Constant) and isinstance(exponent, Number):
        return 0, ""
    if isinstance(base, Symbol):
        if not isinstance(exponent, Number) or exponent == HALF:
            return 2, base.name
        # Other parameters stay in the order of the text, as in mgl and nRT, and come before variables, which have their own.
        return 1, "" if _PARAMETER.fullmatch(base.name) else base.name
    if isinstance(exponent, Number) and _is_sum(base) and is_whole(exponent):
        return 5, ""
    if not isinstance(exponent, Number):
        return 3, ""
    return 4, ""


def build_sum(terms: Sequence[Term]) -> Expression:
    """Return the sum of the terms, polynomials by falling degree; of two terms, or of one degree, a positive one comes first."""
    if not terms:
        return ZERO
    ordered = list(terms)
    degrees = [degree(term) for term in ordered]
    if all(known is not None for known in degrees):
        ordered.sort(key=lambda term: _graded(term))
    if len(ordered) == 2 and ordered[0].coefficient < 0 < ordered[1].coefficient:
        ordered.reverse()
    elif ordered[0].coefficient < 0 and degree(ordered[0]) is not None:
        alike = [term for term in ordered if degree(term) == degree(ordered[0])]
        ordered.sort(key=lambda term: term is not next((one for one in alike if one.coefficient > 0), None))
    result = build(ordered[0])
    for term in ordered[1:]:
        magnitude = -term.coefficient if term.coefficient < 0 else term.coefficient
        part = build(Term(magnitude, term.factors))
        result = result - part if term.coefficient < 0 else result + part
    return result


def degree(term: Term) -> int | None:
    """Return the degree of a monomial in variables, or None where it is none."""
    total = 0
    for base, exponent in term.factors:
        if not free_symbols(base) and not free_symbols(exponent):
            continue
        if (
            not isinstance(base, Symbol)
            or not isinstance(exponent, Number)
            or not isinstance(exponent.value, int)
            or exponent.value < 0
        ):
            return None
        total += exponent.value
    return total


def _graded(term: Term) -> tuple[int, tuple[tuple[str, int], ...]]:
    powers = sorted(
        (base.name, -exponent.value)
        for base, exponent in term.factors
        if isinstance(base, Symbol) and isinstance(exponent, Number)
    )
    return -(degree(term) or 0), tuple((name, int(power)) for name, power in powers)


def has_derivative(expression: Expression) -> bool:
    """Return whether a derivative is still to be taken in the expression."""
    found = fold(expression, lambda node, operands: isinstance(node, Derivative) or any(operands))
    return bool(found)

"""Owns the moves that put the numbers and the powers of each product together, and what people call them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

from chainrule.explain.expressions.algebra import SumKey, build, raw_factors, sum_key, sum_terms, term_of
from chainrule.explain.expressions.expression import Apply, Expression, Number, Symbol, fold, free_symbols, rebuild
from chainrule.explain.expressions.identities import identity_among
from chainrule.explain.expressions.move import Move, everywhere
from chainrule.explain.expressions.neat import MINUS_ONE, ONE, is_named, is_whole, neat, without_minus
from chainrule.explain.expressions.notation import text

Factors = Sequence[tuple[Expression, Expression]]

_WHY = {
    "multiply the numbers and gather the powers": "factors can be taken in any order",
    "multiply the numbers": "factors can be taken in any order",
    "gather the powers": "a^m · a^n = a^(m + n)",
    "write as one fraction": "a · (b/c) = ab/c",
    "two minus signs make a plus": "-(-a) = a",
    "move the sign to the front": "(-a) · b = -(a · b)",
    "put the factors in order": "factors can be taken in any order",
}


def gather(expression: Expression) -> Move | None:
    """Multiply the numbers of each product and put powers of the same base together."""
    after = everywhere(expression, lambda node: build(term_of(node)) if isinstance(node, Apply) else node)
    if after == expression:
        return None
    seen = _Seen()
    for sign, product in _products(expression):
        seen.look(sign, product)
    name, why = seen.name()
    return Move(name, why, expression, after, tuple(seen.canceled))


@final
@dataclass(slots=True)
class _Seen:
    """What was seen in the products.

    canceled: bases above and below the line. identity: what put two functions together. shared: the number that was
    canceled. doubled: two minus signs. negatives: a minus sign behind the front.
    """

    canceled: list[Expression] = field(default_factory=list)
    identity: tuple[str, str] | None = None
    shared: int = 1
    numbers: bool = False
    powers: bool = False
    fractions: bool = False
    doubled: bool = False
    negatives: bool = False

    def look(self, sign: int, product: Expression) -> None:
        """Note what there is to be done in a product, whose sign in its sum is known."""
        factors = raw_factors(product)
        inner = product.operands if is_named(product, "multiply") else ()
        self.fractions |= any(is_named(part, "divide") for part in inner)
        self._look_at_numbers(sign, factors)
        rooted = [
            (base, exponent) for base, exponent in factors if not (isinstance(base, Number) and is_whole(exponent))
        ]
        bases = _alike(rooted)
        self.identity = self.identity or identity_among(dict(bases))
        for base in dict(bases):
            signs = [isinstance(exponent, Number) and exponent.value < 0 for found, exponent in bases if found == base]
            self.powers |= len(signs) > 1
            if free_symbols(base) and any(signs) and not all(signs) and base not in self.canceled:
                self.canceled.append(base)

    def _look_at_numbers(self, sign: int, factors: Factors) -> None:
        values = [base for base, exponent in factors if isinstance(base, Number) and is_whole(exponent)]
        self.numbers |= sum(value.value not in (1, -1) for value in values) > 1
        self.shared = max(self.shared, _shared_number(factors))
        self.doubled |= sum(value.value < 0 for value in values) + (sign < 0) > 1
        self.negatives |= any(isinstance(base, Number) and base.value < 0 for base, _ in factors[1:])

    def name(self) -> tuple[str, str]:
        """Return the name of the move, and why it is right."""
        if self.canceled:
            shown = " and ".join(text(base) for base in self.canceled)
            return f"cancel {shown}", "the same factor stands above and below the line"
        if self.identity is not None:
            return self.identity
        if self.shared > 1 and not self.powers and not self.fractions:
            return f"cancel {self.shared}", "the same number divides what is above and below the line"
        name = self._arithmetic()
        return name, _WHY[name]

    def _arithmetic(self) -> str:
        if self.numbers:
            return "multiply the numbers and gather the powers" if self.powers else "multiply the numbers"
        if self.powers:
            return "gather the powers"
        if self.fractions:
            return "write as one fraction"
        if self.doubled:
            return "two minus signs make a plus"
        return "move the sign to the front" if self.negatives else "put the factors in order"


def _alike(bases: Factors) -> Factors:
    """Return bases with their exponents, sums of the same terms in another order written in one way."""
    known: dict[SumKey, Expression] = {}
    return [
        (known.setdefault(sum_key(base), base) if is_named(base, "add", "subtract") else base, exponent)
        for base, exponent in bases
    ]


def _shared_number(factors: Factors) -> int:
    """Return the greatest whole number that divides the numbers above the line and those below it."""
    sides = {ONE: 1, MINUS_ONE: 1}
    for base, exponent in factors:
        if (
            isinstance(base, Number)
            and isinstance(base.value, int)
            and isinstance(exponent, Number)
            and exponent in sides
        ):
            sides[exponent] *= base.value
    return math.gcd(*sides.values())


def _products(expression: Expression) -> Iterator[tuple[int, Expression]]:
    """Yield the products of an expression with their signs: the terms of its sums, and of the sums inside of these."""
    pending = [expression]
    while pending:
        for sign, term in sum_terms(pending.pop()):
            yield sign, term
            pending.extend(base for base, _ in raw_factors(term) if is_named(base, "add", "subtract"))


def gather_inside(expression: Expression) -> Move | None:
    """Gather powers and fractions in the arguments of functions: sqrt(1 - (2x)^2) is sqrt(1 - 4x^2)."""

    def rule(node: Expression) -> Expression:
        powers = isinstance(node, Apply) and is_named(node, "power", "square") and is_whole(node.operands[-1])
        inner = node.operands[0] if isinstance(node, Apply) and node.operands else node
        if (powers or is_named(node, "square")) and is_named(inner, *_POWERS):
            return build(term_of(node))
        return build(term_of(node)) if is_named(node, "multiply", "divide") and _is_loose(node) else node

    after = neat(fold(expression, lambda node, operands: rule(rebuild(node, operands) if operands else node)))
    if after == expression:
        return None
    return Move("gather the powers inside", "(ab)^n = a^n · b^n and a^m · a^n = a^(m + n)", expression, after)


def _is_loose(node: Apply) -> bool:
    """Return whether a fraction is a factor, or above or below another line, (-x/y)/2, or a variable stands twice, x · x."""
    names = [base.name for base, _ in raw_factors(node) if isinstance(base, Symbol)]
    if len({*names}) < len(names):
        return True
    opposites = map(without_minus, node.operands)
    parts = [part if opposite is None else opposite for part, opposite in zip(node.operands, opposites, strict=True)]
    return any(is_named(part, "divide", "reciprocal") for part in parts)


_POWERS = ("multiply", "divide", "negative", "power", "square", "sqrt", "reciprocal", "exp")

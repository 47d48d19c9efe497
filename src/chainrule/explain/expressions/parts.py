"""Owns how an expression is taken apart: constants and the rest, signed terms, and what is seen at one look."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.core.primitive import Elementwise
from chainrule.explain.expressions.algebra import sum_terms
from chainrule.explain.expressions.expression import Apply, Expression, Symbol, apply, depends_on, lift
from chainrule.explain.expressions.neat import ONE, ZERO, is_named, neat
from chainrule.primitives.table import BY_NAME


def scaled(constant: Expression, value: Expression) -> Expression:
    """Return constant · value; a constant 1/c divides."""
    if isinstance(constant, Apply) and is_named(constant, "divide") and constant.operands[0] == ONE:
        return value / constant.operands[1]
    return constant * value


def signed_sum(terms: Sequence[tuple[int, Expression]]) -> Expression:
    """Return the sum of signed terms, those that are zero left out."""
    kept = [(sign, term) for sign, term in terms if term != ZERO]
    if not kept:
        return ZERO
    (sign, first), *others = kept
    result = first if sign > 0 else neat(-first)
    for sign, term in others:
        result = result + term if sign > 0 else result - term
    return result


def split_constants(node: Expression, name: str) -> tuple[Expression | None, Expression]:
    """Return a product as (its factors without the variable, the rest); None where there are none.

    >>> from chainrule.explain.expressions.notation import text
    >>> constant, rest = split_constants(Symbol("x") * Symbol("y") / (3 * (Symbol("x") + 1)), "x")
    >>> text(constant), text(rest)
    ('y/3', 'x/(x + 1)')
    """
    constants: list[Expression] = []
    divisors: list[Expression] = []
    rest: list[Expression] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Apply) and is_named(part, "multiply"):
            pending += reversed(part.operands)
        elif isinstance(part, Apply) and is_named(part, "negative"):
            constants.append(lift(-1))
            pending.append(part.operands[0])
        elif isinstance(part, Apply) and is_named(part, "divide") and not depends_on(part.operands[1], name):
            divisors.append(part.operands[1])
            pending.append(part.operands[0])
        elif isinstance(part, Apply) and is_named(part, "divide") and depends_on(part.operands[0], name):
            below, moving = split_constants(part.operands[1], name)
            if below is None:
                rest.append(part)
                continue
            above, top = split_constants(part.operands[0], name)
            constants += () if above is None else (above,)
            divisors.append(below)
            rest.append(top / moving)
        else:
            (rest if depends_on(part, name) else constants).append(part)
    if not (constants or divisors) or not rest:
        return None, node
    constant = _times(constants) if constants else ONE
    if divisors:
        constant = constant / _times(divisors)
    return neat(constant), _times(rest)


def _times(factors: Sequence[Expression]) -> Expression:
    result = factors[0]
    for factor in factors[1:]:
        result = apply(BY_NAME["multiply"], result, factor)
    return result


MAX_SIMPLE_TERMS = 4


def is_simple(expression: Expression, name: str) -> bool:
    """Return whether the derivative is seen at once: a rule at the variable, times constants, or a sum of a few."""
    if not depends_on(expression, name) or isinstance(expression, Symbol):
        return True
    if is_named(expression, "add", "subtract"):
        terms = sum_terms(expression)
        return len(terms) <= MAX_SIMPLE_TERMS and all(is_simple(term, name) for _, term in terms)
    _, rest = split_constants(expression, name)
    if rest != expression:
        return is_simple(rest, name)
    if not isinstance(rest, Apply) or not isinstance(rest.primitive, Elementwise):
        return isinstance(rest, Symbol)
    return [operand for operand in rest.operands if depends_on(operand, name)] == [Symbol(name)]

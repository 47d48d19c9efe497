"""Owns functions by cases as they stand in expressions: choices within choices, read as one list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chainrule.explain.expressions.expression import UNDEFINED, Apply, Expression
from chainrule.explain.expressions.inequalities import implies, simplified
from chainrule.explain.expressions.neat import is_named
from chainrule.primitives.table import BY_NAME

Rebuild = Callable[[Sequence[Expression]], Expression]


def cases_of(choice: Apply) -> tuple[list[Expression], Rebuild]:
    """Return the formulas of a choice, with what puts others in their places. That nothing is chosen is no formula.

    >>> import numpy as np
    >>> from chainrule.explain.expressions.expression import Symbol
    >>> x = Symbol("x")
    >>> formulas, rebuild = cases_of(np.where(x < 0, x**2, np.where(x < 1, x, 3)))
    >>> formulas[0], len(formulas)
    (power(x, 2), 3)
    """
    chain: list[Apply] = []
    last: Expression = choice
    while is_named(last, "where"):
        chain.append(last)
        last = last.operands[1]
    formulas = [node.operands[0] for node in chain]
    if last != UNDEFINED:
        formulas.append(last)

    def rebuild(replaced: Sequence[Expression]) -> Expression:
        result = UNDEFINED if last == UNDEFINED else replaced[-1]
        for node, formula in zip(reversed(chain), reversed(replaced[: len(chain)]), strict=True):
            result = Apply(node.primitive, (formula, result, node.operands[2]))
        return result

    return formulas, rebuild


_INSIDE = {
    "less": "less",
    "less_equal": "less",
    "greater": "greater",
    "greater_equal": "greater",
    "not_equal": "not_equal",
}
_OPPOSITE = {
    "less": "greater",
    "less_equal": "greater",
    "greater": "less",
    "greater_equal": "less",
    "equal": "not_equal",
}
"""What holds inside of a case, and inside of what it leaves over: borders are no part of either."""


def guards_of(choice: Apply) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """Return what is known inside of where the first formula of a choice is taken, and where the other one is."""
    condition = choice.operands[2]
    return tuple(_known(condition, _INSIDE, "logical_and")), tuple(_known(condition, _OPPOSITE, "logical_or"))


def known_in_cases(choice: Apply) -> Iterator[tuple[Expression, ...]]:
    """Yield what is known inside of each case of a choice, in order, that for all else included."""
    outside: tuple[Expression, ...] = ()
    last: Expression = choice
    while isinstance(last, Apply) and is_named(last, "where"):
        inside, left_over = guards_of(last)
        yield (*outside, *inside)
        outside, last = (*outside, *left_over), last.operands[1]
    yield outside


def _known(condition: Expression, names: dict[str, str], joined: str) -> Iterator[Expression]:
    if not isinstance(condition, Apply):
        return
    name = condition.primitive.name
    if name == joined:
        for part in condition.operands:
            yield from _known(part, names, joined)
    elif name in names:
        yield from simplified([Apply(BY_NAME[names[name]], condition.operands)])


def needed(conditions: Sequence[Expression], guards: Sequence[Expression]) -> tuple[Expression, ...]:
    """Return the conditions that do not follow from what is known: ln x needs no x > 0 in a case for x > 1."""
    kept = simplified(conditions)
    return tuple(each for each in kept if not any(guard == each or implies(guard, each) for guard in guards))


_COMPLEMENTS = {
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
    "equal": "not_equal",
    "not_equal": "equal",
}


def without_choice(expression: Expression) -> Expression:
    """Return the one formula of a choice whose cases are all alike and leave nothing over; other expressions as they are."""
    if not is_named(expression, "where"):
        return expression
    formulas, _ = cases_of(expression)
    if any(formula != formulas[0] for formula in formulas):
        return expression
    _, other, condition = expression.operands
    if len(formulas) == 2 and is_named(other, "where") and isinstance(condition, Apply):
        second = other.operands[2]
        if not isinstance(second, Apply) or second.operands != condition.operands:
            return expression
        if _COMPLEMENTS.get(condition.primitive.name) != second.primitive.name:
            return expression
        return formulas[0]
    return formulas[0] if len(formulas) == 2 else expression

"""Owns how comparisons, conditions and functions by cases are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.explain.expressions.dialects import Dialect
from chainrule.explain.expressions.pieces import CHOICE, RELATION, SUM, Piece, wrap

RELATIONS = {
    "less": "<",
    "less_equal": "≤",
    "greater": ">",
    "greater_equal": "≥",
    "equal": "=",
    "not_equal": "≠",
}
"""The signs of comparisons."""


def relation(sign: str) -> Callable[[Sequence[Piece], Dialect], Piece]:
    """Return what writes a comparison of two sides."""

    def writer(operands: Sequence[Piece], dialect: Dialect) -> Piece:
        left, right = (wrap(operand, dialect, SUM).text for operand in operands)
        return Piece(left + dialect.relation(sign) + right, RELATION, sides=(left, sign, right))

    return writer


def both(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    """Write two conditions that hold together: 0 < x and x < 1 is the chain 0 < x < 1."""
    point = _point(operands, "=", dialect)
    if point is not None:
        return point
    left, right = (wrap(operand, dialect, RELATION) for operand in operands)
    if left.sides and right.sides and left.sides[-1] == right.sides[0]:
        signs = {left.sides[1], right.sides[1]}
        if signs <= {"<", "≤"} or signs <= {">", "≥"}:
            return Piece(left.text + dialect.relation(right.sides[1]) + right.sides[2], RELATION)
    return Piece(left.text + dialect.words(" and ") + right.text, RELATION)


def either(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    """Write two conditions of which one holds: x ≠ 0 or y ≠ 0 is (x, y) ≠ (0, 0)."""
    point = _point(operands, "≠", dialect)
    if point is not None:
        return point
    left, right = operands
    return Piece(left.text + dialect.words(" or ") + right.text, CHOICE)


def _point(operands: Sequence[Piece], sign: str, dialect: Dialect) -> Piece | None:
    """Write x = 0 and y = 0 as (x, y) = (0, 0); None where other things are compared."""
    sides = [operand.sides for operand in operands if operand.sides is not None and operand.sides[1] == sign]
    if len(sides) != len(operands):
        return None
    left, right = (dialect.bracket(dialect.comma.join(side[place] for side in sides)) for place in (0, 2))
    return Piece(left + dialect.relation(sign) + right, RELATION)


def choice(operands: Sequence[Piece], dialect: Dialect) -> Piece:
    """Write a function by cases, below each other where the dialect can; a choice within the other case adds its rows."""
    chosen, other, condition = operands
    first = chosen if dialect.stacked else wrap(chosen, dialect, RELATION)
    last = other if dialect.stacked else wrap(other, dialect, RELATION)
    undefined = other.text == dialect.constant("undefined")
    rows = other.cases or (() if undefined else ((last.text, ""),))
    rows = ((first.text, condition.text), *rows)
    touching = "other" if dialect.stacked else "bracket"
    return Piece(dialect.cases(rows), starts=touching, ends=touching, cases=rows)

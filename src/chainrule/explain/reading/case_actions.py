"""Owns the actions of the grammar that build functions by cases: choices among formulas, and their conditions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from chainrule.explain.expressions.expression import UNDEFINED, Expression, apply, walk
from chainrule.explain.expressions.neat import is_named
from chainrule.explain.reading.actions import Refused, bounded
from chainrule.explain.reading.cursor import Token
from chainrule.primitives.comparison import (
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    LOGICAL_AND,
    LOGICAL_OR,
    NOT_EQUAL,
)
from chainrule.primitives.shape import WHERE

MAX_COMPARISONS = 24
"""How many comparisons the cases of a formula may have together: each is a border, and borders are compared with one another."""
_DIRECTIONS = (frozenset((LESS, LESS_EQUAL)), frozenset((GREATER, GREATER_EQUAL)), frozenset((EQUAL,)))
_COMPARISONS = tuple(each.name for each in (EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL))


@final
@dataclass(frozen=True, slots=True)
class Case:
    """A formula, and the condition under which it is taken; None for all else. token: where the condition stands."""

    formula: Expression
    condition: Expression | None
    token: Token


def _case(*parts: Any) -> Case:
    """Build one case: a formula, and its condition, or None for all else."""
    formula, *condition = (part for part in parts if not isinstance(part, Token))
    first = next(part for part in parts if isinstance(part, Token) and part.type != "OPEN")
    return Case(formula, condition[0] if condition else None, first)


def _cases(*parts: Any) -> tuple[Case, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _by_cases(opening: Token, cases: tuple[Case, ...], *rest: Any) -> Expression:
    """Build a choice among formulas: the first whose condition holds. Where none holds there is no value."""
    other: Expression = next((part for part in rest if isinstance(part, Expression)), UNDEFINED)
    for place, case in enumerate(reversed(cases)):
        if case.condition is not None:
            other = bounded(opening, apply(WHERE, case.formula, other, case.condition))
        elif place or other is not UNDEFINED:
            raise Refused(case.token.position, "a case for all else stands before another; expected it as the last one")
        elif len(cases) == 1:
            raise Refused(case.token.position, "a case for all else alone; expected one with a condition before it")
        else:
            other = case.formula
    compared = sum(is_named(node, *_COMPARISONS) for node in walk(other))
    if compared > MAX_COMPARISONS:
        raise Refused(opening.position, f"cases with {compared} comparisons; expected at most {MAX_COMPARISONS}")
    return other


def _argument_by_cases(cases: tuple[Case, ...]) -> tuple[Expression, ...]:
    return (_by_cases(cases[0].token, cases),)


def _piecewise(name: Token, *parts: Any) -> Expression:
    return _by_cases(name, *(part for part in parts if not isinstance(part, Token)))


def _compared(left: Expression, sign: Token, right: Expression) -> Expression:
    return bounded(sign, apply(sign.value, left, right))


def _chained(left: Expression, sign: Token, middle: Expression, other: Token, right: Expression) -> Expression:
    """Build 0 < x < 1."""
    if not any(direction.issuperset((sign.value, other.value)) for direction in _DIRECTIONS):
        raise Refused(other.position, "comparisons that point both ways; expected a chain such as 0 < x < 1")
    return _both(_compared(left, sign, middle), other, _compared(middle, other, right))


def _both(left: Expression, word: Token, right: Expression) -> Expression:
    return bounded(word, apply(LOGICAL_AND, left, right))


def _either(left: Expression, word: Token, right: Expression) -> Expression:
    return bounded(word, apply(LOGICAL_OR, left, right))


def _point(*parts: Any) -> tuple[Expression, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _points_compared(left: tuple[Expression, ...], sign: Token, right: tuple[Expression, ...]) -> Expression:
    """Build (x, y) = (0, 0)."""
    if len(left) != len(right) or sign.value not in (EQUAL, NOT_EQUAL):
        raise Refused(
            sign.position, "points that cannot be compared; expected as many numbers, and = or ≠ between them"
        )
    join = _both if sign.value is EQUAL else _either
    first, *others = (_compared(*pair) for pair in zip(left, [sign] * len(left), right, strict=True))
    return functools.reduce(lambda found, one: join(found, sign, one), others, first)


CASE_ACTIONS: dict[str, Callable[..., Any]] = {
    "case": _case,
    "cases": _cases,
    "by_cases": _by_cases,
    "argument_by_cases": _argument_by_cases,
    "piecewise": _piecewise,
    "compared": _compared,
    "chained": _chained,
    "both": _both,
    "either": _either,
    "point": _point,
    "points_compared": _points_compared,
}
"""What the rules of grammar.lark for cases build from their parts."""

"""Owns related rates: both sides of an equation differentiated by time, solved for the rate that is asked for.

All variables with a rate change with time, as y does with x on a curve; so the steps are those of implicit differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.errors import NotDifferentiableError
from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.curves.implicit import Run, first_derivative
from chainrule.explain.derivation.curves.point import heights, point_on, shown
from chainrule.explain.derivation.curves.sampled import SampledOnCurve
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import NOTHING_CHECKED, notes_on
from chainrule.explain.derivation.phrases import Phrase, equation, in_words
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.structure import PUT_RATES_IN, RELATED_RATES
from chainrule.explain.derivation.verify import verify
from chainrule.explain.expressions.conditions import domain_of, simplified
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    Derivative,
    Expression,
    Symbol,
    fold,
    free_symbols,
    rebuild,
    substitute,
)
from chainrule.explain.expressions.neat import neat
from chainrule.explain.reading.curves import HELD
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.rates import Rates

_TIME = "~time"
"""A name that nobody can type."""


def related_rates(asked: Rates, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of a rate from others that an equation ties to it; at a moment its value too.

    Raises ValueError where a variable has no rate, or the moment does not fit the equation; NotDifferentiableError where the
    rate does not exist there.
    """
    if order != 1:
        raise ValueError(f"related rates are first derivatives by time; leave order={order} out")
    rates = dict(asked.rates)
    _refuse_what_is_open(asked, rates)
    moving = (*rates, asked.of)
    tied = {name: Symbol(name, (asked.by,)) for name in moving}
    left, right = (substitute(side, tied) for side in (asked.left, asked.right))
    run = Run(left, right, tied[asked.of], asked.by, detail, [], [*domain_of(left), *domain_of(right)])
    solved = first_derivative(run, [name for name in asked.names if name not in moving])
    changing: Phrase = (
        *in_words(tuple(rates)),
        " change with " if len(rates) > 1 else " changes with ",
        Symbol(asked.by),
        ", too",
    )
    run.steps[0] = replace(run.steps[0], phrases=(*run.steps[0].phrases, changing))
    raw = neat(_with_rates(solved, rates))
    run.note(PUT_RATES_IN, run.slope, raw, "they are known")
    result = substitute(run.tidied(raw), {name: Symbol(name) for name in moving})
    names = asked.names
    conditions = simplified([substitute(each, {name: Symbol(name) for name in moving}) for each in run.conditions])
    along = SampledOnCurve(Symbol(asked.of), asked.left, asked.right, asked.of, next(iter(rates)))
    point, said = _moment(asked, along, at)
    verified = _checked(asked, rates, result, conditions)
    given = [equation(asked.left, asked.right)]
    given += [equation(Derivative(Symbol(name), asked.by), rate) for name, rate in asked.rates]
    notes = (*asked.notes, *notes_on(asked.left, asked.right, result), *said)
    return Derivation(
        expression=tied[asked.of],
        label=asked.of,
        names=names,
        wrt=(asked.by,),
        order=1,
        steps=tuple(run.steps),
        result=Result(result, names),
        conditions=conditions,
        notes=notes if verified is not None else (*notes, NOTHING_CHECKED),
        at=None if point is None else tuple(point.items()),
        value=None if point is None else _value(asked, rates, point),
        verified=verified,
        detail=detail,
        route=RELATED_RATES,
        given=tuple(given),
    )


def _refuse_what_is_open(asked: Rates, rates: Mapping[str, Expression]) -> None:
    """Raise ValueError where a variable is in no equation, or neither has a rate nor is known to be constant."""
    names = asked.names
    unknown = next((name for name in (asked.of, *rates) if name not in names), None)
    if unknown is not None:
        raise ValueError(f"there is no variable {unknown!r} in {asked.shown}; its variables are {', '.join(names)}")
    if asked.of in rates:
        raise ValueError(f"d{asked.of}/d{asked.by} is given, and asked for; ask for the rate of another variable")
    values = dict(asked.at)
    open_names = [name for name in names if name not in (asked.of, *rates, *values) and name not in HELD]
    if open_names:
        name = open_names[0]
        raise ValueError(
            f"does {name} change? Say how fast, as in d{name}/d{asked.by} = 2, or d{name}/d{asked.by} = 0 where it does not"
        )


def _with_rates(expression: Expression, rates: Mapping[str, Expression]) -> Expression:
    """Return the expression with the known rates put in."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        if isinstance(node, Derivative) and isinstance(node.body, Symbol) and node.body.name in rates:
            return rates[node.body.name]
        return rebuild(node, operands)

    return fold(expression, combine)


def _moment(asked: Rates, along: SampledOnCurve, at: Any) -> tuple[dict[str, float] | None, list[str]]:
    """Return the moment by name, and what is said of it; one value that is left out is found from the equation."""
    given: Any = dict(asked.at) if at is None else at
    if at is not None and isinstance(at, Mapping):
        given = {symbol_name(str(name)): value for name, value in at.items()}
    if not given:
        return None, []
    names = asked.names
    missing = [name for name in names if isinstance(given, Mapping) and name not in given]
    if len(missing) != 1 or missing[0] == along.of:
        missing = missing or [along.of]
    if len(missing) > 1:
        raise ValueError(f"at this moment there are no values of {', '.join(missing)}; give all but one of them")
    along = SampledOnCurve(Symbol(missing[0]), along.left, along.right, missing[0], along.by)
    if isinstance(given, Mapping) and missing[0] not in given:
        found = heights(along, given)
        positive = [value for value in found if value > 0]
        if len(found) > 1 and positive:
            # Lengths and angles are positive.
            told = f"{shown({missing[0]: positive[0]})} is taken, the least positive one; give {missing[0]} for another"
            return point_on(along, names, {**given, missing[0]: positive[0]}), [told]
    return point_on(along, names, given), []


def _value(asked: Rates, rates: Mapping[str, Expression], point: Mapping[str, float]) -> float:
    """Return the engine's rate: each variable adds its own. Raises NotDifferentiableError where there is none."""
    one = {name: np.array([value]) for name, value in point.items()}
    total = 0.0
    for name, rate in rates.items():
        line = SampledOnCurve(Symbol(asked.of), asked.left, asked.right, asked.of, name)
        total += float(line.direction(one)[0]) * float(evaluate(rate, point))
    if not np.isfinite(total):
        raise NotDifferentiableError(
            f"the equation gives no rate at {shown(point)}: the derivative by {asked.of} is 0 there"
        )
    return total


def _checked(
    asked: Rates, rates: Mapping[str, Expression], result: Expression, conditions: Sequence[Expression]
) -> float | None:
    """Return the largest difference to the engine, and to the limit as the variables move at their rates."""
    moved = {name: Symbol(name) + rate * Symbol(_TIME) for name, rate in rates.items()}
    left, right, shown_result = (substitute(side, moved) for side in (asked.left, asked.right, result))
    along = SampledOnCurve(Symbol(asked.of), left, right, asked.of, _TIME)
    used = dict.fromkeys(name for side in (left, right, shown_result) for name in free_symbols(side))
    names = tuple(dict.fromkeys((*used, _TIME, asked.of)))
    return verify(along, shown_result, names, _TIME, [substitute(each, moved) for each in conditions])

"""Owns the derivative of an inverse function at a point: 1 over that of the function, where it has the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.errors import GradientError, NotDifferentiableError
from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.brief import SIMPLIFY
from chainrule.explain.derivation.curves.inverted import HEIGHT, arguments_of, curve_of_inverse
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.fields.assembly import together
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.single import single, typed
from chainrule.explain.derivation.structure import INVERSE, INVERSE_RULE, WHERE_INVERTED
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Derivative, Expression, Number, Symbol, substitute, walk
from chainrule.explain.expressions.neat import ONE, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.symbolic import exact_value
from chainrule.explain.reading.inverses import InverseAsked

_CLOSE = 1e-6
_MAX_LISTED = 4


def of_inverse(asked: InverseAsked, wrt: Any, at: Any, order: int, detail: Detail) -> Derivation:
    """Return the derivation of the derivative of an inverse at a point.

    Raises ValueError where the function does not take the value, or has several variables, and NotDifferentiableError where its
    derivative is 0 there.
    """
    if order != 1 or at is not None or wrt is not None:
        raise ValueError("the derivative of an inverse is the first one, at the point in the text; leave the rest out")
    function, name = asked.parsed.expression, _variable(asked)
    value = exact_value(asked.at)
    if value is None:
        raise ValueError(f"{text(asked.at)} is no number; expected the argument of the inverse")
    number = float(evaluate(value, {}))
    with np.errstate(all="ignore"):
        found = arguments_of(function, name, value, number)
    label = asked.parsed.name or "f"
    if not found:
        raise ValueError(
            f"no number was found that {label}({name}) = {text(function)} takes to {text(value)}; expected a value of it"
        )
    place, *others = found
    point = {name: float(evaluate(place, {}))}
    part = single(typed(asked.parsed, (name,), point, "full" if detail == "full" else "brief"), name, 1)
    assert isinstance(part.result, Result)
    slope = substitute(part.result.expression, {name: place})
    exact = _number(slope)
    if abs(float(evaluate(exact, {}))) < _CLOSE:
        raise NotDifferentiableError(
            f"{label}' is 0 at {name} = {text(place)}, where {label} is {text(value)}: the inverse has a vertical tangent there, "
            "and no derivative"
        )
    result = _number(neat(ONE / exact))
    check(function, name, number, point[name], float(evaluate(result, {})))
    inverse = Derivative(Symbol(name, ("y" if name != "y" else "z",)), "y" if name != "y" else "z")
    steps = _steps(label, function, name, value, place, slope, result, inverse)
    last = Derivation(
        expression=function,
        label=asked.parsed.name,
        names=(name,),
        wrt=(name,),
        order=1,
        steps=steps,
        result=Result(result, (name,)),
        value=float(evaluate(result, {})),
        detail=detail,
        route=INVERSE,
    )
    whole = together(INVERSE, [part], [last], last.result)
    by = inverse.name
    said = f"{by} is {label}({name}), and {name} is the inverse of {label} at {by}"
    notes = (*asked.parsed.notes, said, *_others(label, name, place, others))
    return replace(whole, notes=notes, value=last.value, at=None, conditions=())


def _variable(asked: InverseAsked) -> str:
    names = asked.parsed.parameters or asked.parsed.variables
    if len(names) != 1 or len(asked.parsed.variables) != 1:
        listed = ", ".join(asked.parsed.variables) or "none"
        raise ValueError(f"an inverse is of a function of one variable; the variables are {listed}")
    return names[0]


def _number(expression: Expression) -> Expression:
    """Return a number, exactly where it is one of exact parts."""
    value = exact_value(expression)
    if value is None or _has_decimals(expression):
        return Number(float(f"{float(evaluate(expression, {})):.10g}"))
    return value


def _has_decimals(expression: Expression) -> bool:
    return any(isinstance(node, Number) and isinstance(node.value, float) for node in walk(expression))


def _steps(
    label: str,
    function: Expression,
    name: str,
    value: Expression,
    place: Expression,
    slope: Expression,
    result: Expression,
    inverse: Derivative,
) -> tuple[Step, ...]:
    about = "about " if _has_decimals(place) else ""
    said = (
        f"the inverse takes {text(value)} to the {name} with {label}({name}) = {text(value)}, which is {about}",
        place,
    )
    raw = ONE / slope
    why = f"the slopes of a function and of its inverse are reciprocals: 1/{label}'({text(place)})"
    steps = [
        Step(WHERE_INVERTED, (said,), substitute(function, {name: place}), value, "", (), "assembly"),
        Step(INVERSE_RULE, (), inverse, raw, why, (), "assembly"),
    ]
    if text(raw) != text(result):
        steps.append(Step(SIMPLIFY, (), raw, result, "the numbers are computed", (), "algebra"))
    return tuple(steps)


def _others(label: str, name: str, place: Expression, others: Sequence[Expression]) -> list[str]:
    if not others:
        return []
    listed = ", ".join(text(each) for each in others[:_MAX_LISTED])
    more = ", ..." if len(others) > _MAX_LISTED else ""
    part = f"the inverse is taken on the part with {name} = {text(place)}, where it is nearest to 0"
    return [f"{label} takes this value at other places, too: {name} = {listed}{more}; {part}"]


def check(function: Expression, name: str, number: float, place: float, slope: float) -> None:
    """Raise GradientError where the curve that the inverse follows has another slope."""
    points = {HEIGHT: np.array([number]), name: np.array([place])}
    with np.errstate(all="ignore"):
        (seen,) = curve_of_inverse(function, name).slopes(points, HEIGHT)
    if np.isfinite(seen) and not abs(seen - slope) <= _CLOSE * (1 + abs(slope)):
        raise GradientError(
            f"the inverse of {text(function)} has the slope {seen:.10g} there, not {slope:.10g}; please report this function"
        )

"""Owns what every study of one variable starts from: the function, its derivatives, and the line that one of them divides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.explain.derivation.account import Detail
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.derive import derive
from chainrule.explain.derivation.results import Result
from chainrule.explain.derivation.single import single, typed
from chainrule.explain.derivation.studies.line import Line, divided_line
from chainrule.explain.derivation.studies.zeros import TooManyZeros, along
from chainrule.explain.expressions.conditions import domain_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    Constant,
    Expression,
    Number,
    fold,
    free_symbols,
    rebuild,
    walk,
)
from chainrule.explain.expressions.neat import is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.roots import powers_as_cube_roots
from chainrule.explain.expressions.symbolic import exact_number
from chainrule.explain.reading.intervals import REAL_LINE, Interval
from chainrule.explain.reading.parse import Parsed
from chainrule.explain.reading.shapes import Shape

AS_CUBE_ROOTS = "Powers with thirds as exponents are read with cube roots, which every number has"


@dataclass(frozen=True, slots=True)
class Setting:
    """A function of one variable with what its derivatives say.

    derivation: of the derivative that divides the line, the first or the second. function, slope: its expressions. second: the
    derivative of the slope; None where it is too long. line: what the slope divides the line into. period: of the slope, where
    it has one and no interval was named; the line is then that of one period. repeats: whether the function has it too.
    """

    name: str
    label: str
    derivation: Derivation
    function: Expression
    slope: Expression
    second: Expression | None
    line: Line
    interval: Interval
    period: Expression | None = None
    repeats: bool = False


def setting(shape: Shape, name: str, order: int, detail: Detail) -> Setting:
    """Return what a study of the derivative of this order starts from. Raises ValueError where it has too many zeros."""
    parsed, notes = with_cube_roots(shape.parsed, name)
    question = replace(typed(parsed, (name,), None, detail))
    derivation = single(question, name, order)
    derivation = replace(derivation, notes=tuple(dict.fromkeys((*derivation.notes, *notes))))
    assert isinstance(derivation.result, Result)
    function, slope = derivation.expression, derivation.result.expression
    if name not in free_symbols(slope) and neat(slope) == Number(0):
        raise ValueError(_constant_slope(function, order))
    interval, period = shape.interval or REAL_LINE, None
    if shape.interval is None:
        period = period_of(slope, name)
        if period is not None:
            interval = Interval(Number(0), period, True, False)
    conditions = (*derivation.conditions, *domain_of(function))
    try:
        line = divided_line(function, slope, conditions, name, interval)
    except TooManyZeros as error:
        where = f"f{chr(39) * order} = {text(slope)}"
        advice = "expected an interval with few of them at the end, as in: on [0, 2π]"
        raise ValueError(f"the zeros of {where} are not shown one by one: {error}; {advice}") from None
    repeats = period is not None and _repeats(function, name, float(evaluate(period, {})))
    try:
        second: Expression | None = derive(question, name, order + 1).expression
    except ChainruleError:  # too long to be differentiated again, or without a rule
        second = None
    label = parsed.name if parsed.name in tuple("fghyFGH") else "f"
    return Setting(name, label or "f", derivation, function, slope, second, line, interval, period, repeats)


def _constant_slope(function: Expression, order: int) -> str:
    shown = text(function)
    if order == 1:
        why = "every point is critical, and none is an extremum in the strict sense"
        return f"{shown} is constant: its derivative is 0 everywhere, so that {why}"
    return f"the second derivative of {shown} is 0 wherever it exists: its graph is made of straight lines, and bends nowhere"


def with_cube_roots(parsed: Parsed, name: str) -> tuple[Parsed, tuple[str, ...]]:
    """Return a function with powers such as x^(2/3) as powers of cube roots, and what is to be said of that."""
    expression = powers_as_cube_roots(parsed.expression)
    if expression == parsed.expression or name not in free_symbols(expression):
        return parsed, ()
    return replace(parsed, expression=expression), (AS_CUBE_ROOTS,)


def period_of(expression: Expression, name: str) -> Expression | None:
    """Return the period of an expression whose variable stands within sines, cosines and tangents only; None for others.

    >>> from chainrule.explain.expressions.expression import Symbol
    >>> from chainrule.explain.expressions.neat import call
    >>> text(period_of(call("sin", 2 * Symbol("x")) + call("cos", Symbol("x")), "x"))
    '2π'
    """

    def outside(node: Expression, operands: Sequence[Expression]) -> Expression:
        return Number(1) if is_named(node, "sin", "cos", "tan") else rebuild(node, operands)

    if name not in free_symbols(expression) or name in free_symbols(fold(expression, outside)):
        return None
    rates: list[float] = []
    for node in walk(expression):
        if is_named(node, "sin", "cos", "tan") and name in free_symbols(node):
            inside = along(node.operands[0], name)
            at = inside(np.array([0.0, 1.0, 2.0, -3.5]))
            rate = float(at[1] - at[0])
            if not np.allclose(at, at[0] + rate * np.array([0.0, 1.0, 2.0, -3.5]), atol=1e-9) or rate == 0:
                return None
            rates.append(abs(rate))
    for unit, sign in ((1.0, Constant("pi")), (math.pi, Number(1))):
        parts = [Fraction(rate / unit).limit_denominator(60) for rate in rates]
        if all(abs(float(part) - rate / unit) < 1e-9 for part, rate in zip(parts, rates, strict=True)) and all(parts):
            below = math.lcm(*(part.denominator for part in parts))
            shared = Fraction(math.gcd(*(int(part * below) for part in parts)), below)
            turn = Fraction(2) / shared
            if _repeats(expression, name, float(turn) / 2 * (math.pi if unit == 1.0 else 1.0)):
                turn /= 2
            return exact_number(neat(Number(turn))) if sign == Number(1) else neat(Number(turn) * sign)
    return None


def _repeats(expression: Expression, name: str, period: float) -> bool:
    """Return whether the values repeat after a period, at places that have nothing special."""
    places = np.array([0.137, 1.219, 2.731, 4.093, 5.871])
    call = along(expression, name)
    here, there = call(places), call(places + period)
    return bool(np.allclose(here, there, rtol=1e-9, atol=1e-9, equal_nan=True))

"""Owns what a formula tends to by the laws of limits alone: a number, an infinity, values between bounds, or that it is open.

The laws are those of continuous functions and of sums, products, quotients and powers, infinities included. Where they
leave it open (0/0, ∞/∞, 0 · ∞, ∞ - ∞, 1^∞, 0^0, ∞^0) the formula is said to be open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from chainrule.explain.derivation.limiting.approach import Approach
from chainrule.explain.derivation.nearby import held_values, turns
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import (
    Apply,
    Constant,
    Expression,
    Number,
    Symbol,
    depends_on,
    fold,
    free_symbols,
)
from chainrule.explain.expressions.neat import ONE, ZERO, call, is_named, neat
from chainrule.explain.expressions.symbolic import exact_value
from chainrule.explain.reading.infinite import sign_of_infinity


@final
@dataclass(frozen=True, slots=True)
class Finite:
    """A number, exactly."""

    value: Expression


@final
@dataclass(frozen=True, slots=True)
class Infinite:
    """An infinity, by its sign."""

    sign: int


@final
@dataclass(frozen=True, slots=True)
class Bounded:
    """Values that stay between bounds, and need not settle."""


@final
@dataclass(frozen=True, slots=True)
class Open:
    """What the laws do not say. form: the indeterminate form, such as 0/0; empty where it is an operand that is open."""

    form: str = ""


Tendency: TypeAlias = Finite | Infinite | Bounded | Open

STEPS = frozenset(("floor", "ceil", "rint", "trunc", "sign", "heaviside"))
"""Functions that are constant between jumps: they have no derivative that says how they grow."""

_CONDITIONS = frozenset(
    ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or")
)
_UNBOUNDED: Mapping[str, tuple[Tendency, Tendency]] = {
    "exp": (Finite(ZERO), Infinite(1)),
    "sinh": (Infinite(-1), Infinite(1)),
    "arcsinh": (Infinite(-1), Infinite(1)),
    "cbrt": (Infinite(-1), Infinite(1)),
    "cosh": (Infinite(1), Infinite(1)),
    "absolute": (Infinite(1), Infinite(1)),
    "square": (Infinite(1), Infinite(1)),
    "sqrt": (Open("no value"), Infinite(1)),
    "log": (Open("no value"), Infinite(1)),
    "log2": (Open("no value"), Infinite(1)),
    "log10": (Open("no value"), Infinite(1)),
    "gamma": (Open("no value"), Infinite(1)),
    "gammaln": (Open("no value"), Infinite(1)),
    "arctan": (Finite(neat(-(Constant("pi") / Number(2)))), Finite(Constant("pi") / Number(2))),
    "tanh": (Finite(Number(-1)), Finite(ONE)),
    "erf": (Finite(Number(-1)), Finite(ONE)),
    "erfc": (Finite(Number(2)), Finite(ZERO)),
    "expit": (Finite(ZERO), Finite(ONE)),
    "sin": (Bounded(), Bounded()),
    "cos": (Bounded(), Bounded()),
    "negative": (Infinite(1), Infinite(-1)),
    "positive": (Infinite(-1), Infinite(1)),
    "reciprocal": (Finite(ZERO), Finite(ZERO)),
    "floor": (Infinite(-1), Infinite(1)),
    "ceil": (Infinite(-1), Infinite(1)),
    "rint": (Infinite(-1), Infinite(1)),
    "trunc": (Infinite(-1), Infinite(1)),
    "sign": (Finite(Number(-1)), Finite(ONE)),
    "heaviside": (Finite(ZERO), Finite(ONE)),
}
"""What functions of one operand tend to as it tends to -∞ and to ∞."""

_WITHIN = frozenset(("sin", "cos", "arctan", "tanh", "erf", "negative", "positive", "absolute", "exp"))
"""Functions that are bounded where their operand is."""


def tendency(expression: Expression, near: Approach) -> Tendency:
    """Return what an expression tends to by the laws alone."""

    def combine(node: Expression, operands: Sequence[Tendency]) -> Tendency:
        if (sign := sign_of_infinity(node)) != 0:
            return Infinite(sign)
        if not depends_on(node, near.name):
            value = exact_value(node)
            if value is not None:
                return Finite(value)
        if isinstance(node, Symbol):
            return Infinite(near.outward) if near.is_infinite else Finite(near.to)
        if not isinstance(node, Apply):
            return Open()
        if node.primitive.name in _CONDITIONS:
            return Finite(ZERO)  # which of them holds near the point is seen where a case is chosen
        if is_named(node, "where"):
            return _choose(node, operands, near)
        return by_law(node, operands, near)

    with np.errstate(all="ignore"):
        return fold(expression, combine)


def by_law(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    """Return what a primitive tends to, from what its operands tend to."""
    if any(isinstance(operand, Open) for operand in operands):
        return Open()
    law = _LAWS.get(node.primitive.name)
    return _of_a_function(node, operands, near) if law is None else law(node, operands, near)


def number(value: Expression, turn: int = 0) -> float:
    """Return an exact value as a float; letters of constants are positive. turn: another one gives them other numbers."""
    with np.errstate(all="ignore"):
        return float(evaluate(value, held_values(free_symbols(value), turn)))


def is_zero(found: Tendency) -> bool:
    """Return whether something tends to 0."""
    return isinstance(found, Finite) and found.value == ZERO


def _of_a_function(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    """Return what a function tends to: its value at what its operands tend to, where it is continuous there."""
    name = node.primitive.name
    if len(operands) == 1 and isinstance(operands[0], Infinite) and name in _UNBOUNDED:
        return _UNBOUNDED[name][operands[0].sign > 0]
    if len(operands) == 1 and isinstance(operands[0], Bounded) and name in _WITHIN:
        return Bounded()
    if name in STEPS:
        return _of_steps(node, near)
    values = [operand.value for operand in operands if isinstance(operand, Finite)]
    if len(values) < len(operands):
        return Open("no value")
    value = exact_value(Apply(node.primitive, tuple(values), node.parameters))
    if value is not None:
        return Finite(value) if near.values(node) else Open("no value")
    sign = near.sign(node)
    return Infinite(sign) if sign and near.grows(node) else Open("no value")


def _of_steps(node: Apply, near: Approach) -> Tendency:
    """Return what a function that is constant between jumps has near the point."""
    seen = {float(value) for value in near.values(node)[-3:]}
    return (
        Finite(Number(seen.pop())) if len(seen) == 1 else Bounded() if seen and near.is_infinite else Open("no value")
    )


def _add(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    left, right = operands
    if is_named(node, "subtract") and isinstance(right, Infinite):
        right = Infinite(-right.sign)
    infinite = [each.sign for each in (left, right) if isinstance(each, Infinite)]
    if infinite:
        if len(set(infinite)) == 1:
            return Infinite(infinite[0])
        is_clear = _is_polynomial(node) and near.grows(node) and near.sign(node)
        return Infinite(near.sign(node)) if is_clear else Open("∞ - ∞")
    if isinstance(left, Finite) and isinstance(right, Finite):
        return _computed(Apply(node.primitive, (left.value, right.value)))
    return Bounded()


def _is_polynomial(expression: Expression) -> bool:
    """Return whether an expression is a polynomial, which grows as its highest power does."""

    def combine(node: Expression, operands: Sequence[bool]) -> bool:
        if is_named(node, "power"):
            exponent = node.operands[1]
            return (
                operands[0] and isinstance(exponent, Number) and isinstance(exponent.value, int) and exponent.value > 0
            )
        return all(operands) and (
            not isinstance(node, Apply) or is_named(node, "add", "subtract", "multiply", "negative")
        )

    return fold(expression, combine)


def _computed(expression: Expression) -> Tendency:
    value = exact_value(expression)
    return Open("no value") if value is None else Finite(value)


def _multiply(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    left, right = operands
    if isinstance(left, Finite) and isinstance(right, Finite):
        return _computed(left.value * right.value)
    if is_zero(left) or is_zero(right):
        other = right if is_zero(left) else left
        part = node.operands[0] if is_zero(left) else node.operands[1]
        return Finite(ZERO) if isinstance(other, Bounded) or near.vanishes(part) else Open("0 · ∞")
    if isinstance(left, Bounded) or isinstance(right, Bounded):
        return Open("no value") if isinstance(left, Infinite) or isinstance(right, Infinite) else Bounded()
    return _infinite(_sign(left) * _sign(right))


def _sign(found: Tendency) -> int:
    """Return the sign of what is not 0; 0 where it depends on the letters of constants, as that of a - b does."""
    if isinstance(found, Infinite):
        return found.sign
    assert isinstance(found, Finite)
    return _same_sign(found.value)


def _same_sign(value: Expression) -> int:
    signs = {1 if number(value, turn) > 0 else -1 for turn in turns(free_symbols(value))}
    return signs.pop() if len(signs) == 1 else 0


def _infinite(sign: int) -> Tendency:
    return Infinite(sign) if sign else Open("no value")


def _divide(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    above, below = operands
    if isinstance(below, Infinite):
        return Open("∞/∞") if isinstance(above, Infinite) else Finite(ZERO)
    if isinstance(below, Bounded):
        return Open("no value")
    assert isinstance(below, Finite)
    if below.value != ZERO:
        if isinstance(above, Finite):
            return _computed(above.value / below.value)
        return _infinite(above.sign * _sign(below)) if isinstance(above, Infinite) else Bounded()
    if is_zero(above):
        return Open("0/0")
    sign = 0 if isinstance(above, Bounded) else near.sign(node)
    return Infinite(sign) if sign else Open("no value")


def _power(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    base, exponent = operands
    if (
        isinstance(base, Bounded)
        or isinstance(exponent, Bounded)
        or isinstance(base, Open)
        or isinstance(exponent, Open)
    ):
        whole = (
            isinstance(exponent, Finite)
            and isinstance(exponent.value, Number)
            and isinstance(exponent.value.value, int)
        )
        return Bounded() if whole and isinstance(exponent, Finite) and number(exponent.value) > 0 else Open("no value")
    moving = depends_on(node.operands[1], near.name)
    if isinstance(exponent, Infinite):
        if isinstance(base, Infinite):
            return (
                Finite(ZERO)
                if exponent.sign < 0
                else Infinite(near.sign(node))
                if near.sign(node)
                else Open("no value")
            )
        side_of_one = _same_sign(base.value - ONE)
        if base.value == ONE and depends_on(node.operands[0], near.name):
            return Open("1^∞")
        if base.value == ONE:
            return Finite(ONE)
        if not side_of_one or _sign(base) < 0 or not near.values(node):
            return Open("no value")
        return Infinite(1) if side_of_one == exponent.sign else Finite(ZERO)
    raised = _sign(exponent)
    if isinstance(base, Infinite):
        if exponent.value == ZERO:
            return Open("∞^0") if moving else Finite(ONE)
        if raised < 0:
            return Finite(ZERO)
        if not raised:
            return Open("no value")
        if base.sign > 0:
            return Infinite(1)
        return Infinite(near.sign(node)) if near.sign(node) else Open("no value")
    if base.value == ZERO:
        if exponent.value == ZERO:
            return Open("0^0") if moving else Finite(ONE)
        if not raised:
            return Open("no value")
        if raised > 0:
            return Finite(ZERO) if near.values(node) else Open("no value")
        return Infinite(near.sign(node)) if near.sign(node) else Open("no value")
    return _computed(base.value**exponent.value) if near.values(node) else Open("no value")


def _choose(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    """Return what the case tends to that holds near the point."""
    holding = {bool(value) for value in near.values(node.operands[2])[-3:]}
    return operands[0 if holding.pop() else 1] if len(holding) == 1 else Open("no value")


def _log(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    if is_zero(operands[0]):
        return Infinite(-1) if near.sign(node.operands[0]) > 0 else Open("no value")
    return _of_a_function(node, operands, near)


def _absolute(node: Apply, operands: Sequence[Tendency], near: Approach) -> Tendency:
    (inside,) = operands
    if isinstance(inside, Finite):
        return _computed(call("absolute", inside.value))
    return _of_a_function(node, operands, near)


_LAWS: Mapping[str, Callable[[Apply, Sequence[Tendency], Approach], Tendency]] = {
    "add": _add,
    "subtract": _add,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "float_power": _power,
    "log": _log,
    "absolute": _absolute,
}


def shown(found: Tendency) -> Expression:
    """Return what something tends to as an expression; an infinity as a number."""
    if isinstance(found, Finite):
        return found.value
    assert isinstance(found, Infinite)
    return Number(math.copysign(math.inf, found.sign))

"""Typical problems of the calculus of machine learning, and how the steps to their derivatives are judged by numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from chainrule.explain.derivation.account import Detail, Step
from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Derivative, Expression, Symbol, fold, substitute
from chainrule.transforms.derivatives import jvp

ONE_VARIABLE = (
    "5", "x", "x^2", "x^7/7", "5x^3-2x^2+7x-4", "x^2+3x+2", "0.1x^3-0.5x", "(2x+3)^2", "(3x-1)^5", "(x^2+1)^3 (2x-1)^4",
    "x^2 x^3", "(x^2+1)/x", "(x^2+1)/(x-1)", "(x^3-2x)/x^2", "x/(x^2+1)", "1/x", "1/x^2", "1/(x^2+1)", "1/sqrt(x)",
    "sqrt(x)", "sqrt(x^2+1)", "x sqrt(x)", "cbrt(x)", "e^x", "e^(2x)", "e^(-x^2/2)", "x e^x", "x^2 e^x", "2^x", "3^(2x)",
    "ln(x)", "ln(x^2)", "ln(x^2+1)", "ln(3x)", "x ln x", "ln(ln(x))", "log2(x)", "ln((1+x)/(1-x))", "ln(x sqrt(x^2+1))",
    "sin(x)", "sin(x^2)", "sin(x)^2", "sin(3x) cos(2x)", "tan(x)", "sin(x)/x", "sin(x)/cos(x)", "e^x sin(x)", "arctan(x/2)",
    "tanh(x)", "sigmoid(x)", "x sigmoid(x)", "1/(1+e^(-x))", "ln(1+e^x)", "softplus(x)", "relu(x)", "max(0, x)", "|x-3|",
    "x^x", "x^sin(x)", "(sin(x))^x", "sqrt(sin(x^2 e^x))", "x^2 sin(x)/(1+x)", "sqrt(x^2+1)/(x^3 (x-1)^2)", "e^(e^x)",
    "-t ln(x) - (1-t) ln(1-x)", "tanh(tanh(x))", "(x-1)(x-2)(x-3)", "cos(sin(x^2))", "x^2 e^(-x) sin(x)", "1/(1+x)^2",
)  # fmt: skip
SEVERAL = (
    "x^2+3xy+y^2", "sigmoid(wx+b)", "(y-t)^2", "L = (y-t)^2 where y = sigmoid(wx+b)", "-t ln(y) - (1-t) ln(1-y)",
    "1/2 (wx+b-y)^2 + λ w^2", "(1-x)^2+100(y-x^2)^2", "e^(xy)", "x^y", "x/y", "ln(x^2+y^2)", "sqrt(x^2+y^2+z^2)",
    "x sin(y) + y cos(x)", "tanh(wx+b)",
)  # fmt: skip

EVERY = (*ONE_VARIABLE, *SEVERAL)
LEVELS = ("brief", None, "full")

POINT = {"x": 0.7, "y": 0.4, "t": 0.3, "w": 0.6, "b": 0.2, "z": 1.1, "lambda": 0.5}
SHIFTED = {**POINT, "x": 1.7}


@cache
def derived(typed: str, level: Detail = None) -> Derivation:
    """Return the derivation of a problem; every test of it sees the same."""
    return explain(typed, wrt="x" if typed in ONE_VARIABLE else None, detail=level)


def point_of(typed: str) -> dict[str, float]:
    """Return a point at which the function is defined; no logarithm of a logarithm is, left of 1."""
    return SHIFTED if any(part in typed for part in ("ln(ln", "(x-1)^2)", "x-2")) else POINT


def number(expression: Expression, point: Mapping[str, float], meant: Mapping[str, Expression] | None = None) -> float:
    """Return the value of one side of a step: derivatives that are still to be taken are the engine's.

    meant: what names of parts stand for.
    """
    meaning = meant or {}

    def combine(node: Expression, operands: Sequence[object]) -> object:
        if isinstance(node, Derivative):
            return slope(substitute(node.body, meaning), node.name, point, node.order)
        if isinstance(node, Symbol) and node.name in meaning:
            return number(meaning[node.name], point)
        if isinstance(node, Apply):
            constants = [Symbol(f"part_{index}") for index in range(len(operands))]
            values = {symbol.name: value for symbol, value in zip(constants, operands, strict=True)}
            return evaluate(Apply(node.primitive, tuple(constants)), values)
        return evaluate(node, point)

    with np.errstate(all="ignore"):
        return float(fold(expression, combine))


def slope(body: Expression, name: str, point: Mapping[str, float], order: int = 1) -> float:
    """Return the engine's derivative."""

    def function(value: object) -> object:
        return evaluate(body, {**point, name: value})

    for _ in range(order - 1):
        function = _slope(function)
    return float(_slope(function)(point[name]))


def _slope(function: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: jvp(function, (value,), (1.0,))[1]


def parts(step: Step) -> dict[str, Expression]:
    """Return what the symbols of a step's general rule stand for."""
    return {one.sides[0].name: one.sides[1] for one in step.match}

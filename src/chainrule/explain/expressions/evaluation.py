"""Owns the values of expressions: numbers, arrays or traced values in the place of the symbols."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.core.trace import bind
from chainrule.errors import TracingError
from chainrule.explain.expressions.expression import (
    Apply,
    Constant,
    Derivative,
    Expression,
    Limit,
    Number,
    Symbol,
    Value,
    fold,
)


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """Return the value of the expression; `values` are numbers, arrays or traced values, by name.

    Raises KeyError where a variable has no value.

    >>> evaluate(Symbol("x") ** 2 + 1, {"x": 3})
    10.0
    """

    def combine(node: Expression, operands: Sequence[Any]) -> Any:
        if isinstance(node, Derivative):
            raise TracingError("an expression in which a derivative is still to be taken has no value yet")
        if isinstance(node, Limit):
            raise TracingError("an expression in which a limit is still to be found has no value yet")
        if isinstance(node, Apply):
            return _one_or_zero(bind(node.primitive, operands, dict(node.parameters)))
        if isinstance(node, Symbol):
            value = values[node.name]
            return float(value) if isinstance(value, int) else value
        assert isinstance(node, Number | Constant)
        return _float(node.value)

    value = fold(expression, combine)
    return value.item() if isinstance(value, np.generic) else value


def _float(value: Value) -> float:
    # Whole numbers are computed as floats: NumPy refuses negative powers of integers, and its integers wrap.
    if value > sys.float_info.max:
        return math.inf
    return -math.inf if value < -sys.float_info.max else float(value)


def _one_or_zero(value: Any) -> Any:
    # A condition counts 1 where it holds and 0 elsewhere; NumPy subtracts no booleans.
    return value * 1.0 if getattr(value, "dtype", None) == np.bool_ else value

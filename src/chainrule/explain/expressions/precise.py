"""Owns the one import of mpmath: the value of an expression to many digits, which settles what floats leave in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from chainrule.explain.expressions.expression import Apply, Constant, Expression, Number, Symbol, fold

DIGITS = (50, 200)
SETTLED = 1e-12
VANISHED = 1e-100
MAX_MAGNITUDE = 10_000
"""Numbers beyond 2 to this power, and below its inverse, are not computed with."""


class _Undecided(Exception):
    """The value is not real, does not exist, is out of reach, or there is no function that computes it."""


def settled(expression: Expression, values: Mapping[str, float]) -> Any | None:
    """Return the value as a number of mpmath: more digits do not change it. A value that vanishes with them is zero.

    Returns None where the value is not real, is out of reach, or needs more digits than are tried.

    >>> from chainrule.explain.expressions.expression import Symbol
    >>> float(settled((Symbol("x") + 1) - 1, {"x": 1e-20}))
    1e-20
    """
    rough, fine = (precise_value(expression, values, digits) for digits in DIGITS)
    if rough is None or fine is None:
        return None
    if abs(fine) < VANISHED:
        return fine * 0
    return fine if abs(rough - fine) <= SETTLED * abs(fine) else None


def precise_value(expression: Expression, values: Mapping[str, float], digits: int) -> Any | None:
    """Return the value computed with `digits` digits, or None where it is not a real number of common size."""
    context, functions = _context()

    def combine(node: Expression, operands: Sequence[Any]) -> Any:
        if isinstance(node, Number):
            exact = Fraction(str(node.value))
            return context.mpf(exact.numerator) / exact.denominator
        if isinstance(node, Constant):
            return {"pi": +context.pi, "e": +context.e}.get(node.name, context.nan)
        if isinstance(node, Symbol):
            return context.mpf(values[node.name])
        function = functions.get(node.primitive.name) if isinstance(node, Apply) else None
        if function is None:
            raise _Undecided
        result = context.convert(function(*operands))
        if not isinstance(result, context.mpf) or not context.isfinite(result):
            raise _Undecided
        if result and abs(context.mag(result)) > MAX_MAGNITUDE:
            raise _Undecided
        return result

    with context.workdps(digits):
        try:
            return fold(expression, combine)
        except (_Undecided, ValueError, ZeroDivisionError, OverflowError, context.NoConvergence):
            return None


@cache
def _context() -> tuple[Any, dict[str, Callable[..., Any]]]:
    """Return a context of mpmath of our own, and what computes each primitive."""
    import mpmath  # noqa: PLC0415 (60 ms that only doubtful comparisons pay)

    mp = mpmath.mp.clone()
    return mp, {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "divide": lambda x, y: x / y,
        "power": lambda x, y: x**y,
        "float_power": lambda x, y: x**y,
        "negative": lambda x: -x,
        "positive": lambda x: x,
        "reciprocal": lambda x: 1 / x,
        "square": lambda x: x * x,
        "sqrt": mp.sqrt,
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "absolute": abs,
        "fabs": abs,
        "sign": mp.sign,
        "hypot": mp.hypot,
        "exp": mp.exp,
        "exp2": lambda x: mp.mpf(2) ** x,
        "expm1": mp.expm1,
        "log": mp.log,
        "log2": lambda x: mp.log(x, 2),
        "log10": mp.log10,
        "log1p": mp.log1p,
        "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
        "softplus": lambda x: mp.log1p(mp.exp(x)),
        "expit": lambda x: 1 / (1 + mp.exp(-x)),
        "logit": lambda x: mp.log(x / (1 - x)),
        "log_expit": lambda x: -mp.log1p(mp.exp(-x)),
        "sin": mp.sin,
        "cos": mp.cos,
        "tan": mp.tan,
        "arcsin": mp.asin,
        "arccos": mp.acos,
        "arctan": mp.atan,
        "arctan2": mp.atan2,
        "sinh": mp.sinh,
        "cosh": mp.cosh,
        "tanh": mp.tanh,
        "arcsinh": mp.asinh,
        "arccosh": mp.acosh,
        "arctanh": mp.atanh,
        "erf": mp.erf,
        "erfc": mp.erfc,
        "gamma": mp.gamma,
        "gammaln": mp.loggamma,
        "psi": mp.digamma,
        "ndtr": mp.ncdf,
        "floor": mp.floor,
        "ceil": mp.ceil,
        "remainder": lambda x, y: x - y * mp.floor(x / y),
        "maximum": max,
        "minimum": min,
        "relu": lambda x: max(x, mp.zero),
        "heaviside": lambda x, half: (1 + mp.sign(x)) / 2 if x else half,
        "where": lambda chosen, other, condition: chosen if condition else other,
        "less": lambda x, y: mp.mpf(x < y),
        "less_equal": lambda x, y: mp.mpf(x <= y),
        "greater": lambda x, y: mp.mpf(x > y),
        "greater_equal": lambda x, y: mp.mpf(x >= y),
        "equal": lambda x, y: mp.mpf(x == y),
        "not_equal": lambda x, y: mp.mpf(x != y),
        "logical_and": lambda x, y: mp.mpf(bool(x) and bool(y)),
        "logical_or": lambda x, y: mp.mpf(bool(x) or bool(y)),
    }

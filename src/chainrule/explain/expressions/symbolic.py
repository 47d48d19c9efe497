"""Owns the way from an expression to SymPy, which is imported on first use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

from chainrule.explain.expressions.algebra import build, build_sum, term_of
from chainrule.explain.expressions.expression import (
    Apply,
    Constant,
    Derivative,
    Expression,
    Limit,
    Number,
    Symbol,
    fold,
    free_symbols,
)
from chainrule.explain.expressions.integrals import FormulaIntegrand, shown_integrand
from chainrule.explain.expressions.neat import ONE, ZERO, call, neat
from chainrule.explain.expressions.precise import settled
from chainrule.primitives.definite_integral import Integral


def to_sympy(expression: Expression) -> Any:
    """Return the expression as a SymPy one: numbers become exact rationals, variables symbols without assumptions.

    Raises ImportError where SymPy is not installed.

    >>> from chainrule.explain.expressions.expression import Symbol
    >>> to_sympy(0.5 * Symbol("x"))
    x/2
    """
    import sympy  # noqa: PLC0415 (heavy)

    functions = _functions()

    def combine(node: Expression, operands: Sequence[Any]) -> Any:
        if isinstance(node, Number) and isinstance(node.value, float) and math.isinf(node.value):
            return sympy.oo if node.value > 0 else -sympy.oo
        if isinstance(node, Number):
            exact = Fraction(str(node.value))
            return sympy.Rational(exact.numerator, exact.denominator)
        if isinstance(node, Constant):
            return {"pi": sympy.pi, "e": sympy.E}.get(node.name, sympy.nan)
        if isinstance(node, Derivative):
            return sympy.Derivative(to_sympy(node.body), sympy.Symbol(node.name), node.order)
        if isinstance(node, Limit):
            way = {1: "+", -1: "-"}.get(node.side, "+-")
            to = to_sympy(node.to)
            return sympy.Limit(to_sympy(node.body), sympy.Symbol(node.name), to, "-" if to is sympy.oo else way)
        if isinstance(node, Apply) and isinstance(node.primitive.value, Integral):
            assert isinstance(node.primitive.value.integrand, FormulaIntegrand)
            body, variable = shown_integrand(node, node.primitive.value.integrand)
            return sympy.Integral(to_sympy(body), (sympy.Symbol(variable), *operands[:2]))
        if isinstance(node, Apply):
            build = functions.get(node.primitive.name)
            return build(*operands) if build is not None else sympy.Function(node.primitive.name)(*operands)
        assert isinstance(node, Symbol)
        return sympy.Symbol(node.name)

    return fold(expression, combine)


def factor_rational(expression: Expression) -> Expression:
    """Return a quotient of polynomials with rational coefficients as a product of factors that cannot be taken apart."""
    import sympy  # noqa: PLC0415 (heavy)

    return _from_sympy(sympy.factor(to_sympy(expression)))


def reduce_rational(expression: Expression, zero: Expression) -> Expression:
    """Return a quotient of polynomials where another polynomial is 0, its factors taken apart."""
    import sympy  # noqa: PLC0415 (heavy)

    above, below = sympy.fraction(sympy.together(to_sympy(expression)))
    gap, _ = sympy.fraction(sympy.together(to_sympy(zero)))
    # With y before x the highest power of y is replaced, and letters of constants come last.
    variables = [sympy.Symbol(name) for name in sorted(free_symbols(zero), reverse=True)]
    if not variables:
        return expression
    _, remainder = sympy.reduced(sympy.expand(above), [gap], *variables)
    return _from_sympy(sympy.factor(remainder / below))


def expand_rational(expression: Expression) -> Expression:
    """Return a quotient of polynomials over one line, multiplied out above and below it."""
    import sympy  # noqa: PLC0415 (heavy)

    above, below = sympy.fraction(sympy.together(to_sympy(expression)))
    if below.is_number:
        return _from_sympy(sympy.expand(above / below))
    numerator, denominator = _from_sympy(sympy.expand(above)), _from_sympy(sympy.expand(below))
    return neat(numerator / denominator)


def exact_number(expression: Expression) -> Expression:
    """Return a number without functions where it has such a form: cos(π/6) is sqrt(3)/2; other numbers stay.

    >>> from chainrule.explain.expressions.neat import call
    >>> from chainrule.explain.expressions.notation import text
    >>> from chainrule.explain.expressions.expression import Constant
    >>> text(exact_number(call("cos", Constant("pi") / 6)))
    'sqrt(3)/2'
    """
    import sympy  # noqa: PLC0415 (heavy)

    value = to_sympy(expression)
    return _from_sympy(value) if value.is_algebraic and not value.atoms(sympy.Function) else expression


def exact_value(expression: Expression) -> Expression | None:
    """Return the value of a number, or of a formula with held letters, in its simplest form: ln(e^2) is 2, arctan(1) is π/4.

    Returns None where there is no such real number, as for 1/0 and ln 0.

    >>> from chainrule.explain.expressions.neat import ONE, ZERO, call
    >>> from chainrule.explain.expressions.notation import text
    >>> text(exact_value(call("arctan", ONE))), exact_value(ONE / ZERO)
    ('π/4', None)
    """
    import sympy  # noqa: PLC0415 (heavy)

    value = to_sympy(expression)
    if value.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo, sympy.I):
        return None
    if value.is_number and not value.is_Rational:
        value = min(value, sympy.expand(value), key=sympy.count_ops)
        if settled(expression, {}) == 0:
            return ZERO
    try:
        return _from_sympy(value)
    except _NotWritten:
        return expression


class _NotWritten(Exception):
    """A value of SymPy has no counterpart among the expressions."""


def _from_sympy(value: Any) -> Expression:
    """Return a value of SymPy as an expression. Raises _NotWritten where there is none."""
    if value.is_Symbol:
        return Symbol(value.name)
    if value.is_Rational:
        return Number(Fraction(int(value.p), int(value.q)))
    if value.is_NumberSymbol and str(value) in _CONSTANTS:
        return Constant(_CONSTANTS[str(value)])
    if value.is_Pow and value.base.is_Function and value.exp.is_negative:
        return ONE / neat(_from_sympy(value.base) ** _from_sympy(-value.exp))
    if value.is_Pow:
        return _from_sympy(value.base) ** _from_sympy(value.exp)
    if value.is_Function:
        name = _names().get(value.func)
        if name is None:
            raise _NotWritten
        return call(name, *map(_from_sympy, value.args))
    if not (value.is_Add or value.is_Mul):
        raise _NotWritten
    if value.is_Add:
        return build_sum([term_of(_from_sympy(part)) for part in value.args])
    return build(term_of(prod(map(_from_sympy, value.as_ordered_factors()), start=ONE)))


_CONSTANTS = {"pi": "pi", "E": "e"}


@cache
def _names() -> dict[Any, str]:
    """Return the primitives of one operand that SymPy has as a function, by that."""
    import sympy as sp  # noqa: PLC0415 (heavy)

    found = {build: name for name, build in _functions().items() if isinstance(build, sp.FunctionClass)}
    return {function: name for function, name in found.items() if name != "fabs"} | {sp.Abs: "absolute"}


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    """Return what each primitive is in SymPy, where it has another name or is an operator."""
    import sympy as sp  # noqa: PLC0415 (heavy)

    return {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "divide": lambda x, y: x / y,
        "floor_divide": lambda x, y: sp.floor(x / y),
        "remainder": sp.Mod,
        "power": lambda x, y: x**y,
        "float_power": lambda x, y: x**y,
        "negative": lambda x: -x,
        "positive": lambda x: x,
        "reciprocal": lambda x: 1 / x,
        "square": lambda x: x**2,
        "sqrt": sp.sqrt,
        "cbrt": sp.cbrt,
        "absolute": sp.Abs,
        "fabs": sp.Abs,
        "sign": sp.sign,
        "hypot": lambda x, y: sp.sqrt(x**2 + y**2),
        "exp": sp.exp,
        "exp2": lambda x: 2**x,
        "expm1": lambda x: sp.exp(x) - 1,
        "log": sp.log,
        "log2": lambda x: sp.log(x, 2),
        "log10": lambda x: sp.log(x, 10),
        "log1p": lambda x: sp.log(1 + x),
        "logaddexp": lambda x, y: sp.log(sp.exp(x) + sp.exp(y)),
        "softplus": lambda x: sp.log(1 + sp.exp(x)),
        "expit": lambda x: 1 / (1 + sp.exp(-x)),
        "logit": lambda x: sp.log(x / (1 - x)),
        "log_expit": lambda x: -sp.log(1 + sp.exp(-x)),
        "sin": sp.sin,
        "cos": sp.cos,
        "tan": sp.tan,
        "arcsin": sp.asin,
        "arccos": sp.acos,
        "arctan": sp.atan,
        "arctan2": sp.atan2,
        "sinh": sp.sinh,
        "cosh": sp.cosh,
        "tanh": sp.tanh,
        "arcsinh": sp.asinh,
        "arccosh": sp.acosh,
        "arctanh": sp.atanh,
        "erf": sp.erf,
        "erfc": sp.erfc,
        "erfinv": sp.erfinv,
        "gamma": sp.gamma,
        "binom": sp.binomial,
        "gammaln": sp.loggamma,
        "psi": sp.digamma,
        "zeta": sp.zeta,
        "floor": sp.floor,
        "ceil": sp.ceiling,
        "maximum": sp.Max,
        "minimum": sp.Min,
        "relu": lambda x: sp.Max(0, x),
        "heaviside": sp.Heaviside,
        "where": _piecewise,
        "less": sp.Lt,
        "less_equal": sp.Le,
        "greater": sp.Gt,
        "greater_equal": sp.Ge,
        "equal": sp.Eq,
        "not_equal": sp.Ne,
        "logical_and": sp.And,
        "logical_or": sp.Or,
    }


def _piecewise(chosen: Any, other: Any, condition: Any) -> Any:
    """Return a choice as one Piecewise, whose last case may be a choice itself; it has no case for where it is undefined."""
    import sympy as sp  # noqa: PLC0415 (heavy)

    if isinstance(other, sp.Piecewise):
        return sp.Piecewise((chosen, condition), *other.args)
    return sp.Piecewise((chosen, condition)) if other is sp.nan else sp.Piecewise((chosen, condition), (other, True))

"""Owns the simplification of conditions: each is solved for its variable where that is simple, and none says less than another.

ln(x^2) > 0 is |x| > 1, (1 + x)/(1 - x) > 0 is |x| < 1; x ≠ 0 is left out next to x > 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from chainrule.explain.expressions.algebra import Term, build, degree, term_of, terms_of
from chainrule.explain.expressions.evaluation import evaluate
from chainrule.explain.expressions.expression import Apply, Constant, Expression, Number, Symbol, free_symbols
from chainrule.explain.expressions.neat import ONE, ZERO, E, call, is_named, is_whole, neat
from chainrule.explain.expressions.polynomials import Coefficients, coefficients_of, divided
from chainrule.explain.expressions.signs import is_at_least_zero, is_positive
from chainrule.primitives.table import BY_NAME

_MIRRORED = {
    "greater": "less",
    "less": "greater",
    "greater_equal": "less_equal",
    "less_equal": "greater_equal",
    "not_equal": "not_equal",
    "equal": "equal",
}
_SOLVED = frozenset(("greater", "less", "greater_equal", "not_equal"))
_BOUNDED = {"sin": 1, "cos": 1, "tanh": 1, "expit": 1}
_STRICTLY_BOUNDED = frozenset(("tanh", "expit"))
_WITH_THE_SIGN_OF_ITS_OPERAND = ("sinh", "tanh", "arctan", "arcsinh", "cbrt", "arcsin", "arctanh", "erf")


def simplified(conditions: Iterable[Expression]) -> tuple[Expression, ...]:
    """Return the conditions without those that always hold or follow from others, each in its simplest form.

    >>> from chainrule.explain.expressions.notation import text
    >>> x = Symbol("x")
    >>> [text(condition) for condition in simplified([x > 0, x * (x - 1) < 0, abs(2 * x) < 2])]
    ['x > 0', 'x < 1', '|x| < 1']
    """
    found: dict[Expression, None] = {}
    for condition in conditions:
        found.update(dict.fromkeys(_solve(condition)))
    kept = list(found)
    for condition in tuple(kept):
        others = [other for other in kept if other is not condition]
        if any(implies(other, condition) for other in others):
            kept = others
    return tuple(kept)


def _relation(name: str, left: Expression, right: Expression) -> Apply:
    return Apply(BY_NAME[name], (left, right))


def _solve(condition: Expression) -> list[Expression]:
    """Return simpler conditions that say the same together."""
    assert isinstance(condition, Apply)
    name = condition.primitive.name
    left, right = (neat(operand) for operand in condition.operands)
    if not free_symbols(left) and not free_symbols(right):
        return []
    if name in _MIRRORED and not free_symbols(left):
        return _solve(_relation(_MIRRORED[name], right, left))
    kept = _relation(name, left, right)
    if name not in _SOLVED:
        return [kept]
    if right == ZERO and _always(name, left):
        return []
    if right == ZERO and name == "greater" and is_at_least_zero(left):
        name, kept = "not_equal", _relation("not_equal", left, right)
    terms = terms_of(left - right if right != ZERO else left)
    numbers = [term.coefficient for term in terms if not term.factors]
    moving = [term for term in terms if term.factors]
    if len(moving) != 1 or any(isinstance(term.coefficient, float) for term in terms):
        return [kept]
    (term,), offset = moving, Fraction(numbers[0]) if numbers else Fraction(0)
    bound = -offset / Fraction(term.coefficient)
    solved = _solve_product(name if term.coefficient > 0 else _MIRRORED[name], Term(1, term.factors), Number(bound))
    return [kept] if solved is None else solved


def _always(name: str, value: Expression) -> bool:
    """Return whether value > 0, value ≥ 0 or value ≠ 0 is seen to hold everywhere."""
    if name == "greater_equal":
        return is_at_least_zero(value)
    if name == "not_equal" and is_named(value, "gamma"):
        return True  # it has poles, and no zeros
    return name in ("greater", "not_equal") and is_positive(value)


def _solve_product(name: str, term: Term, bound: Number) -> list[Expression] | None:
    """Solve (a product of powers) (relation) bound; None where it stays as it was written."""
    if len(term.factors) == 1:
        base, exponent = term.factors[0]
        if isinstance(exponent, Number):
            return _solve_power(name, base, exponent, bound)
    if bound == ZERO and name == "not_equal":
        return [part for base, _ in term.factors for part in _solve(_relation("not_equal", base, ZERO))]
    if bound != ZERO or name == "greater_equal":
        return None if not _is_plain(term) else [_relation(name, build(term), bound)]
    return _solve_sign(name, term)


def _is_plain(term: Term) -> bool:
    return degree(term) is not None


def _solve_sign(name: str, term: Term) -> list[Expression]:
    """Solve a product > 0 or < 0: factors whose sign is known are left out."""
    apart: list[Expression] = []
    left: list[tuple[Expression, Expression]] = []
    for base, exponent in term.factors:
        if is_positive(base):
            continue
        if is_whole(exponent) and isinstance(exponent, Number) and exponent.value % 2 == 0:
            apart += _solve(_relation("not_equal", base, ZERO))
        else:
            left.append((base, exponent))
    if not left:
        return apart
    if len(left) == 1:
        return [*apart, *_solve(_relation(name, left[0][0], ZERO))]
    between = _between(name, left)
    return [*apart, *(between or [_relation(name, build(Term(1, tuple(left))), ZERO)])]


def _between(name: str, factors: Sequence[tuple[Expression, Expression]]) -> list[Expression] | None:
    """Return the interval between their zeros where two linear factors have different signs; None elsewhere."""
    lines = [line for base, exponent in factors if is_whole(exponent) and (line := _line(base)) is not None]
    if len(lines) != 2 or len(factors) != 2:
        return None
    (variable, first, slope), (same, second, other) = lines
    if same != variable or (slope * other > 0) != (name == "less") or first == second:
        return None
    low, high = sorted((first, second))
    if low == -high:
        return [_relation("less", abs(Symbol(variable)), Number(high))]
    return [_relation("greater", Symbol(variable), Number(low)), _relation("less", Symbol(variable), Number(high))]


def _line(base: Expression) -> tuple[str, Fraction, Fraction] | None:
    """Return the variable, the zero and the slope of a linear expression."""
    names, terms = free_symbols(base), terms_of(base)
    if len(names) != 1 or any(degree(term) not in (0, 1) or isinstance(term.coefficient, float) for term in terms):
        return None
    if any(isinstance(factor, Constant) for term in terms for factor, _ in term.factors):
        return None
    slope = sum((Fraction(term.coefficient) for term in terms if term.factors), Fraction(0))
    offset = sum((Fraction(term.coefficient) for term in terms if not term.factors), Fraction(0))
    return (names[0], -offset / slope, slope) if slope else None


def _solve_power(name: str, base: Expression, exponent: Number, bound: Number) -> list[Expression] | None:
    """Solve base^exponent (relation) bound."""
    if exponent == ONE:
        return _solve_function(name, base, bound)
    even = is_whole(exponent) and exponent.value % 2 == 0
    if bound == ZERO and name == "not_equal":
        return _solve(_relation(name, base, ZERO))
    if bound == ZERO and even:
        return (
            [] if name == "greater_equal" else _solve(_relation("not_equal", base, ZERO)) if name == "greater" else None
        )
    if bound == ZERO:
        return _solve(_relation(name, base, ZERO))
    root = _root(bound)
    if exponent == Number(2) and root is not None:
        return _solve(_relation(name, abs(base), root))
    return [_relation(name, base**exponent, bound)] if exponent.value > 0 else None


def _root(bound: Number) -> Number | None:
    """Return the square root where it is rational."""
    value = Fraction(bound.value)
    if value <= 0:
        return None
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Number(Fraction(above, below)) if above**2 == value.numerator and below**2 == value.denominator else None


def _solve_function(name: str, base: Expression, bound: Number) -> list[Expression]:
    """Solve a variable or a function (relation) bound."""
    kept: list[Expression] = [_relation(name, base, bound)]
    if not isinstance(base, Apply):
        return kept
    function, u = base.primitive.name, base.operands[0]
    if function in _BOUNDED and _beyond(function, name, bound):
        return []
    if bound == ZERO and function in _WITH_THE_SIGN_OF_ITS_OPERAND:
        return _solve(_relation(name, u, ZERO))
    if function == "log" and bound == ZERO:
        return _solve(_relation(name, u, ONE))
    if function == "log" and bound == ONE:
        return [_relation(name, u, E)]
    if function == "sqrt" and bound == ZERO and name in ("greater", "not_equal"):
        return _solve(_relation("greater", u, ZERO))
    if function == "sqrt" and bound.value > 0 and name in ("less", "greater"):
        return _solve(_relation(name, u, Number(Fraction(bound.value) ** 2)))
    if function == "absolute":
        return _solve_absolute(name, u, bound) or kept
    return kept


def _beyond(function: str, name: str, bound: Number) -> bool:
    """Return whether a bounded function never reaches the bound."""
    value, limit = float(bound.value), _BOUNDED[function]
    reached = function not in _STRICTLY_BOUNDED
    above, below = (
        value > limit or (value == limit and not reached),
        value < -limit or (value == -limit and not reached),
    )
    return above or below if name == "not_equal" else above if name == "less" else below


def _solve_absolute(name: str, u: Expression, bound: Number) -> list[Expression] | None:
    """Solve |u| (relation) bound."""
    if bound == ZERO:
        return _solve(_relation("not_equal", u, ZERO)) if name in ("greater", "not_equal") else None
    term = term_of(u)
    if isinstance(term.coefficient, float) or bound.value < 0 or len(term.factors) != 1:
        return None
    base, exponent = term.factors[0]
    bound = Number(Fraction(bound.value) / abs(Fraction(term.coefficient)))
    if exponent == ONE and is_named(base, "sqrt"):
        return _solve_function(name, base, bound)
    if isinstance(exponent, Number) and exponent.value == Fraction(1, 2):
        return _solve_function(name, call("sqrt", base), bound)
    if isinstance(exponent, Number) and exponent.value < 0:
        name, bound, exponent = _MIRRORED[name], Number(1 / Fraction(bound.value)), Number(-exponent.value)
    if exponent == Number(2) and (root := _root(bound)) is not None:
        exponent, bound = ONE, root
    return [_relation(name, abs(base if exponent == ONE else base**exponent), bound)]


def implies(known: Expression, condition: Expression) -> bool:
    """Return whether a condition follows from a known one."""
    assert isinstance(known, Apply)
    assert isinstance(condition, Apply)
    (left, bound), (other, limit) = known.operands, condition.operands
    name, asked = known.primitive.name, condition.primitive.name
    if bound == ZERO and name in ("greater", "less") and asked == "not_equal" and _has_zero(left, other, limit):
        return True
    if name == asked == "not_equal":
        if left == other and isinstance(left, Symbol) and isinstance(bound, Number) and isinstance(limit, Number):
            return bound == limit
        if _vanishes_too(known, condition):
            return True
    if free_symbols(bound) or free_symbols(limit):
        return left == other and bound == limit and (name, asked) in _STRONGER
    first, second = float(evaluate(bound, {})), float(evaluate(limit, {}))
    if is_named(left, "absolute") and left.operands[0] == other:
        if name == "less":
            return (asked == "not_equal" and abs(second) >= first) or (asked == "greater" and second <= -first)
        return name == "greater" and asked == "not_equal" and abs(second) <= first
    if left != other:
        return False
    if name == "greater" and asked in ("greater", "greater_equal", "not_equal"):
        return first > second or (first == second and asked != "greater")
    if name == "less" and asked in ("less", "not_equal"):
        return first < second or (first == second and asked != "less")
    return name == "greater_equal" and asked in ("greater", "not_equal", "greater_equal") and first > second


def _vanishes_too(known: Apply, condition: Apply) -> bool:
    """Return whether both conditions keep polynomials of one variable from zero, and the condition's divides the other one."""
    names = free_symbols(known)
    if len(names) != 1 or free_symbols(condition) != names:
        return False
    first, second = (_coefficients(each, Symbol(names[0])) for each in (known, condition))
    return first is not None and second is not None and any(second) and not any(divided(first, second)[1])


def _coefficients(condition: Apply, variable: Symbol) -> Coefficients | None:
    """Return the polynomial that a condition keeps from zero; |u| ≠ v keeps u^2 - v^2 from it."""
    left, right = condition.operands
    if is_named(left, "absolute"):
        return coefficients_of(left.operands[0] ** 2 - neat(right**2), variable)
    return coefficients_of(left - right, variable)


def _has_zero(product: Expression, value: Expression, zero: Expression) -> bool:
    """Return whether a factor of the product vanishes where value = zero."""
    bases = [base for base, _ in term_of(product).factors]
    if zero == ZERO and value in bases:
        return True
    lines = [line for base in bases if (line := _line(base)) is not None]
    return isinstance(value, Symbol) and any((name, Number(at)) == (value.name, zero) for name, at, _ in lines)


_STRONGER = frozenset((("greater", "not_equal"), ("less", "not_equal"), ("greater", "greater_equal")))

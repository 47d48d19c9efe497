"""Owns exact forms of numbers that were found by floating point: guesses of a few kinds, each confirmed to 200 digits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from chainrule.explain.derivation.phrases import Phrase
from chainrule.explain.expressions.expression import (
    Constant,
    Expression,
    Number,
    fold,
    free_symbols,
    rebuild,
    size,
    substitute,
)
from chainrule.explain.expressions.neat import HALF, ONE, call, is_named, neat
from chainrule.explain.expressions.notation import text
from chainrule.explain.expressions.precise import settled
from chainrule.explain.expressions.symbolic import exact_number
from chainrule.explain.expressions.tidy import tidy

CLOSE = 1e-7
"""How far a guess may be from the number; what is guessed is confirmed."""
_MAX_DENOMINATOR = 200
_DUST = 1e-25
_GUESSES = 8
_LONGEST = 24
"""Exact forms with more characters than this say less than their decimals."""
PI, E = Constant("pi"), Constant("e")


def guesses(value: float) -> Iterator[Expression]:
    """Yield short forms that the number may have: fractions, multiples of π, roots, logarithms, powers of e, angles.

    >>> text(next(guesses(-0.5))), text(next(guesses(math.pi / 3)))
    ('-1/2', 'π/3')
    """
    if not math.isfinite(value):
        return
    if (plain := _fraction(value)) is not None:
        yield Number(plain)
        if abs(float(plain) - value) <= 1e-13 * abs(value):
            return
    if (turns := _fraction(value / math.pi, 24)) is not None:
        yield neat(Number(turns.numerator) * PI / Number(turns.denominator))
    yield from _surds(value)
    for degree in (3, 4, 5, 6):
        if abs(value) < 1e3 and (power := _fraction(abs(value) ** degree, 60)) is not None:
            exponent = Number(Fraction(1, degree))
            root = call("cbrt", Number(power)) if degree == 3 else Number(power) ** exponent
            yield neat(-root if value < 0 else root)
    yield from _transcendental(value)


def _surds(value: float) -> Iterator[Expression]:
    """Yield a ± sqrt(b) where the number solves a quadratic equation with small whole coefficients."""
    if abs(value) > 1e4:
        return
    square = _fraction(value * value, 500)
    if square is not None:
        root = _with_roots(exact_number(call("sqrt", Number(square))))
        yield neat(-root if value < 0 else root)
    leading, middle = np.meshgrid(np.arange(1, 25), np.arange(-80, 81), indexing="ij")
    last = -(leading * value * value + middle * value)
    off = np.abs(last - np.rint(last))
    fits = np.argwhere(off < 1e-10 * (1 + np.abs(last)))
    for place in fits[:3]:
        a, b, c = (int(np.rint(part[tuple(place)])) for part in (leading, middle, last))
        if b * b - 4 * a * c <= 0:
            continue
        under = call("sqrt", Number(b * b - 4 * a * c))
        above = Number(-b) + under if value > -b / (2 * a) else Number(-b) - under
        yield _with_roots(exact_number(neat(above / Number(2 * a))))
        return


def _with_roots(expression: Expression) -> Expression:
    """Return powers with the exponent 1/2 as square roots."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        node = rebuild(node, operands)
        return call("sqrt", node.operands[0]) if is_named(node, "power") and node.operands[1] == HALF else node

    return fold(expression, combine)


def _transcendental(value: float) -> Iterator[Expression]:
    if value != 0 and (factor := _fraction(value / math.e, 12)) is not None:
        yield neat(Number(factor) * E)
    if value != 0 and (factor := _fraction(value * math.e, 12)) is not None:
        yield neat(Number(factor.numerator) / neat(Number(factor.denominator) * E))
    for turns in range(-24, 25):
        if turns and (rest := _fraction(value - turns * math.pi / 12, 12)) is not None:
            turn = Fraction(abs(turns), 12)
            angle = neat(Number(turn.numerator) * PI / Number(turn.denominator))
            yield neat(Number(rest) + angle if turns > 0 else Number(rest) - angle)
    if value != 0 and (power := _fraction(math.log(abs(value)), 6)) is not None:
        size_of = ONE / E if power == -1 else neat(E ** Number(power))
        yield neat(-size_of) if value < 0 else size_of
    if abs(value) < 20:
        if (inside := _fraction(math.exp(value), 60)) is not None:
            yield call("log", Number(inside))
        if (inside := _fraction(math.exp(2 * value), 60)) is not None:
            yield neat(call("log", Number(inside)) / 2)
    for name, function, lowest, highest in (
        ("arctan", math.tan, -math.pi / 2, math.pi / 2),
        ("arccos", math.cos, 0.0, math.pi),
        ("arcsin", math.sin, -math.pi / 2, math.pi / 2),
    ):
        inside = _fraction(function(value), 30) if lowest < value < highest else None
        if inside is not None and abs(inside) not in (0, 1):
            yield call(name, Number(inside))
    if math.pi / 2 < value < 3 * math.pi / 2 and (inside := _fraction(math.sin(value), 30)) is not None:
        yield neat(PI - call("arcsin", Number(inside)))
    if math.pi / 2 < value < 3 * math.pi / 2 and (inside := _fraction(math.tan(value), 30)) is not None:
        yield neat(PI + call("arctan", Number(inside)))
    if math.pi < value < 2 * math.pi and (inside := _fraction(math.cos(value), 30)) is not None:
        yield neat(2 * PI - call("arccos", Number(inside)))


def _fraction(value: float, largest: int = _MAX_DENOMINATOR) -> Fraction | None:
    """Return a fraction that the number is as far as floats tell."""
    if not math.isfinite(value) or abs(value) > 1e9:
        return None
    found = Fraction(value).limit_denominator(largest)
    return found if abs(float(found) - value) <= CLOSE * max(abs(value), 1e-3) else None


def root_form(value: float, name: str, zero: Expression) -> Expression | None:
    """Return an exact form of a root of `zero`; None where no short one is confirmed."""
    return point_form({name: value}, [zero])[0]


def point_form(point: Mapping[str, float], zeros: Sequence[Expression]) -> tuple[Expression | None, ...]:
    """Return exact forms of the coordinates at which all of `zeros` vanish; Nones where no short ones are confirmed."""
    nothing = (None,) * len(point)
    candidates = [list(_first(guesses(value), _GUESSES)) for value in point.values()]
    if not all(candidates):
        return nothing
    # One guess for each in turn: of several coordinates the first guess of each is all but always the right one.
    longest = max(map(len, candidates))
    for place in range(longest):
        chosen = [row[min(place, len(row) - 1)] for row in candidates]
        given = dict(zip(point, chosen, strict=True))
        if all(len(text(each)) <= _LONGEST for each in chosen) and all(_vanishes(zero, given) for zero in zeros):
            return tuple(chosen)
    return nothing


def _first(found: Iterator[Expression], count: int) -> Iterator[Expression]:
    for _, each in zip(range(count), found, strict=False):
        yield each


def _vanishes(zero: Expression, given: Mapping[str, Expression]) -> bool:
    value = settled(neat(substitute(zero, dict(given))), {})
    return value is not None and value == 0


def _with_known_angles(expression: Expression) -> Expression:
    """Return sines and their kin of known angles as roots: sin(π/3) is sqrt(3)/2."""

    def combine(node: Expression, operands: Sequence[Expression]) -> Expression:
        node = rebuild(node, operands)
        known = is_named(node, "sin", "cos", "tan") and not free_symbols(node)
        return _with_roots(exact_number(node)) if known else node

    return fold(expression, combine)


def value_form(expression: Expression, given: Mapping[str, Expression | None], value: float) -> Expression | None:
    """Return the exact value of an expression where the variables have exact ones; None where it is long."""
    known = {name: each for name, each in given.items() if each is not None}
    if len(known) < len(given):
        return None
    put_in = neat(_with_known_angles(substitute(expression, known)))
    for guess in _first(guesses(value), _GUESSES):
        if settled(neat(put_in - guess), {}) == 0:
            return guess
    if size(put_in) > 40 or settled(put_in, {}) is None:
        return None
    found = min((tidy(put_in)[1], put_in), key=lambda each: len(text(each)))
    return found if len(text(found)) <= _LONGEST else None


def shown_number(value: float, digits: int = 6) -> str:
    """Return a number in as many digits as are read."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value + 0.0:.{digits}g}"


def said(exact: Expression | None, value: float) -> Phrase:
    """Return a number as it is read: its exact form, where it has one, and its decimals, where they say more."""
    if exact is None:
        return (Number(float(f"{value + 0.0:.6g}")),) if math.isfinite(value) else (shown_number(value),)
    return (exact,) if is_plain(exact) else (exact, f" ≈ {shown_number(value)}")


def without_dust(value: float) -> float:
    """Return 0 for what rounding leaves of it, as at a zero that is known to 16 digits."""
    return 0.0 if abs(value) < _DUST else value + 0.0


def is_plain(exact: Expression) -> bool:
    """Return whether a number needs no decimals beside it: a whole number, or a fraction that is short."""
    return isinstance(exact, Number) or len(text(exact)) <= 3


def named(exact: Expression | None, value: float) -> Expression:
    """Return a number as an expression: its exact form, else six digits."""
    return exact if exact is not None else Number(float(f"{value + 0.0:.6g}"))

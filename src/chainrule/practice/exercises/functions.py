"""Owns the functions that exercises are made of: for each topic and level, what can be drawn. No derivative is written here."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from chainrule.explain.expressions.expression import Expression, Number, Symbol, lift
from chainrule.explain.expressions.neat import ONE, call, is_named, neat
from chainrule.practice.exercises.draw import Draw

Family: TypeAlias = Callable[[Draw], Expression]
"""Draws a function."""

X, Y, Z, W, B = (Symbol(name) for name in "xyzwb")


def root(body: Expression) -> Expression:
    """Return the square root."""
    return call("sqrt", body)


def exp(body: Expression) -> Expression:
    """Return e^body."""
    return call("exp", body)


def ln(body: Expression) -> Expression:
    """Return the natural logarithm."""
    return call("log", body)


def sin(body: Expression) -> Expression:
    """Return the sine."""
    return call("sin", body)


def cos(body: Expression) -> Expression:
    """Return the cosine."""
    return call("cos", body)


def tan(body: Expression) -> Expression:
    """Return the tangent."""
    return call("tan", body)


def linear(draw: Draw) -> Expression:
    """Return a x + b with a of 2 to 5."""
    return plus(draw.integer(2, 5) * X, draw.nonzero(7))


def plus(left: Expression, number: int) -> Expression:
    """Return left + number, written as a difference where the number is negative."""
    return left + number if number >= 0 else left - (-number)


def plus_terms(*terms: tuple[int, Expression]) -> Expression:
    """Return the sum of coefficients times expressions, signs written as people do; zeros are left out."""
    kept = [(factor, term) for factor, term in terms if factor]
    total: Expression = _multiple(*kept[0])
    for factor, term in kept[1:]:
        part = _multiple(abs(factor), term)
        total = total + part if factor > 0 else total - part
    return total


def _multiple(factor: int, term: Expression) -> Expression:
    """Return a number times a term; 5 times 1/x is 5/x."""
    if is_named(term, "divide") and term.operands[0] == ONE:
        return factor / term.operands[1]
    return factor * term


def polynomial(draw: Draw, degrees: tuple[int, ...], size: int = 6) -> Expression:
    """Return a polynomial with these degrees, its first coefficient positive."""
    terms = [(draw.integer(1, size), X ** Number(degrees[0]))]
    for degree in degrees[1:]:
        terms.append((draw.nonzero(size), X ** Number(degree) if degree else lift(1)))
    return plus_terms(*terms)


def _simple(draw: Draw) -> Expression:
    return draw.pick((sin, cos, exp, ln))(X)


def _wave(draw: Draw, body: Expression) -> Expression:
    return draw.pick((sin, cos, exp))(body)


def _times(draw: Draw, low: int = 2, high: int = 6) -> Expression:
    return draw.integer(low, high) * X


def _linear_quotient(draw: Draw) -> Expression:
    a, c = draw.distinct(1, 5, 2)
    b, d = draw.nonzero(6), draw.nonzero(6)
    if a * d == b * c:  # a constant in disguise
        d = d + 1 or 1
    return plus(a * X, b) / plus(c * X, d)


def _base(draw: Draw) -> Expression:
    return lift(draw.pick((2, 3, 5, 10)))


def _half(draw: Draw) -> Expression:
    return Number(Fraction(draw.pick((3, 5, 7)), 2))


FAMILIES: dict[str, tuple[tuple[Family, ...], ...]] = {
    "power": (
        (
            lambda draw: X ** Number(draw.integer(2, 9)),
            lambda draw: draw.integer(2, 9) * X ** Number(draw.integer(2, 7)),
            lambda draw: -draw.integer(2, 6) * X ** Number(draw.integer(2, 5)),
        ),
        (
            lambda draw: draw.integer(1, 6) / X ** Number(draw.integer(2, 5)),
            lambda draw: draw.integer(1, 5) * X ** Number(-draw.integer(1, 5)),
            lambda draw: 2 * draw.integer(1, 5) * root(X),
            lambda draw: X ** Number(draw.integer(3, 9)) / draw.integer(2, 5),
        ),
        (
            lambda draw: 2 * draw.integer(1, 8) * X ** _half(draw),
            lambda draw: 2 * draw.integer(1, 8) / root(X),
            lambda draw: 2 * draw.integer(1, 4) * X ** Number(draw.integer(1, 3)) * root(X),
            lambda draw: (draw.integer(2, 3) * X ** Number(draw.integer(1, 3))) ** Number(2),
            lambda draw: 3 * draw.integer(1, 4) * X ** Number(Fraction(draw.pick((2, 4, 5)), 3)),
        ),
    ),
    "sums": (
        (
            lambda draw: polynomial(draw, (2, 1, 0)),
            lambda draw: polynomial(draw, (draw.integer(2, 5), 0), 9),
            lambda draw: plus(draw.integer(2, 9) * X, draw.nonzero(9)),
        ),
        (
            lambda draw: polynomial(draw, (3, 2, 1, 0)),
            lambda draw: polynomial(draw, (4, 2, 1)),
            lambda draw: polynomial(draw, (5, 3, 0)),
        ),
        (
            lambda draw: plus_terms(
                (draw.integer(1, 5), X ** Number(3)), (draw.nonzero(6), 1 / X), (draw.nonzero(6), lift(1))
            ),
            lambda draw: plus_terms((draw.integer(1, 5), X ** Number(2)), (2 * draw.nonzero(4), root(X))),
            lambda draw: plus_terms(
                (draw.integer(1, 5), _simple(draw)), (draw.nonzero(5), X ** Number(draw.integer(2, 4)))
            ),
        ),
    ),
    "product": (
        (
            lambda draw: linear(draw) * plus(X ** Number(2), draw.nonzero(5)),
            lambda draw: X ** Number(draw.integer(2, 4)) * draw.pick((sin, cos, exp))(X),
            lambda draw: X * draw.pick((sin, cos, exp, ln))(X),
        ),
        (
            lambda draw: linear(draw) * _simple(draw),
            lambda draw: X ** Number(draw.integer(2, 4)) * ln(X),
            lambda draw: plus(X ** Number(2), draw.integer(1, 5)) * draw.pick((sin, cos, exp))(X),
            lambda draw: exp(X) * draw.pick((sin, cos))(X),
        ),
        (
            lambda draw: X ** Number(draw.integer(2, 3)) * _wave(draw, _times(draw)),
            lambda draw: linear(draw) * exp(_times(draw, 2, 4)),
            lambda draw: X * linear(draw) ** Number(draw.integer(3, 4)),
            lambda draw: X * exp(X) * draw.pick((sin, cos))(X),
        ),
    ),
    "quotient": (
        (
            _linear_quotient,
            lambda draw: X ** Number(2) / plus(X, draw.nonzero(6)),
            lambda draw: draw.integer(1, 6) / plus(draw.integer(2, 4) * X, draw.nonzero(6)),
        ),
        (
            lambda draw: draw.integer(1, 5) * draw.pick((sin, cos, exp, ln))(X) / X,
            lambda draw: draw.integer(1, 4) * X / plus(X ** Number(2), draw.integer(1, 6)),
            lambda draw: draw.integer(1, 5) * draw.pick((ln, exp))(X) / X ** Number(draw.integer(2, 3)),
        ),
        (
            lambda draw: linear(draw) / plus(X ** Number(2), draw.integer(1, 5)),
            lambda draw: exp(_times(draw, 2, 3)) / plus(X, draw.integer(1, 5)),
            lambda draw: sin(X) / plus(cos(X), draw.integer(2, 4)),
            lambda draw: plus(X ** Number(2), -draw.integer(1, 4)) / plus(X ** Number(2), draw.integer(1, 4)),
        ),
    ),
    "chain": (
        (
            lambda draw: linear(draw) ** Number(draw.integer(2, 6)),
            lambda draw: _wave(draw, _times(draw)),
            lambda draw: draw.pick((sin, cos))(linear(draw)),
        ),
        (
            lambda draw: plus(X ** Number(2), draw.nonzero(5)) ** Number(draw.integer(2, 5)),
            lambda draw: _wave(draw, X ** Number(draw.integer(2, 3))),
            lambda draw: ln(plus(X ** Number(2), draw.integer(1, 6))),
            lambda draw: root(plus(draw.integer(1, 3) * 2 * X, draw.integer(1, 9))),
            lambda draw: 1 / linear(draw) ** Number(draw.integer(1, 3)),
        ),
        (
            lambda draw: exp(draw.pick((sin, cos))(_times(draw))),
            lambda draw: draw.pick((sin, cos))(_times(draw)) ** Number(draw.integer(2, 4)),
            lambda draw: ln(plus(sin(X ** Number(2)), draw.integer(2, 5))),
            lambda draw: root(plus(exp(_times(draw, 2, 4)), draw.integer(1, 5))),
            lambda draw: sin(linear(draw) ** Number(draw.integer(2, 3))),
        ),
    ),
    "exponentials and logarithms": (
        (
            lambda draw: draw.integer(2, 9) * ln(X),
            lambda draw: _base(draw) ** X,
            lambda draw: plus_terms((draw.integer(1, 5), exp(X)), (draw.nonzero(5), X ** Number(2))),
        ),
        (
            lambda draw: draw.integer(2, 5) * exp(draw.nonzero(4) * X),
            lambda draw: ln(linear(draw)),
            lambda draw: draw.integer(2, 5) * _base(draw) ** X,
            lambda draw: X * ln(X),
            lambda draw: call("log2", X),
            lambda draw: ln(X) / ln(lift(draw.pick((3, 5, 7)))),
        ),
        (
            lambda draw: ln(plus(X ** Number(2), draw.integer(1, 6))),
            lambda draw: _base(draw) ** _times(draw, 2, 4),
            lambda draw: draw.integer(1, 4) * exp(draw.nonzero(3) * X ** Number(2)),
            lambda draw: ln(plus(exp(_times(draw, 1, 4)), draw.integer(1, 6))),
            lambda draw: draw.integer(1, 4) * ln(X) ** Number(draw.integer(2, 4)),
            lambda draw: draw.integer(1, 3) * X ** Number(2) * exp(draw.nonzero(4) * X),
        ),
    ),
    "trigonometry": (
        (
            lambda draw: draw.integer(2, 9) * draw.pick((sin, cos, tan))(X),
            lambda draw: plus_terms((draw.integer(1, 6), sin(X)), (draw.nonzero(6), cos(X))),
            lambda draw: plus_terms((draw.integer(1, 6), draw.pick((sin, cos))(X)), (draw.nonzero(6), X)),
        ),
        (
            lambda draw: draw.pick((sin, cos))(linear(draw)),
            lambda draw: draw.integer(2, 4) * draw.pick((sin, cos))(_times(draw)),
            lambda draw: tan(_times(draw, 2, 5)),
            lambda draw: X * draw.pick((sin, cos))(X),
        ),
        (
            lambda draw: draw.pick((sin, cos))(_times(draw)) ** Number(2),
            lambda draw: sin(X) * cos(_times(draw, 2, 4)),
            lambda draw: draw.integer(1, 4) * tan(X) ** Number(draw.integer(2, 3)),
            lambda draw: X ** Number(draw.integer(2, 3)) * draw.pick((sin, cos))(_times(draw)),
            lambda draw: draw.pick((sin, cos))(plus(X ** Number(2), draw.nonzero(5))),
            lambda draw: call(draw.pick(("arctan", "arcsin")), _times(draw, 2, 4)),
        ),
    ),
    "partials": (
        (
            lambda draw: draw.integer(1, 6) * X ** Number(draw.integer(2, 4)) * Y ** Number(draw.integer(2, 3)),
            lambda draw: plus_terms((draw.integer(1, 5), X ** Number(2) * Y), (draw.nonzero(6), Y ** Number(2))),
            lambda draw: plus_terms(
                (draw.integer(1, 5), X ** Number(2)), (draw.nonzero(5), X * Y), (draw.nonzero(5), Y)
            ),
        ),
        (
            lambda draw: draw.pick((sin, cos, exp))(X * Y),
            lambda draw: X ** Number(2) * draw.pick((sin, cos, exp))(Y),
            lambda draw: draw.integer(1, 4) * X / Y,
            lambda draw: plus_terms((draw.integer(2, 4), X), (draw.nonzero(4), Y)) ** Number(draw.integer(2, 4)),
        ),
        (
            lambda draw: ln(plus_terms((1, X ** Number(2)), (draw.integer(1, 4), Y ** Number(2)))),
            lambda draw: root(plus_terms((draw.integer(1, 4), X ** Number(2)), (draw.integer(1, 4), Y ** Number(2)))),
            lambda draw: draw.pick((X, Y)) * draw.pick((sin, cos, exp))(draw.integer(2, 5) * X * Y),
            lambda draw: plus_terms((1, X), (draw.nonzero(3), Y)) / plus_terms((1, X), (draw.integer(4, 6), Y)),
        ),
    ),
    "gradients": (
        (
            lambda draw: plus_terms((draw.integer(1, 6), X ** Number(2)), (draw.nonzero(6), Y ** Number(2))),
            lambda draw: plus_terms((draw.integer(1, 6), X ** Number(2)), (draw.nonzero(6), Y ** Number(3))),
            lambda draw: plus_terms((draw.integer(1, 6), X), (draw.nonzero(6), Y ** Number(2))),
        ),
        (
            lambda draw: plus_terms(
                (draw.integer(1, 5), X ** Number(2)), (draw.nonzero(5), X * Y), (draw.nonzero(5), Y ** Number(2))
            ),
            lambda draw: draw.integer(1, 5) * X ** Number(2) * Y ** Number(3),
            lambda draw: plus_terms(
                (draw.integer(1, 4), X ** Number(3)), (draw.nonzero(4), X * Y), (draw.nonzero(4), Y)
            ),
        ),
        (
            lambda draw: exp(draw.integer(1, 3) * X * Y),
            lambda draw: X * sin(draw.integer(1, 4) * Y),
            lambda draw: plus_terms((1, X * Y), (draw.nonzero(4), Y * Z), (draw.nonzero(4), Z ** Number(2))),
            lambda draw: plus(draw.integer(2, 5) * W + B, -draw.integer(1, 6)) ** Number(2),
            lambda draw: ln(plus_terms((1, X ** Number(2)), (1, Y ** Number(2)))),
        ),
    ),
    "second derivatives": (
        (
            lambda draw: polynomial(draw, (3, 2, 1), 4),
            lambda draw: polynomial(draw, (4, 2), 3),
            lambda draw: draw.integer(1, 5) * X ** Number(draw.integer(3, 5)),
        ),
        (
            lambda draw: draw.pick((sin, cos))(_times(draw, 2, 5)),
            lambda draw: exp(draw.nonzero(4) * X),
            lambda draw: draw.integer(1, 5) * ln(X),
            lambda draw: draw.integer(1, 4) / X,
            lambda draw: linear(draw) ** Number(draw.integer(3, 4)),
        ),
        (
            lambda draw: draw.integer(1, 5) * X * draw.pick((sin, cos, exp))(X),
            lambda draw: draw.integer(1, 5) * X ** Number(2) * draw.pick((exp, ln))(X),
            lambda draw: X * exp(draw.nonzero(3) * X),
            lambda draw: draw.integer(1, 3) * exp(draw.pick((-1, 1)) * X ** Number(2)),
            lambda draw: draw.integer(1, 4) * ln(plus(X ** Number(2), draw.integer(1, 6))),
        ),
    ),
}
"""For each topic and level the functions that can be drawn."""


def drawn(topic: str, level: int, draw: Draw) -> Expression:
    """Return a function for an exercise."""
    return neat(draw.pick(FAMILIES[topic][level - 1])(draw))

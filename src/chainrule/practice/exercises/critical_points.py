"""Owns exercises on curvature: whether a critical point is a minimum, a maximum or a saddle."""

from __future__ import annotations

import numpy as np

from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.phrases import equation
from chainrule.explain.expressions.expression import Expression, Number, Symbol
from chainrule.explain.expressions.neat import neat
from chainrule.explain.expressions.notation import text
from chainrule.optim.geometry.curvature import curvature
from chainrule.practice.exercises.draw import Draw
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.exercises.functions import X, Y, plus_terms
from chainrule.practice.grading.numbers import Choice, number

TOPIC = "curvature"
_WORDS = ("minimum", "maximum", "saddle")
_SPELLINGS = (
    ("min", "minimum"),
    ("max", "maximum"),
    ("saddlepoint", "saddle"),
    ("minima", "minimum"),
    ("maxima", "maximum"),
)
_MAX_TRIALS = 60

Drawn = tuple[Expression, dict[str, float]]


def curvature_exercise(level: int, seed: int) -> Exercise:
    """Return an exercise that asks what kind of critical point a point is; the answer is the library's `curvature`."""
    draw = Draw(TOPIC, level, seed)
    for _ in range(_MAX_TRIALS):
        function, point = _DRAWN[level - 1](draw)
        problem = text(neat(function))
        found = curvature(problem, point)
        if found.classification in _WORDS and abs(found.eigenvalues).min() > 1e-6:
            break
    derivation = explain(problem, wrt=tuple(point), at=point, order=2)
    where = ", ".join(f"{name} = {number(value)}" for name, value in point.items())
    several = len(point) > 1
    words = "a minimum, a maximum or a saddle" if several else "a minimum or a maximum"
    shown = equation(Symbol("f"), derivation.expression)
    return Exercise(
        topic=TOPIC,
        level=level,
        seed=seed,
        statement=("The function ", shown, f" has a critical point at {where}. Is it {words}?"),
        problem=problem,
        question=Choice(_WORDS if several else _WORDS[:2], found.classification, _SPELLINGS),
        derivation=derivation,
        hints=_HINTS[several],
        working=_working(np.asarray(found.eigenvalues), several),
    )


_HINTS = (
    (
        "The slope is zero there. What tells you how the slope changes around it?",
        "Find the second derivative.",
        "Put the point into the second derivative and look at the sign of what comes out.",
    ),
    (
        "The gradient is zero there. In how many directions can the function bend?",
        "Find the second partial derivatives and write them as the Hessian matrix at the point.",
        "Compare the signs of the Hessian's eigenvalues; its determinant is their product.",
    ),
)


def _working(eigenvalues: np.ndarray[tuple[int, ...], np.dtype[np.float64]], several: bool) -> tuple[str, ...]:
    values = ", ".join(map(number, eigenvalues))
    if not several:
        return (f"The second derivative there is {values}.",)
    return (f"The eigenvalues of the Hessian there are {values}.",)


def _one_variable(draw: Draw) -> Drawn:
    """Return a cubic, or a parabola, and one of its critical points."""
    at = draw.integer(-3, 3)
    if draw.integer(0, 1):
        factor = draw.nonzero(4)
        parabola = plus_terms((factor, X ** Number(2)), (-2 * factor * at, X), (draw.nonzero(9), Number(1)))
        return parabola, {"x": float(at)}
    other = at + 2 * draw.pick((-2, -1, 1, 2))
    # The slope of this cubic is 3 (x - at)(x - other).
    terms = ((1, X ** Number(3)), (-3 * (at + other) // 2, X ** Number(2)), (3 * at * other, X))
    return plus_terms(*terms), {"x": float(at)}


def _bowl(draw: Draw) -> Drawn:
    """Return a quadratic of two variables, centered somewhere."""
    a, b, c = draw.nonzero(4), draw.integer(-3, 3), draw.nonzero(4)
    p, q = draw.integer(-2, 2), draw.integer(-2, 2)
    terms = (
        (a, X ** Number(2)),
        (b, X * Y),
        (c, Y ** Number(2)),
        (-2 * a * p - b * q, X),
        (-2 * c * q - b * p, Y),
    )
    return plus_terms(*terms), {"x": float(p), "y": float(q)}


def _landscape(draw: Draw) -> Drawn:
    """Return a function with several critical points, and one of these."""
    if draw.integer(0, 1):
        size, sign = draw.integer(1, 3), draw.pick((-1, 1))
        b = draw.nonzero(4)
        function = plus_terms((1, X ** Number(3)), (-3 * size * size, X), (b, Y ** Number(2)))
        return function, {"x": float(sign * size), "y": 0.0}
    # x^4 + y^4 - 4kxy is flat at the origin and at ±(√k, √k), here with k a square.
    side = draw.integer(1, 2)
    sign = draw.pick((-1, 0, 1))
    factor = draw.pick((-1, 1))
    terms = ((factor, X ** Number(4)), (factor, Y ** Number(4)), (-4 * factor * side * side, X * Y))
    return plus_terms(*terms), {"x": float(sign * side), "y": float(sign * side)}


_DRAWN = (_one_variable, _bowl, _landscape)

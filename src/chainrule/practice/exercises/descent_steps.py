"""Owns exercises that ask where a step of gradient descent leads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.phrases import equation
from chainrule.explain.expressions.expression import Expression, Number, Symbol
from chainrule.explain.expressions.neat import neat
from chainrule.explain.expressions.notation import text
from chainrule.optim.methods.gradient_descent import GradientDescent
from chainrule.practice.exercises.draw import Draw
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.exercises.functions import X, Y, plus_terms
from chainrule.practice.grading.numbers import Numbers, Outcome, number

TOPIC = "descent step"
Point: TypeAlias = tuple[float, ...]
_RATES = (0.1, 0.2, 0.05, 0.25, 0.5)
_MAX_TRIALS = 60
_FAR = 20.0
_ALIKE = 1e-4


def descent_exercise(level: int, seed: int) -> Exercise:
    """Return an exercise: one step in one variable, one in two variables, or two steps in one variable."""
    draw = Draw(TOPIC, level, seed)
    rate = draw.pick(_RATES)
    for _ in range(_MAX_TRIALS):
        function = _bowl(draw) if level == 2 else _parabola(draw)
        start = tuple(float(draw.nonzero(4)) for _ in range(2 if level == 2 else 1))
        derivation = explained(function, start)
        path = [start, *(_after(derivation, start, rate, count) for count in (1, 2))]
        if all(all(slope_at(derivation, point)) for point in path[:2]) and max(map(abs, path[1] + path[2])) < _FAR:
            break
    steps = 2 if level == 3 else 1
    names = tuple(f"{name}_{steps}" for name in derivation.names)
    question = Numbers(names, _after(derivation, start, rate, steps), _outcomes(derivation, start, rate, steps))
    here = ", ".join(f"{name} = {number(value)}" for name, value in zip(derivation.names, start, strict=True))
    asked = "two steps" if steps == 2 else "one step"
    answer = f" Give ({', '.join(derivation.names)})." if level == 2 else ""
    return Exercise(
        topic=TOPIC,
        level=level,
        seed=seed,
        statement=(
            "Gradient descent on ",
            equation(Symbol("f"), derivation.expression),
            f" starts at {here} with the learning rate {number(rate)}. Where is it after {asked}?{answer}",
        ),
        problem=text(derivation.expression),
        question=question,
        derivation=derivation,
        hints=_HINTS,
        working=_working(derivation, start, rate, steps),
    )


_HINTS = (
    "Which way is downhill, and what tells you?",
    "Find the gradient at the point where you are.",
    "Take the learning rate times the gradient away from the point; after that you are at the next one.",
)


def _parabola(draw: Draw) -> Expression:
    a, b = draw.integer(1, 3), draw.integer(-4, 4)
    return neat(plus_terms((a, X ** Number(2)), (b, X), (draw.integer(-5, 5), Number(1))))


def _bowl(draw: Draw) -> Expression:
    a, b, c = draw.integer(1, 3), draw.integer(-2, 2), draw.integer(1, 3)
    return neat(plus_terms((a, X ** Number(2)), (b, X * Y), (c, Y ** Number(2))))


def explained(function: Expression, at: Point) -> Derivation:
    """Return the derivation of the derivative, or the gradient, with its value at a point."""
    names = ("x", "y")[: len(at)]
    return explain(text(function), wrt=names, at=dict(zip(names, at, strict=True)))


def slope_at(derivation: Derivation, point: Point) -> Point:
    """Return the gradient at a point, from the derivation's result."""
    values = derivation.result(*point)
    return tuple(map(float, values)) if isinstance(values, tuple) else (float(values),)


def moved(method: GradientDescent, gradient: Sequence[float], point: Point) -> Point:
    """Return where a step of gradient descent leads, each number on its own."""
    return tuple(
        float(method.update(slope, method.init(value), value)[0]) for slope, value in zip(gradient, point, strict=True)
    )


def _after(derivation: Derivation, start: Point, rate: float, steps: int) -> Point:
    point = start
    for _ in range(steps):
        point = moved(GradientDescent(rate), slope_at(derivation, point), point)
    return point


def _outcomes(derivation: Derivation, start: Point, rate: float, steps: int) -> tuple[Outcome, ...]:
    """Return what mistakes give: the same step with another gradient, another rate, or not to the end."""
    method = GradientDescent(rate)

    def walked(gradient: Callable[[Point], Sequence[float]], by: GradientDescent = method) -> Point:
        point = start
        for _ in range(steps):
            point = moved(by, gradient(point), point)
        return point

    first = slope_at(derivation, start)
    height = float(derivation.function(*start))
    end = _after(derivation, start, rate, steps)
    found = [
        Outcome("stepped uphill", walked(lambda point: [-slope for slope in slope_at(derivation, point)])),
        Outcome("learning rate forgotten", walked(lambda point: slope_at(derivation, point), GradientDescent(1.0))),
        Outcome("answered the gradient", first),
        Outcome("answered the step", tuple(now - before for now, before in zip(end, start, strict=True))),
        Outcome("answered the step", tuple(before - now for now, before in zip(end, start, strict=True))),
        Outcome("value used as gradient", walked(lambda point: [height] * len(point))),
    ]
    if steps > 1:
        found.insert(0, Outcome("one step only", _after(derivation, start, rate, 1)))
        found.insert(1, Outcome("gradient not updated", walked(lambda point: first)))
    return different(found, end)


def different(outcomes: Sequence[Outcome], right: Point) -> tuple[Outcome, ...]:
    """Return the outcomes that can be told from the right answer, each of them under its first name."""
    found: dict[Point, Outcome] = {}
    for outcome in outcomes:
        if any(
            not math.isclose(wrong, value, rel_tol=_ALIKE) for wrong, value in zip(outcome.values, right, strict=True)
        ):
            found.setdefault(tuple(round(value, 9) for value in outcome.values), outcome)
    return tuple(found.values())


def _working(derivation: Derivation, start: Point, rate: float, steps: int) -> tuple[str, ...]:
    lines = []
    point = start
    for step in range(steps):
        slopes = slope_at(derivation, point)
        after = moved(GradientDescent(rate), slopes, point)
        for name, before, slope, now in zip(derivation.names, point, slopes, after, strict=True):
            sign, size = ("-", slope) if slope >= 0 else ("+", -slope)
            value = f"{number(before)} {sign} {number(rate)} · {number(size)}"
            lines.append(
                f"Step {step + 1}: the slope by {name} is {number(slope)}, so {name} = {value} = {number(now)}"
            )
        point = after
    return tuple(lines)

"""Owns exercises on curves: implicit differentiation of equations, and slopes of curves by a parameter."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.explain.derivation.derivation import Derivation
from chainrule.explain.derivation.explain import explain
from chainrule.explain.derivation.phrases import Phrase, joined
from chainrule.explain.derivation.results import Result
from chainrule.practice.exercises.derivatives import hints, is_nice
from chainrule.practice.exercises.draw import Draw
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.grading.slopes import Slope

IMPLICIT = "implicit differentiation"
PARAMETRIC = "parametric curves"
_HINTS = {
    IMPLICIT: "Which letter changes with the other? Every time it is differentiated, its own derivative appears.",
    PARAMETRIC: "Both coordinates change with the parameter: how fast does each?",
}
_MAX_TRIALS = 60

Family = Callable[[Draw], str]


def implicit_exercise(level: int, seed: int) -> Exercise:
    """Return an exercise that asks for dy/dx where an equation ties y to x."""
    return _exercise(IMPLICIT, _EQUATIONS[level - 1], level, seed)


def parametric_exercise(level: int, seed: int) -> Exercise:
    """Return an exercise that asks for dy/dx where x and y are functions of t."""
    return _exercise(PARAMETRIC, _CURVES[level - 1], level, seed)


def _exercise(topic: str, families: tuple[Family, ...], level: int, seed: int) -> Exercise:
    draw = Draw(topic, level, seed)
    for _ in range(_MAX_TRIALS):
        problem = draw.pick(families)(draw)
        derivation = explain(problem)
        if _is_good(derivation):
            break
    question = Slope(derivation)
    return Exercise(
        topic=topic,
        level=level,
        seed=seed,
        statement=_statement(derivation),
        problem=problem,
        question=question,
        derivation=derivation,
        hints=hints(_HINTS[topic], derivation, question.answer),
    )


def _statement(derivation: Derivation) -> Phrase:
    return ("Find ", derivation.heading.sides[0], " on the curve ", *joined(derivation.given), ".")


def _is_good(derivation: Derivation) -> bool:
    return is_nice(derivation) and isinstance(derivation.result, Result) and len(str(derivation.result)) > 2


def _signed(number: int) -> str:
    return f"+ {number}" if number >= 0 else f"- {-number}"


def _times(number: int, what: str) -> str:
    return what if number == 1 else f"-{what}" if number == -1 else f"{number}{what}"


def _powers(draw: Draw) -> str:
    first, second = (_times(draw.integer(1, 5), f"{name}^{draw.integer(2, 4)}") for name in "xy")
    return f"{first} {draw.pick('+-')} {second} = {draw.integer(1, 9)}"


def _with_line(draw: Draw) -> str:
    return f"{_powers(draw).split(' = ')[0]} = {_times(draw.integer(2, 9), 'x')}"


def _with_product(draw: Draw) -> str:
    n = draw.integer(2, 3)
    product, last = _times(draw.integer(2, 6), "xy"), _times(draw.integer(1, 4), f"y^{n}")
    return f"x^{n} {draw.pick('+-')} {product} + {last} = {draw.integer(1, 9)}"


def _folium(draw: Draw) -> str:
    n = draw.integer(3, 4)
    return f"x^{n} + y^{n} = {draw.integer(2, 9)}xy"


def _uneven_product(draw: Draw) -> str:
    return (
        f"x^{draw.integer(2, 3)} y + {_times(draw.integer(1, 4), f'x y^{draw.integer(2, 3)}')} = {draw.integer(1, 9)}"
    )


def _inside(draw: Draw) -> str:
    function = draw.pick(("sin y", "cos y", "e^y", "ln y", "sqrt(y)"))
    rest = draw.pick(("xy", "x^2 y", f"{draw.integer(2, 5)}x^2", "x y^2"))
    return f"{function} + {rest} = {draw.integer(1, 5)}"


def _of_both(draw: Draw) -> str:
    return f"{draw.pick(('sin', 'cos'))}(x + y) = {_times(draw.integer(1, 5), draw.pick(('xy', 'x', 'y')))}"


def _exponential_of_both(draw: Draw) -> str:
    return f"e^(xy) = {_times(draw.integer(1, 4), 'x')} + {_times(draw.integer(1, 4), 'y')}"


def _polynomials(draw: Draw) -> str:
    across = f"t^2 {_signed(draw.nonzero(5))}"
    return f"x = {across}, y = {_times(draw.integer(1, 4), f't^{draw.integer(3, 4)}')} {_signed(draw.nonzero(9))}t"


def _line_and_power(draw: Draw) -> str:
    return (
        f"x = {draw.integer(2, 6)}t {_signed(draw.nonzero(5))}, y = t^{draw.integer(2, 4)} {_signed(draw.nonzero(6))}t"
    )


def _ellipse(draw: Draw) -> str:
    a, b = draw.distinct(1, 6, 2)
    return f"x = {_times(a, 'cos t')}, y = {_times(b, 'sin t')}"


def _exponentials(draw: Draw) -> str:
    a, b = draw.distinct(1, 4, 2)
    return f"x = e^({a}t), y = {draw.pick(('t', 't^2', f'e^({-b}t)'))} {_signed(draw.nonzero(6))}"


def _cycloid(draw: Draw) -> str:
    a = draw.integer(1, 5)
    return f"x = {_times(a, '(t - sin t)')}, y = {_times(a, '(1 - cos t)')}"


def _spiral(draw: Draw) -> str:
    return f"x = t {draw.pick(('cos t', 'e^t', 'ln t'))}, y = {draw.pick(('t sin t', 't^2 e^t', f't^{draw.integer(2, 4)}'))}"


def _powers_of_sines(draw: Draw) -> str:
    n = draw.integer(2, 4)
    return f"x = {_times(draw.integer(1, 5), f'cos^{n} t')}, y = {_times(draw.integer(1, 5), f'sin^{n} t')}"


_EQUATIONS: tuple[tuple[Family, ...], ...] = (
    (_powers, _with_line),
    (_with_product, _folium, _uneven_product),
    (_inside, _of_both, _exponential_of_both),
)
_CURVES: tuple[tuple[Family, ...], ...] = (
    (_polynomials, _line_and_power),
    (_ellipse, _exponentials),
    (_cycloid, _spiral, _powers_of_sines),
)

"""Owns `grade`: whether an answer is right, and the name of the mistake where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainrule.errors import ParseError
from chainrule.explain.derivation.explain import explain
from chainrule.explain.expressions.expression import free_symbols
from chainrule.explain.reading.curves import HELD, Implicit, Parametric
from chainrule.explain.reading.parse import symbol_name
from chainrule.explain.reading.point import names_asked
from chainrule.explain.reading.problem import parse_problem, parse_question
from chainrule.explain.reading.rates import Rates
from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.grading.answer import Answer, read_answer
from chainrule.practice.grading.at_point import numbers_at
from chainrule.practice.grading.grades import Grade, grade_tasks
from chainrule.practice.grading.lines import is_line
from chainrule.practice.grading.questions import ask
from chainrule.practice.grading.slopes import Slope

MAX_ORDER = 2


def grade(problem: str | Exercise, answer: Answer, wrt: str | Sequence[str] | None = None) -> Grade:
    """Return whether an answer to "differentiate this" is right; where it is not, the name of the mistake and a hint.

    problem: a function as text, such as "(2x+3)^2" or "find the second derivative of x^4", a curve such as "x^2 + y^2 = 25", or
    an exercise. answer: the
    derivative in any form, as text, LaTeX, a number or an expression; for a gradient "(2x, 2y)", a sequence, or a mapping
    from variables. wrt: the variable, or several; without it what the problem or the left side of the answer says
    (`dy/dx = ...`, `∂f/∂x = ...`), else the only variable, or all of them, which asks for the gradient.

    A mistake is found by making it: the chain rule is run with one rule bent, at each place and at all of them, and what
    comes out is compared with the answer. An answer that cannot be read is wrong, with the mistake "not understood" and the
    parser's message as the hint. Takes two seconds at most. Raises ParseError for a problem that is no mathematics,
    ValueError for a variable that it does not have, and TypeError for a problem that is neither text nor an exercise.

    >>> grade("(2x+3)^2", "4(2x+3)").correct
    True
    >>> found = grade("sin(3x)", "cos(3x)")
    >>> found.mistake
    'inner derivative forgotten'
    >>> grade("x y^2", "2xy", wrt="x").mistake
    'wrong variable'
    >>> grade("x^2 + y^2 = 25", "dy/dx = -y/x").mistake
    'divided the wrong way'
    """
    if isinstance(problem, Exercise):
        return problem.check(answer)
    if not isinstance(problem, str):
        raise TypeError(f'grade takes a function as text, such as "x^2", or an exercise, not {type(problem).__name__}')
    curve = parse_question(problem)
    if isinstance(curve, Implicit | Parametric | Rates):
        return Slope(explain(problem, wrt=wrt)).check(answer)
    read = parse_problem(problem)
    names = tuple(dict.fromkeys((*(read.parsed.parameters or ()), *free_symbols(read.expression))))
    asked = _asked(wrt) or read.wrt
    side, order, parts = _left_side(answer, names)
    if asked is None and len(names) > 1 and side in names:
        asked = (side,)
    elif asked is None and "x" in names and HELD.issuperset({*names} - {"x"}) and parts == 1:
        asked = ("x",)  # ax^2 + bx + c has the derivative 2ax + b, where one is given
    several = len(names if asked is None else asked) > 1
    order = read.order if read.order > 1 else 1 if several else order
    tasks, expected = ask(read, problem, asked, order)
    numbers = None
    if isinstance(read.at, Mapping):
        if read.tangent and order == 1 and is_line(tasks[0], read.at, read.normal, answer):
            return Grade(True, None, "Right.", None, str(answer), expected)
        numbers = numbers_at(tasks, read.at, answer, read.normal)
    return grade_tasks(tasks, expected, answer) if numbers is None else numbers.check(answer)


def _asked(wrt: str | Sequence[str] | None) -> tuple[str, ...] | None:
    return None if wrt is None else tuple(map(symbol_name, names_asked(wrt)))


def _left_side(answer: Answer, names: Sequence[str]) -> tuple[str | None, int, int]:
    """Return which derivative the left side of an answer says it is, by which variable and of which order, and its parts."""
    try:
        reading = read_answer(answer, names)
    except ParseError:
        return None, 1, 0
    side = reading.wrt[0] if len(reading.parts) == 1 else None
    return side, min(reading.order or 1, MAX_ORDER), len(reading.parts)
